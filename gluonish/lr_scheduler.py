"""Learning-rate schedules: the rate as a function of the number of updates.

A scheduler is called with the number of updates so far and returns the learning rate. ``base_lr`` is a plain
attribute that an optimizer, or a program, may overwrite at any time: what follows, warm-up included, starts
from the new value.
"""

from __future__ import annotations

import itertools
import logging
import math
import operator
from collections.abc import Callable
from typing import Any

from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "CosineScheduler",
    "FactorScheduler",
    "LRScheduler",
    "MultiFactorScheduler",
    "Multiplier",
    "PolyScheduler",
    "multiplier_at",
]

_LOG = logging.getLogger(__name__)

_WARMUP_MODES = ("linear", "constant")

_Warmup = tuple[int, float, str]  # the last three arguments of every scheduler


Multiplier = float | Callable[[int], float]
"""A factor: a number, or a function of the number of updates, such as a scheduler."""


def multiplier_at(multiplier: Multiplier, num_update: int) -> float:
    """Return what a factor is after a number of updates.

    Example:
        >>> multiplier_at(2, 10), multiplier_at(lambda n: 1 / n, 10)
        (2.0, 0.1)
    """
    return float(multiplier(num_update) if callable(multiplier) else multiplier)


class LRScheduler:
    """Base of schedulers: it knows the warm-up; what comes after is ``__call__`` of a subclass.

    Args:
        base_lr: the rate at the end of the warm-up.
        warmup_steps: the number of updates that the warm-up takes, 0 for none.
        warmup_begin_lr: the rate it begins with, at most ``base_lr``.
        warmup_mode: ``"linear"`` climbs from ``warmup_begin_lr`` to ``base_lr``, ``"constant"`` stays at
            ``warmup_begin_lr`` until the warm-up is over.

    Attributes:
        base_lr: the rate that the schedule works from; it may be overwritten.

    Raises:
        ArgumentError: a negative number of steps, an unknown mode, or a beginning above ``base_lr``.
        ArgumentTypeError: ``warmup_steps`` is no integer.

    Example:
        >>> class Halving(LRScheduler):
        ...     def __call__(self, num_update):
        ...         return self.base_lr * 0.5**num_update
        >>> Halving(base_lr=0.8)(2)
        0.2
    """

    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        self.base_lr = base_lr
        self._warmup_final_lr: float | None = None
        self.warmup_steps = _integer(warmup_steps, "warmup_steps", least=0)
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_mode = warmup_mode
        if warmup_begin_lr > base_lr:
            raise ArgumentError(
                "The warm-up",
                "starts above the rate it leads to",
                expected=f"warmup_begin_lr of at most base_lr={base_lr}",
                received=warmup_begin_lr,
            )
        if warmup_mode not in _WARMUP_MODES:
            raise ArgumentError(
                "warmup_mode",
                "is unknown",
                expected=" or ".join(map(repr, _WARMUP_MODES)),
                received=repr(warmup_mode),
            )

    def __setstate__(self, state: dict[str, Any]) -> None:
        # MXNet pickles the rate that the warm-up leads to under its public name.
        final = {"_warmup_final_lr": state["warmup_final_lr"]} if "warmup_final_lr" in state else {}
        self.__dict__.update({**state, **final})
        self.__dict__.pop("warmup_final_lr", None)

    @property
    def warmup_final_lr(self) -> float:
        """The rate that the warm-up leads to: ``base_lr``, unless it is set to another."""
        return self.base_lr if self._warmup_final_lr is None else self._warmup_final_lr

    @warmup_final_lr.setter
    def warmup_final_lr(self, value: float) -> None:
        self._warmup_final_lr = value

    def get_warmup_lr(self, num_update: int) -> float:
        """Return the rate during the warm-up.

        Args:
            num_update: the number of updates so far, less than ``warmup_steps``.

        Raises:
            ArgumentError: the warm-up is over by then.
        """
        if num_update >= self.warmup_steps:
            raise ArgumentError(
                "The warm-up",
                "is over",
                expected=f"an update before number {self.warmup_steps}",
                received=num_update,
            )
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        climb = self.warmup_final_lr - self.warmup_begin_lr
        return self.warmup_begin_lr + climb * num_update / self.warmup_steps

    def __call__(self, num_update: int) -> float:
        """Return the learning rate after ``num_update`` updates."""
        raise NotImplementedError(f"{type(self).__name__} does not say what the rate is: define __call__")


class _SteppedScheduler(LRScheduler):
    """Base of schedules that multiply ``base_lr`` itself when a step is passed.

    They go one way: asked for an earlier update, they return the decayed rate, as in MXNet.
    """

    def __init__(self, factor: float, base_lr: float, warmup: _Warmup) -> None:
        super().__init__(base_lr, *warmup)
        if factor > 1:
            raise ArgumentError("factor", "would raise the rate", expected="at most 1", received=factor)
        self.factor = factor
        self.count = 0

    def _decay(self, num_update: int, least: float = 0.0) -> None:
        if self._warmup_final_lr is None:
            # The warm-up leads to the rate before any decay, also when it is asked about afterwards.
            self._warmup_final_lr = self.base_lr
        before, self.base_lr = self.base_lr, max(self.base_lr * self.factor, least)
        if self.base_lr != before:
            _LOG.info("update %d: the learning rate is now %.5e", num_update, self.base_lr)


class FactorScheduler(_SteppedScheduler):
    """Multiply the rate by ``factor`` every ``step`` updates.

    The first drop is seen at update ``step + 1``. Steps are counted from update 0, whatever the warm-up.

    Args:
        step: the number of updates between drops, 1 or more.
        factor: what the rate is multiplied by, at most 1.
        stop_factor_lr: the rate never goes below this.
        base_lr: the rate to start from.
        warmup_steps: see ``LRScheduler``, as for the rest.
        warmup_begin_lr: the rate the warm-up begins with.
        warmup_mode: ``"linear"`` or ``"constant"``.

    Raises:
        ArgumentError: a step below 1, a factor above 1, or an impossible warm-up.
        ArgumentTypeError: a step that is no integer.

    Example:
        >>> schedule = FactorScheduler(step=2, factor=0.5, base_lr=1.0)
        >>> [schedule(n) for n in range(6)]
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(factor, base_lr, (warmup_steps, warmup_begin_lr, warmup_mode))
        self.step = _integer(step, "step", least=1)
        self.stop_factor_lr = stop_factor_lr

    def __call__(self, num_update: int) -> float:
        """Return the learning rate after ``num_update`` updates."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while num_update > self.count + self.step:
            self.count += self.step
            self._decay(num_update, self.stop_factor_lr)
        return self.base_lr


class MultiFactorScheduler(_SteppedScheduler):
    """Multiply the rate by ``factor`` at each of the given updates.

    A drop is seen at the update after the one listed. Updates are counted from 0, whatever the warm-up.

    Args:
        step: the updates to drop after: increasing integers, 1 or more.
        factor: what the rate is multiplied by, at most 1.
        base_lr: the rate to start from.
        warmup_steps: see ``LRScheduler``, as for the rest.
        warmup_begin_lr: the rate the warm-up begins with.
        warmup_mode: ``"linear"`` or ``"constant"``.

    Raises:
        ArgumentError: no steps, steps that do not increase, a factor above 1, or an impossible warm-up.
        ArgumentTypeError: ``step`` is neither a list nor a tuple of integers.

    Example:
        >>> schedule = MultiFactorScheduler(step=[2, 4], factor=0.5, base_lr=1.0)
        >>> [schedule(n) for n in range(7)]
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self,
        step: list[int],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(factor, base_lr, (warmup_steps, warmup_begin_lr, warmup_mode))
        self.step = _increasing(step)
        self.cur_step_ind = 0

    def __call__(self, num_update: int) -> float:
        """Return the learning rate after ``num_update`` updates."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self._decay(num_update)
        return self.base_lr


class _AnnealingScheduler(LRScheduler):
    """Base of schedules that lead from ``base_lr`` to ``final_lr`` in a fixed number of updates.

    The rate is a function of the update alone: nothing is counted, and ``base_lr`` stays as it was set.
    """

    def __init__(self, max_update: int, base_lr: float, final_lr: float, warmup: _Warmup) -> None:
        super().__init__(base_lr, *warmup)
        self.max_update = _integer(max_update, "max_update", least=1)
        self.final_lr = final_lr

    def __setstate__(self, state: dict[str, Any]) -> None:
        # In what MXNet pickled, base_lr is the last rate, and base_lr_orig the one the schedule works from.
        state = {name: value for name, value in state.items() if name != "max_steps"}
        if "base_lr_orig" in state:
            state["base_lr"] = state.pop("base_lr_orig")
        super().__setstate__(state)

    @property
    def base_lr_orig(self) -> float:
        """Another name of ``base_lr``, as in MXNet."""
        return self.base_lr

    @base_lr_orig.setter
    def base_lr_orig(self, value: float) -> None:
        self.base_lr = value

    @property
    def max_steps(self) -> int:
        """The number of updates between the warm-up and ``max_update``."""
        return self.max_update - self.warmup_steps

    def _remaining(self, progress: float) -> float:
        """Return the part of the way down that is left after the part ``progress`` of the time."""
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        """Return the learning rate after ``num_update`` updates."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if self.max_steps <= 0:
            # The warm-up fills the whole schedule: there is no time left to go down in.
            return self.base_lr
        progress = (min(num_update, self.max_update) - self.warmup_steps) / self.max_steps
        return self.final_lr + (self.base_lr - self.final_lr) * self._remaining(progress)


class PolyScheduler(_AnnealingScheduler):
    """Lower the rate along a power of the remaining time, and keep it after ``max_update``.

    After the warm-up, with p = (n - warmup_steps) / (max_update - warmup_steps), the rate is
    ``final_lr + (base_lr - final_lr) * (1 - p) ** pwr``. A warm-up that lasts until ``max_update`` or longer
    leaves the rate at ``base_lr``.

    Args:
        max_update: the update from which the rate stays at ``final_lr``, 1 or more.
        base_lr: the rate to start from.
        pwr: the power.
        final_lr: the rate at the end.
        warmup_steps: see ``LRScheduler``, as for the rest.
        warmup_begin_lr: the rate the warm-up begins with.
        warmup_mode: ``"linear"`` or ``"constant"``.

    Raises:
        ArgumentError: ``max_update`` below 1, or an impossible warm-up.
        ArgumentTypeError: ``max_update`` is no integer.

    Example:
        >>> schedule = PolyScheduler(max_update=4, base_lr=1.0, pwr=1)
        >>> [schedule(n) for n in range(6)]
        [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, (warmup_steps, warmup_begin_lr, warmup_mode))
        self.power = pwr

    def _remaining(self, progress: float) -> float:
        return (1 - progress) ** self.power


class CosineScheduler(_AnnealingScheduler):
    """Lower the rate along half a cosine wave, and keep it after ``max_update``.

    After the warm-up, with p = (n - warmup_steps) / (max_update - warmup_steps), the rate is
    ``final_lr + (base_lr - final_lr) * (1 + cos(pi * p)) / 2`` (I. Loshchilov, F. Hutter, SGDR: Stochastic
    Gradient Descent with Warm Restarts, ICLR 2017, equation 5, without restarts). A warm-up that lasts until
    ``max_update`` or longer leaves the rate at ``base_lr``.

    Args:
        max_update: the update from which the rate stays at ``final_lr``, 1 or more.
        base_lr: the rate to start from.
        final_lr: the rate at the end.
        warmup_steps: see ``LRScheduler``, as for the rest.
        warmup_begin_lr: the rate the warm-up begins with.
        warmup_mode: ``"linear"`` or ``"constant"``.

    Raises:
        ArgumentError: ``max_update`` below 1, or an impossible warm-up.
        ArgumentTypeError: ``max_update`` is no integer.

    Example:
        >>> schedule = CosineScheduler(max_update=4, base_lr=1.0, final_lr=0.1)
        >>> [round(schedule(n), 4) for n in range(6)]
        [1.0, 0.8682, 0.55, 0.2318, 0.1, 0.1]
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, (warmup_steps, warmup_begin_lr, warmup_mode))

    def _remaining(self, progress: float) -> float:
        return (1 + math.cos(math.pi * progress)) / 2


def _integer(value: Any, name: str, *, least: int) -> int:
    """Return ``value`` as an int, or say what is wrong with it."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(name, "is no integer", expected="an integer", received=repr(value)) from None
    if number < least:
        raise ArgumentError(name, "is too small", expected=f"{least} or more", received=number)
    return number


def _increasing(step: Any) -> list[int]:
    """Return the updates of a MultiFactorScheduler as a list."""
    if not isinstance(step, (list, tuple)):
        raise ArgumentTypeError(
            "step", "is no list", expected="a list of increasing integers", received=repr(step)
        )
    if not step:
        raise ArgumentError("step", "is empty", expected="at least one update to drop the rate after")
    steps = [_integer(value, f"step[{i}]", least=1) for i, value in enumerate(step)]
    for before, after in itertools.pairwise(steps):
        if after <= before:
            raise ArgumentError(
                "step", "does not increase", expected=f"a number above {before}", received=after
            )
    return steps
