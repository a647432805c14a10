"""Loops and branches of mx.nd.contrib."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.errors import ArgumentError, ArgumentTypeError

foreach, while_loop, cond = nd.contrib.foreach, nd.contrib.while_loop, nd.contrib.cond


def values(nested):
    if isinstance(nested, (list, tuple)):
        return [values(each) for each in nested]
    return nested.asnumpy().tolist()


ROWS = nd.arange(6).reshape(3, 2)


# -- foreach ----------------------------------------------------------------------------------------------


def test_foreach_hands_states_from_row_to_row():
    outputs, states = foreach(lambda row, s: (row + s[0], [s[0] * 2]), ROWS, [nd.ones(2)])
    assert values(outputs) == [[1, 2], [4, 5], [8, 9]]
    assert values(states) == [[8, 8]]


def test_foreach_takes_one_array_as_state():
    outputs, state = foreach(lambda row, s: (row + s, s * 2), ROWS, nd.ones(2))
    assert values(outputs) == [[1, 2], [4, 5], [8, 9]]
    assert values(state) == [8, 8]


def test_foreach_walks_several_arrays_at_once():
    outputs, states = foreach(lambda d, s: ([d[0] + d[1]], s), [ROWS, ROWS * 10], [])
    assert values(outputs) == [[[0, 11], [22, 33], [44, 55]]]
    assert states == []


def test_foreach_keeps_the_nesting_of_outputs_and_states():
    outputs, states = foreach(
        lambda row, s: ([row, (row * 2, row * 3)], s), ROWS, [nd.ones(2), [nd.zeros(1)]]
    )
    assert [outputs[0].shape, outputs[1][0].shape, outputs[1][1].shape] == [(3, 2)] * 3
    assert values(states) == [[1, 1], [[0]]]


def test_foreach_without_outputs_returns_states_only():
    outputs, state = foreach(lambda row, s: ([], s + row), ROWS, nd.zeros(2))
    assert outputs == []
    assert values(state) == [6, 9]


def test_foreach_over_no_rows_returns_the_first_states():
    outputs, state = foreach(lambda row, s: (row, s), nd.zeros((0, 2)), nd.ones(2))
    assert outputs == []
    assert values(state) == [1, 1]


def test_foreach_is_differentiable():
    x, w = ROWS.copy(), nd.array([2.0, 3.0])
    x.attach_grad()
    w.attach_grad()
    with autograd.record():
        _, state = foreach(lambda row, s: (row, s * w + row), x, nd.zeros(2))
        loss = state.sum()
    loss.backward()
    # state = (x0 w + x1) w + x2
    assert values(x.grad) == [[4, 9], [2, 3], [1, 1]]
    assert values(w.grad) == [2 * 0 * 2 + 2, 2 * 1 * 3 + 3]


@pytest.mark.parametrize(
    ("body", "data", "error", "message"),
    [
        (lambda d, s: (d, s), 3, ArgumentTypeError, "must be nested arrays"),
        (lambda d, s: (d, s), [], ArgumentError, "one number of rows"),
        (lambda d, s: (d, s), [ROWS, nd.ones(2)], ArgumentError, r"received \[2, 3\]"),
        (lambda d, s: d, ROWS, ArgumentTypeError, "must return two things"),
        (lambda d, s: ([d] * int(s.asscalar()), s + 1), ROWS, ArgumentError, "differ from step to step"),
    ],
)
def test_foreach_refuses_what_it_cannot_walk(body, data, error, message):
    with pytest.raises(error, match=message):
        foreach(body, data, nd.ones(1))


# -- while_loop -----------------------------------------------------------------------------------------


def test_while_loop_runs_as_long_as_the_condition_holds():
    outputs, variables = while_loop(
        lambda i, s: s <= 5,
        lambda i, s: ([i + s], [i + 1, s + i]),
        [nd.array([0]), nd.array([1])],
        max_iterations=10,
    )
    assert values(outputs) == [[[1], [2], [4], [7], [0], [0], [0], [0], [0], [0]]]
    assert values(variables) == [[4], [7]]


def test_while_loop_stops_after_the_last_iteration_allowed():
    outputs, i = while_loop(lambda i: i < 30, lambda i: (i, i + 1), nd.array([0]), max_iterations=3)
    assert values(outputs) == [[0], [1], [2]]
    assert values(i) == [3]


def test_while_loop_takes_plain_booleans_as_condition():
    _, i = while_loop(lambda i: True, lambda i: (i, i + 1), nd.array([0]), max_iterations=2)
    assert values(i) == [2]


@pytest.mark.parametrize("nothing", [None, []])
def test_while_loop_without_outputs_returns_variables_only(nothing):
    outputs, i = while_loop(lambda i: i < 3, lambda i: (nothing, i + 1), nd.array([0]), max_iterations=5)
    assert outputs == []
    assert values(i) == [3]


def test_while_loop_without_a_step_returns_the_first_variables():
    outputs, i = while_loop(lambda i: i < 0, lambda i: (i, i + 1), nd.array([0]), max_iterations=5)
    assert outputs == []
    assert values(i) == [0]


def test_while_loop_pads_rows_of_any_shape_and_dtype():
    rows = nd.ones((2, 3), dtype="float16")
    outputs, _ = while_loop(lambda i: i < 1, lambda i: (rows, i + 1), nd.array([0]), max_iterations=2)
    assert outputs.dtype is np.float16
    np.testing.assert_array_equal(outputs.asnumpy(), [np.ones((2, 3)), np.zeros((2, 3))])


def test_while_loop_is_differentiable():
    w = nd.array([3.0])
    w.attach_grad()
    with autograd.record():
        outputs, _ = while_loop(
            lambda i, p: i < 3,
            lambda i, p: (p, [i + 1, p * w]),
            [nd.array([0]), w],
            max_iterations=5,
        )
        loss = outputs.sum()
    loss.backward()
    assert values(w.grad) == [1 + 2 * 3 + 3 * 9]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loop_vars": nd.zeros(1)}, "needs max_iterations"),
        ({"loop_vars": [], "max_iterations": 3}, "at least one loop variable"),
        ({"loop_vars": nd.zeros(2), "max_iterations": 3}, "is not one number"),
    ],
)
def test_while_loop_refuses_what_is_no_loop(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        while_loop(lambda i: i < 3, lambda i: (i, i + 1), **arguments)


# -- cond -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("predicate", "expected"), [(nd.array([1]), 1), (nd.array([0]), 2), (True, 1)])
def test_cond_runs_one_of_two_functions(predicate, expected):
    ran = []

    def branch(value):
        ran.append(value)
        return nd.full(2, value)

    result = cond(predicate, lambda: branch(1), lambda: branch(2))
    assert values(result) == [expected] * 2
    assert ran == [expected]


def test_cond_is_differentiable():
    x = nd.array([3.0])
    x.attach_grad()
    with autograd.record():
        y = cond(x > 2, lambda: x * x, lambda: x * 5)
    y.backward()
    assert values(x.grad) == [6]


# -- rand_zipfian ---------------------------------------------------------------------------------------


def test_rand_zipfian_tells_how_often_each_class_is_expected():
    sampled, of_true, of_sampled = nd.contrib.rand_zipfian(nd.array([3, 0]), 4, 5)
    assert (sampled.shape, sampled.dtype) == ((4,), np.int64)
    # as MXNet 1.9.1 computes them
    np.testing.assert_allclose(of_true.asnumpy(), [0.498155148939376, 1.5474112289381663], rtol=1e-12)
    expected = np.log1p(1 / (sampled.asnumpy() + 1)) / np.log(6) * 4
    np.testing.assert_allclose(of_sampled.asnumpy(), expected, rtol=1e-12)


def test_rand_zipfian_draws_low_classes_most_often():
    sampled = nd.contrib.rand_zipfian(nd.array([0]), 5000, 30)[0].asnumpy()
    shares = np.bincount(sampled, minlength=30) / 5000
    expected = np.log1p(1 / np.arange(1, 31)) / np.log(31)
    assert (abs(shares - expected) < 6 * np.sqrt(expected / 5000)).all()
