"""Activation layers: values and impossible arguments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gluon.nn.golden import assert_golden, filled, ramp

import gluonish as mx
from gluonish.errors import ArgumentError
from gluonish.gluon import nn

FORMULAS = {
    "relu": lambda x: max(x, 0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "softrelu": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_is_its_formula(name):
    x = mx.nd.array([-5, -1, -0.5, 0, 0.5, 1, 5])
    expected = [FORMULAS[name](each) for each in x.tolist()]
    np.testing.assert_allclose(nn.Activation(name)(x).asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_does_not_overflow(name):
    y = nn.Activation(name)(mx.nd.array([-1000, 1000])).asnumpy()
    assert np.isfinite(y).all()


@pytest.mark.parametrize(
    ("layer", "x", "values"),
    [
        (nn.LeakyReLU(0.3), (5,), [-1.5, 2, -0.6, 5, 1]),
        (nn.ELU(), (5,), [-0.99326, 2, -0.86466, 5, 1]),
        (nn.ELU(0.5), (5,), [-0.49663, 2, -0.43233, 5, 1]),
        (nn.SELU(), (5,), [-1.74625, 2.1014, -1.52017, 5.25351, 1.0507]),
        (nn.Swish(), (5,), [-0.03346, 1.76159, -0.23841, 4.96654, 0.73106]),
        (nn.Swish(2.0), (5,), [-0.00023, 1.96403, -0.03597, 4.99977, 0.8808]),
        (nn.GELU(), (5,), [0, 1.9545, -0.0455, 5, 0.84134]),
        (nn.Activation("softrelu"), (5,), [0.00672, 2.12693, 0.12693, 5.00672, 1.31326]),
        (nn.PReLU(in_channels=3), (1, 3, 2), [2.5, 2, -0.4, 5, 1, 0.6]),
    ],
    ids=repr,
)
def test_activations_give_mxnets_numbers(layer, x, values):
    assert_golden(layer, x, x, values)


def test_the_slope_of_prelu_starts_at_a_quarter():
    layer = nn.PReLU()
    layer.initialize(mx.init.One())
    assert layer(mx.nd.array([-4.0, 4.0])).asnumpy().tolist() == [-1, 4]


def test_the_slope_of_prelu_is_learned():
    layer = filled(nn.PReLU(), ramp(2, 3))
    x = mx.nd.array([-4.0, 3.0])
    with mx.autograd.record():
        loss = layer(x).sum()
    loss.backward()
    assert layer.alpha.grad().asnumpy().tolist() == [-4]


def test_an_activation_is_named_after_its_function():
    assert nn.Activation("tanh").name.startswith("tanh")


@pytest.mark.parametrize("name", ["rleu", None, 3])
def test_an_unknown_activation_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(ArgumentError, match=r"'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh', received"):
        nn.Activation(name)


@pytest.mark.parametrize("alpha", [-0.1, "a", None])
def test_a_slope_below_zero_is_an_error(alpha):
    with pytest.raises(AssertionError, match=r"LeakyReLU has an impossible alpha.*\n.*a number of 0 or more"):
        nn.LeakyReLU(alpha)


@pytest.mark.parametrize(("layer", "argument"), [(nn.ELU, "alpha"), (nn.Swish, "beta")])
def test_a_factor_that_is_no_number_is_an_error(layer, argument):
    with pytest.raises(ArgumentError, match=rf"{layer.__name__} has an impossible {argument}.*\n.*a number"):
        layer("steep")


@pytest.mark.parametrize("layer", [nn.ELU(), nn.SELU(), nn.Swish()], ids=repr)
def test_large_inputs_do_not_overflow(layer):
    y = layer(mx.nd.array([-1000, 1000])).asnumpy()
    assert np.isfinite(y).all()
    assert y[1] >= 1000


@pytest.mark.parametrize("channels", [0, -1, 1.5])
def test_an_impossible_number_of_slopes_is_an_error(channels):
    with pytest.raises(ArgumentError, match="PReLU has an impossible in_channels"):
        nn.PReLU(in_channels=channels)
