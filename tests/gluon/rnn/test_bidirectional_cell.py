"""The cell that reads a sequence from both ends."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.nn.golden import ramp
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import NotSteppableError
from gluonish.gluon import rnn
from gluonish.symbol import Group

X = mx.nd.array(np.random.default_rng(0).normal(size=(2, 3, 4)))


def both(prefix="bi_"):
    cell = rnn.BidirectionalCell(rnn.LSTMCell(5, prefix="l_"), rnn.GRUCell(3, prefix="r_"), prefix)
    cell.initialize(mx.init.Normal(0.5))
    return cell


@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("merge", [True, False, None])
@pytest.mark.parametrize("as_list", [True, False])
def test_it_joins_one_cell_forwards_and_one_backwards(layout, merge, as_list):
    cell = both()
    left, right = cell._children.values()
    steps = [X[:, t] for t in range(3)]
    forwards, l_states = left.unroll(3, steps)
    backwards, r_states = right.unroll(3, steps[::-1])
    expected = np.stack(
        [
            np.concatenate([a.asnumpy(), b.asnumpy()], 1)
            for a, b in zip(forwards, backwards[::-1], strict=True)
        ],
        1,
    )
    inputs = steps if as_list else X if layout == "NTC" else X.swapaxes(0, 1)
    outputs, states = cell.unroll(3, inputs, layout=layout, merge_outputs=merge)
    assert isinstance(outputs, list) == (not merge)
    outputs = outputs if merge else mx.nd.stack(*outputs, axis=layout.index("T"))
    outputs = outputs if layout == "NTC" else outputs.swapaxes(0, 1)
    np.testing.assert_allclose(outputs.asnumpy(), expected, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(states, [*l_states, *r_states], strict=True):
        np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=1e-5, atol=1e-6)


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, 3), min_size=2, max_size=2),
    layout=st.sampled_from(["NTC", "TNC"]),
    merge=st.sampled_from([True, False, None]),
)
def test_the_way_back_begins_at_the_end_of_each_sequence(lengths, layout, merge):
    cell = both()
    inputs = X if layout == "NTC" else X.swapaxes(0, 1)
    outputs, states = cell.unroll(3, inputs, None, layout, merge, mx.nd.array(lengths))
    outputs = mx.nd.stack(*outputs, axis=layout.index("T")) if isinstance(outputs, list) else outputs
    outputs = outputs if layout == "NTC" else outputs.swapaxes(0, 1)
    for b, n in enumerate(lengths):
        alone, last = cell.unroll(n, X[b : b + 1, :n], merge_outputs=True)
        np.testing.assert_allclose(outputs[b, :n].asnumpy(), alone[0].asnumpy(), rtol=1e-5, atol=1e-6)
        assert not outputs[b, n:].asnumpy().any()
        for ours, theirs in zip(states, last, strict=True):
            np.testing.assert_allclose(ours[b].asnumpy(), theirs[0].asnumpy(), rtol=1e-5, atol=1e-6)


def test_the_outputs_are_those_of_mxnet():
    cell = rnn.BidirectionalCell(rnn.GRUCell(2, input_size=2), rnn.RNNCell(1, input_size=2))
    cell.initialize()
    for i, parameter in enumerate(cell.collect_params().values(), start=1):
        parameter.set_data(ramp(*parameter.shape, scale=0.02 * i))
    lengths = mx.nd.array([2, 3])
    outputs, _ = cell.unroll(3, ramp(2, 3, 2, scale=0.2), merge_outputs=True, valid_length=lengths)
    expected = [
        *(0.11043, -0.11497, -0.4134, 0.14337, -0.2045, -0.8005, 0, 0, 0),
        *(0.01196, -0.10145, -0.92999, 0.11, -0.18365, -0.40281, 0.06545, -0.18412, -0.92167),
    ]
    np.testing.assert_allclose(outputs.asnumpy().ravel(), expected, atol=2e-5)


def test_it_cannot_be_stepped():
    cell = both()
    message = r"BidirectionalCell of LSTMCell.* and GRUCell.* cannot be stepped.*\s+Call unroll\(\)"
    with pytest.raises(NotSteppableError, match=message):
        cell(X[:, 0], cell.begin_state(batch_size=2))
    with pytest.raises(NotImplementedError):
        cell(X[:, 0])


def test_its_states_are_those_of_both():
    assert [info["shape"] for info in both().state_info(7)] == [(7, 5), (7, 5), (7, 3)]
    assert [state.shape for state in both().begin_state(batch_size=7)] == [(7, 5), (7, 5), (7, 3)]


def test_the_graph_has_the_names_of_mxnet():
    outputs, _ = both("out_").unroll(2, mx.sym.var("x"))
    assert Group(outputs).list_outputs() == ["out_t0_output", "out_t1_output"]
    merged, states = both("out_").unroll(2, mx.sym.var("x"), merge_outputs=True)
    assert merged.list_outputs() == ["out_out_output"]
    assert [state.name for state in states] == ["l_t1_out", "l_t1_state", "r_t1_out"]


def test_the_text_is_that_of_mxnet():
    assert repr(both()) == "BidirectionalCell(forward=LSTMCell(None -> 20), backward=GRUCell(None -> 9))"


def test_a_file_has_the_paths_of_mxnet(tmp_path):
    cell = both()
    cell.unroll(3, X)
    cell.save_parameters(tmp_path / "cell.params")
    names = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
    expected = [f"{side}_cell.{name}" for side in "lr" for name in names]
    assert list(mx.nd.load(tmp_path / "cell.params")) == expected
