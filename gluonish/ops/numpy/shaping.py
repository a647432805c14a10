"""Operators that rearrange, repeat or choose elements by NumPy's rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.errors import BroadcastError, ShapeMismatchError
from gluonish.ops.common import (
    broadcast_dims,
    cast_like,
    normalize_axes,
    product,
    same_rule,
    solve_product,
    unbroadcast,
)
from gluonish.ops.numpy.promotion import common_dtype
from gluonish.shape import Dim, PartialShape, format_shape

__all__ = ["resolve_codes"]


# -- reshape --------------------------------------------------------------------------------------------


@operator("_np_reshape", ignored=("order",), on_complex=AS_WRITTEN)
def reshape(xp: XP, a: Array, *, newshape: tuple[int, ...]) -> Array:
    """Return a copy of the array in another shape, in which one size may be -1, to be inferred."""
    return a.reshape(newshape).copy()


@reshape.shape
def reshape_shape(s: ShapeFacts, newshape: tuple[int, ...]) -> None:
    if min(newshape, default=0) < -1 or newshape.count(-1) > 1:
        s.fail(f"cannot make the shape {newshape}", expected="sizes, of which one may be -1")
    shape: tuple[Dim, ...] = tuple(None if size == -1 else size for size in newshape)
    _fill(s, "a", shape)


def _fill(s: ShapeFacts, name: str, shape: tuple[Dim, ...]) -> None:
    """State a new shape of as many elements as the input has."""
    total = product(s[name] or (None,)) if s[name] != () else 1
    shape = solve_product(shape, total)
    filled = product(shape)
    if total is not None and (filled is None or filled != total):
        s.fail(f"cannot fill the shape {format_shape(shape)} with {total} elements")
    s["output"] = shape


@reshape.gradient("a")
def reshape_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._reshape_to(g, shape=shapes[0])


# The codes of npx.reshape.
INFER, COPY, DROP, COPY_REST, MERGE, SPLIT = -1, -2, -3, -4, -5, -6


def resolve_codes(source: tuple[int, ...], target: tuple[int, ...], *, reverse: bool) -> tuple[int, ...]:
    """Return the shape that the codes of ``npx.reshape`` make of a shape; -1 stays.

    Args:
        source: the shape to start from.
        target: sizes and codes: -1 is inferred, -2 copies an axis, -3 drops one of size 1, -4 copies all
            remaining ones, -5 merges two, -6 splits one into the next two entries.
        reverse: match from the right instead of the left.

    Raises:
        ShapeMismatchError: the codes do not fit the shape.

    Example:
        >>> resolve_codes((2, 3, 4), (-2, -5), reverse=False)
        (2, 12)
        >>> resolve_codes((8, 1), (-6, 2, -1, -3), reverse=False)
        (2, 4)
    """
    if reverse:
        return resolve_codes(source[::-1], _reversed_codes(target), reverse=False)[::-1]
    rest, codes, dims = list(source), list(target), list[int]()

    def take() -> int:
        if not rest:
            raise _does_not_fit(source, "it has too few axes for the codes")
        return rest.pop(0)

    while codes:
        code = codes.pop(0)
        if code == COPY:
            dims.append(take())
        elif code == DROP:
            if take() != 1:
                raise _does_not_fit(source, "code -3 drops an axis of size 1 only")
        elif code == COPY_REST:
            dims.extend(rest)
            rest.clear()
        elif code == MERGE:
            dims.append(take() * take())
        elif code == SPLIT:
            dims.extend(_split(take(), codes, source))
        elif code >= INFER:
            del rest[:1]
            dims.append(code)
        else:
            raise _does_not_fit(source, f"{code} is no code")
    return tuple(dims)


def _split(dim: int, codes: list[int], source: tuple[int, ...]) -> tuple[int, int]:
    if len(codes) < 2:  # noqa: PLR2004
        raise _does_not_fit(source, "code -6 needs two sizes after it")
    first, second = codes.pop(0), codes.pop(0)
    if first == INFER and second > 0:
        first = dim // second
    elif second == INFER and first > 0:
        second = dim // first
    if first < 0 or first * second != dim:
        raise _does_not_fit(source, f"an axis of {dim} cannot be split into {first} x {second}")
    return first, second


def _reversed_codes(target: tuple[int, ...]) -> tuple[int, ...]:
    """Reverse the entries; a split's two sizes, reversed themselves, stay after its code."""
    out: list[int] = []
    i = 0
    while i < len(target):
        length = 3 if target[i] == SPLIT else 1
        group = target[i : i + length]
        out[:0] = [group[0], *reversed(group[1:])]
        i += length
    return tuple(out)


def _does_not_fit(source: tuple[int, ...], reason: str) -> ShapeMismatchError:
    return ShapeMismatchError(
        f"An array of shape {format_shape(source)}",
        f"cannot be reshaped: {reason}",
        fix="The codes are: -1 infer, -2 copy, -3 drop, -4 copy the rest, -5 merge two, -6 split one.",
    )


@operator("_npx_reshape", ignored=("order",), on_complex=AS_WRITTEN)
def reshape_by_codes(xp: XP, a: Array, *, newshape: tuple[int, ...], reverse: bool = False) -> Array:
    """Return a copy of the array in another shape.

    Codes in ``newshape``: -1 is inferred, -2 copies an axis, -3 drops one of size 1, -4 copies all remaining
    ones, -5 merges two, -6 splits one into the next two entries; ``reverse`` matches them from the right.
    """
    return a.reshape(resolve_codes(a.shape, newshape, reverse=reverse)).copy()


@reshape_by_codes.shape
def reshape_by_codes_shape(s: ShapeFacts, newshape: tuple[int, ...], reverse: bool) -> None:
    if s["a"] is not None and None not in s["a"]:
        target = resolve_codes(s["a"], newshape, reverse=reverse)
        if target.count(INFER) > 1:
            s.fail(f"cannot make the shape {newshape}", expected="one size, at most, to be inferred")
        _fill(s, "a", tuple(None if size == INFER else size for size in target))


reshape_by_codes.gradient("a")(reshape_gradient)


# -- broadcast_to, roll, triangles ------------------------------------------------------------------------


@operator("_np_broadcast_to", native=True, on_complex=AS_WRITTEN)
def broadcast_to(xp: XP, array: Array, *, shape: tuple[int, ...]) -> Array:
    """Return a copy of the array, repeated along new axes and those of size 1 to fill a shape."""
    return xp.broadcast_to(array, shape).copy()


@broadcast_to.shape
def broadcast_to_shape(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    if s["array"] is not None and broadcast_dims(s["array"], shape, s) != shape:
        raise BroadcastError(
            f"An array of shape {format_shape(s['array'])}",
            "cannot be broadcast",
            expected=f"what broadcasts to {format_shape(shape)}",
        )
    s["output"] = shape


@broadcast_to.gradient("array")
def broadcast_to_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._sum_to(g, shape=shapes[0])


@operator("_np_roll", on_complex=AS_WRITTEN)
def roll(xp: XP, data: Array, *, shift: tuple[int, ...], axis: tuple[int, ...] | None = None) -> Array:
    """Return the array with elements moved along axes, those that leave coming in again at the other end.

    Without an axis, elements move in the flat array.
    """
    return xp.roll(data, shift[0] if axis is None else shift, axis)


@roll.shape
def roll_shape(s: ShapeFacts, shift: tuple[int, ...], axis: tuple[int, ...] | None) -> None:
    if axis is not None and s["data"] is not None:
        normalize_axes(axis, len(s["data"]), s.owner)
    if len(shift) != (1 if axis is None else len(axis)):
        s.fail("needs one shift for each axis", expected=f"{1 if axis is None else len(axis)}")
    same_rule(s)


@roll.gradient("data")
def roll_gradient(F: Any, g: Any, shift: tuple[int, ...], axis: tuple[int, ...] | None) -> Any:
    return F._np_roll(g, shift=tuple(-each for each in shift), axis=axis)


def _declare_triangle(name: str, kept: str) -> None:
    def kernel(xp: XP, data: Array, *, k: int = 0) -> Array:
        return getattr(xp, name)(data, k)

    kernel.__doc__ = f"Return matrices with zeros {kept} diagonal k."
    op = operator(f"_npi_{name}")(kernel)

    @op.shape
    def shape(s: ShapeFacts) -> None:
        same_rule(s)
        if s["data"] is not None and len(s["data"]) < 2:  # noqa: PLR2004
            s.fail("needs matrices", expected="two axes or more")

    op.gradient("data")(lambda F, g, k: getattr(F, f"_npi_{name}")(g, k=k))


_declare_triangle("tril", "above")
_declare_triangle("triu", "below")


# -- where ----------------------------------------------------------------------------------------------


@operator("_np_where", native=True, on_complex=AS_WRITTEN)
def where(xp: XP, condition: Array, x: Array, y: Array) -> Array:
    """Return elements of x where the condition is not 0, else of y; all three broadcast."""
    dtype = common_dtype(x.dtype, y.dtype)
    return xp.where(condition != 0, x, y).astype(dtype, copy=False)


@where.shape
def where_shape(s: ShapeFacts) -> None:
    chosen: PartialShape = broadcast_dims(s["x"], s["y"], s)
    s["output"] = broadcast_dims(s["condition"], chosen, s)


@where.dtype
def where_dtype(d: DTypeFacts) -> None:
    if d["x"] is not None and d["y"] is not None:
        d["output"] = common_dtype(d["x"], d["y"])


def _chosen(F: Any, condition: Any, g: Any, *, when: bool, shape: Any, dtype: np.dtype[Any]) -> Any:
    zeros = F.zeros_like(g)
    kept = F._np_where(condition, g, zeros) if when else F._np_where(condition, zeros, g)
    return cast_like(F, unbroadcast(F, kept, shape), dtype)


@where.gradient("x")
def where_gradient_x(F: Any, g: Any, condition: Any, shapes: Any, dtypes: Any) -> Any:
    return _chosen(F, condition, g, when=True, shape=shapes[1], dtype=dtypes[1])


@where.gradient("y")
def where_gradient_y(F: Any, g: Any, condition: Any, shapes: Any, dtypes: Any) -> Any:
    return _chosen(F, condition, g, when=False, shape=shapes[2], dtype=dtypes[2])
