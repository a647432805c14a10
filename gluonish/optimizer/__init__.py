"""Optimizers: how a parameter changes, given its gradient.

``mx.optimizer.SGD`` and the rest are what a ``gluon.Trainer`` is given, by name or as an object.
"""

from __future__ import annotations

from gluonish.optimizer.adagrad import AdaGrad
from gluonish.optimizer.adam import Adam, AdamW
from gluonish.optimizer.optimizer import Optimizer, create, register
from gluonish.optimizer.rmsprop import RMSProp
from gluonish.optimizer.sgd import NAG, SGD

__all__ = ["NAG", "SGD", "AdaGrad", "Adam", "AdamW", "Optimizer", "RMSProp", "create", "register"]
