"""``mx.sym.random``: symbols of random arrays.

The functions are written in ``gluonish.sym.sampling``; those named ``*_like`` come from the operator table.
"""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.sym.sampling import (
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
