"""``mx.nd.ndarray``: the array class, and the functions of ``mx.nd`` that are written by hand."""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

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
