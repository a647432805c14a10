"""Initializers: how the first values of parameters are drawn.

An initializer is called as ``init(desc, arr)`` and fills the array. ``desc`` is the parameter's name, an
``InitDesc``. Gluon's parameters hand over the initializer chosen for them, whose ``_init_weight`` then runs
whatever the name is; dispatch on the name's suffix (``_bias``, ``_gamma`` ...) concerns direct calls.

Arrays to be filled are in host memory. What is drawn comes from the random stream of the calling thread,
which is the parameter's own while a parameter is initialised: values depend on nothing else.

``base``          the protocol, and the registry
``distributions`` drawing
``fixed``         constants and patterns
``by_name``       choosing by name
``fused_rnn``     the vectors of recurrent layers
"""

from __future__ import annotations

from gluonish.initializer.base import InitDesc, Initializer, alias, create, register
from gluonish.initializer.by_name import Load, Mixed
from gluonish.initializer.distributions import MSRAPrelu, Normal, Orthogonal, Uniform, Xavier
from gluonish.initializer.fixed import Bilinear, Constant, LSTMBias, One, Zero
from gluonish.initializer.fused_rnn import FusedRNN

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
    "register",
]
