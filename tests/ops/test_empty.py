"""Arrays without elements go through forward and backward like any others."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd

CALLS = {
    "sum": lambda x: nd.sum(x, axis=0),
    "mean": lambda x: nd.mean(x, axis=1, keepdims=True),
    "norm": lambda x: nd.norm(x, axis=1),
    "Flatten": nd.Flatten,
    "FullyConnected": lambda x: nd.FullyConnected(x, nd.ones((2, 15)), num_hidden=2, no_bias=True),
    "Flatten, then FullyConnected": lambda x: nd.FullyConnected(
        x, nd.ones((2, 5)), num_hidden=2, no_bias=True, flatten=False
    ),
    "softmax": nd.softmax,
    "SoftmaxOutput": lambda x: nd.SoftmaxOutput(x, nd.zeros((0,)), preserve_shape=False),
    "SoftmaxActivation": nd.SoftmaxActivation,
    "concat": lambda x: nd.concat(x, nd.ones((2, 3, 5)), dim=0),
    "take": lambda x: nd.take(nd.ones((4, 2)), x.reshape((-1,)), mode="clip"),
    "slice": lambda x: x[:, 1:],
    "LayerNorm": lambda x: nd.LayerNorm(x, nd.ones((5,)), nd.zeros((5,))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_empty_batch_has_an_empty_gradient(call):
    x = nd.zeros((0, 3, 5))
    x.attach_grad()
    with autograd.record():
        y = call(x)
    gradient = autograd.grad(y, x)
    assert gradient.shape == (0, 3, 5)


def test_an_empty_batch_adds_nothing_to_the_gradient_of_a_weight():
    weight = nd.ones((2, 15))
    weight.attach_grad()
    with autograd.record():
        y = nd.FullyConnected(nd.zeros((0, 3, 5)), weight, num_hidden=2, no_bias=True)
    y.backward()
    np.testing.assert_array_equal(weight.grad.asnumpy(), 0)
