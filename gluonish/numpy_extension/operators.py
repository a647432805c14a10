"""The functions of ``mx.npx`` that are made from the operator table.

The stub beside this file is written from the same table by ``tools/stubs.py``.
"""

from __future__ import annotations

from gluonish.numpy_extension.tables import OPERATORS
from gluonish.numpy_extension.tables import functions as _functions

__all__ = list(OPERATORS)

globals().update(_functions())
