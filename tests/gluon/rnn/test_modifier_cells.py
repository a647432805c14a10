"""Cells that change what another cell takes or gives, and dropout."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon import nn, rnn

X = mx.nd.array(np.random.default_rng(0).normal(size=(2, 3, 4)))


def started(cell):
    cell.initialize(mx.init.Normal(0.5))
    return cell


# -- dropout --------------------------------------------------------------------------------------------


def test_dropout_has_no_states_and_is_for_training():
    cell = rnn.DropoutCell(0.5)
    assert (cell.state_info(3), cell.begin_state(batch_size=3)) == ([], [])
    output, states = cell(X[:, 0], [])
    np.testing.assert_array_equal(output.asnumpy(), X[:, 0].asnumpy())
    assert states == []
    with autograd.train_mode():
        assert set(np.unique(cell(mx.nd.ones((50,)), [])[0].asnumpy())) == {0, 2}


@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize("merge", [True, False, None])
def test_dropout_keeps_the_form_of_its_input_unless_told(as_list, merge):
    inputs = [X[:, t] for t in range(3)] if as_list else X
    outputs, states = rnn.DropoutCell(0.5).unroll(3, inputs, merge_outputs=merge)
    assert isinstance(outputs, list) == (as_list if merge is None else not merge)
    found = mx.nd.stack(*outputs, axis=1) if isinstance(outputs, list) else outputs
    np.testing.assert_array_equal(found.asnumpy(), X.asnumpy())
    assert states == []


def test_dropout_along_axes_is_shared():
    with autograd.train_mode():
        output, _ = rnn.DropoutCell(0.5, axes=(1,)).unroll(20, mx.nd.ones((3, 20, 30)))
    assert (output.asnumpy() == output[:, :1].asnumpy()).all()
    assert set(np.unique(output.asnumpy())) == {0, 2}


@pytest.mark.parametrize("rate", [-0.1, 1.5, "a", None])
def test_what_is_no_probability_is_refused(rate):
    with pytest.raises(ArgumentError, match=r"DropoutCell has an impossible rate.\s+.*from 0 to 1"):
        rnn.DropoutCell(rate)


# -- what modifiers have in common ----------------------------------------------------------------------


MODIFIERS = [rnn.ResidualCell, rnn.ZoneoutCell]


@pytest.mark.parametrize("modifier", MODIFIERS)
def test_a_modifier_has_the_parameters_and_states_of_its_cell(modifier):
    base = rnn.GRUCell(4, prefix="gru_")
    cell = modifier(base)
    assert cell.base_cell is base
    assert cell.params is base.params
    assert list(cell.collect_params()) == list(base.collect_params())
    assert cell.state_info(3) == base.state_info(3)
    assert [state.shape for state in cell.begin_state(batch_size=3)] == [(3, 4)]


def test_the_first_states_take_the_function_first_as_in_mxnet_or_the_batch_size_as_other_cells_do():
    cell = rnn.ResidualCell(rnn.GRUCell(4))
    for states in (
        cell.begin_state(mx.nd.ones, batch_size=3),
        cell.begin_state(mx.nd.ones, 3),
        cell.begin_state(3, mx.nd.ones),
        cell.begin_state(batch_size=3, func=mx.nd.ones),
    ):
        np.testing.assert_array_equal(states[0].asnumpy(), np.ones((3, 4)))
    np.testing.assert_array_equal(cell.begin_state(3)[0].asnumpy(), np.zeros((3, 4)))
    assert cell.begin_state(mx.sym.zeros)[0].list_arguments() == []


@pytest.mark.parametrize("modifier", MODIFIERS)
def test_states_without_a_batch_size_are_symbols(modifier):
    states = modifier(rnn.GRUCell(4, prefix="gru_")).begin_state()
    assert [state.list_outputs() for state in states] == [["gru_begin_state_0_output"]]


def test_a_cell_that_is_modified_has_no_states_by_itself_any_more():
    base = rnn.GRUCell(4, prefix="gru_")
    cell = started(rnn.ResidualCell(base))
    message = r"GRUCell 'gru' is part of a modifier cell.*\s+Call the modifier cell"
    for _ in range(2):
        with pytest.raises(ArgumentError, match=message):
            base.begin_state(batch_size=3)
        cell.unroll(3, X)


def test_a_cell_cannot_be_modified_twice_but_its_modifier_can():
    base = rnn.GRUCell(4, prefix="gru_")
    once = rnn.ZoneoutCell(base, 0.1)
    with pytest.raises(
        ArgumentError, match=r"GRUCell 'gru' is modified already.*\s+Modify the modifier cell"
    ):
        rnn.ResidualCell(base)
    assert repr(rnn.ResidualCell(once)) == (
        "ResidualCell(ZoneoutCell(p_out=0.1, p_state=0.0, GRUCell(None -> 12)))"
    )


def test_only_cells_can_be_modified():
    with pytest.raises(ArgumentTypeError, match=r"ResidualCell modifies recurrent cells.\s+.*received Dense"):
        rnn.ResidualCell(nn.Dense(3))


def test_the_names_are_those_of_mxnet():
    assert rnn.ResidualCell(rnn.GRUCell(4, prefix="gru_")).prefix == "gru_residualcell"
    assert rnn.ZoneoutCell(rnn.GRUCell(4, prefix="gru_")).prefix == "gru_zoneout"


def test_a_file_has_the_paths_of_mxnet(tmp_path):
    cell = started(rnn.ZoneoutCell(rnn.RNNCell(3, input_size=2)))
    cell.save_parameters(tmp_path / "cell.params")
    assert list(mx.nd.load(tmp_path / "cell.params")) == [
        f"base_cell.{name}" for name in ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
    ]


# -- residual -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("merge", [True, False, None])
@pytest.mark.parametrize("lengths", [None, [1, 3]])
def test_a_residual_cell_adds_its_input(merge, lengths):
    lengths = None if lengths is None else mx.nd.array(lengths)
    base = rnn.GRUCell(4, prefix="gru_")
    cell = started(rnn.ResidualCell(base))
    outputs, states = cell.unroll(3, X, merge_outputs=merge, valid_length=lengths)
    base._modified = False
    plain, last = base.unroll(3, X, merge_outputs=True, valid_length=lengths)
    added = X if lengths is None else mx.nd.SequenceMask(X, lengths, use_sequence_length=True, axis=1)
    assert isinstance(outputs, list) == (not merge if lengths is None else merge is False)
    found = mx.nd.stack(*outputs, axis=1) if isinstance(outputs, list) else outputs
    np.testing.assert_allclose(found.asnumpy(), (plain + added).asnumpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[0].asnumpy(), last[0].asnumpy())


def test_a_residual_cell_can_be_stepped():
    cell = started(rnn.ResidualCell(rnn.GRUCell(4)))
    stepped, _ = cell(X[:, 0], cell.begin_state(batch_size=2))
    unrolled, _ = cell.unroll(1, X[:, :1])
    np.testing.assert_allclose(stepped.asnumpy(), unrolled[0].asnumpy(), rtol=1e-5, atol=1e-6)


# -- zoneout --------------------------------------------------------------------------------------------


def zoned(p_outputs, p_states, steps=6):
    """Return outputs and states of all steps of a cell that counts: its new values are 1, 2, 3 ..."""

    class Counting(rnn.HybridRecurrentCell):
        def state_info(self, batch_size=0):
            return [{"shape": (batch_size, 50), "__layout__": "NC"}]

        def hybrid_forward(self, F, inputs, states):
            return inputs, [inputs]

    cell = rnn.ZoneoutCell(Counting(prefix="counting_"), p_outputs, p_states)
    states = [mx.nd.zeros((1, 50))]
    outputs, history = [], []
    with autograd.train_mode():
        for t in range(1, steps + 1):
            output, states = cell(mx.nd.full((1, 50), t), states)
            outputs.append(output.asnumpy()[0])
            history.append(states[0].asnumpy()[0])
    return np.stack(outputs), np.stack(history)


@pytest.mark.parametrize("which", [0, 1])
def test_zoneout_keeps_a_part_of_what_was_before(which):
    changed = zoned(*((0.4, 0.0) if which == 0 else (0.0, 0.4)))[which]
    steps = np.arange(1, 7)[:, None]
    before = np.concatenate([np.zeros((1, 50)), changed[:-1]])
    assert ((changed == steps) | (changed == before)).all()
    assert 0.25 < (changed != steps).mean() < 0.55


def test_zoneout_leaves_the_rest_alone():
    outputs, states = zoned(0.4, 0.0)
    np.testing.assert_array_equal(states, np.broadcast_to(np.arange(1, 7)[:, None], (6, 50)))
    outputs, states = zoned(0.0, 0.4)
    np.testing.assert_array_equal(outputs, np.broadcast_to(np.arange(1, 7)[:, None], (6, 50)))


def test_zoneout_forgets_its_last_output_in_a_reset():
    cell = started(rnn.ZoneoutCell(rnn.RNNCell(4), 0.5, 0.5))
    cell.unroll(3, X)
    assert cell._prev_output is not None
    cell.reset()
    assert cell._prev_output is None


def test_in_prediction_zoneout_does_nothing():
    base = rnn.LSTMCell(4)
    cell = started(rnn.ZoneoutCell(base, 0.5, 0.5))
    outputs, _ = cell.unroll(3, X, merge_outputs=True)
    base._modified = False
    np.testing.assert_array_equal(outputs.asnumpy(), base.unroll(3, X, merge_outputs=True)[0].asnumpy())


@pytest.mark.parametrize("name", ["zoneout_outputs", "zoneout_states"])
def test_zoneout_refuses_what_is_no_probability(name):
    with pytest.raises(ArgumentError, match=f"ZoneoutCell has an impossible {name}"):
        rnn.ZoneoutCell(rnn.RNNCell(4), **{name: 1.5})


def test_zoneout_refuses_cells_that_cannot_be_stepped():
    both = rnn.BidirectionalCell(rnn.GRUCell(2), rnn.GRUCell(2))
    message = r"BidirectionalCell.* has no zoneout: it cannot be stepped.\s+Put a ZoneoutCell around"
    with pytest.raises(ArgumentError, match=message):
        rnn.ZoneoutCell(both)
    stack = rnn.SequentialRNNCell()
    stack.add(both)
    with pytest.raises(ArgumentError, match=r"SequentialRNNCell.* has no zoneout"):
        rnn.ZoneoutCell(stack)
