"""Optimizers for modules, with torch's names, arguments and formulas, over the flat parameter core."""

from gluonish.optim import lr_scheduler
from gluonish.optim.optimizer import Optimizer
from gluonish.optim.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]
