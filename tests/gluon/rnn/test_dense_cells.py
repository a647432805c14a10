"""Cells of fully connected gates, beyond the contracts of all layers."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.nn.golden import ramp

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError, UnknownNameError
from gluonish.gluon import contrib, nn, rnn

TWO = {"input_size": 2}

GOLDEN = {
    "RNNCell": (
        lambda: rnn.RNNCell(2, **TWO),
        "-.52557 .34521 -.45205 .46767 -.54846 .32899 -.65271 .24304 -.41862 .44048 -.53779 .30006",
    ),
    "RNNCell with softrelu": (
        lambda: rnn.RNNCell(2, activation="softrelu", **TWO),
        ".44319 .88926 .42436 .99815 .38719 .89971 .37734 .82482 .43555 .9783 .39371 .88269",
    ),
    "LSTMCell": (
        lambda: rnn.LSTMCell(2, **TWO),
        ".05327 -.11398 .0669 -.20154 .04188 -.2169 .01535 -.11777 .05462 -.18076 .03914 -.19069",
    ),
    "LSTMCell with other activations": (
        lambda: rnn.LSTMCell(2, activation="softsign", recurrent_activation="relu", **TWO),
        "0 0 0 0 0 -.00136 0 -.0056 0 0 0 0",
    ),
    "GRUCell": (
        lambda: rnn.GRUCell(2, **TWO),
        ".11043 -.11497 .14337 -.2045 .07422 -.21286 .01196 -.10145 .11 -.18365 .06545 -.18412",
    ),
    "LSTMPCell": (
        lambda: contrib.rnn.LSTMPCell(3, 2, **TWO),
        "-.02843 .04464 -.04645 .06875 -.06146 .09016 -.02142 .04674 -.04386 .07093 -.06185 .09143",
    ),
}
"""Outputs over three steps that Apache MXNet 1.9.1 printed."""


def filled(cell):
    """Give a cell's parameters ramps of growing scale, as they were in MXNet."""
    cell.initialize()
    for i, parameter in enumerate(cell.collect_params().values(), start=1):
        parameter.set_data(ramp(*parameter.shape, scale=0.02 * i))
    return cell


def numbers(text):
    return np.array(text.split(), float)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_outputs_are_those_of_mxnet(name):
    make, expected = GOLDEN[name]
    outputs, _ = filled(make()).unroll(3, ramp(2, 3, 2, scale=0.2), merge_outputs=True)
    np.testing.assert_allclose(outputs.asnumpy().ravel(), numbers(expected), atol=2e-5)


def test_the_states_are_those_of_mxnet():
    _, (h, c) = filled(rnn.LSTMCell(2, **TWO)).unroll(3, ramp(2, 3, 2, scale=0.2))
    np.testing.assert_allclose(h.asnumpy().ravel(), [0.04188, -0.2169, 0.03914, -0.19069], atol=2e-5)
    np.testing.assert_allclose(c.asnumpy().ravel(), [0.06465, -0.46103, 0.06046, -0.40994], atol=2e-5)


STATES = [
    (lambda: rnn.RNNCell(4), [(3, 4)]),
    (lambda: rnn.LSTMCell(4), [(3, 4), (3, 4)]),
    (lambda: rnn.GRUCell(4), [(3, 4)]),
    (lambda: contrib.rnn.LSTMPCell(4, 2), [(3, 2), (3, 4)]),
]


@pytest.mark.parametrize(("make", "shapes"), STATES)
def test_a_cell_describes_its_states(make, shapes):
    assert make().state_info(3) == [{"shape": shape, "__layout__": "NC"} for shape in shapes]
    assert make().state_info() == [{"shape": (0, shape[1]), "__layout__": "NC"} for shape in shapes]


def test_the_names_of_cells_are_those_of_mxnet():
    with mx.name.NameManager():
        cells = [
            rnn.RNNCell(2),
            rnn.LSTMCell(2),
            rnn.GRUCell(2),
            contrib.rnn.LSTMPCell(2, 1),
            rnn.LSTMCell(2),
        ]
    assert [cell.prefix for cell in cells] == ["rnn0_", "lstm0_", "gru0_", "lstmp0_", "lstm1_"]


def test_the_text_of_a_cell_is_that_of_mxnet():
    assert repr(rnn.RNNCell(5)) == "RNNCell(None -> 5, tanh)"
    assert repr(rnn.RNNCell(5, activation="relu", input_size=3)) == "RNNCell(3 -> 5, relu)"
    assert repr(rnn.LSTMCell(5, input_size=3)) == "LSTMCell(3 -> 20)"
    assert repr(rnn.GRUCell(5)) == "GRUCell(None -> 15)"
    assert repr(contrib.rnn.LSTMPCell(5, 3, input_size=4)) == "LSTMPCell(4 -> 20 -> 3)"


@pytest.mark.parametrize(
    ("activation", "expected"),
    [(nn.LeakyReLU(0.5), -0.5), (lambda x: x * 3, -3), ("softsign", -0.5), ("relu", 0)],
)
def test_an_activation_is_a_name_a_block_or_a_function(activation, expected):
    cell = rnn.RNNCell(1, activation=activation, input_size=1)
    cell.initialize(mx.init.One())
    cell.i2h_bias.set_data([-2])
    output, _ = cell(mx.nd.ones((1, 1)), cell.begin_state(1))
    assert output.asscalar() == expected


def test_the_parameters_of_an_activation_are_those_of_the_cell():
    cell = rnn.RNNCell(2, activation=nn.PReLU(prefix="act_"), input_size=3)
    assert "act_alpha" in cell.collect_params()
    cell.initialize()
    outputs, _ = cell.unroll(2, mx.nd.ones((4, 2, 3)))
    assert outputs[0].shape == (4, 2)


def test_an_unknown_activation_is_refused_at_once():
    message = r"cannot take this for its parameter 'act_type'.\s+Expected one of 'relu'.*received 'leaky'"
    with pytest.raises(ArgumentError, match=message):
        rnn.RNNCell(3, activation="leaky")
    with pytest.raises(ArgumentError, match="'act_type'"):
        rnn.LSTMCell(3, recurrent_activation="hard")


@pytest.mark.parametrize("size", [0, -1, 2.5, "a"])
def test_an_impossible_size_is_refused(size):
    with pytest.raises(ArgumentError, match="LSTMCell has an impossible hidden_size"):
        rnn.LSTMCell(size)


def test_an_impossible_projection_is_refused():
    with pytest.raises(ArgumentError, match="LSTMPCell has an impossible projection_size"):
        contrib.rnn.LSTMPCell(3, 0)


MISFITS = [
    ([mx.nd.zeros((2, 4))], r"Expected a list of 2, received 1"),
    ([mx.nd.zeros((2, 4))] * 3, r"Expected a list of 2, received 3"),
    (mx.nd.zeros((2, 4)), r"Expected a list of 2, received NDArray"),
]


@pytest.mark.parametrize(("states", "message"), MISFITS)
def test_other_states_than_the_cell_has_are_refused(states, message):
    cell = rnn.LSTMCell(4, prefix="memory_")
    cell.initialize()
    with pytest.raises(
        ShapeMismatchError, match=r"LSTMCell 'memory' got other states than it has.\s+" + message
    ):
        cell(mx.nd.ones((2, 3)), states)


def test_a_state_of_another_size_names_the_operator():
    cell = rnn.RNNCell(4)
    cell.initialize()
    with pytest.raises(ShapeMismatchError, match=r"(?s)'FullyConnected'.*expected 5, received 4"):
        cell(mx.nd.ones((2, 3)), [mx.nd.zeros((2, 5))])


def test_an_initializer_of_biases_can_open_the_forget_gate():
    cell = rnn.LSTMCell(2, input_size=1, i2h_bias_initializer=mx.init.LSTMBias(1.0))
    cell.initialize()
    np.testing.assert_array_equal(cell.i2h_bias.data().asnumpy(), [0, 0, 1, 1, 0, 0, 0, 0])


def test_an_unknown_initializer_names_the_parameter():
    cell = rnn.RNNCell(2, input_size=1, h2h_weight_initializer="nonsense")
    with pytest.raises(UnknownNameError, match="nonsense"):
        cell.initialize()


def test_inputs_of_several_axes_are_flattened_as_by_dense():
    cell = rnn.GRUCell(2)
    cell.initialize()
    cell(mx.nd.ones((4, 3, 5)), cell.begin_state(4))
    assert cell.i2h_weight.shape == (6, 15)
