"""Cases of the recurrent network, computed one sequence and one step at a time."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def plain_step(act):
    def step(x, h, c, w, u, p, b, d):
        return act(w @ x + b + u @ h + d), c

    return step


def lstm_step(bounds):
    def step(x, h, c, w, u, p, b, d):
        enter, forget, new, leave = np.split(w @ x + b + u @ h + d, 4)
        c = sigmoid(forget) * c + sigmoid(enter) * np.tanh(new)
        c = np.clip(c, *bounds) if bounds else c
        h = sigmoid(leave) * np.tanh(c)
        return h if p is None else p @ h, c

    return step


def gru_step(x, h, c, w, u, p, b, d):
    (own_r, own_z, own_n), (r, z, n) = np.split(w @ x + b, 3), np.split(u @ h + d, 3)
    r, z = sigmoid(own_r + r), sigmoid(own_z + z)
    return (1 - z) * np.tanh(own_n + r * n) + z * h, c


def cut(vector, mode, size, hidden, layers, directions, width, projected):
    """Return the parameters of every layer and direction, read off the vector in MXNet's order."""
    rows, position = GATES[mode] * hidden, 0

    def take(*shape):
        nonlocal position
        count = int(np.prod(shape))
        position += count
        return vector[position - count : position].reshape(shape)

    weights = {}
    for layer in range(layers):
        for direction in range(directions):
            columns = size if layer == 0 else directions * width
            w, u = take(rows, columns), take(rows, width)
            weights[layer, direction] = [w, u, take(width, hidden) if projected else None]
    for place in weights:
        weights[place] += [take(rows), take(rows)]
    assert position == len(vector)
    return weights


def run_one(x, steps, h, c, parameters, step, reverse):
    """Run one direction over one sequence; return the outputs of its steps and the last states."""
    outputs = np.zeros((len(x), len(h)))
    for t in reversed(range(steps)) if reverse else range(steps):
        h, c = step(x[t], h, c, *parameters)
        outputs[t] = h
    return outputs, h, c


def network(mode, hidden, layers=1, directions=1, *, projection=None, bounds=None, states=False):
    """Return a function that computes what the operator should."""
    width = projection or hidden
    steps = {"rnn_relu": plain_step(lambda a: np.maximum(a, 0)), "rnn_tanh": plain_step(np.tanh)}
    step = {**steps, "lstm": lstm_step(bounds), "gru": gru_step}[mode]

    def compute(x, vector, state, cell=None, lengths=None):
        weights = cut(vector, mode, x.shape[2], hidden, layers, directions, width, projection)
        lengths = [len(x)] * x.shape[1] if lengths is None else lengths.astype(int)
        last, last_cell = np.zeros(state.shape), np.zeros((layers * directions, x.shape[1], hidden))
        for layer in range(layers):
            output = np.zeros((*x.shape[:2], directions * width))
            for d in range(directions):
                at, columns = layer * directions + d, slice(d * width, (d + 1) * width)
                for b, n in enumerate(lengths):
                    c = np.zeros(hidden) if cell is None else cell[at, b]
                    output[:, b, columns], last[at, b], last_cell[at, b] = run_one(
                        x[:, b], n, state[at, b], c, weights[layer, d], step, d == 1
                    )
            x = output
        found = (x, last, last_cell) if mode == "lstm" else (x, last)
        return found if states else x

    return compute


def length_of(mode, size, hidden, layers=1, directions=1, projection=None):
    """Return the number of parameters."""
    rows, width = GATES[mode] * hidden, projection or hidden
    columns = [size] + [directions * width] * (layers - 1)
    each = rows * width + 2 * rows + (projection or 0) * hidden
    return directions * sum(rows * n + each for n in columns)


def case(mode, layers=1, directions=1, *, projection=None, lengths=None, bounds=None, states=True, **more):
    steps, batch, size, hidden = 3, 2, 2, 2
    at = layers * directions
    inputs = [
        Arr((steps, batch, size)),
        Arr((length_of(mode, size, hidden, layers, directions, projection),)),
        Arr((at, batch, projection or hidden)),
    ]
    params = {
        "mode": mode,
        "state_size": hidden,
        "num_layers": layers,
        "bidirectional": directions == 2,
        "state_outputs": states,
    }
    if mode == "lstm":
        inputs.append(Arr((at, batch, hidden)))
    if lengths:
        inputs.append(Arr((batch,), values=lengths, dtype="int32"))
        params["use_sequence_length"] = True
    if projection:
        params["projection_size"] = projection
    if bounds:
        params.update(lstm_state_clip_min=bounds[0], lstm_state_clip_max=bounds[1])
    expect = network(mode, hidden, layers, directions, projection=projection, bounds=bounds, states=states)
    return Case("RNN", inputs, params, expect=expect, **more)


CASES = [
    case("rnn_relu"),
    case("rnn_tanh", states=False),
    case("rnn_tanh", 2, 2),
    case("lstm"),
    case("lstm", 2, 2, states=False),
    case("lstm", 2, lengths=[1, 3], note="of different lengths"),
    case("lstm", 1, 2, lengths=[2, 3], states=False, note="of different lengths"),
    case("lstm", 1, 2, projection=3),
    case("lstm", 2, 1, projection=1, lengths=[3, 1], note="of different lengths"),
    case("lstm", bounds=(-0.3, 0.4), note="with clipped cells"),
    case("gru"),
    case("gru", 2, 2),
    case("gru", 3, 1, states=False),
]
