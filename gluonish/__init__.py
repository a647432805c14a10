"""gluonish: Gluon's deferred-initialization parameter model on NumPy and CuPy.

``import gluonish as mx`` is the idiom that users of Apache MXNet know.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

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
from gluonish._names import TENSOR_NAMES as _TENSOR_NAMES
from gluonish._version import __version__
from gluonish.attribute import AttrScope
from gluonish.base import MXNetError
from gluonish.context import Context, cpu, cpu_pinned, cpu_shared, current_context, gpu, num_gpus
from gluonish.engine.later import import_later as _import_later
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
        contrib,
        error,
        executor,
        executor_manager,
        io,
        kvstore,
        log,
        model,
        module,
        monitor,
        numpy,
        numpy_extension,
        operator,
        profiler,
        recordio,
        registry,
        rnn,
        runtime,
        test_utils,
        visualization,
    )
    from gluonish import kvstore as kv
    from gluonish import module as mod
    from gluonish import monitor as mon
    from gluonish import numpy as np
    from gluonish import numpy_extension as npx
    from gluonish import visualization as viz

LAZY = {
    "callback": "gluonish.callback",
    "compat": "gluonish.compat",
    "contrib": "gluonish.contrib",
    "error": "gluonish.error",
    "executor": "gluonish.executor",
    "executor_manager": "gluonish.executor_manager",
    "io": "gluonish.io",
    "kv": "gluonish.kvstore",
    "kvstore": "gluonish.kvstore",
    "log": "gluonish.log",
    "model": "gluonish.model",
    "mod": "gluonish.module",
    "module": "gluonish.module",
    "mon": "gluonish.monitor",
    "monitor": "gluonish.monitor",
    "np": "gluonish.numpy",
    "npx": "gluonish.numpy_extension",
    "numpy": "gluonish.numpy",
    "numpy_extension": "gluonish.numpy_extension",
    "operator": "gluonish.operator",
    "profiler": "gluonish.profiler",
    "recordio": "gluonish.recordio",
    "registry": "gluonish.registry",
    "rnn": "gluonish.rnn",
    "runtime": "gluonish.runtime",
    "test_utils": "gluonish.test_utils",
    "visualization": "gluonish.visualization",
    "viz": "gluonish.visualization",
    "nn": "gluonish.nn",
    "optim": "gluonish.optim",
    "tensors": "gluonish.tensors",
    **{name: f"gluonish.tensors:{name}" for name in _TENSOR_NAMES},
}
"""What is loaded when it is first asked for, by the names it has here."""


__getattr__ = _import_later(globals(), LAZY)


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
    "executor",
    "executor_manager",
    "gluon",
    "gpu",
    "init",
    "initializer",
    "io",
    "is_np_array",
    "is_np_shape",
    "kernels",
    "kv",
    "kvstore",
    "libinfo",
    "log",
    "lr_scheduler",
    "metric",
    "mod",
    "model",
    "module",
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
    "recordio",
    "registry",
    "rnd",
    "rnn",
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
