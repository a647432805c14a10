"""Losses of embeddings: what belongs together should be near, the rest far."""

from __future__ import annotations

from typing import Any

from gluonish.gluon.loss.base import Loss, label_like, weighted
from gluonish.gluon.loss.classification import KLDivLoss
from gluonish.gluon.nn.arguments import check_number

__all__ = ["CosineEmbeddingLoss", "SDMLLoss", "TripletLoss"]


class TripletLoss(Loss):
    """max(0, margin + |pred - positive|^2 - |pred - negative|^2), per example.

    Schroff, Kalenichenko and Philbin, FaceNet (2015).

    Args:
        margin: how much nearer the positive example has to be.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: the margin is no number.

    Example:
        >>> import gluonish as mx
        >>> pred, near, far = mx.nd.array([[0.0]]), mx.nd.array([[2.0]]), mx.nd.array([[1.0]])
        >>> mx.gluon.loss.TripletLoss()(pred, near, far).asnumpy()
        array([4.], dtype=float32)
    """

    def __init__(
        self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        check_number("TripletLoss", "margin", margin)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, positive: Any, negative: Any) -> Any:
        """Compare."""
        near = F.square(label_like(F, positive, pred) - pred)
        far = F.square(label_like(F, negative, pred) - pred)
        loss = F.relu(F.sum(near - far, axis=self._batch_axis, exclude=True) + self._margin)
        return weighted(F, loss, self._weight, None)


class CosineEmbeddingLoss(Loss):
    """1 - cos for the label 1, max(0, cos - margin) for -1, with the cosine between two vectors; (N, 1).

    Args:
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        margin: up to which cosine vectors count as different.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: the margin is no number.

    Example:
        >>> import gluonish as mx
        >>> loss = mx.gluon.loss.CosineEmbeddingLoss()
        >>> x, y = mx.nd.array([[1.0, 0.0], [1.0, 0.0]]), mx.nd.array([[0.0, 1.0], [2.0, 0.0]])
        >>> loss(x, y, mx.nd.array([1, -1])).asnumpy()
        array([[1.],
               [1.]], dtype=float32)
    """

    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        check_number("CosineEmbeddingLoss", "margin", margin)
        self._margin = margin

    def hybrid_forward(self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        input1 = label_like(F, input1, input2)
        label = F.reshape(label, shape=(-1, 1))
        cosine = self._cosine(F, input1, input2)
        apart = F.relu(cosine - self._margin)
        loss = (label == 1) * (1 - cosine) + (label == -1) * apart
        return weighted(F, loss, self._weight, sample_weight)

    @staticmethod
    def _cosine(F: Any, x: Any, y: Any) -> Any:
        """Return the cosine between the vectors along the last axis; 0 beside a vector of no length."""
        product = F.reshape(F.sum(x * y, axis=-1), shape=(-1, 1))
        lengths = [F.reshape(F.norm(each, axis=-1), shape=(-1, 1)) for each in (x, y)]
        both = lengths[0] * lengths[1]
        return product / F.broadcast_maximum(both, F.ones_like(both) * 1e-12)


class SDMLLoss(Loss):
    """Smoothed deep metric learning: of two batches, each row should be nearest to its partner.

    Bonadiman, Kumar and Mittal, Large scale question paraphrase retrieval with smoothed deep metric learning
    (2019). The softmax of the negative squared distances from a row to all rows of the other batch is
    compared, by KLDivLoss, with a distribution that is 1 - s for the partner and s spread over the rest.

    Args:
        smoothing_parameter: the number s, from 0 to 1.
        weight: taken for the sake of the interface; as in MXNet it changes nothing.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: the smoothing is no number from 0 to 1.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.array([[0.0], [9.0]])
        >>> mx.gluon.loss.SDMLLoss(0)(x, x).asnumpy().round(4) + 0.0
        array([0., 0.], dtype=float32)
    """

    def __init__(
        self,
        smoothing_parameter: float = 0.3,
        weight: float | None = 1.0,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        check_number("SDMLLoss", "smoothing_parameter", smoothing_parameter, 0, 1)
        self.smoothing_parameter = smoothing_parameter
        self.kl_loss = KLDivLoss(from_logits=True)

    def hybrid_forward(self, F: Any, x1: Any, x2: Any) -> Any:
        """Compare two batches (N, features)."""
        between = F.broadcast_sub(F.expand_dims(x1, axis=1), F.expand_dims(x2, axis=0))
        distances = F.sum(F.square(between), axis=2)
        return self.kl_loss(F.log_softmax(-distances, axis=1), self._labels(F, distances))

    def _labels(self, F: Any, distances: Any) -> Any:
        """Return what the probabilities should be; there is at least one row beside the partner, or none."""
        number = F.contrib.arange_like(distances, axis=0)
        partner = F.broadcast_equal(F.expand_dims(number, axis=1), F.expand_dims(number, axis=0))
        others = F.sum(1 - partner, axis=1, keepdims=True)
        spread = self.smoothing_parameter / F.broadcast_maximum(others, F.ones_like(others))
        return partner * (1 - self.smoothing_parameter) + F.broadcast_mul(1 - partner, spread)
