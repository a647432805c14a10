"""Safetensors files, as the library of that name reads and writes them.

What this library adds is in the metadata of a file, under the one name ``gluonish``, as an object in JSON:
``format`` and ``version``; ``aliases``, from further names of arrays to those under which they are stored;
``order``, all names in the order in which they were given; ``sparse``, the table of arrays that are stored in
parts (see ``sparse_parts``); and ``list`` for arrays without names, which are stored under their positions. A
file without any of these is read as well. (It is one name because the library writes several in any order,
and the same arrays are to be the same bytes.)
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from gluonish.dtype import any_dtype
from gluonish.errors import DTypeError, FileFormatError, MissingFileError
from gluonish.serialization.atomic import atomic_write
from gluonish.serialization.sparse_parts import put_together
from gluonish.serialization.stored import StoredArray, StoredArrays
from gluonish.serialization.streams import read_content

__all__ = [
    "FORMAT",
    "TensorFile",
    "about_arrays",
    "about_in",
    "as_content",
    "as_stored",
    "parse_json",
    "stored_in",
    "write_file",
]

KEY = "gluonish"
"""Under which name the metadata of a file has what this library says."""

FORMAT = "gluonish.arrays"
VERSION = 1

HEAD = 24
"""How many bytes of a file that is none of ours a message shows."""

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "C64": "complex64",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
"""The element types of the format, by their names there. It has others, of which there are no arrays here."""


# -- writing ------------------------------------------------------------------------------------------------


def about_arrays(
    order: Sequence[str],
    aliases: Mapping[str, str],
    *,
    named: bool = True,
    sparse: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a file of arrays says about them.

    Args:
        order: all names, aliases among them.
        aliases: those that stand for another one.
        named: False for a list.
        sparse: the table of sparse arrays.
    """
    about: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    if sparse:
        about["sparse"] = dict(sparse)
    return {**about, "order": list(order), "aliases": dict(aliases)} if named else {**about, "list": True}


def as_content(arrays: Mapping[str, Any], about: Mapping[str, Any]) -> bytes:
    """Return the content of a file of arrays, which may be of any kind that ``numpy.asarray`` takes.

    Raises:
        DTypeError: the format does not have the dtype of an array.
    """
    import safetensors.numpy  # noqa: PLC0415  not needed to import gluonish

    host = {name: np.asarray(np.asarray(array), order="C") for name, array in arrays.items()}
    for name, array in host.items():
        if array.dtype.name not in DTYPES.values():
            raise DTypeError(
                f"Array {name!r}",
                f"cannot be written to a safetensors file: the format has no {array.dtype}",
                fix="Convert it to complex64, or write an .npz file." if array.dtype.kind == "c" else None,
            )
    return safetensors.numpy.save(host, {KEY: json.dumps(about)})


def write_file(path: str | os.PathLike[str], arrays: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """Write a file of arrays, which appears whole or not at all.

    Raises:
        MissingFileError: the folder does not exist.
    """
    with atomic_write(path) as file:
        file.write(as_content(arrays, about))


# -- reading ------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class TensorFile:
    """A safetensors file that is mapped: its arrays are views of its pages, read when they are looked at.

    Attributes:
        path: where it is.
        metadata: the texts of its metadata.
        kinds: by name of an array, its element type as the format calls it, and its shape.
    """

    path: Path
    metadata: dict[str, str]
    kinds: dict[str, tuple[str, tuple[int, ...]]]
    _places: dict[str, memoryview]

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> TensorFile:
        """Open a file; the library checks its header against its size.

        Raises:
            MissingFileError: there is no such file.
            FileFormatError: it is no safetensors file, or damaged.
        """
        path = Path(path)
        if not path.is_file():
            problem = "is a folder" if path.is_dir() else "does not exist"
            raise MissingFileError(f"File {path}", problem, fix="Check the path.")
        import safetensors  # noqa: PLC0415  not needed to import gluonish

        safe_open: Any = safetensors.safe_open  # it has no types
        try:
            handle = safe_open(str(path), framework="numpy")
            slices = {name: handle.get_slice(name) for name in handle.keys()}  # noqa: SIM118  not iterable
            kinds = {name: (each.get_dtype(), tuple(each.get_shape())) for name, each in slices.items()}
        except (safetensors.SafetensorError, ValueError, OSError) as error:
            with path.open("rb") as file:
                raise damaged(f"File {path}", error, file.read(HEAD), path.stat().st_size) from error
        return cls(path, handle.metadata() or {}, kinds, _places(path, kinds))

    def arrays(self) -> dict[str, StoredArray]:
        """Return the arrays by name, in the order of their names.

        Raises:
            DTypeError: one has an element type of which there are no arrays here.
        """
        return {name: self.array(name) for name in sorted(self.kinds)}

    @property
    def subject(self) -> str:
        """What messages call it."""
        return f"File {self.path}"

    def about(self) -> dict[str, Any]:
        """Return what this library said about the arrays; nothing for a file of another program.

        Raises:
            FileFormatError: the metadata is damaged.
        """
        return about_in(self.metadata, self.subject)

    def stored(self) -> StoredArrays:
        """Return the arrays by all of their names.

        Raises:
            DTypeError: one has an element type of which there are no arrays here.
            FileFormatError: the metadata is damaged.
        """
        return as_stored(self.arrays(), self.about(), self.subject)

    def array(self, name: str) -> StoredArray:
        """Return one of the arrays.

        Raises:
            DTypeError: it has an element type of which there are no arrays here.
        """
        kind, shape = self.kinds[name]
        dtype = dtype_of(kind, name, self.subject)
        if self._places[name].nbytes != math.prod(shape) * dtype.itemsize:
            raise FileFormatError(self.subject, "was replaced while it was opened", fix="Open it again.")
        return StoredArray(shape, dtype, lambda: self._fetch(name).view(dtype).reshape(shape))

    def _fetch(self, name: str) -> np.ndarray[Any, Any]:
        """Return the bytes of an array, which are the file's own."""
        return np.frombuffer(self._places[name], np.uint8)


def _places(path: Path, names: Iterable[str]) -> dict[str, memoryview]:
    """Return the bytes of each array of a file, mapped. The library has checked the header, which says where.

    Raises:
        FileFormatError: the file is another one now.
    """
    content = read_content(path, "load()")
    length = int.from_bytes(content.view[:8], "little")
    header = parse_json(bytes(content.view[8 : 8 + length]), f"the header of {_lower(content.name)}")
    data = content.view[8 + length :]
    offsets = {name: header.get(name, {}).get("data_offsets", (0, 0)) for name in names}
    return {name: data[start:end] for name, (start, end) in offsets.items()}


def dtype_of(kind: str, name: str, subject: str) -> np.dtype[Any]:
    """Return the dtype of an array from the name that the format has for it.

    Raises:
        DTypeError: there are no arrays of it here.
    """
    if kind not in DTYPES:
        raise DTypeError(
            f"{subject}",
            f"holds array {name!r} of a dtype that gluonish has no arrays of",
            expected=f"one of {', '.join(DTYPES)}",
            received=kind,
        )
    return any_dtype(DTYPES[kind])


def about_in(metadata: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """Return what this library said in the metadata of a file, or of an index; nothing if it did not.

    Raises:
        FileFormatError: it is damaged, or of a later version of the format.
    """
    if KEY not in metadata:
        return {}
    text = metadata[KEY]
    about = parse_json(text, f"the metadata of {_lower(subject)}") if isinstance(text, str) else text
    if not isinstance(about, dict) or not isinstance(about.get("format"), str):
        raise FileFormatError(
            subject, "has damaged metadata", expected="an object with a format", received=f"{about!r:.60}"
        )
    version = about.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise FileFormatError(
            subject,
            "is of a version of the format that is not known here",
            expected=f"a version up to {VERSION}",
            received=f"{version!r:.20}",
            fix="Read it with the version of gluonish that wrote it, or a later one.",
        )
    return about


def as_stored(arrays: Mapping[str, StoredArray], about: Mapping[str, Any], subject: str) -> StoredArrays:
    """Return the arrays of a file by all of their names.

    Args:
        arrays: the arrays as they are stored.
        about: what the file says about them.
        subject: what messages call the file.

    Raises:
        FileFormatError: what it says is damaged.
    """
    arrays = put_together(arrays, about, subject)
    aliases = aliases_of(about, arrays, subject)
    if "list" not in about:
        return StoredArrays(arrays, aliases, about, order=_order({**arrays, **aliases}, about, subject))
    positions = [str(position) for position in range(len(arrays))]
    if set(positions) != set(arrays) or aliases:
        raise FileFormatError(
            subject,
            "says that it is a list, and its arrays are no positions",
            expected=", ".join(positions[:5]),
            received=", ".join(sorted(arrays)[:5]),
        )
    return StoredArrays(arrays, {}, about, order=positions, named=False)


def _order(names: Mapping[str, Any], about: Mapping[str, Any], subject: str) -> list[str]:
    """Return all names in the order that a file states, or else in that of the alphabet."""
    order = about.get("order", sorted(names))
    if not isinstance(order, list) or sorted(map(repr, order)) != sorted(map(repr, names)):
        raise FileFormatError(
            subject,
            "has a list of names that contradicts its arrays",
            expected=", ".join(sorted(names)[:5]),
            received=f"{order!r:.80}",
        )
    return order


def aliases_of(about: Mapping[str, Any], stored: Mapping[str, Any], subject: str) -> dict[str, str]:
    """Return the alias table of a file.

    Args:
        about: what the file says.
        stored: the names that an alias may stand for.
        subject: what messages call the file.

    Raises:
        FileFormatError: it is no such table, or contradicts what is stored.
    """
    table = about.get("aliases", {})
    if not isinstance(table, dict) or not all(isinstance(each, str) for each in table.values()):
        raise FileFormatError(
            subject,
            "has a damaged alias table",
            expected="names of arrays, each with the name that it stands for",
            received=f"{table!r:.80}",
        )
    for alias, name in table.items():
        if name not in stored or alias in stored:
            problem = "stored itself" if alias in stored else "an alias of what is not stored"
            raise FileFormatError(
                subject,
                f"has an alias table that contradicts its arrays: {alias!r} is {problem}",
                received=f"{alias!r} for {name!r}",
            )
    return table


def stored_in(content: bytes, subject: str) -> StoredArrays:
    """Return the arrays in the content of a file.

    Args:
        content: the bytes of the file.
        subject: what messages call it.

    Raises:
        DTypeError: one has an element type of which there are no arrays here.
        FileFormatError: it is no content of a safetensors file, or damaged.
    """
    import safetensors  # noqa: PLC0415  not needed to import gluonish

    deserialize: Any = safetensors.deserialize  # it has no types
    try:
        found = dict(deserialize(content))
    except (safetensors.SafetensorError, ValueError) as error:
        raise damaged(subject, error, content[:HEAD], len(content)) from error
    arrays = {}
    for name in sorted(found):
        each = found[name]
        dtype = dtype_of(each["dtype"], name, subject)
        values = np.frombuffer(each["data"], dtype).reshape(each["shape"])
        arrays[name] = StoredArray(values.shape, dtype, values.copy)
    # The library has checked the header; it just does not return what the header says besides arrays.
    length = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + length], f"the header of {_lower(subject)}")
    return as_stored(arrays, about_in(header.get("__metadata__") or {}, subject), subject)


def parse_json(text: Any, subject: str) -> Any:
    """Return what a text in JSON says.

    Raises:
        FileFormatError: it is none.
    """
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        subject = subject[0].upper() + subject[1:]
        raise FileFormatError(subject, f"cannot be read: {error}", expected="JSON") from error


def _lower(subject: str) -> str:
    return subject[0].lower() + subject[1:]


def damaged(subject: str, error: Exception, head: bytes, size: int) -> FileFormatError:
    """Return the error for a content that the library cannot read.

    Args:
        subject: what messages call it.
        error: what the library says.
        head: how it begins.
        size: its length in bytes.
    """
    return FileFormatError(
        subject,
        f"is no safetensors file, or damaged ({error})",
        expected="a length in 8 bytes, a header in JSON, and as many bytes of arrays as it says",
        received=f"{size} bytes that begin with {head!r}",
    )
