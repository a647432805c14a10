"""Operators that join arrays, cut one into several, repeat one, and add up many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, Operator, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import normalize_axis, numbered_outputs, product, same_rule
from gluonish.shape import Dim

__all__: list[str] = []


# -- joining --------------------------------------------------------------------------------------------


def _declare_concat(name: str, aliases: Sequence[str] = ()) -> Operator:
    def concat(xp: XP, *data: Array, dim: int = 1) -> Array:
        return xp.concatenate(data, axis=dim)

    concat.__doc__ = "Return the arrays joined along an axis; they agree in all others."
    return operator(name, aliases=aliases, native=True, ignored=("num_args",), on_complex=AS_WRITTEN)(concat)


def _state_joined(s: ShapeFacts, dim: int, *, equal_parts: bool) -> None:
    """State what the shapes of parts and whole say about each other.

    With ``equal_parts``, those whose sizes are unknown have one size.
    """
    output = len(s.values) - 1
    rank = next((len(shape) for shape in s.values if shape is not None), None)
    if rank is None:
        return
    axis = normalize_axis(dim, rank, s.owner)
    for i in range(output):
        _agree_beside(s, i, output, axis)
    sizes = [None if shape is None else shape[axis] for shape in s.inputs]
    known = sum(size for size in sizes if size is not None)
    total = s[output][axis]
    if None not in sizes:
        s[output] = _replaced(s[output], axis, known)
    elif total is not None and (equal_parts or sizes.count(None) == 1):
        part, rest = divmod(total - known, sizes.count(None))
        if part < 0 or rest:
            s.fail(f"cannot fill {total} entries of axis {axis} with {known} or more")
        for position, size in enumerate(sizes):
            if size is None:
                s[position] = _replaced(s[position], axis, part)


def _agree_beside(s: ShapeFacts, one: int, other: int, axis: int) -> None:
    """State that two arrays have the same sizes, but for one axis."""
    for here, there in ((one, other), (other, one)):
        if s[here] is not None:
            s[there] = _replaced(s[here], axis, None)


def _replaced(shape: tuple[Dim, ...], axis: int, dim: Dim) -> tuple[Dim, ...]:
    return (*shape[:axis], dim, *shape[axis + 1 :])


def _concat_gradient(F: Any, g: Any, shapes: Any, dim: int, needed: Any) -> Any:
    axis = dim % len(shapes[0])
    parts, begin = [], 0
    for shape, wanted in zip(shapes, needed, strict=True):
        end = begin + shape[axis]
        parts.append(F._getitem(g, key=_along(axis, slice(begin, end))) if wanted else None)
        begin = end
    return tuple(parts)


def _along(axis: int, entry: Any) -> tuple[Any, ...]:
    """Return a key for one axis."""
    return (*(slice(None),) * axis, entry)


concat = _declare_concat("Concat", aliases=("concat",))
param_concat = _declare_concat("_rnn_param_concat")

for _op in (concat, param_concat):
    _op.gradient()(_concat_gradient)


@concat.shape
def concat_shape(s: ShapeFacts, dim: int) -> None:
    _state_joined(s, dim, equal_parts=False)


@param_concat.shape
def param_concat_shape(s: ShapeFacts, dim: int) -> None:
    # Of a recurrent network only the weights of the inputs may be unknown, which both directions have.
    _state_joined(s, dim, equal_parts=True)


@operator("stack", native=True, ignored=("num_args",), on_complex=AS_WRITTEN)
def stack(xp: XP, *data: Array, axis: int = 0) -> Array:
    """Return arrays of one shape joined along a new axis."""
    return xp.stack(data, axis)


@stack.shape
def stack_shape(s: ShapeFacts, axis: int) -> None:
    output = len(s.values) - 1
    s.same(*range(output))
    if s[output] is not None:
        axis = normalize_axis(axis, len(s[output]), s.owner)
        s[0] = s[output][:axis] + s[output][axis + 1 :]
    if s[0] is not None:
        axis = normalize_axis(axis, len(s[0]) + 1, s.owner)
        s[output] = (*s[0][:axis], output, *s[0][axis:])


@stack.gradient()
def stack_gradient(F: Any, g: Any, axis: int, needed: Any) -> Any:
    axis %= len(g.shape)
    return tuple(F._getitem(g, key=_along(axis, i)) if wanted else None for i, wanted in enumerate(needed))


@operator("add_n", aliases=("ElementWiseSum",), ignored=("num_args",), on_complex=AS_WRITTEN)
def add_n(xp: XP, *args: Array) -> Array:
    """Return the sum of arrays of one shape."""
    total = args[0].copy()
    for array in args[1:]:
        total += array
    return total


add_n.shape(same_rule)


@add_n.gradient()
def add_n_gradient(F: Any, g: Any, needed: Any) -> Any:
    return tuple(g for _ in needed)


# -- cutting --------------------------------------------------------------------------------------------


def _split_outputs(num_outputs: int) -> tuple[str, ...]:
    return numbered_outputs(num_outputs)


def _parts(xp: XP, data: Array, bounds: Sequence[int], axis: int, squeeze_axis: bool) -> tuple[Array, ...]:
    """Return copies of the parts of an axis between bounds."""
    parts = [data[_along(axis, slice(*pair))] for pair in pairwise(bounds)]
    return tuple((part.squeeze(axis) if squeeze_axis else part).copy() for part in parts)


def _state_parts(s: ShapeFacts, sizes: Sequence[Dim], axis: int, squeeze_axis: bool) -> None:
    """State that the outputs are parts of these sizes of an axis of the data."""
    if squeeze_axis and any(size not in (1, None) for size in sizes):
        s.fail("cannot drop the axis: its parts are not of size 1", expected="one part per entry of the axis")
    template = s["data"]
    for i, size in enumerate(sizes, 1):
        s[i] = _without(template, axis) if squeeze_axis else _replaced(template, axis, size)
        merged = (*s[i][:axis], 1, *s[i][axis:]) if squeeze_axis else s[i]
        s["data"] = _replaced(merged, axis, None)


def _without(shape: tuple[Dim, ...], axis: int) -> tuple[Dim, ...]:
    return shape[:axis] + shape[axis + 1 :]


def _rejoin(F: Any, g: Any, axis: int, squeeze_axis: bool) -> Any:
    """Return the gradient of what was cut from those of the parts; one part comes as it is."""
    parts = g if isinstance(g, (tuple, list)) else (g,)
    return F.stack(*parts, axis=axis) if squeeze_axis else F.Concat(*parts, dim=axis)


@operator("SliceChannel", aliases=("split",), outputs=_split_outputs, method="split", on_complex=AS_WRITTEN)
def split(
    xp: XP, data: Array, *, num_outputs: int, axis: int = 1, squeeze_axis: bool = False
) -> tuple[Array, ...]:
    """Cut an axis into equal parts and return them; ``squeeze_axis`` drops an axis left with size 1."""
    axis = normalize_axis(axis, data.ndim, "SliceChannel")
    size = data.shape[axis] // num_outputs
    return _parts(xp, data, [i * size for i in range(num_outputs + 1)], axis, squeeze_axis)


@split.shape
def split_shape(s: ShapeFacts, num_outputs: int, axis: int, squeeze_axis: bool) -> None:
    data = s["data"]
    if num_outputs < 1:
        s.fail("cannot cut into less than one part", expected="num_outputs >= 1")
    if data is None:
        return
    axis = normalize_axis(axis, len(data), s.owner)
    if not squeeze_axis and s[1] is not None:
        data = _replaced(data, axis, product((s[1][axis], num_outputs)) or data[axis])
    size = data[axis]
    if size is not None and size % num_outputs:
        s.fail(f"cannot cut an axis of {size} into {num_outputs} equal parts")
    s["data"] = _replaced(data, axis, num_outputs if squeeze_axis else size)
    _state_parts(s, [None if size is None else size // num_outputs] * num_outputs, axis, squeeze_axis)


@split.gradient("data")
def split_gradient(F: Any, g: Any, axis: int, squeeze_axis: bool) -> Any:
    return _rejoin(F, g, axis, squeeze_axis)


@operator(
    "_split_v2",
    outputs=lambda indices, sections: numbered_outputs(sections or len(indices)),
    labels=lambda indices, sections: (
        numbered_outputs(n) if (n := sections or len(indices)) > 1 else ("output",)
    ),
)
def split_v2(
    xp: XP,
    data: Array,
    *,
    indices: tuple[int, ...],
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
) -> tuple[Array, ...]:
    """Cut an axis before each of these indices, the first of which is 0, or into sections.

    The first sections are one longer than the last ones where the axis cannot be cut evenly.
    """
    axis = normalize_axis(axis, data.ndim, "_split_v2")
    return _parts(xp, data, _bounds(data.shape[axis], indices, sections), axis, squeeze_axis)


def _bounds(size: int, indices: tuple[int, ...], sections: int) -> list[int]:
    if not sections:
        return [*indices, size]
    shortest, longer = divmod(size, sections)
    return [i * shortest + min(i, longer) for i in range(sections + 1)]


@split_v2.shape
def split_v2_shape(
    s: ShapeFacts, indices: tuple[int, ...], axis: int, squeeze_axis: bool, sections: int
) -> None:
    data = s["data"]
    if data is None:
        return
    axis = normalize_axis(axis, len(data), s.owner)
    if data[axis] is None:
        return
    bounds = _bounds(data[axis], indices, sections)
    if bounds != sorted(bounds) or bounds[0] != 0:
        s.fail("got indices that do not cut the axis", expected=f"rising from 0 to at most {data[axis]}")
    sizes = [end - begin for begin, end in pairwise(bounds)]
    _state_parts(s, sizes, axis, squeeze_axis)


@split_v2.gradient("data")
def split_v2_gradient(F: Any, g: Any, axis: int, squeeze_axis: bool) -> Any:
    return _rejoin(F, g, axis, squeeze_axis)


# -- repeating ------------------------------------------------------------------------------------------


@operator("tile", method="tile", on_complex=AS_WRITTEN)
def tile(xp: XP, data: Array, *, reps: tuple[int, ...]) -> Array:
    """Return the whole array repeated this often along each axis, counted from the last."""
    return xp.tile(data, reps)


@tile.shape
def tile_shape(s: ShapeFacts, reps: tuple[int, ...]) -> None:
    if min(reps, default=0) < 0:
        s.fail("cannot repeat a negative number of times", expected="reps >= 0")
    data = s["data"]
    if data is not None:
        shape, times = _aligned(data, reps)
        s["output"] = tuple(product(pair) for pair in zip(shape, times, strict=True))
        dims = [_divided(dim, n) for dim, n in zip(s["output"], times, strict=True)]
        s["data"] = dims[len(dims) - len(data) :]


def _divided(dim: Dim, times: int) -> Dim:
    """Return the size that was repeated this often, if that can be told."""
    return None if dim is None or not times else dim // times


def _aligned(shape: tuple[Any, ...], reps: tuple[int, ...]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Fill up the shorter of the two with ones in front."""
    rank = max(len(shape), len(reps))
    return (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(reps)) + reps


@tile.gradient("data")
def tile_gradient(F: Any, g: Any, shapes: Any, reps: tuple[int, ...]) -> Any:
    shape, times = _aligned(shapes[0], reps)
    copies = F._reshape_to(g, shape=tuple(n for pair in zip(times, shape, strict=True) for n in pair))
    total = F.sum(copies, axis=tuple(range(0, 2 * len(shape), 2)))
    return F._reshape_to(total, shape=shapes[0])


@operator("repeat", native=True, method="repeat", on_complex=AS_WRITTEN)
def repeat(xp: XP, data: Array, *, repeats: int, axis: int | None = None) -> Array:
    """Return the array with each element repeated, along an axis or (None) in the flat array."""
    return xp.repeat(data, repeats, axis)


@repeat.shape
def repeat_shape(s: ShapeFacts, repeats: int, axis: int | None) -> None:
    if repeats < 0:
        raise ArgumentError("Operator 'repeat'", "cannot repeat a negative number of times", received=repeats)
    data = s["data"]
    if data is None:
        return
    if axis is None:
        s["output"] = (product((*data, repeats)),)
    else:
        axis = normalize_axis(axis, len(data), s.owner)
        s["output"] = _replaced(data, axis, product((data[axis], repeats)))
        s["data"] = _replaced(s["output"], axis, _divided(s["output"][axis], repeats))


@repeat.gradient("data")
def repeat_gradient(F: Any, g: Any, shapes: Any, repeats: int, axis: int | None) -> Any:
    shape = shapes[0]
    outer = len(shape) if axis is None else axis % len(shape) + 1
    copies = F._reshape_to(g, shape=(*shape[:outer], repeats, *shape[outer:]))
    return F._reshape_to(F.sum(copies, axis=(outer,)), shape=shape)
