"""Losses of classes: how probable predictions make the right ones, or by how much they miss them."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.loss.base import Loss, label_like, weighted
from gluonish.gluon.nn.arguments import check_number

__all__ = [
    "HingeLoss",
    "KLDivLoss",
    "LogisticLoss",
    "SigmoidBCELoss",
    "SigmoidBinaryCrossEntropyLoss",
    "SoftmaxCELoss",
    "SoftmaxCrossEntropyLoss",
    "SquaredHingeLoss",
]


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
        label = label_like(F, label, pred)
        compute = self._of_probabilities if self._from_sigmoid else self._of_logits
        loss = compute(F, pred, label, pos_weight)
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))

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
            label = label_like(F, label, pred)
            loss = -F.sum(pred * label, axis=self._axis, keepdims=True)
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
SoftmaxCELoss = SoftmaxCrossEntropyLoss


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of predicted distributions from given ones (1951).

    Per example the sum of label (log(label + 1e-12) - p), where p are predicted log-probabilities.

    Args:
        from_logits: whether predictions are log-probabilities already; otherwise their log-softmax is.
        axis: the axis of classes, along which that is taken.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Example:
        >>> import gluonish as mx
        >>> loss = mx.gluon.loss.KLDivLoss(from_logits=False)
        >>> loss(mx.nd.zeros((1, 2)), mx.nd.array([[0.5, 0.5]])).asnumpy().round(4) + 0.0
        array([0.], dtype=float32)
    """

    def __init__(
        self,
        from_logits: bool = True,
        axis: int = -1,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._axis = axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        loss = label * (F.log(label + 1e-12) - pred)
        loss = weighted(F, loss, self._weight, sample_weight)
        return F.sum(loss, axis=self._batch_axis, exclude=True)


class HingeLoss(Loss):
    """By how much predictions miss a margin, max(0, margin - pred label); labels are -1 or 1.

    Args:
        margin: the margin.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: the margin is no number.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.loss.HingeLoss()(mx.nd.array([0.5, 3.0]), mx.nd.array([-1, 1])).asnumpy()
        array([1.5, 0. ], dtype=float32)
    """

    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        check_number(type(self).__name__, "margin", margin)
        self._margin = margin

    def _missed(self, F: Any, pred: Any, label: Any) -> Any:
        return F.relu(self._margin - pred * label_like(F, label, pred))

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        loss = self._missed(F, pred, label)
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))


class SquaredHingeLoss(HingeLoss):
    """The square of HingeLoss, max(0, margin - pred label)^2; labels are -1 or 1.

    Args:
        margin: the margin.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: the margin is no number.
    """

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        loss = F.square(self._missed(F, pred, label))
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))


class LogisticLoss(Loss):
    """log(1 + exp(-pred label)), for labels -1 and 1, or the same for labels 0 and 1.

    Args:
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        label_format: ``"signed"`` for labels -1 and 1, ``"binary"`` for 0 and 1.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: another format.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.loss.LogisticLoss()(mx.nd.array([2.0, 2.0]), mx.nd.array([1, -1])).asnumpy().round(4)
        array([0.1269, 2.1269], dtype=float32)
    """

    def __init__(
        self,
        weight: float | None = None,
        batch_axis: int = 0,
        label_format: str = "signed",
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise ArgumentError(
                "LogisticLoss",
                "has an unknown label_format",
                expected="'signed' or 'binary'",
                received=repr(label_format),
            )
        self._label_format = label_format

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        label = label_like(F, label, pred)
        if self._label_format == "signed":
            label = (label + 1) / 2
        loss = F.relu(pred) - pred * label + F.Activation(-F.abs(pred), act_type="softrelu")
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))
