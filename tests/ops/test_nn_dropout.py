"""Dropout, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine import rng
from gluonish.errors import ArgumentError, DTypeError
from gluonish.testing import check_gradient


def seeded(**params):
    """Return a dropout that drops the same elements each time."""

    def function(x):
        rng.seed(11)
        return nd.Dropout(x, **params)

    return function


@pytest.mark.parametrize("params", [{}, {"p": 0.2}, {"axes": (0,)}, {"mode": "always"}, {"p": 1.0}])
def test_gradients_with_one_stream_are_those_of_finite_differences(params):
    x = nd.array(np.linspace(-1, 2, 24).reshape(4, 6), dtype="float64")
    check_gradient(seeded(**params), [x], order=2)


def test_a_seed_repeats_what_is_dropped():
    x = nd.ones((100,))
    with autograd.train_mode():
        first, second = (seeded()(x).asnumpy() for _ in range(2))
        third = nd.Dropout(x).asnumpy()
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_the_gradient_is_dropped_where_the_data_were():
    x = nd.ones((100,))
    x.attach_grad()
    with autograd.record():
        y = nd.Dropout(x, p=0.3)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), y.asnumpy())


def test_a_probability_of_1_gives_zeros_not_nan():
    with autograd.train_mode():
        assert not nd.Dropout(nd.ones((3,)), p=1).asnumpy().any()


def test_prediction_passes_gradients_through():
    x = nd.ones((2, 3))
    x.attach_grad()
    with autograd.record(train_mode=False):
        y = nd.Dropout(x)
    y.backward()
    assert x.grad.asnumpy().tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    x = nd.ones((8,), dtype=dtype)
    with autograd.train_mode():
        assert nd.Dropout(x).dtype == x.dtype


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ArgumentError, match=r"(?s)needs a probability.*from 0 to 1"):
        nd.Dropout(nd.ones((3,)), p=p)


def test_axes_that_are_not_there_are_refused():
    with pytest.raises(ArgumentError, match="no axis 3"):
        nd.Dropout(nd.ones((3,)), axes=(3,))


def test_integers_are_refused():
    with pytest.raises(DTypeError, match="real numbers only"):
        nd.Dropout(nd.ones((3,), dtype="int32"))
