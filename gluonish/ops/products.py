"""Products of arrays as matrices: ``dot``, ``batch_dot`` and ``khatri_rao``. See also ``linalg``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import HOLOMORPHIC, XP, Array, operator
from gluonish.engine.stored import DEFAULT, densified, stored_as
from gluonish.ops.common import matmul, product, solve_product, state_axes
from gluonish.shape import shape_size

__all__ = ["dot", "left_gradient", "right_gradient", "transposed"]


def transposed(matrices: Array, wanted: bool) -> Array:
    """Return a view of a stack of matrices with rows and columns exchanged, if wanted."""
    return matrices.swapaxes(-1, -2) if wanted else matrices


def left_gradient(
    multiply: Callable[..., Any], g: Any, right: Any, transpose_a: bool, transpose_b: bool
) -> Any:
    """Return the gradient of the left factor of ``multiply``, which takes these two flags."""
    if transpose_a:
        return multiply(right, g, transpose_a=transpose_b, transpose_b=True)
    return multiply(g, right, transpose_a=False, transpose_b=not transpose_b)


def right_gradient(
    multiply: Callable[..., Any], g: Any, left: Any, transpose_a: bool, transpose_b: bool
) -> Any:
    """Return the gradient of the right factor of ``multiply``, which takes these two flags."""
    if transpose_b:
        return multiply(g, left, transpose_a=True, transpose_b=transpose_a)
    return multiply(left, g, transpose_a=not transpose_a, transpose_b=False)


# -- dot ------------------------------------------------------------------------------------------------


@operator("dot", native=True, stores="forward_stype", on_complex=HOLOMORPHIC)
def dot(
    xp: XP,
    lhs: Array,
    rhs: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal["default", "row_sparse", "csr"] | None = None,
) -> Array:
    """Return the product that sums over the last axis of lhs and the first of rhs.

    With transpose_a it is the first axis of lhs, with transpose_b the last of rhs. The other axes of lhs,
    then those of rhs, are those of the result; between two vectors it has shape (1,). forward_stype says
    which storage the result gets; see docs/concepts/sparse.md for what it has otherwise.
    """
    if forward_stype not in (None, DEFAULT):
        return stored_as(
            xp, _product(xp, densified(lhs), densified(rhs), transpose_a, transpose_b), forward_stype
        )
    return _product(xp, lhs, rhs, transpose_a, transpose_b)


def _product(xp: XP, lhs: Array, rhs: Array, transpose_a: bool, transpose_b: bool) -> Array:
    if lhs.ndim == rhs.ndim == 2:  # noqa: PLR2004
        return matmul(xp, lhs.T if transpose_a else lhs, rhs.T if transpose_b else rhs)
    a = lhs.reshape(_left_matrix(lhs.shape, transpose_a))
    b = rhs.reshape(_right_matrix(rhs.shape, transpose_b))
    free = (lhs.shape[1:] if transpose_a else lhs.shape[:-1]) + (
        rhs.shape[:-1] if transpose_b else rhs.shape[1:]
    )
    return matmul(xp, a.T if transpose_a else a, b.T if transpose_b else b).reshape(free or (1,))


def _left_matrix(shape: tuple[int, ...], transpose: bool) -> tuple[int, int]:
    """Return the shape as a matrix of an array whose last axis, or first if transposed, is summed over."""
    if transpose:
        return shape[0], shape_size(shape[1:])
    return shape_size(shape[:-1]), shape[-1]


def _right_matrix(shape: tuple[int, ...], transpose: bool) -> tuple[int, int]:
    return _left_matrix(shape, not transpose)


@dot.shape
def dot_shape(s: ShapeFacts, transpose_a: bool, transpose_b: bool) -> None:
    lhs, rhs = s["lhs"], s["rhs"]
    if lhs is None or rhs is None:
        return
    if not lhs or not rhs:
        s.fail("needs at least one axis")
    left = [("lhs", i) for i in range(1, len(lhs))]
    right = [("rhs", i) for i in range(1, len(rhs))]
    state_axes(
        s,
        {
            "lhs": ["sum", *left] if transpose_a else [*left, "sum"],
            "rhs": [*right, "sum"] if transpose_b else ["sum", *right],
            "output": [*left, *right] or ["number"],
        },
    )
    if not left and not right:
        s["output"] = (1,)


@dot.gradient("lhs")
def dot_gradient_lhs(F: Any, g: Any, rhs: Any, shapes: Any, transpose_a: bool, transpose_b: bool) -> Any:
    g, rhs = _as_matrices(F, g, shapes, transpose_a, transpose_b), _matrix(F, rhs, not transpose_b)
    return _shaped(F, left_gradient(F.dot, g, rhs, transpose_a, transpose_b), shapes[0])


@dot.gradient("rhs")
def dot_gradient_rhs(F: Any, g: Any, lhs: Any, shapes: Any, transpose_a: bool, transpose_b: bool) -> Any:
    g, lhs = _as_matrices(F, g, shapes, transpose_a, transpose_b), _matrix(F, lhs, transpose_a)
    return _shaped(F, right_gradient(F.dot, g, lhs, transpose_a, transpose_b), shapes[1])


def _shaped(F: Any, array: Any, shape: tuple[int, ...]) -> Any:
    """Return an array in a shape: itself, and so still sparse, if it has it."""
    return array if array.shape == shape else F._reshape_to(array, shape=shape)


def _matrix(F: Any, array: Any, transpose: bool) -> Any:
    return _shaped(F, array, _left_matrix(array.shape, transpose))


def _as_matrices(F: Any, g: Any, shapes: Any, transpose_a: bool, transpose_b: bool) -> Any:
    """Return the gradient of a product as that of two matrices."""
    rows = _left_matrix(shapes[0], transpose_a)[1 if transpose_a else 0]
    columns = _right_matrix(shapes[1], transpose_b)[0 if transpose_b else 1]
    return _shaped(F, g, (rows, columns))


# -- batch_dot ------------------------------------------------------------------------------------------


@operator("batch_dot", native=True, ignored=("forward_stype",), on_complex=HOLOMORPHIC)
def batch_dot(
    xp: XP, lhs: Array, rhs: Array, *, transpose_a: bool = False, transpose_b: bool = False
) -> Array:
    """Return the products of matrices, one by one from two stacks of equal shape.

    The last two axes are rows and columns; the flags exchange them first.
    """
    if lhs.ndim < 3 or lhs.shape[:-2] != rhs.shape[:-2]:  # noqa: PLR2004
        raise ValueError("stacks of matrices differ")  # the shape rule words it
    return matmul(xp, transposed(lhs, transpose_a), transposed(rhs, transpose_b))


@batch_dot.shape
def batch_dot_shape(s: ShapeFacts, transpose_a: bool, transpose_b: bool) -> None:
    rank = next((len(shape) for shape in s.values if shape is not None), None)
    if rank is None:
        return
    if rank < 3:  # noqa: PLR2004
        s.fail("needs stacks of matrices", expected="three axes or more")
    stack = range(rank - 2)
    state_axes(
        s,
        {
            "lhs": [*stack, "sum", "row"] if transpose_a else [*stack, "row", "sum"],
            "rhs": [*stack, "column", "sum"] if transpose_b else [*stack, "sum", "column"],
            "output": [*stack, "row", "column"],
        },
    )


@batch_dot.gradient("lhs")
def batch_dot_gradient_lhs(F: Any, g: Any, rhs: Any, transpose_a: bool, transpose_b: bool) -> Any:
    return left_gradient(F.batch_dot, g, rhs, transpose_a, transpose_b)


@batch_dot.gradient("rhs")
def batch_dot_gradient_rhs(F: Any, g: Any, lhs: Any, transpose_a: bool, transpose_b: bool) -> Any:
    return right_gradient(F.batch_dot, g, lhs, transpose_a, transpose_b)


# -- khatri_rao -----------------------------------------------------------------------------------------


@operator("khatri_rao")
def khatri_rao(xp: XP, *args: Array) -> Array:
    """Return the Kronecker products of the columns of matrices, as columns.

    Rows run through the rows of the last matrix fastest; all matrices have equally many columns.
    """
    result = args[0].copy()
    for matrix in args[1:]:
        result = (result[:, None, :] * matrix[None, :, :]).reshape(-1, matrix.shape[1])
    return result


@khatri_rao.shape
def khatri_rao_shape(s: ShapeFacts) -> None:
    output = len(s.values) - 1
    for i in range(output):
        for here, there in ((i, output), (output, i)):
            s[there] = (None, None if s[here] is None else s[here][1])
    rows = [shape[0] for shape in s.inputs]
    s[output] = (product(rows), None)
    for i, dim in enumerate(solve_product(tuple(rows), s[output][0])):
        s[i] = (dim, None)


@khatri_rao.gradient()
def khatri_rao_gradient(F: Any, g: Any, args: Any, needed: Any) -> Any:
    rows, columns = [matrix.shape[0] for matrix in args], args[0].shape[1]
    g = F._reshape_to(g, shape=(*rows, columns))
    # Each matrix gets an axis of its own, beside those of the others.
    spread = [
        F._reshape_to(matrix, shape=(*(n if j == i else 1 for j, n in enumerate(rows)), columns))
        for i, matrix in enumerate(args)
    ]
    return tuple(_factor_gradient(F, g, spread, i) if wanted else None for i, wanted in enumerate(needed))


def _factor_gradient(F: Any, g: Any, spread: list[Any], position: int) -> Any:
    """Multiply by all other factors, and sum over their axes."""
    others = [i for i in range(len(spread)) if i != position]
    for i in others:
        g = F.broadcast_mul(g, spread[i])
    return F.sum(g, axis=tuple(others)) if others else g
