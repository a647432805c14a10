"""``mx.callback``: functions that a training loop calls after batches and epochs.

What is called after a batch gets a ``BatchEndParam`` (see ``mx.model``), or anything with its attributes
``epoch``, ``nbatch`` and ``eval_metric``; what is called after an epoch gets the epoch's number, a symbol and
two dictionaries of arrays. All of them report through ``logging``, at level INFO.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any

from gluonish.model import save_checkpoint

__all__ = [
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]

_LOGGER = logging.getLogger(__name__)


class Speedometer:
    """Logs speed and metrics every so many batches.

    Args:
        batch_size: the number of examples in a batch.
        frequent: how many batches lie between two lines.
        auto_reset: whether metrics start anew after each line.

    Example:
        >>> import gluonish as mx
        >>> meter = mx.callback.Speedometer(batch_size=32, frequent=10)
        >>> for i in range(1, 21):
        ...     meter(mx.model.BatchEndParam(epoch=0, nbatch=i, eval_metric=None, locals=None))
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.init = False
        self.tic = 0.0
        self.last_count = 0
        self.auto_reset = auto_reset

    def __call__(self, param: Any) -> None:
        """Take note of a batch, and log if it is time to."""
        count = param.nbatch
        if self.last_count > count:  # a new epoch
            self.init = False
        self.last_count = count
        if not self.init:
            self.init = True
            self.tic = time.perf_counter()
        elif count % self.frequent == 0:
            self._log(param, count)
            self.tic = time.perf_counter()

    def _log(self, param: Any, count: int) -> None:
        elapsed = time.perf_counter() - self.tic
        speed = self.frequent * self.batch_size / elapsed if elapsed else math.inf
        if param.eval_metric is None:
            _LOGGER.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
            return
        values = param.eval_metric.get_name_value()
        first = 0
        if self.auto_reset:
            param.eval_metric.reset()
            first = count - self.frequent
        metrics = "".join(f"\t{name}={value:f}" for name, value in values)
        _LOGGER.info(
            "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec%s", param.epoch, first, count, speed, metrics
        )


class ProgressBar:
    """Logs a bar that grows with every batch.

    Args:
        total: the number of batches of an epoch.
        length: the width of the whole bar, in characters.
    """

    def __init__(self, total: int, length: int = 80) -> None:
        self.bar_len = length
        self.total = total

    def __call__(self, param: Any) -> None:
        """Log the bar."""
        part = param.nbatch / self.total
        filled = round(self.bar_len * part)
        bar = "=" * filled + "-" * (self.bar_len - filled)
        _LOGGER.info("[%s] %s%%\r", bar, math.ceil(100 * part))


class LogValidationMetricsCallback:
    """Logs metrics at the end of an epoch's validation."""

    def __call__(self, param: Any) -> None:
        """Log them; without metrics, nothing."""
        if param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                _LOGGER.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[Any], None]:
    """Return a function that logs metrics every ``period`` batches.

    Args:
        period: how many batches lie between two lines.
        auto_reset: whether metrics start anew after each line.
    """

    def callback(param: Any) -> None:
        if param.nbatch % period or param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            _LOGGER.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
        if auto_reset:
            param.eval_metric.reset()

    return callback


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """Return a function that saves a model every ``period`` epochs; see ``mx.model.save_checkpoint``.

    Args:
        prefix: what the names of the files begin with.
        period: how many epochs lie between two files, 1 or more.
    """
    every = max(1, int(period))

    def callback(iter_no: int, sym: Any, arg: Any, aux: Any) -> None:
        if (iter_no + 1) % every == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return callback


def module_checkpoint(
    mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """Return a function that lets a model save itself every ``period`` epochs.

    Args:
        mod: an object with a method ``save_checkpoint(prefix, epoch, save_optimizer_states)``.
        prefix: what the names of the files begin with.
        period: how many epochs lie between two files, 1 or more.
        save_optimizer_states: passed on.
    """
    every = max(1, int(period))

    def callback(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        del sym, arg, aux
        if (iter_no + 1) % every == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return callback
