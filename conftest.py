"""Which files pytest does not look for doctests in."""

from __future__ import annotations

import importlib.util

# The one module that imports CuPy can only be imported where CuPy is; tests marked ``gpu`` use it there.
collect_ignore = [] if importlib.util.find_spec("cupy") else ["gluonish/engine/cupy_backend.py"]

# Programs that import mxnet; tests/integration runs them.
collect_ignore += ["docs/examples/mxnet"]
