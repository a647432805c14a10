"""What several operator families share: shape rules, and steps of gradient rules."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from gluonish.dtype import bfloat16
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array
from gluonish.errors import ArgumentError, BroadcastError, IndexOutOfRangeError
from gluonish.shape import Dim, PartialShape, format_shape

__all__ = [
    "IndexMode",
    "as_scalar",
    "broadcast_dims",
    "broadcast_rule",
    "cast_like",
    "dtype_of_first",
    "dtype_of_parameter",
    "into",
    "matmul",
    "normalize_axes",
    "normalize_axis",
    "numbered_outputs",
    "product",
    "resolve_indices",
    "same_rule",
    "solve_product",
    "state_axes",
    "unbroadcast",
]

IndexMode = Literal["clip", "wrap", "raise"]
"""What happens to an index out of range: it moves to the nearest end, goes round, or is an error."""


MOST_OUTPUTS = 1 << 16
"""How many outputs an operator may have: a number in a file must not be taken for names without end."""


def numbered_outputs(count: int) -> tuple[str, ...]:
    """Return the names of so many outputs.

    Raises:
        ArgumentError: they are too many.
    """
    if count > MOST_OUTPUTS:
        raise ArgumentError(
            "An operator", "cannot have so many outputs", expected=f"at most {MOST_OUTPUTS}", received=count
        )
    return tuple(f"output{i}" for i in range(count))


def same_rule(s: ShapeFacts) -> None:
    """Shape rule: every input and output has one shape."""
    s.same(*range(len(s.values)))


def state_axes(s: ShapeFacts, labels: Mapping[str, Sequence[Hashable]]) -> None:
    """State that axes with one label, whichever array they belong to, have one size.

    Example: ``state_axes(s, {"lhs": "ij", "rhs": "jk", "output": "ik"})`` is a product of matrices.
    """
    sizes: dict[Hashable, Dim] = {}
    for name, axes in labels.items():
        for label, dim in zip(axes, s[name] or (), strict=False):
            if sizes.get(label) is None:
                sizes[label] = dim
    for name, axes in labels.items():
        s[name] = tuple(sizes.get(label) for label in axes)


def broadcast_rule(s: ShapeFacts) -> None:
    """Shape rule: the output is what the two inputs broadcast to."""
    s["output"] = broadcast_dims(s[0], s[1], s)


def broadcast_dims(first: PartialShape, second: PartialShape, s: ShapeFacts) -> PartialShape:
    """Return the shape that two partial shapes broadcast to, as far as it is known.

    Raises:
        BroadcastError: an axis has two sizes, none of them 1.
    """
    if first is None or second is None:
        return None
    rank = max(len(first), len(second))
    padded = [(1,) * (rank - len(shape)) + shape for shape in (first, second)]
    dims: list[Dim] = []
    for a, b in zip(*padded, strict=True):
        if a is not None and b is not None and 1 not in (a, b) and a != b:
            raise BroadcastError(
                f"Operator {s.owner!r}",
                "got shapes that cannot be broadcast together",
                expected="equal sizes, or 1, on every axis from the last",
                received=f"{s.names[0]} {format_shape(first)}, {s.names[1]} {format_shape(second)}",
            )
        # An unknown axis beside one of size 1 may be anything; beside a larger one the result is that.
        dims.append(a if b == 1 else b if a == 1 else (b if a is None else a))
    return tuple(dims)


def dtype_of_parameter(d: DTypeFacts, dtype: Any) -> None:
    """Dtype rule of creation operators: the output has the dtype they are given."""
    d["output"] = np.dtype("float32") if dtype is None else dtype


def dtype_of_first(d: DTypeFacts) -> None:
    """Dtype rule: the output has the dtype of the first input; others, such as indices, may have any."""
    d.same(0, "output")


def product(dims: Sequence[Dim]) -> Dim:
    """Return the product of sizes, or None if one of them is unknown."""
    known = [dim for dim in dims if dim is not None]
    return math.prod(known) if len(known) == len(dims) else None


def solve_product(dims: tuple[Dim, ...], total: Dim) -> tuple[Dim, ...]:
    """Fill in the one unknown size of some whose product is known."""
    others = product([dim for dim in dims if dim is not None])
    if total is None or not others or dims.count(None) != 1 or total % others:
        return dims
    return tuple(total // others if dim is None else dim for dim in dims)


def normalize_axis(axis: int, ndim: int, owner: str) -> int:
    """Return a non-negative axis.

    Raises:
        ArgumentError: there is no such axis.
    """
    if not -ndim <= axis < ndim:
        raise ArgumentError(
            f"Operator {owner!r}",
            f"has no axis {axis} to work on",
            expected=f"{-ndim} to {ndim - 1} for an array of {ndim} axes" if ndim else "no axis at all",
        )
    return axis % ndim


def normalize_axes(axes: Sequence[int], ndim: int, owner: str) -> tuple[int, ...]:
    """Return non-negative axes, each named once.

    Raises:
        ArgumentError: there is no such axis, or one is named twice.
    """
    normal = tuple(normalize_axis(axis, ndim, owner) for axis in axes)
    if len(set(normal)) < len(normal):
        raise ArgumentError(f"Operator {owner!r}", "names an axis twice", received=str(tuple(axes)))
    return normal


def as_scalar(data: Array, scalar: float) -> Any:
    """Return a number such that arithmetic with ``data`` keeps its dtype, as MXNet casts scalars.

    A Python float is weak beside float16, float32 and float64 already. An integer array takes the number
    truncated and wrapped; bfloat16 is no dtype of NumPy's own and needs a scalar of its type.
    """
    dtype = data.dtype
    if dtype.kind in "fc":
        return float(scalar)
    if dtype == bfloat16:
        return dtype.type(scalar)
    return np.asarray(int(scalar)).astype(dtype)[()]


def into(result: Array, out: Array) -> Array:
    """Return a result, by way of ``out`` if that is given."""
    if out is None:
        return result
    out[...] = result
    return out


def unbroadcast(F: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes that were broadcast, so that it has the input's shape again."""
    return g if g.shape == shape else F._sum_to(g, shape=shape)


def cast_like(F: Any, g: Any, dtype: Any) -> Any:
    """Return a gradient in the dtype of the input it belongs to."""
    return g if np.dtype(g.dtype) == np.dtype(dtype) else F._np_astype(g, dtype=dtype)


def resolve_indices(
    xp: XP,
    indices: Array,
    size: int,
    mode: str,
    subject: str,
) -> Array:
    """Return indices of any dtype as int64 in [0, size). Floats are truncated, as MXNet does.

    Args:
        xp: the module of the arrays.
        indices: the indices, of any shape.
        size: the size of the axis they index.
        mode: an ``IndexMode``, or "signed": negative ones count from the end, the rest out of range is an
            error.
        subject: what the error is about.

    Raises:
        IndexOutOfRangeError: an index is out of range, and the mode is no way out.
    """
    whole = indices.astype("int64", copy=False)
    if whole.size == 0:
        return whole
    if size and mode == "clip":
        return xp.minimum(xp.maximum(whole, 0), size - 1)
    if size and mode == "wrap":
        return whole % size
    lowest = -size if mode == "signed" else 0
    outside = (whole < lowest) | (whole >= size)
    if outside.any():
        raise IndexOutOfRangeError(
            subject,
            "got an index out of range",
            expected=f"{lowest} to {size - 1}" if size else "none, for an axis of size 0",
            received=int(whole[outside][0]),
        )
    return whole % size if lowest else whole


def matmul(xp: XP, a: Array, b: Array) -> Array:
    """Return the matrix product. NumPy has no fast one of halves: there they are multiplied as float32."""
    if xp is np and a.dtype.itemsize == 2 and a.dtype.kind not in "iu":  # noqa: PLR2004
        return np.matmul(a.astype("float32"), b.astype("float32")).astype(a.dtype)
    return xp.matmul(a, b)
