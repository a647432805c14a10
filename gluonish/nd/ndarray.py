"""``mx.nd.ndarray``: the array class, and the functions of ``mx.nd`` that are written by hand."""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.nd.creation import (
    arange,
    array,
    concatenate,
    empty,
    eye,
    full,
    linspace,
    ones,
    waitall,
    zeros,
)
from gluonish.nd.functions import (
    add,
    divide,
    equal,
    greater,
    greater_equal,
    histogram,
    lesser,
    lesser_equal,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    modulo,
    moveaxis,
    multiply,
    not_equal,
    onehot_encode,
    power,
    split_v2,
    subtract,
    true_divide,
)
from gluonish.nd.sharing import from_dlpack, from_numpy, to_dlpack_for_read, to_dlpack_for_write
from gluonish.serialization.records import CODE_OF_DTYPE as _CODE_OF_DTYPE

py_slice = slice
"""Programs import Python's ``slice`` by this name, since ``slice`` is an operator here."""

# MXNet's numbers for what programs and files name, under the private names that programs import them by.
_DTYPE_NP_TO_MX: dict[Any, int] = {None: -1, **{dtype.type: code for dtype, code in _CODE_OF_DTYPE.items()}}
_DTYPE_MX_TO_NP = {code: dtype for dtype, code in _DTYPE_NP_TO_MX.items()}
_GRAD_REQ_MAP = {"null": 0, "write": 1, "add": 3}
_STORAGE_TYPE_UNDEFINED, _STORAGE_TYPE_DEFAULT, _STORAGE_TYPE_ROW_SPARSE, _STORAGE_TYPE_CSR = -1, 0, 1, 2
_STORAGE_TYPE_STR_TO_ID = {
    "undefined": _STORAGE_TYPE_UNDEFINED,
    "default": _STORAGE_TYPE_DEFAULT,
    "row_sparse": _STORAGE_TYPE_ROW_SPARSE,
    "csr": _STORAGE_TYPE_CSR,
}
_STORAGE_TYPE_ID_TO_STR = {number: name for name, number in _STORAGE_TYPE_STR_TO_ID.items()}
