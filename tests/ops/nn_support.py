"""What the tests of the neural-network operators share."""

from __future__ import annotations

from gluonish import autograd
from gluonish.engine.operator import find_operator


def infer(name, inputs, outputs=None, **params):
    """Complete partial shapes; return those of the inputs and of the outputs."""
    op = find_operator(name)
    return op.infer(inputs, op.fill(params), outputs)


def infer_dtypes(name, inputs, **params):
    """Complete dtypes; return those of the inputs and of the outputs."""
    op = find_operator(name)
    return op.infer_dtypes(inputs, op.fill(params))


def gradient(function, array, head=None, train_mode=True):
    """Return the gradient of ``function(array)`` as a NumPy array."""
    array.attach_grad()
    with autograd.record(train_mode=train_mode):
        output = function(array)
    output.backward(head)
    return array.grad.asnumpy()
