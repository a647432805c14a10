"""Functions of tensors that combine several, element by element or as matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.tensors.functions.base import as_operand, tensor_of
from gluonish.tensors.functions.elementwise import abs as absolute
from gluonish.tensors.functions.elementwise import add, div, mul, sign, trunc
from gluonish.tensors.functions.products import matmul

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = ["addcdiv", "addcmul", "baddbmm", "floor_divide", "fmod", "frac", "lerp", "mv", "true_divide"]


def true_divide(input: Any, other: Any) -> Tensor:
    """Return the quotient, element by element; float32 for integers."""
    return div(input, other)


def floor_divide(input: Any, other: Any) -> Tensor:
    """Return the quotient, rounded down."""
    return tensor_of(input, "floor_divide") // as_operand(other, "floor_divide")


def fmod(input: Any, other: Any) -> Tensor:
    """Return the remainder of a division, with the sign of ``input``."""
    x, y = tensor_of(input, "fmod"), tensor_of(other, "fmod")
    return sign(x) * (absolute(x) % absolute(y))


def frac(input: Any) -> Tensor:
    """Return what is behind the point."""
    x = tensor_of(input, "frac")
    return x - trunc(x)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """Return ``input + weight * (end - input)``."""
    x = tensor_of(input, "lerp")
    return x + (tensor_of(end, "lerp") - x) * as_operand(weight, "lerp")


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return ``input + value * tensor1 * tensor2``."""
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return ``input + value * tensor1 / tensor2``."""
    return add(input, div(tensor1, tensor2), alpha=value)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * batch1 @ batch2``, over stacks of matrices."""
    return tensor_of(input, "baddbmm") * beta + matmul(batch1, batch2) * alpha


def mv(input: Any, vec: Any) -> Tensor:
    """Return the product of a matrix and a vector."""
    return matmul(input, vec)
