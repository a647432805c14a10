"""Losses of probabilities: of classes, of yes and no, and of distributions."""

from __future__ import annotations

import math
from typing import Any

from gluonish.dtype import is_float
from gluonish.errors import ArgumentError, IndexOutOfRangeError, ShapeMismatchError
from gluonish.nn.functional.arguments import beside, check_choice, old_reduction, reduced, run, tensor_of
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_div",
    "multilabel_soft_margin_loss",
    "nll_loss",
]

IMPOSSIBLE = 100.0
"""What binary cross entropy takes for -log(0)."""


# -- classes --------------------------------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return -log of the softmax of scores, at the right classes.

    Args:
        input: scores, (classes,), (batch, classes) or (batch, classes, ...).
        target: the right classes, without the axis of classes; or the probability of each, of the input's
            shape and a floating-point type.
        weight: a factor for each class.
        size_average: an old form of ``reduction``.
        ignore_index: a class that counts nothing.
        reduce: an old form of ``reduction``.
        reduction: "mean" (with classes and weights: weighted), "sum" or "none".
        label_smoothing: the share of probability that is given to all classes alike: Szegedy et al. (2016).

    Raises:
        IndexOutOfRangeError: there is no such class.
        ShapeMismatchError: the target does not fit.
        ArgumentError: a smoothing that is no share.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.cross_entropy(Tensor([[0.0, 0.0]]), Tensor([1])).item()
        0.693147...
    """
    reduction = old_reduction(size_average, reduce, reduction)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            "cross_entropy()", "needs a share to smooth with", expected="0 to 1", received=label_smoothing
        )
    x, y = tensor_of(input, "cross_entropy"), tensor_of(target, "cross_entropy")
    axis = 0 if x.ndim == 1 else 1
    scores = ft.log_softmax(x, axis)
    factors = None if weight is None else beside(weight, x, "cross_entropy")
    if y.shape == x.shape and is_float(y.dtype):
        return _of_probabilities(scores, y, factors, axis, label_smoothing, reduction)
    exact = nll_loss(scores, y, factors, ignore_index=ignore_index, reduction=reduction)
    if label_smoothing == 0:
        return exact
    smooth = _smooth(scores, y, factors, axis, ignore_index, reduction)
    return exact * (1 - label_smoothing) + smooth * (label_smoothing / x.shape[axis])


def _of_probabilities(
    scores: Tensor, target: Tensor, weight: Tensor | None, axis: int, smoothing: float, reduction: str
) -> Tensor:
    classes = scores.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    losses = scores * target
    if weight is not None:
        losses = losses * _along_classes(weight, scores, axis)
    total = -ft.sum(losses, axis)
    check_choice(reduction, ("mean", "sum", "none"), "reduction", "cross_entropy")
    if reduction == "mean":
        return ft.sum(total) / (scores.size // classes)
    return reduced(total, reduction, "cross_entropy")


def _smooth(
    scores: Tensor, target: Tensor, weight: Tensor | None, axis: int, ignore_index: int, reduction: str
) -> Tensor:
    """Return the loss against all classes alike."""
    if weight is not None:
        scores = scores * _along_classes(weight, scores, axis)
    counts = target != ignore_index
    losses = ft.where(counts, -ft.sum(scores, axis), 0.0)
    if reduction != "mean":
        return reduced(losses, reduction, "cross_entropy")
    return ft.sum(losses) / ft.sum(_weights_of(target, weight, counts, scores))


def _along_classes(weight: Tensor, scores: Tensor, axis: int) -> Tensor:
    return ft.reshape(weight, (-1, *(1,) * (scores.ndim - axis - 1)))


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the input at the right classes; of logarithms of probabilities that is their loss.

    Args:
        input: (classes,), (batch, classes) or (batch, classes, ...).
        target: the right classes, without the axis of classes.
        weight: a factor for each class.
        size_average: an old form of ``reduction``.
        ignore_index: a class that counts nothing.
        reduce: an old form of ``reduction``.
        reduction: "mean" (weighted), "sum" or "none".

    Raises:
        IndexOutOfRangeError: there is no such class.
        ShapeMismatchError: the target does not fit.
    """
    reduction = old_reduction(size_average, reduce, reduction)
    x, y = tensor_of(input, "nll_loss"), tensor_of(target, "nll_loss")
    axis = 0 if x.ndim == 1 else 1
    expected = x.shape[:axis] + x.shape[axis + 1 :]
    if y.shape != expected:
        raise ShapeMismatchError(
            "nll_loss()", "got a target that does not fit its input", expected=expected, received=y.shape
        )
    factors = None if weight is None else beside(weight, x, "nll_loss")
    counts = y != ignore_index
    classes = ft.where(counts, y, 0)
    _check_classes(classes, x.shape[axis])
    picked = ft.squeeze(run("_take_along", x, ft.unsqueeze(classes, axis), axis=axis), axis)
    factor = _weights_of(y, factors, counts, x)
    losses = ft.where(counts, -picked * factor, 0.0)
    if reduction == "mean":
        return ft.sum(losses) / ft.sum(factor)
    return reduced(losses, reduction, "nll_loss")


def _check_classes(classes: Tensor, count: int) -> None:
    if classes.size and (int(ft.min(classes)) < 0 or int(ft.max(classes)) >= count):
        raise IndexOutOfRangeError(
            "nll_loss()",
            "got a class that there is not",
            expected=f"classes from 0 to {count - 1}, or ignore_index",
            received=f"from {int(ft.min(classes))} to {int(ft.max(classes))}",
        )


def _weights_of(target: Tensor, weight: Tensor | None, counts: Tensor, like: Tensor) -> Tensor:
    """Return what each example counts: the weight of its class, or 1, or 0 if it is ignored."""
    if weight is None:
        return counts.to(dtype=like.dtype)
    chosen = ft.reshape(weight, (-1,))[ft.where(counts, target, 0)]
    return ft.where(counts, chosen, 0.0)


# -- yes and no -----------------------------------------------------------------------------------------


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return -(y log(p) + (1 - y) log(1 - p)) of probabilities p; no logarithm counts more than 100.

    Args:
        input: the probabilities.
        target: y, from 0 to 1.
        weight: factors on the losses.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Raises:
        ShapeMismatchError: the shapes differ.
        ArgumentError: the input are no probabilities.
    """
    p, y = _same_shape(input, target, "binary_cross_entropy")
    if p.size and bool(ft.any(ft.logical_or(p < 0, p > 1))):
        raise ArgumentError(
            "binary_cross_entropy()",
            "takes probabilities",
            expected="numbers from 0 to 1",
            fix="Use binary_cross_entropy_with_logits() for scores.",
        )
    losses = -(y * _limited_log(p) + (1 - y) * _limited_log(1 - p))
    if weight is not None:
        losses = losses * beside(weight, p, "binary_cross_entropy")
    return reduced(losses, old_reduction(size_average, reduce, reduction), "binary_cross_entropy")


def _limited_log(p: Tensor) -> Tensor:
    is_possible = p > math.exp(-IMPOSSIBLE)
    return ft.where(is_possible, ft.log(ft.where(is_possible, p, 1.0)), -IMPOSSIBLE)


def _same_shape(input: Any, target: Any, function: str) -> tuple[Tensor, Tensor]:
    x, y = tensor_of(input, function), tensor_of(target, function)
    if x.shape != y.shape:
        raise ShapeMismatchError(
            f"{function}()", "got input and target of different shapes", expected=x.shape, received=y.shape
        )
    return x, y


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Return the binary cross entropy of the sigmoid of scores, without loss of precision.

    Args:
        input: the scores.
        target: from 0 to 1.
        weight: factors on the losses.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        pos_weight: factors on the positive part, one for each entry of the last axis.

    Raises:
        ShapeMismatchError: the shapes differ.
    """
    x, y = _same_shape(input, target, "binary_cross_entropy_with_logits")
    missed = run("Activation", -x, act_type="softrelu")  # -log(sigmoid(x))
    if pos_weight is not None:
        factor = (beside(pos_weight, x, "binary_cross_entropy_with_logits") - 1) * y + 1
        losses = (1 - y) * x + factor * missed
    else:
        losses = (1 - y) * x + missed
    if weight is not None:
        losses = losses * beside(weight, x, "binary_cross_entropy_with_logits")
    return reduced(losses, old_reduction(size_average, reduce, reduction), "binary_cross_entropy_with_logits")


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return, for each example, the mean over classes of the binary cross entropy of its scores.

    Args:
        input: the scores, (batch, classes).
        target: 1 for the classes of an example, else 0.
        weight: a factor for each class.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """
    losses = binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    return reduced(
        ft.mean(losses, -1), old_reduction(size_average, reduce, reduction), "multilabel_soft_margin_loss"
    )


# -- distributions --------------------------------------------------------------------------------------


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return target * (log(target) - input): Kullback and Leibler's divergence, element by element.

    Args:
        input: logarithms of probabilities.
        target: probabilities; with ``log_target`` their logarithms.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "batchmean" (the sum over the size of the first axis: the divergence), "mean", "sum" or
            "none".
        log_target: whether the target are logarithms.
    """
    x, y = tensor_of(input, "kl_div"), tensor_of(target, "kl_div")
    if log_target:
        losses = ft.exp(y) * (y - x)
    else:
        is_some = y > 0
        losses = ft.where(is_some, y * ft.log(ft.where(is_some, y, 1.0)), 0.0) - y * x
    reduction = old_reduction(size_average, reduce, reduction)
    if reduction == "batchmean":
        return ft.sum(losses) / (x.shape[0] if x.ndim else 1)
    return reduced(losses, reduction, "kl_div")
