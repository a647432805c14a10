"""Small integers for inputs and parameters, with which Apache MXNet 1.9.1 printed the golden values."""

from __future__ import annotations

import numpy as np

import gluonish as mx


def ramp(*shape, scale=1.0):
    """Return numbers from -5 to 5 in a scrambled order that repeats after 11."""
    count = int(np.prod(shape))
    return mx.nd.array(((np.arange(count) * 7) % 11 - 5).reshape(shape) * scale)


def filled(layer, x):
    """Complete a layer, give its parameters ramps of growing scale, and return it. Statistics stay."""
    layer.initialize()
    layer(x)
    for i, (name, parameter) in enumerate(layer.collect_params().items(), start=1):
        if "running" not in name:
            parameter.set_data(ramp(*parameter.shape, scale=0.1 * i))
    return layer


def assert_golden(layer, x, shape, values, *, training=False):
    """Compare the output on ``x``, an array or the shape of a ramp, with what MXNet printed."""
    if isinstance(x, tuple):
        x = ramp(*x)
    filled(layer, x)
    with mx.autograd.train_mode() if training else mx.autograd.predict_mode():
        y = layer(x)
    assert y.shape == shape
    np.testing.assert_allclose(y.asnumpy().ravel(), values, atol=1e-5)
