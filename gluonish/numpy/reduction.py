"""Functions that reduce axes. Over all axes they return an array of shape ()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.numpy.arguments import as_array, as_axes, call, is_number, written
from gluonish.ops.numpy.promotion import real_dtype

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "cumsum",
    "max",
    "mean",
    "median",
    "min",
    "percentile",
    "prod",
    "product",
    "quantile",
    "sometrue",
    "std",
    "sum",
    "var",
]

Axis = Any
"""None for all axes, an int, or a tuple of them; () for none."""


def _reduced(op_name: str, a: ndarray, axis: Axis, keepdims: bool) -> ndarray:
    """Reduce by a classic operator, whose results over all axes have the shape (1,)."""
    axes = as_axes(axis, a.ndim)
    if not axes:
        return call("_copy", a)
    result = call(op_name, a, axis=axes, keepdims=keepdims)
    return call("_reshape_to", result, shape=()) if len(axes) == a.ndim and not keepdims else result


def _converted(a: ndarray, dtype: Any) -> ndarray:
    return a if dtype is None else a.astype(dtype, copy=False)


def _countable(a: ndarray) -> ndarray:
    """Return bools as integers, which is how they are summed."""
    return a.astype("int64") if a.dtype.kind == "b" else a


def sum(
    a: ndarray,
    axis: Axis = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: float | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Return the sum over axes.

    Args:
        a: the array.
        axis: one axis or several; all if not given, none if ().
        dtype: to sum in; the array's if not given, int64 for bools.
        keepdims: keep the reduced axes with size 1.
        initial: a number to start from.
        out: an array to write the result into.

    Example:
        >>> import gluonish as mx
        >>> mx.np.sum(mx.np.array([[1, 2], [3, 4]]))
        array(10.)
    """
    a = _countable(_converted(as_array(a, "sum"), dtype))
    result = _reduced("sum", a, axis, keepdims)
    return written(result if initial is None else result + initial, out)


def prod(
    a: ndarray,
    axis: Axis = None,
    dtype: Any = None,
    out: ndarray | None = None,
    keepdims: bool = False,
) -> ndarray:
    """Return the product over axes; arguments as of ``sum``."""
    a = _countable(_converted(as_array(a, "prod"), dtype))
    return written(_reduced("prod", a, axis, keepdims), out)


product = prod


def mean(
    a: ndarray,
    axis: Axis = None,
    dtype: Any = None,
    out: ndarray | None = None,
    keepdims: bool = False,
) -> ndarray:
    """Return the mean over axes, float32 for integers; arguments as of ``sum``."""
    a = as_array(a, "mean")
    a = a.astype(real_dtype(a.dtype) if dtype is None else dtype, copy=False)
    return written(_reduced("mean", a, axis, keepdims), out)


def var(
    a: ndarray,
    axis: Axis = None,
    dtype: Any = None,
    out: ndarray | None = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> ndarray:
    """Return the variance over axes: the mean square of the distance to the mean.

    Args:
        a: the array.
        axis: as of ``sum``.
        dtype: to compute in; the array's if not given, float32 for integers.
        out: an array to write the result into.
        ddof: by how much the divisor is less than the number of elements.
        keepdims: keep the reduced axes with size 1.
    """
    a = as_array(a, "var")
    a = a.astype(real_dtype(a.dtype) if dtype is None else dtype, copy=False)
    distance = a - mean(a, axis, keepdims=True)
    count = int(np.prod([a.shape[i] for i in as_axes(axis, a.ndim)]))
    squares = sum(distance * distance, axis, keepdims=keepdims)
    return written(squares / (count - ddof) if count > ddof else squares * float("nan"), out)


def std(
    a: ndarray,
    axis: Axis = None,
    dtype: Any = None,
    out: ndarray | None = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> ndarray:
    """Return the standard deviation over axes, the root of the variance; arguments as of ``var``."""
    return call("sqrt", var(a, axis, dtype, None, ddof, keepdims), out=out)


def max(a: ndarray, axis: Axis = None, keepdims: bool = False, out: ndarray | None = None) -> ndarray:
    """Return the maximum over axes; all elements equal to it receive the gradient."""
    return written(_reduced("max", as_array(a, "max"), axis, keepdims), out)


def min(a: ndarray, axis: Axis = None, keepdims: bool = False, out: ndarray | None = None) -> ndarray:
    """Return the minimum over axes; all elements equal to it receive the gradient."""
    return written(_reduced("min", as_array(a, "min"), axis, keepdims), out)


amax = max
amin = min


def any(a: ndarray, axis: Axis = None, keepdims: bool = False, out: ndarray | None = None) -> ndarray:
    """Return whether any element along the axes is not zero, as bools."""
    return call("_np_any", as_array(a, "any"), axis=axis, keepdims=keepdims, out=out)


def all(a: ndarray, axis: Axis = None, keepdims: bool = False, out: ndarray | None = None) -> ndarray:
    """Return whether every element along the axes is not zero, as bools."""
    return call("_np_all", as_array(a, "all"), axis=axis, keepdims=keepdims, out=out)


sometrue = any


def argmax(a: ndarray, axis: int | None = None, out: ndarray | None = None) -> ndarray:
    """Return the position of the first maximum along an axis, or in the flat array, as int64."""
    return call("_npi_argmax", as_array(a, "argmax"), axis=axis, out=out)


def argmin(a: ndarray, axis: int | None = None, out: ndarray | None = None) -> ndarray:
    """Return the position of the first minimum along an axis, or in the flat array, as int64."""
    return call("_npi_argmin", as_array(a, "argmin"), axis=axis, out=out)


def cumsum(a: ndarray, axis: int | None = None, dtype: Any = None, out: ndarray | None = None) -> ndarray:
    """Return the sums of all elements up to each, along an axis or in the flat array."""
    a = _countable(_converted(as_array(a, "cumsum"), dtype))
    return written(call("cumsum", a, axis=axis), out)


def average(
    a: ndarray,
    axis: Axis = None,
    weights: ndarray | None = None,
    returned: bool = False,
    out: ndarray | None = None,
) -> Any:
    """Return the weighted mean over axes.

    Args:
        a: the array.
        axis: as of ``sum``.
        weights: shaped like the array, or one number for each element of the one axis; equal if not given.
        returned: return the sum of the weights too.
        out: an array to write the mean into.

    Raises:
        ArgumentError: the weights fit neither the array nor the axis.
    """
    a = as_array(a, "average")
    a = a.astype(real_dtype(a.dtype), copy=False)
    if weights is None:
        result = mean(a, axis)
        total = result * 0 + a.size / result.size
    else:
        weights = as_array(weights, "average").astype(a.dtype, copy=False)
        total = sum(weights, axis if weights.shape == a.shape else None)
        result = sum(a * _fitted(weights, a, axis), axis) / total
    return [written(result, out), total] if returned else written(result, out)


def _fitted(weights: ndarray, a: ndarray, axis: Axis) -> ndarray:
    if weights.shape == a.shape:
        return weights
    if not isinstance(axis, int) or weights.shape != (a.shape[axis],):
        raise ArgumentError(
            "np.average()",
            "cannot use these weights",
            expected=f"the shape {a.shape}, or one number per element of the axis",
            received=str(weights.shape),
        )
    shape = tuple(-1 if i == axis % a.ndim else 1 for i in range(a.ndim))
    return call("_np_broadcast_to", call("_np_reshape", weights, newshape=shape), shape=a.shape)


def percentile(
    a: ndarray,
    q: Any,
    axis: Axis = None,
    out: ndarray | None = None,
    overwrite_input: bool | None = None,
    interpolation: str = "linear",
    keepdims: bool = False,
) -> ndarray:
    """Return the number that q percent of the elements do not exceed.

    Args:
        a: the array.
        q: a percentage, or an array or list of them, for which there is a new first axis.
        axis: as of ``sum``.
        out: an array to write the result into.
        overwrite_input: accepted for NumPy's sake.
        interpolation: which number to take between two elements: "linear", "lower", "higher", "midpoint" or
            "nearest".
        keepdims: keep the reduced axes with size 1.

    Example:
        >>> import gluonish as mx
        >>> mx.np.percentile(mx.np.array([1, 2, 3, 4]), 50)
        array(2.5)
    """
    values = q.tolist() if isinstance(q, (NDArray, np.ndarray)) else q
    options = {"axis": axis, "interpolation": interpolation, "keepdims": keepdims}
    result = call("_npi_percentile", as_array(a, "percentile"), q=values, **options)
    return written(result[0] if is_number(values) else result, out)


def quantile(
    a: ndarray,
    q: Any,
    axis: Axis = None,
    out: ndarray | None = None,
    overwrite_input: bool | None = None,
    interpolation: str = "linear",
    keepdims: bool = False,
) -> ndarray:
    """Return the number that a part q of the elements, 0 to 1, does not exceed; see ``percentile``."""
    values = np.asarray(q.tolist() if isinstance(q, NDArray) else q) * 100
    percentages = float(values) if values.ndim == 0 else values
    return percentile(a, percentages, axis, out, overwrite_input, interpolation, keepdims)


def median(
    a: ndarray,
    axis: Axis = None,
    out: ndarray | None = None,
    overwrite_input: bool | None = None,
    keepdims: bool = False,
) -> ndarray:
    """Return the middle of the sorted elements, or the mean of the two in the middle."""
    return percentile(a, 50.0, axis, out, overwrite_input, "linear", keepdims)
