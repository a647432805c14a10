"""Optimizers for many workers or large batches: delayed gradients, warm-up, accumulation; and with noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.nd import random
from gluonish.ops.updates import descent
from gluonish.optimizer.base import HALF_PRECISION, Optimizer
from gluonish.optimizer.registry import register
from gluonish.optimizer.sgd import MOMENTUM, SGD

__all__ = ["DCASGD", "LBSGD", "SGLD"]

PREVIOUS = "prev"

LEAST, MOST = 0.01, 100.0
"""Bounds of the factor by which LBSGD's layerwise strategy changes a learning rate."""


@register
class DCASGD(Optimizer):
    """Gradient descent with compensation of delays: Zheng et al., Asynchronous SGD (2017).

    With G = C(r g), and p the parameter as it was before the last update::

        m <- momentum m - lr (G + wd w + lamda G^2 (w - p))
        p <- w
        w <- w + m

    Args:
        momentum: how much of the last change is kept.
        lamda: how much of the delay is compensated.
        kwargs: see ``Optimizer``.
    """

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lamda = lamda

    def slot_names(self) -> dict[str, str]:
        """Momentum, unless it is 0, and the parameter as it was."""
        kept = {MOMENTUM: "zeros"} if self.momentum else {}
        return {**kept, PREVIOUS: "copy"}

    def pack_state(self, slots: Mapping[str, Any]) -> Any:
        """Return momentum, or None, and the parameter as it was."""
        return slots.get(MOMENTUM), slots[PREVIOUS]

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and what is kept in place."""
        gradient = descent.rescaled(xp, grad, self.rescale_grad, self.clip_gradient)
        previous = slots[PREVIOUS]
        change = weight - previous
        change *= gradient * gradient * self.lamda
        change += gradient
        if not descent.is_zero(rates["wd"]):
            change += weight * rates["wd"]
        change *= rates["lr"]
        previous[...] = weight
        if MOMENTUM not in slots:
            weight -= change
            return
        momentum = slots[MOMENTUM]
        momentum *= self.momentum
        momentum -= change
        weight += momentum


@register
class SGLD(Optimizer):
    """Stochastic gradient Langevin dynamics: Welling and Teh, Bayesian learning via SGLD (2011).

    With G = C(r g), and noise of variance lr::

        w <- w - lr / 2 (G + wd w) + noise

    The noise is drawn for one parameter after the other, from the random stream of its context.

    Args:
        kwargs: see ``Optimizer``.
    """

    def _update_one(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:  # noqa: ARG002
        self._update_count(index)
        rates = self.rates(index)
        dtype = np.float32 if np.dtype(weight.dtype) in HALF_PRECISION else weight.dtype
        scale = math.sqrt(rates["lr"])
        noise = random.normal(0, scale, shape=weight.shape, dtype=dtype, ctx=weight.context)
        self.run(weight, grad, {"noise": noise}, rates)

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Go half a step down, and add the noise."""
        half = {"lr": rates["lr"] / 2, "wd": rates["wd"]}
        descent.sgd(xp, weight, grad, weight, **half, **self.scaling)
        weight += slots["noise"]


@register
class LBSGD(SGD):
    """Gradient descent for large batches, which can be put together from several small ones.

    The gradients of ``batch_scale`` updates are averaged; the last of them moves the parameter as ``SGD``
    does. Its learning rate is multiplied with a factor that grows from 1 to ``batch_scale`` in
    ``warmup_epochs`` times ``updates_per_epoch`` updates, or, with strategy ``"lars"``, with
    sqrt(W / (G + wd W)) within 0.01 and 100, where W and G are the sums of squares of the parameter and of
    the averaged gradient.

    Args:
        momentum: how much of the last change is kept.
        multi_precision: see ``Optimizer``.
        warmup_strategy: ``"linear"``, ``"power2"`` or ``"sqrt"``: how the factor grows with the number of
            updates; or ``"lars"``. With any other, it is 1 until the end of the warm-up.
        warmup_epochs: length of the warm-up.
        batch_scale: how many updates make a batch.
        updates_per_epoch: how many updates make an epoch.
        begin_epoch: the epoch to count from.
        num_epochs: accepted for MXNet's sake.
        kwargs: see ``Optimizer``.

    Attributes:
        cumgrads: the sums of gradients of incomplete batches, by index and context. A Trainer's files do not
            hold them: save between two batches.
    """

    master_first = True
    usual_aggregate = 0

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: float = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(momentum, multi_precision=multi_precision, **kwargs)
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        self.cumgrads: dict[Any, NDArray] = {}

    def _update_one(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        self._update_count(index)
        average, count = self._accumulate(index, grad)
        if average is None:
            return
        rates = self.rates(index)
        rates["lr"] *= self._factor(weight, average, rates["wd"], count)
        self.run(weight, average, self.unpack_state(state), rates)

    def _accumulate(self, index: Any, grad: NDArray) -> tuple[NDArray | None, int]:
        """Add a gradient; return the average, if the batch is complete, and the number of updates."""
        count = self.init_updates + self._counts[index] - self.begin_num_update
        key = (index, grad.context.place)
        total = self.cumgrads.pop(key, 0) + grad
        if count % self.batch_scale:
            self.cumgrads[key] = total
            return None, count
        return total / self.batch_scale, count

    def _factor(self, weight: NDArray, grad: NDArray, wd: float, count: int) -> float:
        """Return the factor on the learning rate."""
        if self.warmup_strategy == "lars":
            return _layerwise(weight, grad, wd)
        length = self.warmup_epochs * self.updates_per_epoch
        if count >= length:
            return self.batch_scale
        progress = count / length
        shapes = {"linear": progress, "power2": progress**2, "sqrt": math.sqrt(progress)}
        return 1 + (self.batch_scale - 1) * shapes.get(self.warmup_strategy, 0.0) if count > 1 else 1.0


def _layerwise(weight: NDArray, grad: NDArray, wd: float) -> float:
    """Return sqrt(W / (G + wd W)) within bounds, from sums of squares."""
    of_weight, of_grad = (float(each.astype("float32").square().sum().asscalar()) for each in (weight, grad))
    divisor = of_grad + wd * of_weight
    quotient = of_weight / divisor if divisor else math.inf if of_weight else 0.0
    return min(max(math.sqrt(quotient), LEAST), MOST)
