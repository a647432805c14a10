"""Initializers that draw: what they draw follows the distribution they state."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import gluonish as mx
from gluonish.errors import ArgumentError, DTypeError
from gluonish.initializer import InitDesc

RARE = 1e-6
"""How often a test of a distribution may fail by chance, if the seed were not fixed."""

KERNEL = (48, 20, 3, 3)
"""Fan-in 20 * 9 = 180, fan-out 48 * 9 = 432, their mean 306."""

MATRIX = (120, 80)
"""Fan-in 80, fan-out 120, their mean 100."""


def uniform(bound):
    return stats.uniform(-bound, 2 * bound)


def normal(sigma):
    return stats.norm(0, sigma)


STATED = [
    (mx.init.Uniform(), MATRIX, uniform(0.07)),
    (mx.init.Uniform(3.0), MATRIX, uniform(3.0)),
    (mx.init.Normal(), MATRIX, normal(0.01)),
    (mx.init.Normal(2.0), (9000,), normal(2.0)),
    (mx.init.Xavier(), MATRIX, uniform(math.sqrt(3 / 100))),
    (mx.init.Xavier(), KERNEL, uniform(math.sqrt(3 / 306))),
    (mx.init.Xavier(factor_type="in"), KERNEL, uniform(math.sqrt(3 / 180))),
    (mx.init.Xavier(factor_type="out"), KERNEL, uniform(math.sqrt(3 / 432))),
    (mx.init.Xavier(factor_type="in", magnitude=2.34), MATRIX, uniform(math.sqrt(2.34 / 80))),
    (mx.init.Xavier("gaussian", "avg", 2), KERNEL, normal(math.sqrt(2 / 306))),
    (mx.init.Xavier("gaussian", "in", 2), KERNEL, normal(math.sqrt(2 / 180))),
    (mx.init.Xavier("gaussian", "out", 2), MATRIX, normal(math.sqrt(2 / 120))),
    (mx.init.MSRAPrelu(), KERNEL, normal(math.sqrt(2 / (1.0625 * 306)))),
    (mx.init.MSRAPrelu("in", 0.0), KERNEL, normal(math.sqrt(2 / 180))),
    (mx.init.MSRAPrelu("out", 0.5), MATRIX, normal(math.sqrt(2 / (1.25 * 120)))),
]

every_stated = pytest.mark.parametrize(
    ("init", "shape", "distribution"), STATED, ids=[f"{init!r}-{len(shape)}d" for init, shape, _ in STATED]
)


def draw(init, shape, dtype="float32", ctx=None):
    parameter = mx.gluon.Parameter("w", shape=shape, dtype=dtype)
    parameter.initialize(init, ctx=ctx)
    return parameter.data().asnumpy()


@every_stated
def test_values_follow_the_stated_distribution(init, shape, distribution):
    values = draw(init, shape).astype("float64").ravel()
    assert stats.kstest(values, distribution.cdf).pvalue > RARE


@every_stated
def test_mean_and_variance_are_those_of_the_distribution(init, shape, distribution):
    values = draw(init, shape).astype("float64").ravel()
    _, variance, _, excess = distribution.stats("mvsk")
    allowed = stats.norm.isf(RARE / 2) / math.sqrt(values.size)
    assert abs(values.mean()) < allowed * math.sqrt(variance)
    assert abs(values.var() / variance - 1) < allowed * math.sqrt(excess + 2)


@every_stated
def test_uniform_values_fill_their_interval_and_stay_inside(init, shape, distribution):
    low, high = distribution.support()
    values = draw(init, shape)
    assert low - 1e-6 <= values.min()
    assert values.max() <= high + 1e-6
    if math.isfinite(high):
        # The chance that none of n values falls into the outermost part p of the interval is (1 - p)^n.
        margin = -math.log(RARE) / values.size * (high - low)
        assert values.min() < low + margin
        assert values.max() > high - margin


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_every_floating_dtype_has_the_distribution(dtype):
    values = draw(mx.init.Normal(2.0), (9000,), dtype)
    assert values.dtype.name == dtype
    assert stats.kstest(values.astype("float64"), normal(2.0).cdf).pvalue > RARE


def test_double_precision_is_drawn_in_double_precision():
    values = draw(mx.init.Uniform(1.0), (1000,), "float64")
    assert (values != values.astype("float32")).mean() > 0.9


@pytest.mark.parametrize("dtype", ["int32", "int8", "uint8", "int64", "bool"])
@pytest.mark.parametrize(
    "init", [mx.init.Uniform(), mx.init.Normal(), mx.init.Xavier(), mx.init.Orthogonal()], ids=repr
)
def test_real_numbers_in_an_integer_array_are_an_error_and_leave_it(init, dtype):
    parameter = mx.gluon.Parameter("w", shape=(2, 2), dtype=dtype)
    with pytest.raises(DTypeError, match=rf"draws real numbers.\s+Expected a floating-.*, received {dtype}"):
        parameter.initialize(init)
    assert not parameter.core.is_ready


# -- Xavier -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (5,)])
def test_a_vector_has_no_fan_and_the_message_names_the_parameter(shape):
    parameter = mx.gluon.Parameter("fc_bias", shape=shape)
    with pytest.raises(ValueError, match=r"cannot initialise 'fc_bias': a vector has no fan-in and fan-out"):
        parameter.initialize(mx.init.Xavier())
    assert not parameter.core.is_ready


def test_an_unknown_distribution_or_factor_is_an_error_when_it_is_used():
    with pytest.raises(ArgumentError, match=r"incorrect rnd_type.\s+Expected 'uniform' or 'gaussian', rec"):
        draw(mx.init.Xavier("cauchy"), (2, 2))
    with pytest.raises(ArgumentError, match=r"incorrect factor_type.\s+Expected 'avg', 'in' or 'out', rec"):
        draw(mx.init.Xavier(factor_type="both"), (2, 2))


@pytest.mark.parametrize("init", [mx.init.Xavier(), mx.init.Orthogonal(), mx.init.Normal()], ids=repr)
def test_an_empty_matrix_needs_no_values(init):
    array = mx.nd.zeros((0, 5))
    init(InitDesc("w_weight"), array)
    assert array.shape == (0, 5)


# -- Orthogonal -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rand_type", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 3, 2, 2), (16, 2, 2), (1, 9)])
def test_rows_or_columns_are_orthogonal_and_of_the_stated_length(shape, rand_type):
    values = draw(mx.init.Orthogonal(2.0, rand_type), shape, "float64").reshape(shape[0], -1)
    if values.shape[0] > values.shape[1]:
        values = values.T
    np.testing.assert_allclose(values @ values.T, 4 * np.eye(len(values)), atol=1e-12)


def test_the_length_is_1_414_unless_it_is_given():
    values = draw(mx.init.Orthogonal(), (6, 6), "float64")
    np.testing.assert_allclose((values**2).sum(axis=1), 1.414**2, rtol=1e-12)


def test_no_direction_is_preferred():
    """The first row of random orthogonal matrices from normal noise is uniform on the circle."""
    init = mx.init.Orthogonal(1.0, "normal")
    rows = np.array([draw(init, (2, 2), "float64")[0] for _ in range(2000)])
    angles = np.arctan2(rows[:, 1], rows[:, 0]) % math.pi
    assert stats.kstest(angles, stats.uniform(0, math.pi).cdf).pvalue > RARE


def test_a_direct_call_draws_from_the_stream_of_the_host():
    mx.random.seed(9)
    array = mx.nd.zeros((1000,))
    mx.init.Uniform(1.0)(InitDesc("w_weight"), array)
    following = mx.random.uniform(shape=4).asnumpy()
    mx.random.seed(9)
    again = mx.nd.zeros((1000,))
    mx.init.Uniform(1.0)(InitDesc("w_weight"), again)
    np.testing.assert_array_equal(array.asnumpy(), again.asnumpy())
    np.testing.assert_array_equal(mx.random.uniform(shape=4).asnumpy(), following)
