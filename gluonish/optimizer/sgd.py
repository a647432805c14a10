"""Stochastic gradient descent, plain, with momentum, and with Nesterov's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.optimizer.optimizer import Optimizer, register, rescaled

__all__ = ["NAG", "SGD"]

MOMENTUM = "mom"


@register
class SGD(Optimizer):
    """Stochastic gradient descent.

    With C the clipping to +-``clip_gradient``, r ``rescale_grad``, g the gradient, w the parameter::

        m <- momentum m - lr (C(r g) + wd w)
        w <- w + m

    and without momentum ``w <- w - lr (C(r g) + wd w)``.

    Args:
        momentum: how much of the last change is kept.
        lazy_update: with row-sparse gradients, touch only the rows that have one.
        kwargs: see ``Optimizer``.

    Example:
        >>> import gluonish as mx
        >>> sgd = mx.optimizer.SGD(learning_rate=0.1)
        >>> w, g = mx.nd.ones((2,)), mx.nd.array([1.0, 2.0])
        >>> sgd.update(0, w, g, sgd.create_state(0, w))
        >>> w.asnumpy()
        array([0.9, 0.8], dtype=float32)
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update

    def slot_names(self) -> dict[str, str]:
        """Momentum, unless it is 0."""
        return {MOMENTUM: "zeros"} if self.momentum else {}

    def _with_master(self, master: NDArray, state: Any) -> tuple[Any, Any]:
        return state, master

    def _without_master(self, kept: tuple[Any, Any]) -> tuple[NDArray, Any]:
        return kept[1], kept[0]

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its momentum in place."""
        lr, wd = rates["lr"], rates["wd"]
        change = rescaled(xp, grad, self.rescale_grad, self.clip_gradient)
        if not is_zero(wd):
            change += weight * wd
        change *= lr
        momentum = slots.get(MOMENTUM)
        if momentum is None:
            weight -= change
            return
        momentum *= self.momentum
        momentum -= change
        weight += momentum


@register
class NAG(SGD):
    """Nesterov's accelerated gradient, as MXNet computes it.

    With G = C(r g) and the terms of ``SGD``::

        w' <- w - momentum m + (1 + momentum) (momentum m - lr (G + wd w))
        m  <- momentum m - lr (G + wd w')

    MXNet's kernel takes the decay in the second line from the weight it has just changed; so do we, to give
    old programs their numbers. Without decay both lines are Sutskever et al., On the importance of
    initialization and momentum in deep learning (2013).

    Args:
        momentum: how much of the last change is kept.
        kwargs: see ``Optimizer``.
    """

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(momentum, **kwargs)

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its momentum in place."""
        momentum = slots.get(MOMENTUM)
        if momentum is None:
            super().step(xp, weight, grad, slots, rates)
            return
        lr, wd = rates["lr"], rates["wd"]
        change = rescaled(xp, grad, self.rescale_grad, self.clip_gradient)
        decays = not is_zero(wd)
        momentum *= self.momentum
        ahead = (change + weight * wd if decays else change) * lr
        ahead *= -(1 + self.momentum)
        ahead += momentum * self.momentum
        weight += ahead
        if decays:
            change += weight * wd
        change *= lr
        momentum -= change


def is_zero(coefficient: Any) -> bool:
    """Tell whether a coefficient is the number 0, so that its term can be left out."""
    return isinstance(coefficient, (int, float)) and coefficient == 0
