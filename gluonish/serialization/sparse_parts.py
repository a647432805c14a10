"""Sparse arrays in files that hold dense ones only: their parts, and a table of which belong together.

A row_sparse array ``w`` becomes the arrays ``w.data`` and ``w.indices``, a csr array ``w.indptr``, too; what
the file says about its arrays has, under ``sparse``::

    {"w": {"stype": "row_sparse", "shape": [5, 2], "parts": {"data": "w.data", "indices": "w.indices"}}}

A program that knows nothing of this finds the parts.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import attrs
import numpy as np

from gluonish.context import cpu
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import sparse_array
from gluonish.errors import FileFormatError
from gluonish.serialization.records import INDEX_ARRAYS, SparseValue, contradiction
from gluonish.serialization.stored import StoredArray

__all__ = ["SparseEntry", "StoredSparse", "put_together", "sparse_entries", "stype_of", "take_apart"]

MAX_NDIM = 32


@attrs.frozen(eq=False)
class StoredSparse(StoredArray):
    """A sparse array whose parts are fetched whenever they are asked for; as an array of NumPy it is dense.

    Args:
        shape: its shape.
        dtype: its element type.
        fetch: returns its values as a dense array.
        stype: its storage type.
        parts: its data and its index arrays, by the names of ``SparseValue``.
    """

    stype: str
    parts: Mapping[str, StoredArray]

    @classmethod
    def of(cls, stype: str, shape: tuple[int, ...], parts: Mapping[str, StoredArray]) -> StoredSparse:
        """Return the array of parts that belong together."""

        def dense() -> np.ndarray[Any, Any]:
            return _array(stype, shape, parts).asnumpy()

        return cls(shape, parts["data"].dtype, dense, stype, parts)

    def value(self) -> SparseValue:
        """Return the array in host memory."""
        parts = {name: part.fetch() for name, part in self.parts.items()}
        return SparseValue(self.stype, self.shape, **parts)

    def to_array(self) -> NDArray:
        """Return the array, sparse, on ``cpu(0)``."""
        return _array(self.stype, self.shape, self.parts)


def _array(stype: str, shape: tuple[int, ...], parts: Mapping[str, StoredArray]) -> NDArray:
    ordered = [parts[name].fetch().copy() for name in ("data", *INDEX_ARRAYS[stype])]
    return sparse_array(stype, shape, ordered, cpu(0))


def stype_of(array: Any) -> str:
    """Return the storage type of an array of any kind."""
    found: str = getattr(array, "stype", "default")
    return found


# -- writing ------------------------------------------------------------------------------------------------


def take_apart(arrays: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return arrays with the parts of sparse ones in their place, and the table of these.

    Args:
        arrays: arrays of any kind, by name.
    """
    dense: dict[str, Any] = {}
    table: dict[str, Any] = {}
    for name, array in arrays.items():
        stype = stype_of(array)
        if stype == "default":
            dense[name] = array
            continue
        parts = array.parts if isinstance(array, StoredSparse) else _parts(array)
        names = {part: _free_name(f"{name}.{part}", (arrays, dense)) for part in parts}
        dense.update({names[part]: stored for part, stored in parts.items()})
        table[name] = {"stype": stype, "shape": list(array.shape), "parts": names}
    return dense, table


def _parts(array: Any) -> dict[str, StoredArray]:
    """Return the parts of a sparse array, to be copied to host memory when they are fetched."""
    to_host = backend_of(array.context).to_host

    def stored(part: Any) -> StoredArray:
        return StoredArray(tuple(part.shape), np.dtype(part.dtype), lambda: np.asarray(to_host(part)))

    names = ("data", *INDEX_ARRAYS[array.stype])
    return {name: stored(part) for name, part in zip(names, array.stored.parts, strict=True)}


def _free_name(name: str, taken: Collection[Collection[str]]) -> str:
    while any(name in each for each in taken):
        name += "_"
    return name


# -- reading ------------------------------------------------------------------------------------------------


@attrs.frozen
class SparseEntry:
    """What a file says about a sparse array.

    Attributes:
        stype: its storage type.
        shape: its shape.
        parts: the names under which its parts are stored, by the names of ``SparseValue``.
    """

    stype: str
    shape: tuple[int, ...]
    parts: dict[str, str]


def sparse_entries(about: Mapping[str, Any], stored: Collection[str], subject: str) -> dict[str, SparseEntry]:
    """Return what a file says about its sparse arrays.

    Args:
        about: what it says about all of its arrays.
        stored: the names of the arrays that it stores.
        subject: what messages call it.

    Raises:
        FileFormatError: it contradicts what is stored, or cannot be read.
    """
    table = about.get("sparse", {})
    if not isinstance(table, dict):
        raise _damaged(subject, table)
    entries: dict[str, SparseEntry] = {}
    used: set[str] = set()
    for name, said in table.items():
        entry = _entry(said)
        parts = [] if entry is None else list(entry.parts.values())
        if entry is None or name in stored or used & {*parts} or any(part not in stored for part in parts):
            raise _damaged(subject, {name: said})
        entries[name] = entry
        used.update(parts)
    return entries


def _entry(said: Any) -> SparseEntry | None:
    """Return an entry of the table; None if it is none."""
    if not isinstance(said, dict):
        return None
    stype, shape, parts = said.get("stype"), said.get("shape"), said.get("parts")
    if stype not in ("row_sparse", "csr") or not isinstance(shape, list) or not isinstance(parts, dict):
        return None
    sizes = all(type(size) is int and size >= 0 for size in shape)
    if not sizes or len(shape) > MAX_NDIM or math.prod(shape) >= 1 << 63:
        return None
    if {*parts} != {"data", *INDEX_ARRAYS[stype]} or not all(
        isinstance(each, str) for each in parts.values()
    ):
        return None
    return SparseEntry(stype, tuple(shape), parts) if len({*parts.values()}) == len(parts) else None


def _damaged(subject: str, received: Any) -> FileFormatError:
    return FileFormatError(
        subject,
        "has a damaged table of sparse arrays",
        expected="names, each with a storage type, a shape, and the names of its parts, which are stored",
        received=f"{received!r:.80}",
    )


def put_together(
    arrays: Mapping[str, StoredArray], about: Mapping[str, Any], subject: str
) -> dict[str, StoredArray]:
    """Return the arrays of a file with sparse ones in the place of their parts.

    Their indices are read and checked; their data is not.

    Args:
        arrays: the arrays as they are stored.
        about: what the file says about them.
        subject: what messages call it.

    Raises:
        FileFormatError: the table is damaged, or an array contradicts itself.
    """
    entries = sparse_entries(about, arrays, subject)
    parts = {stored for entry in entries.values() for stored in entry.parts.values()}
    found = {name: array for name, array in arrays.items() if name not in parts}
    for name, entry in entries.items():
        found[name] = _checked(name, entry, arrays, subject)
    return found


def _checked(name: str, entry: SparseEntry, arrays: Mapping[str, StoredArray], subject: str) -> StoredSparse:
    parts = {part: arrays[stored] for part, stored in entry.parts.items()}
    indices: dict[str, Any] = {part: parts[part].fetch() for part in INDEX_ARRAYS[entry.stype]}
    # Only the shape of the data counts: it takes no memory.
    data = np.broadcast_to(np.zeros((), parts["data"].dtype), parts["data"].shape)
    problem = contradiction(SparseValue(entry.stype, entry.shape, data, **indices))
    if problem:
        raise FileFormatError(subject, f"has an array {name!r} that contradicts itself: {problem}")
    return StoredSparse.of(entry.stype, entry.shape, parts)
