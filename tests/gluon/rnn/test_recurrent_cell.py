"""What all cells have in common: states, unrolling, counting steps, symbols."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.gluon import rnn
from gluonish.symbol import Group, Symbol

STEPS, BATCH, SIZE = 3, 2, 4


def sequences(layout="NTC"):
    x = mx.nd.array(np.random.default_rng(0).normal(size=(BATCH, STEPS, SIZE)))
    return x if layout == "NTC" else x.swapaxes(0, 1)


def steps_of(x):
    return [x[:, t] for t in range(STEPS)]


@pytest.fixture
def cell():
    made = rnn.GRUCell(5, prefix="gru_")
    made.initialize(mx.init.Normal(0.5))
    return made


def by_hand(cell, x, states):
    """Return the outputs, (batch, steps, size), and the last states of a cell that is called in a loop."""
    outputs = []
    for step in steps_of(x):
        output, states = cell(step, states)
        outputs.append(output.asnumpy())
    return np.stack(outputs, 1), [state.asnumpy() for state in states]


# -- unrolling ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("merge", [True, False, None])
@pytest.mark.parametrize("as_list", [True, False])
def test_unrolling_is_calling_step_by_step(cell, layout, merge, as_list):
    expected, last = by_hand(cell, sequences(), cell.begin_state(BATCH))
    inputs = steps_of(sequences()) if as_list else sequences(layout)
    outputs, states = cell.unroll(STEPS, inputs, layout=layout, merge_outputs=merge)
    assert isinstance(outputs, list) == (not merge)
    if not merge:
        outputs = mx.nd.stack(*outputs, axis=layout.index("T"))
    found = outputs if layout == "NTC" else outputs.swapaxes(0, 1)
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[0].asnumpy(), last[0], rtol=1e-5, atol=1e-6)


def test_unrolling_begins_with_the_given_states(cell):
    begin = [mx.nd.ones((BATCH, 5)) * 0.5]
    expected, _ = by_hand(cell, sequences(), begin)
    outputs, _ = cell.unroll(STEPS, sequences(), begin_state=begin, merge_outputs=True)
    np.testing.assert_allclose(outputs.asnumpy(), expected, rtol=1e-5, atol=1e-6)


def test_inputs_may_be_a_tuple_and_of_one_step(cell):
    outputs, _ = cell.unroll(1, (sequences()[:, 0],))
    assert [output.shape for output in outputs] == [(BATCH, 5)]
    outputs, _ = cell.unroll(1, sequences()[:, :1], merge_outputs=True)
    assert outputs.shape == (BATCH, 1, 5)


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, STEPS), min_size=BATCH, max_size=BATCH),
    layout=st.sampled_from(["NTC", "TNC"]),
    merge=st.booleans(),
)
def test_behind_the_end_of_a_sequence_outputs_are_0_and_states_stay(lengths, layout, merge):
    cell = rnn.LSTMCell(5)
    cell.initialize(mx.init.Normal(0.5))
    outputs, states = cell.unroll(
        STEPS, sequences(layout), layout=layout, merge_outputs=merge, valid_length=mx.nd.array(lengths)
    )
    outputs = outputs if merge else mx.nd.stack(*outputs, axis=layout.index("T"))
    outputs = outputs if layout == "NTC" else outputs.swapaxes(0, 1)
    for b, n in enumerate(lengths):
        alone, last = by_hand_first(cell, b, n)
        np.testing.assert_allclose(outputs[b, :n].asnumpy(), alone, rtol=1e-5, atol=1e-6)
        assert not outputs[b, n:].asnumpy().any()
        for ours, theirs in zip(states, last, strict=True):
            np.testing.assert_allclose(ours[b].asnumpy(), theirs[0], rtol=1e-5, atol=1e-6)


def by_hand_first(cell, b, n):
    states, outputs = cell.begin_state(1), []
    for t in range(n):
        output, states = cell(sequences()[b : b + 1, t], states)
        outputs.append(output.asnumpy()[0])
    return np.stack(outputs), [state.asnumpy() for state in states]


def test_outputs_of_different_lengths_are_merged_unless_a_list_is_asked_for(cell):
    lengths = mx.nd.array([1, 3])
    assert cell.unroll(STEPS, sequences(), valid_length=lengths)[0].shape == (BATCH, STEPS, 5)
    listed, _ = cell.unroll(STEPS, sequences(), valid_length=lengths, merge_outputs=False)
    assert [step.shape for step in listed] == [(BATCH, 5)] * STEPS


def test_gradients_flow_through_all_steps(cell):
    x = sequences()
    x.attach_grad()
    with mx.autograd.record():
        outputs, _ = cell.unroll(STEPS, x)
        outputs[-1].sum().backward()
    assert (np.abs(x.grad.asnumpy()).sum((0, 2)) > 0).all()


def test_states_are_made_where_the_inputs_are_and_of_their_dtype():
    cell = rnn.LSTMCell(5)
    cell.initialize(ctx=mx.cpu(1))
    cell.cast("float64")
    x = sequences().as_in_context(mx.cpu(1)).astype("float64")
    outputs, states = cell.unroll(STEPS, x)
    assert {each.context for each in (*outputs, *states)} == {mx.cpu(1)}
    assert {each.dtype for each in states} == {np.float64}


def test_a_layout_without_steps_is_refused(cell):
    with pytest.raises(
        ArgumentError, match=r"(?s)GRUCell 'gru' cannot be unrolled in this layout.*received 'NC'"
    ):
        cell.unroll(STEPS, sequences(), layout="NC")


@pytest.mark.parametrize("inputs", [sequences(), steps_of(sequences())], ids=["array", "list"])
def test_another_number_of_steps_is_refused(cell, inputs):
    with pytest.raises(
        ShapeMismatchError, match=r"'gru' got another number of steps.*\s+Expected 2, received 3"
    ):
        cell.unroll(2, inputs)


@pytest.mark.parametrize("inputs", [np.ones((BATCH, STEPS, SIZE)), [], [1, 2, 3], None])
def test_what_is_no_array_is_refused(cell, inputs):
    with pytest.raises(ArgumentTypeError, match="'gru' cannot be unrolled over this"):
        cell.unroll(STEPS, inputs)


# -- states -------------------------------------------------------------------------------------------------


def test_first_states_are_zeros_of_the_batch_size():
    states = rnn.LSTMCell(5).begin_state(batch_size=2)
    assert [state.shape for state in states] == [(2, 5), (2, 5)]
    assert not any(state.asnumpy().any() for state in states)


def test_first_states_are_made_by_the_given_function():
    cell = rnn.LSTMCell(5)
    assert cell.begin_state(2, func=mx.nd.ones)[0].asnumpy().all()
    drawn = cell.begin_state(2, func=mx.nd.random.uniform, low=2, high=3)
    assert all((state.asnumpy() >= 2).all() for state in drawn)
    half = cell.begin_state(2, ctx=mx.cpu(1), dtype="float16")
    assert {(state.context, state.dtype) for state in half} == {(mx.cpu(1), np.float16)}


def test_a_function_of_names_and_layouts_is_given_them():
    given = []

    def make(name, shape, **info):
        given.append((name, shape, info))
        return mx.nd.zeros(shape)

    rnn.LSTMCell(5, prefix="l_").begin_state(2, func=make)
    layout = {"__layout__": "NC"}
    assert given == [("l_begin_state_0", (2, 5), layout), ("l_begin_state_1", (2, 5), layout)]


def test_arrays_cannot_leave_the_batch_open():
    with pytest.raises(
        ArgumentError, match=r"State 'l_begin_state_0' has no size of its batch.*\s+.*\(0, 5\)"
    ):
        rnn.LSTMCell(5, prefix="l_").begin_state()


def test_symbols_can_leave_the_batch_open():
    cell = rnn.LSTMCell(5, prefix="l_")
    assert [s.list_outputs() for s in cell.begin_state(func=mx.sym.zeros)] == [
        ["l_begin_state_0_output"],
        ["l_begin_state_1_output"],
    ]
    variables = rnn.LSTMCell(5, prefix="l_").begin_state(func=mx.sym.var, batch_size=3)
    assert [v.name for v in variables] == ["l_begin_state_0", "l_begin_state_1"]
    assert variables[0].attr("__layout__") == "NC"


# -- counting -----------------------------------------------------------------------------------------------


def test_steps_and_states_are_counted_until_a_reset(cell):
    counts = [(cell._init_counter, cell._counter)]
    states = cell.begin_state(BATCH)
    counts.append((cell._init_counter, cell._counter))
    cell(sequences()[:, 0], states)
    counts.append((cell._init_counter, cell._counter))
    cell.unroll(STEPS, sequences())
    counts.append((cell._init_counter, cell._counter))
    cell.reset()
    counts.append((cell._init_counter, cell._counter))
    assert counts == [(-1, -1), (0, -1), (0, 0), (0, 2), (-1, -1)]


def test_a_reset_reaches_the_cells_below():
    stack = rnn.SequentialRNNCell()
    stack.add(rnn.RNNCell(3))
    stack.initialize()
    stack(mx.nd.ones((1, 2)), stack.begin_state(batch_size=1))
    assert stack[0]._counter == 0
    stack.reset()
    assert stack[0]._counter == stack._counter == -1


# -- symbols ------------------------------------------------------------------------------------------------


def test_the_graph_of_a_cell_has_the_names_of_mxnet():
    cell = rnn.RNNCell(5, prefix="rnn_")
    outputs, states = cell.unroll(2, [mx.sym.var(f"rnn_t{t}_data") for t in range(2)])
    graph = Group(outputs)
    assert graph.list_outputs() == ["rnn_t0_out_output", "rnn_t1_out_output"]
    assert [state.name for state in states] == ["rnn_t1_out"]
    assert graph.get_internals().list_outputs() == [
        *("rnn_t0_data", "rnn_i2h_weight", "rnn_i2h_bias", "rnn_t0_i2h_output", "rnn_begin_state_0_output"),
        *("rnn_h2h_weight", "rnn_h2h_bias", "rnn_t0_h2h_output", "rnn_t0_plus0_output", "rnn_t0_out_output"),
        *(
            "rnn_t1_data",
            "rnn_t1_i2h_output",
            "rnn_t1_h2h_output",
            "rnn_t1_plus0_output",
            "rnn_t1_out_output",
        ),
    ]


@pytest.mark.parametrize("merge", [True, False, None])
def test_shapes_are_inferred_through_all_steps(merge):
    cell = rnn.LSTMCell(5, prefix="l_")
    outputs, states = cell.unroll(STEPS, mx.sym.var("x"), merge_outputs=merge)
    assert isinstance(outputs, Symbol) == (merge is True)
    graph = outputs if merge else Group(outputs)
    arguments, shapes, _ = Group([graph, *states]).infer_shape(x=(BATCH, STEPS, SIZE))
    found = dict(zip(graph.list_arguments(), arguments, strict=True))
    assert found["l_i2h_weight"] == (20, SIZE)
    assert shapes[-1] == (BATCH, 5)


def test_a_cell_inside_a_hybrid_block_finds_its_size_there():
    class Net(mx.gluon.HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.cell = rnn.LSTMCell(5)
                self.top = mx.gluon.nn.Dense(2)

        def hybrid_forward(self, F, x):
            outputs, _ = self.cell.unroll(STEPS, x, merge_outputs=True)
            return self.top(outputs)

    net = Net(prefix="net_")
    symbol = net(mx.sym.var("data"))
    arguments, _, _ = symbol.infer_shape(data=(BATCH, STEPS, SIZE))
    found = dict(zip(symbol.list_arguments(), arguments, strict=True))
    assert (found["net_lstm0_i2h_weight"], found["net_dense0_weight"]) == ((20, SIZE), (2, 15))
    net.initialize()
    assert net(sequences()).shape == (BATCH, 2)
    assert net.cell.i2h_weight.shape == (20, SIZE)


# -- cells of one's own -------------------------------------------------------------------------------------


def test_a_cell_of_ones_own_needs_its_states_and_its_step():
    class Sum(rnn.RecurrentCell):
        def state_info(self, batch_size=0):
            return [{"shape": (batch_size, SIZE), "__layout__": "NC"}]

        def forward(self, inputs, states):
            total = inputs + states[0]
            return total, [total]

    outputs, states = Sum().unroll(STEPS, sequences(), merge_outputs=True)
    np.testing.assert_allclose(outputs.asnumpy(), sequences().asnumpy().cumsum(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[0].asnumpy(), sequences().asnumpy().sum(1), rtol=1e-5, atol=1e-6)


def test_what_a_cell_of_ones_own_lacks_is_named():
    class Empty(rnn.HybridRecurrentCell):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty must define state_info\(\)"):
        Empty().begin_state(2)
    with pytest.raises(NotImplementedError, match=r"Empty must define hybrid_forward\(\)"):
        Empty()(mx.nd.ones((1, 2)), [])
