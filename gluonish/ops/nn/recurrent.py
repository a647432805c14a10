"""Recurrent networks over whole sequences: several layers, in one direction or both.

What the forward pass keeps for the gradient are hidden outputs: the states of all layers, the gates, and the
masks of dropout. The gradient of the operator takes part of theirs where it is itself differentiated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import is_half, require_float, widen
from gluonish.ops.nn.normal import WIDE, all_outputs, narrowed, widened
from gluonish.ops.nn.recurrent_gradient import Direction, Gradients
from gluonish.ops.nn.recurrent_layout import Mode, Network, Weights
from gluonish.ops.nn.recurrent_steps import Clip, Kept, run_gru, run_lstm, run_plain
from gluonish.shape import PartialShape

__all__: list[str] = []

KEPT = ("hiddens", "gates", "cells", "masks")
OUTPUTS = ("output", "state_output", "statecell_output", *KEPT)


def _visible(mode: str, state_outputs: bool) -> int:
    return 1 if not state_outputs else 3 if mode == "lstm" else 2


USES = {
    "state_cell": lambda mode: mode == "lstm",
    "sequence_length": lambda use_sequence_length: use_sequence_length,
}


# -- the forward pass -----------------------------------------------------------------------------------


def _labels(mode: str, state_outputs: bool) -> tuple[str, ...]:
    return OUTPUTS[: _visible(mode, state_outputs)]


@operator("RNN", outputs=OUTPUTS, labels=_labels, visible=_visible, uses=USES)
def rnn(
    xp: XP,
    data: Array,
    parameters: Array,
    state: Array,
    state_cell: Array = None,
    sequence_length: Array = None,
    *,
    state_size: int,
    num_layers: int,
    bidirectional: bool = False,
    mode: Mode,
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    rng: Any,
    training: bool,
) -> tuple[Array, ...]:
    """Run a recurrent network over sequences: data (steps, batch, inputs), output (steps, batch, outputs).

    The modes are "rnn_relu" and "rnn_tanh" (Elman, Finding structure in time, 1990), "lstm" (Hochreiter and
    Schmidhuber, Long short-term memory, 1997) and "gru" (Cho et al., Learning phrase representations, 2014).
    All parameters lie in one vector: first all weights, by layer, direction, and input before hidden; then
    the biases in the same order. States are (layers * directions, batch, state_size). With ``state_outputs``
    the last ones are returned too.

    While training, p is the probability of dropout between layers. ``projection_size`` makes an LSTM hand on
    a projection of its hidden units (Sak et al., 2014); the clip parameters bound its cell states. Behind the
    end of a sequence, where ``sequence_length`` gives one for each, the output is 0 and the state stays.
    """
    network = Network(mode, state_size, num_layers, 2 if bidirectional else 1, projection_size)
    clip = Clip(lstm_state_clip_min, lstm_state_clip_max, lstm_state_clip_nan)
    x, vector, *states = (_wide(each) for each in (data, parameters, state, state_cell))
    inside = None
    if sequence_length is not None:
        inside = (xp.arange(len(x))[:, None] < sequence_length.astype("int64", copy=False))[:, :, None]
        x = xp.where(inside, x, 0)
    kept = {name: xp.empty(shape, x.dtype) for name, shape in network.kept(*x.shape[:2]).items()}
    kept["masks"] = _masks(xp, kept["masks"].shape, p if training else 0.0, rng, x.dtype)
    weights = network.cut(vector, x.shape[2])
    last: list[tuple[Array, Array]] = []
    for place in network.places:
        layer, direction = place
        if layer and direction == 0:
            x = _joined(xp, kept["hiddens"][layer - 1])
            if p and training:
                x *= kept["masks"][layer - 1]
        steps = Kept(*(kept[name][place] if kept[name].ndim > 1 else None for name in KEPT[:3]))
        first = [None if each is None else each[network.state_of(place)] for each in states]
        last.append(_run(xp, network, x, weights[place], first, steps, inside, clip, reverse=direction == 1))
    output = _joined(xp, kept["hiddens"][-1])
    if inside is not None:
        output = xp.where(inside, output, 0)
    hidden = xp.stack([h for h, _ in last])
    cell = xp.stack([c for _, c in last]) if network.is_lstm else xp.empty(0, x.dtype)
    results = (output, hidden, cell)
    return (*(each.astype(data.dtype, copy=False) for each in results), *kept.values())


def _wide(array: Array) -> Array:
    return None if array is None else widen(array)


def _run(
    xp: XP,
    network: Network,
    x: Array,
    weights: Weights,
    first: list[Array],
    kept: Kept,
    inside: Array | None,
    clip: Clip,
    *,
    reverse: bool,
) -> tuple[Array, Array]:
    """Run one direction of one layer; return its last hidden state and, of an LSTM, the last cell state."""
    order = range(len(x) - 1, -1, -1) if reverse else range(len(x))
    state, cell = first
    if network.is_lstm:
        return run_lstm(xp, x, weights, state, cell, kept, order, inside, clip)
    if network.mode == "gru":
        return run_gru(xp, x, weights, state, kept, order, inside), None
    return run_plain(xp, x, weights, state, kept, order, inside, relu=network.mode == "rnn_relu"), None


def _joined(xp: XP, hiddens: Array) -> Array:
    """Return the states of all directions (D, T, N, width) side by side, (T, N, D * width)."""
    return xp.concatenate(list(hiddens), axis=-1)


def _masks(xp: XP, shape: tuple[int, ...], p: float, rng: Any, dtype: Any) -> Array:
    """Return what dropout multiplies the input of each upper layer with."""
    if not p:
        return xp.broadcast_to(xp.ones(1, dtype), shape)  # ones, without memory
    return (rng.random(shape, dtype="float32") >= p) * dtype.type(1 / (1 - p) if p < 1 else 0)


# -- shapes ---------------------------------------------------------------------------------------------


@rnn.shape
def rnn_shape(s: ShapeFacts, params: Mapping[str, Any]) -> None:
    _check(s.owner, params)
    network = Network.of(params)
    steps, batch, inputs = _sizes(s)
    count = None if s["parameters"] is None else s["parameters"][0]
    if count is not None:
        fitting = network.inputs_for(count)
        if fitting is None:
            s.fail("cannot divide its parameters among the layers")
        if inputs not in (None, fitting):
            s.fail("has parameters for inputs of another size", expected=f"{fitting} inputs")
        inputs = fitting
    if inputs is not None:
        s["parameters"] = (network.count(inputs),)
    s["data"] = (steps, batch, inputs)
    states = network.layers * network.directions
    for name in ("state", "state_output"):
        s[name] = (states, batch, network.width)
    if network.is_lstm and "state_cell" in s:
        s["state_cell"] = (states, batch, network.hidden)
    s["statecell_output"] = (states, batch, network.hidden) if network.is_lstm else (0,)
    if "sequence_length" in s:
        s["sequence_length"] = (batch,)
    s["output"] = (steps, batch, network.directions * network.width)
    for name, shape in network.kept(steps, batch).items():
        s[name] = shape


def _sizes(s: ShapeFacts) -> tuple[Any, Any, Any]:
    """Return what is known of the numbers of steps, sequences and inputs."""
    data: PartialShape = s["data"]
    if data is not None and len(data) != 3:  # noqa: PLR2004
        s.fail("needs sequences in a batch", expected="data of three axes: steps, batch, inputs")
    steps, batch, inputs = data or (None, None, None)
    if steps == 0 or inputs == 0:
        s.fail("needs at least one step and one input")
    output = s["output"] or (None, None, None)
    for name, axis in (("output", 1), ("state", 1), ("state_cell", 1), ("sequence_length", 0)):
        if batch is None and name in s and s[name] is not None:
            batch = s[name][axis]
    return output[0] if steps is None else steps, batch, inputs


def _check(owner: str, params: Mapping[str, Any]) -> None:
    """Refuse impossible parameters.

    Raises:
        ArgumentError: they are.
    """
    subject = f"Operator {owner!r}"
    for name, least in (("state_size", 1), ("num_layers", 1), ("projection_size", 1)):
        if params[name] is not None and params[name] < least:
            raise ArgumentError(
                subject, f"has an impossible {name}", expected=f"{least} or more", received=params[name]
            )
    if not 0 <= params["p"] <= 1:
        raise ArgumentError(subject, "needs a probability", expected="p from 0 to 1", received=params["p"])
    if params["projection_size"] is not None and params["mode"] != "lstm":
        raise ArgumentError(
            subject, "projects hidden units in mode 'lstm' only", received=f"mode={params['mode']!r}"
        )


@rnn.dtype
def rnn_dtype(d: DTypeFacts) -> None:
    names = ["data", "parameters", "state", "state_cell", "output", "state_output", "statecell_output"]
    d.same(*(name for name in names if name in d))
    data = d["data"]
    if data is not None:
        require_float(d, data)
        for name in KEPT:
            d[name] = WIDE if is_half(data) else data


# -- the gradient ---------------------------------------------------------------------------------------


@attrs.frozen
class _Pass:
    """A backward pass through the layers.

    Attributes:
        F: the operators to compute with.
        network: the structure.
        params: the parameters of the operator.
        weights: the network's parameters, by layer and direction.
        states: the first hidden states, and the first cell states or None.
        kept: what the forward pass kept, by name.
        added: the gradients of that, None for zero.
        inside: as of Direction.
        dropped: whether there was dropout between layers.
    """

    F: Any
    network: Network
    params: Mapping[str, Any]
    weights: Any
    states: tuple[Any, Any]
    kept: dict[str, Any]
    added: dict[str, Any]
    inside: Any
    dropped: bool

    def input_of(self, layer: int) -> Any:
        """Return what an upper layer was given."""
        states = [self.kept["hiddens"][layer - 1, d] for d in range(self.network.directions)]
        x = self.F.Concat(*states, dim=2)
        return x * self.kept["masks"][layer - 1] if self.dropped else x

    def through(
        self, layer: int, x: Any, g: Any, g_last: tuple[Any, Any], *, of_x: bool, of_weights: bool
    ) -> list[Gradients]:
        """Return the gradients of the directions of a layer, given that of its output."""
        width = self.network.width
        found = []
        for direction in range(self.network.directions):
            part = g[:, :, direction * width : (direction + 1) * width]
            at = slice(
                self.network.state_of((layer, direction)), self.network.state_of((layer, direction)) + 1
            )
            g_state, g_cell = (None if each is None else each[at] for each in g_last)
            run = self._direction(layer, direction, x, at)
            found.append(run.gradients(part, g_state, g_cell, of_x=of_x, of_weights=of_weights))
        return found

    def _direction(self, layer: int, direction: int, x: Any, at: slice) -> Direction:
        def of_place(kept: dict[str, Any]) -> Kept:
            arrays = [kept[name] for name in KEPT[:3]]
            return Kept(*(None if a is None or len(a.shape) == 1 else a[layer, direction] for a in arrays))

        state, cell = (None if each is None else each[at] for each in self.states)
        return Direction(
            F=self.F,
            mode=self.network.mode,
            x=x,
            weights=self.weights[layer, direction],
            state=state,
            cell=cell,
            kept=of_place(self.kept),
            added=of_place(self.added),
            reverse=direction == 1,
            inside=self.inside,
            clip=Clip(*(self.params[f"lstm_state_clip_{name}"] for name in ("min", "max", "nan"))),
        )


@rnn.gradient()
def rnn_gradient(
    F: Any,
    g: Any,
    data: Any,
    parameters: Any,
    state: Any,
    state_cell: Any,
    sequence_length: Any,
    hiddens: Any,
    gates: Any,
    cells: Any,
    masks: Any,
    hidden: Any,
    dtypes: Any,
    needed: Any,
    params: Any,
    training: bool,
) -> Any:
    dtype = dtypes[0]
    x, vector, first, first_cell = _all_widened(F, (data, parameters, state, state_cell), dtype)
    g_all = all_outputs(g, hidden)
    g_output, g_state, g_cell = _all_widened(F, g_all[:3], dtype)
    inside = None
    if sequence_length is not None:
        cover = F.ones_like(x[:, :, :1])
        x, inside, g_output = (
            F.SequenceMask(each, sequence_length, use_sequence_length=True) for each in (x, cover, g_output)
        )
    network = Network.of(params)
    run = _Pass(
        F=F,
        network=network,
        params=params,
        weights=network.cut(vector, x.shape[2]),
        states=(first, first_cell),
        kept=dict(zip(KEPT, (hiddens, gates, cells, masks), strict=True)),
        added=dict(zip(KEPT, g_all[3:], strict=True)),
        inside=inside,
        dropped=training and params["p"] > 0 and network.layers > 1,
    )
    return _collect(run, x, g_output, (g_state, g_cell), needed, dtype)


def _all_widened(F: Any, arrays: Sequence[Any], dtype: Any) -> list[Any]:
    """Return arrays of this dtype as float32 if it is one of half precision; None stays None."""
    return [None if each is None else widened(F, each, dtype) for each in arrays]


def _collect(run: _Pass, x: Any, g: Any, g_last: tuple[Any, Any], needed: Any, dtype: Any) -> Any:
    """Go through the layers from the last to the first; return the gradients of all inputs."""
    F, network = run.F, run.network
    found: dict[tuple[int, int], Gradients] = {}
    for layer in reversed(range(network.layers)):
        below = run.input_of(layer) if layer else x
        of_x = layer > 0 or needed[0]
        parts = run.through(layer, below, g, g_last, of_x=of_x, of_weights=needed[1])
        found.update({(layer, direction): part for direction, part in enumerate(parts)})
        if of_x:
            g = parts[0].x if len(parts) == 1 else parts[0].x + parts[1].x
            g = g * run.kept["masks"][layer - 1] if layer and run.dropped else g
    g_data = g if needed[0] else None
    g_vector = None
    if needed[1]:
        g_vector = network.join(F, {place: part.weights for place, part in found.items()}, x.shape[2])
    g_state = F.Concat(*(found[place].state for place in network.places), dim=0)
    g_cell = F.Concat(*(found[place].cell for place in network.places), dim=0) if network.is_lstm else None
    gradients = [narrowed(F, each, dtype) for each in (g_data, g_vector, g_state, g_cell)]
    return (*gradients, None)[: len(needed)]
