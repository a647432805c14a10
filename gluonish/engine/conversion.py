"""Data on the way into arrays: from Python and NumPy, and from one context to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.dtype import any_dtype, as_dtype
from gluonish.engine.backend import backend_of
from gluonish.errors import ArgumentTypeError

if TYPE_CHECKING:
    from gluonish.context import Context

__all__ = ["host_array", "host_value", "transfer_raw"]

_HUGE = 1e38
"""Smaller numbers fit into float32 for sure."""


def transfer_raw(raw: Any, source: Context, target: Context) -> Any:
    """Copy raw memory from one context to another."""
    there = backend_of(target)
    here = backend_of(source)
    if here is there:
        return there.copy_within(raw, target)
    return there.from_host(np.asarray(here.to_host(raw), order="C"), target)


def host_array(data: Any, dtype: Any = None, *, may_be_complex: bool = False) -> np.ndarray[Any, Any]:
    """Return a NumPy array, a number or nested lists as an array in host memory, of a dtype gluonish has.

    Args:
        data: the content.
        dtype: the element type; that of the data if not given.
        may_be_complex: whether it is for a Tensor, which may hold complex numbers.

    Raises:
        ArgumentTypeError: the data are not numbers in a rectangular arrangement.
        DTypeError: a dtype that gluonish does not have.
    """
    known = any_dtype if may_be_complex else as_dtype
    target = None if dtype is None else known(dtype)
    try:
        with np.errstate(all="ignore"):
            try:
                host = np.asarray(data, target)
            except OverflowError:  # integers out of range wrap around, as they do in arrays
                host = np.asarray(data).astype(target)
    except (ValueError, TypeError) as error:
        raise ArgumentTypeError(
            "An array",
            "cannot be made from this",
            expected="numbers in equal rows",
            received=f"{data!r:.60}",
        ) from error
    # Foreign byte orders become the machine's own.
    return host.astype(known(host.dtype), copy=False)


def host_value(value: Any, dtype: np.dtype[Any], label: str) -> Any:
    """Return what is to be written into an array: a number that its dtype holds, or an array.

    Args:
        value: a number, a NumPy array or nested lists.
        dtype: that of the array.
        label: how messages call the array.

    Raises:
        ArgumentTypeError: the value is no array and no number.
    """
    if isinstance(value, (int, float)) and dtype.char in "fd" and -_HUGE < value < _HUGE:
        return value
    # Other numbers go by way of an array: NumPy refuses those that the dtype cannot hold, or warns of them.
    try:
        host = np.asarray(value)
        (any_dtype if dtype.kind == "c" else as_dtype)(host.dtype)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            label,
            "cannot take this value",
            expected="a number, an array or nested lists of numbers",
            received=f"{value!r:.60}",
        ) from error
    return host
