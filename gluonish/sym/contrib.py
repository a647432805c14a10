"""``mx.sym.contrib``: loops and branches, sampled classes, updates, and the operators named ``_contrib_*``.

The functions are written in other modules; the rest comes from the operator table.
"""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.sym.sampling import rand_zipfian
from gluonish.sym.updates import adamw_update, mp_adamw_update
from gluonish.symbol.loops import cond, foreach, while_loop
