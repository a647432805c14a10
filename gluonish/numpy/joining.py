"""Functions that join arrays, and cut them into parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.numpy.arguments import as_array, as_arrays, call, is_number, written
from gluonish.numpy.creation import array as make_array
from gluonish.numpy.shaping import atleast_1d, atleast_2d, atleast_3d, moveaxis, ravel, reshape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "append",
    "array_split",
    "column_stack",
    "concatenate",
    "delete",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "insert",
    "row_stack",
    "split",
    "stack",
    "vsplit",
    "vstack",
]


def concatenate(seq: Sequence[ndarray], axis: int | None = 0, out: ndarray | None = None) -> ndarray:
    """Join arrays along an axis.

    Args:
        seq: arrays that agree in dtype and in all other axes.
        axis: the axis that grows; None joins the flat arrays.
        out: an array to write the result into.

    Raises:
        ArgumentError: there are no arrays, or they have no axes.

    Example:
        >>> import gluonish as mx
        >>> mx.np.concatenate([mx.np.ones((1, 2)), mx.np.zeros((1, 2))], axis=None)
        array([1., 1., 0., 0.])
    """
    arrays = as_arrays(seq, "concatenate")
    if axis is None:
        arrays, axis = [ravel(each) for each in arrays], 0
    if not arrays or not all(each.ndim for each in arrays):
        raise ArgumentError(
            "np.concatenate()",
            "cannot join these",
            expected="arrays with at least one axis",
            received=len(arrays),
        )
    return written(call("Concat", *arrays, dim=axis), out)


def stack(arrays: Sequence[ndarray], axis: int = 0, out: ndarray | None = None) -> ndarray:
    """Join arrays of one shape along a new axis."""
    found = as_arrays(arrays, "stack")
    if not found:
        raise ArgumentError("np.stack()", "needs at least one array")
    return written(call("stack", *found, axis=axis), out)


def vstack(arrays: Sequence[ndarray], out: ndarray | None = None) -> ndarray:
    """Join arrays along their first axis; vectors are rows."""
    return concatenate([atleast_2d(each) for each in as_arrays(arrays, "vstack")], 0, out)


row_stack = vstack


def hstack(arrays: Sequence[ndarray]) -> ndarray:
    """Join arrays along their second axis, vectors along their only one."""
    found = [atleast_1d(each) for each in as_arrays(arrays, "hstack")]
    return concatenate(found, 0 if found and found[0].ndim == 1 else 1)


def dstack(arrays: Sequence[ndarray]) -> ndarray:
    """Join arrays along their third axis; matrices have the size 1 there."""
    return concatenate([atleast_3d(each) for each in as_arrays(arrays, "dstack")], 2)


def column_stack(tup: Sequence[ndarray]) -> ndarray:
    """Join arrays along their second axis; vectors are columns."""
    found = as_arrays(tup, "column_stack")
    return concatenate([each if each.ndim > 1 else reshape(each, (-1, 1)) for each in found], 1)


def append(arr: ndarray, values: ndarray, axis: int | None = None) -> ndarray:
    """Return an array with others behind it; see ``concatenate``."""
    return concatenate([arr, values], axis)


# -- parts ----------------------------------------------------------------------------------------------


def split(ary: ndarray, indices_or_sections: Any, axis: int = 0) -> list[ndarray]:
    """Cut an array along an axis.

    Args:
        ary: the array.
        indices_or_sections: the number of equal parts, or the positions to cut at.
        axis: the axis to cut.

    Raises:
        ArgumentError: the axis cannot be cut into that many equal parts.

    Example:
        >>> import gluonish as mx
        >>> mx.np.split(mx.np.arange(4), [1])
        [array([0.]), array([1., 2., 3.])]
    """
    ary = as_array(ary, "split")
    if is_number(indices_or_sections) and ary.shape[axis] % indices_or_sections:
        raise ArgumentError(
            "np.split()",
            f"cannot cut an axis of {ary.shape[axis]} into {indices_or_sections} equal parts",
            fix="np.array_split() makes parts of different sizes.",
        )
    return array_split(ary, indices_or_sections, axis)


def array_split(ary: ndarray, indices_or_sections: Any, axis: int = 0) -> list[ndarray]:
    """Cut an array along an axis, into parts whose sizes may differ by one; see ``split``."""
    ary = as_array(ary, "array_split")
    if is_number(indices_or_sections):
        if indices_or_sections < 1:
            raise ArgumentError("np.array_split()", "makes at least one part", received=indices_or_sections)
        parts = call("_split_v2", ary, indices=(), axis=axis, sections=indices_or_sections)
    elif isinstance(indices_or_sections, (list, tuple, np.ndarray)):
        size = ary.shape[axis]
        cuts = [0, *(min(max(i + size if i < 0 else i, 0), size) for i in indices_or_sections)]
        parts = call("_split_v2", ary, indices=tuple(np.maximum.accumulate(cuts).tolist()), axis=axis)
    else:
        raise ArgumentTypeError(
            "np.array_split()",
            "cuts at positions",
            expected="a number or a list",
            received=indices_or_sections,
        )
    return parts if isinstance(parts, list) else [parts]


def hsplit(ary: ndarray, indices_or_sections: Any) -> list[ndarray]:
    """Cut an array along its second axis, a vector along its only one; see ``split``."""
    return split(ary, indices_or_sections, 0 if _axes(ary, 1, "hsplit") == 1 else 1)


def vsplit(ary: ndarray, indices_or_sections: Any) -> list[ndarray]:
    """Cut an array of two axes or more along its first; see ``split``."""
    _axes(ary, 2, "vsplit")
    return split(ary, indices_or_sections, 0)


def dsplit(ary: ndarray, indices_or_sections: Any) -> list[ndarray]:
    """Cut an array of three axes or more along its third; see ``split``."""
    _axes(ary, 3, "dsplit")
    return split(ary, indices_or_sections, 2)


def _axes(ary: ndarray, least: int, function: str) -> int:
    ndim = as_array(ary, function).ndim
    if ndim < least:
        raise ArgumentError(f"np.{function}()", f"needs {least} axes at least", received=ndim)
    return ndim


# -- single elements ------------------------------------------------------------------------------------


def delete(arr: ndarray, obj: Any, axis: int | None = None) -> ndarray:
    """Return the array without some elements of an axis, or of the flat array.

    Args:
        arr: the array.
        obj: which: a position, a slice, or a list of positions.
        axis: along which axis.
    """
    arr, axis = _along(arr, axis, "delete")
    kept = _edit(lambda: np.delete(np.arange(arr.shape[axis]), _host(obj)), "delete")
    return call("take", arr, make_array(kept, ctx=arr.context), axis=axis, mode="raise")


def insert(arr: ndarray, obj: Any, values: Any, axis: int | None = None) -> ndarray:
    """Return the array with elements put in before positions of an axis, or of the flat array.

    Args:
        arr: the array.
        obj: before which positions: one, a slice, or a list.
        values: what to put in: a number, or an array that broadcasts.
        axis: along which axis.
    """
    arr, axis = _along(arr, axis, "insert")
    size = arr.shape[axis]
    given = isinstance(values, NDArray)
    fresh = as_array(values, "insert") if given else make_array(values, arr.dtype, arr.context)
    fresh = fresh.astype(arr.dtype, copy=False)
    # The new elements stand behind the old ones first, and are then brought to their places.
    host = _host(obj)
    if is_number(host):
        # As in NumPy, the first axis of what is put in at one position becomes the axis.
        fresh = moveaxis(reshape(fresh, (1,) * (arr.ndim - fresh.ndim) + fresh.shape), 0, axis)
        count = fresh.shape[axis]
    else:
        count = len(np.arange(size)[host]) if isinstance(host, slice) else len(host)
    shape = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    joined = concatenate([arr, call("_np_broadcast_to", fresh, shape=shape)], axis)
    behind = np.arange(size, size + count)
    order = _edit(lambda: np.insert(np.arange(size), host, behind), "insert")
    return call("take", joined, make_array(order, ctx=arr.context), axis=axis, mode="raise")


def _along(arr: ndarray, axis: int | None, function: str) -> tuple[ndarray, int]:
    arr = as_array(arr, function)
    if axis is None:
        return ravel(arr), 0
    if not -arr.ndim <= axis < arr.ndim:
        raise ArgumentError(f"np.{function}()", f"has no axis {axis}", expected=f"one of {arr.ndim}")
    return arr, axis % arr.ndim


def _host(value: Any) -> Any:
    return value.asnumpy() if isinstance(value, NDArray) else value


def _edit(make: Callable[[], Any], function: str) -> Any:
    try:
        return make()
    except (IndexError, ValueError) as error:
        raise ArgumentError(f"np.{function}()", f"cannot do this: {error}") from error
