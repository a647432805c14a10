"""What all recurrent cells have in common: states, and unrolling over sequences."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish import nd, sym
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon.block import Block
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.rnn.steps import Steps

__all__ = ["GatedCell", "HybridRecurrentCell", "RecurrentCell", "make_states"]


def make_states(
    infos: list[dict[str, Any]], names: list[str], func: Callable[..., Any], **kwargs: Any
) -> list[Any]:
    """Make the states that are described, by a function such as ``nd.zeros``.

    Args:
        infos: a description of each, ``{"shape": ..., "__layout__": ...}``.
        names: their names.
        func: makes a state. It is given what is described and what it can take of the rest.
        kwargs: further arguments of ``func``, ``ctx`` or ``dtype`` for instance.

    Raises:
        ArgumentError: the batch has no size, and arrays cannot leave it open.
    """
    states = []
    for name, info in zip(names, infos, strict=True):
        extras = {"name": name, **{key: value for key, value in info.items() if key.startswith("__")}}
        described = {key: value for key, value in info.items() if not key.startswith("__")}
        states.append(func(**_accepted(func, extras), **{**described, **kwargs}))
        if isinstance(states[-1], NDArray) and 0 in states[-1].shape:
            raise ArgumentError(
                f"State {name!r}",
                "has no size of its batch",
                received=f"shape {states[-1].shape}",
                fix="Pass begin_state(batch_size=...); only symbols can leave it open.",
            )
    return states


def _accepted(func: Callable[..., Any], extras: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a function takes, by name or among any others."""
    parameters = inspect.signature(func).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return extras
    return {key: value for key, value in extras.items() if key in parameters}


class RecurrentCell(Block):
    """A cell computes one step of a recurrent network: ``output, states = cell(input, states)``.

    Subclasses define ``state_info`` and the step: ``forward(inputs, states)``, or ``hybrid_forward`` if they
    derive from ``HybridRecurrentCell``.

    Args:
        prefix: as of Block.
        params: as of Block.
    """

    can_step: bool = True
    """Whether it can be called for one step; a cell that needs the whole sequence can only be unrolled."""

    def __init__(self, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._modified = False
        self._init_counter = -1
        self._counter = -1
        self.reset()

    def reset(self) -> None:
        """Forget what the steps so far left behind. Cells that are unrolled are reset before."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._children.values():
            if isinstance(cell, RecurrentCell):
                cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: the shape and layout of each.

        Args:
            batch_size: the number of sequences; 0 leaves it open.
        """
        raise NotImplementedError(f"{type(self).__name__} must define state_info()")

    def begin_state(
        self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any
    ) -> list[Any]:
        """Return the states before the first step.

        Args:
            batch_size: the number of sequences; 0 leaves it open, which only symbols can do.
            func: makes a state: ``nd.zeros``, ``sym.zeros``, ``nd.random.uniform``, ``sym.var`` ...
            kwargs: further arguments of ``func``, ``ctx`` or ``dtype`` for instance.

        Raises:
            ArgumentError: the cell is part of a modifier, which must be asked instead; or arrays are to be
                made without a batch size.

        Example:
            >>> import gluonish as mx
            >>> cell = mx.gluon.rnn.LSTMCell(5)
            >>> [state.shape for state in cell.begin_state(batch_size=3)]
            [(3, 5), (3, 5)]
        """
        if self._modified:
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r}",
                "is part of a modifier cell, which its states belong to",
                fix="Call the modifier cell instead of the cell it was made of.",
            )
        infos = self.state_info(batch_size)
        names = []
        for _ in infos:
            self._init_counter += 1
            names.append(f"{self._prefix}begin_state_{self._init_counter}")
        return make_states(infos, names, func, **kwargs)

    def first_states(self, begin_state: Any, steps: Steps) -> Any:
        """Return the states that a sequence begins with: the given ones, or such as fit its steps."""
        if begin_state is not None:
            return begin_state
        if steps.is_symbolic:
            return self.begin_state(func=sym.zeros, batch_size=0)
        # Integers, class numbers for instance, say nothing of the states.
        dtype = {} if np.dtype(steps.dtype).kind in "iub" else {"dtype": steps.dtype}
        with steps.context:
            return self.begin_state(func=nd.zeros, batch_size=steps.batch_size, **dtype)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Run the cell over the steps of sequences.

        Args:
            length: the number of steps.
            inputs: an array of all steps in ``layout``, or a list of them.
            begin_state: the first states; zeros if None.
            layout: the order of the axes: T are the steps, N the batch, C the rest.
            merge_outputs: whether the outputs come as one array in ``layout`` or as a list; None leaves them
                in the form that they have.
            valid_length: (batch,), the length of each sequence. Behind its end outputs are 0, and the states
                are those at its end. None if all are as long.

        Returns:
            The outputs, and the last states.

        Raises:
            ShapeMismatchError: there are more or fewer steps than ``length``.
            ArgumentError: a layout without steps or batch.
            ArgumentTypeError: the inputs are no arrays.

        Example:
            >>> import gluonish as mx
            >>> cell = mx.gluon.rnn.GRUCell(4)
            >>> cell.initialize()
            >>> outputs, states = cell.unroll(3, mx.nd.ones((2, 3, 5)), merge_outputs=True)
            >>> outputs.shape, states[0].shape
            ((2, 3, 4), (2, 4))
        """
        self.reset()
        steps = Steps.of(f"{type(self).__name__} {self.name!r}", inputs, length, layout)
        states = self.first_states(begin_state, steps)
        outputs, history = [], []
        for step in steps.as_list():
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        result = steps.like(outputs)
        if valid_length is not None:
            result = result.masked(valid_length)
            states = [steps.like(list(each)).last(valid_length) for each in zip(*history, strict=True)]
        return result.given(merge_outputs), states

    def _step_name(self, name: str) -> str:
        """Return the name of an operator in the present step."""
        return f"t{self._counter}_{name}"

    def _get_activation(self, F: Any, inputs: Any, activation: Any, **kwargs: Any) -> Any:
        """Apply an activation: a name, a block, or a function of one array."""
        if not isinstance(activation, str):
            return activation(inputs)
        if activation in ("tanh", "relu", "sigmoid", "softsign"):
            return getattr(F, activation)(inputs, **kwargs)
        return F.Activation(inputs, act_type=activation, **kwargs)

    def __call__(self, *args: Any) -> Any:
        """Compute one step: ``output, states = cell(inputs, states)``.

        Args:
            args: the input, (batch, inputs), and the list of states.

        Returns:
            The output (batch, outputs), and the list of the next states.
        """
        self._counter += 1
        return super().__call__(*args)


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """A recurrent cell whose step is written once, as ``hybrid_forward(F, inputs, states, ...)``."""

    def hybrid_forward(self, F: Any, inputs: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Compute one step with the operators of ``F``. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define hybrid_forward()")


class GatedCell(HybridRecurrentCell):
    """A cell with gates of its own: the base of the cells in this package that compute something."""

    def forward(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Compute one step.

        Raises:
            ShapeMismatchError: there are more or fewer states than the cell has.
        """
        count = len(self.state_info())
        if not isinstance(states, (list, tuple)) or len(states) != count:
            raise ShapeMismatchError(
                f"{type(self).__name__} {self.name!r}",
                "got other states than it has",
                expected=f"a list of {count}",
                received=f"{len(states)}" if isinstance(states, (list, tuple)) else type(states).__name__,
                fix="begin_state() makes such as fit.",
            )
        return super().forward(inputs, states)
