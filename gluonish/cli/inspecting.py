"""``python -m gluonish inspect``: what is in a file, without reading its arrays."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import attrs
import numpy as np

from gluonish.cli.recognizing import kind_of
from gluonish.cli.tables import print_table, printable
from gluonish.gluon.single_updates import arrays_of
from gluonish.gluon.state_header import Header, settings_of
from gluonish.gluon.trainer_states import FORMAT as TRAINER
from gluonish.optimizer.pickled import read_states
from gluonish.serialization.manifest import MANIFEST, Manifest
from gluonish.serialization.npz import open_npz
from gluonish.serialization.params import read_params
from gluonish.serialization.recordio import read_record
from gluonish.serialization.records import DTYPE_OF_CODE, SparseValue
from gluonish.serialization.shards import Index, index_of
from gluonish.serialization.sparse_parts import sparse_entries
from gluonish.serialization.stored import bytes_of
from gluonish.serialization.streams import read_content
from gluonish.serialization.tensors import KEY, TensorFile, aliases_of, parse_json
from gluonish.symbol import load as load_symbol

__all__ = ["Inspection", "Row", "inspect", "inspect_file"]

RECORD_VERSIONS = {b"\xc8\xfa\x93\xf9": "1", b"\xc9\xfa\x93\xf9": "2", b"\xca\xfa\x93\xf9": "3"}
FIRST_RECORD = 24
"""Where the first array of a .params file begins."""

ITEM_BITS = {"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "C64": 64}
"""Element types of safetensors files of which there are no arrays here, with the bits of an element."""


@attrs.frozen
class Row:
    """One thing in a file.

    Attributes:
        name: its name, or its position.
        shape: its shape, where it has one.
        dtype: its element type, likewise.
        bytes: how many bytes its values take.
        aliases: further names of it.
        note: what else there is to say, such as which of several files it is in.
    """

    name: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    bytes: int | None = None
    aliases: list[str] = attrs.field(factory=list)
    note: str = ""


@attrs.frozen
class Inspection:
    """What a file holds.

    Attributes:
        file: its path.
        format: its format, in words.
        version: that of the format, where it has one.
        bytes: the length of the file, or of all files of a set.
        rows: what is in it.
        details: what else it says.
    """

    file: str
    format: str
    version: str | None
    bytes: int
    rows: list[Row]
    details: dict[str, Any] = attrs.field(factory=dict)


def inspect_file(path: str, out: TextIO, *, as_json: bool) -> int:
    """Print what is in a file; return the exit status.

    Args:
        path: the file, or the folder of a checkpoint.
        out: where to.
        as_json: print JSON instead of a table.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is of an unknown kind, or damaged.
    """
    found = inspect(Path(path))
    if as_json:
        out.write(json.dumps(attrs.asdict(found), indent=1) + "\n")
        return 0
    total = sum(row.bytes or 0 for row in found.rows)
    title = f"{found.file}: {found.format}" + (f", version {found.version}" if found.version else "")
    cells = [
        (
            row.name,
            "" if row.shape is None else str(row.shape),
            row.dtype or "",
            "" if row.bytes is None else f"{row.bytes:,}",
            ", ".join(row.aliases),
            row.note,
        )
        for row in found.rows
    ]
    print_table(out, title, ("name", "shape", "dtype", "bytes", "aliases", "note"), cells, right=("bytes",))
    out.writelines(f"{name}: {printable(str(value))}\n" for name, value in found.details.items())
    out.write(f"{len(found.rows)} entries, {total:,} bytes in them, {found.bytes:,} bytes on disk\n")
    return 0


def inspect(path: Path) -> Inspection:
    """Return what is in a file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is of an unknown kind, or damaged.
    """
    return _INSPECTORS[kind_of(path)](path)


# -- arrays -------------------------------------------------------------------------------------------------


def _params(path: Path) -> Inspection:
    content = read_content(path, "inspect")
    found = read_params(content)
    names = found.names or map(str, range(len(found.values)))
    rows = []
    for name, value in zip(names, found.values, strict=True):
        if isinstance(value, SparseValue):
            held = sum(array.nbytes for array in (value.data, *value.index_arrays()))
            rows.append(Row(name, tuple(value.shape), value.data.dtype.name, held, note=value.stype))
        else:
            rows.append(Row(name, value.shape, value.dtype.name, value.nbytes))
    start = bytes(content.view[FIRST_RECORD : FIRST_RECORD + 4])
    version = RECORD_VERSIONS.get(start, "0") if rows else None
    return Inspection(str(path), "MXNet .params", version, path.stat().st_size, rows)


def _npz(path: Path) -> Inspection:
    arrays = open_npz(path)
    rows = [Row(name, array.shape, array.dtype.name, bytes_of(array)) for name, array in arrays.items()]
    return Inspection(str(path), "NumPy .npz", None, path.stat().st_size, rows)


def _safetensors(path: Path) -> Inspection:
    file = TensorFile.open(path)
    size, about = path.stat().st_size, file.about()
    rows = _with_sparse(_rows_of(file, ""), about, file.subject)
    if about.get("format") == TRAINER:
        return _trainer(path, size, about, rows)
    return _tensors(path, size, file.metadata, about, rows, "safetensors")


def _index(path: Path) -> Inspection:
    index = Index.open(path if path.is_file() else index_of(path))
    files, about = list(index.files()), index.about()
    size = index.path.stat().st_size + sum(file.path.stat().st_size for file in files)
    rows = {name: row for file in files for name, row in _rows_of(file, file.path.name).items()}
    rows = _with_sparse(rows, about, f"File {index.path}")
    if about.get("format") == TRAINER:
        return _trainer(index.path, size, about, rows)
    kind = f"safetensors, {len(files)} files with an index"
    return _tensors(index.path, size, index.metadata, about, rows, kind)


def _rows_of(file: TensorFile, note: str) -> dict[str, Row]:
    rows = {}
    for name in sorted(file.kinds):
        kind, shape = file.kinds[name]
        if kind in ITEM_BITS:
            rows[name] = Row(name, shape, kind, math.prod(shape) * ITEM_BITS[kind] // 8, note=note)
            continue
        array = file.array(name)
        rows[name] = Row(name, shape, array.dtype.name, bytes_of(array), note=note)
    return rows


def _with_sparse(rows: Mapping[str, Row], about: Mapping[str, Any], subject: str) -> dict[str, Row]:
    """Return the rows of a file with one for each sparse array in the place of those of its parts."""
    entries = sparse_entries(about, rows, subject)
    parts = {stored for entry in entries.values() for stored in entry.parts.values()}
    found = {name: row for name, row in rows.items() if name not in parts}
    for name, entry in entries.items():
        own = [rows[stored] for stored in entry.parts.values()]
        held = sum(row.bytes or 0 for row in own)
        places = ", ".join(dict.fromkeys(row.note for row in own if row.note))
        note = f"{entry.stype}, {places}" if places else entry.stype
        found[name] = Row(name, entry.shape, rows[entry.parts["data"]].dtype, held, note=note)
    return found


def _tensors(
    path: Path,
    size: int,
    metadata: Mapping[str, Any],
    about: Mapping[str, Any],
    rows: Mapping[str, Row],
    kind: str,
) -> Inspection:
    names: dict[str, list[str]] = {}
    for alias, name in aliases_of(about, rows, f"File {path}").items():
        names.setdefault(name, []).append(alias)
    listed = [attrs.evolve(row, aliases=names.get(name, [])) for name, row in rows.items()]
    details = {f"metadata {name}": value for name, value in metadata.items() if name != KEY}
    version = str(about["version"]) if about else None
    return Inspection(str(path), kind, version, size, listed, details)


# -- states -------------------------------------------------------------------------------------------------


def _trainer(path: Path, size: int, about: Mapping[str, Any], rows: Mapping[str, Row]) -> Inspection:
    header = Header.of(about.get("trainer"), f"File {path}")
    named = []
    for name, row in rows.items():
        position, _, slot = name.partition(".")
        number = int(position) if position.isdecimal() and len(position) < HUGE else -1
        known = 0 <= number < len(header.parameters)
        owner = header.parameters[number].name if known else position
        named.append(attrs.evolve(row, name=f"{owner}.{slot}"))
    details = {
        "optimizer": header.optimizer,
        "updates": header.num_update,
        "settings": header.settings,
        "scheduler": header.scheduler_kind or "none",
        "parameters": len(header.parameters),
        "random streams": "saved" if header.random is not None else "not saved",
    }
    return Inspection(str(path), "trainer states in safetensors", str(about["version"]), size, named, details)


HUGE = 10
"""Digits of a position that no file has."""


def _states(path: Path) -> Inspection:
    states, optimizer = read_states(path.read_bytes())
    rows = []
    for index, state in states.items():
        for number, array in enumerate(arrays_of(state)):
            dtype = np.dtype(array.dtype).name
            rows.append(Row(f"{index}.{number}", tuple(array.shape), dtype, bytes_of(array)))
    details: dict[str, Any] = {"states": len(states)}
    if optimizer is not None:
        details |= {
            "optimizer": type(optimizer).__name__,
            "updates": optimizer.num_update,
            "settings": settings_of(optimizer),
        }
    return Inspection(str(path), "pickled optimizer states", None, path.stat().st_size, rows, details)


# -- others -------------------------------------------------------------------------------------------------


def _symbol(path: Path) -> Inspection:
    symbol = load_symbol(str(path))
    content = parse_json(path.read_bytes(), f"File {path}")
    attributes = symbol.attr_dict()
    rows = [_variable(name, attributes.get(name, {}), "argument") for name in symbol.list_arguments()]
    rows += [_variable(name, attributes.get(name, {}), "state") for name in symbol.list_auxiliary_states()]
    rows += [Row(name, note="output") for name in symbol.list_outputs()]
    counts = Counter(node["op"] for node in content["nodes"] if node["op"] != "null")
    operators = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    version = content.get("attrs", {}).get("mxnet_version", [None, None])[1]
    # Three numbers in one: 10901 is 1.9.1.
    text = ".".join(str(int(version) // 100**i % 100) for i in (2, 1, 0)) if version is not None else None
    return Inspection(
        str(path), "MXNet symbol", text, path.stat().st_size, rows, {"operators": operators or "none"}
    )


def _variable(name: str, attributes: Mapping[str, str], role: str) -> Row:
    """Return the row of an input of a symbol, with what it states about itself; -1 for an unknown type."""
    code = attributes.get("__dtype__", "-1")
    dtype = DTYPE_OF_CODE.get(int(code)) if code.isdecimal() else None
    shape = attributes.get("__shape__")
    sizes = None if shape is None else tuple(int(size) for size in re.findall(r"-?\d+", shape))
    return Row(name, sizes, None if dtype is None else dtype.name, note=role)


def _records(path: Path) -> Inspection:
    lengths = []
    with path.open("rb") as file:
        while (record := read_record(file)) is not None:
            lengths.append(len(record))
    rows = [Row(str(number), bytes=length) for number, length in enumerate(lengths)]
    details = {
        "records": len(lengths),
        "longest": max(lengths, default=0),
        "shortest": min(lengths, default=0),
    }
    return Inspection(str(path), "RecordIO", None, path.stat().st_size, rows, details)


def _checkpoint(path: Path) -> Inspection:
    manifest = Manifest.read(path if path.is_dir() else path.parent)
    rows = [
        Row(name, bytes=entry.size, note=f"sha256 {entry.sha256:.16}")
        for name, entry in manifest.files.items()
    ]
    size = sum(entry.size for entry in manifest.files.values())
    details = {"number": manifest.number, "manifest": MANIFEST}
    return Inspection(str(path), "checkpoint", "1", size, rows, details)


_INSPECTORS = {
    "params": _params,
    "npz": _npz,
    "safetensors": _safetensors,
    "index": _index,
    "states": _states,
    "symbol": _symbol,
    "recordio": _records,
    "checkpoint": _checkpoint,
}
