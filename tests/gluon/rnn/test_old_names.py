"""Helpers that cells of programs for MXNet import; forms and axes were compared with MXNet 1.9.1."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ShapeMismatchError
from gluonish.gluon import rnn
from gluonish.gluon.rnn.rnn_cell import (
    _cells_begin_state,
    _cells_state_info,
    _format_sequence,
    _get_begin_state,
    _mask_sequence_variable_length,
)

X = np.arange(24.0).reshape(2, 3, 4).astype("float32")  # batch, steps, channels
STEPS = [X[:, t] for t in range(3)]


@pytest.mark.parametrize("in_layout", ["NTC", "TNC"])
@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("merge", [True, False, None])
def test_an_array_of_steps_is_brought_into_another_form(merge, layout, in_layout):
    given = mx.nd.array(X if in_layout == "NTC" else X.swapaxes(0, 1))
    found, axis, F, size = _format_sequence(3, given, layout, merge, in_layout)
    assert (axis, F, size) == (layout.index("T"), mx.nd, 2)
    if merge is False:
        np.testing.assert_array_equal([each.asnumpy() for each in found], STEPS)
    else:
        np.testing.assert_array_equal(found.asnumpy(), X if layout == "NTC" else X.swapaxes(0, 1))


@pytest.mark.parametrize(("merge", "shape"), [(True, (3, 2, 4)), (False, None), (None, None)])
def test_a_list_of_steps_is_brought_into_another_form(merge, shape):
    found, axis, _, size = _format_sequence(None, [mx.nd.array(each) for each in STEPS], "TNC", merge)
    assert (axis, size) == (0, 2)
    assert isinstance(found, list) if shape is None else found.shape == shape


def test_symbols_have_no_batch_size():
    found, _, F, size = _format_sequence(2, [mx.sym.var("a"), mx.sym.var("b")], "NTC", True)
    assert (found.list_arguments(), F, size) == (["a", "b"], mx.sym, 0)


def test_another_number_of_steps_is_refused():
    with pytest.raises(ShapeMismatchError, match=r"another number of steps than .*\s+Expected 4, received 3"):
        _format_sequence(4, mx.nd.array(X), "NTC", None)


def test_a_sequence_begins_with_zeros_where_it_is_or_with_what_is_given():
    cell = rnn.GRUCell(5, prefix="gru_")
    (state,) = _get_begin_state(cell, mx.nd, None, mx.nd.array(X, ctx=mx.cpu(1)), 2)
    assert (state.shape, state.context, state.sum().asscalar()) == ((2, 5), mx.cpu(1), 0)
    assert _get_begin_state(cell, mx.nd, [state], X, 2) == [state]
    (symbol,) = _get_begin_state(cell, mx.sym, None, mx.sym.var("x"), 0)
    assert isinstance(symbol, mx.sym.Symbol)


@pytest.mark.parametrize("merge", [True, False])
def test_steps_behind_the_end_become_zeros(merge):
    data = mx.nd.array(X) if merge else [mx.nd.array(each) for each in STEPS]
    found = _mask_sequence_variable_length(mx.nd, data, 3, mx.nd.array([1, 3]), 1, merge)
    found = found.asnumpy() if merge else np.stack([each.asnumpy() for each in found], 1)
    expected = X.copy()
    expected[0, 1:] = 0
    np.testing.assert_array_equal(found, expected)


def test_states_of_several_cells_come_one_after_the_other():
    cells = [rnn.LSTMCell(2), rnn.GRUCell(3)]
    assert [info["shape"] for info in _cells_state_info(cells, 4)] == [(4, 2), (4, 2), (4, 3)]
    assert [state.shape for state in _cells_begin_state(cells, batch_size=4)] == [(4, 2), (4, 2), (4, 3)]
