"""Adam and its relatives: running means of gradients and of their squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.ops.updates import adaptive, descent
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register

__all__ = ["Adam", "AdamW", "Adamax", "Nadam"]

MEAN, VARIANCE = "mean", "var"


class _Moments(Optimizer):
    """What Adam and its relatives share."""

    default_learning_rate = 0.001

    def __init__(self, learning_rate: float | None, beta1: float, beta2: float, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def slot_names(self) -> dict[str, str]:
        """The two running means."""
        return {MEAN: "zeros", VARIANCE: "zeros"}

    def decayed(self, xp: Any, weight: Any, grad: Any, wd: Any) -> Any:
        """Return C(r g + wd w), with the decay inside the clipping, as a new array."""
        return descent.with_decay(xp, grad, weight, wd, self.rescale_grad, self.clip_gradient)


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
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.lazy_update = lazy_update

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Put the correction for the start at zero into the learning rate."""
        scale, _ = adaptive.start_correction(self.beta1, self.beta2, t)
        return {"lr": lr * scale, "wd": wd}

    def steps_on_rows(self, stype: str) -> bool:  # noqa: ARG002  any storage
        """Tell whether a row-sparse gradient changes only its rows: ``lazy_update`` says so."""
        return self.lazy_update and type(self).step is Adam.step

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        adaptive.adam(
            xp,
            weight,
            grad,
            slots[MEAN],
            slots[VARIANCE],
            weight,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **rates,
            **self.scaling,
        )


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
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.correct_bias = correct_bias

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return the corrected learning rate and epsilon, and the decay times the plain learning rate."""
        if not self.correct_bias:
            return {"lr": lr, "epsilon": self.epsilon, "decay": lr * wd}
        scale, root = adaptive.start_correction(self.beta1, self.beta2, t)
        return {"lr": lr * scale, "epsilon": self.epsilon * root, "decay": lr * wd}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        adaptive.adamw(
            xp,
            weight,
            grad,
            slots[MEAN],
            slots[VARIANCE],
            weight,
            beta1=self.beta1,
            beta2=self.beta2,
            **rates,
            **self.scaling,
        )


@register
class Adamax(_Moments):
    """Adam with the infinity norm: Kingma and Ba (2015), algorithm 2.

    With G as in ``Adam``::

        m <- beta1 m + (1 - beta1) G
        u <- max(beta2 u, |G|)
        w <- w - lr / (1 - beta1^t)  m / u

    Where no gradient but 0 was seen, the weight stays; MXNet's becomes NaN there.

    Args:
        learning_rate: 0.002 if not given (and no scheduler is).
        beta1: decay of the mean of gradients.
        beta2: decay of the largest gradient.
        kwargs: see ``Optimizer``.
    """

    default_learning_rate = 0.002

    def __init__(
        self, learning_rate: float | None = None, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Put the correction for the start at zero into the learning rate."""
        return {"lr": lr / (1 - self.beta1**t), "wd": wd}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight, the running mean and the largest gradient in place."""
        gradient = self.decayed(xp, weight, grad, rates["wd"])
        mean, largest = slots[MEAN], slots[VARIANCE]
        mean *= self.beta1
        mean += gradient * (1 - self.beta1)
        largest *= self.beta2
        xp.maximum(largest, xp.abs(gradient), out=largest)
        change = mean / xp.where(largest == 0, 1, largest)
        change *= rates["lr"]
        weight -= change


@register
class Nadam(_Moments):
    """Adam with Nesterov's momentum: Dozat, Incorporating Nesterov momentum into Adam (2016).

    With G, m and v as in ``Adam``, c_t = beta1 (1 - 0.96^(t schedule_decay) / 2), and S_t the product of all
    c up to c_t::

        change = (1 - c_t) G / (1 - S_t) + c_{t+1} m / (1 - S_{t+1})
        w <- w - lr change / (sqrt(v / (1 - beta2^t)) + epsilon)

    The product belongs to each parameter. MXNet has one for all parameters and replicas, so that it shrinks
    by several factors in every step.

    Args:
        learning_rate: 0.001 if not given (and no scheduler is).
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of their squares.
        epsilon: keeps the divisor from 0.
        schedule_decay: how fast c grows towards beta1.
        kwargs: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate: float | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, **kwargs)
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay

    @property
    def m_schedule(self) -> float:
        """The product S for the number of updates so far."""
        return float(self._product(self.num_update))

    def _momentum(self, t: Any) -> Any:
        """Return c_t."""
        return self.beta1 * (1 - 0.5 * 0.96 ** (t * self.schedule_decay))

    def _product(self, t: Any) -> Any:
        """Return S_t, counted from ``begin_num_update`` on."""
        steps = np.arange(self.begin_num_update + 1, int(np.max(t)) + 1)
        products = np.cumprod([1.0, *self._momentum(steps)])
        return products[t - self.begin_num_update]

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return the factors of gradient and mean, and what corrects the mean of squares."""
        now, ahead = self._momentum(t), self._momentum(t + 1)
        product = self._product(t)
        return {
            "of_grad": lr * (1 - now) / (1 - product),
            "of_mean": lr * ahead / (1 - product * ahead),
            "of_var": 1 / (1 - self.beta2**t),
            "wd": wd,
        }

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        gradient = self.decayed(xp, weight, grad, rates["wd"])
        mean, var = slots[MEAN], slots[VARIANCE]
        mean *= self.beta1
        mean += gradient * (1 - self.beta1)
        var *= self.beta2
        var += gradient * gradient * (1 - self.beta2)
        change = gradient * rates["of_grad"]
        change += mean * rates["of_mean"]
        change /= xp.sqrt(var * rates["of_var"]) + self.epsilon
        weight -= change
