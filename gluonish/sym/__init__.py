"""``mx.sym``: functions on symbols, generated from the operator table like those of ``mx.nd``.

Written by hand:

``creation``  symbols of new arrays
``functions`` functions of symbols and numbers
``contrib``   ``mx.sym.contrib``
``random``    ``mx.sym.random``, from ``sampling``
``sparse``    ``mx.sym.sparse``
"""

from __future__ import annotations

from gluonish.engine.namespace import populate as _populate
from gluonish.sym import contrib, random, sparse
from gluonish.sym.creation import arange, eye, full, histogram, linspace, ones, split_v2, zeros
from gluonish.sym.functions import hypot, maximum, minimum, pow, power  # noqa: A004  MXNet's name
from gluonish.symbol import Group, Symbol, load, load_json, var
from gluonish.symbol import make_function as _make_function
from gluonish.symbol.custom import Custom

Variable = var

_populate(globals(), _make_function)
