"""``mx.nd.contrib``: control flow, tests for special values, and the operators named ``_contrib_*``.

The functions are written in other modules of this package; the rest comes from the operator table.
"""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.nd.control_flow import cond, foreach, while_loop
from gluonish.nd.functions import isfinite, isinf, isnan
from gluonish.nd.sampling import rand_zipfian
from gluonish.nd.updates import (
    adamw_update,
    mp_adamw_update,
    multi_adamw_update,
    multi_lamb_update,
    multi_mp_adamw_update,
    multi_mp_lamb_update,
)
