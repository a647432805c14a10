"""What cells of symbols refuse, and their checkpoints. Values are compared with MXNet in test_programs.py."""

from __future__ import annotations

import numpy as np
import pytest
from rnn.programs import values

import gluonish as mx
from gluonish import rnn

DATA = [mx.sym.var("t0_data")]


@pytest.mark.parametrize(
    "cell", [lambda: rnn.FusedRNNCell(2), lambda: rnn.BidirectionalCell(rnn.RNNCell(2), rnn.GRUCell(2))]
)
def test_a_cell_over_the_whole_sequence_is_not_stepped(cell):
    with pytest.raises(NotImplementedError, match="cannot be stepped"):
        cell()(DATA[0], [])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (DATA, "needs an input for every step"),
        (mx.sym.Group([mx.sym.var("a"), mx.sym.var("b")]), "a group of symbols"),
    ],
)
def test_every_step_has_an_input(inputs, message):
    with pytest.raises(AssertionError, match=message):
        rnn.RNNCell(2).unroll(3, inputs)


def test_a_cell_inside_of_another_is_not_asked_for_states():
    cell = rnn.RNNCell(2)
    outer = rnn.ResidualCell(cell)
    with pytest.raises(AssertionError, match="'rnn_' is inside of a modifier cell"):
        cell.begin_state()
    assert [state.name for state in outer.begin_state()] == ["rnn_begin_state_0"]
    rnn.ZoneoutCell(outer)
    with pytest.raises(AssertionError, match="ResidualCell is inside of a modifier cell"):
        outer.begin_state()


@pytest.mark.parametrize("cell", [rnn.FusedRNNCell(2), rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2))])
def test_zoneout_needs_single_steps(cell):
    with pytest.raises(AssertionError, match="needs a cell that makes single steps"):
        rnn.ZoneoutCell(cell)


def test_dropout_is_a_number():
    with pytest.raises(AssertionError, match="DropoutCell drops a part"):
        rnn.DropoutCell("a")


def test_a_fused_cell_has_a_mode_that_exists():
    with pytest.raises(ValueError, match="Mode 'mlp' does not exist"):
        rnn.FusedRNNCell(2, mode="mlp")


def test_a_vector_of_weights_fits_an_input():
    with pytest.raises(mx.MXNetError, match="'gru_parameters' has a length that fits no input"):
        rnn.FusedRNNCell(2, mode="gru").unpack_weights({"gru_parameters": mx.nd.zeros(50)})


def test_a_kernel_over_the_state_has_odd_sizes():
    with pytest.raises(AssertionError, match=r"odd sizes.\n  Received h2h_kernel=\(2, 3\)"):
        rnn.ConvRNNCell((1, 2, 4, 4), 3, h2h_kernel=(2, 3))


def test_cells_share_variables():
    params = rnn.RNNParams("shared_")
    outputs, _ = rnn.RNNCell(2, params=params).unroll(1, DATA)
    assert outputs[0].list_arguments()[1:] == [
        "shared_i2h_weight",
        "shared_i2h_bias",
        "shared_h2h_weight",
        "shared_h2h_bias",
    ]


def test_a_cell_that_shares_its_variables_is_not_given_others():
    stack = rnn.SequentialRNNCell(params=rnn.RNNParams("p_"))
    with pytest.raises(AssertionError, match="cannot have params of its own"):
        stack.add(rnn.RNNCell(2, params=rnn.RNNParams("q_")))


def test_states_may_be_fed():
    assert [each.name for each in rnn.LSTMCell(2).begin_state(func=mx.sym.var)] == [
        "lstm_begin_state_0",
        "lstm_begin_state_1",
    ]


def test_a_fused_cell_computes_what_its_cells_compute():
    fused = rnn.FusedRNNCell(4, num_layers=2, mode="lstm", bidirectional=True, prefix="f_")
    whole, _ = fused.unroll(3, mx.sym.var("data"), merge_outputs=True)
    apart, _ = fused.unfuse().unroll(3, mx.sym.var("data"), merge_outputs=True)
    one = whole.simple_bind(mx.cpu(), data=(2, 3, 5))
    one.arg_dict["data"][:] = values((2, 3, 5), 0)
    one.arg_dict["f_parameters"][:] = values(one.arg_dict["f_parameters"].shape, 1)
    many = apart.simple_bind(mx.cpu(), data=(2, 3, 5))
    given = {name: array for name, array in one.arg_dict.items() if name != "data"}
    stack = fused.unfuse()
    arguments = stack.pack_weights(fused.unpack_weights(given))
    many.copy_params_from({**arguments, "data": one.arg_dict["data"]})
    np.testing.assert_allclose(many.forward()[0].asnumpy(), one.forward()[0].asnumpy(), rtol=1e-4, atol=1e-6)


def test_a_checkpoint_by_gate_comes_back(tmp_path):
    cell = rnn.LSTMCell(2)
    outputs, _ = cell.unroll(1, DATA)
    shapes = dict(zip(outputs[0].list_arguments(), outputs[0].infer_shape(t0_data=(1, 3))[0], strict=True))
    arguments = {name: mx.nd.array(values(shape, 0)) for name, shape in shapes.items() if name != "t0_data"}
    prefix = str(tmp_path / "net")
    rnn.do_rnn_checkpoint(cell, prefix)(4, outputs[0], arguments, {})
    assert "lstm_i2h_f_weight" in mx.model.load_params(prefix, 5)[0]
    _, found, states = rnn.load_rnn_checkpoint([cell], prefix, 5)
    assert states == {}
    for name, array in arguments.items():
        np.testing.assert_array_equal(found[name].asnumpy(), array.asnumpy())


def test_unknown_words_need_a_place():
    with pytest.raises(AssertionError, match="Word 'c' is not in the vocabulary"):
        rnn.encode_sentences([["a", "c"]], vocab={"a": 1})
    assert rnn.encode_sentences([["a", "c"]], vocab={"a": 1}, unknown_token="u")[0] == [[1, 0]]


def test_numbers_of_words_pass_over_that_of_no_word():
    assert rnn.encode_sentences([["a", "b"]], invalid_label=1) == ([[0, 2]], {"\n": 1, "a": 0, "b": 2})


@pytest.mark.parametrize(
    ("options", "message"), [({"layout": "NTC"}, "has no such layout"), ({"batch_size": 5}, "has no buckets")]
)
def test_sentences_that_cannot_be_put_in_batches_are_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        rnn.BucketSentenceIter([[1, 2], [3, 4]], **{"batch_size": 1, **options})


def test_states_of_cells_go_through_a_module(two):
    stack = rnn.SequentialRNNCell()
    for i in range(2):
        stack.add(rnn.LSTMCell(num_hidden=4, prefix=f"l{i}_"))
    begin = stack.begin_state(func=mx.sym.var)
    _, states = stack.unroll(3, begin_state=begin, inputs=mx.sym.var("data"))
    module = mx.mod.Module(
        mx.sym.Group(states), label_names=None, state_names=[each.name for each in begin], context=two
    )
    module.bind([("data", (4, 3, 2))], for_training=False)
    module.init_params(mx.init.Uniform(1))
    module.set_states(value=1)
    batch = mx.io.DataBatch([mx.nd.zeros((4, 3, 2))], label=[])
    module.forward(batch)
    first = [each.asnumpy() for each in module.get_outputs()]
    module.set_states(states=module.get_outputs(merge_multi_context=False))
    module.forward(batch)
    for before, after in zip(first, module.get_outputs(), strict=True):
        assert not np.allclose(before, after.asnumpy(), rtol=1e-3)
