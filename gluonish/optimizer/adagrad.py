"""AdaGrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.optimizer.optimizer import Optimizer, register, rescaled
from gluonish.optimizer.sgd import is_zero

__all__ = ["AdaGrad"]


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

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def slot_names(self) -> dict[str, str]:
        """The sum of squared gradients."""
        return {"history": "zeros"}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its history in place."""
        lr, wd = rates["lr"], rates["wd"]
        gradient = rescaled(xp, grad, self.rescale_grad, self.clip_gradient)
        history = slots["history"]
        history += gradient * gradient
        gradient /= xp.sqrt(history + self.float_stable_eps)
        if not is_zero(wd):
            gradient += weight * wd
        gradient *= lr
        weight -= gradient
