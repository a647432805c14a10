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
)
from gluonish import initializer as init
from gluonish import nd as ndarray
from gluonish._version import __version__
from gluonish.attribute import AttrScope
from gluonish.context import Context, cpu, cpu_pinned, cpu_shared, current_context, gpu
from gluonish.engine.backend import num_gpus

__all__ = [
    "AttrScope",
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
]
