"""Losses of numbers, and of vectors that are to be near or far from each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import constant, old_reduction, reduced, run, tensor_of
from gluonish.nn.functional.distance import cosine_similarity, pairwise_distance
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = [
    "cosine_embedding_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

# In all of them ``reduction`` says what is returned: the "mean" of the losses, their "sum", or "none": each.
# ``size_average`` and ``reduce`` are what torch had before it.


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """Return the squares of the differences.

    Args:
        input: what was computed.
        target: what it should be.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        weight: factors on the squares; the mean is then divided by their sum.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.mse_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
        Tensor(2.0, grad=None)
    """
    x, y = _pair(input, target, "mse_loss")
    return _weighted((x - y) ** 2, weight, old_reduction(size_average, reduce, reduction), "mse_loss")


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """Return the absolute differences; arguments as of ``mse_loss``."""
    x, y = _pair(input, target, "l1_loss")
    return _weighted(abs(x - y), weight, old_reduction(size_average, reduce, reduction), "l1_loss")


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return d^2 / (2 beta) of differences d below beta, |d| - beta / 2 of others: Girshick (2015).

    Raises:
        ArgumentError: beta is negative.
    """
    reduction = old_reduction(size_average, reduce, reduction)
    if beta < 0:
        raise ArgumentError("smooth_l1_loss()", "needs a beta of at least 0", received=beta)
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return huber_loss(input, target, reduction, beta) / beta


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Tensor:
    """Return d^2 / 2 of differences d below delta, delta (|d| - delta / 2) of others: Huber (1964).

    Raises:
        ArgumentError: delta is not positive.
    """
    if delta <= 0:
        raise ArgumentError("huber_loss()", "needs a delta above 0", received=delta)
    x, y = _pair(input, target, "huber_loss")
    distance = abs(x - y)
    losses = ft.where(distance < delta, distance * distance * 0.5, (distance - 0.5 * delta) * delta)
    return _weighted(losses, weight, reduction, "huber_loss")


def _pair(input: Any, target: Any, function: str) -> tuple[Tensor, Tensor]:
    return tensor_of(input, function), tensor_of(target, function)


def _weighted(losses: Tensor, weight: Any, reduction: str, function: str) -> Tensor:
    if weight is None:
        return reduced(losses, reduction, function)
    factors = tensor_of(weight, function)
    total = reduced(losses * factors, "none" if reduction == "none" else "sum", function)
    return total / ft.sum(factors) if reduction == "mean" else total


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return -log of a Poisson distribution's probability of the target.

    Args:
        input: the logarithm of the rate; with ``log_input=False`` the rate.
        target: the counts.
        log_input: which of both the input is.
        full: whether Stirling's approximation of log(target!) is added.
        eps: added to a rate before its logarithm is taken.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """
    x, y = _pair(input, target, "poisson_nll_loss")
    losses = ft.exp(x) - y * x if log_input else x - y * ft.log(x + eps)
    if full:
        is_large = y > 1
        count = ft.where(is_large, y, 1.0)
        stirling = count * ft.log(count) - count + 0.5 * ft.log(count * (2 * math.pi))
        losses = losses + ft.where(is_large, stirling, 0.0)
    return reduced(losses, old_reduction(size_average, reduce, reduction), "poisson_nll_loss")


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Return -log of a normal distribution's density at the target: Nix and Weigend (1994).

    Args:
        input: the means.
        target: the values.
        var: the variances: of the input's shape, or with a last axis of 1, or without it; or a number.
        full: whether the constant, log(2 pi) / 2, is added.
        eps: the least variance.
        reduction: "mean", "sum" or "none".

    Raises:
        ArgumentError: a variance is negative.
    """
    x, y = _pair(input, target, "gaussian_nll_loss")
    is_number = isinstance(var, (int, float))
    variance: Any = constant(var, x.shape, x) if is_number else tensor_of(var, "gaussian_nll_loss")
    if variance.shape != x.shape and variance.shape == x.shape[:-1]:
        variance = ft.unsqueeze(variance, -1)
    if bool(ft.any(variance < 0)):
        raise ArgumentError("gaussian_nll_loss()", "got a negative variance", expected="0 or more")
    # What is clamped still has its gradient, as torch defines it.
    variance = variance + (ft.clamp(variance, eps) - variance).detach()
    losses = (ft.log(variance) + (x - y) ** 2 / variance) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction, "gaussian_nll_loss")


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return distances x where the target is 1, and max(0, margin - x) where it is -1."""
    x, y = _pair(input, target, "hinge_embedding_loss")
    near = ft.where(y == -1, 0.0, x)
    far = ft.where(y == 1, 0.0, run("relu", margin - x))
    return reduced(near + far, old_reduction(size_average, reduce, reduction), "hinge_embedding_loss")


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return log(1 + exp(-y x)) of scores x and targets y of 1 and -1."""
    x, y = _pair(input, target, "soft_margin_loss")
    return reduced(
        run("Activation", -y * x, act_type="softrelu"),
        old_reduction(size_average, reduce, reduction),
        "soft_margin_loss",
    )


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, margin - y (x1 - x2)): the first is to be larger where y is 1, smaller where it is -1.

    Raises:
        ShapeMismatchError: the three have different numbers of axes.
    """
    x1, x2 = _pair(input1, input2, "margin_ranking_loss")
    y = tensor_of(target, "margin_ranking_loss")
    if not x1.ndim == x2.ndim == y.ndim:
        raise ShapeMismatchError(
            "margin_ranking_loss()",
            "got tensors of different numbers of axes",
            received=f"{x1.shape}, {x2.shape} and {y.shape}",
        )
    return reduced(
        run("relu", -y * (x1 - x2) + margin),
        old_reduction(size_average, reduce, reduction),
        "margin_ranking_loss",
    )


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return 1 - cos(x1, x2) where the target is 1, and max(0, cos(x1, x2) - margin) where it is -1.

    Args:
        input1: (batch, size), or (size,).
        input2: likewise.
        target: (batch,), or ().
        margin: how near others may be.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """
    x1, x2 = _pair(input1, input2, "cosine_embedding_loss")
    y = tensor_of(target, "cosine_embedding_loss")
    cosine = cosine_similarity(x1, x2, dim=x1.ndim - 1)
    losses = ft.where(y == 1, 1 - cosine, ft.where(y == -1, run("relu", cosine - margin), 0.0 * cosine))
    return reduced(losses, old_reduction(size_average, reduce, reduction), "cosine_embedding_loss")


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, d(a, p) - d(a, n) + margin): Balntas et al. (2016).

    Args:
        anchor: vectors a, (batch, size).
        positive: vectors p that belong to them.
        negative: vectors n that do not.
        margin: how much farther these shall be.
        p: the order of the norm d.
        eps: added to every difference.
        swap: whether d(p, n) counts where it is less than d(a, n).
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda a, b: pairwise_distance(a, b, p, eps),
        margin=margin,
        swap=swap,
        reduction=old_reduction(size_average, reduce, reduction),
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, d(a, p) - d(a, n) + margin) for any distance; Euclidean if none is given."""
    a, p, n = (tensor_of(each, "triplet_margin_loss") for each in (anchor, positive, negative))
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(a, p), distance(a, n)
    if swap:
        far = ft.minimum(far, distance(p, n))
    return reduced(run("relu", near - far + margin), reduction, "triplet_margin_loss")
