"""Layers that run over whole sequences, beyond the contracts of all layers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentError, ShapeMismatchError, UnknownNameError
from gluonish.gluon import rnn
from gluonish.gluon.rnn.rnn_layer import LSTM
from gluonish.symbol import Group

STEPS, BATCH, SIZE, HIDDEN = 3, 2, 4, 5
KINDS = {
    "RNN": rnn.RNN,
    "RNN of tanh": lambda *a, **k: rnn.RNN(*a, activation="tanh", **k),
    "LSTM": rnn.LSTM,
    "GRU": rnn.GRU,
    "LSTM with projection": lambda *a, **k: rnn.LSTM(*a, projection_size=3, **k),
}


def sequences(layout="TNC"):
    x = mx.nd.array(np.random.default_rng(0).normal(size=(STEPS, BATCH, SIZE)))
    return x if layout == "TNC" else x.swapaxes(0, 1)


def started(layer):
    layer.initialize(mx.init.Normal(0.5))
    return layer


# -- the same as cells --------------------------------------------------------------------------------------


def random_states(layer):
    return layer.begin_state(BATCH, func=mx.nd.random.normal)


def states_of_cells(layer, states):
    """Return the states of a layer in the order of its cells: by layer and direction, then by kind."""
    return [state[i] for i in range(states[0].shape[0]) for state in states]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layout", ["TNC", "NTC"])
@pytest.mark.parametrize("lengths", [None, [1, 3]], ids=["all as long", "of different lengths"])
def test_a_layer_computes_what_its_cells_do(kind, bidirectional, layout, lengths):
    layer = started(
        KINDS[kind](
            HIDDEN,
            2,
            layout=layout,
            bidirectional=bidirectional,
            input_size=SIZE,
            use_sequence_length=lengths is not None,
        )
    )
    lengths = None if lengths is None else mx.nd.array(lengths)
    states, x = random_states(layer), sequences(layout)
    cells = layer.unfuse()
    found, gradients = run(layer, x, lambda: layer(x, states, lengths))
    expected, wanted = run(
        layer,
        x,
        lambda: cells.unroll(STEPS, x, states_of_cells(layer, states), layout, True, valid_length=lengths),
    )
    last = states_of_cells(layer, found[1])
    for ours, theirs in zip([found[0], *last], [expected[0], *expected[1]], strict=True):
        np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=1e-5, atol=1e-6)
    assert gradients.keys() == wanted.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, wanted[name], rtol=1e-4, atol=1e-5, err_msg=name)


def run(layer, x, compute):
    """Return what is computed, and the gradients of a sum over it."""
    x.attach_grad()
    with autograd.record():
        output, states = compute()
        total = (output * output).sum()
        for state in states:
            total = total + state.sum()
    total.backward()
    gradients = {name: p.grad().asnumpy() for name, p in layer.collect_params().items()}
    return (output, states), {**gradients, "x": x.grad.asnumpy()}


def test_the_cells_have_the_parameters_of_the_layer():
    layer = rnn.GRU(4, num_layers=2, bidirectional=True, dropout=0.3, prefix="gru_")
    cells = layer.unfuse()
    assert repr(cells) == (
        "HybridSequentialRNNCell(\n"
        "(0): BidirectionalCell(forward=GRUCell(None -> 12), backward=GRUCell(None -> 12))\n"
        "(1): DropoutCell(rate=0.3, axes=())\n"
        "(2): BidirectionalCell(forward=GRUCell(8 -> 12), backward=GRUCell(8 -> 12))\n)"
    )
    own, shared = layer.collect_params(), cells.collect_params()
    assert set(own) == set(shared)
    assert all(own[name] is shared[name] for name in own)


def test_cells_cannot_clip():
    with pytest.raises(ArgumentError, match=r"LSTM 'memory' has no cells: they do not clip"):
        rnn.LSTM(4, state_clip_max=1, prefix="memory_").unfuse()


# -- names, texts, files ------------------------------------------------------------------------------------

TEXTS = [
    (rnn.RNN(5), "RNN(None -> 5, TNC)"),
    (rnn.RNN(5, bidirectional=True, activation="tanh"), "RNN(None -> 5, TNC, bidirectional)"),
    (rnn.LSTM(5, num_layers=2, dropout=0.3), "LSTM(None -> 5, TNC, num_layers=2, dropout=0.3)"),
    (rnn.LSTM(5, projection_size=3, input_size=4), "LSTM(4 -> 5, TNC)"),
    (rnn.GRU(5, layout="NTC", bidirectional=True), "GRU(None -> 5, NTC, bidirectional)"),
]


@pytest.mark.parametrize(("layer", "text"), TEXTS)
def test_the_text_is_that_of_mxnet(layer, text):
    assert repr(layer) == text


def test_parameters_come_in_the_order_of_mxnet():
    layer = rnn.LSTM(5, 2, bidirectional=True, projection_size=3, prefix="l_")
    kinds = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias", "h2r_weight")
    expected = [f"l_{side}{i}_{kind}" for i in range(2) for side in "lr" for kind in kinds]
    assert list(layer.collect_params()) == expected


def test_a_file_has_the_paths_of_mxnet(tmp_path):
    started(rnn.GRU(5, 2, input_size=4)).save_parameters(tmp_path / "one.params")
    names = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
    assert list(mx.nd.load(tmp_path / "one.params")) == [f"_unfused.{i}.{n}" for i in range(2) for n in names]
    layer = started(rnn.RNN(5, bidirectional=True, input_size=4))
    layer.save_parameters(tmp_path / "two.params")
    assert list(mx.nd.load(tmp_path / "two.params")) == [
        f"_unfused.0.{side}_cell.{name}" for side in "lr" for name in names
    ]


def test_the_graph_has_the_names_of_mxnet():
    symbol = rnn.LSTM(5, prefix="z_")(mx.sym.var("data"))
    assert symbol.list_outputs() == ["z_rnn0_output"]
    assert symbol.get_internals().list_outputs() == [
        *("data", "z_l0_i2h_weight", "z_reshape0_output", "z_l0_h2h_weight", "z_reshape1_output"),
        *("z_l0_i2h_bias", "z_reshape2_output", "z_l0_h2h_bias", "z_reshape3_output"),
        *("z__rnn_param_concat0_output", "z_h0_0_output", "z_h0_1_output"),
        *("z_rnn0_output", "z_rnn0_state_output", "z_rnn0_statecell_output"),
    ]


def test_with_states_a_symbol_gives_a_pair_too():
    output, states = rnn.LSTM(5, prefix="z_")(mx.sym.var("data"), [mx.sym.var("h"), mx.sym.var("c")])
    names = ["z_rnn0_output", "z_rnn0_state_output", "z_rnn0_statecell_output"]
    assert Group([output, *states]).list_outputs() == names
    output, (state,) = rnn.GRU(5, prefix="z_")(mx.sym.var("data"), mx.sym.var("h"))
    assert state.list_outputs() == ["z_rnn0_state_output"]


# -- states -------------------------------------------------------------------------------------------------


def test_states_are_described():
    layer = rnn.LSTM(5, 2, bidirectional=True, projection_size=3, dtype="float64")
    common = {"__layout__": "LNC", "dtype": "float64"}
    assert layer.state_info(7) == [{"shape": (4, 7, 3), **common}, {"shape": (4, 7, 5), **common}]
    assert rnn.GRU(5).state_info() == [{"shape": (1, 0, 5), "__layout__": "LNC", "dtype": "float32"}]


def test_first_states_follow_a_cast():
    layer = rnn.LSTM(5)
    layer.cast("float16")
    assert [state.dtype for state in layer.begin_state(2)] == [np.float16] * 2
    assert [state.dtype for state in layer.begin_state(2, dtype="float64")] == [np.float64] * 2


def test_first_states_follow_a_cast_of_the_parameters_alone():
    layer = started(rnn.LSTM(5))
    mx.gluon.Trainer(layer.collect_params(), "sgd").cast("float16")
    assert [state.dtype for state in layer.begin_state(2)] == [np.float16] * 2


def test_first_states_have_names():
    states = rnn.LSTM(5, prefix="l_").begin_state(func=mx.sym.var)
    assert [state.name for state in states] == ["l_h0_0", "l_h0_1"]


def test_without_states_only_the_output_is_returned():
    layer = started(rnn.LSTM(HIDDEN))
    assert layer(sequences()).shape == (STEPS, BATCH, HIDDEN)
    output, states = layer(sequences(), layer.begin_state(BATCH))
    np.testing.assert_array_equal(output.asnumpy(), layer(sequences()).asnumpy())
    assert [state.shape for state in states] == [(1, BATCH, HIDDEN)] * 2
    np.testing.assert_array_equal(states[0][0].asnumpy(), output[-1].asnumpy())


def test_one_state_may_come_without_a_list():
    layer = started(rnn.GRU(HIDDEN))
    output, states = layer(sequences(), mx.nd.zeros((1, BATCH, HIDDEN)))
    assert isinstance(states, list)
    np.testing.assert_array_equal(output.asnumpy(), layer(sequences()).asnumpy())


def test_a_sequence_can_be_run_in_two_parts():
    layer = started(rnn.LSTM(HIDDEN, 2))
    whole, last = layer(sequences(), layer.begin_state(BATCH))
    first, states = layer(sequences()[:1], layer.begin_state(BATCH))
    second, states = layer(sequences()[1:], states)
    np.testing.assert_allclose(
        np.concatenate([first.asnumpy(), second.asnumpy()]), whole.asnumpy(), rtol=1e-5, atol=1e-6
    )
    for ours, theirs in zip(states, last, strict=True):
        np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=1e-5, atol=1e-6)


WRONG = [
    [mx.nd.zeros((1, BATCH, HIDDEN))],
    [mx.nd.zeros((1, BATCH + 1, HIDDEN))] * 2,
    [mx.nd.zeros((2, BATCH, HIDDEN))] * 2,
    [None, None],
    [],
]


@pytest.mark.parametrize("states", WRONG)
def test_states_of_other_shapes_are_refused(states):
    layer = started(rnn.LSTM(HIDDEN, prefix="l_"))
    message = r"LSTM 'l' got states of other shapes than it needs.\s+Expected (1, 2, 5), (1, 2, 5), received"
    with pytest.raises(ShapeMismatchError, match=re.escape(message).replace(r"\\s\+", r"\s+")):
        layer(sequences(), states)


# -- sizes and dtypes ---------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(
    kind=st.sampled_from(list(KINDS)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    layout=st.sampled_from(["TNC", "NTC"]),
)
def test_the_size_of_the_inputs_is_found(kind, layers, bidirectional, layout):
    layer = started(KINDS[kind](HIDDEN, layers, bidirectional=bidirectional, layout=layout))
    output = layer(sequences(layout))
    width = (3 if "projection" in kind else HIDDEN) * (1 + bidirectional)
    assert output.shape == ((STEPS, BATCH) if layout == "TNC" else (BATCH, STEPS)) + (width,)
    assert layer.collect_params(".*[lr]0_i2h_weight").values()
    for name, parameter in layer.collect_params(".*i2h_weight").items():
        assert parameter.shape[1] == (SIZE if re.search("[lr]0_", name) else width)


def test_inputs_without_a_batch_are_refused():
    with pytest.raises(ShapeMismatchError, match="'RNN' needs sequences in a batch"):
        started(rnn.LSTM(5))(sequences()[0])


def test_a_layer_without_a_size_says_what_would_settle_it():
    layer = rnn.GRU(5, prefix="gru_")
    layer.initialize()
    with pytest.raises(
        mx.gluon.DeferredInitializationError, match=r"gru_l0_i2h_weight \(15, \?\).*input_size="
    ):
        layer.l0_i2h_weight.data()


REFUSED = [
    ({"layout": "NCT"}, r"LSTM has an unknown layout.\s+Expected 'TNC' or 'NTC', received 'NCT'"),
    ({"hidden_size": 0}, "LSTM has an impossible hidden_size"),
    ({"num_layers": 0}, "LSTM has an impossible num_layers"),
    ({"input_size": -1}, "LSTM has an impossible input_size"),
    ({"projection_size": 0}, "LSTM has an impossible projection_size"),
    ({"dropout": 2}, r"LSTM has an impossible dropout.\s+.*from 0 to 1, received 2"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        rnn.LSTM(**{"hidden_size": 5, **arguments})


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_an_activation_that_is_none_is_refused(activation):
    with pytest.raises(UnknownNameError, match=r"RNN has no such activation.\s+Expected 'relu' or 'tanh'"):
        rnn.RNN(5, activation=activation)
    with pytest.raises(KeyError):
        rnn.RNN(5, activation=activation)


@pytest.mark.parametrize("kind", [rnn.RNN, rnn.GRU])
def test_only_an_lstm_projects(kind):
    with pytest.raises(TypeError, match="projection_size"):
        kind(5, projection_size=3)


def test_initializers_are_those_of_the_parameters():
    layer = rnn.LSTM(
        2,
        input_size=1,
        i2h_weight_initializer="ones",
        h2h_weight_initializer=mx.init.Constant(2),
        i2h_bias_initializer=mx.init.LSTMBias(3),
        h2h_bias_initializer="zeros",
        projection_size=2,
        h2r_weight_initializer=mx.init.Constant(4),
    )
    layer.initialize()
    found = {name: np.unique(p.data().asnumpy()).tolist() for name, p in layer.params.items()}
    assert list(found.values()) == [[1], [2], [0, 3], [0], [4]]


# -- what only the operator can do ------------------------------------------------------------------------


def test_dropout_is_between_layers_while_training():
    layer = started(rnn.GRU(HIDDEN, 2, dropout=0.5))
    predicted = layer(sequences()).asnumpy()
    np.testing.assert_array_equal(layer(sequences()).asnumpy(), predicted)
    with autograd.train_mode():
        assert (layer(sequences()).asnumpy() != predicted).any()


def test_cell_states_are_clipped():
    layer = started(rnn.LSTM(HIDDEN, state_clip_min=-0.01, state_clip_max=0.02))
    _, (_, cell) = layer(sequences(), layer.begin_state(BATCH))
    assert cell.asnumpy().min() == np.float32(-0.01)
    assert cell.asnumpy().max() == np.float32(0.02)


def test_lengths_are_needed_where_they_were_announced():
    layer = started(rnn.GRU(HIDDEN, use_sequence_length=True))
    with pytest.raises(ShapeMismatchError, match="'RNN' needs its input 'sequence_length'"):
        layer(sequences())
    assert layer(sequences(), sequence_length=mx.nd.array([1, 3])).shape == (STEPS, BATCH, HIDDEN)


def test_lengths_that_were_not_announced_are_ignored_with_a_warning():
    layer = started(rnn.GRU(HIDDEN, prefix="gru_"))
    with pytest.warns(
        UserWarning, match="GRU 'gru' ignores the lengths of sequences.*use_sequence_length=True"
    ):
        output = layer(sequences(), sequence_length=mx.nd.array([1, 3]))
    np.testing.assert_array_equal(output.asnumpy(), layer(sequences()).asnumpy())


def test_a_layer_runs_where_its_inputs_are():
    layer = rnn.LSTM(HIDDEN)
    layer.initialize(ctx=[mx.cpu(0), mx.cpu(1)])
    assert layer(sequences().as_in_context(mx.cpu(1))).context == mx.cpu(1)


def test_a_subclass_is_called_by_its_own_name():
    class Encoder(LSTM):
        pass

    with mx.name.NameManager():
        assert Encoder(3).prefix == "encoder0_"
