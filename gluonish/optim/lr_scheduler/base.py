"""What schedules have in common: they count epochs, and write the rates of an optimizer's groups."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]


class LRScheduler:
    """Sets the learning rate of every group, now and at every ``step()``.

    Most schedules change the rate that is there, so several can act on one optimizer.

    Args:
        optimizer: the optimizer.
        last_epoch: the epoch to go on from; the groups then hold the rates of that epoch, and their first
            ones as ``initial_lr``. -1 begins.

    Attributes:
        base_lrs: the first rates of the groups.
        last_epoch: the epoch now.

    Raises:
        ArgumentTypeError: no optimizer of ``gluonish.optim``.
        ArgumentError: it is to go on, and a group has no ``initial_lr``.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentTypeError(
                type(self).__name__,
                "schedules optimizers of gluonish.optim",
                expected="an optim.Optimizer",
                received=type(optimizer).__name__,
                fix="Schedulers for a gluon.Trainer are in mx.lr_scheduler.",
            )
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ArgumentError(
                    type(self).__name__,
                    f"cannot go on: parameter group {number} has no 'initial_lr'",
                    fix="Load the state of the optimizer first.",
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []
        self.step()

    def get_lr(self) -> list[float]:
        """Return the rates of the groups at ``last_epoch``, from those that they have."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def rates(self) -> list[float]:
        """Return the rates that the groups have."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to one that is named, and set the rates."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        for group, rate in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = rate
        self._last_lr = self.rates()

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on, but for the optimizer and functions."""
        return {name: v for name, v in self.__dict__.items() if name != "optimizer" and not _is_code(v)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""
        self.__dict__.update(state_dict)


def _is_code(value: Any) -> bool:
    return callable(value) or (isinstance(value, list) and any(callable(each) for each in value))
