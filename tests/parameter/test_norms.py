"""Clipping by the global norm."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, NonFiniteGradientError
from gluonish.gluon.utils import clip_global_norm
from parameter.helpers import backward, make_params

SHAPES = [(3, 4), (5,), (2, 2)]


def norm_of(arrays):
    return np.sqrt(sum((a.asnumpy().astype("float64") ** 2).sum() for a in arrays))


def test_arrays_are_scaled_to_the_bound_and_the_norm_before_is_returned():
    arrays = [mx.nd.array([3.0, 0.0]), mx.nd.array([[4.0]])]
    assert clip_global_norm(arrays, 1.0) == pytest.approx(5.0)
    np.testing.assert_allclose(arrays[0].asnumpy(), [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(arrays[1].asnumpy(), [[0.8]], rtol=1e-6)


def test_arrays_below_the_bound_are_left_alone():
    arrays = [mx.nd.array([3.0]), mx.nd.array([4.0])]
    clip_global_norm(arrays, 5.5)
    assert [a.asscalar() for a in arrays] == [3.0, 4.0]


def test_all_gradients_of_a_network_are_clipped_like_any_arrays():
    params = make_params(SHAPES)
    backward(params)
    gradients = [p.grad() for p in params.values()]
    expected = [g.asnumpy() / norm_of(gradients) for g in gradients]
    norm = clip_global_norm(gradients, 1.0)
    for gradient, values in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient.asnumpy(), values, rtol=1e-5)
    assert norm == pytest.approx(norm_of([mx.nd.array(norm * e) for e in expected]), rel=1e-5)


def test_some_gradients_of_a_network_leave_the_others_alone():
    params = make_params(SHAPES)
    backward(params)
    untouched = params["p1"].grad().asnumpy()
    clip_global_norm([params["p0"].grad(), params["p2"].grad()], 1e-3)
    np.testing.assert_array_equal(params["p1"].grad().asnumpy(), untouched)


def test_an_array_given_twice_counts_twice():
    array = mx.nd.array([3.0])
    assert clip_global_norm([array, array], 100.0) == pytest.approx(np.sqrt(18))


def test_a_gradient_that_left_the_group_no_longer_counts():
    params = make_params(SHAPES)
    backward(params)
    gradients = [p.grad() for p in params.values()]
    clip_global_norm(gradients, 1e9)
    params["p0"].grad_req = "null"
    rest = [params["p1"].grad(), params["p2"].grad()]
    assert clip_global_norm(rest, 1e9) == pytest.approx(norm_of(rest), rel=1e-6)


def test_parameters_are_clipped_by_the_sum_of_their_replicas(two):
    params = make_params(SHAPES, two)
    backward(params, two[0], scale=1.0)
    backward(params, two[1], scale=2.0)
    sums = [p.grad(two[0]).asnumpy() + p.grad(two[1]).asnumpy() for p in params.values()]
    expected = np.sqrt(sum((s**2).sum() for s in sums))
    before = params["p1"].grad(two[1]).asnumpy()
    assert clip_global_norm(params, 0.5) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(params["p1"].grad(two[1]).asnumpy(), before * 0.5 / expected, rtol=1e-5)


def test_arrays_on_several_contexts_are_clipped_together(two):
    arrays = [mx.nd.array([3.0], ctx=two[0]), mx.nd.array([4.0], ctx=two[1])]
    clip_global_norm(arrays, 1.0)
    assert [round(a.asscalar(), 5) for a in arrays] == [0.6, 0.8]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_norm_that_is_not_finite_is_an_error_that_names_the_gradient_and_scales_nothing(bad):
    params = make_params(SHAPES)
    backward(params)
    params["p1"].grad()[:1] = bad
    before = params["p0"].grad().asnumpy()
    with pytest.raises(NonFiniteGradientError, match="NaN or infinity in: the gradient of Parameter 'p1'"):
        clip_global_norm([p.grad() for p in params.values()], 1.0)
    with pytest.raises(NonFiniteGradientError, match="the gradient of Parameter 'p1'"):
        clip_global_norm(params, 1.0)
    np.testing.assert_array_equal(params["p0"].grad().asnumpy(), before)


def test_unchecked_the_norm_comes_as_an_array():
    norm = clip_global_norm([mx.nd.array([3.0]), mx.nd.array([4.0])], 10.0, check_isfinite=False)
    assert norm.shape == (1,)
    assert norm.asscalar() == 5


def test_half_precision_gradients_are_added_up_in_single():
    arrays = [mx.nd.full((1000,), 100.0, dtype="float16")]
    assert clip_global_norm(arrays, 1e9) == pytest.approx(100 * np.sqrt(1000), rel=1e-3)


def test_no_arrays_is_an_error():
    with pytest.raises(ArgumentError, match="needs at least one array"):
        clip_global_norm([], 1.0)


def test_clipping_counts_as_writing():
    params = make_params(SHAPES)
    backward(params)
    gradient = params["p0"].grad()
    x = mx.nd.ones((3, 4))
    x.attach_grad()
    with mx.autograd.record():
        loss = (x * gradient).sum()
    clip_global_norm([p.grad() for p in params.values()], 1e-3)
    with pytest.raises(mx.errors.SavedArrayError, match="the gradient of Parameter 'p0'"):
        loss.backward()
