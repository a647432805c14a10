"""The cell that reads a sequence from both ends."""

from __future__ import annotations

from typing import Any, NoReturn

from gluonish.errors import NotSteppableError
from gluonish.gluon.rnn.recurrent_cell import HybridRecurrentCell
from gluonish.gluon.rnn.steps import Steps

__all__ = ["BidirectionalCell"]


class BidirectionalCell(HybridRecurrentCell):
    """Unrolls one cell from the first step and one from the last, and joins their outputs.

    Schuster and Paliwal, Bidirectional recurrent neural networks (1997). It cannot be stepped.

    Args:
        l_cell: the cell that begins at the first step.
        r_cell: the cell that begins at the last step.
        output_prefix: what the names of the joined outputs begin with.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon import rnn
        >>> cell = rnn.BidirectionalCell(rnn.LSTMCell(4), rnn.LSTMCell(3))
        >>> cell.initialize()
        >>> outputs, states = cell.unroll(5, mx.nd.ones((2, 5, 6)), merge_outputs=True)
        >>> outputs.shape, len(states)
        ((2, 5, 7), 4)
    """

    can_step = False

    def __init__(self, l_cell: Any, r_cell: Any, output_prefix: str = "bi_") -> None:
        super().__init__(prefix="", params=None)
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def __call__(self, *args: Any) -> NoReturn:  # noqa: ARG002
        """Refuse to be stepped.

        Raises:
            NotSteppableError: always.
        """
        raise NotSteppableError(
            f"{type(self).__name__} of {self._children['l_cell']!r} and {self._children['r_cell']!r}",
            "cannot be stepped: it needs the whole sequence",
            fix="Call unroll().",
        )

    def __repr__(self) -> str:
        left, right = self._children.values()
        return f"{type(self).__name__}(forward={left!r}, backward={right!r})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states of both cells."""
        return [info for cell in self._children.values() for info in cell.state_info(batch_size)]

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]  # as in MXNet
        """Return the first states of both cells; arguments as of ``RecurrentCell.begin_state``."""
        return [state for cell in self._children.values() for state in cell.begin_state(**kwargs)]

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll both cells, and join their outputs; see ``RecurrentCell.unroll``."""
        self.reset()
        steps = Steps.of(type(self).__name__, inputs, length, layout)
        states = self.first_states(begin_state, steps)
        left, right = self._children.values()
        count = len(left.state_info())
        common = {"layout": layout, "valid_length": valid_length}
        l_outputs, l_states = left.unroll(
            length, steps.form, begin_state=states[:count], merge_outputs=merge_outputs, **common
        )
        r_outputs, r_states = right.unroll(
            length,
            steps.backwards(valid_length).form,
            begin_state=states[count:],
            merge_outputs=False,
            **common,
        )
        r_steps = steps.like(r_outputs).backwards(valid_length)
        joined = self._joined(steps.like(l_outputs), r_steps)
        return joined.given(merge_outputs), [*l_states, *r_states]

    def _joined(self, left: Steps, right: Steps) -> Steps:
        """Join the outputs of both, in the form that those of the first have."""
        F = left.F
        if not left.is_list:
            name = f"{self._output_prefix}out"
            return left.like(F.concat(left.as_array(), right.as_array(), dim=2, name=name))
        pairs = zip(left.as_list(), right.as_list(), strict=True)
        return left.like(
            [F.concat(*pair, dim=1, name=f"{self._output_prefix}t{t}") for t, pair in enumerate(pairs)]
        )
