"""Networks for tests, as Gluon programs write them.

Apache MXNet 1.9.1 runs this file too, with its own name in the three imports; the names in
``gluon/goldens/names.json`` were printed by it.
"""

from __future__ import annotations

import gluonish as mx
from gluonish import gluon
from gluonish.gluon import nn


def mlp(prefix=None, in_units=0, hidden=0):
    """Two dense layers in a container."""
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(nn.Dense(4, activation="tanh", in_units=in_units), nn.Dense(3, in_units=hidden))
    return net


def imperative_mlp(prefix=None, in_units=0, hidden=0):
    """The same in a container that is not hybrid."""
    net = nn.Sequential(prefix=prefix)
    with net.name_scope():
        net.add(nn.Dense(4, activation="tanh", in_units=in_units), nn.Dense(3, in_units=hidden))
    return net


def convnet(prefix=None, channels=0, hidden=0, in_units=0):
    """Convolution, pooling, a dense layer on top."""
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(
            nn.Conv2D(4, kernel_size=3, padding=1, activation="tanh", in_channels=channels),
            nn.AvgPool2D(),
            nn.Conv2D(3, kernel_size=2, in_channels=hidden),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Dense(2, in_units=in_units),
        )
    return net


class Residual(gluon.HybridBlock):
    """A block inside which a layer is added to its input; its output has as many features."""

    def __init__(self, units=0, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.inner = nn.Dense(5, activation="sigmoid", in_units=units)
            self.norm = nn.LayerNorm(in_channels=units)

    def hybrid_forward(self, F, x):
        return self.norm(x + self.inner(x))


def deep(prefix=None, units=0):
    """Blocks in blocks in containers, some in a name scope, some not."""
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        inner = nn.HybridSequential()
        with inner.name_scope():
            inner.add(Residual(units), Residual(units, prefix="last_"))
        net.add(inner)
        net.add(nn.Dense(2, in_units=units))
    return net


class Tied(gluon.HybridBlock):
    """Two layers that share their parameters."""

    def __init__(self, in_units=0, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.first = nn.Dense(5, in_units=in_units, activation="tanh")
            self.second = nn.Dense(5, in_units=in_units, params=self.first.params)

    def hybrid_forward(self, F, x):
        return self.second(self.first(x))


class Own(gluon.HybridBlock):
    """A block with parameters of its own; the subclasses differ in how these find their shapes."""

    def __init__(self, in_units=0, hidden=0, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(4, in_units), allow_deferred_init=True)
            self.basis = self.params.get("basis", shape=(hidden, 3), allow_deferred_init=True)


class Traced(Own):
    """They follow from a trace with symbols."""

    def hybrid_forward(self, F, x, weight, basis):
        return F.dot(F.FullyConnected(x, weight, no_bias=True, num_hidden=4), basis)


class Stated(Own):
    """The class states them."""

    def infer_shape(self, x):
        self.weight.shape = (4, x.shape[1])
        self.basis.shape = (4, 3)

    def hybrid_forward(self, F, x, weight, basis):
        return F.dot(F.FullyConnected(x, weight, no_bias=True, num_hidden=4), basis)


class Untraceable(Own):
    """The body reads the shape of its input, which no trace can follow: the real run settles them."""

    def hybrid_forward(self, F, x, weight, basis):
        rows = F.reshape(x, shape=(x.shape[0], -1))
        return F.dot(F.FullyConnected(rows, weight, no_bias=True, num_hidden=4), basis)


class Imperative(gluon.Block):
    """A plain block fetches its parameters itself: the real run settles them."""

    def __init__(self, in_units=0, hidden=0, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(4, in_units), allow_deferred_init=True)
            self.basis = self.params.get("basis", shape=(hidden, 3), allow_deferred_init=True)

    def forward(self, x):
        weight, basis = self.weight.data(x.context), self.basis.data(x.context)
        return mx.nd.dot(mx.nd.FullyConnected(x, weight, no_bias=True, num_hidden=4), basis)
