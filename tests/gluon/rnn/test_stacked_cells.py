"""Cells that run other cells one after the other."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError, ShapeMismatchError
from gluonish.gluon import nn, rnn

KINDS = [rnn.SequentialRNNCell, rnn.HybridSequentialRNNCell]
X = mx.nd.array(np.random.default_rng(0).normal(size=(2, 3, 4)))


def stack_of(kind, *cells):
    stack = kind(prefix="stack_")
    for cell in cells:
        stack.add(cell)
    stack.initialize(mx.init.Normal(0.5))
    return stack


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def stack(request):
    return stack_of(request.param, rnn.LSTMCell(5), rnn.DropoutCell(0), rnn.GRUCell(4))


def test_a_step_hands_the_output_of_each_cell_to_the_next(stack):
    lstm, _, gru = stack
    states = [mx.nd.ones((2, size)) for size in (5, 5, 4)]
    middle, first = lstm(X[:, 0], states[:2])
    expected, last = gru(middle, states[2:])
    output, following = stack(X[:, 0], states)
    np.testing.assert_array_equal(output.asnumpy(), expected.asnumpy())
    for ours, theirs in zip(following, [*first, *last], strict=True):
        np.testing.assert_array_equal(ours.asnumpy(), theirs.asnumpy())


@pytest.mark.parametrize("merge", [True, False, None])
def test_unrolling_is_stepping(stack, merge):
    states = stack.begin_state(batch_size=2)
    expected = []
    for t in range(3):
        output, states = stack(X[:, t], states)
        expected.append(output.asnumpy())
    outputs, last = stack.unroll(3, X, merge_outputs=merge)
    assert isinstance(outputs, list) == (not merge)
    found = outputs.swapaxes(0, 1).asnumpy() if merge else [each.asnumpy() for each in outputs]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(last, states, strict=True):
        np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=1e-5, atol=1e-6)


def test_the_states_of_all_cells_lie_behind_each_other(stack):
    assert [info["shape"] for info in stack.state_info(7)] == [(7, 5), (7, 5), (7, 4)]
    assert [state.shape for state in stack.begin_state(batch_size=7)] == [(7, 5), (7, 5), (7, 4)]


def test_lengths_reach_all_cells(stack):
    outputs, states = stack.unroll(3, X, valid_length=mx.nd.array([1, 3]))
    assert not outputs[0, 1:].asnumpy().any()
    alone, last = stack.unroll(1, X[:1, :1], merge_outputs=True)
    np.testing.assert_allclose(outputs[0, :1].asnumpy(), alone[0].asnumpy(), rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(states, last, strict=True):
        np.testing.assert_allclose(ours[0].asnumpy(), theirs[0].asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_counted_and_found_by_number(kind):
    stack = stack_of(kind, rnn.RNNCell(3), rnn.RNNCell(4))
    assert len(stack) == 2
    assert (repr(stack[0]), repr(stack[-1])) == ("RNNCell(None -> 3, tanh)", "RNNCell(None -> 4, tanh)")
    assert [repr(cell) for cell in stack] == [repr(stack[0]), repr(stack[1])]
    with pytest.raises(IndexOutOfRangeError, match=rf"{kind.__name__} 'stack' has no cell 2.\s+.*below 2"):
        stack[2]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_stack_is_the_identity(kind):
    outputs, states = kind().unroll(3, X)
    np.testing.assert_array_equal(outputs.asnumpy(), X.asnumpy())
    assert states == []


def test_the_text_is_that_of_mxnet():
    stack = stack_of(rnn.SequentialRNNCell, rnn.LSTMCell(5), rnn.DropoutCell(0.3))
    assert repr(stack) == (
        "SequentialRNNCell(\n(0): LSTMCell(None -> 20)\n(1): DropoutCell(rate=0.3, axes=())\n)"
    )
    assert repr(rnn.HybridSequentialRNNCell()) == "HybridSequentialRNNCell(\n\n)"


def test_another_number_of_states_is_refused(stack):
    with pytest.raises(
        ShapeMismatchError, match=r"'stack' got another number of states.*\s+Expected 3, received 2"
    ):
        stack(X[:, 0], stack.begin_state(batch_size=2)[:2])


def test_a_hybrid_stack_refuses_cells_that_are_not():
    with pytest.raises(ArgumentTypeError, match="HybridSequentialRNNCell 'stack'"):
        stack_of(rnn.HybridSequentialRNNCell, rnn.SequentialRNNCell())
    with pytest.raises(ArgumentTypeError, match="HybridSequentialRNNCell 'stack'"):
        stack_of(rnn.HybridSequentialRNNCell, nn.Sequential())


def test_hooks_see_every_step(stack):
    seen = []
    stack.register_forward_hook(lambda block, inputs, output: seen.append(output[0].shape))
    stack.unroll(3, X)  # which steps the cells, one after the other
    stack(X[:, 0], stack.begin_state(batch_size=2))
    assert seen == [(2, 4)]
