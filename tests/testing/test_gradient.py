"""The gradient checker finds wrong gradients. It is what every operator is checked with."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.invoke import invoke
from gluonish.engine.operator import Operator
from gluonish.errors import DTypeError
from gluonish.testing import GradientMismatch, check_gradient


def point(*values):
    return nd.array(values, dtype="float64")


X, Y = point(0.5, -1.5, 2.0), point(1.5, 0.25, -0.75)


def cube(rule):
    """x^3 with a gradient rule ``rule(F, g, x)``."""
    op = Operator("cube", lambda xp, data: data**3)
    op.gradient("data")(lambda F, g, data: rule(F, g, data))
    return lambda x: invoke(op, [x], {})


def product(left=1.0, right=1.0):
    """x y with gradients that are off by these factors."""
    op = Operator("product", lambda xp, a, b: a * b)
    op.gradient("a")(lambda F, g, b: g * b * left)
    op.gradient("b")(lambda F, g, a: g * a * right)
    return lambda x, y: invoke(op, [x, y], {})


def right_rule(F, g, x):
    return g * x * x * 3


# -- what is right is accepted ----------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_right_gradient_is_accepted(order):
    check_gradient(cube(right_rule), [X], order=order)


@pytest.mark.parametrize(
    ("function", "arrays"),
    [
        (lambda x, y: x * y + nd.sin(x), [X, Y]),
        (lambda x, y: [x * y, nd.exp(y).sum()], [X, Y]),
        (lambda x: x[1:] * x[:-1], [X]),
        (lambda x, y: nd.tanh(x) * 2, [X, Y]),
        (lambda x: x.as_in_context(mx.cpu(1)) * 3, [X]),
        (lambda x: nd.square(x), [nd.array([[3.0]], dtype="float64")]),
    ],
    ids=["two inputs", "two outputs", "views", "an input without effect", "another context", "one number"],
)
def test_functions_of_all_kinds_can_be_checked(function, arrays):
    check_gradient(function, arrays, order=2)


def test_inputs_that_are_not_differentiated_may_have_any_dtype():
    index = nd.array([2, 0], dtype="int32")
    check_gradient(lambda x, i: nd.take(x, i), [X, index], wrt=[0])


def test_functions_are_run_in_training_mode():
    seen = set()

    def function(x):
        seen.add(autograd.is_training())
        return x * 2

    check_gradient(function, [X])
    assert seen == {True}


def test_the_point_is_left_alone():
    before = X.asnumpy()
    check_gradient(lambda x: x * x, [X])
    np.testing.assert_array_equal(X.asnumpy(), before)
    assert X.grad is None


# -- what is wrong is rejected ----------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1.001, 0.999, 0.0, -1.0, float("nan")])
def test_a_gradient_off_by_a_thousandth_is_rejected(factor):
    with pytest.raises(
        GradientMismatch, match=r"backward\(\) gives .* along a random direction, finite differences give"
    ):
        check_gradient(cube(lambda F, g, x: g * x * x * 3 * factor), [X])


@pytest.mark.parametrize("factors", [{"left": 1.001}, {"right": 1.001}])
def test_a_wrong_gradient_of_one_input_among_several_is_rejected(factors):
    with pytest.raises(GradientMismatch):
        check_gradient(product(**factors), [X, Y])


def test_only_the_inputs_asked_for_are_checked():
    check_gradient(product(right=2.0), [X, Y], wrt=[0])
    with pytest.raises(GradientMismatch):
        check_gradient(product(right=2.0), [X, Y], wrt=[1])


@pytest.mark.parametrize("entry", [0, 1, 2])
def test_a_single_wrong_entry_is_rejected(entry):
    off = nd.array([1.001 if i == entry else 1.0 for i in range(3)], dtype="float64")
    with pytest.raises(GradientMismatch):
        check_gradient(cube(lambda F, g, x: g * x * x * 3 * (off if F.recorded else off._raw)), [X])


def test_a_gradient_that_lands_on_the_wrong_entries_is_rejected():
    def swapped(F, g, x):
        return F.reverse(g * x * x * 3, axis=0)

    with pytest.raises(GradientMismatch):
        check_gradient(cube(swapped), [X])


def test_a_gradient_that_ignores_what_flows_in_is_rejected():
    with pytest.raises(GradientMismatch):
        check_gradient(cube(lambda F, g, x: x * x * 3), [X])


def test_a_gradient_that_is_missing_is_rejected():
    with pytest.raises(GradientMismatch):
        check_gradient(lambda x: nd.BlockGrad(x) * x, [X])


def test_a_wrong_output_among_several_is_rejected():
    wrong = cube(lambda F, g, x: g * x * x * 3.003)
    with pytest.raises(GradientMismatch):
        check_gradient(lambda x: [x * x, wrong(x)], [X])


def test_a_wrong_gradient_of_a_gradient_is_rejected_by_order_two():
    """The first gradient is right, but it stands for a constant when it is differentiated itself."""
    function = cube(lambda F, g, x: g * F.BlockGrad(x * x) * 3)
    check_gradient(function, [X], order=1)
    with pytest.raises(GradientMismatch):
        check_gradient(function, [X], order=2)


def test_a_gradient_of_a_gradient_off_by_a_thousandth_is_rejected():
    def rule(F, g, x):
        exact = F.BlockGrad(x * x) * 3
        return g * (exact + (x * x - F.BlockGrad(x * x)) * 3.003)

    check_gradient(cube(rule), [X], order=1)
    with pytest.raises(GradientMismatch):
        check_gradient(cube(rule), [X], order=2)


@pytest.mark.parametrize(
    ("recorded", "name"),
    [(False, r"backward\(\)"), (True, r"grad\(create_graph=True\)")],
    ids=["plain", "recorded"],
)
def test_a_gradient_that_one_of_the_two_passes_gets_wrong_is_rejected(recorded, name):
    def rule(F, g, x):
        return g * x * x * (3.003 if F.recorded is recorded else 3)

    with pytest.raises(GradientMismatch, match=f"^{name} gives"):
        check_gradient(cube(rule), [X])


def test_a_mismatch_is_a_failed_assertion():
    with pytest.raises(AssertionError):
        check_gradient(product(left=2.0), [X, Y])


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_finite_differences_need_double_precision(dtype):
    with pytest.raises(
        DTypeError, match=rf"Argument 1 of check_gradient\(\) .*\n  Expected float64, received {dtype}"
    ):
        check_gradient(lambda x, y: x, [X, nd.ones(3, dtype=dtype)])
