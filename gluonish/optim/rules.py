"""The formulas of torch's optimizers, as rules for flat memory.

A rule is an optimizer of ``gluonish.optimizer`` that takes its settings from a parameter group, a dictionary
that users may change at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.ops.updates import descent
from gluonish.optimizer.base import Optimizer

__all__ = ["AdagradRule", "AdamRule", "AdamWRule", "RMSpropRule", "Rule", "SGDRule"]


class Rule(Optimizer):
    """A formula with the settings of one group.

    Args:
        group: the group's dictionary.
    """

    def __init__(self, group: dict[str, Any]) -> None:
        super().__init__(learning_rate=0.0)
        self.group = group

    def refresh(self) -> None:
        """Take over the rates of the group as they are now."""
        self.lr = float(self.group["lr"])
        self.wd = float(self.group["weight_decay"])
        self.rescale_grad = -1.0 if self.group["maximize"] else 1.0

    def decayed(self, xp: Any, weight: Any, grad: Any, wd: Any) -> Any:
        """Return the gradient (its opposite, to maximise) plus ``wd`` times the weight, as a new array."""
        return descent.with_decay(xp, grad, weight, wd, self.rescale_grad, None)


class SGDRule(Rule):
    """See ``optim.SGD``."""

    takes_complex = True  # it adds multiples of gradients, and nothing else

    def slot_names(self) -> dict[str, str]:
        """The running sum of gradients, if there is momentum."""
        return {"momentum_buffer": "zeros"} if self.group["momentum"] else {}

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Let the first gradient enter the running sum undamped."""
        return {"lr": lr, "wd": wd, "intake": np.where(t == 1, 1.0, 1.0 - self.group["dampening"])}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and the running sum in place."""
        change = self.decayed(xp, weight, grad, rates["wd"])
        momentum = self.group["momentum"]
        if momentum:
            total = slots["momentum_buffer"]
            total *= momentum
            total += change * rates["intake"]
            change = change + total * momentum if self.group["nesterov"] else total.copy()
        change *= rates["lr"]
        weight -= change


class AdamRule(Rule):
    """See ``optim.Adam``."""

    decoupled = False
    """Whether decay shrinks the weight by itself, and does not enter the gradient."""

    def slot_names(self) -> dict[str, str]:
        """The running means of gradients and of their squares, and the largest of the latter."""
        names = {"exp_avg": "zeros", "exp_avg_sq": "zeros"}
        return {**names, "max_exp_avg_sq": "zeros"} if self.group["amsgrad"] else names

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return rates that make up for the means' start at zero."""
        beta1, beta2 = self.group["betas"]
        return {
            "size": lr / (1.0 - beta1**t),
            "root": np.sqrt(1.0 - beta2**t),
            "wd": wd * (not self.decoupled),
            "shrink": lr * wd * self.decoupled,
        }

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and its running means in place."""
        beta1, beta2 = self.group["betas"]
        gradient = self.decayed(xp, weight, grad, rates["wd"])
        mean, square = slots["exp_avg"], slots["exp_avg_sq"]
        mean += (gradient - mean) * (1.0 - beta1)
        gradient *= gradient
        gradient *= 1.0 - beta2
        square *= beta2
        square += gradient
        if self.group["amsgrad"]:
            square = xp.maximum(slots["max_exp_avg_sq"], square, out=slots["max_exp_avg_sq"])
        divisor = xp.sqrt(square)
        divisor /= rates["root"]
        divisor += self.group["eps"]
        if self.decoupled:
            weight -= weight * rates["shrink"]
        change = mean / divisor
        change *= rates["size"]
        weight -= change


class AdamWRule(AdamRule):
    """See ``optim.AdamW``."""

    decoupled = True


class RMSpropRule(Rule):
    """See ``optim.RMSprop``."""

    def slot_names(self) -> dict[str, str]:
        """The running means of squares and of gradients, and the last change."""
        names = {"square_avg": "zeros"}
        if self.group["momentum"]:
            names["momentum_buffer"] = "zeros"
        if self.group["centered"]:
            names["grad_avg"] = "zeros"
        return names

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and what is kept in place."""
        alpha, momentum = self.group["alpha"], self.group["momentum"]
        gradient = self.decayed(xp, weight, grad, rates["wd"])
        square = slots["square_avg"]
        square *= alpha
        square += gradient * gradient * (1.0 - alpha)
        divisor = square
        if self.group["centered"]:
            mean = slots["grad_avg"]
            mean += (gradient - mean) * (1.0 - alpha)
            divisor = square - mean * mean
        divisor = xp.sqrt(divisor)
        divisor += self.group["eps"]
        gradient /= divisor
        if momentum:
            last = slots["momentum_buffer"]
            last *= momentum
            last += gradient
            gradient = last * rates["lr"]
        else:
            gradient *= rates["lr"]
        weight -= gradient


class AdagradRule(Rule):
    """See ``optim.Adagrad``."""

    def slot_names(self) -> dict[str, str]:
        """The sum of squares."""
        return {"sum": "zeros"}

    def coefficients(self, lr: Any, wd: Any, t: Any) -> dict[str, Any]:
        """Return the decayed learning rate, and what the sum begins with."""
        start = np.where(t == 1, float(self.group["initial_accumulator_value"]), 0.0)
        return {"lr": lr / (1.0 + (t - 1) * self.group["lr_decay"]), "wd": wd, "start": start}

    def step(self, xp: Any, weight: Any, grad: Any, slots: dict[str, Any], rates: Mapping[str, Any]) -> None:
        """Change the weight and the sum of squares in place."""
        gradient = self.decayed(xp, weight, grad, rates["wd"])
        total = slots["sum"]
        total += gradient * gradient + rates["start"]
        gradient /= xp.sqrt(total) + self.group["eps"]
        gradient *= rates["lr"]
        weight -= gradient
