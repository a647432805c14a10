"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer.optimizer import Optimizer, register, rescaled
from gluonish.optimizer.sgd import is_zero

__all__ = ["Adam", "AdamW"]

MEAN, VARIANCE = "mean", "var"


class _Moments(Optimizer):
    """What Adam and its relatives share: running means of gradients and of their squares."""

    def __init__(
        self,
        learning_rate: float | None,
        beta1: float,
        beta2: float,
        epsilon: float,
        lr_scheduler: LRScheduler | None = None,
        **kwargs: Any,
    ) -> None:
        # A scheduler keeps its own rate unless one was asked for.
        default = None if lr_scheduler is not None else 0.001
        rate = default if learning_rate is None else learning_rate
        super().__init__(learning_rate=rate, lr_scheduler=lr_scheduler, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def slot_names(self) -> dict[str, str]:
        """The two running means."""
        return {MEAN: "zeros", VARIANCE: "zeros"}

    def correction(self, t: Any) -> Any:
        """Return sqrt(1 - beta2^t) / (1 - beta1^t), which makes up for the start at zero."""
        return np.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)

    def accumulate(self, xp: Any, gradient: Any, slots: dict[str, Any], epsilon: Any) -> Any:
        """Add a gradient to the running means, and return mean / (sqrt(var) + epsilon)."""
        mean, variance = slots[MEAN], slots[VARIANCE]
        mean *= self.beta1
        mean += gradient * (1 - self.beta1)
        variance *= self.beta2
        gradient *= gradient
        gradient *= 1 - self.beta2
        variance += gradient
        scale = xp.sqrt(variance, out=gradient)
        scale += epsilon
        return xp.divide(mean, scale, out=scale)


@register
class Adam(_Moments):
    """Adam: Kingma and Ba, A method for stochastic optimization (2015).

    With G = C(r g + wd w) (the decay is inside the clipping)::

        m <- beta1 m + (1 - beta1) G
        v <- beta2 v + (1 - beta2) G^2
        w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t)  m / (sqrt(v) + epsilon)

    Args:
        learning_rate: 0.001 if not given (and no scheduler is).
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of their squares.
        epsilon: keeps the divisor from 0.
        lazy_update: with row-sparse gradients, touch only the rows that have one.
        kwargs: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate: float | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, **kwargs)
        self.lazy_update = lazy_update

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Put the correction for the start at zero into the learning rate."""
        return {"lr": lr * self.correction(t), "wd": wd}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        wd = rates["wd"]
        decay = () if is_zero(wd) else (weight * wd,)
        gradient = rescaled(xp, grad, self.rescale_grad, self.clip_gradient, *decay)
        change = self.accumulate(xp, gradient, slots, self.epsilon)
        change *= rates["lr"]
        weight -= change


@register
class AdamW(_Moments):
    """Adam with decoupled weight decay: Loshchilov and Hutter (2019), algorithm 2.

    With G = C(r g) and m, v as in ``Adam``::

        w <- w - lr wd w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)

    Other than in MXNet's Adam, epsilon is added to the corrected root, as both papers state it.

    Args:
        learning_rate: 0.001 if not given (and no scheduler is).
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of their squares.
        epsilon: keeps the divisor from 0.
        correct_bias: whether to make up for the start at zero.
        kwargs: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate: float | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        correct_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, **kwargs)
        self.correct_bias = correct_bias

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return the corrected learning rate and epsilon, and the decay times the plain learning rate."""
        if not self.correct_bias:
            return {"lr": lr, "epsilon": self.epsilon, "decay": lr * wd}
        epsilon = self.epsilon * np.sqrt(1 - self.beta2**t)
        return {"lr": lr * self.correction(t), "epsilon": epsilon, "decay": lr * wd}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        gradient = rescaled(xp, grad, self.rescale_grad, self.clip_gradient)
        change = self.accumulate(xp, gradient, slots, rates["epsilon"])
        change *= rates["lr"]
        if not is_zero(rates["decay"]):
            change += weight * rates["decay"]
        weight -= change
