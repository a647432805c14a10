"""The loss of a sequence of labels: Graves et al., Connectionist temporal classification (2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import reduced, run, tensor_of
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = [
    "ctc_loss",
]


# -- sequences ------------------------------------------------------------------------------------------


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Return -log of the probability that a sequence says its labels: Graves et al. (2006).

    Args:
        log_probs: (steps, batch, classes), or without the batch: logarithms of probabilities.
        targets: (batch, labels), padded, or all labels one behind the other. They do not contain the blank.
        input_lengths: (batch,), how many steps each sequence has.
        target_lengths: (batch,), how many labels.
        blank: the class that says nothing.
        reduction: "mean" (of the losses per label), "sum" or "none".
        zero_infinity: whether the loss of labels that do not fit into the steps is 0, and not infinite.

    Raises:
        ArgumentError: there is no such blank.
    """
    scores = tensor_of(log_probs, "ctc_loss")
    had_batch = scores.ndim == 3  # noqa: PLR2004
    scores = scores if had_batch else ft.unsqueeze(scores, 1)
    _, batch, classes = scores.shape
    if not 0 <= blank < classes:
        raise ArgumentError("ctc_loss()", "has no such blank", expected=f"0 to {classes - 1}", received=blank)
    spoken, lengths = (_lengths(each, batch) for each in (input_lengths, target_lengths))
    labels = _label_matrix(targets, lengths, had_batch)
    if blank not in (0, classes - 1):  # the operator has its blank first or last
        order = [*(each for each in range(classes) if each != blank), blank]
        scores = ft.index_select(scores, 2, Tensor(order, device=scores.context))
        labels = np.where(labels > blank, labels - 1, labels)
    ctx = scores.context
    losses = run(
        "CTCLoss",
        scores,
        Tensor(labels, dtype=scores.dtype, device=ctx),
        Tensor(spoken, dtype=scores.dtype, device=ctx),
        Tensor(lengths, dtype=scores.dtype, device=ctx),
        use_data_lengths=True,
        use_label_lengths=True,
        blank_label="first" if blank == 0 else "last",
    )
    if not zero_infinity:
        fits = Tensor(_needed(labels, lengths) <= spoken, device=ctx)
        losses = ft.where(fits, losses, math.inf)
    if not had_batch:
        losses, lengths = ft.squeeze(losses, 0), lengths[0]
    if reduction == "mean":
        losses = losses / Tensor(np.maximum(lengths, 1), dtype=losses.dtype, device=ctx)
    return reduced(losses, reduction, "ctc_loss")


def _lengths(given: Any, batch: int) -> Any:
    lengths = np.asarray(given).astype(np.int64).reshape(-1)
    if len(lengths) != batch:
        raise ShapeMismatchError(
            "ctc_loss()",
            "got another number of lengths than sequences",
            expected=batch,
            received=len(lengths),
        )
    return lengths


def _label_matrix(targets: Any, lengths: Sequence[int], had_batch: bool) -> Any:
    """Return the labels as a matrix, (batch, labels)."""
    given = np.asarray(targets).astype(np.int64)
    if given.ndim == 2 or not had_batch:  # noqa: PLR2004
        return given.reshape(len(lengths), -1)
    rows = np.zeros((len(lengths), max(lengths, default=0)), np.int64)
    for row, part in zip(rows, np.split(given, np.cumsum(lengths)[:-1]), strict=True):
        row[: len(part)] = part
    return rows


def _needed(labels: Any, lengths: Any) -> Any:
    """Return how many steps labels take at least: one each, and a blank between two that are equal."""
    inside = np.arange(1, labels.shape[1]) < lengths[:, None]
    return lengths + ((labels[:, 1:] == labels[:, :-1]) & inside).sum(axis=1)
