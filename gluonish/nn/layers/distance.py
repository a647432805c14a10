"""Distances, as layers."""

from __future__ import annotations

from typing import Any

from gluonish.nn import functional as F
from gluonish.nn.layers.common import Layer
from gluonish.tensors import Tensor

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Layer):
    """Returns the cosine of the angles between vectors.

    Args:
        dim: the axis of the vectors.
        eps: the least length to divide by.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Tensor:
        """Compare."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Layer):
    """Returns the p-norms of the differences between vectors, along the last axis.

    Args:
        p: the order of the norm.
        eps: added to every difference.
        keepdim: whether the last axis stays, with size 1.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Tensor:
        """Measure."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
