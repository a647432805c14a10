"""The activation functions, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine import rng
from gluonish.errors import ArgumentError, DTypeError, ShapeMismatchError
from gluonish.testing import check_gradient
from ops.nn_support import gradient, infer

POINTS = [-2, -0.5, 0, 0.5, 2]


@pytest.mark.parametrize(
    ("act_type", "wanted"),
    [
        ("relu", [0, 0, 0, 1, 1]),
        ("softrelu", [0.11920292, 0.37754065, 0.5, 0.62245935, 0.8807971]),
        ("softsign", [0.11111111, 0.44444445, 1, 0.44444445, 0.11111111]),
    ],
)
def test_gradients_also_at_0_are_those_of_mxnet(act_type, wanted):
    found = gradient(lambda x: nd.Activation(x, act_type=act_type), nd.array(POINTS))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("act_type", "wanted"),
    [
        ("leaky", [0.3, 0.3, 0.3, 1, 1]),
        ("elu", [0.04060059, 0.18195918, 0.3, 1, 1]),
        ("selu", [0.23793287, 1.0663412, 1.7580993, 1.0507010, 1.0507010]),
        ("gelu", [-0.08523187, 0.13250491, 0.5, 0.86749506, 1.0852319]),
    ],
)
def test_gradients_of_leaky_rectifiers_are_those_of_mxnet(act_type, wanted):
    """Of selu MXNet's are wrong: its gradient at -2 is 0.16 where finite differences give 0.24."""
    found = gradient(lambda x: nd.LeakyReLU(x, act_type=act_type, slope=0.3), nd.array(POINTS))
    np.testing.assert_allclose(found, wanted, rtol=2e-5)


@pytest.mark.parametrize("act_type", ["elu", "selu", "gelu"])
def test_large_elements_have_gradients_of_any_order(act_type):
    x = nd.array([1000.0])
    x.attach_grad()
    with autograd.record():
        (first,) = autograd.grad(nd.LeakyReLU(x, act_type=act_type), [x], create_graph=True)
    first.backward()
    assert np.isfinite(first.asscalar())
    assert x.grad.asscalar() == 0


@pytest.mark.parametrize("act_type", ["leaky", "elu", "selu"])
def test_infinite_elements_have_finite_gradients(act_type):
    found = gradient(lambda x: nd.LeakyReLU(x, act_type=act_type), nd.array([np.inf, -np.inf]))
    assert np.isfinite(found).all()


def test_softrelu_neither_overflows_nor_loses_small_values():
    y = nd.Activation(nd.array([1000, -1000, -20]), act_type="softrelu").asnumpy()
    np.testing.assert_allclose(y, [1000, 0, 2.0611537e-09], rtol=1e-6)


# -- random slopes ------------------------------------------------------------------------------------------


def rectified(x):
    return nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.2, upper_bound=0.6)


def test_random_slopes_fill_their_range():
    with autograd.train_mode():
        slopes = -rectified(-nd.ones((1000,))).asnumpy()
    assert 0.2 <= slopes.min() < 0.22
    assert 0.58 < slopes.max() <= 0.6


def test_positive_elements_keep_their_value_whatever_is_drawn():
    with autograd.train_mode():
        assert rectified(nd.array([1.5, 2])).asnumpy().tolist() == [1.5, 2]


def test_the_gradient_of_a_random_slope_is_that_slope():
    x = -nd.ones((50,))
    x.attach_grad()
    with autograd.record():
        y = rectified(x)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), -y.asnumpy())


def test_gradients_with_one_stream_of_slopes_are_those_of_finite_differences():
    def function(x):
        rng.seed(5)
        return rectified(x)

    check_gradient(function, [nd.array([[-1.2, 0.4], [0.9, -0.3]], dtype="float64")], order=2)


# -- slopes that are learnt ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "wanted"), [((2, 3, 4), (3,)), ((2, 3), (3,)), ((5,), (5,)), ((None, None, 4), (None,))]
)
def test_the_slopes_of_prelu_are_one_per_channel_where_unknown(data, wanted):
    inputs, _ = infer("LeakyReLU", [data, None], act_type="prelu")
    assert inputs[1] == wanted


def test_one_slope_for_all_stays_one():
    inputs, _ = infer("LeakyReLU", [(2, 3, 4), (1,)], act_type="prelu")
    assert inputs[1] == (1,)


@pytest.mark.parametrize("gamma", [(2,), (3, 1), (1, 2, 1)])
def test_slopes_that_do_not_fit_are_refused(gamma):
    with pytest.raises(ShapeMismatchError, match="gamma that does not fit"):
        nd.LeakyReLU(nd.ones((2, 3, 4)), nd.ones(gamma), act_type="prelu")


def test_prelu_without_slopes_is_refused():
    with pytest.raises(ShapeMismatchError, match="needs its input 'gamma'"):
        nd.LeakyReLU(nd.ones((2, 3)), act_type="prelu")


def test_slopes_that_would_be_ignored_are_refused():
    with pytest.raises(ShapeMismatchError, match="would ignore its input 'gamma'"):
        nd.LeakyReLU(nd.ones((2, 3)), nd.ones((3,)))


def test_unknown_functions_are_refused_with_the_known_ones():
    with pytest.raises(ArgumentError, match=r"(?s)act_type.*'softrelu'"):
        nd.Activation(nd.ones((2,)), act_type="swish")


def test_integers_are_refused():
    with pytest.raises(DTypeError, match="real numbers only"):
        nd.Activation(nd.ones((2,), dtype="int32"), act_type="relu")


@pytest.mark.parametrize("act_type", ["relu", "sigmoid", "tanh", "softrelu", "softsign"])
def test_bfloat16_is_kept(act_type):
    x = nd.array([-1, 2], dtype="bfloat16")
    x.attach_grad()
    with autograd.record():
        y = nd.Activation(x, act_type=act_type)
    y.backward()
    assert y.dtype == x.grad.dtype == x.dtype
