"""One array as MXNet's files hold it, in every version.

All numbers are little-endian::

    version 2 (3):   u32 0xF993FAC9 (CA) | i32 storage type: 0 dense, 1 row_sparse, 2 csr
                     | if sparse: shape of the data | shape | i32 device type, i32 device number | i32 dtype
                     | if sparse, for each index array: i32 dtype, shape | data | index arrays
    version 1:       u32 0xF993FAC8 | shape | device | dtype | data
    version 0:       u32 ndim, ndim x u32 sizes | device | dtype | data

    shape:           i32 ndim, ndim x i64 sizes

A version 2 record whose ndim is 0 is an absent array and ends there; version 3 differs in that alone: it has
scalars, and arrays without elements. The device means nothing to the reader. Every count and size is checked
against what the file holds before anything is allocated, and dense values are views of the file's bytes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO, TypeAlias

import attrs
import numpy as np

from gluonish.dtype import as_dtype, bfloat16
from gluonish.errors import DTypeError
from gluonish.serialization.cursor import Cursor
from gluonish.serialization.streams import Content

__all__ = [
    "CODE_OF_DTYPE",
    "DTYPE_OF_CODE",
    "HostValue",
    "SparseValue",
    "contradiction",
    "read_record",
    "take_record",
    "write_record",
]

MAGIC_V1, MAGIC_V2, MAGIC_V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
CPU_DEVICE = (1, 0)
MAX_NDIM = 32

STYPES = ("default", "row_sparse", "csr")
"""Kinds of storage, by their numbers."""

INDEX_ARRAYS = {"default": (), "row_sparse": ("indices",), "csr": ("indptr", "indices")}
"""What a kind of storage has besides its data, in the order of files."""

DTYPE_OF_CODE = {
    code: as_dtype(name)
    for code, name in enumerate(
        ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool", "int16", "uint16")
    )
}
DTYPE_OF_CODE.update({10: as_dtype("uint32"), 11: as_dtype("uint64"), 12: bfloat16})
CODE_OF_DTYPE = {dtype: code for code, dtype in DTYPE_OF_CODE.items()}

Array: TypeAlias = np.ndarray[Any, Any]


@attrs.frozen(eq=False)
class SparseValue:
    """A sparse array in host memory, as files hold it.

    Attributes:
        stype: ``"row_sparse"`` or ``"csr"``.
        shape: of the whole array.
        data: the stored rows, or the stored elements.
        indices: the numbers of the stored rows, or the columns of the stored elements.
        indptr: for csr, where each row begins among the stored elements, and where the last one ends.
    """

    stype: str
    shape: tuple[int, ...]
    data: Array
    indices: Array
    indptr: Array | None = None

    def index_arrays(self) -> list[Array]:
        """Return the index arrays in the order of files."""
        return [getattr(self, name) for name in INDEX_ARRAYS[self.stype]]


HostValue: TypeAlias = Array | SparseValue
"""What a record holds: a dense or a sparse array in host memory."""


# -- writing ------------------------------------------------------------------------------------------------


def write_record(file: BinaryIO, value: HostValue, *, numpy_shapes: bool = False) -> None:
    """Write an array to a stream, byte for byte as MXNet 1.9.1 does.

    Args:
        file: where to.
        value: the array.
        numpy_shapes: write version 3, as MXNet does under NumPy's rules of shapes. Version 3 is also written
            for what version 2 cannot tell from an absent array.

    Raises:
        DTypeError: its dtype has no number in these files.
    """
    if isinstance(value, SparseValue):
        stype, data, index_arrays = value.stype, value.data, value.index_arrays()
        stored, version_2 = _packed_shape(data.shape), True
    else:
        stype, data, index_arrays = "default", value, []
        stored, version_2 = b"", bool(value.ndim and value.size)
    magic = MAGIC_V2 if version_2 and not numpy_shapes else MAGIC_V3
    parts = [struct.pack("<Ii", magic, STYPES.index(stype)), stored, _packed_shape(value.shape)]
    parts.append(struct.pack("<iii", *CPU_DEVICE, _code(data.dtype)))
    parts += [struct.pack("<i", _code(each.dtype)) + _packed_shape(each.shape) for each in index_arrays]
    file.write(b"".join(parts))
    file.writelines(_bytes_of(each) for each in (data, *index_arrays))


def _bytes_of(array: Array) -> memoryview:
    return np.asarray(array, order="C").reshape(-1).view(np.uint8).data


def _packed_shape(shape: Sequence[int]) -> bytes:
    return struct.pack(f"<i{len(shape)}q", len(shape), *shape)


def _code(dtype: np.dtype[Any]) -> int:
    code = CODE_OF_DTYPE.get(dtype)
    if code is None:
        raise DTypeError(f"dtype {dtype}", "has no number in .params files")
    return code


# -- reading ------------------------------------------------------------------------------------------------


def read_record(content: bytes, name: str) -> HostValue:
    """Return the array of one record, as ``.params`` files have them, and as MXNet pickles arrays.

    Args:
        content: the record, without anything before or after it.
        name: what messages call it.

    Raises:
        FileFormatError: it is no record, or damaged.
    """
    cursor = Cursor(Content(memoryview(content), name))
    value = take_record(cursor, "the array")
    if cursor.left:
        raise cursor.wrong("something follows after the array", received=f"{cursor.left} more bytes")
    return value


def take_record(cursor: Cursor, what: str) -> HostValue:
    """Take an array out of a file.

    Args:
        cursor: stands at its beginning.
        what: what messages call it.

    Returns:
        A view of the file's bytes, not to be written and perhaps not aligned; or a sparse value of such.

    Raises:
        FileFormatError: it is no record, or damaged.
    """
    (magic,) = cursor.take_numbers("<I", what)
    if magic in (MAGIC_V2, MAGIC_V3):
        stype = _stype(cursor, what)
        if stype != "default":
            return _take_sparse(cursor, stype, what)
        shape = _take_shape(cursor, what)
        if magic == MAGIC_V2 and not shape:
            return np.zeros(0, np.float32)  # an absent array
    elif magic == MAGIC_V1:
        shape = _take_shape(cursor, what)
    else:  # version 0 has no magic: the word is the number of axes
        cursor.position -= 4
        shape = _take_shape(cursor, what, "<I", "I")
    dtype = _take_device_and_dtype(cursor, what)
    return _take_data(cursor, shape, dtype, what)


def _stype(cursor: Cursor, what: str) -> str:
    (number,) = cursor.take_numbers("<i", what)
    if not 0 <= number < len(STYPES):
        raise cursor.wrong(f"{what} has an unknown storage type", expected="0, 1 or 2", received=number)
    return STYPES[number]


def _take_shape(cursor: Cursor, what: str, ndim_form: str = "<i", size_form: str = "q") -> tuple[int, ...]:
    (ndim,) = cursor.take_numbers(ndim_form, f"the shape of {what}")
    if not 0 <= ndim <= MAX_NDIM:
        raise cursor.wrong(
            f"{what} has an impossible number of axes", expected=f"0 to {MAX_NDIM}", received=ndim
        )
    shape = cursor.take_numbers(f"<{ndim}{size_form}", f"the shape of {what}")
    if any(size < 0 for size in shape):
        raise cursor.wrong(f"{what} has a negative size", received=str(shape))
    return shape


def _take_device_and_dtype(cursor: Cursor, what: str) -> np.dtype[Any]:
    cursor.take_numbers("<ii", f"the device of {what}")
    return _take_dtype(cursor, what)


def _take_dtype(cursor: Cursor, what: str) -> np.dtype[Any]:
    (code,) = cursor.take_numbers("<i", f"the dtype of {what}")
    if code not in DTYPE_OF_CODE:
        raise cursor.wrong(
            f"{what} has an unknown dtype", expected=f"a number in {sorted(DTYPE_OF_CODE)}", received=code
        )
    return DTYPE_OF_CODE[code]


def _take_data(cursor: Cursor, shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> Array:
    content = cursor.take(math.prod(shape) * dtype.itemsize, f"the data of {what}")
    if dtype == np.bool_:
        flat = np.frombuffer(content, np.uint8)
        flat = flat.view(np.bool_) if not flat.size or flat.max() <= 1 else flat != 0
    else:
        flat = np.frombuffer(content, dtype)
    try:
        return flat.reshape(shape)
    except ValueError as error:
        raise cursor.wrong(f"{what} has a shape that no array can have", received=str(shape)) from error


def _take_sparse(cursor: Cursor, stype: str, what: str) -> SparseValue:
    stored_shape, shape = _take_shape(cursor, what), _take_shape(cursor, what)
    dtype = _take_device_and_dtype(cursor, what)
    names = INDEX_ARRAYS[stype]
    forms = [
        (_take_dtype(cursor, f"{name} of {what}"), _take_shape(cursor, f"{name} of {what}")) for name in names
    ]
    data = _take_data(cursor, stored_shape, dtype, what)
    indices = {
        name: _take_data(cursor, index_shape, index_dtype, f"{name} of {what}")
        for name, (index_dtype, index_shape) in zip(names, forms, strict=True)
    }
    value = SparseValue(stype, shape, data, **indices)
    problem = contradiction(value)
    if problem:
        raise cursor.wrong(f"{what}, which is {stype}, contradicts itself: {problem}")
    return value


def contradiction(value: SparseValue) -> str | None:
    """Return what is wrong with a sparse value, if anything is. Indices need not be sorted."""
    for each, name in zip(value.index_arrays(), INDEX_ARRAYS[value.stype], strict=True):
        if each.ndim != 1 or each.dtype.kind not in "iu":
            return f"{name} is {each.dtype} of shape {each.shape}, not a list of integers"
    return _contradiction_of_rows(value) if value.stype == "row_sparse" else _contradiction_of_csr(value)


def _contradiction_of_rows(value: SparseValue) -> str | None:
    expected = (len(value.indices), *value.shape[1:])
    if not value.shape or value.data.shape != expected:
        return f"shape {value.shape} and {len(value.indices)} rows, but data of shape {value.data.shape}"
    return _out_of_range("row", value.indices, value.shape[0])


def _contradiction_of_csr(value: SparseValue) -> str | None:
    assert value.indptr is not None
    if len(value.shape) != 2:  # noqa: PLR2004  a matrix
        return f"shape {value.shape} is not that of a matrix"
    if value.data.shape != value.indices.shape or len(value.indptr) != value.shape[0] + 1:
        sizes = f"{len(value.indptr)} row pointers, {len(value.indices)} columns"
        return f"shape {value.shape}, {sizes}, but data of shape {value.data.shape}"
    if (
        value.indptr[0] != 0
        or value.indptr[-1] != len(value.data)
        or np.any(value.indptr[1:] < value.indptr[:-1])
    ):
        return f"row pointers do not ascend from 0 to {len(value.data)}"
    return _out_of_range("column", value.indices, value.shape[1])


def _out_of_range(what: str, indices: Array, size: int) -> str | None:
    bad = indices[(indices < 0) | (indices >= size)]
    return f"{what} {bad[0]} of {size}" if bad.size else None
