"""``mx.monitor``: statistics of what flows through a network, every so many batches."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.executor import Executor
from gluonish.gluon.block import Block

__all__ = ["Monitor"]

_LOGGER = logging.getLogger(__name__)

Stat = tuple[int, str, str]
"""The number of the batch, the name of the array, and its statistic as text."""


def _root_mean_square(x: NDArray) -> NDArray:
    return nd.norm(x) / math.sqrt(x.size)


class Monitor:
    r"""Collects statistics of outputs, parameters and gradients.

    It is installed on blocks or on executors. An executor gives the outputs of all operators,
    ``fc_output``, the gradients of their inputs, ``fc_backward_output0``, with ``monitor_all`` the inputs
    too, ``fc_data``, and its arguments and states when the batch ends. Of a block, every block below gives
    its outputs, ``dense0_output`` (several are numbered, ``lstm0_output1``); with ``monitor_all`` its inputs
    too, ``dense0_input0``. Parameters and their gradients, ``dense0_weight`` and ``dense0_weight_grad``, are
    looked at when the batch ends.

    Args:
        interval: how many batches lie between two that are looked at.
        stat_func: takes an NDArray, returns an NDArray or a list of them; sqrt(mean(x^2)) if None.
        pattern: a regular expression; arrays whose names it matches from the start are looked at.
        sort: whether results are sorted by name.
        monitor_all: whether inputs are looked at too.

    Raises:
        ArgumentError: the pattern is no regular expression.

    Example:
        >>> import gluonish as mx
        >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
        >>> net.initialize(mx.init.One())
        >>> monitor = mx.monitor.Monitor(interval=1, pattern=".*output|.*weight$")
        >>> monitor.install(net)
        >>> monitor.tic()
        >>> y = net(mx.nd.ones((1, 3)))
        >>> monitor.toc()
        [(1, 'fc_output', '3.0\t'), (1, 'fc_weight', '1.0\t')]
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.interval = interval
        self.stat_func = stat_func or _root_mean_square
        self.sort = sort
        self.monitor_all = monitor_all
        self.step = 0
        self.activated = False
        self.queue: list[tuple[int, str, Any]] = []
        self.exes: list[Any] = []
        try:
            self.re_prog = re.compile(pattern)
        except re.error as error:
            raise ArgumentError(
                "Monitor",
                f"cannot select by this: {error}",
                expected="a regular expression",
                received=repr(pattern),
            ) from error

    def install(self, exe: Block | Executor) -> None:
        """Look at an executor, or at a block with all that are below it now. It may be called with several.

        Raises:
            ArgumentTypeError: neither a block nor an executor.
        """
        if isinstance(exe, Executor):
            exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        elif isinstance(exe, Block):
            exe.apply(self._watch)
        else:
            raise ArgumentTypeError(
                "Monitor",
                "is installed on blocks and executors",
                expected="a Block or an Executor",
                received=type(exe).__name__,
            )
        self.exes.append(exe)

    def _watch(self, block: Block) -> None:
        block.register_forward_hook(self._take_outputs)
        if self.monitor_all:
            block.register_forward_pre_hook(self._take_inputs)

    def _take_outputs(self, block: Block, _: Any, output: Any) -> None:
        arrays = list(_arrays(output))
        for i, array in enumerate(arrays):
            self.stat_helper(f"{block.name}_output{i if len(arrays) > 1 else ''}", array)

    def _take_inputs(self, block: Block, inputs: tuple[Any, ...]) -> None:
        for i, array in enumerate(_arrays(inputs)):
            self.stat_helper(f"{block.name}_input{i}", array)

    def stat_helper(self, name: str, array: NDArray) -> None:
        """Take note of an array, if this batch is looked at and the name matches."""
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array.detach())))

    def tic(self) -> None:
        """Begin a batch. Call it before the forward pass."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[Stat]:
        """End the batch and return what was found; an empty list for a batch that is not looked at.

        Raises:
            ArgumentTypeError: ``stat_func`` returned something else than arrays.
        """
        if not self.activated:
            return []
        for each in self.exes:
            if isinstance(each, Executor):
                self._take_variables(each)
            else:
                self._take_parameters(each)
        self.activated = False
        found = sorted(self.queue, key=lambda each: each[1]) if self.sort else self.queue
        self.queue = []
        return [(step, name, _text(stat)) for step, name, stat in found]

    def _take_parameters(self, block: Block) -> None:
        for name, parameter in block.collect_params().items():
            if parameter.core.is_ready:
                self.stat_helper(name, parameter.list_data()[0])
                if parameter.grad_req != "null":
                    self.stat_helper(f"{name}_grad", parameter.list_grad()[0])

    def _take_variables(self, executor: Executor) -> None:
        for arrays in (executor.arg_dict, executor.aux_dict):
            for name, array in arrays.items():
                self.stat_helper(name, array)

    def toc_print(self) -> None:
        """End the batch and log what was found."""
        for step, name, text in self.toc():
            _LOGGER.info("Batch: %7d %-30s %s", step, name, text)


def _arrays(value: Any) -> Iterator[NDArray]:
    """Yield the arrays in nested lists and tuples."""
    if isinstance(value, NDArray):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _arrays(each)


def _text(stat: Any) -> str:
    stats = [stat] if isinstance(stat, NDArray) else stat
    if not isinstance(stats, (list, tuple)) or not all(isinstance(each, NDArray) for each in stats):
        raise ArgumentTypeError(
            "stat_func of a Monitor",
            "returned no arrays",
            expected="an NDArray or a list of them",
            received=type(stat).__name__,
        )
    numbers = (each.asscalar() if each.size == 1 else each.asnumpy() for each in stats)
    return "".join(f"{number!s}\t" for number in numbers)  # NumPy formats scalars as Python's
