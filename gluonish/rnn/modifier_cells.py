"""Cells that change what another cell gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import sym
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.rnn.fused_cell import FusedRNNCell
from gluonish.rnn.rnn_cell import BaseRNNCell, RNNParams, as_sequence
from gluonish.rnn.stacked_cells import BidirectionalCell, SequentialRNNCell
from gluonish.symbol import Symbol

__all__ = ["DropoutCell", "ModifierCell", "ResidualCell", "ZoneoutCell"]


class DropoutCell(BaseRNNCell):
    """Drops elements of its input; it has no states.

    Args:
        dropout: the part that is dropped.
        prefix: without effect.
        params: without effect.

    Raises:
        ArgumentTypeError: ``dropout`` is no number.
    """

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None) -> None:
        super().__init__(prefix, params)
        if not isinstance(dropout, (int, float, np.number)):
            raise ArgumentTypeError(
                "DropoutCell", "drops a part", expected="a number", received=repr(dropout)
            )
        self.dropout: Any = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """No states."""
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Drop elements of an input."""
        return (sym.Dropout(inputs, p=self.dropout) if self.dropout > 0 else inputs), list(states)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Drop elements of a sequence; see ``BaseRNNCell.unroll``."""
        self.reset()
        sequence, _ = as_sequence(length, inputs, layout, merge=merge_outputs)
        if isinstance(sequence, Symbol):
            return self(sequence, [])
        return super().unroll(length, sequence, begin_state, layout, merge_outputs)


class ModifierCell(BaseRNNCell):
    """A cell around another one, whose variables and states it has.

    Args:
        base_cell: the other one; from now on it is called through this one.
    """

    def __init__(self, base_cell: BaseRNNCell) -> None:
        base_cell._modified = True
        super().__init__()
        self.base_cell = base_cell

    @property
    def params(self) -> RNNParams:
        """The variables of the cell inside."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of the states of the cell inside."""
        return self.base_cell.state_info

    def begin_state(self, init_sym: Any = sym.zeros, **kwargs: Any) -> list[Any]:  # type: ignore[override]  # as MXNet
        """Return states to begin with.

        Args:
            init_sym: what makes them; see ``BaseRNNCell.begin_state``.
            **kwargs: further arguments of it.
        """
        self._check_free()
        self.base_cell._modified = False
        try:
            return self.base_cell.begin_state(func=init_sym, **kwargs)
        finally:
            self.base_cell._modified = True

    def _check_free(self) -> None:
        if self._modified:
            raise ArgumentError(
                type(self).__name__, "is inside of a modifier cell", fix="Call that one's begin_state()."
            )

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the weights of every gate of the cell inside apart."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the weights of all gates of the cell inside together."""
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Keeps elements of output and states from the step before, at random.

    Krueger et al., Zoneout: regularizing RNNs by randomly preserving hidden activations (2016).

    Args:
        base_cell: the cell inside.
        zoneout_outputs: the part of the output that is kept.
        zoneout_states: the part of the states that is kept.

    Raises:
        ArgumentError: the cell inside cannot make single steps.
    """

    def __init__(
        self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0
    ) -> None:
        cells = base_cell._cells if isinstance(base_cell, SequentialRNNCell) else [base_cell]
        if any(isinstance(each, (FusedRNNCell, BidirectionalCell)) for each in cells):
            raise ArgumentError(
                "ZoneoutCell",
                "needs a cell that makes single steps",
                fix="Call unfuse(), or put it around the cells inside.",
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def reset(self) -> None:
        """Count from the beginning, and forget the output before."""
        super().reset()
        self.prev_output: Symbol | None = None
        if hasattr(self, "base_cell"):
            self.base_cell.reset()

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step; see ``BaseRNNCell``."""
        output, after = self.base_cell(inputs, states)
        if self.zoneout_outputs:
            mask = _mask(self.zoneout_outputs, output)
            before = sym.zeros((0, 0)) if self.prev_output is None else self.prev_output
            output = sym.where(mask, output, before)
        if self.zoneout_states:
            pairs = zip(after, states, strict=True)
            after = [sym.where(_mask(self.zoneout_states, new), new, old) for new, old in pairs]
        self.prev_output = output
        return output, after


def _mask(part: float, like: Symbol) -> Symbol:
    """Return a symbol that is 0 in a part of its elements, and not elsewhere."""
    return sym.Dropout(sym.ones_like(like), p=part)


class ResidualCell(ModifierCell):
    """Adds its input to the output of the cell inside.

    Wu et al., Google's neural machine translation system (2016), section 3.1.

    Args:
        base_cell: the cell inside.
    """

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step; see ``BaseRNNCell``."""
        output, after = self.base_cell(inputs, states)
        return _residual(output, inputs), after

    def reset(self) -> None:
        """Count from the beginning."""
        super().reset()
        if hasattr(self, "base_cell"):
            self.base_cell.reset()

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Make a step for each element of a sequence; see ``BaseRNNCell.unroll``."""
        self.reset()
        self.base_cell._modified = False
        try:
            outputs, states = self.base_cell.unroll(length, inputs, begin_state, layout, merge_outputs)
        finally:
            self.base_cell._modified = True
        merged = isinstance(outputs, Symbol)
        sequence, _ = as_sequence(length, inputs, layout, merge=merged)
        if merged:
            return _residual(outputs, sequence), states
        return [_residual(output, each) for output, each in zip(outputs, sequence, strict=True)], states


def _residual(output: Symbol, inputs: Symbol) -> Symbol:
    return sym.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
