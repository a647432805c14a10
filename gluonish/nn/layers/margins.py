"""Losses that ask for margins between scores, as layers."""

from __future__ import annotations

from typing import Any

from gluonish.nn import functional as F
from gluonish.nn.layers.loss import Loss, WeightedLoss

__all__ = ["MultiLabelMarginLoss", "MultiMarginLoss"]


class MultiMarginLoss(WeightedLoss):
    """Returns, for each example, the mean over classes of max(0, margin - x_y + x_j)^p, without j = y.

    Args:
        p: 1 or 2.
        margin: by how much the score of the class y shall be larger.
        weight: a factor for the examples of each class.
        size_average: an old form of ``reduction``.
        reduce: an old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    function = staticmethod(F.multi_margin_loss)

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction, p=p, margin=margin)


class MultiLabelMarginLoss(Loss):
    """Returns sums of max(0, 1 - (x_j - x_i)) over an example's classes j and all others i, per class.

    Targets list the classes of each example; those before the first -1 count.
    """

    function = staticmethod(F.multilabel_margin_loss)
