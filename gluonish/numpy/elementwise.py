"""Functions applied to every element: what ``mx.np`` makes from the operator table.

``UNARY`` and ``BINARY`` say which operators compute them. The stub beside this file is written from the same
tables by ``tools/stubs.py``.
"""

from __future__ import annotations

from gluonish.numpy.tables import BINARY, UNARY
from gluonish.numpy.tables import functions as _functions

__all__ = [*UNARY, *BINARY]  # noqa: PLE0604  they are strings

globals().update(_functions())
