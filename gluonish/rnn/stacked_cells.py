"""Cells made of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gluonish import sym
from gluonish.errors import ArgumentError, NotSteppableError
from gluonish.rnn.rnn_cell import BaseRNNCell, RNNParams, as_sequence
from gluonish.symbol import Symbol

__all__ = ["BidirectionalCell", "SequentialRNNCell"]


class _CellOfCells(BaseRNNCell):
    """A cell whose variables and states are those of others."""

    def __init__(self, prefix: str, params: RNNParams | None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._override_cell_params = params is not None
        self._cells: list[BaseRNNCell] = []

    def _take(self, cell: BaseRNNCell) -> None:
        """Take a cell in, with its variables."""
        if self._override_cell_params:
            if not cell._own_params:
                raise ArgumentError(
                    type(self).__name__, "cannot have params of its own with a cell that shares others"
                )
            cell.params._params.update(self.params._params)
        self.params._params.update(cell.params._params)
        self._cells.append(cell)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of the states of all cells."""
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]  # as MXNet
        """Return states for all cells to begin with; see ``BaseRNNCell.begin_state``."""
        if self._modified:
            return super().begin_state(**kwargs)
        return [state for cell in self._cells for state in cell.begin_state(**kwargs)]

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the weights of every gate of every cell apart."""
        found = dict(args)
        for cell in self._cells:
            found = cell.unpack_weights(found)
        return found

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the weights of all gates of each cell together."""
        found = dict(args)
        for cell in self._cells:
            found = cell.pack_weights(found)
        return found

    def _shared_out(self, states: Sequence[Any]) -> list[Any]:
        """Return the states of each cell."""
        parts, start = [], 0
        for cell in self._cells:
            count = len(cell.state_info)
            parts.append(states[start : start + count])
            start += count
        return parts

    def reset(self) -> None:
        """Count from the beginning, in all cells."""
        super().reset()
        for cell in getattr(self, "_cells", ()):
            cell.reset()


class SequentialRNNCell(_CellOfCells):
    """Cells in a row: the output of one is the input of the next.

    Args:
        params: variables to share with all cells.

    Example:
        >>> import gluonish as mx
        >>> stack = mx.rnn.SequentialRNNCell()
        >>> stack.add(mx.rnn.LSTMCell(4, prefix="l0_"))
        >>> stack.add(mx.rnn.GRUCell(2, prefix="l1_"))
        >>> stack.state_shape
        [(0, 4), (0, 4), (0, 2)]
    """

    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__("", params)

    def add(self, cell: BaseRNNCell) -> None:
        """Add a cell at the end.

        Raises:
            ArgumentError: both this and the cell have variables that are shared.
        """
        self._take(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step of every cell.

        Raises:
            NotSteppableError: one of them needs the whole sequence.
        """
        self._counter += 1
        after: list[Any] = []
        for cell, own in zip(self._cells, self._shared_out(states), strict=True):
            inputs, new = cell(inputs, own)
            after += new
        return inputs, after

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll every cell, one after the other; see ``BaseRNNCell.unroll``."""
        self.reset()
        states = self.begin_state() if begin_state is None else begin_state
        after: list[Any] = []
        last = len(self._cells) - 1
        for i, (cell, own) in enumerate(zip(self._cells, self._shared_out(states), strict=True)):
            inputs, new = cell.unroll(
                length,
                inputs,
                begin_state=own,
                layout=layout,
                merge_outputs=merge_outputs if i == last else None,
            )
            after += new
        return inputs, after


class BidirectionalCell(_CellOfCells):
    """Two cells, of which one reads the sequence from its end; their outputs are put together.

    Args:
        l_cell: the cell that reads forwards.
        r_cell: the cell that reads backwards.
        params: variables to share with both.
        output_prefix: what the names of the outputs begin with.
    """

    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ) -> None:
        super().__init__("", params)
        self._output_prefix = output_prefix
        self._take(l_cell)
        self._take(r_cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Raise an error: there is no single step.

        Raises:
            NotSteppableError: always.
        """
        raise NotSteppableError("BidirectionalCell", "cannot be stepped", fix="Call unroll().")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Read a sequence in both directions; see ``BaseRNNCell.unroll``.

        Returns:
            The outputs, and the states of both cells, a list for each.
        """
        self.reset()
        steps, axis = as_sequence(length, inputs, layout, merge=False)
        states = self.begin_state() if begin_state is None else begin_state
        (forwards, backwards), (of_l, of_r) = self._cells, self._shared_out(states)
        left, after_l = forwards.unroll(length, steps, of_l, layout, merge_outputs)
        right, after_r = backwards.unroll(length, list(reversed(steps)), of_r, layout, merge_outputs)
        if merge_outputs is None:
            merge_outputs = isinstance(left, Symbol) and isinstance(right, Symbol)
            left, right = (
                as_sequence(length, each, layout, merge=merge_outputs)[0] for each in (left, right)
            )
        name = self._output_prefix
        outputs: Any
        if merge_outputs:
            outputs = sym.concat(left, sym.reverse(right, axis=axis), dim=2, name=f"{name}out")
        else:
            pairs = zip(left, reversed(right), strict=True)
            outputs = [sym.concat(*pair, dim=1, name=f"{name}t{i}") for i, pair in enumerate(pairs)]
        return outputs, [after_l, after_r]
