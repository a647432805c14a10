"""``mx.np``: arrays and functions with NumPy's names and semantics.

Functions of single elements are made from the operator table (``tables``), others stand in a module per
family, and what is left is computed by official NumPy on copies (``fallback``). The default dtype is float32.

``multiarray``  the class of arrays; ``methods``: its methods
``elementwise`` what is made from the operator table
``creation``    making arrays
``shaping``     shapes and orders; ``joining``: several arrays
``indexing``    choosing, sorting, counting
``reduction``   reductions
``products``    products
``linalg``      ``mx.np.linalg``
``random``      ``mx.np.random``
``memory``      whether arrays share memory
``arguments``   what these do with their arguments
"""

# ruff: noqa: F403  NumPy's names

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as _official  # noqa: ICN001  ``np`` would be a name of this module
from numpy import (
    bool_,
    dtype,
    e,
    euler_gamma,
    finfo,
    float16,
    float32,
    float64,
    iinfo,
    inf,
    int8,
    int16,
    int32,
    int64,
    nan,
    newaxis,
    pi,
    set_printoptions,
    uint8,
)

from gluonish.numpy import fallback, linalg, random
from gluonish.numpy.creation import *
from gluonish.numpy.elementwise import *
from gluonish.numpy.indexing import *
from gluonish.numpy.joining import *
from gluonish.numpy.memory import may_share_memory, shares_memory
from gluonish.numpy.multiarray import ndarray
from gluonish.numpy.products import *
from gluonish.numpy.reduction import *
from gluonish.numpy.shaping import *

bool = bool_
NAN = NaN = nan
PINF, NINF = inf, -inf
PZERO, NZERO = 0.0, -0.0


def __getattr__(name: str) -> Callable[..., Any]:
    """Return what official NumPy is left to compute."""
    if name not in fallback.NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    function = globals()[name] = fallback.on_host(name, getattr(_official, name))
    return function
