"""``mx.sym``: functions on symbols, generated from the operator table like those of ``mx.nd``."""

from __future__ import annotations

from gluonish.engine.namespace import late as _late
from gluonish.engine.namespace import populate as _populate
from gluonish.symbol import Group, Symbol, var
from gluonish.symbol import make_function as _make_function
from gluonish.symbol.custom import Custom

Variable = var

_populate(globals(), _make_function)
__getattr__ = _late(_make_function, globals())
