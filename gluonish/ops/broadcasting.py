"""Operators that repeat an array along axes of size 1. Their gradients are sums over those axes."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.errors import ArgumentError, BroadcastError
from gluonish.ops.common import dtype_of_first, normalize_axes
from gluonish.shape import Dim, format_shape

__all__: list[str] = []


@operator("broadcast_to", native=True, method="broadcast_to", on_complex=AS_WRITTEN)
def broadcast_to(xp: XP, data: Array, *, shape: tuple[int, ...] = ()) -> Array:
    """Repeat the array along axes of size 1, to the given shape. A 0 in it keeps an axis."""
    return xp.broadcast_to(data, _broadcast_target(data.shape, shape)).copy()


def _broadcast_target(source: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    offset = len(shape) - len(source)
    return tuple(source[i - offset] if dim == 0 and i >= offset else dim for i, dim in enumerate(shape))


@broadcast_to.shape
def broadcast_to_shape(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    data = s["data"]
    if data is None:
        return
    target = _broadcast_target(data, shape)
    offset = len(target) - len(data)
    if offset < 0 or any(
        dim is not None and dim != 1 and dim != target[offset + i] for i, dim in enumerate(data)
    ):
        raise BroadcastError(
            "Operator 'broadcast_to'",
            f"cannot bring an array of shape {format_shape(data)} to {format_shape(target)}",
            expected="axes of size 1, or of the target's size, counted from the last",
        )
    s["output"] = target


@broadcast_to.gradient("data")
def broadcast_to_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._sum_to(g, shape=shapes[0])


@operator(
    "broadcast_axis", aliases=("broadcast_axes",), native=True, method="broadcast_axes", on_complex=AS_WRITTEN
)
def broadcast_axis(xp: XP, data: Array, *, axis: tuple[int, ...] = (), size: tuple[int, ...] = ()) -> Array:
    """Repeat the array along these axes, which have size 1, to these sizes."""
    return xp.broadcast_to(data, _stretched(data.shape, axis, size, "broadcast_axis")).copy()


def _stretched(
    shape: tuple[Any, ...], axes: tuple[int, ...], sizes: tuple[Any, ...], owner: str
) -> tuple[Any, ...]:
    if len(axes) != len(sizes):
        raise ArgumentError(
            f"Operator {owner!r}", "needs one size per axis", expected=len(axes), received=len(sizes)
        )
    dims = list(shape)
    for axis, size in zip(normalize_axes(axes, len(shape), owner), sizes, strict=True):
        if dims[axis] not in (1, None):
            raise BroadcastError(
                f"Operator {owner!r}",
                f"cannot stretch axis {axis}, which is not of size 1",
                received=format_shape(shape),
            )
        dims[axis] = size
    return tuple(dims)


@broadcast_axis.shape
def broadcast_axis_shape(s: ShapeFacts, axis: tuple[int, ...], size: tuple[int, ...]) -> None:
    data, output = s["data"], s["output"]
    if data is not None:
        s["output"] = _stretched(data, axis, size, s.owner)
    if output is not None:
        axes = normalize_axes(axis, len(output), s.owner)
        s["data"] = tuple(1 if i in axes else dim for i, dim in enumerate(output))


@operator("broadcast_like", native=True, method="broadcast_like", on_complex=AS_WRITTEN)
def broadcast_like(
    xp: XP,
    lhs: Array,
    rhs: Array,
    *,
    lhs_axes: tuple[int, ...] | None = None,
    rhs_axes: tuple[int, ...] | None = None,
) -> Array:
    """Repeat ``lhs`` along axes of size 1 to the shape of ``rhs``, which has as many axes.

    With axes given, only those of lhs are stretched, to the sizes of those of rhs, one by one.
    """
    return xp.broadcast_to(lhs, _like(lhs.shape, rhs.shape, lhs_axes, rhs_axes)).copy()


def _stretches_to(shape: tuple[Dim, ...], target: tuple[Dim, ...]) -> bool:
    """Tell whether axes of size 1 can be stretched to give the target, as far as both are known."""
    return len(shape) == len(target) and all(
        a in (1, None) or b in (a, None) for a, b in zip(shape, target, strict=True)
    )


def _like(
    lhs: tuple[Dim, ...],
    rhs: tuple[Dim, ...],
    lhs_axes: tuple[int, ...] | None,
    rhs_axes: tuple[int, ...] | None,
) -> tuple[Dim, ...]:
    if (lhs_axes is None) != (rhs_axes is None):
        raise ArgumentError("Operator 'broadcast_like'", "needs both of lhs_axes and rhs_axes, or neither")
    if lhs_axes is None or rhs_axes is None:
        if not _stretches_to(lhs, rhs):
            raise BroadcastError(
                "Operator 'broadcast_like'",
                f"cannot bring an array of shape {format_shape(lhs)} to {format_shape(rhs)}",
                expected="as many axes, each of size 1 or of the other's size",
            )
        return rhs
    targets = [rhs[i] for i in normalize_axes(rhs_axes, len(rhs), "broadcast_like")]
    axes = normalize_axes(lhs_axes, len(lhs), "broadcast_like")
    # An axis that has its size already needs no stretching.
    pairs = [(i, target) for i, target in zip(axes, targets, strict=True) if lhs[i] != target]
    return _stretched(lhs, tuple(i for i, _ in pairs), tuple(dim for _, dim in pairs), "broadcast_like")


@broadcast_like.shape
def broadcast_like_shape(
    s: ShapeFacts, lhs_axes: tuple[int, ...] | None, rhs_axes: tuple[int, ...] | None
) -> None:
    if s["lhs"] is not None and s["rhs"] is not None:
        s["output"] = _like(s["lhs"], s["rhs"], lhs_axes, rhs_axes)
    if lhs_axes is None:
        s.same("rhs", "output")


broadcast_axis.gradient("data")(broadcast_to_gradient)
broadcast_like.dtype(dtype_of_first)
broadcast_like.gradient("lhs")(broadcast_to_gradient)
