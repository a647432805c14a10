"""The demo's network with a few real images, for tests of whole training runs."""

from __future__ import annotations

import functools
import importlib.util
import sys

import numpy as np
from tools.loading import ROOT

import gluonish as mx
from gluonish import autograd, gluon
from gluonish.gluon import nn

LAYERS = [
    lambda **sizes: nn.Conv2D(16, kernel_size=3, padding=1, activation="relu", **sizes),
    lambda **sizes: nn.Conv2D(32, kernel_size=3, padding=1, activation="relu", **sizes),
    lambda **sizes: nn.MaxPool2D(pool_size=2, **sizes),
    lambda **sizes: nn.Dense(64, activation="relu", **sizes),
    lambda **sizes: nn.Dropout(0.2, **sizes),
    lambda **sizes: nn.Dense(10, **sizes),
]
"""What the demo's network is made of, one by one."""

SIZES = [{"in_channels": 1}, {"in_channels": 16}, {}, {"in_units": 32 * 4 * 4}, {}, {"in_units": 64}]

INPUTS = [(1, 8, 8), (16, 8, 8), (32, 8, 8), (32, 4, 4), (64,), (64,)]
"""What each layer is fed, without the axis of examples."""


def example(name):
    """Import a program of docs/examples by its name."""
    full = f"example_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, ROOT / "docs" / "examples" / f"{name}.py")
        module = sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[full]


def explicit_net():
    """Return the demo's network with all sizes written down."""
    net = nn.HybridSequential(prefix="digits_")
    with net.name_scope():
        net.add(*[make(**sizes) for make, sizes in zip(LAYERS, SIZES, strict=True)])
    return net


def started(ctx=None, seed=0, dtype="float32"):
    """Return the demo's network as its first batch leaves it."""
    mx.random.seed(seed)
    net = example("train_digits").make_net()
    net.initialize(mx.init.Xavier(), ctx=ctx)
    net(images(2, ctx=net.collect_params().list_ctx()[0])[0])
    net.cast(dtype)
    return net


@functools.cache
def _digits():
    """Return all training images, channels first, and their labels, in an order that mixes the writers."""
    pixels, labels = gluon.data.vision.Digits()[:]
    order = np.random.default_rng(0).permutation(len(labels))
    return pixels.asnumpy().transpose(0, 3, 1, 2)[order] / 16, labels[order]


def images(count, batch=0, ctx=None, dtype="float32"):
    """Return some of the handwritten digits and their labels; batches of other numbers are of others."""
    pixels, labels = (each[batch * count : (batch + 1) * count] for each in _digits())
    return mx.nd.array(pixels, ctx=ctx, dtype=dtype), mx.nd.array(labels, ctx=ctx)


def losses(net, x, y):
    """Record the losses of a batch. Dropout is off, so that they depend on nothing but the arguments."""
    with autograd.record(train_mode=False):
        return gluon.loss.SoftmaxCrossEntropyLoss()(net(x), y)


def backward(net, contexts, x, y):
    """Compute gradients on several contexts, a part of the batch on each."""
    parts = gluon.utils.split_and_load(x, contexts)
    targets = gluon.utils.split_and_load(y, contexts)
    autograd.backward([losses(net, part, target) for part, target in zip(parts, targets, strict=True)])


def train(net, trainer, contexts, steps, *, dtype="float32", first=0):
    """Train for some steps, on another batch of 12 at each."""
    for i in range(first, first + steps):
        backward(net, contexts, *images(12, i, dtype=dtype))
        trainer.step(12)


def values(net):
    """Return the values of all parameters, by name, one per context."""
    return {name: [a.asnumpy() for a in p.list_data()] for name, p in net.collect_params().items()}


def gradients(net):
    """Return all gradients, by name, one per context."""
    return {name: [a.asnumpy() for a in p.list_grad()] for name, p in net.collect_params().items()}


def assert_same_bits(first, second):
    """Check that two sets of replicas agree in every bit."""
    assert list(first) == list(second)
    for name, replicas in first.items():
        for a, b in zip(replicas, second[name], strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


def assert_close(first, second, rtol, atol=0.0):
    """Check that two sets of replicas agree within a tolerance, whatever the number of replicas."""
    assert list(first) == list(second)
    for name, replicas in first.items():
        for a in replicas:
            np.testing.assert_allclose(a, second[name][0], rtol=rtol, atol=atol, err_msg=name)
