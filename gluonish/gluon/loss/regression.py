"""Losses of numbers: how far predictions are from values, or from counts."""

from __future__ import annotations

import math
from typing import Any

from gluonish.gluon.loss.base import Loss, label_like, weighted
from gluonish.gluon.nn.arguments import check_number

__all__ = ["HuberLoss", "L1Loss", "L2Loss", "PoissonNLLLoss"]


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
        loss = F.square(label_like(F, label, pred) - pred)
        half = 0.5 if self._weight is None else self._weight / 2
        return self._mean(F, weighted(F, loss, half, sample_weight))


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
        loss = F.abs(label_like(F, label, pred) - pred)
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))


class HuberLoss(Loss):
    """The squared difference near 0, the absolute one elsewhere: Huber, Robust estimation (1964).

    With d = label - pred: d^2 / (2 rho) where |d| <= rho, else |d| - rho / 2.

    Args:
        rho: where the one goes over into the other, above 0.
        weight: a number to multiply with.
        batch_axis: the axis of examples.
        kwargs: as of HybridBlock.

    Raises:
        ArgumentError: ``rho`` is no number.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.loss.HuberLoss()(mx.nd.array([0.5, 3.0]), mx.nd.zeros(2)).asnumpy()
        array([0.125, 2.5  ], dtype=float32)
    """

    def __init__(
        self, rho: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        check_number("HuberLoss", "rho", rho, 0)
        self._rho = rho

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """Compare."""
        distance = F.abs(label_like(F, label, pred) - pred)
        far = distance - 0.5 * self._rho
        loss = F.where(distance > self._rho, far, (0.5 / self._rho) * F.square(distance))
        return self._mean(F, weighted(F, loss, self._weight, sample_weight))


class PoissonNLLLoss(Loss):
    """-log of the probability of counts, given predictions of their means; one number (1,) for all.

    With the prediction p and the count l: exp(p) - l p, or p - l log(p + epsilon) where predictions are no
    logarithms. ``compute_full`` adds Stirling's approximation of log(l!), l log(l) - l + log(2 pi l) / 2, for
    counts above 1.

    Args:
        weight: a number to multiply with.
        from_logits: whether predictions are logarithms of means.
        batch_axis: the axis of examples; the mean is over all axes.
        compute_full: whether to add what does not depend on predictions.
        kwargs: as of HybridBlock.

    Example:
        >>> import gluonish as mx
        >>> mx.gluon.loss.PoissonNLLLoss()(mx.nd.zeros(2), mx.nd.array([1, 3])).asnumpy()
        array([1.], dtype=float32)
    """

    def __init__(
        self,
        weight: float | None = None,
        from_logits: bool = True,
        batch_axis: int = 0,
        compute_full: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._compute_full = compute_full

    def hybrid_forward(
        self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-8
    ) -> Any:
        """Compare."""
        target = label_like(F, target, pred)
        loss = F.exp(pred) - target * pred if self._from_logits else pred - target * F.log(pred + epsilon)
        if self._compute_full:
            # Where it does not count, of 1: log(0) times 0 would be no number.
            counted = target > 1
            count = F.where(counted, target, F.ones_like(target))
            stirling = count * F.log(count) - count + 0.5 * F.log(2 * math.pi * count)
            loss = loss + counted * stirling
        return F.mean(weighted(F, loss, self._weight, sample_weight))
