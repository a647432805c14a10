"""The schedule of one cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.optim.lr_scheduler.base import LRScheduler
from gluonish.optim.optimizer import Optimizer

__all__ = ["OneCycleLR"]

_Phase = tuple[float, str, str]
"""The step it ends with, and the names of what the rate goes from and to."""


class OneCycleLR(LRScheduler):
    """Raises the rate to a peak and lowers it far below its start: Smith and Topin, Super-convergence (2018).

    It is stepped after every batch. Momentum (of Adam: the first beta) moves the other way.

    Args:
        optimizer: the optimizer.
        max_lr: the peak, or a list with one for each group.
        total_steps: the number of steps; or
        epochs: the number of epochs, and
        steps_per_epoch: the number of steps in each.
        pct_start: the part of the steps that the rate rises in.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: whether momentum moves.
        base_momentum: the lowest momentum, or a list.
        max_momentum: the highest momentum, or a list.
        div_factor: the first rate is the peak divided by this.
        final_div_factor: the last rate is the first divided by this.
        three_phase: fall to the first rate as fast as it rose, and only then below.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: the number of steps is not given, or another argument is impossible.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.total_steps = _number_of_steps(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1 or anneal_strategy not in _STRATEGIES:
            raise ArgumentError(
                "OneCycleLR",
                "cannot work with these arguments",
                expected="pct_start in [0, 1] and anneal_strategy 'cos' or 'linear'",
                received=f"{pct_start} and {anneal_strategy!r}",
            )
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self.phases = _phases(self.total_steps, pct_start, three_phase=three_phase)
        groups = optimizer.param_groups
        if last_epoch == -1:
            for group, peak in zip(groups, _for_each(max_lr, len(groups)), strict=True):
                first = peak / div_factor
                group.update(lr=first, initial_lr=first, max_lr=peak, min_lr=first / final_div_factor)
        if cycle_momentum:
            self._begin_momentum(groups, base_momentum, max_momentum, anew=last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    @staticmethod
    def _begin_momentum(groups: list[dict[str, Any]], low: Any, high: Any, *, anew: bool) -> None:
        if any("momentum" not in group and "betas" not in group for group in groups):
            raise ArgumentError(
                "OneCycleLR", "cannot move the momentum of this optimizer", fix="Set cycle_momentum=False."
            )
        if anew:
            pairs = zip(_for_each(low, len(groups)), _for_each(high, len(groups)), strict=True)
            for group, (base, top) in zip(groups, pairs, strict=True):
                group.update(base_momentum=base, max_momentum=top)
                _set_momentum(group, top)

    def get_lr(self) -> list[float]:
        """Return the rates of this step, and move momentum.

        Raises:
            ArgumentError: the cycle is over.
        """
        step = self.last_epoch
        if step > self.total_steps:
            raise ArgumentError(
                "OneCycleLR", "is over", expected=f"at most {self.total_steps} steps", received=step
            )
        anneal = _STRATEGIES[self.anneal_strategy]
        last = len(self.phases) - 1
        number = next(i for i, (end, *_) in enumerate(self.phases) if step <= end or i == last)
        end, low, high = self.phases[number]
        begin = self.phases[number - 1][0] if number else 0.0
        part = (step - begin) / (end - begin) if end != begin else 1.0
        rising = number == 0
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(anneal(group[low], group[high], part))
            if self.cycle_momentum:
                ends = (group["max_momentum"], group["base_momentum"])
                if number == last > 1:  # it stays high
                    ends = (group["max_momentum"], group["max_momentum"])
                _set_momentum(group, anneal(*(ends if rising else ends[::-1]), part))
        return rates


def _set_momentum(group: dict[str, Any], value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def _phases(total: int, part: float, *, three_phase: bool) -> list[_Phase]:
    top = part * total - 1
    last = float(total - 1)
    if three_phase:
        return [
            (top, "initial_lr", "max_lr"),
            (2 * part * total - 2, "max_lr", "initial_lr"),
            (last, "initial_lr", "min_lr"),
        ]
    return [(top, "initial_lr", "max_lr"), (last, "max_lr", "min_lr")]


def _number_of_steps(total: int | None, epochs: int | None, per_epoch: int | None) -> int:
    if total is None and epochs is not None and per_epoch is not None:
        total = epochs * per_epoch
    if total is None or total <= 0:
        raise ArgumentError(
            "OneCycleLR",
            "needs the number of steps",
            expected="total_steps, or epochs and steps_per_epoch, above 0",
            received=(total, epochs, per_epoch),
        )
    return total


def _for_each(value: Any, count: int) -> list[Any]:
    listed = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(listed) != count:
        raise ArgumentError(
            "OneCycleLR", "needs a value for each group", expected=count, received=len(listed)
        )
    return listed


def _along_cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * part))


def _along_line(start: float, end: float, part: float) -> float:
    return start + (end - start) * part


_STRATEGIES: dict[str, Callable[[float, float, float], float]] = {
    "cos": _along_cosine,
    "linear": _along_line,
}
