"""What the functions of ``mx.np`` do with their arguments."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from gluonish.engine.invoke import invoke
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentTypeError, SignatureError, UnsupportedError

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "as_array",
    "as_arrays",
    "as_axes",
    "call",
    "check_keywords",
    "check_order",
    "is_number",
    "written",
]


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a number, of Python or of NumPy, and no array."""
    return isinstance(value, (numbers.Real, np.generic))


def as_array(value: Any, function: str) -> ndarray:
    """Return an array of either kind as one of ``mx.np``.

    Raises:
        ArgumentTypeError: it is no array.
    """
    if not isinstance(value, NDArray):
        raise ArgumentTypeError(
            f"np.{function}()",
            "takes arrays",
            expected="an mx.np.ndarray",
            received=f"{type(value).__name__} {value!r:.60}",
            fix="Convert it with np.array().",
        )
    return value.as_np_ndarray()  # type: ignore[return-value]  # the class is loaded late


def as_arrays(values: Any, function: str) -> list[ndarray]:
    """Return the arrays of a sequence as ones of ``mx.np``."""
    if isinstance(values, NDArray):
        return [as_array(each, function) for each in values]
    if not isinstance(values, Sequence):
        raise ArgumentTypeError(
            f"np.{function}()", "takes a sequence of arrays", received=type(values).__name__
        )
    return [as_array(each, function) for each in values]


def call(op_name: str, *arrays: NDArray, out: Any = None, **params: Any) -> Any:
    """Run an operator."""
    op = find_operator(op_name)
    return invoke(op, arrays, op.fill(params), out)


def written(result: Any, out: NDArray | None) -> Any:
    """Return a result, by way of the array given as ``out=``, if one is."""
    return result if out is None else result.copyto(out)


def as_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes that are meant: all if there is none."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


_DEFAULTS = {"where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True}
"""Keywords that NumPy's functions have, and the values that mean nothing."""


def check_keywords(function: str, given: dict[str, Any]) -> None:
    """Refuse keywords of NumPy's functions with a value that would change anything, and all others.

    Raises:
        UnsupportedError: such a value.
        SignatureError: a keyword that NumPy has not either.
    """
    for name, value in given.items():
        if name not in _DEFAULTS:
            raise SignatureError(f"np.{function}()", f"has no argument {name!r}")
        if value != _DEFAULTS[name]:
            raise UnsupportedError(
                f"np.{function}()", f"takes {name}={_DEFAULTS[name]!r} only", received=repr(value)
            )


def check_order(order: str | None, function: str) -> None:
    """Refuse a memory layout other than that of C.

    Raises:
        UnsupportedError: another layout.
    """
    if order not in ("C", "K", "A", None):
        raise UnsupportedError(
            f"np.{function}()",
            "makes arrays in the order of C only",
            expected="order='C'",
            received=repr(order),
        )
