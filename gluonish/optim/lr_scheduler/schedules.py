"""Schedules that are formulas of the epoch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from gluonish.errors import ArgumentError
from gluonish.optim.lr_scheduler.base import LRScheduler
from gluonish.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "StepLR"]


class LambdaLR(LRScheduler):
    """Sets the rate to its first value times a function of the epoch.

    Args:
        optimizer: the optimizer.
        lr_lambda: the function, or a list with one for each group.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: another number of functions than of groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * count if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != count:
            raise ArgumentError(
                "LambdaLR",
                "needs one function, or one for each group",
                expected=count,
                received=len(self.lr_lambdas),
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return base times function."""
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class StepLR(LRScheduler):
    """Multiplies the rate by ``gamma`` every ``step_size`` epochs.

    Args:
        optimizer: the optimizer.
        step_size: epochs between changes.
        gamma: the factor.
        last_epoch: see ``LRScheduler``.

    Example:
        >>> from gluonish import nn, optim
        >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
        >>> schedule = optim.lr_scheduler.StepLR(sgd, step_size=2, gamma=0.5)
        >>> rates = []
        >>> for _ in range(5):
        ...     rates.append(sgd.param_groups[0]["lr"])
        ...     schedule.step()
        >>> rates
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates there are, times gamma where a change is due."""
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self.rates()
        return [rate * self.gamma for rate in self.rates()]


class MultiStepLR(LRScheduler):
    """Multiplies the rate by ``gamma`` at certain epochs.

    Args:
        optimizer: the optimizer.
        milestones: the epochs.
        gamma: the factor.
        last_epoch: see ``LRScheduler``.
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates there are, times gamma as often as the epoch is a milestone."""
        return [rate * self.gamma ** self.milestones[self.last_epoch] for rate in self.rates()]


class ExponentialLR(LRScheduler):
    """Multiplies the rate by ``gamma`` every epoch.

    Args:
        optimizer: the optimizer.
        gamma: the factor.
        last_epoch: see ``LRScheduler``.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates there are, times gamma after the first epoch."""
        return [rate * (self.gamma if self.last_epoch else 1.0) for rate in self.rates()]


class LinearLR(LRScheduler):
    """Moves the factor on the first rate from one number to another, in a straight line.

    Args:
        optimizer: the optimizer.
        start_factor: the factor in the first epoch, above 0.
        end_factor: the factor at the end.
        total_iters: epochs until then.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: a factor is not in (0, 1] or [0, 1].
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ArgumentError(
                "LinearLR",
                "cannot work with these factors",
                expected="a start in (0, 1] and an end in [0, 1]",
                received=f"{start_factor} and {end_factor}",
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates there are, times the quotient of the factors of this epoch and the one before."""
        if self.last_epoch == 0:
            return [rate * self.start_factor for rate in self.rates()]
        if self.last_epoch > self.total_iters:
            return self.rates()
        change = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * change
        return [rate * (1.0 + change / before) for rate in self.rates()]


class CosineAnnealingLR(LRScheduler):
    """Moves the rate along half a cosine, and back: Loshchilov and Hutter, SGDR (2017), equation 5.

    Args:
        optimizer: the optimizer.
        T_max: epochs of half a period.
        eta_min: the lowest rate.
        last_epoch: see ``LRScheduler``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates of this epoch from those of the one before."""
        epoch, half, low = self.last_epoch, self.T_max, self.eta_min
        if epoch == 0:
            return self.rates()
        now = 1.0 + math.cos(math.pi * epoch / half)
        before = 1.0 + math.cos(math.pi * (epoch - 1) / half)
        if (epoch - 1 - half) % (2 * half) == 0:  # the rate before was the lowest, and says nothing
            rise = (1.0 - math.cos(math.pi / half)) / 2.0
            pairs = zip(self.base_lrs, self.rates(), strict=True)
            return [rate + (base - low) * rise for base, rate in pairs]
        return [now / before * (rate - low) + low for rate in self.rates()]
