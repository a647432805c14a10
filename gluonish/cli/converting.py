"""``python -m gluonish convert``: arrays from one format to another, with proof that they are the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import attrs
import numpy as np

from gluonish.cli.recognizing import kind_of
from gluonish.cli.tables import print_table
from gluonish.dtype import as_dtype, is_float
from gluonish.errors import ArgumentError, DuplicateNameError, FileFormatError
from gluonish.gluon.trainer_states import FORMAT as TRAINER
from gluonish.serialization import StoredArray, open_arrays, save
from gluonish.serialization.params import to_value
from gluonish.serialization.records import SparseValue
from gluonish.serialization.shards import index_of
from gluonish.serialization.sparse_parts import stype_of

__all__ = ["Converted", "Rule", "add_prefix", "convert", "convert_file", "parse_rename", "strip_prefix"]

Rule = Callable[[str], str]
"""What becomes of a name."""

SUFFIXES = {".params": "params", ".safetensors": "safetensors", ".npz": "npz"}
SHOWN_HASH = 16


@attrs.frozen
class Converted:
    """What became of an array.

    Attributes:
        source: its name before.
        name: its name now.
        shape: its shape.
        dtype: its element type.
        sha256: the hash of its values, as the new file has them: little-endian, row by row.
    """

    source: str
    name: str
    shape: tuple[int, ...]
    dtype: str
    sha256: str


def strip_prefix(prefix: str) -> Rule:
    """Return the rule that leaves a prefix out."""
    return lambda name: name.removeprefix(prefix)


def add_prefix(prefix: str) -> Rule:
    """Return the rule that puts a prefix in front."""
    return lambda name: prefix + name


def parse_rename(text: str) -> Rule:
    r"""Return the rule of ``REGEX=REPLACEMENT``; the first ``=`` ends the expression.

    Raises:
        ArgumentError: it is none.

    Example:
        >>> parse_rename(r"^layer([0-9]+)_=layers.\1.")("layer12_weight")
        'layers.12.weight'
    """
    pattern, separator, replacement = text.partition("=")
    if not pattern or not separator:
        raise ArgumentError(
            "A rule of --rename", "cannot be read", expected="REGEX=REPLACEMENT", received=text
        )
    try:
        compiled = re.compile(pattern)
        compiled.sub(replacement, "")
    except (re.error, IndexError) as error:
        raise ArgumentError("A rule of --rename", f"cannot be read ({error})", received=text) from error

    def rename(name: str) -> str:
        try:
            return compiled.sub(replacement, name)
        except (re.error, IndexError) as error:  # a replacement that names a group the pattern lacks
            raise ArgumentError("A rule of --rename", f"cannot be used ({error})", received=text) from error

    return rename


def convert_file(
    source: str,
    target: str,
    rules: Sequence[Rule],
    out: TextIO,
    *,
    as_json: bool = False,
    **options: Any,
) -> int:
    """Convert a file, print what became of each array, and return the exit status.

    Args:
        source: the file to read.
        target: the file to write.
        rules: what becomes of names, one rule after the other.
        out: where to print to.
        as_json: print JSON instead of a table.
        options: as of ``convert``.

    Raises:
        MissingFileError, FileFormatError, ArgumentError, DTypeError: as of ``convert``.
    """
    report = convert(source, target, rules, **options)
    if as_json:
        content = {"source": source, "target": target, "arrays": [attrs.asdict(each) for each in report]}
        out.write(json.dumps(content, indent=1) + "\n")
        return 0
    cells = [
        (
            each.source,
            each.name if each.name != each.source else "",
            str(each.shape),
            each.dtype,
            each.sha256[:SHOWN_HASH],
        )
        for each in report
    ]
    print_table(out, f"{source} -> {target}", ("name", "new name", "shape", "dtype", "sha256"), cells)
    out.write(f"{len(report)} arrays written, read back and found equal\n")
    return 0


def convert(
    source: str,
    target: str,
    rules: Sequence[Rule] = (),
    *,
    to: str | None = None,
    cast: str | None = None,
    max_shard_size: int | str | None = None,
    force: bool = False,
) -> list[Converted]:
    """Write the arrays of a file to a file of another format, and compare what it holds then.

    Args:
        source: a ``.params`` file, a safetensors file or an index of several, or an ``.npz`` file, whatever
            its name.
        target: the file to write.
        rules: what becomes of names, one rule after the other.
        to: the format to write: ``"params"``, ``"safetensors"`` or ``"npz"``; by default, what the name of
            the file says.
        cast: a dtype for all arrays of floating point numbers.
        max_shard_size: as of ``nd.save``.
        force: write a file that exists already.

    Returns:
        What became of each array.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no file of arrays, or damaged.
        ArgumentError: the new file exists already, or its name does not say its format.
        DuplicateNameError: two arrays would have one name.
        DTypeError: the new format does not have the dtype of an array.
        UnsupportedError: it does not have sparse arrays, as ``.npz`` does not.
    """
    kind = to or _format_by(target)
    _check_free(Path(target), force=force)
    found = _opened(Path(source))
    if rules and not found.named:
        raise ArgumentError(f"File {source}", "holds arrays without names, which cannot be renamed")
    names = {name: _renamed(name, rules) for name in found}
    arrays = _by_new_name(names, _cast(found, None if cast is None else as_dtype(cast)))
    before = {name: _hash(array) for name, array in arrays.items()}
    save(target, arrays if found.named else list(arrays.values()), kind, max_shard_size)
    _check_written(target, kind, arrays, before)
    return [
        Converted(name, new, tuple(arrays[new].shape), np.dtype(arrays[new].dtype).name, before[new])
        for name, new in names.items()
    ]


def _format_by(target: str) -> str:
    for suffix, kind in SUFFIXES.items():
        if target.endswith(suffix):
            return kind
    raise ArgumentError(
        f"File {target}",
        "has a name that does not say its format",
        expected="a name that ends in " + ", ".join(SUFFIXES),
        fix="Name the format: --to params, --to safetensors or --to npz.",
    )


def _check_free(target: Path, *, force: bool) -> None:
    present = [each for each in (target, index_of(target)) if each.exists()]
    if present and not force:
        raise ArgumentError(
            f"File {present[0]}", "exists already", fix="Choose another name, or add --force to replace it."
        )


def _opened(source: Path) -> Any:
    """Return the arrays of a file, by what it is and not by its name."""
    kind = kind_of(source)
    formats = {"params": "params", "npz": "npz", "safetensors": "safetensors", "index": "safetensors"}
    if kind not in formats:
        raise FileFormatError(
            f"File {source}",
            "holds no arrays to convert",
            expected="a .params, .safetensors or .npz file",
            received=f"a file of kind {kind!r}",
        )
    found = open_arrays(source, formats[kind])
    if found.about.get("format") == TRAINER:
        raise FileFormatError(f"File {source}", "holds the state of a trainer, which has no other format")
    return found


def _renamed(name: str, rules: Sequence[Rule]) -> str:
    for rule in rules:
        name = rule(name)
    return name


def _cast(found: Mapping[str, Any], dtype: np.dtype[Any] | None) -> dict[str, Any]:
    """Return the arrays with those of floating point numbers cast; names of one array keep one array."""
    if dtype is None:
        return dict(found.items())
    made: dict[int, Any] = {}
    for array in found.values():
        wanted = is_float(np.dtype(array.dtype)) and stype_of(array) == "default"
        made[id(array)] = _as(array, dtype) if wanted else array
    return {name: made[id(array)] for name, array in found.items()}


def _as(array: Any, dtype: np.dtype[Any]) -> StoredArray:
    return StoredArray(tuple(array.shape), dtype, lambda: np.asarray(array).astype(dtype))


def _by_new_name(names: Mapping[str, str], arrays: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, str] = {}
    for name, new in names.items():
        if new in found and arrays[found[new]] is not arrays[name]:
            raise DuplicateNameError(
                f"Name {new!r}",
                "would be that of two arrays",
                received=f"{found[new]!r} and {name!r}",
                fix="Change the rules, so that every array has a name of its own.",
            )
        if not new:
            raise ArgumentError(f"Array {name!r}", "would have no name", fix="Change the rules.")
        found.setdefault(new, name)
    return {new: arrays[name] for new, name in found.items()}


def _hash(array: Any) -> str:
    """Return the hash of an array's values; of a sparse one, of what it stores."""
    digest = hashlib.sha256()
    value = to_value(array)
    parts = [value.data, *value.index_arrays()] if isinstance(value, SparseValue) else [value]
    for part in parts:
        digest.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _form(array: Any) -> tuple[Any, ...]:
    return tuple(array.shape), np.dtype(array.dtype), stype_of(array)


def _check_written(target: str, kind: str, arrays: Mapping[str, Any], before: Mapping[str, str]) -> None:
    """Raise unless a file holds what was to be written."""
    written = open_arrays(target, kind)
    for name, own in arrays.items():
        there = written.get(name)
        same = there is not None and _form(there) == _form(own)
        if not same or _hash(there) != before[name]:
            raise FileFormatError(
                f"File {target}", f"does not hold what array {name!r} was", fix="Write it once more."
            )
    if len(written) != len(arrays):
        raise FileFormatError(f"File {target}", "holds other arrays than were written")
