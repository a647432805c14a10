"""What all losses share."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.errors import ArgumentTypeError
from gluonish.gluon.hybrid_block import HybridBlock

__all__ = ["Loss", "label_like", "weighted"]


def weighted(F: Any, loss: Any, weight: float | None, sample_weight: Any) -> Any:
    """Multiply a loss per element by the weights that are given."""
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    return loss if weight is None else loss * weight


def label_like(F: Any, label: Any, pred: Any) -> Any:
    """Return labels in the shape of the predictions."""
    return F.reshape_like(label, pred)


class Loss(HybridBlock):
    """Base of losses.

    Args:
        weight: a number to multiply with; None for none.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentTypeError: the weight is no number.
    """

    def __init__(self, weight: float | None, batch_axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if weight is not None and not isinstance(weight, (int, float, np.number)):
            raise ArgumentTypeError(type(self).__name__, "needs a number as weight", received=repr(weight))
        self._weight = weight
        self._batch_axis = batch_axis

    def _mean(self, F: Any, loss: Any) -> Any:
        return F.mean(loss, axis=self._batch_axis, exclude=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"
