"""Diagonals and triangles of stacks of square matrices, taken out and put in."""

from __future__ import annotations

import math
from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.ops.arranging import on_diagonal
from gluonish.shape import Dim

__all__ = ["state_square"]


def state_square(s: ShapeFacts, name: str) -> tuple[tuple[Dim, ...], Dim]:
    """State that an array is a stack of square matrices; return the stack's shape and their size."""
    shape = s[name]
    if len(shape) < 2:  # noqa: PLR2004
        s.fail("needs matrices", expected="two axes or more")
    size = shape[-1] if shape[-2] is None else shape[-2]
    s[name] = (*shape[:-2], size, size)
    return shape[:-2], size


def _check_offset(s: ShapeFacts, size: int, offset: int) -> int:
    """Return the length of a diagonal."""
    if abs(offset) >= size:
        s.fail(f"has no diagonal {offset}", expected=f"{1 - size} to {size - 1}")
    return size - abs(offset)


# -- diagonals ------------------------------------------------------------------------------------------


@operator("_linalg_extractdiag", aliases=("linalg_extractdiag",), on_complex=AS_WRITTEN)
def extractdiag(xp: XP, A: Array, *, offset: int = 0) -> Array:
    """Return a diagonal of each matrix; one with a positive offset is above the main one."""
    return xp.diagonal(A, offset, -2, -1).copy()


@operator("_linalg_makediag", aliases=("linalg_makediag",), on_complex=AS_WRITTEN)
def makediag(xp: XP, A: Array, *, offset: int = 0) -> Array:
    """Return square matrices with the last axis on a diagonal and zeros elsewhere."""
    size = A.shape[-1] + abs(offset)
    return on_diagonal(xp, A, offset, (*A.shape[:-1], size, size))


def _state_diagonal(s: ShapeFacts, matrices: str, diagonals: str, offset: int) -> None:
    if s[diagonals] is not None:
        *stack, length = s[diagonals]
        s[matrices] = (*stack, *(None if length is None else length + abs(offset),) * 2)
    if s[matrices] is not None:
        shape, size = state_square(s, matrices)
        s[diagonals] = (*shape, None if size is None else _check_offset(s, size, offset))


@extractdiag.shape
def extractdiag_shape(s: ShapeFacts, offset: int) -> None:
    _state_diagonal(s, "A", "output", offset)


@makediag.shape
def makediag_shape(s: ShapeFacts, offset: int) -> None:
    _state_diagonal(s, "output", "A", offset)


@extractdiag.gradient("A")
def extractdiag_gradient(F: Any, g: Any, offset: int) -> Any:
    return F._linalg_makediag(g, offset=offset)


@makediag.gradient("A")
def makediag_gradient(F: Any, g: Any, offset: int) -> Any:
    return F._linalg_extractdiag(g, offset=offset)


# -- triangles ------------------------------------------------------------------------------------------


def _triangle_places(xp: XP, size: int, offset: int, lower: bool) -> tuple[Array, Array]:
    """Return rows and columns of a triangle. An upper one is read as the lower one of the transpose."""
    rows, columns = xp.tril_indices(size, -abs(offset))
    return (columns, rows) if offset > 0 or (offset == 0 and not lower) else (rows, columns)


def _side(count: int) -> int:
    """Return the side of a triangle of this many elements, rounded down."""
    return (math.isqrt(8 * count + 1) - 1) // 2


@operator("_linalg_extracttrian", aliases=("linalg_extracttrian",))
def extracttrian(xp: XP, A: Array, *, offset: int = 0, lower: bool = True) -> Array:
    """Return the triangle of each matrix from a diagonal outwards, packed in one axis.

    A positive offset takes the upper triangle, a negative one the lower; at 0 it is what ``lower`` says. A
    lower triangle is packed row by row, an upper one column by column.
    """
    rows, columns = _triangle_places(xp, A.shape[-1], offset, lower)
    return xp.ascontiguousarray(A[..., rows, columns])


@operator("_linalg_maketrian", aliases=("linalg_maketrian",))
def maketrian(xp: XP, A: Array, *, offset: int = 0, lower: bool = True) -> Array:
    """Return square matrices with the last axis unpacked to a triangle: the reverse of ``extracttrian``."""
    size = _side(A.shape[-1]) + abs(offset)
    result = xp.zeros((*A.shape[:-1], size, size), A.dtype)
    rows, columns = _triangle_places(xp, size, offset, lower)
    result[..., rows, columns] = A
    return result


def _state_triangle(s: ShapeFacts, matrices: str, packed: str, offset: int) -> None:
    if s[packed] is not None and s[packed][-1] is not None:
        count = s[packed][-1]
        side = _side(count)
        if side * (side + 1) // 2 != count:
            s.fail(f"cannot unpack {count} elements to a triangle", expected="1, 3, 6, 10 ... elements")
        s[matrices] = (*s[packed][:-1], *(side + abs(offset),) * 2)
    if s[matrices] is not None:
        shape, size = state_square(s, matrices)
        s[packed] = (*shape, None if size is None else math.comb(_check_offset(s, size, offset) + 1, 2))


@extracttrian.shape
def extracttrian_shape(s: ShapeFacts, offset: int) -> None:
    _state_triangle(s, "A", "output", offset)


@maketrian.shape
def maketrian_shape(s: ShapeFacts, offset: int) -> None:
    _state_triangle(s, "output", "A", offset)


@extracttrian.gradient("A")
def extracttrian_gradient(F: Any, g: Any, offset: int, lower: bool) -> Any:
    return F._linalg_maketrian(g, offset=offset, lower=lower)


@maketrian.gradient("A")
def maketrian_gradient(F: Any, g: Any, offset: int, lower: bool) -> Any:
    return F._linalg_extracttrian(g, offset=offset, lower=lower)


@operator("_triangle", on_complex=AS_WRITTEN)
def triangle(xp: XP, A: Array, *, lower: bool = True, diagonal: float = 1.0) -> Array:
    """Return each matrix with one triangle set to 0 and the diagonal multiplied by a number."""
    kept = xp.tril(A) if lower else xp.triu(A)
    factors = 1 + (diagonal - 1) * xp.eye(A.shape[-1])
    return kept if diagonal == 1 else (kept * factors).astype(A.dtype)


@triangle.shape
def triangle_shape(s: ShapeFacts) -> None:
    s.same("A", "output")
    if s["A"] is not None:
        state_square(s, "A")


@triangle.gradient("A")
def triangle_gradient(F: Any, g: Any, lower: bool, diagonal: float) -> Any:
    return F._triangle(g, lower=lower, diagonal=diagonal)
