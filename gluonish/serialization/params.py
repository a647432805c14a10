"""MXNet's ``.params`` files: lists of arrays, with or without names.

All numbers are little-endian; ``records.py`` says what a record is::

    u64 0x112 | u64 0 | u64 count | records | u64 number of names (0 or count) | names: u64 length, bytes

Every count is checked against what the file holds before anything is allocated.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from gluonish.context import cpu
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import BaseSparseNDArray, sparse_array
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.serialization.cursor import Cursor
from gluonish.serialization.records import INDEX_ARRAYS, HostValue, SparseValue, take_record, write_record
from gluonish.serialization.sparse_parts import StoredSparse
from gluonish.serialization.stored import StoredArray, StoredArrays
from gluonish.serialization.streams import Content, open_target, read_content
from gluonish.util import is_np_shape

__all__ = [
    "NamedValues",
    "load",
    "load_frombuffer",
    "open_params",
    "read_params",
    "save",
    "to_array",
    "to_value",
]

LIST_MAGIC = 0x112
LEAST_RECORD = 4
"""The fewest bytes that a record takes."""


# -- writing --------------------------------------------------------------------------------------------


def save(fname: Any, data: Any) -> None:
    """Save arrays to a ``.params`` file. A file that is named by its path appears whole or not at all.

    Args:
        fname: a path, or a stream opened for writing bytes.
        data: an NDArray, a list of them, or a dictionary from names to them.

    Raises:
        ArgumentError: neither of these.
        ArgumentTypeError: an entry is no NDArray, or a name no string.

    Example:
        >>> import gluonish as mx
        >>> import io
        >>> stream = io.BytesIO()
        >>> mx.nd.save(stream, {"w": mx.nd.ones((2,))})
        >>> mx.nd.load(stream.getvalue())["w"].asnumpy()
        array([1., 1.], dtype=float32)
    """
    names, arrays = _named(data)
    encoded = [_encoded(name) for name in names]
    with open_target(fname, "save()") as file:
        file.write(struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays)))
        for array in arrays:
            write_record(file, to_value(array), numpy_shapes=is_np_shape())
        file.write(struct.pack("<Q", len(names)))
        for each in encoded:
            file.write(struct.pack("<Q", len(each)) + each)


def _encoded(name: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"Name {name!r}", "cannot be written as UTF-8") from error


def _named(data: Any) -> tuple[list[str], list[Any]]:
    if isinstance(data, NDArray):
        return [], [data]
    if isinstance(data, Mapping):
        names, arrays = list(data), list(data.values())
    elif isinstance(data, list):
        names, arrays = [], data
    else:
        raise ArgumentError(
            "save()",
            "cannot save this",
            expected="an NDArray, a list of them or a dictionary",
            received=type(data).__name__,
        )
    for each in arrays:
        if not isinstance(each, (NDArray, StoredArray)):
            raise ArgumentTypeError(
                "save()", "saves arrays", expected="an NDArray", received=type(each).__name__
            )
    for name in names:
        if not isinstance(name, str):
            raise ArgumentTypeError("save()", "needs names", expected="strings", received=repr(name))
    return names, arrays


def to_value(array: NDArray | StoredArray) -> HostValue:
    """Return what a file holds of an array."""
    if isinstance(array, StoredSparse):
        return array.value()
    if isinstance(array, BaseSparseNDArray):
        to_host = backend_of(array.context).to_host
        data, *indices = (to_host(part) for part in array.stored.parts)
        names = INDEX_ARRAYS[array.stype]
        return SparseValue(array.stype, array.shape, data, **dict(zip(names, indices, strict=True)))
    return np.asarray(np.asarray(array), order="C")


def to_array(value: HostValue) -> NDArray:
    """Return an array, on ``cpu(0)``, of what a file holds; it has memory of its own."""
    if isinstance(value, SparseValue):
        parts = (value.data, *value.index_arrays())
        return sparse_array(value.stype, value.shape, parts, cpu(0))
    return NDArray(value.copy(), cpu(0))


# -- reading --------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class NamedValues:
    """What a ``.params`` file holds.

    Attributes:
        names: of the arrays, in order; none if they have no names.
        values: the arrays: views of the file's bytes, which are read when they are looked at.
    """

    names: list[str]
    values: list[HostValue]


def load(fname: Any) -> dict[str, NDArray] | list[NDArray]:
    """Load arrays from a ``.params`` file of any version, to ``cpu(0)``.

    Args:
        fname: a path, the bytes of a file, or a stream of them.

    Returns:
        A dictionary if the file has names, else a list.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no ``.params`` file, or damaged; the message says where.
        ArgumentTypeError: ``fname`` is something else.
    """
    return _as_arrays(read_content(fname, "load()"))


def load_frombuffer(buf: bytes | bytearray | memoryview | str) -> dict[str, NDArray] | list[NDArray]:
    """Load arrays from the content of a ``.params`` file, to ``cpu(0)``.

    Args:
        buf: the bytes of the file.

    Returns:
        As ``load``.

    Raises:
        FileFormatError: it is no content of such a file; the message says where.
        ArgumentTypeError: they are no bytes.

    Example:
        >>> import gluonish as mx
        >>> import os, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "w.params")
        >>> mx.nd.save(path, [mx.nd.ones((2,))])
        >>> mx.nd.load_frombuffer(path.read_bytes())[0].asnumpy()
        array([1., 1.], dtype=float32)
    """
    if isinstance(buf, str):
        buf = buf.encode()
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise ArgumentTypeError(
            "load_frombuffer()", "needs bytes", expected="bytes", received=type(buf).__name__
        )
    return _as_arrays(read_content(buf, "load_frombuffer()"))


def _as_arrays(content: Content) -> dict[str, NDArray] | list[NDArray]:
    found = read_params(content)
    arrays = [to_array(value) for value in found.values]
    return dict(zip(found.names, arrays, strict=True)) if found.names else arrays


def open_params(fname: Any) -> StoredArrays:
    """Return the arrays of a ``.params`` file; each is read when it is asked for its values.

    Args:
        fname: as of ``load``.

    Raises:
        MissingFileError, FileFormatError, ArgumentTypeError: as of ``load``.
    """
    found = read_params(read_content(fname, "load()"))
    names = found.names or map(str, range(len(found.values)))
    arrays = {name: _stored(value) for name, value in zip(names, found.values, strict=True)}
    return StoredArrays(arrays, named=bool(found.names))


def _stored(value: HostValue) -> StoredArray:
    if isinstance(value, SparseValue):
        names = ("data", *INDEX_ARRAYS[value.stype])
        parts = {name: _stored(getattr(value, name)) for name in names}
        return StoredSparse.of(value.stype, value.shape, parts)
    return StoredArray(value.shape, value.dtype, lambda: value)


def read_params(content: Content) -> NamedValues:
    """Return what a ``.params`` file holds, without copying its arrays.

    Raises:
        FileFormatError: it is no such file, or damaged.
    """
    cursor = Cursor(content)
    if cursor.left < struct.calcsize("<Q") or content.view[:8] != struct.pack("<Q", LIST_MAGIC):
        raise cursor.wrong(
            "it is no .params file", expected=f"{LIST_MAGIC:#x} first", received=cursor.guess()
        )
    _magic, _reserved, count = cursor.take_numbers("<QQQ", "the header")
    if count * LEAST_RECORD > cursor.left:
        raise cursor.wrong("it announces more arrays than it can hold", received=f"{count} arrays")
    values = [take_record(cursor, f"array {i}") for i in range(count)]
    (n_names,) = cursor.take_numbers("<Q", "the number of names")
    if n_names not in (0, count):
        raise cursor.wrong("its names do not match", expected=f"0 or {count} names", received=n_names)
    names = [_take_name(cursor, i) for i in range(n_names)]
    _check_distinct(cursor, names)
    if cursor.left:
        raise cursor.wrong("something follows after the last array", received=f"{cursor.left} more bytes")
    return NamedValues(names, values)


def _take_name(cursor: Cursor, index: int) -> str:
    (length,) = cursor.take_numbers("<Q", f"name {index}")
    try:
        return str(cursor.take(length, f"name {index}"), "utf-8")
    except UnicodeDecodeError as error:
        raise cursor.wrong(f"name {index} is not UTF-8") from error


def _check_distinct(cursor: Cursor, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise cursor.wrong(f"two of its arrays are called {name!r}")
        seen.add(name)
