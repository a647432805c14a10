"""Losses: how far predictions are from labels, per example.

Where nothing else is said, a loss takes ``(pred, label, sample_weight=None)`` and returns an array (N,), the
mean over all axes but the batch axis. ``sample_weight`` broadcasts to the loss of each element; ``weight`` is
one number for all.

Losses that programs write for themselves import two helpers by the names they have in MXNet, which begin with
an underscore: ``_apply_weighting(F, loss, weight, sample_weight)`` and ``_reshape_like(F, label, pred)``.

``base`` has what all share; ``classification``, ``regression``, ``distances`` and ``sequences`` the losses.
"""

from __future__ import annotations

from gluonish.gluon.loss.base import Loss
from gluonish.gluon.loss.base import label_like as _reshape_like
from gluonish.gluon.loss.base import weighted as _apply_weighting
from gluonish.gluon.loss.classification import (
    HingeLoss,
    KLDivLoss,
    LogisticLoss,
    SigmoidBCELoss,
    SigmoidBinaryCrossEntropyLoss,
    SoftmaxCELoss,
    SoftmaxCrossEntropyLoss,
    SquaredHingeLoss,
)
from gluonish.gluon.loss.distances import CosineEmbeddingLoss, SDMLLoss, TripletLoss
from gluonish.gluon.loss.regression import HuberLoss, L1Loss, L2Loss, PoissonNLLLoss
from gluonish.gluon.loss.sequences import CTCLoss

__all__ = [
    "CTCLoss",
    "CosineEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "L2Loss",
    "LogisticLoss",
    "Loss",
    "PoissonNLLLoss",
    "SDMLLoss",
    "SigmoidBCELoss",
    "SigmoidBinaryCrossEntropyLoss",
    "SoftmaxCELoss",
    "SoftmaxCrossEntropyLoss",
    "SquaredHingeLoss",
    "TripletLoss",
]
