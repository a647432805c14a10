"""gluonish: Gluon's deferred-initialization parameter model on NumPy and CuPy.

``import gluonish as mx`` is the idiom that users of Apache MXNet know.
"""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from gluonish import (
    attribute,
    autograd,
    base,
    context,
    engine,
    errors,
    gluon,
    initializer,
    kernels,
    libinfo,
    lr_scheduler,
    metric,
    name,
    nd,
    optimizer,
    random,
    sym,
    util,
)
from gluonish import initializer as init
from gluonish import nd as ndarray
from gluonish import random as rnd
from gluonish import sym as symbol
from gluonish._version import __version__
from gluonish.attribute import AttrScope
from gluonish.base import MXNetError
from gluonish.context import Context, cpu, cpu_pinned, cpu_shared, current_context, gpu, num_gpus
from gluonish.util import (
    is_np_array,
    is_np_shape,
    np_array,
    np_shape,
    set_np_shape,
    use_np,
    use_np_array,
    use_np_shape,
)

if _TYPE_CHECKING:
    from gluonish import (
        callback,
        compat,
        error,
        log,
        model,
        monitor,
        numpy,
        numpy_extension,
        operator,
        profiler,
        registry,
        runtime,
        test_utils,
        visualization,
    )
    from gluonish import monitor as mon
    from gluonish import numpy as np
    from gluonish import numpy_extension as npx
    from gluonish import visualization as viz

LAZY = {
    "callback": "callback",
    "compat": "compat",
    "error": "error",
    "log": "log",
    "model": "model",
    "mon": "monitor",
    "monitor": "monitor",
    "np": "numpy",
    "npx": "numpy_extension",
    "numpy": "numpy",
    "numpy_extension": "numpy_extension",
    "operator": "operator",
    "profiler": "profiler",
    "registry": "registry",
    "runtime": "runtime",
    "test_utils": "test_utils",
    "visualization": "visualization",
    "viz": "visualization",
}
"""Modules that are loaded when they are first asked for, by the names they have here."""


def __getattr__(name: str) -> _Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = globals()[name] = _importlib.import_module(f"{__name__}.{LAZY[name]}")
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY})


__all__ = [
    "AttrScope",
    "Context",
    "MXNetError",
    "__version__",
    "attribute",
    "autograd",
    "base",
    "callback",
    "compat",
    "context",
    "cpu",
    "cpu_pinned",
    "cpu_shared",
    "current_context",
    "engine",
    "error",
    "errors",
    "gluon",
    "gpu",
    "init",
    "initializer",
    "is_np_array",
    "is_np_shape",
    "kernels",
    "libinfo",
    "log",
    "lr_scheduler",
    "metric",
    "model",
    "mon",
    "monitor",
    "name",
    "nd",
    "ndarray",
    "np_array",
    "np_shape",
    "num_gpus",
    "operator",
    "optimizer",
    "profiler",
    "random",
    "registry",
    "rnd",
    "runtime",
    "set_np_shape",
    "sym",
    "symbol",
    "test_utils",
    "use_np",
    "use_np_array",
    "use_np_shape",
    "util",
    "visualization",
    "viz",
]
