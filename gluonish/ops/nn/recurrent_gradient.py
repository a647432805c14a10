"""The backward pass of recurrent networks: through time, one direction of one layer at a time.

Written once against ``F``, so it runs on raw arrays and, to have a gradient itself, on recorded ones. What
the steps have in common is computed for all of them at once. What is left in the loop is linear in the
gradient ``dh`` of a step's state: ``d_gates = dh * factors + added``, from which one product of matrices
gives the gradient of the state before. ``added`` are the gradients of the kept gates, which there are only
where this pass itself was differentiated.

Werbos, Backpropagation through time: what it does and how to do it (1990).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs

from gluonish.ops.nn.recurrent_layout import Weights
from gluonish.ops.nn.recurrent_steps import Clip, Kept

__all__ = ["Direction", "Gradients"]


class Gradients(NamedTuple):
    """The gradients of one direction: of its input, its first states, and its parameters."""

    x: Any
    state: Any
    cell: Any
    weights: Any


@attrs.frozen
class _Chain:
    """What the loop over the steps multiplies with and adds; all have the steps first.

    Attributes:
        factors: of the gradient of the hidden units, for each gate, (T, N, gates * hidden).
        added: to that; None for nothing.
        keep: the part of a state that the next one takes over as it is; None for none.
        cell: the same for cell states.
    """

    factors: Any
    added: Any
    keep: Any
    cell: _CellChain | None = None


@attrs.frozen
class _CellChain:
    """Of an LSTM's cell states: what leads to them from the hidden ones, what they keep, what is added."""

    enter: Any
    keep: Any
    added: Any


@attrs.frozen
class Direction:
    """One direction of one layer, as the forward pass left it, and what is to be differentiated.

    Attributes:
        F: the operators to compute with.
        mode: the kind of its cells.
        x: its input, (T, N, inputs).
        weights: its parameters.
        state: its first state, (1, N, width).
        cell: likewise the cell state of an LSTM; else None.
        kept: what the forward pass kept.
        added: the gradients of that; None for zero.
        reverse: whether it went from the last step to the first.
        inside: 1 within the sequences and 0 behind their ends, (T, N, 1); None if all are as long.
        clip: the bounds of the cell states.
    """

    F: Any
    mode: str
    x: Any
    weights: Weights
    state: Any
    cell: Any
    kept: Kept
    added: Kept
    reverse: bool
    inside: Any
    clip: Clip

    def gradients(self, g: Any, g_state: Any, g_cell: Any, *, of_x: bool, of_weights: bool) -> Gradients:
        """Return the gradients, given those of all states (T, N, width) and of the last ones (1, N, ...)."""
        F = self.F
        chain = {"lstm": self._lstm, "gru": self._gru}.get(self.mode, self._plain)()
        if self.added.hiddens is not None:
            g = g + self.added.hiddens
        units, gates, state, cell = self._back(chain, g, g_state, g_cell)
        hidden = F.stack(*gates, axis=0)
        own = self._new_gate(units, hidden) if self.mode == "gru" else hidden
        x = F.dot(own, self.weights.i2h_weight) if of_x else None
        if not of_weights:
            return Gradients(x, state, cell, None)
        weights = Weights(
            self._weight(own, self.x),
            self._weight(hidden, self._before(self.state, self.kept.hiddens)),
            self._projection(units),
            F.sum(own, axis=(0, 1)),
            F.sum(hidden, axis=(0, 1)),
        )
        return Gradients(x, state, cell, weights)

    # -- the loop -----------------------------------------------------------------------------------------

    def _back(
        self, chain: _Chain, g: Any, g_state: Any, g_cell: Any
    ) -> tuple[list[Any], list[Any], Any, Any]:
        """Return the gradients of states and gates at every step, and those of the first states."""
        F, weights = self.F, self.weights
        steps = g.shape[0]
        each = [self._steps(array) for array in (g, chain.factors, chain.added, chain.keep)]
        of_cell = chain.cell or _CellChain(None, None, None)
        each += [self._steps(array) for array in (of_cell.enter, of_cell.keep, of_cell.added)]
        count = chain.factors.shape[-1] // self._hidden
        units: list[Any] = [None] * steps
        gates: list[Any] = [None] * steps
        dh, dc = (None if array is None else array[0] for array in (g_state, g_cell))
        for t in range(steps) if self.reverse else range(steps - 1, -1, -1):
            g_t, factors, added, keep, enter, keep_cell, added_cell = (
                None if array is None else array[t] for array in each
            )
            units[t] = dh = _sum(g_t, dh)
            inner = dh if weights.h2r_weight is None else F.dot(dh, weights.h2r_weight)
            spread = [inner] * count
            if enter is not None:
                dc = _sum(inner * enter, dc, added_cell)
                spread[:-1] = [dc] * (count - 1)
                dc = dc * keep_cell
            gates[t] = d_gates = _sum((F.Concat(*spread, dim=1) if count > 1 else inner) * factors, added)
            before = F.dot(d_gates, weights.h2h_weight)
            dh = before if keep is None else before + dh * keep
        state, cell = (None if each is None else F.expand_dims(each, axis=0) for each in (dh, dc))
        return units, gates, state, cell

    def _steps(self, array: Any) -> Any:
        """Return the steps one by one.

        Of raw arrays they are views; recorded ones are cut by one operator, for its gradient is one too.
        """
        if array is None or not self.F.recorded:
            return array
        parts = self.F.SliceChannel(array, num_outputs=array.shape[0], axis=0, squeeze_axis=True)
        return parts if isinstance(parts, list) else [parts]

    # -- what is the same for all steps ---------------------------------------------------------------------

    @property
    def _hidden(self) -> int:
        rows = int(self.weights.h2h_weight.shape[0])
        return rows // {"lstm": 4, "gru": 3}.get(self.mode, 1)

    def _before(self, first: Any, states: Any) -> Any:
        """Return the state before each step."""
        if states.shape[0] == 1:
            return first
        parts = (states[1:], first) if self.reverse else (first, states[:-1])
        return self.F.Concat(*parts, dim=0)

    def _columns(self, gates: Any) -> list[Any]:
        """Return each of the four kept gates; None four times if there are none."""
        if gates is None:
            return [None] * 4
        return [gates[:, :, k * self._hidden : (k + 1) * self._hidden] for k in range(4)]

    def _within(self, array: Any) -> Any:
        return array if self.inside is None or array is None else array * self.inside

    @property
    def _outside(self) -> Any:
        return None if self.inside is None else 1 - self.inside

    def _joined(self, *gates: Any) -> Any:
        """Return gates behind each other, 0 outside the sequences; None if they are."""
        return None if gates[0] is None else self._within(self.F.Concat(*gates, dim=2))

    def _plain(self) -> _Chain:
        h = self.kept.hiddens
        return _Chain(self._within(1 - h * h if self.mode == "rnn_tanh" else h > 0), None, self._outside)

    def _lstm(self) -> _Chain:
        enter, forget, new, leave = self._columns(self.kept.gates)
        g_enter, g_forget, g_new, g_leave = self._columns(self.added.gates)
        squashed = self.F.tanh(self.kept.cells)
        slopes = (enter * (1 - enter), forget * (1 - forget), 1 - new * new, leave * (1 - leave))
        before = self._before(self.cell, self.kept.cells)
        factors = [new * slopes[0], before * slopes[1], enter * slopes[2], squashed * slopes[3]]
        keep = forget
        if self.clip:
            passes = self.clip.passes(self.kept.cells)
            factors[:3] = [each * passes for each in factors[:3]]
            keep = keep * passes
        added = None
        if g_enter is not None:
            given = (g_enter, g_forget, g_new, g_leave)
            added = self._joined(*(each * slope for each, slope in zip(given, slopes, strict=True)))
        outside = self._outside
        cell = _CellChain(
            self._within(leave * (1 - squashed * squashed)),
            keep if outside is None else self._within(keep) + outside,
            self.added.cells,
        )
        return _Chain(self._joined(*factors), added, outside, cell)

    def _gru(self) -> _Chain:
        reset, update, new, q = self._columns(self.kept.gates)
        g_reset, g_update, g_new, g_q = self._columns(self.added.gates)
        before = self._before(self.state, self.kept.hiddens)
        of_reset, of_update = reset * (1 - reset), update * (1 - update)
        of_new = (1 - update) * (1 - new * new)
        factors = (of_new * q * of_reset, (before - new) * of_update, of_new * reset)
        added = None
        if g_new is not None:
            by_new = g_new * (1 - new * new)
            added = self._joined(
                (g_reset + by_new * q) * of_reset, g_update * of_update, g_q + by_new * reset
            )
        outside = self._outside
        keep = update if outside is None else self._within(update) + outside
        return _Chain(self._joined(*factors), added, keep)

    def _new_gate(self, units: list[Any], hidden: Any) -> Any:
        """Return the gradients of what the input gives to a GRU's gates: no reset gate is in between."""
        F = self.F
        _, update, new, _ = self._columns(self.kept.gates)
        d_new = F.stack(*units, axis=0) * (1 - update)
        if self.added.gates is not None:
            d_new = d_new + self._columns(self.added.gates)[2]
        d_new = self._within(d_new * (1 - new * new))
        return F.Concat(hidden[:, :, : 2 * self._hidden], d_new, dim=2)

    # -- parameters -----------------------------------------------------------------------------------------

    def _weight(self, gates: Any, factor: Any) -> Any:
        """Return the gradient of a weight: a sum of outer products over all steps and the batch."""
        F = self.F
        rows = gates.shape[0] * gates.shape[1]
        left, right = (F._reshape_to(each, shape=(rows, each.shape[2])) for each in (gates, factor))
        return F.dot(left, right, transpose_a=True)

    def _projection(self, units: list[Any]) -> Any:
        if self.weights.h2r_weight is None:
            return None
        leave = self._columns(self.kept.gates)[3]
        return self._weight(self._within(self.F.stack(*units, axis=0)), leave * self.F.tanh(self.kept.cells))


def _sum(*parts: Any) -> Any:
    """Return the sum of what is there."""
    first, *others = (part for part in parts if part is not None)
    for each in others:
        first = first + each
    return first
