"""Gradient descent: plain, with momentum, with Nesterov's, and by signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.ops.updates import descent
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register

__all__ = ["NAG", "SGD", "Signum", "Test", "ccSGD"]

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

    master_first = False
    usual_aggregate = 4

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update

    def slot_names(self) -> dict[str, str]:
        """Momentum, unless it is 0."""
        return {MOMENTUM: "zeros"} if self.momentum else {}

    def steps_on_rows(self, stype: str) -> bool:  # noqa: ARG002  any storage
        """Tell whether a row-sparse gradient changes only its rows: ``lazy_update`` says so."""
        return self.lazy_update and type(self).step is SGD.step

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its momentum in place."""
        if MOMENTUM not in slots:
            descent.sgd(xp, weight, grad, weight, **rates, **self.scaling)
        else:
            mom = slots[MOMENTUM]
            descent.sgd_momentum(
                xp, weight, grad, mom, weight, momentum=self.momentum, **rates, **self.scaling
            )


@register
class ccSGD(SGD):  # noqa: N801  MXNet's name
    """Another name of ``SGD``.

    Args:
        args: see ``SGD``.
        kwargs: see ``SGD``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


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

    usual_aggregate = 0

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(momentum, **kwargs)

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its momentum in place."""
        if MOMENTUM not in slots:
            descent.sgd(xp, weight, grad, weight, **rates, **self.scaling)
        else:
            mom = slots[MOMENTUM]
            descent.nag(xp, weight, grad, mom, weight, momentum=self.momentum, **rates, **self.scaling)


@register
class Signum(Optimizer):
    """Descent by the sign of the momentum: Bernstein et al., signSGD (2018).

    With G = C(r g)::

        m <- momentum m - (1 - momentum) (G + wd w)
        w <- (1 - lr wd_lh) w + lr sign(m)

    and without momentum ``w <- (1 - lr wd) w - lr sign(g)``.

    Args:
        learning_rate: 0.01 if not given (and no scheduler is).
        momentum: how much of the running mean of gradients is kept.
        wd_lh: weight decay outside of the momentum: Loshchilov and Hutter, Decoupled weight decay
            regularization (2019).
        kwargs: see ``Optimizer``.
    """

    def __init__(
        self, learning_rate: float | None = None, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh

    def slot_names(self) -> dict[str, str]:
        """Momentum, unless it is 0."""
        return {MOMENTUM: "zeros"} if self.momentum else {}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its momentum in place."""
        if MOMENTUM not in slots:
            descent.sign_descent(xp, weight, grad, weight, **rates)
            return
        descent.signum(
            xp,
            weight,
            grad,
            slots[MOMENTUM],
            weight,
            momentum=self.momentum,
            wd_lh=self.wd_lh,
            **rates,
            **self.scaling,
        )


@register
class Test(Optimizer):
    """An optimizer for tests of what uses one: ``w <- w + r g``, and the state is a copy of the parameter.

    Args:
        kwargs: see ``Optimizer``.
    """

    __test__ = False  # for pytest
    single_states = True

    def slot_names(self) -> dict[str, str]:
        """The parameter as the last update left it."""
        return {"state": "zeros"}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Add the gradient."""
        weight += grad * self.rescale_grad
        slots["state"][...] = weight
