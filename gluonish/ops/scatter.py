"""Operators that put elements into zeros: what the gradients of those that choose elements are made of.

Each is the transpose of an operator that chooses, and that operator is its gradient, so the pairs can be
differentiated any number of times.
"""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.engine.stored import sum_at
from gluonish.ops.common import IndexMode, dtype_of_first, normalize_axis, resolve_indices
from gluonish.shape import PartialShape, shape_size

__all__ = ["add_rows", "elements_along", "place_along", "resolve_places", "state_places"]


def add_rows(xp: XP, values: Array, rows: Array, count: int) -> Array:
    """Return ``count`` rows of zeros with the rows of ``values`` added at the indices ``rows``.

    Args:
        xp: the module of the arrays.
        values: an array of two axes.
        rows: for each of its rows the index to add it at, in range, int64.
        count: the number of rows of the result.
    """
    width = values.shape[1]
    # Adding at places of one axis is several times faster than adding whole rows.
    places = rows if width == 1 else (rows[:, None] * width + xp.arange(width)).reshape(-1)
    return sum_at(xp, values.reshape(-1), places, count * width).reshape(count, width)


# -- along one axis, any number of times ----------------------------------------------------------------


@operator("_index_add", on_complex=AS_WRITTEN)
def index_add(
    xp: XP, g: Array, indices: Array, *, size: int, axis: int = 0, mode: IndexMode = "clip"
) -> Array:
    """Return zeros with ``size`` entries along an axis, and ``g`` added there at the indices.

    The transpose of ``take``: g is shaped like what ``take`` returns, and the axes of the indices become the
    one axis. An index that occurs twice is added to twice.
    """
    axis = normalize_axis(axis, g.ndim - indices.ndim + 1, "_index_add")
    outer, inner = g.shape[:axis], g.shape[axis + indices.ndim :]
    at = resolve_indices(xp, indices, size, mode, "Operator '_index_add'").reshape(-1)
    if outer:
        at = (xp.arange(shape_size(outer))[:, None] * size + at).reshape(-1)
    total = add_rows(xp, g.reshape(at.size, shape_size(inner)), at, shape_size(outer) * size)
    return total.reshape(*outer, size, *inner)


@index_add.shape
def index_add_shape(s: ShapeFacts, size: int, axis: int) -> None:
    g, indices = s["g"], s["indices"]
    if g is not None and indices is not None:
        if len(indices) > len(g):
            s.fail("got indices with more axes than the values", expected="at most as many")
        axis = normalize_axis(axis, len(g) - len(indices) + 1, s.owner)
        s["g"] = (None,) * axis + indices + (None,) * (len(g) - axis - len(indices))
        s["output"] = (*g[:axis], size, *g[axis + len(indices) :])
        s["g"] = (*s["output"][:axis], *indices, *s["output"][axis + 1 :])


@index_add.gradient("g")
def index_add_gradient(F: Any, g: Any, indices: Any, axis: int, mode: str) -> Any:
    return F.take(g, indices, axis=axis, mode=mode)


# -- along one axis, once -------------------------------------------------------------------------------


@operator("_take_along", on_complex=AS_WRITTEN)
def take_along(xp: XP, data: Array, indices: Array, *, axis: int, mode: IndexMode = "clip") -> Array:
    """Return, for each index, the element at it along an axis; the other axes are those of the indices.

    Along that axis the indices of one line are distinct: the gradient, ``_put_along``, does not add up.
    """
    at = resolve_indices(xp, indices, data.shape[axis], mode, "Operator '_take_along'")
    return elements_along(xp, data, at, normalize_axis(axis, data.ndim, "_take_along"))


@operator("_put_along", on_complex=AS_WRITTEN)
def put_along(
    xp: XP, values: Array, indices: Array, *, size: int, axis: int, mode: IndexMode = "clip"
) -> Array:
    """Return zeros with ``size`` entries along an axis, and each value at its index there.

    The transpose of ``_take_along``.
    """
    axis = normalize_axis(axis, values.ndim, "_put_along")
    at = resolve_indices(xp, indices, size, mode, "Operator '_put_along'")
    return place_along(xp, values, at, size, axis)


def elements_along(xp: XP, data: Array, at: Array, axis: int) -> Array:
    """Return, for each index along an axis, in range, the element at it."""
    return data.reshape(-1)[_places_along(xp, at, data.shape[axis], axis)].reshape(at.shape)


def place_along(xp: XP, values: Array, at: Array, size: int, axis: int) -> Array:
    """Return zeros with ``size`` entries along an axis, and each value at its index there, in range."""
    before, behind = values.shape[:axis], values.shape[axis + 1 :]
    places = _places_along(xp, at, size, axis)
    result = xp.zeros(shape_size(before) * size * shape_size(behind), values.dtype)
    result[places] = values.reshape(places.shape)
    return result.reshape(*before, size, *behind)


def _places_along(xp: XP, at: Array, size: int, axis: int) -> Array:
    """Return where, in the flat array of ``size`` entries along an axis, the elements at indices are."""
    outer, inner = shape_size(at.shape[:axis]), shape_size(at.shape[axis + 1 :])
    # An element is at (outer position * size + index) * inner + inner position.
    places = at.reshape(outer, at.shape[axis], inner)
    if inner != 1:
        places = places * inner + xp.arange(inner)
    return places + xp.arange(outer)[:, None, None] * (size * inner)


@take_along.shape
def take_along_shape(s: ShapeFacts, axis: int) -> None:
    _state_lines(s, "data", axis)
    s.same("indices", "output")


@put_along.shape
def put_along_shape(s: ShapeFacts, size: int, axis: int) -> None:
    s.same("indices", "values")
    if s["values"] is not None:
        axis = normalize_axis(axis, len(s["values"]), s.owner)
        s["output"] = (*s["values"][:axis], size, *s["values"][axis + 1 :])


def _state_lines(s: ShapeFacts, whole: str, axis: int) -> None:
    """State that an array and the indices have equal sizes on all axes but one."""
    for here, there in ((whole, "indices"), ("indices", whole)):
        if s[here] is not None:
            axis = normalize_axis(axis, len(s[here]), s.owner)
            s[there] = (*s[here][:axis], None, *s[here][axis + 1 :])


@take_along.gradient("data")
def take_along_gradient(F: Any, g: Any, indices: Any, shapes: Any, axis: int, mode: str) -> Any:
    return F._put_along(g, indices, size=shapes[0][axis], axis=axis, mode=mode)


@put_along.gradient("values")
def put_along_gradient(F: Any, g: Any, indices: Any, axis: int, mode: str) -> Any:
    return F._take_along(g, indices, axis=axis, mode=mode)


# -- at places given by one index per axis --------------------------------------------------------------


def resolve_places(xp: XP, indices: Array, shape: tuple[int, ...], owner: str, mode: str = "signed") -> Array:
    """Return the flat position of each column of indices in an array of this shape.

    Args:
        xp: the module of the arrays.
        indices: for each axis a row of indices.
        shape: the sizes of the axes.
        owner: the operator's name, for the error.
        mode: "signed", negative indices count from the end, or "raise", they are out of range.

    Raises:
        IndexOutOfRangeError: an index is outside its axis.
    """
    flat = xp.zeros(indices.shape[1:], "int64")
    for row, size in zip(indices, shape, strict=True):
        flat = flat * size + resolve_indices(xp, row, size, mode, f"Operator {owner!r}")
    return flat.reshape(-1)


def state_places(s: ShapeFacts, values: str, shape: PartialShape) -> None:
    """State that values lie at places, given by indices, of an array of this shape.

    The first axis of the indices has an entry for each axis of the array that they index.
    """
    indices = s["indices"]
    if indices is None or shape is None:
        return
    if len(indices) < 2:  # noqa: PLR2004
        s.fail("needs indices of two axes or more: (indexed axes, places ...)")
    indexed = indices[0]
    if indexed is None:
        return
    if indexed > len(shape):
        s.fail("got more indices per place than there are axes", expected=f"at most {len(shape)}")
    s[values] = (*indices[1:], *shape[indexed:])


@operator("_backward_gather_nd", on_complex=AS_WRITTEN)
def gather_nd_backward(xp: XP, data: Array, indices: Array, *, shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape with the data added at places: the transpose of ``gather_nd``."""
    indexed = len(indices)
    places = resolve_places(xp, indices, shape[:indexed], "_backward_gather_nd")
    values = data.reshape(places.size, shape_size(shape[indexed:]))
    return add_rows(xp, values, places, shape_size(shape[:indexed])).reshape(shape)


@operator("scatter_nd", on_complex=AS_WRITTEN)
def scatter_nd(xp: XP, data: Array, indices: Array, *, shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape with the data written at places.

    ``indices[i]`` are the indices on axis i; negative ones count from the end. The data hold an element, or
    a block of the remaining axes, for each place. Of several at one place the last is kept, and all of them
    receive its gradient, as in MXNet.
    """
    indexed = len(indices)
    places = resolve_places(xp, indices, shape[:indexed], "scatter_nd")
    result = xp.zeros((shape_size(shape[:indexed]), shape_size(shape[indexed:])), data.dtype)
    result[places] = data.reshape(places.size, result.shape[1])
    return result.reshape(shape)


def _state_scattered(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    state_places(s, "data", shape)
    s["output"] = shape


def _gather_gradient(F: Any, g: Any, indices: Any) -> Any:
    return F.gather_nd(g, indices)


for _each in (gather_nd_backward, scatter_nd):
    _each.shape(_state_scattered)
    _each.gradient("data")(_gather_gradient)


# -- where a mask is set --------------------------------------------------------------------------------


@operator("_mask_put", on_complex=AS_WRITTEN)
def mask_put(xp: XP, values: Array, index: Array, *, axis: int = 0) -> Array:
    """Return zeros with values where the mask is not 0 along an axis: the transpose of ``boolean_mask``."""
    axis = normalize_axis(axis, values.ndim, "_mask_put")
    result = xp.zeros((*values.shape[:axis], index.size, *values.shape[axis + 1 :]), values.dtype)
    key = (*(slice(None),) * axis, index != 0)
    result[key] = values
    return result


@mask_put.shape
def mask_put_shape(s: ShapeFacts, axis: int) -> None:
    values, index = s["values"], s["index"]
    if values is not None and index is not None:
        axis = normalize_axis(axis, len(values), s.owner)
        s["output"] = (*values[:axis], *index, *values[axis + 1 :])


@mask_put.gradient("values")
def mask_put_gradient(F: Any, g: Any, index: Any, axis: int) -> Any:
    return F._contrib_boolean_mask(g, index, axis=axis)


for _each in (index_add, take_along, put_along, gather_nd_backward, scatter_nd, mask_put):
    _each.dtype(dtype_of_first)
