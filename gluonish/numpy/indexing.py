"""Functions that choose, sort and count elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, UnsupportedError
from gluonish.numpy.arguments import as_array, call, check_order, is_number
from gluonish.numpy.creation import array as make_array
from gluonish.numpy.joining import concatenate
from gluonish.numpy.shaping import ravel
from gluonish.shape import as_shape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "argsort",
    "around",
    "bincount",
    "clip",
    "diag_indices_from",
    "diff",
    "ediff1d",
    "histogram",
    "nan_to_num",
    "nonzero",
    "round",
    "round_",
    "sort",
    "take",
    "unique",
    "unravel_index",
    "where",
]


def where(condition: ndarray, x: Any = None, y: Any = None) -> Any:
    """Return elements of x where the condition is not 0, else of y; all three broadcast.

    Args:
        condition: the condition.
        x: an array or a number.
        y: an array or a number. Without both, the indices where the condition holds are returned.

    Raises:
        ArgumentError: only one of x and y.

    Example:
        >>> import gluonish as mx
        >>> x = mx.np.array([-1, 2])
        >>> mx.np.where(x > 0, x, 0)
        array([0., 2.])
    """
    condition = as_array(condition, "where")
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ArgumentError("np.where()", "needs both x and y, or neither")
    like = x if isinstance(x, NDArray) else y
    dtype = like.dtype if isinstance(like, NDArray) else "float32"
    x, y = (make_array(v, dtype, condition.context) if is_number(v) else as_array(v, "where") for v in (x, y))
    return call("_np_where", condition, x, y)


def nonzero(a: ndarray) -> tuple[ndarray, ...]:
    """Return the indices of the elements that are not 0, an array for each axis, as int64."""
    found = call("_npx_nonzero", as_array(a, "nonzero"))
    return tuple(found[:, i] for i in range(found.shape[1]))


def take(
    a: ndarray, indices: ndarray, axis: int | None = None, mode: str = "raise", out: ndarray | None = None
) -> ndarray:
    """Return the elements at indices along an axis, or of the flat array.

    Args:
        a: the array.
        indices: which elements, an array; none is negative.
        axis: along which axis.
        mode: what happens to an index out of range: "raise" is an error, "clip" takes the nearest end,
            "wrap" goes round.
        out: an array to write the result into.
    """
    a = as_array(a, "take")
    a, axis = (ravel(a), 0) if axis is None else (a, axis)
    return call("take", a, as_array(indices, "take"), axis=axis, mode=mode, out=out)


def sort(a: ndarray, axis: int | None = -1, kind: str | None = None, order: Any = None) -> ndarray:
    """Return the array sorted along an axis, or as a flat array.

    Raises:
        UnsupportedError: an order of fields.
    """
    _no_fields(order, "sort")
    return call("sort", as_array(a, "sort"), axis=axis)


def argsort(a: ndarray, axis: int | None = -1, kind: str | None = None, order: Any = None) -> ndarray:
    """Return the indices that sort the array along an axis, or as a flat array, as int64."""
    _no_fields(order, "argsort")
    return call("argsort", as_array(a, "argsort"), axis=axis, dtype="int64")


def _no_fields(order: Any, function: str) -> None:
    if order is not None:
        raise UnsupportedError(f"np.{function}()", "knows no fields to sort by", expected="order=None")


def unique(
    ar: ndarray,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
) -> Any:
    """Return the different elements, sorted.

    Args:
        ar: the array.
        return_index: return the position at which each is first, too.
        return_inverse: return which of them each element is, too.
        return_counts: return how often each occurs, too.
        axis: compare the parts along this axis instead of single elements.

    Returns:
        An array, or a tuple of arrays.
    """
    flags = {"return_index": return_index, "return_inverse": return_inverse, "return_counts": return_counts}
    found = call("_npi_unique", as_array(ar, "unique"), axis=axis, **flags)
    return tuple(found) if isinstance(found, list) else found


def bincount(x: ndarray, weights: ndarray | None = None, minlength: int = 0) -> ndarray:
    """Count how often each number from 0 to the largest occurs, or sum the weights of its occurrences."""
    arrays = [as_array(each, "bincount") for each in (x, weights) if each is not None]
    return call("_npi_bincount", *arrays, minlength=minlength)


def histogram(
    a: ndarray,
    bins: Any = 10,
    range: tuple[float, float] | None = None,
    normed: bool | None = None,
    weights: ndarray | None = None,
    density: bool | None = None,
) -> tuple[ndarray, ndarray]:
    """Count how many elements fall into each bin.

    Args:
        a: the elements.
        bins: the number of bins of equal width, or the edges of the bins.
        range: the outer edges, where ``bins`` is a number; the smallest and largest element if not given.
        normed: None; NumPy has no longer another meaning for it.
        weights: None.
        density: None or False.

    Returns:
        The counts, as int64, and the edges.

    Raises:
        UnsupportedError: another value of the last three.
    """
    if normed or weights is not None or density:
        raise UnsupportedError("np.histogram()", "counts only", expected="neither weights nor a density")
    a = as_array(a, "histogram")
    if isinstance(bins, NDArray):
        counts, edges = call("_histogram", a, bins.as_np_ndarray().astype(a.dtype))
    elif not is_number(bins):
        counts, edges = call("_histogram", a, make_array(bins, a.dtype, a.context))
    else:
        bounds = range or ((float(a.min()), float(a.max())) if a.size else (0.0, 1.0))
        counts, edges = call("_histogram", a, bin_cnt=bins, range=bounds)
    return counts, edges


# -- numbers --------------------------------------------------------------------------------------------


def clip(a: ndarray, a_min: float | None, a_max: float | None, out: ndarray | None = None) -> ndarray:
    """Limit elements to [a_min, a_max]; None is no limit.

    Raises:
        ArgumentError: neither limit is given.
    """
    a = as_array(a, "clip")
    if a_min is None and a_max is None:
        raise ArgumentError("np.clip()", "needs a_min, a_max or both")
    if a_min is not None and a_max is not None:
        return call("clip", a, a_min=a_min, a_max=a_max, out=out)
    if a_min is None:
        return call("_minimum_scalar", a, scalar=a_max, out=out)
    return call("_maximum_scalar", a, scalar=a_min, out=out)


def around(x: Any, decimals: int = 0, out: ndarray | None = None, **kwargs: Any) -> Any:
    """Round to this many decimals, halves to the even neighbour."""
    if is_number(x):
        return np.around(x, decimals)
    return call("_npi_around", as_array(x, "around"), decimals=decimals, out=out)


round = around
round_ = around


def nan_to_num(
    x: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    **kwargs: Any,
) -> Any:
    """Replace NaN and infinities, these by the largest numbers if not told otherwise.

    Args:
        x: an array or a number.
        copy: False writes the result into the array.
        nan: what takes the place of NaN.
        posinf: what takes the place of positive infinity.
        neginf: what takes the place of negative infinity.
        kwargs: accepted for NumPy's sake.
    """
    if is_number(x):
        return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    x = as_array(x, "nan_to_num")
    return call("_npi_nan_to_num", x, nan=nan, posinf=posinf, neginf=neginf, out=None if copy else x)


def diff(
    a: ndarray, n: int = 1, axis: int = -1, prepend: ndarray | None = None, append: ndarray | None = None
) -> ndarray:
    """Return the differences between neighbours along an axis.

    Args:
        a: the array.
        n: how often differences are taken.
        axis: along which axis.
        prepend: what stands before the array.
        append: what stands behind it.

    Raises:
        ArgumentError: a negative n, or an array without axes.
    """
    a = as_array(a, "diff")
    if n < 0 or not a.ndim:
        raise ArgumentError("np.diff()", "needs an axis, and n >= 0", received=f"n={n}, {a.ndim} axes")
    parts = [each for each in (prepend, a, append) if each is not None]
    result = concatenate(parts, axis) if len(parts) > 1 else a
    for _ in range(n):
        later = call("slice_axis", result, axis=axis, begin=1, end=None)
        earlier = call("slice_axis", result, axis=axis, begin=0, end=-1)
        result = call("_npi_subtract", later, earlier)
    return result if n else call("_copy", a)


def ediff1d(ary: ndarray, to_end: Any = None, to_begin: Any = None) -> ndarray:
    """Return the differences between neighbours in the flat array, between what is given for both ends."""
    ary = ravel(as_array(ary, "ediff1d"))
    ends = [None if end is None else ravel(_as_like(end, ary)) for end in (to_begin, to_end)]
    parts = [ends[0], diff(ary), ends[1]]
    return concatenate([part for part in parts if part is not None])


def _as_like(value: Any, like: ndarray) -> ndarray:
    if isinstance(value, NDArray):
        return as_array(value, "ediff1d")
    return make_array(value, like.dtype, like.context)


# -- places ---------------------------------------------------------------------------------------------


def unravel_index(indices: ndarray, shape: Any, order: str = "C") -> tuple[ndarray, ...]:
    """Return the coordinates, an array for each axis, of positions in a flat array."""
    check_order(order, "unravel_index")
    shape = as_shape(shape, owner="The shape for np.unravel_index()")
    found = call("_unravel_index", as_array(indices, "unravel_index"), shape=shape)
    return tuple(found[i] for i in range(len(shape)))


def diag_indices_from(arr: ndarray) -> tuple[ndarray, ...]:
    """Return the indices of the main diagonal of an array with axes of one size, an array for each axis."""
    arr = as_array(arr, "diag_indices_from")
    if arr.ndim < 2 or len(set(arr.shape)) > 1:  # noqa: PLR2004
        raise ArgumentError(
            "np.diag_indices_from()", "needs axes of one size, two at least", received=str(arr.shape)
        )
    return tuple(make_array(np.arange(arr.shape[0]), ctx=arr.context) for _ in range(arr.ndim))
