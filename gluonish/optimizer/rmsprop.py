"""RMSProp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.ops.updates import adaptive
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register

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

    default_learning_rate = 0.001
    single_states = True

    def __init__(
        self,
        learning_rate: float | None = None,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.epsilon = epsilon
        self.centered = centered
        self.clip_weights = clip_weights

    def slot_names(self) -> dict[str, str]:
        """The running mean of squares; centred, also that of gradients, and the last change."""
        names = ("n", "g", "delta") if self.centered else ("n",)
        return dict.fromkeys(names, "zeros")

    def pack_state(self, slots: Mapping[str, Any]) -> Any:
        """Return slots as a tuple, even of one array, as MXNet does."""
        return tuple(slots[name] for name in self.slot_names())

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        common = {"gamma1": self.gamma1, "epsilon": self.epsilon, "clip_weights": self.clip_weights}
        common |= {**rates, **self.scaling}
        if not self.centered:
            adaptive.rmsprop(xp, weight, grad, slots["n"], weight, **common)
            return
        n, g, delta = slots["n"], slots["g"], slots["delta"]
        adaptive.centred_rmsprop(xp, weight, grad, n, g, delta, weight, gamma2=self.gamma2, **common)
