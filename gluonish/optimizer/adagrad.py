"""AdaGrad and AdaDelta: every element has a rate of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.ops.updates import adaptive, descent
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register

__all__ = ["AdaDelta", "AdaGrad"]


@register
class AdaGrad(Optimizer):
    """AdaGrad: Duchi, Hazan and Singer, Adaptive subgradient methods (2011).

    With G = C(r g)::

        h <- h + G^2
        w <- w - lr (G / sqrt(h + eps) + wd w)

    Args:
        eps: keeps the divisor from 0.
        kwargs: see ``Optimizer``.
    """

    single_states = True

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def slot_names(self) -> dict[str, str]:
        """The sum of squared gradients."""
        return {"history": "zeros"}

    def steps_on_rows(self, stype: str) -> bool:  # noqa: ARG002  any storage
        """Tell whether a row-sparse gradient changes only its rows: it does."""
        return True

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its history in place."""
        history = slots["history"]
        adaptive.adagrad(
            xp, weight, grad, history, weight, epsilon=self.float_stable_eps, **rates, **self.scaling
        )


@register
class AdaDelta(Optimizer):
    """AdaDelta: Zeiler, An adaptive learning rate method (2012).

    With G = C(r g)::

        a <- rho a + (1 - rho) G^2
        c <- sqrt(d + epsilon) / sqrt(a + epsilon) G
        d <- rho d + (1 - rho) c^2
        w <- w - c - wd w

    There is no learning rate: what is given as one means nothing.

    Args:
        rho: decay of both running means.
        epsilon: starts the changes, and keeps the divisor from 0.
        kwargs: see ``Optimizer``.
    """

    single_states = True

    def __init__(self, rho: float = 0.9, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def slot_names(self) -> dict[str, str]:
        """The running means of squared gradients and of squared changes."""
        return {"acc_g": "zeros", "acc_delta": "zeros"}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and the running means in place."""
        change = descent.rescaled(xp, grad, self.rescale_grad, self.clip_gradient)
        of_gradients, of_changes = slots["acc_g"], slots["acc_delta"]
        self._follow(of_gradients, change)
        change *= xp.sqrt(of_changes + self.epsilon)
        change /= xp.sqrt(of_gradients + self.epsilon)
        self._follow(of_changes, change)
        if not descent.is_zero(rates["wd"]):
            change += weight * rates["wd"]
        weight -= change

    def _follow(self, mean: Any, value: Any) -> None:
        """Move a running mean of squares."""
        mean *= self.rho
        mean += value * value * (1 - self.rho)
