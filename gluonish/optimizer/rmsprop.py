"""RMSProp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer.optimizer import Optimizer, register, rescaled
from gluonish.optimizer.sgd import is_zero

__all__ = ["RMSProp"]


@register
class RMSProp(Optimizer):
    """RMSProp: Tieleman and Hinton, Lecture 6.5 (2012); centred: Graves (2013), equations 38 to 45.

    With G = C(r g + wd w) (the decay is inside the clipping)::

        n <- gamma1 n + (1 - gamma1) G^2
        w <- w - lr G / sqrt(n + epsilon)

    centred::

        n <- gamma1 n + (1 - gamma1) G^2
        a <- gamma1 a + (1 - gamma1) G
        d <- gamma2 d - lr G / sqrt(n - a^2 + epsilon)
        w <- w + d

    Args:
        learning_rate: 0.001 if not given (and no scheduler is).
        gamma1: decay of the running means.
        gamma2: momentum of the centred form.
        epsilon: keeps the divisor from 0.
        centered: which form.
        clip_weights: bound on the absolute value of every weight, or None.
        kwargs: see ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate: float | None = None,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        **kwargs: Any,
    ) -> None:
        if learning_rate is None and lr_scheduler is None:
            learning_rate = 0.001
        super().__init__(learning_rate=learning_rate, lr_scheduler=lr_scheduler, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.epsilon = epsilon
        self.centered = centered
        self.clip_weights = clip_weights

    def slot_names(self) -> dict[str, str]:
        """The running mean of squares; centred, also that of gradients, and the last change."""
        names = ("n", "g", "delta") if self.centered else ("n",)
        return dict.fromkeys(names, "zeros")

    def _single_state(self, made: list[Any]) -> bool:  # noqa: ARG002
        return False  # MXNet's state is a tuple of one here

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        lr, wd = rates["lr"], rates["wd"]
        decay = () if is_zero(wd) else (weight * wd,)
        gradient = rescaled(xp, grad, self.rescale_grad, self.clip_gradient, *decay)
        squares = slots["n"]
        squares *= self.gamma1
        squares += gradient * gradient * (1 - self.gamma1)
        if self.centered:
            self._step_centered(xp, weight, gradient, slots, lr)
        else:
            gradient /= xp.sqrt(squares + self.epsilon)
            gradient *= lr
            weight -= gradient
        if self.clip_weights:
            xp.clip(weight, -self.clip_weights, self.clip_weights, out=weight)

    def _step_centered(self, xp: Any, weight: Any, gradient: Any, slots: dict[str, Any], lr: Any) -> None:
        mean, change = slots["g"], slots["delta"]
        mean *= self.gamma1
        mean += gradient * (1 - self.gamma1)
        gradient /= xp.sqrt(slots["n"] - mean * mean + self.epsilon)
        gradient *= lr
        change *= self.gamma2
        change -= gradient
        weight += change
