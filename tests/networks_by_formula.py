"""Inputs and parameters of networks by a formula, so that no file need hold them.

``tools/make_golden_networks.py`` gives the same numbers to Apache MXNet; it knows nothing of gluonish, and so
this module does not either.
"""

from __future__ import annotations

import math

import numpy as np


def spread(shape, number):
    """Return numbers between -1 and 1 without a visible pattern."""
    places = np.arange(math.prod(shape), dtype=np.float64)
    return (np.sin(places * 12.9898 + number * 78.233) * 43758.5453 % 2 - 1).reshape(shape)


def array(name, shape, number):
    """Return a parameter that keeps the size of what flows through the network."""
    numbers = spread(shape, number)
    if name.endswith("running_var"):
        return 1 + 0.5 * numbers
    if name.endswith("gamma"):
        return 1 + 0.2 * numbers
    if len(shape) == 1:
        return 0.1 * numbers
    return numbers * math.sqrt(3 / math.prod(shape[1:]))


def arrays(shapes):
    """Return all parameters of a network, by name, in float32; ``data`` is no parameter."""
    return {
        name: array(name, shape, number).astype(np.float32)
        for number, (name, shape) in enumerate(sorted(shapes.items()))
        if name != "data"
    }


def heads(shape):
    """Return gradients of the outputs."""
    return spread(shape, 1000).astype(np.float32)


INPUTS = {
    "resnet18": lambda: spread((2, 3, 16, 16), 2000).astype(np.float32),
    "lstm": lambda: (np.arange(12).reshape(3, 4) * 7 % 11).astype(np.float32),
}
