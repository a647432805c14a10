"""Optimizers: how a parameter changes, given its gradient.

``mx.optimizer.SGD`` and the rest are what a ``gluon.Trainer`` is given, by name or as an object.

``base``      the base of all; ``rates``: learning rates and decay; ``registry``: their names
``sgd``       gradient descent; ``delayed``: for many workers or large batches
``adam``      running means; ``rmsprop``, ``adagrad``: running squares
``leaders``   following the leader
``layerwise`` by the norms of whole parameters
``contrib``   ``mx.optimizer.contrib``
``updater``   states by index; ``pickled`` reads their files, ``mxnet_pickle`` writes MXNet's
``optimizer`` all of them, where MXNet has them
"""

from __future__ import annotations

from gluonish.optimizer import contrib, optimizer
from gluonish.optimizer.optimizer import (
    DCASGD,
    FTML,
    LAMB,
    LARS,
    LBSGD,
    NAG,
    SGD,
    SGLD,
    AdaDelta,
    AdaGrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    GroupAdaGrad,
    Nadam,
    Optimizer,
    RMSProp,
    Signum,
    Test,
    Updater,
    ccSGD,
    create,
    get_updater,
    register,
)

__all__ = [
    "DCASGD",
    "FTML",
    "LAMB",
    "LARS",
    "LBSGD",
    "NAG",
    "SGD",
    "SGLD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "GroupAdaGrad",
    "Nadam",
    "Optimizer",
    "RMSProp",
    "Signum",
    "Test",
    "Updater",
    "ccSGD",
    "contrib",
    "create",
    "get_updater",
    "optimizer",
    "register",
]
