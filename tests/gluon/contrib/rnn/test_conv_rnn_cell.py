"""Recurrent cells of convolutions, beyond the contracts of all layers."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.nn.golden import ramp

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon import contrib

GOLDEN = {
    "Conv1DRNNCell": (
        lambda: contrib.rnn.Conv1DRNNCell((2, 3), 1, 3, 3, i2h_pad=1),
        (2, 3),
        "-.63395 -.40365 -.63395 -.57997 -.45166 -.63034 -.56372 -.60798 -.55397",
    ),
    "Conv1DLSTMCell": (
        lambda: contrib.rnn.Conv1DLSTMCell((2, 3), 1, 2, 3, activation="softsign"),
        (2, 3),
        "-.04009 -.04233 -.06963 -.05811 -.07842 -.07443",
    ),
    "Conv1DGRUCell": (
        lambda: contrib.rnn.Conv1DGRUCell((2, 3), 1, 3, 3, i2h_pad=1, h2h_dilate=2),
        (2, 3),
        "-.06032 -.12777 -.04129 -.14202 -.18082 -.06048 -.19856 -.06689 -.166",
    ),
    "Conv2DLSTMCell": (
        lambda: contrib.rnn.Conv2DLSTMCell((1, 3, 3), 1, 2, 3, i2h_dilate=2),
        (1, 3, 3),
        "-.03494 -.11724 -.11224",
    ),
}
"""Outputs over three steps that Apache MXNet 1.9.1 printed."""


@pytest.mark.parametrize("name", GOLDEN)
def test_the_outputs_are_those_of_mxnet(name):
    make, shape, expected = GOLDEN[name]
    cell = make()
    cell.initialize()
    for i, parameter in enumerate(cell.collect_params().values(), start=1):
        parameter.set_data(ramp(*parameter.shape, scale=0.02 * i))
    outputs, _ = cell.unroll(3, ramp(1, 3, *shape, scale=0.2), merge_outputs=True)
    np.testing.assert_allclose(outputs.asnumpy().ravel(), np.array(expected.split(), float), atol=2e-5)


def test_the_names_and_texts_are_those_of_mxnet():
    with mx.name.NameManager():
        cells = [
            contrib.rnn.Conv1DRNNCell((10, 20), 8, 3, 3),
            contrib.rnn.Conv2DLSTMCell((3, 8, 8), 4, 3, 3),
            contrib.rnn.Conv3DGRUCell((2, 8, 8, 8), 4, 3, 3),
        ]
    assert [cell.prefix for cell in cells] == ["conv_rnn0_", "conv_lstm0_", "conv_gru0_"]
    assert [repr(cell) for cell in cells] == [
        "Conv1DRNNCell(10 -> 8, tanh, NCW)",
        "Conv2DLSTMCell(3 -> 16, tanh, NCHW)",
        "Conv3DGRUCell(2 -> 12, tanh, NCDHW)",
    ]


def test_the_state_has_the_size_that_the_first_convolution_leaves():
    cell = contrib.rnn.Conv2DGRUCell((3, 8, 9), 4, 3, 5, i2h_pad=(1, 0), i2h_dilate=2, h2h_dilate=(1, 2))
    assert cell.state_info(7) == [{"shape": (7, 4, 6, 5), "__layout__": "NCHW"}]
    cell.initialize()
    output, (state,) = cell(mx.nd.ones((7, 3, 8, 9)), cell.begin_state(7))
    assert output.shape == state.shape == (7, 4, 6, 5)


def test_channels_may_be_last():
    first = contrib.rnn.Conv2DLSTMCell((3, 6, 5), 2, 3, (3, 1), i2h_pad=1, prefix="first_")
    last = contrib.rnn.Conv2DLSTMCell((6, 5, 3), 2, 3, (3, 1), i2h_pad=1, conv_layout="NHWC", prefix="last_")
    assert last.i2h_weight.shape == (8, 3, 3, 3)
    assert last.h2h_weight.shape == (8, 3, 1, 2)
    assert last.state_info(1)[0] == {"shape": (1, 6, 5, 2), "__layout__": "NHWC"}
    first.initialize(mx.init.Normal(0.5))
    last.initialize()
    for name in ("i2h_weight", "h2h_weight"):
        value = first.params[f"first_{name}"].data()
        last.params[f"last_{name}"].set_data(value.transpose((0, 2, 3, 1)))
    x = mx.nd.array(np.random.default_rng(0).normal(size=(2, 3, 3, 6, 5)))
    expected, _ = first.unroll(3, x, merge_outputs=True)
    outputs, _ = last.unroll(3, x.transpose((0, 1, 3, 4, 2)), merge_outputs=True)
    np.testing.assert_allclose(
        outputs.transpose((0, 1, 4, 2, 3)).asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6
    )


REFUSED = [
    ({"h2h_kernel": (2, 3)}, r"Conv2DRNNCell keeps the size of its state.\s+Expected odd h2h_kernel"),
    ({"i2h_kernel": (3,)}, "Conv2DRNNCell has an impossible i2h_kernel"),
    ({"input_shape": (3, 8)}, "Conv2DRNNCell has an impossible input_shape"),
    ({"conv_layout": "NCW"}, r"Conv2DRNNCell has an unknown layout.\s+Expected 'NCHW' or 'NHWC'"),
    ({"hidden_channels": 0}, "Conv2DRNNCell has an impossible number of hidden channels"),
    ({"activation": "leaky"}, "'act_type'"),
    (
        {"i2h_kernel": 9},
        r"Conv2DRNNCell has a kernel over its input that covers more than that.\s+.*\(8, 8\)",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_impossible_arguments_are_refused(arguments, message):
    usual = {"input_shape": (3, 8, 8), "hidden_channels": 4, "i2h_kernel": 3, "h2h_kernel": 3}
    with pytest.raises(ArgumentError, match=message):
        contrib.rnn.Conv2DRNNCell(**{**usual, **arguments})


def test_an_input_of_other_channels_is_refused():
    cell = contrib.rnn.Conv1DGRUCell((3, 8), 4, 3, 3)
    cell.initialize()
    with pytest.raises(ShapeMismatchError, match="'Convolution'"):
        cell(mx.nd.ones((2, 5, 8)), cell.begin_state(2))
