"""Dropout that is the same in all steps, and unrolling over as many steps as there are."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon import contrib, rnn

STEPS, BATCH = 6, 2


class Passing(rnn.HybridRecurrentCell):
    """A cell that hands on its input, and its state as it was."""

    def state_info(self, batch_size=0):
        return [{"shape": (batch_size, 50), "__layout__": "NC"}] * 2

    def hybrid_forward(self, F, inputs, states):
        return inputs, states


def variational(*rates):
    return contrib.rnn.VariationalDropoutCell(Passing(prefix="passing_"), *rates)


def unrolled(cell, **kwargs):
    begin = [mx.nd.ones((BATCH, 50)), mx.nd.ones((BATCH, 50))]
    with autograd.train_mode():
        return cell.unroll(STEPS, mx.nd.ones((BATCH, STEPS, 50)), begin, **kwargs)


@pytest.mark.parametrize("rates", [(0.5, 0.0, 0.0), (0.0, 0.0, 0.5), (0.5, 0.3, 0.0), (0.0, 0.3, 0.5)])
def test_the_same_elements_are_dropped_in_all_steps(rates):
    outputs, _ = unrolled(variational(*rates), merge_outputs=True)
    found = outputs.asnumpy()
    assert set(np.unique(found)) == {0, 2}
    np.testing.assert_array_equal(found, np.broadcast_to(found[:, :1], found.shape))
    assert (found[0] != found[1]).any()


def test_only_the_first_state_is_dropped():
    _, (first, second) = unrolled(variational(0.0, 0.5, 0.0))
    assert set(np.unique(first.asnumpy())) == {0, 2**STEPS}
    assert set(np.unique(second.asnumpy())) == {1}


def test_another_choice_is_made_after_a_reset():
    cell = variational(0.5, 0.5, 0.5)
    first, second = (unrolled(cell, merge_outputs=True)[0].asnumpy() for _ in range(2))
    assert (first != second).any()
    assert cell.drop_inputs_mask is not None
    cell.reset()
    assert cell.drop_inputs_mask is cell.drop_states_mask is cell.drop_outputs_mask is None


@pytest.mark.parametrize(("merge", "kind"), [(True, mx.nd.NDArray), (None, mx.nd.NDArray), (False, list)])
def test_without_dropped_states_the_outputs_come_merged(merge, kind):
    assert isinstance(unrolled(variational(0.5, 0.0, 0.5), merge_outputs=merge)[0], kind)


def test_in_prediction_nothing_is_dropped():
    base = rnn.LSTMCell(4)
    cell = contrib.rnn.VariationalDropoutCell(base, 0.5, 0.5, 0.5)
    cell.initialize()
    x = mx.nd.ones((BATCH, STEPS, 3))
    outputs, _ = cell.unroll(STEPS, x, merge_outputs=True)
    base._modified = False
    np.testing.assert_array_equal(outputs.asnumpy(), base.unroll(STEPS, x, merge_outputs=True)[0].asnumpy())


def test_lengths_are_heeded():
    cell = contrib.rnn.VariationalDropoutCell(rnn.LSTMCell(4), 0.5)
    cell.initialize()
    outputs, _ = cell.unroll(STEPS, mx.nd.ones((BATCH, STEPS, 3)), valid_length=mx.nd.array([2, 6]))
    assert not outputs[0, 2:].asnumpy().any()
    assert outputs[1].asnumpy().all()


def test_its_names_and_text_are_those_of_mxnet():
    cell = contrib.rnn.VariationalDropoutCell(rnn.RNNCell(5, prefix="rnn_"), 0.1, 0.2, 0.3)
    assert cell.prefix == "rnn_vardrop"
    assert repr(cell) == "VariationalDropoutCell(p_out = 0.3, p_state = 0.2)"


def test_states_of_a_cell_that_cannot_be_stepped_are_not_dropped():
    both = rnn.BidirectionalCell(rnn.GRUCell(2), rnn.GRUCell(2))
    with pytest.raises(ArgumentError, match=r"has no state dropout.*\s+Put a VariationalDropoutCell around"):
        contrib.rnn.VariationalDropoutCell(both, 0.1, 0.1, 0.1)
    cell = contrib.rnn.VariationalDropoutCell(both, 0.1, 0.0, 0.1)
    cell.initialize()
    assert cell.unroll(STEPS, mx.nd.ones((BATCH, STEPS, 3)))[0].shape == (BATCH, STEPS, 4)


@pytest.mark.parametrize("name", ["drop_inputs", "drop_states", "drop_outputs"])
def test_what_is_no_probability_is_refused(name):
    with pytest.raises(ArgumentError, match=f"VariationalDropoutCell has an impossible {name}"):
        contrib.rnn.VariationalDropoutCell(rnn.RNNCell(2), **{name: -1})


# -- unrolling over all steps -------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["TNC", "NTC"])
@pytest.mark.parametrize("lengths", [None, [2, 6]])
def test_running_over_all_steps_is_unrolling(layout, lengths):
    cell = rnn.LSTMCell(4)
    cell.initialize(mx.init.Normal(0.5))
    shape = (STEPS, BATCH, 3) if layout == "TNC" else (BATCH, STEPS, 3)
    x = mx.nd.array(np.random.default_rng(0).normal(size=shape))
    begin = cell.begin_state(BATCH, func=mx.nd.ones)
    lengths = None if lengths is None else mx.nd.array(lengths)
    outputs, states = contrib.rnn.dynamic_unroll(cell, x, begin, layout=layout, valid_length=lengths)
    expected, last = cell.unroll(STEPS, x, begin, layout, merge_outputs=True, valid_length=lengths)
    np.testing.assert_allclose(outputs.asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(states, last, strict=True):
        np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("which", ["drop_inputs", "drop_outputs"])
def test_running_over_all_steps_can_drop_the_same_elements_in_each(which):
    begin = [mx.nd.zeros((BATCH, 50))] * 2
    with autograd.train_mode():
        outputs, _ = contrib.rnn.dynamic_unroll(
            Passing(), mx.nd.ones((BATCH, STEPS, 50)), begin, layout="NTC", **{which: 0.5}
        )
    found = outputs.asnumpy()
    assert set(np.unique(found)) == {0, 2}
    np.testing.assert_array_equal(found, np.broadcast_to(found[:, :1], found.shape))


@pytest.mark.parametrize("inputs", [[mx.nd.ones((1, 2))], mx.sym.var("x")], ids=["list", "symbol"])
def test_running_over_all_steps_needs_one_array(inputs):
    message = r"dynamic_unroll\(\) runs over as many steps as one array has.[\s\S]*use cell.unroll\(length"
    with pytest.raises(ArgumentTypeError, match=message):
        contrib.rnn.dynamic_unroll(rnn.RNNCell(2), inputs, [mx.nd.ones((1, 2))])
