"""``mx.nd.random``: random arrays. The seed is set by ``mx.random.seed``.

The functions are written in ``gluonish.nd.sampling``; those named ``*_like`` come from the operator table.
"""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.nd.sampling import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)
