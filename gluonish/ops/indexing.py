"""Operators that choose or replace elements by condition or index. Keys, ``x[key]``, are in ``keys``."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import IndexMode, dtype_of_first, normalize_axis, product, resolve_indices
from gluonish.ops.scatter import elements_along, resolve_places, state_places
from gluonish.shape import shape_size

__all__: list[str] = []


@operator("where", on_complex=AS_WRITTEN)
def where(xp: XP, condition: Array, x: Array, y: Array) -> Array:
    """Return elements of x where the condition is not 0, else of y.

    The condition has the shape of x and y, or is one-dimensional and chooses along axis 0.
    """
    if condition.ndim != x.ndim:
        condition = condition.reshape(-1, *(1,) * (x.ndim - 1))
    return xp.where(condition != 0, x, y)


@where.shape
def where_shape(s: ShapeFacts) -> None:
    condition = s["condition"]
    if condition is None or None in condition:
        return  # it may have one axis, and then says nothing of the others
    s.same("x", "y", "output")
    chosen = s["output"]
    if chosen is not None:
        if len(condition) == 1 and len(chosen) != 1:
            s["output"] = (condition[0], *chosen[1:])
            s["condition"] = chosen[:1]
        else:
            s.same("condition", "output")


@where.dtype
def where_dtype(d: DTypeFacts) -> None:
    d.same("x", "y", "output")


def _chosen(F: Any, condition: Any, g: Any, *, when: bool) -> Any:
    zeros = F.zeros_like(g)
    return F.where(condition, g, zeros) if when else F.where(condition, zeros, g)


@where.gradient("x")
def where_gradient_x(F: Any, g: Any, condition: Any) -> Any:
    return _chosen(F, condition, g, when=True)


@where.gradient("y")
def where_gradient_y(F: Any, g: Any, condition: Any) -> Any:
    return _chosen(F, condition, g, when=False)


# -- along an axis --------------------------------------------------------------------------------------


@operator("take", method="take", on_complex=AS_WRITTEN)
def take(xp: XP, a: Array, indices: Array, *, axis: int = 0, mode: IndexMode = "clip") -> Array:
    """Return the elements at indices along an axis; the axes of the indices take the place of that axis.

    Args:
        xp: the module of the arrays.
        a: the array to choose from.
        indices: which elements, an array of any dtype; floats are truncated.
        axis: the axis.
        mode: what happens to an index out of range: "clip" takes the nearest end, "wrap" goes round, "raise"
            is an error. Negative indices are out of range too.
    """
    at = resolve_indices(xp, indices, a.shape[axis], mode, "Operator 'take'")
    return xp.take(a, at, axis)


@take.shape
def take_shape(s: ShapeFacts, axis: int) -> None:
    a, indices, output = s["a"], s["indices"], s["output"]
    if a is None or indices is None:
        return
    axis = normalize_axis(axis, len(a), s.owner)
    behind = axis + len(indices)
    s["output"] = a[:axis] + indices + a[axis + 1 :]
    if output is not None:
        s["a"] = (*output[:axis], None, *output[behind:])
        s["indices"] = output[axis:behind]


@take.gradient("a")
def take_gradient(F: Any, g: Any, indices: Any, shapes: Any, axis: int, mode: str) -> Any:
    axis %= len(shapes[0])
    return F._index_add(g, indices, size=shapes[0][axis], axis=axis, mode=mode)


@operator("pick", aliases=("choose_element_0index",), method="pick")
def pick(
    xp: XP,
    data: Array,
    index: Array,
    *,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: IndexMode = "clip",
) -> Array:
    """Return one element of each line along an axis, chosen by an index per line.

    The index has the shape of the data without that axis, or with size 1 there. Out of range it is clipped,
    goes round, or is an error.
    """
    axis = _pick_axis(axis, data.ndim)
    at = resolve_indices(
        xp, index.reshape(_kept(data.shape, axis)), data.shape[axis], mode, "Operator 'pick'"
    )
    return elements_along(xp, data, at, axis).reshape(_picked(data.shape, axis, keepdims))


def _pick_axis(axis: int | None, ndim: int) -> int:
    if axis is None:
        raise ArgumentError("Operator 'pick'", "needs an axis", expected="an integer", received=None)
    return normalize_axis(axis, ndim, "pick")


def _kept(shape: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    return (*shape[:axis], 1, *shape[axis + 1 :])


def _dropped(shape: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    return shape[:axis] + shape[axis + 1 :]


def _picked(shape: tuple[Any, ...], axis: int, keepdims: bool) -> tuple[Any, ...]:
    return _kept(shape, axis) if keepdims else _dropped(shape, axis) or (1,)


@pick.shape
def pick_shape(s: ShapeFacts, axis: int | None, keepdims: bool) -> None:
    data, index, output = s["data"], s["index"], s["output"]
    if data is None:
        return
    axis = _pick_axis(axis, len(data))
    s["output"] = _picked(data, axis, keepdims)
    if output is not None and len(data) > 1:
        rest = _dropped(output, axis) if keepdims else output
        s["data"] = (*rest[:axis], None, *rest[axis:])
    if index is not None:
        # Of one axis the index is a single number, whether its shape is () or (1,).
        s["index"] = _kept(data, axis) if len(index) == len(data) else _dropped(data, axis)


@pick.gradient("data")
def pick_gradient(F: Any, g: Any, index: Any, shapes: Any, axis: int, mode: str) -> Any:
    axis %= len(shapes[0])
    kept = _kept(shapes[0], axis)
    g, index = F._reshape_to(g, shape=kept), F._reshape_to(index, shape=kept)
    mode = "clip" if mode == "raise" else mode  # the forward pass has looked at every index
    return F._put_along(g, index, size=shapes[0][axis], axis=axis, mode=mode)


@operator("batch_take")
def batch_take(xp: XP, a: Array, indices: Array) -> Array:
    """Return one element of each row along the last axis, in the shape of the indices, which are clipped.

    There are as many indices as rows.
    """
    size = a.shape[-1]
    at = resolve_indices(xp, indices, size, "clip", "Operator 'batch_take'").reshape(-1)
    return a.reshape(-1)[xp.arange(at.size) * size + at].reshape(indices.shape)


@batch_take.shape
def batch_take_shape(s: ShapeFacts) -> None:
    a = s["a"]
    s.same("indices", "output")
    if a is None:
        return
    if not a:
        s.fail("needs at least one axis")
    rows, picked = product(a[:-1]), product(s["indices"] or (None,))
    if None not in (rows, picked) and rows != picked:
        s.fail("needs one index per row", expected=f"{rows} indices")


@batch_take.gradient("a")
def batch_take_gradient(F: Any, g: Any, indices: Any, shapes: Any) -> Any:
    rows = (*shapes[0][:-1], 1)
    g, indices = F._reshape_to(g, shape=rows), F._reshape_to(indices, shape=rows)
    return F._put_along(g, indices, size=shapes[0][-1], axis=len(rows) - 1)


@operator("fill_element_0index")
def fill_element_0index(xp: XP, lhs: Array, mhs: Array, rhs: Array) -> Array:
    """Return a copy of a matrix with ``lhs[i, rhs[i]]`` replaced by ``mhs[i]``."""
    at = resolve_indices(xp, rhs, lhs.shape[1], "raise", "Operator 'fill_element_0index'")
    result = lhs.copy()
    result[xp.arange(len(at)), at] = mhs
    return result


@fill_element_0index.shape
def fill_element_0index_shape(s: ShapeFacts) -> None:
    s.same("lhs", "output")
    s["lhs"] = (None, None)
    for name in ("mhs", "rhs"):
        s[name] = s["lhs"][:1]
        if s[name] is not None:
            s["lhs"] = (*s[name], None)


@fill_element_0index.dtype
def fill_element_0index_dtype(d: DTypeFacts) -> None:
    d.same("lhs", "mhs", "output")


@fill_element_0index.gradient("lhs")
def fill_gradient_lhs(F: Any, g: Any, rhs: Any) -> Any:
    return F.fill_element_0index(g, F.zeros_like(F.pick(g, rhs, axis=1)), rhs)


@fill_element_0index.gradient("mhs")
def fill_gradient_mhs(F: Any, g: Any, rhs: Any) -> Any:
    return F.pick(g, rhs, axis=1)


@operator("_contrib_index_copy")
def index_copy(xp: XP, old_tensor: Array, index_vector: Array, new_tensor: Array) -> Array:
    """Return a copy of the old array with its rows at the indices replaced by those of the new one.

    Of several rows for one index the last is kept.
    """
    at = resolve_indices(xp, index_vector, len(old_tensor), "raise", "Operator '_contrib_index_copy'")
    result = old_tensor.copy()
    result[at] = new_tensor
    return result


@index_copy.shape
def index_copy_shape(s: ShapeFacts) -> None:
    s.same("old_tensor", "output")
    old, new, index = s["old_tensor"], s["new_tensor"], s["index_vector"]
    s["index_vector"] = (None,) if new is None else new[:1]
    if old is not None:
        s["new_tensor"] = (None if index is None else index[0], *old[1:])
    if new is not None:
        s["old_tensor"] = (None, *new[1:])


@index_copy.dtype
def index_copy_dtype(d: DTypeFacts) -> None:
    d.same("old_tensor", "new_tensor", "output")


@index_copy.gradient("old_tensor")
def index_copy_gradient_old(F: Any, g: Any, index_vector: Any) -> Any:
    return F._contrib_index_copy(g, index_vector, F.zeros_like(F.take(g, index_vector)))


@index_copy.gradient("new_tensor")
def index_copy_gradient_new(F: Any, g: Any, index_vector: Any) -> Any:
    return F.take(g, index_vector)


@operator("_contrib_boolean_mask", on_complex=AS_WRITTEN)
def boolean_mask(xp: XP, data: Array, index: Array, *, axis: int = 0) -> Array:
    """Return the elements along an axis where the mask, which has one entry for each, is not 0.

    The size of the result depends on the mask's content.
    """
    return xp.compress(index != 0, data, axis)


@boolean_mask.shape
def boolean_mask_shape(s: ShapeFacts, axis: int) -> None:
    data = s["data"]
    if data is not None:
        axis = normalize_axis(axis, len(data), s.owner)
        s["index"] = (data[axis],)
        s["data"] = (*data[:axis], *s["index"], *data[axis + 1 :])
        s["output"] = (*data[:axis], None, *data[axis + 1 :])


@boolean_mask.gradient("data")
def boolean_mask_gradient(F: Any, g: Any, index: Any, axis: int) -> Any:
    return F._mask_put(g, index, axis=axis)


# -- at places ------------------------------------------------------------------------------------------


@operator("gather_nd", on_complex=AS_WRITTEN)
def gather_nd(xp: XP, data: Array, indices: Array) -> Array:
    """Return the elements, or blocks of the remaining axes, at places.

    ``indices[i]`` are the indices on axis i; negative ones count from the end.
    """
    indexed, rest = len(indices), data.shape[len(indices) :]
    places = resolve_places(xp, indices, data.shape[:indexed], "gather_nd")
    blocks = data.reshape(shape_size(data.shape[:indexed]), *rest)[places]
    return blocks.reshape(*indices.shape[1:], *rest)


@gather_nd.shape
def gather_nd_shape(s: ShapeFacts) -> None:
    state_places(s, "output", s["data"])


@gather_nd.gradient("data")
def gather_nd_gradient(F: Any, g: Any, indices: Any, shapes: Any) -> Any:
    return F._backward_gather_nd(g, indices, shape=shapes[0])


for _each in (take, pick, batch_take, boolean_mask, gather_nd):
    _each.dtype(dtype_of_first)
