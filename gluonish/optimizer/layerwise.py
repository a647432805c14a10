"""Optimizers whose steps depend on the norms of whole parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.ops.updates import adaptive, descent
from gluonish.optimizer.adam import MEAN, VARIANCE
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import register
from gluonish.optimizer.sgd import MOMENTUM, SGD

__all__ = ["LAMB", "LARS"]

ENOUGH = 45
"""The most parameters that MXNet updates with LAMB in one call."""


@register
class LAMB(Optimizer):
    """Layerwise adaptive moments: You et al., Large batch optimization for deep learning (2020), algorithm 2.

    With G = C(r g) and running means m and v of G and G^2, corrected for their start at zero::

        q = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + wd w
        w <- w - lr |w| / |q| q

    Where a norm is 0 the quotient counts as 1.

    Args:
        learning_rate: 0.001 if not given (and no scheduler is).
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of their squares.
        epsilon: keeps the divisor from 0.
        lower_bound: the least that the norm of the weight counts, or None.
        upper_bound: the most, likewise.
        bias_correction: whether to make up for the start at zero.
        kwargs: see ``Optimizer``.
    """

    default_learning_rate = 0.001
    elementwise = False
    usual_aggregate = ENOUGH

    def __init__(
        self,
        learning_rate: float | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction

    def _aggregate(self) -> int:
        return max(1, min(super()._aggregate(), ENOUGH))

    def slot_names(self) -> dict[str, str]:
        """The two running means."""
        return {MEAN: "zeros", VARIANCE: "zeros"}

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return what makes up for the start at zero, with the rates."""
        scale, root = (1.0, 1.0)
        if self.bias_correction:
            scale, root = adaptive.start_correction(self.beta1, self.beta2, t)
        return {"lr": lr, "wd": wd, "scale": scale, "epsilon": self.epsilon * root}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        adaptive.lamb(
            xp,
            weight,
            grad,
            slots[MEAN],
            slots[VARIANCE],
            weight,
            beta1=self.beta1,
            beta2=self.beta2,
            lower_bound=self.lower_bound,
            upper_bound=self.upper_bound,
            **rates,
            **self.scaling,
        )


@register
class LARS(SGD):
    """Layerwise adaptive rates: You, Gitman and Ginsburg, Large batch training (2017).

    For each parameter the learning rate of ``SGD`` is multiplied with ::

        eta |w| / (r |g| + wd |w| + eps)

    Where a norm is 0 it stays. Parameters whose names, if the optimizer was given names, end in ``gamma``,
    ``beta`` or ``bias`` keep their rate, and only those whose names end in ``_weight`` decay.

    Args:
        momentum: how much of the last change is kept.
        lazy_update: with row-sparse gradients, touch only the rows that have one.
        eta: how far a step may go, in norms of the weight.
        eps: keeps the divisor from 0.
        momentum_correction: when the learning rate changes, change the momentum in the same proportion for a
            step: Goyal et al., Accurate, large minibatch SGD (2017), section 2.
        kwargs: see ``Optimizer``.

    Attributes:
        last_lr: the learning rate of the step before, for the correction.
        cur_lr: that of the last step.
    """

    decaying = ("_weight",)
    elementwise = False

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(momentum, lazy_update, **kwargs)
        self.eta = eta
        self.eps = eps
        self.momentum_correction = momentum_correction
        self.last_lr: float | None = None
        self.cur_lr: float | None = None
        self._seen: int | None = None

    @property
    def works_on_flat_arrays(self) -> bool:
        """Whether no parameter is known by a name that keeps its rate."""
        return super().works_on_flat_arrays and not self.idx2name

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return the rates, and the momentum as the learning rate's change corrects it."""
        return {"lr": lr, "wd": wd, "momentum": self.momentum * self._change_of_rate(), "eta": self.eta}

    def rates(self, index: Any) -> dict[str, float]:
        """Return the coefficients for one parameter; ``eta`` is 0 where its name keeps the rate."""
        rates = super().rates(index)
        if str(self.idx2name.get(index, "")).endswith(("gamma", "beta", "bias")):
            rates["eta"] = 0.0
        return rates

    def _change_of_rate(self) -> float:
        """Return the learning rate of this step over that of the step before."""
        if self._seen != self.num_update:
            self._seen = self.num_update
            now = self.learning_rate
            self.last_lr, self.cur_lr = (now if self.cur_lr is None else self.cur_lr), now
        if not (self.momentum_correction and self.last_lr and self.cur_lr):
            return 1.0
        return self.cur_lr / self.last_lr

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its momentum in place."""
        lr, wd = rates["lr"], rates["wd"]
        if rates["eta"]:
            lr = lr * descent.lars_scale(
                xp,
                descent.norm(xp, weight),
                descent.norm(xp, grad),
                wd=wd,
                eta=rates["eta"],
                eps=self.eps,
                rescale=self.rescale_grad,
            )
        if MOMENTUM not in slots:
            descent.sgd(xp, weight, grad, weight, lr=lr, wd=wd, **self.scaling)
        else:
            mom, momentum = slots[MOMENTUM], rates["momentum"]
            descent.sgd_momentum(
                xp, weight, grad, mom, weight, lr=lr, wd=wd, momentum=momentum, **self.scaling
            )
