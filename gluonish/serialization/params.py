"""MXNet's ``.params`` files: lists of arrays, with or without names.

All numbers are little-endian::

    u64 0x112 | u64 0 | u64 count | records | u64 number of names (0 or count) | names: u64 length, bytes

    record, version 2 (3):  u32 0xF993FAC9 (CA) | i32 storage type, 0 for dense
    record, version 1:      u32 0xF993FAC8
    then:                   i32 ndim, ndim x i64 sizes | i32 device type, i32 device number | i32 dtype | data
    record, version 0:      u32 ndim, ndim x u32 sizes | device | dtype | data

A version 2 record with ndim 0 is an absent array and ends there. The device is recorded but means nothing to
the reader. Every count and size is checked against what the file holds before anything is allocated.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gluonish.context import cpu
from gluonish.dtype import as_dtype, bfloat16
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, FileFormatError, MissingFileError
from gluonish.serialization.atomic import atomic_write

__all__ = ["load", "load_frombuffer", "read_record", "save"]

LIST_MAGIC = 0x112
MAGIC_V1, MAGIC_V2, MAGIC_V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
DENSE = 0
CPU_DEVICE = (1, 0)
MAX_NDIM = 32

DTYPE_OF_CODE = {
    code: as_dtype(name)
    for code, name in enumerate(
        ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool", "int16", "uint16")
    )
}
DTYPE_OF_CODE.update({10: as_dtype("uint32"), 11: as_dtype("uint64"), 12: bfloat16})
CODE_OF_DTYPE = {dtype: code for code, dtype in DTYPE_OF_CODE.items()}


# -- writing --------------------------------------------------------------------------------------------


def save(fname: str | os.PathLike[str], data: Any) -> None:
    """Save arrays to a ``.params`` file. The file appears whole or not at all.

    Args:
        fname: a path.
        data: an NDArray, a list of them, or a dictionary from names to them.

    Raises:
        ArgumentError: neither of these.
        ArgumentTypeError: an entry is no NDArray, or a name no string.

    Example:
        >>> import gluonish as mx
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "w.params")
        >>> mx.nd.save(path, {"w": mx.nd.ones((2,))})
        >>> mx.nd.load(path)["w"].asnumpy()
        array([1., 1.], dtype=float32)
    """
    if not isinstance(fname, (str, os.PathLike)):
        raise ArgumentTypeError("save()", "needs a path", expected="a string or a path", received=repr(fname))
    names, arrays = _named(data)
    encoded = [_encoded(name) for name in names]
    with atomic_write(fname) as file:
        file.write(struct.pack("<QQQ", LIST_MAGIC, 0, len(arrays)))
        for array in arrays:
            host = np.asarray(np.asarray(array), order="C")
            file.write(_header(host))
            file.write(host.reshape(-1).view(np.uint8).data)
        file.write(struct.pack("<Q", len(names)))
        for each in encoded:
            file.write(struct.pack("<Q", len(each)) + each)


def _encoded(name: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"Name {name!r}", "cannot be written as UTF-8") from error


def _named(data: Any) -> tuple[list[str], list[NDArray]]:
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
        if not isinstance(each, NDArray):
            raise ArgumentTypeError(
                "save()", "saves arrays", expected="an NDArray", received=type(each).__name__
            )
    for name in names:
        if not isinstance(name, str):
            raise ArgumentTypeError("save()", "needs names", expected="strings", received=repr(name))
    return names, arrays


def _header(host: np.ndarray[Any, Any]) -> bytes:
    # Version 2 cannot tell a scalar, or an array without elements, from an absent array; version 3 can.
    magic = MAGIC_V2 if host.ndim and host.size else MAGIC_V3
    code = CODE_OF_DTYPE.get(host.dtype)
    if code is None:
        raise DTypeError(f"dtype {host.dtype}", "has no number in .params files")
    shape = struct.pack(f"<i{host.ndim}q", host.ndim, *host.shape)
    return struct.pack("<Ii", magic, DENSE) + shape + struct.pack("<iii", *CPU_DEVICE, code)


# -- reading --------------------------------------------------------------------------------------------


def load(fname: str | os.PathLike[str]) -> dict[str, NDArray] | list[NDArray]:
    """Load arrays from a ``.params`` file, to ``cpu(0)``.

    Args:
        fname: a path.

    Returns:
        A dictionary if the file has names, else a list.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no ``.params`` file, or damaged; the message says where.
    """
    if not isinstance(fname, (str, os.PathLike)):
        raise ArgumentTypeError("load()", "needs a path", expected="a string or a path", received=repr(fname))
    path = Path(fname)
    if not path.is_file():
        problem = "is a folder" if path.is_dir() else "does not exist"
        raise MissingFileError(f"File {path}", problem, fix="Check the path.")
    return _read(_Reader(path.read_bytes(), f"File {path}"))


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
    return _read(_Reader(bytes(buf), "The buffer"))


def _read(reader: _Reader) -> dict[str, NDArray] | list[NDArray]:
    """Return the arrays of a file's content."""
    magic, _reserved, count = reader.take("<QQQ", "the header")
    if magic != LIST_MAGIC:
        raise reader.wrong(
            "it is no .params file", expected=f"{LIST_MAGIC:#x} first", received=_guess(reader)
        )
    reader.check_count(count, 4, "arrays")
    arrays = [reader.record(i) for i in range(count)]
    (n_names,) = reader.take("<Q", "the number of names")
    if n_names not in (0, count):
        raise reader.wrong("its names do not match", expected=f"0 or {count} names", received=n_names)
    names = [reader.name(i) for i in range(n_names)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise reader.wrong(f"two of its arrays are called {twice!r}")
    reader.check_end()
    wrapped = [NDArray(array, cpu(0)) for array in arrays]
    return dict(zip(names, wrapped, strict=True)) if names else wrapped


def read_record(content: bytes, name: str) -> np.ndarray[Any, Any]:
    """Return the array of one record, as ``.params`` files have them, and as MXNet pickles arrays.

    Args:
        content: the record, without anything before or after it.
        name: what messages call it, behind the word "File".

    Raises:
        FileFormatError: it is no record, or damaged.
    """
    reader = _Reader(content, name)
    array = reader.record(0)
    reader.check_end()
    return array


def _guess(reader: _Reader) -> str:
    """Say what the file seems to be instead."""
    head = reader.head(64)
    known = {
        b"PK": "a zip archive",
        b"version https://git-lfs": "a Git LFS pointer; fetch the file itself with git lfs pull",
        b"<": "a web page or XML",
        b"{": "JSON",
        b"\x1f\x8b": "a gzip file",
    }
    for start, what in known.items():
        if head.lstrip().startswith(start):
            return what
    return f"{head[:8]!r}"


class _Reader:
    """Takes values out of a file's bytes, checking that they are there."""

    def __init__(self, content: bytes, name: str) -> None:
        self._content = memoryview(content)  # parts of it are no copies
        self._name = name
        self._position = 0

    def head(self, length: int) -> bytes:
        return bytes(self._content[:length])

    def wrong(self, problem: str, *, expected: Any = None, received: Any = None) -> FileFormatError:
        return FileFormatError(
            self._name,
            f"cannot be read: {problem} (at byte {self._position} of {len(self._content)})",
            expected=expected,
            received=received,
        )

    def take(self, form: str, what: str) -> tuple[Any, ...]:
        return struct.unpack(form, self.take_bytes(struct.calcsize(form), what))

    def take_bytes(self, length: int, what: str) -> memoryview:
        left = len(self._content) - self._position
        if length > left:
            raise self.wrong(f"it ends within {what}", expected=f"{length} more bytes", received=f"{left}")
        start, self._position = self._position, self._position + length
        return self._content[start : self._position]

    def check_count(self, count: int, least: int, what: str) -> None:
        if count * least > len(self._content) - self._position:
            raise self.wrong(f"it announces more {what} than it can hold", received=f"{count} {what}")

    def check_end(self) -> None:
        rest = len(self._content) - self._position
        if rest:
            raise self.wrong("something follows after the last array", received=f"{rest} more bytes")

    def name(self, index: int) -> str:
        (length,) = self.take("<Q", f"name {index}")
        try:
            return str(self.take_bytes(length, f"name {index}"), "utf-8")
        except UnicodeDecodeError as error:
            raise self.wrong(f"name {index} is not UTF-8") from error

    def record(self, index: int) -> np.ndarray[Any, Any]:
        what = f"array {index}"
        (magic,) = self.take("<I", what)
        if magic in (MAGIC_V2, MAGIC_V3):
            (stype,) = self.take("<i", what)
            if stype != DENSE:
                raise self.wrong(f"{what} has an unknown storage type", expected="0, dense", received=stype)
            shape = self._shape(what, "<i", "q")
            if magic == MAGIC_V2 and not shape:
                return np.zeros(0, np.float32)  # an absent array
        elif magic == MAGIC_V1:
            shape = self._shape(what, "<i", "q")
        else:  # version 0 has no magic: the word is the number of axes
            self._position -= 4
            shape = self._shape(what, "<I", "I")
        self.take("<ii", f"the device of {what}")
        (code,) = self.take("<i", f"the dtype of {what}")
        if code not in DTYPE_OF_CODE:
            raise self.wrong(
                f"{what} has an unknown dtype", expected=f"a number in {sorted(DTYPE_OF_CODE)}", received=code
            )
        dtype = DTYPE_OF_CODE[code]
        data = self.take_bytes(math.prod(shape) * dtype.itemsize, f"the data of {what}")
        array = np.frombuffer(data, dtype) if dtype != np.bool_ else np.frombuffer(data, np.uint8) != 0
        try:
            return array.reshape(shape).copy()
        except ValueError as error:
            raise self.wrong(f"{what} has a shape that no array can have", received=str(shape)) from error

    def _shape(self, what: str, ndim_form: str, size_form: str) -> tuple[int, ...]:
        (ndim,) = self.take(ndim_form, f"the shape of {what}")
        if not 0 <= ndim <= MAX_NDIM:
            raise self.wrong(
                f"{what} has an impossible number of axes", expected=f"0 to {MAX_NDIM}", received=ndim
            )
        shape: Sequence[int] = self.take(f"<{ndim}{size_form}", f"the shape of {what}")
        if any(size < 0 for size in shape):
            raise self.wrong(f"{what} has a negative size", received=str(tuple(shape)))
        return tuple(shape)
