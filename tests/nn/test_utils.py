"""Clipping of gradients, and parameters as one vector."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish import nn
from gluonish.errors import NonFiniteGradientError, ShapeMismatchError


def with_gradients(*values):
    parameters = [nn.Parameter(np.zeros(np.shape(each), np.float32)) for each in values]
    for parameter, each in zip(parameters, values, strict=True):
        parameter.grad = each
    return parameters


@given(
    st.lists(st.lists(st.floats(-8, 8, width=16), min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from([1.0, 2.0, 3.0, math.inf]),
    st.floats(0.125, 32),
)
def test_clipping_bounds_the_norm_and_keeps_the_direction(values, order, bound):
    parameters = with_gradients(*values)
    before = np.concatenate([p.grad.copy() for p in parameters]).astype(np.float64)
    norm = nn.utils.clip_grad_norm_(parameters, bound, order).item()
    after = np.concatenate([p.grad for p in parameters])
    assert norm == pytest.approx(np.linalg.norm(before, order), rel=1e-5, abs=1e-6)
    expected = before * min(1.0, bound / (norm + 1e-6))
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)


def test_parameters_without_a_gradient_do_not_count():
    (used,) = with_gradients([3.0, 4.0])
    unused = nn.Parameter([1.0])
    assert nn.utils.clip_grad_norm_([used, unused], 10.0).item() == 5.0
    assert unused.grad is None
    assert nn.utils.clip_grad_norm_([unused], 1.0).item() == 0.0


def test_the_sum_of_replicas_is_what_is_bounded(two):
    p = nn.Parameter([0.0, 0.0], device=two)
    p.grad = [3.0, 4.0]
    assert nn.utils.clip_grad_norm_(p, 5.0).item() == 10.0
    assert [each.tolist() for each in p.list_grad()] == [pytest.approx([1.5, 2.0])] * 2


def test_a_norm_that_is_no_number_is_an_error_if_wanted():
    (p,) = with_gradients([math.inf, 1.0])
    with pytest.raises(NonFiniteGradientError, match="a finite norm"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [math.inf, 1.0]


def test_elements_are_clipped():
    (p,) = with_gradients([-5.0, 0.5])
    nn.utils.clip_grad_value_([p], 1.0)
    assert p.grad.tolist() == [-1.0, 0.5]


def test_a_vector_holds_all_elements_and_is_written_back(two):
    parameters = [nn.Parameter([[1.0, 2.0]], device=two), nn.Parameter(3.0, device=two)]
    vector = nn.utils.parameters_to_vector(parameters)
    assert vector.tolist() == [1.0, 2.0, 3.0]
    nn.utils.vector_to_parameters(vector * 2, parameters)
    assert [each.tolist() for each in parameters[0].list_data()] == [[[2.0, 4.0]]] * 2
    assert parameters[1].item() == 6.0
    with pytest.raises(ShapeMismatchError, match="another length"):
        nn.utils.vector_to_parameters([1.0], parameters)


def test_a_vector_of_parameters_is_differentiable():
    p = nn.Parameter([1.0, 2.0])
    (nn.utils.parameters_to_vector([p]) * 3).sum().backward()
    assert p.grad.tolist() == [3.0, 3.0]
