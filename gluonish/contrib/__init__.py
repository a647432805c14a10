"""``mx.contrib``: interfaces that MXNet kept beside its own ones, in their older form."""

from __future__ import annotations

from gluonish.contrib import autograd
from gluonish.nd import contrib as nd
from gluonish.sym import contrib as sym

ndarray, symbol = nd, sym

__all__ = ["autograd", "nd", "ndarray", "sym", "symbol"]
