"""Running graphs: the same operators, in the same order, on the same memory as by hand."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd, sym
from gluonish.errors import ShapeInferenceError, ShapeMismatchError
from gluonish.symbol import Group
from gluonish.symbol.program import Program


def run(symbol, **values):
    """Run a graph on arrays by the names of variables."""
    program = Program(symbol.outputs)
    return program.run([values[node.name] for node in program.variables])


X = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])


def test_a_graph_gives_what_its_operators_give():
    x, w = sym.var("x"), sym.var("w")
    y = sym.relu(sym.FullyConnected(x, w, no_bias=True, num_hidden=2)) + 1
    first, second = run(Group([y, y * y]), x=nd.array(X), w=nd.ones((2, 3)))
    expected = np.maximum(X.sum(1, keepdims=True).repeat(2, 1), 0) + 1
    np.testing.assert_array_equal(first.asnumpy(), expected)
    np.testing.assert_array_equal(second.asnumpy(), expected**2)


def test_an_output_may_be_a_variable_or_come_twice():
    x = sym.var("x")
    value = nd.array(X)
    first, second, third = run(Group([x, x * 2, x]), x=value)
    assert first is third is value
    np.testing.assert_array_equal(second.asnumpy(), X * 2)


def test_an_operator_of_several_outputs_gives_each_to_who_uses_it():
    parts = sym.split(sym.var("x"), num_outputs=3, axis=1)
    (y,) = run(parts[2] - parts[0], x=nd.array(X))
    np.testing.assert_array_equal(y.asnumpy(), X[:, 2:] - X[:, :1])


def test_optional_inputs_that_are_left_out_are_no_arrays():
    labels = nd.array([[1, 2], [1, 0]])
    scores = nd.array(np.arange(24).reshape(4, 2, 3) % 5)
    loss = sym.CTCLoss(sym.var("x"), sym.var("y"), use_label_lengths=True, name="ctc")
    (found,) = run(loss, x=scores, y=labels, ctc_label_lengths=nd.array([2, 1]))
    np.testing.assert_array_equal(found.asnumpy(), nd.CTCLoss(scores, labels).asnumpy())


def test_python_arithmetic_broadcasts_as_it_does_on_arrays():
    (y,) = run(sym.var("a") - sym.var("b"), a=nd.array(X), b=nd.array([[1.0], [2.0]]))
    np.testing.assert_array_equal(y.asnumpy(), X - [[1], [2]])


def test_random_numbers_are_drawn_in_the_order_of_the_code():
    first = sym.Dropout(sym.var("x"), p=0.5)
    second = sym.Dropout(sym.var("x2"), p=0.5)
    x = nd.ones((50,))
    with autograd.train_mode():
        mx.random.seed(3)
        by_hand = nd.Dropout(x, p=0.5).asnumpy(), nd.Dropout(x, p=0.5).asnumpy()
        mx.random.seed(3)
        # A walk from the outputs would meet the second one first.
        later, earlier = run(Group([second, first]), x=x, x2=x)
    np.testing.assert_array_equal(earlier.asnumpy(), by_hand[0])
    np.testing.assert_array_equal(later.asnumpy(), by_hand[1])


def test_states_are_written_in_training_and_only_then():
    y = sym.BatchNorm(sym.var("x"), name="bn", momentum=0.5)
    arrays = {"x": nd.array(X), "bn_gamma": nd.ones(3), "bn_beta": nd.zeros(3)}
    mean, variance = nd.zeros(3), nd.ones(3)
    run(y, **arrays, bn_moving_mean=mean, bn_moving_var=variance)
    assert mean.asnumpy().tolist() == [0, 0, 0]
    with autograd.train_mode():
        run(y, **arrays, bn_moving_mean=mean, bn_moving_var=variance)
    np.testing.assert_allclose(mean.asnumpy(), X.mean(0) / 2)


def test_a_recorded_run_has_gradients_of_gradients():
    x = nd.array(X)
    x.attach_grad()
    y = sym.var("x") ** 3
    with autograd.record():
        (value,) = run(y.sum(), x=x)
        (g,) = autograd.grad([value], [x], create_graph=True)
        total = g.sum()
    total.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), 6 * X, rtol=1e-6)


def test_what_nobody_reads_any_more_is_let_go_of_during_the_run():
    alive = []

    def watch(node, inputs, outputs):
        alive.append(sum(each() is not None for each in references))
        references.append(weakref.ref(outputs[0]))

    references = []
    y = sym.var("x")
    for _ in range(5):
        y = y + 1
    program = Program(y.outputs)
    program.run([nd.array(X)], watch)
    assert max(alive) == 1


def test_a_watcher_sees_every_operator_with_its_inputs_and_outputs():
    seen = []

    def watch(node, inputs, outputs):
        seen.append((node.name, [x.shape for x in inputs], [y.shape for y in outputs]))

    parts = sym.split(sym.var("x"), num_outputs=3, axis=1, name="s")
    program = Program(sym.concat(parts[0], parts[1], dim=0, name="c").outputs)
    program.run([nd.array(X)], watch)
    assert seen == [("s", [(2, 3)], [(2, 1)] * 3), ("c", [(2, 1)] * 2, [(4, 1)])]


def test_new_arrays_are_made_where_the_current_context_is():
    program = Program(sym.zeros((2,)).outputs)
    with mx.cpu(3):
        assert program.run([])[0].context == mx.cpu(3)


def test_shapes_that_do_not_fit_are_an_error_of_the_operator():
    with pytest.raises(ShapeMismatchError, match="'FullyConnected'"):
        run(
            sym.FullyConnected(sym.var("x"), sym.var("w"), num_hidden=2, no_bias=True),
            x=nd.array(X),
            w=nd.ones((2, 4)),
        )


def test_a_program_may_run_any_number_of_times():
    program = Program((sym.var("x") * 2).outputs)
    for factor in (1, 2, 3):
        (y,) = program.run([nd.array(X * factor)])
        np.testing.assert_array_equal(y.asnumpy(), X * factor * 2)


# -- arrays of open axes ------------------------------------------------------------------------------------


def test_an_array_of_an_open_axis_is_made_anew_for_every_size():
    total = sym.elemwise_add(sym.zeros((0, 3)), sym.var("x"))
    program = Program(total.outputs)
    for batch in (2, 5, 2):
        x = nd.ones((batch, 3))
        np.testing.assert_array_equal(program.run([x])[0].asnumpy(), x.asnumpy())


def test_an_array_of_an_open_axis_has_the_dtype_of_what_it_meets():
    total = sym.elemwise_add(sym.ones((0, 3)), sym.var("x"))
    program = Program(total.outputs)
    for dtype in ("float32", "float64", "float16"):
        (found,) = program.run([nd.ones((2, 3), dtype=dtype)])
        assert found.dtype == np.dtype(dtype)


def test_an_axis_that_nothing_tells_is_an_error_that_names_the_node():
    program = Program(sym.zeros((0, 3), name="start").outputs)
    with pytest.raises(ShapeInferenceError, match=r"Node 'start' makes an array.*\s+Received \(\?, 3\)"):
        program.run([])
