"""Losses that ask for a margin between the score of the right class and those of others."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ShapeMismatchError
from gluonish.nn.functional.arguments import beside, check_choice, old_reduction, reduced, run, tensor_of
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = ["multi_margin_loss", "multilabel_margin_loss"]


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return, for each example, the mean over classes of max(0, margin - x_y + x_j)^p, without j = y.

    Args:
        input: the scores x, (batch, classes), or (classes,).
        target: the class y of each example.
        p: 1 or 2.
        margin: by how much the score of the class shall be larger.
        weight: a factor for the examples of each class.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Raises:
        ArgumentError: another p.
        ShapeMismatchError: there is not one class for each example.
    """
    check_choice(p, (1, 2), "p", "multi_margin_loss")
    x, y = _rows(input, target, "multi_margin_loss")
    y = ft.reshape(y, (-1,))
    if y.shape[0] != x.shape[0]:
        raise ShapeMismatchError("multi_margin_loss()", "got another number of classes than of examples")
    places = ft.unsqueeze(y, 1)
    losses = run("relu", margin - ft.gather(x, 1, places) + x) ** p
    if weight is not None:
        losses = losses * ft.unsqueeze(beside(weight, x, "multi_margin_loss")[y], 1)
    losses = ft.scatter(losses, 1, places, 0.0)
    return _finished(
        losses,
        tensor_of(input, "loss").ndim,
        old_reduction(size_average, reduce, reduction),
        "multi_margin_loss",
    )


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return sums of max(0, 1 - (x_j - x_i)) over an example's classes j and all others i, per class.

    Args:
        input: the scores x, (batch, classes), or (classes,).
        target: the classes of each example, in the shape of the input: those before the first -1 count.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Raises:
        ShapeMismatchError: the targets have another shape.
    """
    x, y = _rows(input, target, "multilabel_margin_loss")
    if x.shape != y.shape:
        raise ShapeMismatchError(
            "multilabel_margin_loss()", "got targets of another shape", expected=x.shape, received=y.shape
        )
    counts = ft.cumsum(y < 0, 1) == 0
    places = ft.where(counts, y, 0)
    is_own = ft.scatter_add(ft.reshape(x.detach() * 0, x.shape), 1, places, counts.to(dtype=x.dtype)) > 0
    apart = 1 - ft.unsqueeze(ft.gather(x, 1, places), 2) + ft.unsqueeze(x, 1)
    matter = ft.logical_and(ft.unsqueeze(counts, 2), ft.unsqueeze(ft.logical_not(is_own), 1))
    losses = ft.sum(ft.where(matter, run("relu", apart), 0.0), 1)
    return _finished(
        losses,
        tensor_of(input, "loss").ndim,
        old_reduction(size_average, reduce, reduction),
        "multilabel_margin_loss",
    )


def _rows(input: Any, target: Any, function: str) -> tuple[Tensor, Tensor]:
    """Return scores and targets with a batch axis."""
    x, y = tensor_of(input, function), tensor_of(target, function)
    return (x, y) if x.ndim > 1 else (ft.unsqueeze(x, 0), ft.reshape(y, (1, -1)))


def _finished(losses: Tensor, ndim: int, reduction: str, function: str) -> Tensor:
    """Return the mean over classes, reduced over the batch if there is one."""
    found = ft.mean(losses, 1)
    return reduced(found if ndim > 1 else found[0], reduction, function)
