"""Distances and norms of vectors."""

from __future__ import annotations

from typing import Any

from gluonish.nn.functional.arguments import tensor_of
from gluonish.tensors import Tensor, functions

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


def p_norm(x: Tensor, p: float, dim: Any, *, keepdim: bool = False) -> Tensor:
    """Return the p-norm along an axis; of vectors of zeros its gradient is 0."""
    if p == float("inf"):
        return functions.max(abs(x), dim, keepdim).values
    if p == 1:
        return functions.sum(abs(x), dim, keepdim)
    total = functions.sum(x * x if p == 2 else abs(x) ** p, dim, keepdim)  # noqa: PLR2004
    is_zero = total == 0
    root = functions.where(is_zero, 1.0, total) ** (1 / p)
    return functions.where(is_zero, 0.0, root)


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide vectors by their p-norm.

    Args:
        input: the tensor.
        p: the order of the norm.
        dim: the axis of the vectors.
        eps: the least number to divide by.
    """
    x = tensor_of(input, "normalize")
    return x / functions.clamp(p_norm(x, p, dim, keepdim=True), eps)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angles between vectors.

    Args:
        x1: vectors.
        x2: vectors.
        dim: their axis.
        eps: the least length to divide by.
    """
    a, b = tensor_of(x1, "cosine_similarity"), tensor_of(x2, "cosine_similarity")
    product = functions.sum(a * b, dim)
    lengths = (functions.clamp(p_norm(each, 2, dim), eps) for each in (a, b))
    return product / next(lengths) / next(lengths)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Return the p-norms of the differences between vectors, along the last axis.

    Args:
        x1: vectors.
        x2: vectors.
        p: the order of the norm.
        eps: added to every difference.
        keepdim: whether the last axis stays, with size 1.
    """
    a, b = tensor_of(x1, "pairwise_distance"), tensor_of(x2, "pairwise_distance")
    return p_norm(a - b + eps, p, -1, keepdim=keepdim)
