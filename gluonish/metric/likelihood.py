"""Metrics of predicted probabilities, and of losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gluonish.errors import IndexOutOfRangeError, ShapeMismatchError
from gluonish.metric.base import EvalMetric, PairwiseMetric, alias, register
from gluonish.shape import format_shape

__all__ = ["Caffe", "CrossEntropy", "Loss", "NegativeLogLikelihood", "Perplexity", "Torch"]

LEAST_PROBABILITY = 1e-10
"""What Perplexity takes for a probability of 0, as MXNet does."""


def _probabilities(metric: str, label: Any, pred: Any, ignore: int | None = None) -> Any:
    """Return the probability that the rows of ``pred`` give to their class, without those to be ignored."""
    label = label.ravel().astype(np.int64)
    rows = pred.reshape(-1, pred.shape[-1]).astype(np.float64)
    if len(label) != len(rows):
        raise ShapeMismatchError(
            f"Metric {metric!r}",
            "cannot compare these labels and predictions",
            expected=f"a row of probabilities for each of {len(label)} labels",
            received=f"shape {format_shape(pred.shape)}",
        )
    if ignore is not None:
        rows, label = rows[label != ignore], label[label != ignore]
    outside = (label < 0) | (label >= rows.shape[1])
    if outside.any():
        raise IndexOutOfRangeError(
            f"Metric {metric!r}",
            "got a label that is no class",
            expected=f"labels from 0 to {rows.shape[1] - 1}",
            received=label[outside][0],
        )
    return rows[np.arange(len(label)), label]


class _LogLikelihood(PairwiseMetric):
    """Base of the mean negative logarithm of the probability of the true class."""

    def __init__(self, eps: float, name: str, output_names: Any, label_names: Any) -> None:
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps

    def measure(self, label: Any, pred: Any) -> tuple[float, float]:
        """Return the sum of negative log-probabilities and the number of samples."""
        probabilities = _probabilities(self.name, label, pred)
        return float(-np.log(probabilities + self.eps).sum()), probabilities.size


@register
@alias("ce", "cross-entropy")
class CrossEntropy(_LogLikelihood):
    """The mean over samples of -log(p + eps), p the probability predicted for the true class.

    Args:
        eps: added to the probability, so that 0 has a logarithm.
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: not as many rows of probabilities as labels.
        IndexOutOfRangeError: in ``update``: a label that is no class.

    Example:
        >>> metric = CrossEntropy()
        >>> metric.update([[1, 0]], [[[0.3, 0.7], [0.4, 0.6]]])
        >>> metric.get()
        ('cross-entropy', 0.636...)
    """

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "cross-entropy",
        output_names: Any = None,
        label_names: Any = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


@register
@alias("nll_loss", "nll-loss")
class NegativeLogLikelihood(_LogLikelihood):
    """The mean over samples of -log(p + eps): ``CrossEntropy`` by another name.

    Args:
        eps: added to the probability, so that 0 has a logarithm.
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: not as many rows of probabilities as labels.
        IndexOutOfRangeError: in ``update``: a label that is no class.

    Example:
        >>> metric = NegativeLogLikelihood()
        >>> metric.update([[1]], [[[0.5, 0.5]]])
        >>> metric.get()
        ('nll-loss', 0.693...)
    """

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "nll-loss",
        output_names: Any = None,
        label_names: Any = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


@register
class Perplexity(PairwiseMetric):
    """The exponential of the mean negative log-probability of the true class.

    Probabilities below 1e-10 count as 1e-10.

    Args:
        ignore_label: samples with this label do not count; None counts all.
        axis: the axis of the classes in the predictions.
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: not as many rows of probabilities as labels.
        IndexOutOfRangeError: in ``update``: a label that is no class.

    Example:
        >>> metric = Perplexity(ignore_label=None)
        >>> metric.update([[0, 1]], [[[0.25, 0.75], [0.5, 0.5]]])
        >>> metric.get()
        ('perplexity', 2.828...)
    """

    def __init__(
        self,
        ignore_label: int | None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Any = None,
        label_names: Any = None,
    ) -> None:
        super().__init__(name, output_names, label_names, ignore_label=ignore_label)
        self.ignore_label = ignore_label
        self.axis = axis

    def measure(self, label: Any, pred: Any) -> tuple[float, float]:
        """Return the sum of negative log-probabilities and the number of samples that count."""
        by_class = np.moveaxis(pred, self.axis, -1)
        probabilities = _probabilities(self.name, label, by_class, self.ignore_label)
        return float(-np.log(np.maximum(probabilities, LEAST_PROBABILITY)).sum()), probabilities.size

    def get(self) -> tuple[str, float]:
        """Return the name and the value of the local record; NaN before the first update."""
        name, mean = super().get()
        return name, math.exp(mean)

    def get_global(self) -> tuple[str, float]:
        """Return the name and the value of everything since ``reset()``."""
        name, mean = super().get_global()
        return name, math.exp(mean)


@register
class Loss(EvalMetric):
    """The mean of all numbers in the outputs, which are losses; labels do not count.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Example:
        >>> import gluonish as mx
        >>> metric = Loss()
        >>> metric.update(None, mx.nd.array([1, 2, 6]))
        >>> metric.get()
        ('loss', 3.0)
    """

    def __init__(self, name: str = "loss", output_names: Any = None, label_names: Any = None) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, labels: Any, preds: Any) -> None:  # noqa: ARG002
        """Take in a batch of losses: an array, or a list of arrays."""
        for pred in preds if isinstance(preds, (list, tuple)) else [preds]:
            losses = np.asarray(pred)
            self._add(float(losses.sum(dtype=np.float64)), losses.size)


@register
class Torch(Loss):
    """``Loss`` under the name ``torch``, for old programs."""

    def __init__(self, name: str = "torch", output_names: Any = None, label_names: Any = None) -> None:
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """``Loss`` under the name ``caffe``, for old programs."""

    def __init__(self, name: str = "caffe", output_names: Any = None, label_names: Any = None) -> None:
        super().__init__(name, output_names, label_names)
