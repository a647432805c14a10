"""Sorting, and the largest or smallest elements.

Orders are stable: among equal elements the one that comes first keeps its place, whether the order rises or
falls. Indices are returned in a dtype that can be chosen, float32 unless it is, as in MXNet.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.common import normalize_axis, product
from gluonish.ops.scatter import elements_along, place_along
from gluonish.shape import Dim, shape_size

__all__: list[str] = []

FLOAT32 = np.dtype("float32")
INT64 = np.dtype("int64")

FEW = 8
"""Choosing is faster than sorting where at most one in this many elements is chosen."""


def _order(xp: XP, data: Array, axis: int, is_ascend: bool) -> Array:
    """Return the indices that sort an axis."""
    if is_ascend:
        return xp.argsort(data, axis, kind="stable")
    # Sorting backwards what is turned round keeps equal elements in place.
    rising = xp.argsort(xp.flip(data, axis), axis, kind="stable")
    return data.shape[axis] - 1 - xp.flip(rising, axis)


def _line(data: Array, axis: int | None) -> tuple[Array, int]:
    """Return what is to be sorted, the flat array if no axis is named, and the axis."""
    return (data.reshape(-1), 0) if axis is None else (data, axis)


def _state_line(s: ShapeFacts, axis: int | None) -> tuple[tuple[Dim, ...], int] | None:
    data = s["data"]
    if data is None:
        return None
    if axis is None:
        return (product(data),), 0
    return data, normalize_axis(axis, len(data), s.owner)


@operator("sort", labels=("output0",), native=True, method="sort")
def sort(xp: XP, data: Array, *, axis: int | None = -1, is_ascend: bool = True) -> Array:
    """Return the elements sorted along an axis, or (None) of the flat array."""
    line, axis = _line(data, axis)
    rising = xp.sort(line, axis)
    return rising if is_ascend else xp.flip(rising, axis).copy()


@operator("argsort", method="argsort", gradient=ZERO_GRADIENT)
def argsort(
    xp: XP, data: Array, *, axis: int | None = -1, is_ascend: bool = True, dtype: DType = FLOAT32
) -> Array:
    """Return the indices that sort along an axis, or (None) the flat array."""
    line, axis = _line(data, axis)
    return xp.ascontiguousarray(_order(xp, line, axis, is_ascend)).astype(dtype, copy=False)


def _state_sorted(s: ShapeFacts, axis: int | None) -> None:
    found = _state_line(s, axis)
    if axis is not None:
        s.same("data", "output")
    elif found is not None:
        s["output"] = found[0]


for _each in (sort, argsort):
    _each.shape(_state_sorted)


@argsort.dtype
def argsort_dtype(d: DTypeFacts, dtype: Any) -> None:
    d["output"] = dtype


@sort.gradient("data")
def sort_gradient(F: Any, g: Any, data: Any, axis: int | None, is_ascend: bool) -> Any:
    order = F.argsort(data, axis=axis, is_ascend=is_ascend, dtype=INT64)
    return _put_back(F, g, order, data.shape, axis)


def _put_back(F: Any, g: Any, order: Any, shape: tuple[int, ...], axis: int | None) -> Any:
    """Return the gradient of elements that were chosen by their indices."""
    if axis is None:
        flat = F._put_along(g, order, size=product(shape), axis=0)
        return F._reshape_to(flat, shape=shape)
    return F._put_along(g, order, size=shape[axis], axis=axis)


# -- topk -----------------------------------------------------------------------------------------------


def _topk_outputs(ret_typ: str) -> tuple[str, ...]:
    return ("value", "indices") if ret_typ == "both" else ("output",)


@operator(
    "topk",
    outputs=_topk_outputs,
    labels=lambda ret_typ: ("output0", "output1") if ret_typ == "both" else ("output",),
    method="topk",
)
def topk(
    xp: XP,
    data: Array,
    *,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal["indices", "value", "mask", "both"] = "indices",
    is_ascend: bool = False,
    dtype: DType = FLOAT32,
) -> tuple[Array, ...]:
    """Return the k largest elements along an axis, or (None) of the flat array, largest first.

    Args:
        xp: the module of the arrays.
        data: the array to choose from.
        axis: the axis.
        k: how many; all of them if below 1.
        ret_typ: what to return: their "indices"; their "value"; "both", values first; or a "mask" in the
            data's shape and dtype that is 1 where one of them is.
        is_ascend: return the smallest elements, smallest first.
        dtype: of the indices.
    """
    line, axis = _line(data, axis)
    axis %= line.ndim
    best = _best(xp, line, axis, k if k >= 1 else line.shape[axis], is_ascend)
    if ret_typ == "mask":
        ones = xp.ones(best.shape, data.dtype)
        return (place_along(xp, ones, best, line.shape[axis], axis).reshape(data.shape),)
    values = elements_along(xp, line, best, axis) if ret_typ != "indices" else None
    indices = best.astype(dtype, copy=False)
    return {"value": (values,), "indices": (indices,), "both": (values, indices)}[ret_typ]


def _best(xp: XP, data: Array, axis: int, count: int, is_ascend: bool) -> Array:
    """Return the first indices of the order along an axis."""
    rows = xp.moveaxis(data, axis, -1)
    chosen = _chosen(xp, rows, count, is_ascend) if 0 < count * FEW <= rows.shape[-1] else None
    if chosen is None:
        order = _order(xp, rows, -1, is_ascend)[..., :count]
    else:
        last = rows.ndim - 1
        ranks = _order(xp, elements_along(xp, xp.ascontiguousarray(rows), chosen, last), -1, is_ascend)
        order = elements_along(xp, chosen, ranks, last)
    return xp.ascontiguousarray(xp.moveaxis(order, -1, axis))


def _chosen(xp: XP, rows: Array, count: int, is_ascend: bool) -> Array | None:
    """Return the indices, rising, of the best elements of each row, without sorting the rows.

    Better than the last of them are all chosen; of those equal to it the first, as many as are missing.
    """
    place = count - 1 if is_ascend else rows.shape[-1] - count
    bound = xp.partition(rows, place, -1)[..., place : place + 1]
    better = rows < bound if is_ascend else rows > bound
    equal = rows == bound
    missing = count - better.sum(-1, keepdims=True)
    if (equal.sum(-1, keepdims=True) > missing).any():
        equal &= equal.cumsum(-1) <= missing
    indices = xp.nonzero(better | equal)[-1]
    if indices.size != shape_size(rows.shape[:-1]) * count:
        return None  # NaN is neither better nor equal
    return indices.reshape(*rows.shape[:-1], count)


@topk.shape
def topk_shape(s: ShapeFacts, axis: int | None, k: int, ret_typ: str) -> None:
    found = _state_line(s, axis)
    if found is None:
        return
    line, place = found
    size = line[place]
    if size is not None and k > size:
        s.fail(f"cannot choose {k} of {size} elements", expected=f"k <= {size}")
    shape = (*line[:place], k if k >= 1 else size, *line[place + 1 :])
    for output in range(1, len(s.values)):
        if ret_typ == "mask":
            s.same("data", output)
            continue
        s[output] = shape
        if axis is not None:
            s["data"] = (*s[output][:place], None, *s[output][place + 1 :])


@topk.dtype
def topk_dtype(d: DTypeFacts, ret_typ: str, dtype: Any) -> None:
    if ret_typ == "both":
        d.same("data", "value")
        d["indices"] = dtype
    elif ret_typ == "indices":
        d["output"] = dtype
    else:
        d.same("data", "output")


@topk.gradient("data")
def topk_gradient(F: Any, g: Any, data: Any, axis: int | None, k: int, ret_typ: str, is_ascend: bool) -> Any:
    if ret_typ not in ("value", "both"):
        return None
    order = F.topk(data, axis=axis, k=k, is_ascend=is_ascend, dtype=INT64)
    return _put_back(F, g[0] if ret_typ == "both" else g, order, data.shape, axis)
