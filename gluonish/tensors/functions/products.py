"""Products of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.tensors.functions.base import mxnp, tensor_of

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = [
    "addmm",
    "bmm",
    "dot",
    "einsum",
    "matmul",
    "mm",
    "outer",
]


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product, over stacks of matrices by broadcasting, as NumPy's ``matmul``.

    Example:
        >>> import gluonish as torch
        >>> torch.matmul(torch.ones(2, 3), torch.ones(3, 4)).shape
        (2, 4)
    """
    return mxnp.matmul(tensor_of(input, "matmul"), tensor_of(other, "matmul"))


mm = bmm = matmul


def dot(input: Any, other: Any) -> Tensor:
    """Return the inner product of two vectors."""
    return mxnp.dot(tensor_of(input, "dot"), tensor_of(other, "dot"))


def outer(input: Any, other: Any) -> Tensor:
    """Return the outer product of two vectors."""
    return mxnp.outer(tensor_of(input, "outer"), tensor_of(other, "outer"))


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * mat1 @ mat2``."""
    return tensor_of(input, "addmm") * beta + matmul(mat1, mat2) * alpha


def einsum(equation: str, *operands: Any) -> Tensor:
    """Return a sum of products, as NumPy's ``einsum`` describes it."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    return mxnp.einsum(equation, *(tensor_of(each, "einsum") for each in given))
