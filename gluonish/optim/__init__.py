"""Optimizers for modules, with torch's names, arguments and formulas, over the flat parameter core.

``optimizer``    the base: groups, steps, states
``optimizers``   torch's, by the formulas in ``rules``
``memory``       what a group is in flat storage
``lr_scheduler`` schedules
"""

from gluonish.optim import lr_scheduler
from gluonish.optim.optimizer import Optimizer
from gluonish.optim.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]
