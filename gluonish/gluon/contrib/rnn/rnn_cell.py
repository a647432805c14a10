"""Dropout that is the same in all steps, and unrolling over as many steps as there are."""

from __future__ import annotations

from typing import Any

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.gluon.nn.arguments import check_number
from gluonish.gluon.rnn.modifier_cells import RememberingCell, check_steppable
from gluonish.gluon.rnn.projected_cell import LSTMPCell
from gluonish.gluon.rnn.steps import Steps

__all__ = ["LSTMPCell", "VariationalDropoutCell", "dynamic_unroll"]


class VariationalDropoutCell(RememberingCell):
    """Drops from inputs, first state and outputs, the same elements in all steps.

    Gal and Ghahramani, A theoretically grounded application of dropout in recurrent neural networks (2016).
    The elements are chosen in the first step after ``reset()``.

    Args:
        base_cell: the cell to modify.
        drop_inputs: the probability of an input to be dropped; 0 for none.
        drop_states: likewise, of an element of the first state.
        drop_outputs: likewise, of an output.

    Raises:
        ArgumentError: a probability that is none; or states to be dropped of a cell that cannot be stepped:
            modify those below it.
    """

    def __init__(
        self, base_cell: Any, drop_inputs: float = 0.0, drop_states: float = 0.0, drop_outputs: float = 0.0
    ) -> None:
        kind = type(self).__name__
        for name, p in (
            ("drop_inputs", drop_inputs),
            ("drop_states", drop_states),
            ("drop_outputs", drop_outputs),
        ):
            check_number(kind, name, p, 0, 1)
        if drop_states:
            check_steppable("state dropout", kind, base_cell)
        super().__init__(base_cell)
        self.drop_inputs = drop_inputs
        self.drop_states = drop_states
        self.drop_outputs = drop_outputs

    def _alias(self) -> str:
        return "vardrop"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p_out = {self.drop_outputs}, p_state = {self.drop_states})"

    def reset(self) -> None:
        """Choose other elements in the next step."""
        super().reset()
        self.drop_inputs_mask = None
        self.drop_states_mask = None
        self.drop_outputs_mask = None

    def _dropped(self, F: Any, what: str, array: Any) -> Any:
        """Return an array without what is dropped from it in all steps."""
        p = getattr(self, f"drop_{what}")
        if not p:
            return array
        mask = getattr(self, f"drop_{what}_mask")
        if mask is None:
            mask = F.Dropout(F.ones_like(array), p=p)
            setattr(self, f"drop_{what}_mask", mask)
        return array * mask

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Compute one step of what is not dropped."""
        if self.drop_states:
            states = [self._dropped(F, "states", states[0]), *states[1:]]
        output, states = self.base_cell(self._dropped(F, "inputs", inputs), states)
        return self._dropped(F, "outputs", output), states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the cell, with one choice for all steps; see ``RecurrentCell.unroll``.

        If no states are dropped, the outputs come as one array unless a list is asked for.
        """
        if self.drop_states:
            return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)
        self.reset()
        steps = Steps.of(f"{type(self).__name__} {self.name!r}", inputs, length, layout)
        F, axes = steps.F, (steps.axis,)
        array = steps.as_array()
        if self.drop_inputs:
            array = F.Dropout(array, p=self.drop_inputs, axes=axes)
        with self._base_unmodified():
            output, states = self.base_cell.unroll(
                length, array, begin_state, layout, merge_outputs=True, valid_length=valid_length
            )
        if self.drop_outputs:
            output = F.Dropout(output, p=self.drop_outputs, axes=axes)
        return steps.like(output).given(merge_outputs), states


def dynamic_unroll(
    cell: Any,
    inputs: Any,
    begin_state: Any,
    drop_inputs: float = 0,
    drop_outputs: float = 0,
    layout: str = "TNC",
    valid_length: Any = None,
) -> tuple[Any, list[Any]]:
    """Run a cell over all steps of an array, however many there are.

    Args:
        cell: the cell.
        inputs: (steps, batch, ...) in layout "TNC", or (batch, steps, ...) in "NTC".
        begin_state: the list of the first states.
        drop_inputs: the probability of dropout of the inputs, the same in all steps.
        drop_outputs: likewise, of the outputs.
        layout: the order of the axes.
        valid_length: (batch,), the length of each sequence. Behind its end outputs are 0, and the states are
            those at its end. None if all are as long.

    Returns:
        The outputs in the layout of the inputs, and the list of the last states.

    Raises:
        ArgumentTypeError: the inputs are no array; of a symbol the number of steps is not known.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.gluon.rnn.LSTMCell(4)
        >>> cell.initialize()
        >>> outputs, states = mx.gluon.contrib.rnn.dynamic_unroll(
        ...     cell, mx.nd.ones((5, 2, 3)), cell.begin_state(batch_size=2))
        >>> outputs.shape, len(states)
        ((5, 2, 4), 2)
    """
    if not isinstance(inputs, NDArray):
        raise ArgumentTypeError(
            "dynamic_unroll()",
            "runs over as many steps as one array has",
            expected="an NDArray",
            received=type(inputs).__name__,
            fix="With symbols, and so in hybridized blocks, use cell.unroll(length, ...).",
        )
    axis = layout.index("T")
    if drop_inputs:
        inputs = nd.Dropout(inputs, p=drop_inputs, axes=(axis,))
    if axis:
        inputs = nd.swapaxes(inputs, dim1=0, dim2=axis)

    def step(x: Any, states: Any) -> tuple[list[Any], Any]:
        output, following = cell(x, states)
        return [output] if valid_length is None else [output, *following], following

    (outputs, *history), states = nd.contrib.foreach(step, inputs, begin_state)
    if valid_length is not None:
        outputs = nd.SequenceMask(outputs, valid_length, use_sequence_length=True)
        states = [nd.SequenceLast(each, valid_length, use_sequence_length=True) for each in history]
    if axis:
        outputs = nd.swapaxes(outputs, dim1=0, dim2=axis)
    if drop_outputs:
        outputs = nd.Dropout(outputs, p=drop_outputs, axes=(axis,))
    return outputs, states
