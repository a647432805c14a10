"""Which files pytest leaves out."""

from __future__ import annotations

import importlib.util

# The one module that imports CuPy can only be imported where CuPy is; tests marked ``gpu`` use it there.
collect_ignore = [] if importlib.util.find_spec("cupy") else ["gluonish/engine/cupy_backend.py"]
