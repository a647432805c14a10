"""gluonish: Gluon's deferred-initialization parameter model on NumPy and CuPy.

``import gluonish as mx`` is the idiom that users of Apache MXNet know.
"""

from gluonish import (
    autograd,
    context,
    errors,
    gluon,
    initializer,
    kernels,
    lr_scheduler,
    metric,
    name,
    nd,
    optimizer,
    random,
    sym,
    symbol,
    util,
)
from gluonish import initializer as init
from gluonish import nd as ndarray
from gluonish._version import __version__
from gluonish.context import Context, cpu, cpu_pinned, cpu_shared, current_context, gpu
from gluonish.engine.backend import num_gpus
from gluonish.engine.later import import_later as _import_later

__all__ = [
    "Context",
    "__version__",
    "autograd",
    "context",
    "cpu",
    "cpu_pinned",
    "cpu_shared",
    "current_context",
    "errors",
    "gluon",
    "gpu",
    "init",
    "initializer",
    "kernels",
    "lr_scheduler",
    "metric",
    "name",
    "nd",
    "ndarray",
    "num_gpus",
    "optimizer",
    "random",
    "sym",
    "symbol",
    "util",
]

_LATER = {
    "np": "gluonish.numpy",
    "npx": "gluonish.numpy_extension",
    "numpy": "gluonish.numpy",
    "numpy_extension": "gluonish.numpy_extension",
}

__getattr__ = _import_later(globals(), _LATER)
