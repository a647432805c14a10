"""Operators that compute with positions: indices to one-hot rows, to coordinates and back, and counting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import normalize_axis, resolve_indices
from gluonish.ops.scatter import resolve_places
from gluonish.shape import shape_size

__all__: list[str] = []

FLOAT32 = np.dtype("float32")


@operator("one_hot", method="one_hot", gradient=ZERO_GRADIENT)
def one_hot(
    xp: XP,
    indices: Array,
    *,
    depth: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: DType = FLOAT32,
) -> Array:
    """Return, for each index, a row of ``depth`` entries: on_value at the index, off_value elsewhere.

    An index out of range gives a row without on_value. Floats are truncated.
    """
    hit = indices.astype("int64")[..., None] == xp.arange(depth)
    if (on_value, off_value) == (1.0, 0.0):
        return hit.astype(dtype)
    on, off = (np.asarray(value).astype(dtype)[()] for value in (on_value, off_value))
    return xp.where(hit, on, off)


@one_hot.shape
def one_hot_shape(s: ShapeFacts, depth: int) -> None:
    if depth < 0:
        s.fail("needs a depth", expected="depth >= 0")
    if s["indices"] is not None:
        s["output"] = (*s["indices"], depth)
    if s["output"] is not None:
        s["indices"] = s["output"][:-1]


@one_hot.dtype
def one_hot_dtype(d: DTypeFacts, dtype: Any) -> None:
    d["output"] = dtype


@operator("_contrib_arange_like", gradient=ZERO_GRADIENT, ignored=("ctx",))
def arange_like(
    xp: XP,
    data: Array,
    *,
    start: float = 0.0,
    step: float = 1.0,
    repeat: int = 1,
    axis: int | None = None,
) -> Array:
    """Return start, start + step, ..., each repeated: as many as an axis is long.

    Without an axis the result has the shape of the data.
    """
    count = data.size if axis is None else data.shape[axis]
    numbers = xp.repeat(xp.arange(math.ceil(count / repeat)) * step + start, repeat)[:count]
    return numbers.astype(data.dtype).reshape(data.shape if axis is None else -1)


@arange_like.shape
def arange_like_shape(s: ShapeFacts, repeat: int, axis: int | None) -> None:
    if repeat < 1:
        s.fail("needs each number at least once", expected="repeat >= 1")
    if s["data"] is not None:
        s["output"] = (
            s["data"] if axis is None else (s["data"][normalize_axis(axis, len(s["data"]), s.owner)],)
        )


UNBOUNDED = 2**62
"""A size that no index reaches."""


def _grid(shape: tuple[int, ...], owner: str) -> tuple[int, ...]:
    """Return the sizes that bound coordinates; the first may be given as -1, for no bound."""
    if not shape or min(shape[1:], default=1) < 1 or shape[0] < -1:
        raise ArgumentError(
            f"Operator {owner!r}",
            "needs the shape of the array that is indexed",
            expected="positive sizes, the first may be -1",
            received=shape,
        )
    return (UNBOUNDED, *shape[1:]) if shape[0] == -1 else shape


@operator("_unravel_index", aliases=("unravel_index",), gradient=ZERO_GRADIENT)
def unravel_index(xp: XP, data: Array, *, shape: tuple[int, ...]) -> Array:
    """Return the coordinates, in an array of this shape, of positions in the flat array.

    Row i of the result holds those on axis i. The first size may be -1: it is not needed.
    """
    total = UNBOUNDED if shape[0] == -1 else shape_size(shape)
    rest = resolve_indices(xp, data, total, "raise", "Operator '_unravel_index'")
    rows = []
    for size in shape[:0:-1]:
        rows.append(rest % size)
        rest = rest // size
    return xp.stack([rest, *reversed(rows)]).astype(data.dtype)


@unravel_index.shape
def unravel_index_shape(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    _grid(shape, s.owner)
    if s["data"] is not None:
        s["output"] = (len(shape), *s["data"])
    if s["output"] is not None:
        s["data"] = s["output"][1:]


@operator("_ravel_multi_index", aliases=("ravel_multi_index",), gradient=ZERO_GRADIENT)
def ravel_multi_index(xp: XP, data: Array, *, shape: tuple[int, ...]) -> Array:
    """Return the positions, in the flat array of this shape, of coordinates: row i holds those on axis i.

    The first size may be -1: it is not needed.
    """
    places = resolve_places(xp, data, _grid(shape, "_ravel_multi_index"), "_ravel_multi_index", "raise")
    return places.reshape(data.shape[1:]).astype(data.dtype)


@ravel_multi_index.shape
def ravel_multi_index_shape(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    _grid(shape, s.owner)
    if s["output"] is not None:
        s["data"] = (len(shape), *s["output"])
    if s["data"] is not None:
        s["data"] = (len(shape), *s["data"][1:])
        s["output"] = s["data"][1:]
