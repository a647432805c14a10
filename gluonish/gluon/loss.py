"""Losses: how far predictions are from labels, per example.

Every loss takes ``(pred, label, sample_weight=None)`` and returns an array (N,), the mean over all axes but
the batch axis. ``sample_weight`` broadcasts to the loss of each element; ``weight`` is one number for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.errors import ArgumentTypeError
from gluonish.gluon.hybrid_block import HybridBlock

__all__ = [
    "L1Loss",
    "L2Loss",
    "Loss",
    "SigmoidBCELoss",
    "SigmoidBinaryCrossEntropyLoss",
    "SoftmaxCELoss",
    "SoftmaxCrossEntropyLoss",
]


def _weighted(F: Any, loss: Any, weight: float | None, sample_weight: Any) -> Any:
    """Multiply a loss per element by the weights that are given."""
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    return loss if weight is None else loss * weight


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


class L2Loss(Loss):
    """Half the squared difference, 1/2 w (label - pred)^2.

    Args:
        weight: the number w.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.
    """

    def __init__(self, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        loss = F.square(F.reshape_like(label, pred) - pred)
        half = 0.5 if self._weight is None else self._weight / 2
        return self._mean(F, _weighted(F, loss, half, sample_weight))


class L1Loss(Loss):
    """The absolute difference, w |label - pred|.

    Args:
        weight: the number w.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        loss = F.abs(F.reshape_like(label, pred) - pred)
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


class SigmoidBinaryCrossEntropyLoss(Loss):
    """Binary cross-entropy of logits p (or of probabilities) and labels l in [0, 1].

    For logits ``max(p, 0) - p l + log(1 + exp(-|p|))``, which no p overflows. With a ``pos_weight`` w for the
    positive class ``p - p l + (1 + (w - 1) l) (log(1 + exp(-|p|)) + max(-p, 0))``. For probabilities
    ``-(w l log(p + eps) + (1 - l) log(1 - p + eps))`` with eps = 1e-12.

    Args:
        from_sigmoid: whether predictions are probabilities already.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.
    """

    def __init__(
        self,
        from_sigmoid: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(
        self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None
    ) -> Any:
        """Compare."""
        label = F.reshape_like(label, pred)
        compute = self._of_probabilities if self._from_sigmoid else self._of_logits
        loss = compute(F, pred, label, pos_weight)
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))

    @staticmethod
    def _of_logits(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
        tail = F.Activation(-F.abs(pred), act_type="softrelu")
        if pos_weight is None:
            return F.relu(pred) - pred * label + tail
        factor = 1 + F.broadcast_mul(pos_weight - 1, label)
        return pred - pred * label + factor * (tail + F.relu(-pred))

    @staticmethod
    def _of_probabilities(F: Any, pred: Any, label: Any, pos_weight: Any) -> Any:
        eps = 1e-12
        positive = F.log(pred + eps) * label
        if pos_weight is not None:
            positive = F.broadcast_mul(positive, pos_weight)
        return -(positive + F.log(1 - pred + eps) * (1 - label))


class SoftmaxCrossEntropyLoss(Loss):
    """Cross-entropy of the softmax of predictions and labels.

    Args:
        axis: the axis of classes.
        sparse_label: whether labels are class numbers; otherwise they are distributions over classes.
        from_logits: whether predictions are log-probabilities already.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        IndexOutOfRangeError: when called with a class number that is no class.

    Example:
        >>> import gluonish as mx
        >>> loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
        >>> loss(mx.nd.array([[1, 2, 3], [0, -1, 2]]), mx.nd.array([2, 0])).asnumpy().round(4)
        array([0.4076, 2.1698], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._axis = axis
        self._sparse_label = sparse_label
        self._from_logits = from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            loss = -F.pick(pred, label, axis=self._axis, keepdims=True, mode="raise")
        else:
            label = F.reshape_like(label, pred)
            loss = -F.sum(pred * label, axis=self._axis, keepdims=True)
        return self._mean(F, _weighted(F, loss, self._weight, sample_weight))


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
SoftmaxCELoss = SoftmaxCrossEntropyLoss
