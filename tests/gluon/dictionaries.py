"""Dictionaries of a few parameters, for tests, and what is in those of a network."""

from __future__ import annotations

import numpy as np

import gluonish as mx
from gluonish.gluon import ParameterDict


def filled(prefix="net_", ctx=None, **shapes):
    """Return an initialised dictionary; the shapes are by name, without the prefix."""
    params = ParameterDict(prefix)
    for name, shape in (shapes or {"weight": (2, 3), "bias": (2,)}).items():
        params.get(name, shape=shape)
    params.initialize(mx.init.Normal(1.0), ctx=ctx)
    return params


def declared(prefix="net_", **shapes):
    """Return a dictionary of parameters that are not initialised."""
    params = ParameterDict(prefix)
    for name, shape in shapes.items():
        params.get(name, shape=shape, allow_deferred_init=True)
    return params


def all_states(params):
    """Return what a change of any parameter would change, by name."""
    return {name: (p.core.state, p.shape, p.dtype, p.init) for name, p in params.items()}


def values(net):
    """Return the parameters of a network as NumPy arrays, by path."""
    return {path: p.data(p.list_ctx()[0]).asnumpy() for path, p in net.parameters_by_path()}


def assert_same_values(first, second):
    """Check that two dictionaries of NumPy arrays agree in names, order and every bit."""
    assert list(first) == list(second)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
