"""Operators that cut a block out of an array by the bounds of its axes. They copy; ``x[a:b]`` may not."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.fields import Scalar
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import as_scalar, dtype_of_first, normalize_axis
from gluonish.shape import Dim

__all__: list[str] = []

EVERYTHING = slice(None)
Bounds = tuple[int | None, ...]


def _sliced(shape: tuple[Dim, ...], key: tuple[slice, ...]) -> tuple[Dim, ...]:
    """Return the shape of a block; an axis of unknown size stays unknown, unless it is kept whole."""
    dims = [None if dim is None else len(range(dim)[part]) for dim, part in zip(shape, key, strict=False)]
    return (*dims, *shape[len(key) :])


@operator("slice", aliases=("crop",), method="slice", on_complex=AS_WRITTEN)
def slice_block(xp: XP, data: Array, *, begin: Bounds, end: Bounds, step: Bounds = ()) -> Array:
    """Return a copy of the block between bounds of the first axes.

    Bounds count from the end if negative, may be None, and are cut down to the axis, as those of Python's
    slices; steps too may be negative or None.
    """
    return data[_key(begin, end, step)].copy()


def _key(begin: Bounds, end: Bounds, step: Bounds) -> tuple[slice, ...]:
    step = step or (None,) * len(begin)
    if not len(begin) == len(end) == len(step):
        raise ArgumentError(
            "Operator 'slice'",
            "needs equally many bounds",
            received=f"begin={begin}, end={end}, step={step}",
        )
    if 0 in step:
        raise ArgumentError("Operator 'slice'", "cannot go in steps of 0", received=f"step={step}")
    return tuple(slice(*bounds) for bounds in zip(begin, end, step, strict=True))


@slice_block.shape
def slice_shape(s: ShapeFacts, begin: Bounds, end: Bounds, step: Bounds) -> None:
    data = s["data"]
    if data is not None:
        key = _checked_key(s, data, begin, end, step)
        s["output"] = _sliced(data, key)
        _state_uncut(s, key)


def _checked_key(
    s: ShapeFacts, shape: tuple[Dim, ...], begin: Bounds, end: Bounds, step: Bounds
) -> tuple[slice, ...]:
    """Return the key of a block of an array of this shape."""
    key = _key(begin, end, step)
    if len(key) > len(shape):
        s.fail("got bounds for more axes than there are", expected=f"at most {len(shape)}")
    return key


def _state_uncut(s: ShapeFacts, key: tuple[slice, ...]) -> None:
    """State that axes that are kept whole have one size in data and output."""
    pairs = zip(key, s["output"], strict=False)
    s["data"] = (*(dim if part == EVERYTHING else None for part, dim in pairs), *s["output"][len(key) :])


@slice_block.gradient("data")
def slice_gradient(F: Any, g: Any, shapes: Any, begin: Bounds, end: Bounds, step: Bounds) -> Any:
    return F._key_add(g, key=_key(begin, end, step), shape=shapes[0])


# -- writing a block ------------------------------------------------------------------------------------


@operator("_slice_assign", aliases=("_crop_assign",), method="slice_assign")
def slice_assign(xp: XP, lhs: Array, rhs: Array, *, begin: Bounds, end: Bounds, step: Bounds = ()) -> Array:
    """Return a copy of the left array with a block replaced by the right one; bounds as of ``slice``."""
    result = lhs.copy()
    result[_key(begin, end, step)] = rhs
    return result


@slice_assign.shape
def slice_assign_shape(s: ShapeFacts, begin: Bounds, end: Bounds, step: Bounds) -> None:
    s.same("lhs", "output")
    lhs = s["lhs"]
    if lhs is not None:
        s["rhs"] = _sliced(lhs, _checked_key(s, lhs, begin, end, step))


@slice_assign.gradient("lhs")
def slice_assign_gradient_lhs(F: Any, g: Any, begin: Bounds, end: Bounds, step: Bounds) -> Any:
    return F._slice_assign_scalar(g, scalar=0.0, begin=begin, end=end, step=step)


@slice_assign.gradient("rhs")
def slice_assign_gradient_rhs(F: Any, g: Any, begin: Bounds, end: Bounds, step: Bounds) -> Any:
    return F.slice(g, begin=begin, end=end, step=step)


@operator("_slice_assign_scalar", aliases=("_crop_assign_scalar",), method="slice_assign_scalar")
def slice_assign_scalar(
    xp: XP, data: Array, *, scalar: Scalar = 0.0, begin: Bounds, end: Bounds, step: Bounds = ()
) -> Array:
    """Return a copy of the array with a block filled with a number; bounds as of ``slice``."""
    result = data.copy()
    result[_key(begin, end, step)] = as_scalar(data, scalar)
    return result


@slice_assign_scalar.shape
def slice_assign_scalar_shape(s: ShapeFacts, begin: Bounds, end: Bounds, step: Bounds) -> None:
    s.same("data", "output")
    if s["data"] is not None:
        _checked_key(s, s["data"], begin, end, step)


@slice_assign_scalar.gradient("data")
def slice_assign_scalar_gradient(F: Any, g: Any, begin: Bounds, end: Bounds, step: Bounds) -> Any:
    return F._slice_assign_scalar(g, scalar=0.0, begin=begin, end=end, step=step)


# -- one axis -------------------------------------------------------------------------------------------


@operator("slice_axis", method="slice_axis", on_complex=AS_WRITTEN)
def slice_axis(xp: XP, data: Array, *, axis: int, begin: int, end: int | None) -> Array:
    """Return a copy of the elements from begin to end (excluded; None: all) of one axis.

    Negative bounds count from the end. Unlike those of ``slice``, they must lie within the axis.
    """
    return data[_axis_key(data.ndim, axis, begin, end)].copy()


def _axis_key(ndim: int, axis: int, begin: int, end: int | None) -> tuple[slice, ...]:
    return (*(EVERYTHING,) * (axis % ndim), slice(begin, end))


@slice_axis.shape
def slice_axis_shape(s: ShapeFacts, axis: int, begin: int, end: int | None) -> None:
    data = s["data"]
    if data is None:
        return
    axis = normalize_axis(axis, len(data), s.owner)
    size = data[axis]
    if size is not None:
        first = begin + size if begin < 0 else begin
        last = size if end is None else end + size if end < 0 else end
        if not 0 <= first <= last <= size:
            s.fail(
                f"cannot take elements {begin} to {end} of an axis of {size}",
                expected=f"bounds within {-size} and {size}, the first not behind the second",
            )
    key = _axis_key(len(data), axis, begin, end)
    s["output"] = _sliced(data, key)
    _state_uncut(s, key)


@slice_axis.gradient("data")
def slice_axis_gradient(F: Any, g: Any, shapes: Any, axis: int, begin: int, end: int | None) -> Any:
    return F._key_add(g, key=_axis_key(len(shapes[0]), axis, begin, end), shape=shapes[0])


@operator("slice_like", method="slice_like")
def slice_like(xp: XP, data: Array, shape_like: Array, *, axes: tuple[int, ...] = ()) -> Array:
    """Return a copy of the first elements of each axis, as many as the other array has there.

    With ``axes`` only those are cut, and the other array may have another number of axes.
    """
    return data[_first(_like(data.shape, shape_like.shape, axes))].copy()


def _like(shape: tuple[Dim, ...], like: tuple[Dim, ...], axes: tuple[int, ...]) -> tuple[Dim, ...]:
    """Return the shape to cut to."""
    if not axes:
        return like
    dims = list(shape)
    for axis in axes:
        size = like[normalize_axis(axis, len(like), "slice_like")]
        dims[normalize_axis(axis, len(shape), "slice_like")] = size
    return tuple(dims)


def _first(shape: tuple[Dim, ...]) -> tuple[slice, ...]:
    """Return the key of the first elements of each axis."""
    return tuple(map(slice, shape))


@slice_like.shape
def slice_like_shape(s: ShapeFacts, axes: tuple[int, ...]) -> None:
    data, like = s["data"], s["shape_like"]
    if data is None or like is None:
        return
    if not axes and len(data) != len(like):
        s.fail("needs arrays with equally many axes, or axes=", expected=f"{len(data)} axes")
    shape = _like(data, like, axes)
    if any(None not in (dim, size) and size > dim for dim, size in zip(data, shape, strict=True)):
        s.fail("cannot cut an axis to more elements than it has", expected="sizes of the data, or smaller")
    s["output"] = shape


@slice_like.gradient("data")
def slice_like_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._key_add(g, key=_first(g.shape), shape=shapes[0])


slice_like.dtype(dtype_of_first)
