"""Layers that break one promise each, to show that its check notices."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import attrs
import numpy as np
from descriptors import DENSE, Row

import gluonish as mx
from gluonish.gluon import Block, nn

SOUND = DENSE[0]
"""The row that the broken ones are made of."""


class Wandering(mx.init.Initializer):
    """Draws from one stream for all parameters, so the order of drawing matters."""

    numbers = itertools.count()

    def _init_weight(self, name, arr):
        arr[:] = np.random.default_rng(next(self.numbers)).normal(size=arr.shape)


class Drifting(nn.Dense):
    """Changes the replica on the context that it is called on, and no other."""

    def forward(self, x):
        self.bias.data(x.context)[:] += 1
        return super().forward(x)


class Hoarding(nn.Dense):
    """Adds to a gradient that it is asked to replace."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.weight.grad_req = "add"


class Gregarious(nn.Dense):
    """Every example depends on the others."""

    def hybrid_forward(self, F, x, weight, bias):
        return super().hybrid_forward(F, F.broadcast_sub(x, F.mean(x, axis=0, keepdims=True)), weight, bias)


class Resentful(nn.Dense):
    """Computes something else when a parameter is frozen."""

    def forward(self, x):
        frozen = "null" in (self.weight.grad_req, self.bias.grad_req)
        return super().forward(x) * (2 if frozen else 1)


class Blind(nn.Dense):
    """Lets no gradient through its input."""

    def forward(self, x):
        return super().forward(x.detach())


class Renamed(nn.Dense):
    """Has its parameters under other names."""

    def __init__(self, *args, prefix=None, **kwargs):
        super().__init__(*args, prefix=prefix + "other_", **kwargs)


class TwoFaced(nn.Dense):
    """Computes something else with symbols than with arrays."""

    def hybrid_forward(self, F, x, weight, bias):
        out = super().hybrid_forward(F, x, weight, bias)
        return F.concat(out, out, dim=1) if F is mx.sym else out


class Deranged(nn.Dense):
    """Computes other numbers with symbols than with arrays."""

    def hybrid_forward(self, F, x, weight, bias):
        out = super().hybrid_forward(F, x, weight, bias)
        return out * 2 if F is mx.sym else out


class Tolerant(nn.Dense):
    """Cuts off what does not fit."""

    def hybrid_forward(self, F, x, weight, bias):
        return super().hybrid_forward(F, F.slice_axis(x, axis=1, begin=0, end=5), weight, bias)


class Discreet(nn.Dense):
    """Keeps its sizes to itself."""

    def __repr__(self):
        return "Discreet(None -> 3)"


class Unselective(nn.Dense):
    """Returns all parameters, whatever is asked for."""

    def collect_params(self, select=None):
        return super().collect_params()


class Moody(nn.Dense):
    """Computes something else every time; no file and no copy knows about it."""

    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x) * self.calls


class Inseparable(nn.Dense):
    """Is its own copy."""

    def __deepcopy__(self, memo):
        return self


class Stubborn(nn.Dense):
    """Computes in single precision, whatever it is cast to."""

    def forward(self, x):
        return super().forward(x).astype("float32")


class Concrete(Block):
    """A layer that takes arrays only."""

    def forward(self, x):
        return mx.nd.relu(x)


def layer(cls: type[nn.Dense], **arguments: Any) -> Row:
    """Return the row of a broken dense layer."""
    return attrs.evolve(SOUND, id=cls.__name__, create=partial(cls, 3, **arguments))
