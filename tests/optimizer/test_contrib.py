"""GroupAdaGrad: the formula, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.optimizer import GroupAdaGrad

matrices = st.lists(st.lists(st.floats(-4, 4, width=32), min_size=3, max_size=3), min_size=2, max_size=2)


@given(matrices, st.lists(matrices, min_size=1, max_size=4), st.sampled_from([None, 0.5]))
def test_group_adagrad_is_its_formula(weight, gradients, clip):
    optimizer = GroupAdaGrad(eps=1e-3, learning_rate=0.1, rescale_grad=0.5, clip_gradient=clip)
    w = mx.nd.array(weight, dtype="float64")
    state = optimizer.create_state(0, w)
    expected, sums = np.array(weight, np.float64), np.zeros(2)
    for gradient in gradients:
        optimizer.update(0, w, mx.nd.array(gradient, dtype="float64"), state)
        g = 0.5 * np.array(gradient)
        g = g if clip is None else np.clip(g, -clip, clip)
        for i in (0, 1):
            sums[i] += np.mean(g[i] ** 2)
            expected[i] -= 0.1 * g[i] / np.sqrt(sums[i] + 1e-3)
    np.testing.assert_allclose(w.asnumpy(), expected, rtol=1e-9)
    np.testing.assert_allclose(state.asnumpy()[:, 0], sums, rtol=1e-9)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2)])
def test_only_matrices_have_rows(shape):
    with pytest.raises(ShapeMismatchError, match="GroupAdaGrad updates matrices only"):
        GroupAdaGrad().create_state(0, mx.nd.ones(shape))
    with pytest.raises(AssertionError):
        GroupAdaGrad().create_state(0, mx.nd.ones(shape))


def test_weight_decay_is_an_error_that_changes_nothing():
    optimizer = GroupAdaGrad(wd=0.1)
    weight = mx.nd.ones((2, 2))
    with pytest.raises(ArgumentError, match=r"has no weight decay.\n  Expected wd=0, received 0.1"):
        optimizer.update(0, weight, mx.nd.ones((2, 2)), optimizer.create_state(0, weight))
    assert weight.tolist() == [[1, 1], [1, 1]]
