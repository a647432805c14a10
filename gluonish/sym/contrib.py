"""``mx.sym.contrib``: loops and branches, and the operators named ``_contrib_*``.

The functions are written in other modules; the rest comes from the operator table.
"""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.symbol.loops import cond, foreach, while_loop
