"""Functions of symbols and numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gluonish import nd, sym
from gluonish.errors import ArgumentTypeError
from gluonish.symbol.program import Program

X, Y = np.array([1.0, 4.0, 2.0]), np.array([3.0, 2.0, 2.0])

FUNCTIONS = {
    "maximum": (np.maximum, max),
    "minimum": (np.minimum, min),
    "hypot": (np.hypot, math.hypot),
    "power": (np.power, lambda a, b: a**b),
    "pow": (np.power, lambda a, b: a**b),
}


def compute(symbol, **values):
    program = Program(symbol.outputs)
    (result,) = program.run([nd.array(values[node.name]) for node in program.variables])
    return result.asnumpy()


@pytest.mark.parametrize(("name", "expected"), [(name, each[0]) for name, each in FUNCTIONS.items()])
def test_two_symbols_a_symbol_and_a_number_or_a_number_and_a_symbol(name, expected):
    function, x, y = getattr(sym, name), sym.var("x"), sym.var("y")
    np.testing.assert_allclose(compute(function(x, y), x=X, y=Y), expected(X, Y), rtol=1e-6)
    np.testing.assert_allclose(compute(function(x, 2), x=X), expected(X, 2), rtol=1e-6)
    np.testing.assert_allclose(compute(function(3, y), y=Y), expected(3, Y), rtol=1e-6)


@pytest.mark.parametrize(("name", "expected"), [(name, each[1]) for name, each in FUNCTIONS.items()])
def test_two_numbers_give_a_number(name, expected):
    assert getattr(sym, name)(3, 2) == expected(3, 2)


def test_shapes_broadcast():
    found = compute(sym.maximum(sym.var("x"), sym.var("y")), x=X[:, None], y=Y[None])
    np.testing.assert_array_equal(found, np.maximum(X[:, None], Y[None]))


@pytest.mark.parametrize("pair", [("a", 2), (None, None), (nd.ones(2), 2)])
def test_other_arguments_are_errors(pair):
    with pytest.raises(ArgumentTypeError, match=r"maximum\(\) takes symbols and numbers.*\n.*Received"):
        sym.maximum(*pair)
