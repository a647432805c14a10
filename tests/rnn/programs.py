"""Symbols of cells that Apache MXNet and gluonish both make and run; names and values are compared.

``tools/make_golden_rnn.py`` asks MXNet; ``test_programs.py`` asks gluonish.
"""

from __future__ import annotations

import random

import numpy as np

LENGTH = 3


def values(shape, phase):
    """Return an array of numbers between -1 and 1."""
    return np.sin(np.arange(int(np.prod(shape))) * 1.3 + phase).reshape(shape).astype(np.float32)


def _stack(mx):
    stack = mx.rnn.SequentialRNNCell()
    for cell in (mx.rnn.LSTMCell(4, prefix="a_"), mx.rnn.DropoutCell(0.5), mx.rnn.GRUCell(3, prefix="b_")):
        stack.add(cell)
    return stack


def _fused(mx, mode, **options):
    return mx.rnn.FusedRNNCell(4, num_layers=2, mode=mode, prefix="f_", **options)


CELLS = {
    "rnn": lambda mx: mx.rnn.RNNCell(4),
    "rnn-relu": lambda mx: mx.rnn.RNNCell(4, activation="relu", prefix="r_"),
    "lstm": lambda mx: mx.rnn.LSTMCell(4, forget_bias=2.0),
    "gru": lambda mx: mx.rnn.GRUCell(4),
    "stack": _stack,
    "bidirectional": lambda mx: mx.rnn.BidirectionalCell(
        mx.rnn.LSTMCell(4, prefix="l_"), mx.rnn.GRUCell(4, prefix="r_"), output_prefix="both_"
    ),
    "residual": lambda mx: mx.rnn.ResidualCell(mx.rnn.GRUCell(5)),
    "zoneout": lambda mx: mx.rnn.ZoneoutCell(mx.rnn.RNNCell(4), 0.3, 0.4),
    **{
        f"fused-{mode}": (
            lambda mx, mode=mode: _fused(mx, mode, get_next_state=True, bidirectional=mode == "lstm")
        )
        for mode in ("rnn_relu", "rnn_tanh", "lstm", "gru")
    },
    "fused-dropout": lambda mx: _fused(mx, "gru", dropout=0.4),
    "unfused": lambda mx: _fused(mx, "lstm", bidirectional=True, dropout=0.4).unfuse(),
}
CONVOLUTIONS = {
    "conv-rnn": lambda mx: mx.rnn.ConvRNNCell((2, 2, 4, 4), 3),
    "conv-lstm": lambda mx: mx.rnn.ConvLSTMCell((2, 2, 4, 4), 3, activation="tanh", i2h_pad=(0, 0)),
    "conv-gru": lambda mx: mx.rnn.ConvGRUCell((2, 2, 4, 4), 3, h2h_kernel=(5, 5), i2h_stride=(2, 2)),
}
WAYS = {
    "list": ("NTC", None),
    "NTC": ("NTC", None),
    "merged": ("NTC", True),
    "TNC": ("TNC", True),
    "cut": ("TNC", False),
}
"""How a sequence is given, with the layout and ``merge_outputs``."""


def unrolled(mx, cell, way):
    """Return names in the graph of an unrolled cell, and its outputs for certain inputs and weights."""
    image = cell in CONVOLUTIONS
    layout, merge = WAYS[way]
    step = (2, 2, 4, 4) if image else (2, 5)
    if way == "list":
        inputs = [mx.sym.var(f"t{i}_data") for i in range(LENGTH)]
        shapes = {f"t{i}_data": step for i in range(LENGTH)}
    else:
        inputs = mx.sym.var("data")
        shapes = {"data": (2, LENGTH, 5) if layout == "NTC" else (LENGTH, 2, 5)}
    made = {**CELLS, **CONVOLUTIONS}[cell](mx)
    with mx.name.NameManager():
        outputs, states = made.unroll(LENGTH, inputs, layout=layout, merge_outputs=merge)
    flat = [each for state in states for each in (state if isinstance(state, list) else [state])]
    group = mx.sym.Group((outputs if isinstance(outputs, list) else [outputs]) + flat)
    executor = group.simple_bind(mx.cpu(), **shapes)
    for i, name in enumerate(sorted(executor.arg_dict)):
        array = executor.arg_dict[name]
        array[:] = values(array.shape, i)
    found = executor.forward(is_train=False)
    return {
        "arguments": group.list_arguments(),
        "outputs": group.list_outputs(),
        **({"inside": group.get_internals().list_outputs()} if way == "list" else {}),
        "states": [list(shape) for shape in made.state_shape],
        "values": [np.round(each.asnumpy().astype(np.float64), 5).ravel().tolist()[:6] for each in found],
    }


def weights(mx, cell):
    """Return weights by gate, with their shapes and first elements, and whether they pack again."""
    made = CELLS[cell](mx)
    shapes = {"data": (2, LENGTH, 5)}
    outputs, _ = made.unroll(LENGTH, mx.sym.var("data"), merge_outputs=True)
    names = [name for name in outputs.list_arguments() if name != "data"]
    sizes = dict(zip(outputs.list_arguments(), outputs.infer_shape(**shapes)[0]))  # noqa: B905  old Python too
    given = {name: mx.nd.array(values(sizes[name], i)) for i, name in enumerate(names)}
    apart = made.unpack_weights(given)
    again = made.pack_weights(apart)
    return {
        "apart": {
            name: [list(array.shape), round(float(array.asnumpy().ravel()[0]), 5)]
            for name, array in sorted(apart.items())
        },
        "packs": all(bool((again[name] == given[name]).asnumpy().all()) for name in given)
        and len(again) == len(given),
    }


def sentences(mx, layout, buckets):
    """Return the batches of two epochs."""
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002  the iterator draws from it
    given = [[(i * j) % 7 + 1 for j in range(1, i % 5 + 2)] for i in range(17)]
    batches = mx.rnn.BucketSentenceIter(given, 2, buckets=buckets, invalid_label=0, layout=layout)
    found = [batches.buckets, list(batches.provide_data[0].shape)]
    for _ in range(2):
        found += [
            [b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.bucket_key] for b in batches
        ]
        batches.reset()
    return found


PROGRAMS = {
    **{
        f"unrolled {cell} {way}": (unrolled, cell, way)
        for cell in CELLS
        for way in WAYS
        if cell != "unfused" or way != "merged"
    },
    **{f"unrolled {cell} list": (unrolled, cell, "list") for cell in CONVOLUTIONS},
    **{
        f"weights {cell}": (weights, cell)
        for cell in ("rnn", "lstm", "gru", "stack", "fused-lstm", "fused-gru")
    },
    "sentences NT": (sentences, "NT", [2, 4]),
    "sentences TN": (sentences, "TN", None),
}
"""Functions with their arguments, by name."""


def run(name, mx):
    """Return what a program returns."""
    function, *arguments = PROGRAMS[name]
    return function(mx, *arguments)
