"""Arrays in several safetensors files with an index, as other libraries write large models too.

``x.safetensors`` above the size that is asked for becomes ``x-00001-of-00003.safetensors`` and so on, and
``x.safetensors.index.json``::

    {"metadata": {"total_size": 123, "gluonish": {...}},
     "weight_map": {"name": "x-00001-of-00003.safetensors", ...}}

The files of one save never take the place of those of another one: the index, written last, or the removal of
the one file that was there before it, is what makes a save valid. A reader takes ``x.safetensors`` if it is
there, and the index otherwise.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from gluonish.errors import ArgumentError, FileFormatError, GluonishError, MissingFileError
from gluonish.serialization.atomic import atomic_write
from gluonish.serialization.stored import StoredArrays, bytes_of
from gluonish.serialization.streams import is_file_name, is_path, open_target, read_content
from gluonish.serialization.tensors import (
    KEY,
    VERSION,
    TensorFile,
    about_in,
    as_content,
    as_stored,
    parse_json,
    stored_in,
    write_file,
)

__all__ = ["INDEX_SUFFIX", "Index", "index_of", "open_tensors", "save_tensors", "size_in_bytes"]

SUFFIX = ".safetensors"
INDEX_SUFFIX = ".safetensors.index.json"

SHARD = {"format": "gluonish.shard", "version": VERSION}
"""What a file says that is one of several; the rest is in the index."""

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS.update({"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40})
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Z]*)", re.ASCII | re.IGNORECASE)


def size_in_bytes(size: int | str) -> int:
    """Return a number of bytes that is given as a number or as a text.

    Args:
        size: the number, or a text such as ``"2GB"`` (2 * 10**9) or ``"512MiB"`` (512 * 2**20).

    Raises:
        ArgumentError: it is no size above 0.

    Example:
        >>> size_in_bytes("2GB"), size_in_bytes("1.5 KiB")
        (2000000000, 1536)
    """
    match = _SIZE.fullmatch(str(size).strip())
    unit = UNITS.get(match[2].upper()) if match else None
    found = int(float(match[1]) * unit) if match and unit else 0
    if found < 1 or isinstance(size, bool):
        raise ArgumentError(
            "The size of a shard",
            "cannot be read",
            expected="a number of bytes above 0, or a text such as '2GB' or '512MiB'",
            received=repr(size),
        )
    return found


def index_of(path: str | os.PathLike[str]) -> Path:
    """Return where the index of ``x.safetensors`` is.

    Example:
        >>> index_of("models/x.safetensors").name
        'x.safetensors.index.json'
    """
    path = Path(path)
    return path.with_name(_stem(path) + INDEX_SUFFIX)


def _stem(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


# -- writing ------------------------------------------------------------------------------------------------


def save_tensors(
    target: Any,
    arrays: Mapping[str, Any],
    about: Mapping[str, Any],
    max_shard_size: int | str | None = None,
) -> list[Path]:
    """Write arrays to one file, or to several with an index.

    Of arrays that are fetched from somewhere else, those of one file are in memory at a time.

    Args:
        target: a path, of which a link is followed, or a stream opened for writing bytes.
        arrays: arrays of any kind, by name.
        about: what to say about them, as JSON can hold it.
        max_shard_size: the bytes of arrays from which on there are several files; None for one file. A
            single array above it has a file of its own.

    Returns:
        The files, the one to read first; none for a stream.

    Raises:
        ArgumentError: ``max_shard_size`` is no size, or given for a stream.
        MissingFileError: the folder does not exist.
    """
    if not is_path(target):
        if max_shard_size is not None:
            raise ArgumentError("max_shard_size", "is for files", expected="a path", received=repr(target))
        with open_target(target, "save()") as stream:
            stream.write(as_content(arrays, about))
        return []
    path = Path(os.path.realpath(target))
    shards = [list(arrays)] if max_shard_size is None else _split(arrays, size_in_bytes(max_shard_size))
    before = _files_of_index(path)
    if len(shards) < 2:  # noqa: PLR2004  one file
        write_file(path, arrays, about)
        index_of(path).unlink(missing_ok=True)
        written = [path]
    else:
        written = _write_shards(path, arrays, shards, about)
        path.unlink(missing_ok=True)
    for each in before:
        each.unlink(missing_ok=True)
    return written


def _split(arrays: Mapping[str, Any], most: int) -> list[list[str]]:
    """Return the names for each file, in their order; a file is closed when the next array is too much."""
    shards: list[list[str]] = [[]]
    size = 0
    for name, array in arrays.items():
        if shards[-1] and size + bytes_of(array) > most:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += bytes_of(array)
    return shards


def _write_shards(
    path: Path, arrays: Mapping[str, Any], shards: list[list[str]], about: Mapping[str, Any]
) -> list[Path]:
    files = _free_names(path, len(shards))
    weight_map = {}
    for file, names in zip(files, shards, strict=True):
        write_file(file, {name: arrays[name] for name in names}, SHARD)
        weight_map.update(dict.fromkeys(names, file.name))
    total = sum(bytes_of(array) for array in arrays.values())
    index = {"metadata": {"total_size": total, KEY: about}, "weight_map": weight_map}
    with atomic_write(index_of(path)) as file_of_index:
        file_of_index.write(json.dumps(index, indent=1).encode())
    return [index_of(path), *files]


def _free_names(path: Path, count: int) -> list[Path]:
    """Return names for shards of which none is taken: files of the save before must stay until the end."""
    edition = 1
    while True:
        infix = "" if edition == 1 else f"-{edition}"
        names = [
            path.with_name(f"{_stem(path)}{infix}-{i:05d}-of-{count:05d}{SUFFIX}")
            for i in range(1, count + 1)
        ]
        if not any(name.exists() for name in names):
            return names
        edition += 1


def _files_of_index(path: Path) -> list[Path]:
    """Return the shards of the save that a save is about to replace; none if its index cannot be read."""
    pattern = re.compile(re.escape(_stem(path)) + r"(-\d+)?-\d{5,}-of-\d{5,}" + re.escape(SUFFIX))
    try:
        names = set(Index.open(index_of(path)).weight_map.values())
    except GluonishError:
        return []
    return [path.with_name(name) for name in sorted(names) if pattern.fullmatch(name)]


# -- reading ------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Index:
    """The index of a set of files.

    Attributes:
        path: where it is.
        metadata: what it says about all of them.
        weight_map: by name of an array, the name of the file that holds it, in the same folder.
    """

    path: Path
    metadata: dict[str, Any]
    weight_map: dict[str, str]

    @classmethod
    def open(cls, path: Path) -> Index:
        """Read an index.

        Raises:
            MissingFileError: there is no such file.
            FileFormatError: it is no index, or names files outside of its folder.
        """
        if not path.is_file():
            raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise _no_index(path, "what is not UTF-8") from error
        content = parse_json(text, f"File {path}")
        weight_map = content.get("weight_map") if isinstance(content, dict) else None
        if not isinstance(weight_map, dict) or not all(map(is_file_name, weight_map.values())):
            raise _no_index(path, f"{text[:60]!r}")
        about = content.get("metadata")
        return cls(path, about if isinstance(about, dict) else {}, weight_map)

    def about(self) -> dict[str, Any]:
        """Return what this library said about the arrays; nothing for an index of another program.

        Raises:
            FileFormatError: it is damaged.
        """
        return about_in(self.metadata, f"File {self.path}")

    def files(self) -> Iterator[TensorFile]:
        """Open the files one by one.

        Raises:
            MissingFileError: one is not there.
            FileFormatError: one is damaged, or holds other arrays than the index says.
        """
        for name in dict.fromkeys(self.weight_map.values()):
            file = TensorFile.open(self.path.with_name(name))
            named = {array for array, home in self.weight_map.items() if home == name}
            if file.kinds.keys() != named:
                raise FileFormatError(
                    file.subject,
                    f"holds other arrays than its index {self.path.name} says: they are of two saves",
                    expected=", ".join(sorted(named)[:5]),
                    received=", ".join(sorted(file.kinds)[:5]) or "none",
                )
            yield file


def _no_index(path: Path, received: str) -> FileFormatError:
    return FileFormatError(
        f"File {path}",
        "is no index of safetensors files",
        expected='an object with a "weight_map" from names of arrays to names of files in this folder',
        received=received,
    )


def open_tensors(source: Any) -> StoredArrays:
    """Return the arrays of a safetensors file, or of the files of an index, mapped.

    Args:
        source: ``x.safetensors``, which may exist only as an index, or ``x.safetensors.index.json``; or the
            bytes of one file, or a stream of them.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: one of the files is damaged.
        DTypeError: an array has an element type of which there are no arrays here.
    """
    if not is_path(source):
        content = read_content(source, "load()")
        return stored_in(bytes(content.view), content.name)
    path = Path(source)
    if not path.name.endswith(INDEX_SUFFIX):
        if path.exists() or not index_of(path).is_file():
            return TensorFile.open(path).stored()
        path = index_of(path)
    index = Index.open(path)
    arrays = {name: array for file in index.files() for name, array in file.arrays().items()}
    return as_stored(arrays, index.about(), f"File {path}")
