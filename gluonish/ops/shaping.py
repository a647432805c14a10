"""Operators that give an array another shape and keep its elements in order, and those that return shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ShapeMismatchError
from gluonish.ops.common import dtype_of_first, normalize_axes, normalize_axis, product, solve_product
from gluonish.shape import Dim, PartialShape, format_shape

__all__ = ["resolve_reshape"]

# MXNet's codes in the target of a reshape.
COPY, INFER, COPY_REST, MERGE, SPLIT = 0, -1, -2, -3, -4


def resolve_reshape(source: PartialShape, target: tuple[int, ...], *, reverse: bool = False) -> PartialShape:
    """Return the shape that MXNet's reshape codes make of a shape.

    Args:
        source: the shape to start from; axes may be unknown.
        target: sizes and codes: 0 copies an axis, -1 is inferred (one only), -2 copies all remaining axes,
            -3 merges two axes, -4 splits an axis into the next two entries, of which one may be -1.
        reverse: match from the right instead of the left.

    Raises:
        ShapeMismatchError: the codes do not fit the shape.

    Example:
        >>> resolve_reshape((10, 5, 4), (-1, 0)), resolve_reshape((10, 5, 4), (-1, 0), reverse=True)
        ((40, 5), (50, 4))
    """
    if source is None:
        return target if min(target, default=1) > 0 else None
    if reverse:
        # A split's two sizes stand after its code; reversing must keep the three together.
        flipped = resolve_reshape(source[::-1], _reverse_codes(target))
        return None if flipped is None else flipped[::-1]
    dims, inferred = _apply_codes(list(source), list(target), source)
    if inferred is not None:
        dims[inferred] = _infer_dim(source, dims, inferred, target)
    return tuple(dims)


def _reverse_codes(target: tuple[int, ...]) -> tuple[int, ...]:
    out: list[int] = []
    i = 0
    while i < len(target):
        if target[i] == SPLIT and i + 2 < len(target):
            out[:0] = [SPLIT, target[i + 2], target[i + 1]]
            i += 3
        else:
            out.insert(0, target[i])
            i += 1
    return tuple(out)


def _apply_codes(rest: list[Dim], codes: list[int], source: tuple[Dim, ...]) -> tuple[list[Dim], int | None]:
    """Read the codes from the left; return the sizes and the position of the one to infer."""

    def take() -> Dim:
        if not rest:
            raise _does_not_fit(source, "it has too few axes for the codes")
        return rest.pop(0)

    dims: list[Dim] = []
    inferred = None
    while codes:
        code = codes.pop(0)
        if code == COPY:
            dims.append(take())
        elif code == COPY_REST:
            dims.extend(rest)
            rest.clear()
        elif code == MERGE:
            dims.append(product((take(), take())))
        elif code == SPLIT:
            if len(codes) < 2:  # noqa: PLR2004
                raise _does_not_fit(source, "code -4 needs two sizes after it")
            dims.extend(_split(take(), codes.pop(0), codes.pop(0), source))
        else:
            if rest:
                rest.pop(0)
            if code == INFER:
                if inferred is not None:
                    raise _does_not_fit(source, "only one axis can be -1")
                inferred = len(dims)
            elif code < INFER:
                raise _does_not_fit(source, f"{code} is no code")
            dims.append(code if code != INFER else None)
    return dims, inferred


def _split(dim: Dim, first: int, second: int, source: tuple[Dim, ...]) -> tuple[Dim, Dim]:
    if first == INFER and second == INFER:
        raise _does_not_fit(source, "code -4 can infer one of its two sizes only")
    if dim is None:
        return (None if first == INFER else first, None if second == INFER else second)
    if first == INFER:
        first = dim // second
    elif second == INFER:
        second = dim // first
    if first * second != dim:
        raise _does_not_fit(source, f"an axis of {dim} cannot be split into {first} x {second}")
    return first, second


def _infer_dim(source: tuple[Dim, ...], dims: list[Dim], position: int, target: tuple[int, ...]) -> Dim:
    total = product(source)
    others = product([dim for i, dim in enumerate(dims) if i != position])
    if total is None or others is None:
        return None
    if others == 0 or total % others:
        raise _does_not_fit(source, f"{total} elements cannot fill {target}")
    return total // others


def _does_not_fit(source: PartialShape, reason: str) -> ShapeMismatchError:
    return ShapeMismatchError(
        f"An array of shape {format_shape(source)}",
        f"cannot be reshaped: {reason}",
        fix="The codes are: 0 copy, -1 infer, -2 copy the rest, -3 merge two, -4 split one.",
    )


@operator("Reshape", aliases=("reshape",), ignored=("target_shape", "keep_highest"), on_complex=AS_WRITTEN)
def reshape(xp: XP, data: Array, *, shape: tuple[int, ...] = (), reverse: bool = False) -> Array:
    """Return a copy of the array in another shape. The method ``reshape`` shares its memory instead.

    Codes in ``shape``: 0 copies an axis, -1 is inferred, -2 copies all remaining axes, -3 merges two, -4
    splits one into the next two entries; ``reverse`` matches them from the right.
    """
    return data.reshape(resolve_reshape(data.shape, shape, reverse=reverse)).copy()


@operator("_reshape_view", view=True, on_complex=AS_WRITTEN)
def reshape_view(xp: XP, data: Array, *, shape: tuple[int, ...] = (), reverse: bool = False) -> Array:
    """Return the array in another shape, over the same memory; the codes are those of ``Reshape``."""
    return data.reshape(resolve_reshape(data.shape, shape, reverse=reverse))


def _reshape_shape(s: ShapeFacts, shape: tuple[int, ...], reverse: bool) -> None:
    target = resolve_reshape(s["data"], shape, reverse=reverse)
    before, after = product(s["data"] or (None,)), product(target or (None,))
    if before is not None and after is not None and before != after:
        raise _does_not_fit(s["data"], f"{before} elements cannot fill {format_shape(target)}")
    s["output"] = target
    _state_as_many(s)


def _state_as_many(s: ShapeFacts) -> None:
    """State that the data have as many elements as the output."""
    if s["data"] is not None and s["output"] is not None:
        s["data"] = solve_product(s["data"], product(s["output"]))


def _reshape_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._reshape_to(g, shape=shapes[0])


for _each in (reshape, reshape_view):
    _each.shape(_reshape_shape)
    _each.gradient("data")(_reshape_gradient)


@operator("_reshape_to", view=True, native=True, on_complex=AS_WRITTEN)
def reshape_to(xp: XP, data: Array, *, shape: tuple[int, ...]) -> Array:
    """Return the array in exactly this shape, over the same memory. A 0 is a size here, no code."""
    return data.reshape(shape)


@reshape_to.shape
def reshape_to_shape(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    s["output"] = shape
    _state_as_many(s)


reshape_to.gradient("data")(_reshape_gradient)


# -- single axes ----------------------------------------------------------------------------------------
# These copy, as in MXNet, where only reshapes and contiguous blocks share memory.


@operator("expand_dims", native=True, method="expand_dims", ignored=("inplace",), on_complex=AS_WRITTEN)
def expand_dims(xp: XP, data: Array, *, axis: int) -> Array:
    """Return a copy with a new axis of size 1 at this place."""
    axis = normalize_axis(axis, data.ndim + 1, "expand_dims")
    return data.reshape(*data.shape[:axis], 1, *data.shape[axis:]).copy()


@expand_dims.shape
def expand_dims_shape(s: ShapeFacts, axis: int) -> None:
    data, output = s["data"], s["output"]
    if data is not None:
        axis = normalize_axis(axis, len(data) + 1, s.owner)
        s["output"] = (*data[:axis], 1, *data[axis:])
    if output is not None:
        axis = normalize_axis(axis, len(output), s.owner)
        s["data"] = output[:axis] + output[axis + 1 :]


@operator("squeeze", native=True, method="squeeze", ignored=("inplace",), on_complex=AS_WRITTEN)
def squeeze(xp: XP, data: Array, *, axis: tuple[int, ...] | None = None) -> Array:
    """Return a copy without axes of size 1: those named, or all. At least one axis, of size 1, remains."""
    return data.squeeze(axis).reshape(_squeezed(data.shape, axis, "squeeze")).copy()


def _squeezed(shape: tuple[Dim, ...], axis: tuple[int, ...] | None, owner: str) -> tuple[Dim, ...]:
    axes = normalize_axes(axis, len(shape), owner) if axis else [i for i, dim in enumerate(shape) if dim == 1]
    return tuple(dim for i, dim in enumerate(shape) if i not in axes) or (1,)


@squeeze.shape
def squeeze_shape(s: ShapeFacts, axis: tuple[int, ...] | None) -> None:
    data = s["data"]
    if data is None or (axis is None and None in data):
        return  # an unknown axis may be one that disappears
    if axis is not None:
        dropped = normalize_axes(axis, len(data), s.owner)
        if any(data[i] not in (1, None) for i in dropped):
            s.fail("can drop axes of size 1 only", expected=f"size 1 on axis {axis}")
        s["data"] = tuple(1 if i in dropped else dim for i, dim in enumerate(data))
        if s["output"] is not None and len(dropped) < len(data):
            rest = iter(s["output"])
            s["data"] = tuple(1 if i in dropped else next(rest, None) for i in range(len(data)))
    s["output"] = _squeezed(s["data"], axis, s.owner)


@operator(
    "Flatten",
    aliases=("flatten",),
    native=True,
    method="flatten",
    ignored=("inplace",),
    on_complex=AS_WRITTEN,
)
def flatten(xp: XP, data: Array) -> Array:
    """Return a copy of two axes: the first one, and all others in one."""
    return data.reshape(data.shape[0], product(data.shape[1:])).copy()


@flatten.shape
def flatten_shape(s: ShapeFacts) -> None:
    data, output = s["data"], s["output"]
    if data is None:
        return
    if not data:
        s.fail("needs at least one axis")
    s["output"] = (data[0], product(data[1:]))
    if output is not None:
        s["data"] = (output[0], *solve_product(data[1:], output[1]))


@operator("reshape_like", native=True, method="reshape_like", on_complex=AS_WRITTEN)
def reshape_like(
    xp: XP,
    lhs: Array,
    rhs: Array,
    *,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
) -> Array:
    """Return a copy of ``lhs`` in the shape of ``rhs``.

    With bounds, axes lhs_begin to lhs_end (excluded) are replaced by axes rhs_begin to rhs_end of the other.
    """
    shape = _shape_like(lhs.shape, rhs.shape, (lhs_begin, lhs_end), (rhs_begin, rhs_end))
    return lhs.reshape(shape).copy()


def _shape_like(
    lhs: tuple[Dim, ...],
    rhs: tuple[Dim, ...],
    replaced: tuple[int | None, int | None],
    replacing: tuple[int | None, int | None],
) -> tuple[Dim, ...]:
    begin, end, _ = slice(*replaced).indices(len(lhs))
    return lhs[:begin] + rhs[slice(*replacing)] + lhs[max(begin, end) :]


@reshape_like.shape
def reshape_like_shape(
    s: ShapeFacts,
    lhs_begin: int | None,
    lhs_end: int | None,
    rhs_begin: int | None,
    rhs_end: int | None,
) -> None:
    lhs, rhs = s["lhs"], s["rhs"]
    if lhs is None or rhs is None:
        return
    shape = _shape_like(lhs, rhs, (lhs_begin, lhs_end), (rhs_begin, rhs_end))
    before, after = product(lhs), product(shape)
    if before is not None and after is not None and before != after:
        s.fail(f"cannot fill the shape {format_shape(shape)} with {before} elements")
    s["output"] = shape if before is None else solve_product(shape, before)
    s["lhs"] = solve_product(lhs, product(s["output"]))


for _each in (expand_dims, squeeze, flatten):
    _each.gradient("data")(_reshape_gradient)
reshape_like.dtype(dtype_of_first)
reshape_like.gradient("lhs")(_reshape_gradient)


# -- shapes as arrays -----------------------------------------------------------------------------------


@operator("shape_array", native=True, method="shape_array", gradient=ZERO_GRADIENT)
def shape_array(xp: XP, data: Array) -> Array:
    """Return the sizes of the axes, as int64."""
    return xp.array(data.shape, "int64")


@shape_array.shape
def shape_array_shape(s: ShapeFacts) -> None:
    if s["data"] is not None:
        s["output"] = (len(s["data"]),)


@operator("size_array", native=True, method="size_array", gradient=ZERO_GRADIENT)
def size_array(xp: XP, data: Array) -> Array:
    """Return the number of elements, as one int64."""
    return xp.array([data.size], "int64")


@size_array.shape
def size_array_shape(s: ShapeFacts) -> None:
    s["output"] = (1,)


def _always_int64(d: DTypeFacts) -> None:
    d["output"] = np.dtype("int64")


for _each in (shape_array, size_array):
    _each.dtype(_always_int64)
