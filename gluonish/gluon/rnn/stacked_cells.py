"""Cells that run other cells one after the other."""

from __future__ import annotations

from typing import Any

from gluonish.errors import IndexOutOfRangeError, ShapeMismatchError
from gluonish.gluon.rnn.recurrent_cell import HybridRecurrentCell, RecurrentCell
from gluonish.gluon.rnn.steps import Steps

__all__ = ["HybridSequentialRNNCell", "SequentialRNNCell"]


class _Stack(RecurrentCell):
    """What both containers share: cells by number, whose states lie behind each other in one list."""

    def add(self, cell: Any) -> None:
        """Put a cell on top."""
        self.register_child(cell)

    @property
    def can_step(self) -> bool:  # type: ignore[override]
        """Whether all cells can be stepped."""
        return all(cell.can_step for cell in self._children.values())

    def __len__(self) -> int:
        return len(self._children)

    def __getitem__(self, i: int) -> Any:
        try:
            return list(self._children.values())[i]
        except IndexError:
            raise IndexOutOfRangeError(
                f"{type(self).__name__} {self.name!r}",
                f"has no cell {i}",
                expected=f"a number below {len(self)}",
            ) from None

    def __repr__(self) -> str:
        cells = "\n".join(
            f"({name}): " + repr(cell).replace("\n", "\n  ") for name, cell in self._children.items()
        )
        return f"{type(self).__name__}(\n{cells}\n)"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states of all cells."""
        return [info for cell in self._children.values() for info in cell.state_info(batch_size)]

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]  # as in MXNet
        """Return the first states of all cells; arguments as of ``RecurrentCell.begin_state``."""
        return [state for cell in self._children.values() for state in cell.begin_state(**kwargs)]

    def _divided(self, states: Any) -> list[tuple[Any, list[Any]]]:
        """Return each cell with its states.

        Raises:
            ShapeMismatchError: there are more or fewer states than the cells have.
        """
        pairs, begin = [], 0
        for cell in self._children.values():
            end = begin + len(cell.state_info())
            pairs.append((cell, list(states[begin:end])))
            begin = end
        if begin != len(states):
            raise ShapeMismatchError(
                f"{type(self).__name__} {self.name!r}",
                "got another number of states than its cells have",
                expected=begin,
                received=len(states),
            )
        return pairs

    def _step(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Run one step of all cells."""
        following: list[Any] = []
        for cell, own in self._divided(states):
            inputs, states = cell(inputs, own)
            following.extend(states)
        return inputs, following

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the cells one after the other, each over all steps; see ``RecurrentCell.unroll``."""
        self.reset()
        steps = Steps.of(f"{type(self).__name__} {self.name!r}", inputs, length, layout)
        following: list[Any] = []
        pairs = self._divided(self.first_states(begin_state, steps))
        for i, (cell, own) in enumerate(pairs, 1):
            outputs, states = cell.unroll(
                length,
                steps.form,
                begin_state=own,
                layout=layout,
                merge_outputs=merge_outputs if i == len(pairs) else None,
                valid_length=valid_length,
            )
            steps = steps.like(outputs)
            following.extend(states)
        return steps.given(merge_outputs), following


class SequentialRNNCell(_Stack):
    """Runs cells one after the other, each with the output of the one before.

    Args:
        prefix: as of Block.
        params: as of Block.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon import rnn
        >>> cell = rnn.SequentialRNNCell()
        >>> with cell.name_scope():
        ...     cell.add(rnn.LSTMCell(4))
        ...     cell.add(rnn.DropoutCell(0.5))
        ...     cell.add(rnn.GRUCell(3))
        >>> cell.initialize()
        >>> output, states = cell(mx.nd.ones((2, 5)), cell.begin_state(batch_size=2))
        >>> output.shape, [state.shape for state in states]
        ((2, 3), [(2, 4), (2, 4), (2, 3)])
    """

    def forward(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Run one step of all cells."""
        return self._step(inputs, states)


class HybridSequentialRNNCell(_Stack, HybridRecurrentCell):
    """Runs hybrid cells one after the other; otherwise like ``SequentialRNNCell``."""

    def hybrid_forward(
        self,
        F: Any,  # noqa: ARG002  the cells find their own
        inputs: Any,
        states: Any,
    ) -> tuple[Any, list[Any]]:
        """Run one step of all cells."""
        return self._step(inputs, states)
