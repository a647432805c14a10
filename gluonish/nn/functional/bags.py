"""Rows of a table, put together bag by bag."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.errors import ArgumentError
from gluonish.nn.functional.arguments import check_choice, tensor_of
from gluonish.nn.functional.linear_maps import embedding
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = ["embedding_bag"]


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return the sum, the mean or the largest elements of the rows of each bag of indices.

    Args:
        input: indices, (bags, size); or flat, with offsets.
        weight: the table, (count, size).
        offsets: where each bag begins among flat indices.
        max_norm: as of ``embedding``, like ``norm_type``, ``scale_grad_by_freq`` and ``sparse``.
        norm_type: the order of that norm.
        scale_grad_by_freq: divide the gradient of each row by how often it is used here.
        mode: "sum", "mean" or "max"; of an empty bag it is 0.
        sparse: accepted; gradients are dense.
        per_sample_weights: a factor for each index; for sums only.
        include_last_offset: whether the last offset is the end of the last bag.
        padding_idx: an index that is left out of bags.

    Returns:
        (bags, size).

    Raises:
        ArgumentError: there are no offsets for flat indices, or some for others; or factors without a sum.

    Example:
        >>> import gluonish as torch
        >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 2]]), torch.eye(3), mode="sum")
        Tensor([[1.0, 0.0, 1.0]], grad=None)
    """
    check_choice(mode, ("sum", "mean", "max"), "mode", "embedding_bag")
    if per_sample_weights is not None and mode != "sum":
        raise ArgumentError(
            "embedding_bag()", "has factors in sums only", expected="mode='sum'", received=mode
        )
    indices = tensor_of(input, "embedding_bag")
    bags = _bags(indices, offsets, include_last_offset)
    flat = ft.reshape(indices, (-1,))
    rows = embedding(flat, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    if per_sample_weights is not None:
        factors = ft.reshape(tensor_of(per_sample_weights, "embedding_bag"), (-1, 1))
        rows = rows * factors
    if not bags.size:
        none = Tensor(np.zeros((len(bags), 1)), dtype=rows.dtype, device=rows.context)
        return ft.sum(rows, 0, keepdim=True) * none
    places = Tensor(bags, device=indices.context)
    inside = places >= 0
    places = ft.maximum(places, 0)
    if padding_idx is not None:
        inside = ft.logical_and(
            inside, flat[places] != padding_idx % tensor_of(weight, "embedding_bag").shape[0]
        )
    return _together(rows[places], ft.unsqueeze(inside, -1), mode)


def _bags(indices: Tensor, offsets: Any, include_last_offset: bool) -> np.ndarray[Any, Any]:
    """Return where the indices of each bag are among all of them, filled up with -1, on the host."""
    if (indices.ndim == 1) != (offsets is not None):
        raise ArgumentError(
            "embedding_bag()",
            "takes offsets with flat indices, and only with these",
            expected="indices (bags, size), or (size,) with offsets",
            received=f"indices {indices.shape} {'without' if offsets is None else 'with'} offsets",
        )
    if offsets is None:
        return np.arange(indices.size).reshape(indices.shape)
    starts = np.asarray(offsets).astype(np.int64)
    bounds = starts if include_last_offset else np.append(starts, indices.size)
    if len(bounds) and (bounds[0] != 0 or (np.diff(bounds) < 0).any() or bounds[-1] > indices.size):
        raise ArgumentError(
            "embedding_bag()",
            "got offsets that are not in order",
            expected=f"numbers that rise from 0 to at most {indices.size}",
            received=str(starts.tolist()),
        )
    sizes = np.diff(bounds)
    steps = np.arange(sizes.max(initial=0))
    return np.where(steps < sizes[:, None], bounds[:-1, None] + steps, -1)


def _together(rows: Tensor, inside: Tensor, mode: str) -> Tensor:
    """Return what (bags, size of a bag, size) come to, of those that are inside."""
    if mode == "max":
        largest = ft.max(ft.where(inside, rows, -np.inf), 1).values
        return ft.where(ft.any(inside, 1), largest, 0.0)
    total = ft.sum(ft.where(inside, rows, 0.0), 1)
    if mode == "sum":
        return total
    return total / ft.clamp(ft.sum(inside, 1), min=1).to(dtype=total.dtype)
