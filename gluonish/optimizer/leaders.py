"""Optimizers that follow the leader: the weight is computed from sums over all gradients so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.ops.updates import adaptive
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register

__all__ = ["FTML", "Ftrl"]


@register
class Ftrl(Optimizer):
    """Follow the regularised leader: McMahan et al., Ad click prediction (2013), algorithm 1.

    With G = C(r g)::

        z <- z + G - (sqrt(n + G^2) - sqrt(n)) w / lr
        n <- n + G^2
        w <- (sign(z) lamda1 - z) / ((beta + sqrt(n)) / lr + wd)   where |z| > lamda1, else 0

    A weight that never had a gradient becomes 0, and the learning rate must not be 0.

    Args:
        lamda1: the L1 coefficient.
        learning_rate: 0.1 if not given (and no scheduler is).
        beta: lowers the first rates.
        kwargs: see ``Optimizer``.
    """

    default_learning_rate = 0.1
    single_states = True

    def __init__(
        self, lamda1: float = 0.01, learning_rate: float | None = None, beta: float = 1, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.lamda1 = lamda1
        self.beta = beta

    def slot_names(self) -> dict[str, str]:
        """The two sums."""
        return {"z": "zeros", "n": "zeros"}

    def steps_on_rows(self, stype: str) -> bool:
        """Tell whether a row-sparse gradient changes only its rows: of a row-sparse parameter it does."""
        return stype == "row_sparse"

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and the sums in place."""
        adaptive.ftrl(
            xp,
            weight,
            grad,
            slots["z"],
            slots["n"],
            weight,
            lamda1=self.lamda1,
            beta=self.beta,
            **rates,
            **self.scaling,
        )


@register
class FTML(Optimizer):
    """Follow the moving leader: Zheng and Kwok (2017), algorithm 1.

    With G = C(r g + wd w) (the decay is inside the clipping)::

        v <- beta2 v + (1 - beta2) G^2
        d' = (1 - beta1^t) / lr  (sqrt(v / (1 - beta2^t)) + epsilon)
        z <- beta1 z + (1 - beta1) G - (d' - beta1 d) w
        d <- d'
        w <- -z / d

    The learning rate must not be 0.

    Args:
        beta1: decay of the sum of gradients.
        beta2: decay of the mean of their squares.
        epsilon: keeps the divisor from 0.
        kwargs: see ``Optimizer``.
    """

    def __init__(
        self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def slot_names(self) -> dict[str, str]:
        """The last divisor, the mean of squares, and the sum."""
        return dict.fromkeys(("d", "v", "z"), "zeros")

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return how steep the past is, and what corrects the mean of squares."""
        with np.errstate(divide="ignore"):
            steepness = np.divide(1 - self.beta1**t, lr)
        return {"steepness": steepness, "correction": 1 - self.beta2**t, "wd": wd}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and what is kept in place."""
        adaptive.ftml(
            xp,
            weight,
            grad,
            slots["d"],
            slots["v"],
            slots["z"],
            weight,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **rates,
            **self.scaling,
        )
