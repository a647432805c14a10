"""A schedule that looks at a measure of success."""

from __future__ import annotations

import math
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau:
    """Lowers the rate when a measure has stopped improving.

    Args:
        optimizer: the optimizer.
        mode: ``"min"`` or ``"max"``: which way is better.
        factor: what the rate is multiplied by, below 1.
        patience: epochs without improvement to let pass.
        threshold: how much better counts as an improvement.
        threshold_mode: ``"rel"``, as a part of the best measure, or ``"abs"``.
        cooldown: epochs to wait after a change before counting again.
        min_lr: the lowest rate, or a list with one for each group.
        eps: smaller changes of the rate are not made.

    Raises:
        ArgumentError: an impossible mode or factor, or another number of ``min_lr`` than of groups.

    Example:
        >>> from gluonish import nn, optim
        >>> sgd = optim.SGD([nn.Parameter([1.0])], lr=1.0)
        >>> schedule = optim.lr_scheduler.ReduceLROnPlateau(sgd, patience=1, factor=0.5)
        >>> for loss in (1.0, 1.0, 1.0):
        ...     schedule.step(loss)
        >>> schedule.get_last_lr()
        [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1 or mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ArgumentError(
                "ReduceLROnPlateau",
                "cannot work with these arguments",
                expected="factor below 1, mode 'min' or 'max', threshold_mode 'rel' or 'abs'",
                received=f"{factor}, {mode!r}, {threshold_mode!r}",
            )
        count = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * count
        if len(self.min_lrs) != count:
            raise ArgumentError(
                "ReduceLROnPlateau",
                "needs a min_lr for each group",
                expected=count,
                received=len(self.min_lrs),
            )
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0
        self._last_lr = [float(group["lr"]) for group in optimizer.param_groups]

    def step(self, metrics: Any, epoch: int | None = None) -> None:
        """Look at the measure of an epoch, and lower the rates if it is time."""
        measure = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(measure):
            self.best = measure
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = [float(group["lr"]) for group in self.optimizer.param_groups]

    def _is_better(self, measure: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        margin = self.threshold * (abs(self.best) if self.threshold_mode == "rel" else 1.0)
        if math.isinf(self.best):  # a part of infinity is no margin
            margin = 0.0
        return sign * measure < sign * self.best - margin

    def _reduce(self) -> None:
        for group, lowest in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            rate = max(group["lr"] * self.factor, lowest)
            if group["lr"] - rate > self.eps:
                group["lr"] = rate

    def get_last_lr(self) -> list[float]:
        """Return the rates after the last look."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on, but for the optimizer."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""
        self.__dict__.update(state_dict)
