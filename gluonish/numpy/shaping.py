"""Functions that give an array another shape, or its elements another order. They return copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.engine.ndarray import from_data
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.nd import functions as nd_functions
from gluonish.numpy.arguments import as_array, as_axes, call, check_order, is_number, written
from gluonish.shape import as_shape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "diag",
    "diagflat",
    "diagonal",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "meshgrid",
    "moveaxis",
    "pad",
    "ravel",
    "repeat",
    "reshape",
    "resize",
    "roll",
    "rot90",
    "shape",
    "squeeze",
    "swapaxes",
    "tile",
    "trace",
    "transpose",
]


# -- axes -----------------------------------------------------------------------------------------------


def shape(a: ndarray) -> tuple[int, ...]:
    """Return the sizes of the axes."""
    return as_array(a, "shape").shape


def reshape(a: ndarray, newshape: Any, order: str = "C", out: ndarray | None = None) -> ndarray:
    """Return a copy of the array in another shape, in which one size may be -1, to be inferred.

    Unlike in ``mx.nd``, a 0 is a size.

    Raises:
        ShapeMismatchError: the array does not fill that shape.
        UnsupportedError: an order other than that of C.

    Example:
        >>> import gluonish as mx
        >>> mx.np.reshape(mx.np.arange(6), (2, -1)).shape
        (2, 3)
    """
    check_order(order, "reshape")
    return call("_np_reshape", as_array(a, "reshape"), newshape=newshape, out=out)


def ravel(x: ndarray, order: str = "C") -> ndarray:
    """Return a copy of the array with one axis."""
    return reshape(x, -1, order)


def transpose(a: ndarray, axes: Any = None) -> ndarray:
    """Return a copy of the array with its axes in another order; reversed if none is given."""
    return call("transpose", as_array(a, "transpose"), axes=axes or ())


def swapaxes(a: ndarray, axis1: int, axis2: int) -> ndarray:
    """Return a copy of the array with two of its axes in each other's place."""
    return call("SwapAxis", as_array(a, "swapaxes"), dim1=axis1, dim2=axis2)


def moveaxis(a: ndarray, source: Any, destination: Any) -> ndarray:
    """Return a copy of the array with some of its axes at other positions; see ``nd.moveaxis``."""
    return nd_functions.moveaxis(as_array(a, "moveaxis"), source, destination)  # type: ignore[return-value]


def expand_dims(a: ndarray, axis: int | tuple[int, ...]) -> ndarray:
    """Return a copy of the array with new axes of size 1 at these places of the result."""
    a = as_array(a, "expand_dims")
    if isinstance(axis, int):
        return call("expand_dims", a, axis=axis)
    ndim = a.ndim + len(axis)
    new = {each % ndim for each in axis if -ndim <= each < ndim}
    if len(new) < len(axis):
        raise ArgumentError(
            "np.expand_dims()",
            "cannot add these axes",
            expected=f"different ones below {ndim}",
            received=axis,
        )
    rest = iter(a.shape)
    return reshape(a, tuple(1 if i in new else next(rest) for i in range(ndim)))


def squeeze(a: ndarray, axis: int | tuple[int, ...] | None = None, out: ndarray | None = None) -> ndarray:
    """Return a copy of the array without axes of size 1: without all, or those named.

    Raises:
        ArgumentError: an axis named is longer.
    """
    a = as_array(a, "squeeze")
    axes = as_axes(axis, a.ndim)
    ones = [i for i in range(a.ndim) if a.shape[i] == 1]
    if axis is None:
        axes = tuple(ones)
    dropped = {each % a.ndim for each in axes if -a.ndim <= each < a.ndim and each % a.ndim in ones}
    if len(dropped) < len(axes):
        raise ArgumentError(
            "np.squeeze()", "can drop axes of size 1 only", expected=f"some of {ones}", received=axes
        )
    return reshape(a, tuple(dim for i, dim in enumerate(a.shape) if i not in dropped), out=out)


def atleast_1d(*arys: ndarray) -> Any:
    """Return the array, or a list of all, each with at least one axis."""
    return _each(arys, "atleast_1d", lambda a: a if a.ndim else reshape(a, (1,)))


def atleast_2d(*arys: ndarray) -> Any:
    """Return the array, or a list of all, each with at least two axes; those of a vector are (1, n)."""
    return _each(arys, "atleast_2d", lambda a: a if a.ndim > 1 else reshape(a, (1, -1)))


def atleast_3d(*arys: ndarray) -> Any:
    """Return the array, or a list of all, each with at least three axes; those of a vector are (1, n, 1)."""

    def expanded(a: ndarray) -> ndarray:
        if a.ndim > 2:  # noqa: PLR2004
            return a
        return reshape(a, (*a.shape, 1) if a.ndim == 2 else (1, -1, 1))  # noqa: PLR2004

    return _each(arys, "atleast_3d", expanded)


def _each(arys: tuple[Any, ...], function: str, change: Any) -> Any:
    results = [change(as_array(a, function)) for a in arys]
    return results[0] if len(results) == 1 else results


def broadcast_to(array: ndarray, shape: Any) -> ndarray:
    """Return a copy of the array, repeated to fill a shape.

    Raises:
        BroadcastError: the array does not broadcast to it.
    """
    return call("_np_broadcast_to", as_array(array, "broadcast_to"), shape=as_shape(shape, owner="The shape"))


def broadcast_arrays(*args: ndarray) -> list[ndarray]:
    """Return copies of all arrays, repeated to the shape that they broadcast to."""
    arrays = [as_array(a, "broadcast_arrays") for a in args]
    try:
        common = np.broadcast_shapes(*[a.shape for a in arrays])
    except ValueError as error:
        raise ArgumentError("np.broadcast_arrays()", f"cannot bring these together: {error}") from error
    return [broadcast_to(a, common) for a in arrays]


def meshgrid(*xi: ndarray, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> list[ndarray]:
    """Return the coordinates of a grid, one array per axis.

    Args:
        xi: the coordinates along each axis, vectors.
        indexing: "xy" puts the second axis first, "ij" does not.
        sparse: leave the arrays unexpanded; they broadcast against each other.
        copy: accepted for NumPy's sake.

    Raises:
        ArgumentError: another indexing.

    Example:
        >>> import gluonish as mx
        >>> mx.np.meshgrid(mx.np.array([1, 2]), mx.np.array([3, 4, 5]))[0]
        array([[1., 2.],
               [1., 2.],
               [1., 2.]])
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError("np.meshgrid()", "cannot index so", expected="'xy' or 'ij'", received=indexing)
    ndim = len(xi)
    order = list(range(ndim))
    if indexing == "xy" and ndim > 1:
        order[:2] = [1, 0]
    grids = [
        reshape(x, tuple(-1 if i == place else 1 for i in range(ndim)))
        for x, place in zip(xi, order, strict=True)
    ]
    return grids if sparse else broadcast_arrays(*grids)


# -- order ----------------------------------------------------------------------------------------------


def flip(m: ndarray, axis: Any = None, out: ndarray | None = None) -> ndarray:
    """Return a copy of the array with its elements in reverse order along axes, or along all."""
    m = as_array(m, "flip")
    axes = as_axes(axis, m.ndim)
    return written(call("reverse", m, axis=axes) if axes else call("_copy", m), out)


def flipud(m: ndarray) -> ndarray:
    """Return a copy of the array with its rows in reverse order."""
    return flip(m, 0)


def fliplr(m: ndarray) -> ndarray:
    """Return a copy of the array with its columns in reverse order."""
    return flip(m, 1)


def rot90(m: ndarray, k: int = 1, axes: tuple[int, int] = (0, 1)) -> ndarray:
    """Return a copy of the array, turned by k right angles in the plane of two axes."""
    m = as_array(m, "rot90")
    first, second = axes
    turns = k % 4
    if turns == 0:
        return call("_copy", m)
    if turns == 2:  # noqa: PLR2004
        return flip(m, (first, second))
    if turns == 1:
        return swapaxes(flip(m, second), first, second)
    return flip(swapaxes(m, first, second), second)


def roll(a: ndarray, shift: Any, axis: Any = None) -> ndarray:
    """Return a copy of the array with elements moved along axes, those that leave coming in at the other end.

    Args:
        a: the array.
        shift: how far, a number or one for each axis.
        axis: along which axes; in the flat array if not given.
    """
    if axis is None:
        return call("_np_roll", as_array(a, "roll"), shift=shift)
    axes = as_axes(axis, 0)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    return call("_np_roll", as_array(a, "roll"), shift=shifts, axis=axes)


def tile(A: ndarray, reps: Any) -> ndarray:
    """Return the whole array repeated this often along each axis, counted from the last."""
    return call("tile", as_array(A, "tile"), reps=reps)


def repeat(a: ndarray, repeats: Any, axis: int | None = None) -> ndarray:
    """Return the array with every element repeated.

    Args:
        a: the array.
        repeats: how often: a number, or one for each element of the axis.
        axis: along which axis; in the flat array if not given.
    """
    a = as_array(a, "repeat")
    if is_number(repeats):
        return call("repeat", a, repeats=repeats, axis=axis)
    a, axis = (a, axis) if axis is not None else (ravel(a), 0)
    places = np.repeat(np.arange(a.shape[axis]), np.asarray(repeats))
    return _chosen(a, places, axis)


def _chosen(a: ndarray, places: np.ndarray[Any, Any], axis: int) -> ndarray:
    """Return the elements at places along an axis."""
    return call("take", a, from_data(places, a.context), axis=axis, mode="raise")


def resize(a: ndarray, new_shape: Any) -> ndarray:
    """Return an array of another shape with the elements in turn, as often as it takes."""
    target = as_shape(new_shape, owner="The shape for np.resize()")
    flat = ravel(as_array(a, "resize"))
    size = int(np.prod(target, dtype=np.int64))
    if not flat.size:
        return reshape(call("_np_broadcast_to", flat, shape=(0,)), target)
    return reshape(_chosen(flat, np.arange(size) % flat.size, 0), target)


# -- diagonals ------------------------------------------------------------------------------------------


def diag(array: ndarray, k: int = 0) -> ndarray:
    """Return diagonal k of a matrix, or a matrix with a vector on it."""
    array = as_array(array, "diag")
    if array.ndim not in (1, 2):
        raise ArgumentError("np.diag()", "needs a vector or a matrix", received=f"{array.ndim} axes")
    return call("diag", array, k=k)


def diagonal(a: ndarray, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
    """Return the diagonals of the matrices in two axes; they lie along a new last axis."""
    a = as_array(a, "diagonal")
    if a.ndim < 2:  # noqa: PLR2004
        raise ArgumentError("np.diagonal()", "needs two axes at least", received=f"{a.ndim}")
    return call("diag", a, k=offset, axis1=axis1, axis2=axis2)


def diagflat(array: ndarray, k: int = 0) -> ndarray:
    """Return a matrix with the elements of an array on diagonal k."""
    return call("diag", ravel(as_array(array, "diagflat")), k=k)


def trace(a: ndarray, offset: int = 0, axis1: int = 0, axis2: int = 1, out: ndarray | None = None) -> ndarray:
    """Return the sums of the diagonals of the matrices in two axes."""
    lines = diagonal(a, offset, axis1, axis2)
    total = call("sum", lines, axis=(-1,))
    return written(call("_reshape_to", total, shape=lines.shape[:-1]), out)


# -- pad ------------------------------------------------------------------------------------------------


def pad(x: ndarray, pad_width: Any, mode: str = "constant", **kwargs: Any) -> ndarray:
    """Return the array with elements put before and behind each axis.

    Args:
        x: the array.
        pad_width: how many: pairs (before, behind) for each axis, one pair for all, or one number.
        mode: "constant", or one of NumPy's modes that repeat elements: "edge", "reflect", "symmetric",
            "wrap".
        kwargs: ``constant_values=`` the number to put there, 0 if not given; ``reflect_type="even"``.

    Raises:
        ArgumentError: another mode, or widths that do not fit the array.
    """
    x = as_array(x, "pad")
    try:
        widths = [(int(b), int(e)) for b, e in np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2))]
    except (ValueError, TypeError) as error:
        raise ArgumentError("np.pad()", "cannot use these widths", received=repr(pad_width)) from error
    if mode == "constant":
        value = kwargs.pop("constant_values", 0)
        result = call("Pad", x, mode="constant", pad_width=sum(widths, ()), constant_value=value)
    elif mode in ("edge", "reflect", "symmetric", "wrap"):
        kwargs.pop("reflect_type", None)
        result = x
        for axis, width in enumerate(widths):
            if width != (0, 0):
                places: Any = np.pad(np.arange(x.shape[axis]), width, mode=mode)  # type: ignore[call-overload]
                result = _chosen(result, places, axis)
    else:
        raise ArgumentError(
            "np.pad()",
            "does not know the mode",
            expected="constant, edge, reflect, symmetric, wrap",
            received=mode,
        )
    if kwargs:
        raise ArgumentTypeError("np.pad()", f"has no argument {min(kwargs)!r} in mode {mode!r}")
    return result
