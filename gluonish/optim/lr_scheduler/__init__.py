"""Schedules of learning rates for ``gluonish.optim``, with torch's names, arguments and formulas."""

from gluonish.optim.lr_scheduler.base import LRScheduler
from gluonish.optim.lr_scheduler.one_cycle import OneCycleLR
from gluonish.optim.lr_scheduler.plateau import ReduceLROnPlateau
from gluonish.optim.lr_scheduler.schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    StepLR,
)

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "StepLR",
]
