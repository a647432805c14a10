"""Small networks of bare parameters, for tests of what happens to many of them."""

from __future__ import annotations

import gluonish as mx
from gluonish.gluon import Parameter, ParameterDict


def make_params(shapes, ctx=None, **kwargs):
    """Return an initialised dictionary with one parameter per shape, named p0, p1 ..."""
    params = ParameterDict()
    for i, shape in enumerate(shapes):
        params.add(f"p{i}", Parameter(f"p{i}", shape=shape, **kwargs))
    params.initialize(mx.init.Normal(1.0), ctx=ctx)
    return params


def backward(params, ctx=None, scale=1.0):
    """Record sum(scale w^2 / 2) over all trained parameters, whose gradients are scale w."""
    with mx.autograd.record():
        terms = [
            (p.data(ctx) * p.data(ctx)).sum() * (scale / 2) for p in params.values() if p.grad_req != "null"
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
    total.backward()


def values(params, ctx=None):
    """Return copies of all values, by name."""
    return {name: p.data(ctx).asnumpy() for name, p in params.items()}
