"""How operators with NumPy's semantics choose the dtype of their result."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.dtype import complex_dtype, is_complex, is_float
from gluonish.engine.facts import DTypeFacts
from gluonish.engine.operator import Array

__all__ = ["FLOAT32", "as_float", "common_dtype", "promoted_rule", "real_dtype"]

FLOAT32 = np.dtype("float32")


def common_dtype(first: Any, second: Any) -> np.dtype[Any]:
    """Return the dtype in which arrays of two dtypes meet.

    Beside a float an integer takes the float's dtype, however many digits it has: float32 and int64 give
    float32, as in MXNet, and not float64, as in NumPy.

    Example:
        >>> common_dtype("float32", "int64"), common_dtype("int32", "int64"), common_dtype("bool", "int8")
        (dtype('float32'), dtype('int64'), dtype('int8'))
    """
    first, second = np.dtype(first), np.dtype(second)
    if first == second or second.kind == "b":
        return first
    if first.kind == "b":
        return second
    if is_complex(first) != is_complex(second):
        return np.promote_types(complex_dtype(first), complex_dtype(second))
    if is_float(first) != is_float(second):
        return first if is_float(first) else second
    return np.promote_types(first, second)


def real_dtype(dtype: Any) -> np.dtype[Any]:
    """Return the dtype of a function that makes real numbers of whole ones: float32 for integers, bools."""
    dtype = np.dtype(dtype)
    return FLOAT32 if dtype.kind in "iub" else dtype


def as_float(data: Array) -> Array:
    """Return an array with integers and bools as float32."""
    return data.astype(real_dtype(data.dtype), copy=False)


def promoted_rule(d: DTypeFacts) -> None:
    """Dtype rule: the output has the common dtype of two inputs."""
    if d[0] is not None and d[1] is not None:
        d["output"] = common_dtype(d[0], d[1])
