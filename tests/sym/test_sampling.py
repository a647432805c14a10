"""Symbols of random arrays draw what the functions of mx.nd.random draw."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import nd, sym
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.symbol.program import Program

CASES = {
    "uniform": lambda random: random.uniform(1, 3, shape=(5,)),
    "normal": lambda random: random.normal(1, 3, shape=(2, 2), dtype="float64"),
    "randn": lambda random: random.randn(2, 3, loc=1),
    "gamma": lambda random: random.gamma(2, 3, shape=(5,)),
    "exponential": lambda random: random.exponential(4, shape=(5,)),
    "poisson": lambda random: random.poisson(4, shape=(5,)),
    "negative_binomial": lambda random: random.negative_binomial(3, 0.4, shape=(5,)),
    "generalized_negative_binomial": lambda random: random.generalized_negative_binomial(2, 0.3, shape=(5,)),
    "randint": lambda random: random.randint(3, 9, shape=(5,)),
}


def drawn(symbol, *values):
    mx.random.seed(3)
    return [each.asnumpy() for each in Program(symbol.outputs).run(list(values))]


@pytest.mark.parametrize("draw", CASES.values(), ids=CASES)
def test_numbers_are_those_that_nd_draws(draw):
    (found,) = drawn(draw(sym.random))
    mx.random.seed(3)
    expected = draw(nd.random).asnumpy()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_symbols_are_parameters_of_many_distributions():
    low, high = nd.array([0.0, 10.0]), nd.array([1.0, 20.0])
    symbol = sym.random.uniform(sym.var("low"), sym.var("high"), shape=(4,))
    (found,) = drawn(symbol, low, high)
    mx.random.seed(3)
    np.testing.assert_array_equal(found, nd.random.uniform(low, high, shape=(4,)).asnumpy())


def test_classes_come_with_their_probabilities_as_in_mxnet():
    classes, logs = drawn(sym.random.multinomial(sym.var("p")), nd.array([[0.0, 1.0], [1.0, 0.0]]))
    assert classes.tolist() == [1, 0]
    assert logs.tolist() == [0, 0]


def test_rows_are_shuffled():
    (found,) = drawn(sym.random.shuffle(sym.var("x")), nd.arange(20))
    assert sorted(found) == list(range(20))
    assert found.tolist() != list(range(20))


def test_symbols_and_numbers_do_not_mix():
    with pytest.raises(ArgumentTypeError, match=r"normal\(\) takes symbols or numbers.*\n.*Symbol, int"):
        sym.random.normal(sym.var("mean"), 1)


def test_a_scale_is_positive():
    with pytest.raises(ArgumentError, match=r"exponential\(\) cannot draw with this scale.*\n.*received -1"):
        sym.random.exponential(-1)


def test_zipfian_classes_are_drawn_as_often_as_expected():
    mx.random.seed(4)
    drawn, of_true, of_drawn = mx.sym.contrib.rand_zipfian(mx.sym.var("true"), 20000, 5)
    bound = mx.sym.Group([drawn, of_true, of_drawn]).bind(mx.cpu(), {"true": mx.nd.arange(5)})
    classes, expected, again = (each.asnumpy() for each in bound.forward())
    assert classes.dtype == np.int64
    np.testing.assert_allclose(np.bincount(classes, minlength=5), expected, rtol=0.05)
    np.testing.assert_array_equal(again, expected[classes])
