"""``mx.metric``: numbers that say how good predictions are, gathered over many batches.

A metric is told about every batch with ``update(labels, preds)`` and asked with ``get()``. It keeps two
records: the local one, which ``reset_local()`` empties (for a line of log every so often), and the global one
of everything since ``reset()``, which ``get_global()`` reports.

``base``           what all have in common, and the registry
``classification`` of predicted classes
``likelihood``     of predicted probabilities, and of losses
``regression``     of predicted numbers
``composite``      of other metrics, or of a function
"""

from __future__ import annotations

from gluonish.metric.base import EvalMetric, alias, check_label_shapes, register
from gluonish.metric.classification import F1, MCC, PCC, Accuracy, TopKAccuracy
from gluonish.metric.composite import CompositeEvalMetric, CustomMetric, create, np
from gluonish.metric.likelihood import (
    Caffe,
    CrossEntropy,
    Loss,
    NegativeLogLikelihood,
    Perplexity,
    Torch,
)
from gluonish.metric.regression import MAE, MSE, RMSE, PearsonCorrelation

__all__ = [
    "F1",
    "MAE",
    "MCC",
    "MSE",
    "PCC",
    "RMSE",
    "Accuracy",
    "Caffe",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "Loss",
    "NegativeLogLikelihood",
    "PearsonCorrelation",
    "Perplexity",
    "TopKAccuracy",
    "Torch",
    "alias",
    "check_label_shapes",
    "create",
    "np",
    "register",
]
