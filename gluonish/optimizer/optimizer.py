"""All optimizers, under the name that MXNet's module has."""

from __future__ import annotations

from gluonish.optimizer.adagrad import AdaDelta, AdaGrad
from gluonish.optimizer.adam import Adam, Adamax, AdamW, Nadam
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.contrib import GroupAdaGrad
from gluonish.optimizer.delayed import DCASGD, LBSGD, SGLD
from gluonish.optimizer.layerwise import LAMB, LARS
from gluonish.optimizer.leaders import FTML, Ftrl
from gluonish.optimizer.registry import create, register
from gluonish.optimizer.rmsprop import RMSProp
from gluonish.optimizer.sgd import NAG, SGD, Signum, Test, ccSGD
from gluonish.optimizer.updater import Updater, get_updater

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
    "create",
    "get_updater",
    "register",
]
