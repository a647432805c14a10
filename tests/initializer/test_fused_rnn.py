"""FusedRNN: where MXNet 1.9.1 puts every matrix and bias in the one vector of a recurrent network."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError, UnknownNameError

HIDDEN, LAYERS = 2, 2

LSTM, GRU = [6] * 4 + [4] * 4, [6] * 3 + [4] * 3
MATRICES = {
    ("lstm", False): LSTM + [4] * 8,
    ("lstm", True): LSTM * 2 + ([8] * 4 + [4] * 4) * 2,
    ("gru", False): GRU + [4] * 6,
    ("gru", True): GRU * 2 + ([8] * 3 + [4] * 3) * 2,
    ("rnn_relu", False): [6, 4, 4, 4],
    ("rnn_relu", True): [6, 4, 6, 4, 8, 4, 8, 4],
    ("rnn_tanh", False): [6, 4, 4, 4],
    ("rnn_tanh", True): [6, 4, 6, 4, 8, 4, 8, 4],
}
"""Sizes of the matrices in the order of memory, printed by MXNet for 3 inputs, 2 hidden units, 2 layers."""

BIASES = {"lstm": [0, 0, 0.5, 0.5, 0, 0, 0, 0], "gru": [0] * 6, "rnn_relu": [0] * 2, "rnn_tanh": [0] * 2}
"""The biases of one matrix product, with forget_bias 0.5."""


class Numbering(mx.init.Initializer):
    """Fills the first array with 1, the second with 2, and so on."""

    def __init__(self):
        super().__init__()
        self.shapes = []

    def _init_weight(self, name, arr):
        self.shapes.append(arr.shape)
        arr[:] = len(self.shapes)


def fill(init, size, dtype="float32"):
    parameter = mx.gluon.Parameter("rnn_param", shape=(size,), dtype=dtype)
    parameter.initialize(init)
    return parameter.data().asnumpy()


def size_of(mode, bidirectional):
    return sum(MATRICES[mode, bidirectional]) + len(BIASES[mode]) * 2 * LAYERS * (2 if bidirectional else 1)


@pytest.mark.parametrize(("mode", "bidirectional"), MATRICES)
def test_the_vector_has_all_matrices_then_all_biases(mode, bidirectional):
    sizes = MATRICES[mode, bidirectional]
    products = 2 * LAYERS * (2 if bidirectional else 1)
    matrices = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    init = mx.init.FusedRNN(Numbering(), HIDDEN, LAYERS, mode, bidirectional, forget_bias=0.5)
    values = fill(init, size_of(mode, bidirectional))
    assert values.tolist() == [*matrices, *BIASES[mode] * products]


def test_each_gate_has_a_matrix_of_its_own_so_that_fans_are_those_of_one_gate():
    numbering = Numbering()
    fill(mx.init.FusedRNN(numbering, HIDDEN, 1, "lstm"), 4 * (6 + 4) + 16)
    assert numbering.shapes == [(2, 3)] * 4 + [(2, 2)] * 4


def test_half_precision_is_filled_too():
    values = fill(mx.init.FusedRNN("ones", HIDDEN, LAYERS, "gru"), size_of("gru", False), "float16")
    assert values.dtype == np.float16
    assert values.sum() == sum(MATRICES["gru", False])


def test_without_an_initializer_the_global_one_fills_the_matrices():
    array = mx.nd.zeros((size_of("gru", False),))
    init = mx.init.FusedRNN(None, HIDDEN, LAYERS, "gru")
    init(mx.init.InitDesc("rnn_weight", global_init=mx.init.Constant(3)), array)
    assert array.asnumpy().sum() == 3 * sum(MATRICES["gru", False])


def test_without_any_initializer_it_is_an_error():
    with pytest.raises(ArgumentError, match="has no initializer for the matrices"):
        fill(mx.init.FusedRNN(None, HIDDEN, LAYERS, "gru"), size_of("gru", False))


def test_a_vector_that_cannot_be_divided_is_an_error():
    init = mx.init.FusedRNN("ones", HIDDEN, LAYERS, "lstm")
    for size in (size_of("lstm", False) + 1, 3):
        with pytest.raises(ShapeMismatchError, match=rf"cannot divide the .* vector.\s+Received {size} el"):
            fill(init, size)


def test_an_unknown_mode_is_an_error():
    with pytest.raises(ArgumentError, match=r"incorrect mode.\s+Expected one of rnn_relu.*, received 'lsdm'"):
        mx.init.FusedRNN("ones", 2, 1, "lsdm")


def test_an_unknown_initializer_is_an_error():
    with pytest.raises(UnknownNameError, match="'xavjer' is not registered"):
        mx.init.FusedRNN("xavjer", 2, 1, "lstm")
