"""The forward passes of recurrent networks, one direction of one layer at a time.

The input's part of all steps is one product of matrices; each step adds that of the state before it. All
gates are computed by one tanh, for ``sigmoid(x) = tanh(x / 2) / 2 + 1 / 2``: the weights of sigmoid gates are
halved beforehand, which is exact.

What is written to ``Kept`` is all that the gradient needs. Behind the end of a sequence its state stays as it
is, so the last step in either order has the last state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from gluonish.engine.operator import XP, Array
from gluonish.ops.nn.recurrent_layout import Weights

__all__ = ["Clip", "Kept", "run_gru", "run_lstm", "run_plain"]


@attrs.frozen
class Kept:
    """What is kept of all steps, steps first.

    Attributes:
        hiddens: the states that are handed on, (T, N, width).
        gates: what the gates are, (T, N, gates * hidden).
        cells: the cell states of an LSTM, (T, N, hidden).
    """

    hiddens: Any
    gates: Any
    cells: Any


@attrs.frozen
class Clip:
    """The bounds of an LSTM's cell states.

    Attributes:
        low: the lower bound; None for none.
        high: the upper bound, likewise.
        nan: whether a NaN becomes a bound too.
    """

    low: float | None
    high: float | None
    nan: bool

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None

    def apply(self, xp: XP, cells: Array) -> Array:
        """Return cell states within the bounds."""
        at_least, at_most = (xp.fmax, xp.fmin) if self.nan else (xp.maximum, xp.minimum)
        if self.low is not None:
            cells = at_least(cells, cells.dtype.type(self.low))
        return cells if self.high is None else at_most(cells, cells.dtype.type(self.high))

    def passes(self, cells: Any) -> Any:
        """Return where clipped cell states are within the bounds, so that a gradient passes."""
        inside = 1
        if self.low is not None:
            inside = inside * (cells > self.low)
        return inside if self.high is None else inside * (cells < self.high)


def _products(xp: XP, x: Array, weight: Array, bias: Array, out: Array | None = None) -> Array:
    """Return ``x W^T + b`` for all steps at once, (T, N, rows)."""
    steps, batch, size = x.shape
    rows = weight.shape[0]
    flat = None if out is None else out.reshape(steps * batch, rows)
    result = xp.matmul(x.reshape(steps * batch, size), weight.T, out=flat)
    result += bias
    return result.reshape(steps, batch, rows)


def _sigmoid_scale(xp: XP, like: Array, gates: Sequence[bool], hidden: int) -> tuple[Array, Array]:
    """Return factor and summand around the tanh of each row: a half for gates that are sigmoids."""
    sigmoid = xp.repeat(xp.asarray(gates), hidden)
    scale = xp.where(sigmoid, 0.5, 1.0).astype(like.dtype)
    return scale, xp.where(sigmoid, 0.5, 0.0).astype(like.dtype)


def run_plain(
    xp: XP,
    x: Array,
    weights: Weights,
    state: Array,
    kept: Kept,
    order: Sequence[int],
    inside: Array | None,
    *,
    relu: bool,
) -> Array:
    """Run ``h = act(W x + b + U h + c)`` over the steps; return the last state (Elman, 1990)."""
    drive = _products(xp, x, weights.i2h_weight, weights.i2h_bias + weights.h2h_bias)
    recurrent = weights.h2h_weight.T
    for t in order:
        h = drive[t]
        h += xp.matmul(state, recurrent)
        if relu:
            xp.maximum(h, 0, out=h)
        else:
            xp.tanh(h, out=h)
        kept.hiddens[t] = state = h if inside is None else xp.where(inside[t], h, state)
    return state


def run_lstm(
    xp: XP,
    x: Array,
    weights: Weights,
    state: Array,
    cell: Array,
    kept: Kept,
    order: Sequence[int],
    inside: Array | None,
    clip: Clip,
) -> tuple[Array, Array]:
    """Run a long short-term memory over the steps; return the last hidden and cell state.

    Hochreiter and Schmidhuber (1997), with forget gates; with a projection, Sak et al. (2014).
    """
    hidden = cell.shape[-1]
    scale, shift = _sigmoid_scale(xp, x, (True, True, False, True), hidden)
    bias = (weights.i2h_bias + weights.h2h_bias) * scale
    _products(xp, x, weights.i2h_weight * scale[:, None], bias, out=kept.gates)
    recurrent = (weights.h2h_weight * scale[:, None]).T
    for t in order:
        gates = kept.gates[t]
        gates += xp.matmul(state, recurrent)
        xp.tanh(gates, out=gates)
        gates *= scale
        gates += shift
        enter, forget, new, leave = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
        c = forget * cell
        c += enter * new
        if clip:
            c = clip.apply(xp, c)
        h = leave * xp.tanh(c)
        if weights.h2r_weight is not None:
            h = xp.matmul(h, weights.h2r_weight.T)
        if inside is not None:
            h, c = xp.where(inside[t], h, state), xp.where(inside[t], c, cell)
        kept.hiddens[t], kept.cells[t] = h, c
        state, cell = h, c
    return state, cell


def run_gru(
    xp: XP,
    x: Array,
    weights: Weights,
    state: Array,
    kept: Kept,
    order: Sequence[int],
    inside: Array | None,
) -> Array:
    """Run a gated recurrent unit over the steps; return the last state.

    Cho et al. (2014), with the reset gate applied behind the product, as cuDNN does: of the new gate
    ``n = tanh(W x + b + r q)`` the part ``q = U h + c`` is kept too.
    """
    hidden = state.shape[-1]
    scale, _ = _sigmoid_scale(xp, x, (True, True, False), hidden)
    drive = _products(xp, x, weights.i2h_weight * scale[:, None], weights.i2h_bias * scale)
    recurrent = (weights.h2h_weight * scale[:, None]).T
    recurrent_bias = weights.h2h_bias * scale
    for t in order:
        gates, own = kept.gates[t], drive[t]
        before = xp.matmul(state, recurrent)
        before += recurrent_bias
        sigmoids = gates[:, : 2 * hidden]
        xp.add(own[:, : 2 * hidden], before[:, : 2 * hidden], out=sigmoids)
        xp.tanh(sigmoids, out=sigmoids)
        sigmoids *= 0.5
        sigmoids += 0.5
        reset, update = gates[:, :hidden], gates[:, hidden : 2 * hidden]
        q = gates[:, 3 * hidden :] = before[:, 2 * hidden :]
        new = gates[:, 2 * hidden : 3 * hidden] = xp.tanh(own[:, 2 * hidden :] + reset * q)
        h = new + update * (state - new)
        kept.hiddens[t] = state = h if inside is None else xp.where(inside[t], h, state)
    return state
