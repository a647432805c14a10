"""Metrics of predicted numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from gluonish.errors import ShapeMismatchError
from gluonish.metric.base import (
    PairwiseMetric,
    StatisticMetric,
    alias,
    check_label_shapes,
    host_pairs,
    register,
)
from gluonish.shape import format_shape

__all__ = ["MAE", "MSE", "RMSE", "PearsonCorrelation"]


class _ErrorMetric(PairwiseMetric):
    """Base of means of an error: each array counts once, whatever its size.

    Labels and predictions with one axis stand for a column, so that (N,) and (N, 1) may meet; beyond that,
    labels are broadcast to the predictions.
    """

    def measure(self, label: Any, pred: Any) -> tuple[float, float]:
        """Return the error of an array, as one instance."""
        label, pred = _column(label), _column(pred)
        try:
            difference = label - pred if len(label) == len(pred) else None
        except ValueError:
            difference = None
        if difference is None:
            raise ShapeMismatchError(
                f"Metric {self.name!r}",
                "cannot compare these labels and predictions",
                expected=f"predictions for labels of shape {format_shape(label.shape)}",
                received=f"shape {format_shape(pred.shape)}",
            )
        return self.error(difference), 1

    def error(self, difference: Any) -> float:
        """Return the error for an array of differences."""
        raise NotImplementedError


def _column(array: Any) -> Any:
    array = array.astype(np.float64)
    return array.reshape(-1, 1) if array.ndim <= 1 else array


@register
class MAE(_ErrorMetric):
    """The mean over updates of the mean absolute error.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: the shapes cannot be broadcast.

    Example:
        >>> metric = MAE()
        >>> metric.update([[1.0, 2.0]], [[1.0, 5.0]])
        >>> metric.get()
        ('mae', 1.5)
    """

    def __init__(self, name: str = "mae", output_names: Any = None, label_names: Any = None) -> None:
        super().__init__(name, output_names, label_names)

    def error(self, difference: Any) -> float:
        """Return the mean absolute difference."""
        return float(np.abs(difference).mean())


@register
class MSE(_ErrorMetric):
    """The mean over updates of the mean squared error.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: the shapes cannot be broadcast.

    Example:
        >>> metric = MSE()
        >>> metric.update([[1.0, 2.0]], [[1.0, 5.0]])
        >>> metric.get()
        ('mse', 4.5)
    """

    def __init__(self, name: str = "mse", output_names: Any = None, label_names: Any = None) -> None:
        super().__init__(name, output_names, label_names)

    def error(self, difference: Any) -> float:
        """Return the mean squared difference."""
        return float(np.square(difference).mean())


@register
class RMSE(_ErrorMetric):
    """The mean over updates of the root of the mean squared error.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: the shapes cannot be broadcast.

    Example:
        >>> metric = RMSE()
        >>> metric.update([[1.0, 2.0]], [[4.0, 5.0]])
        >>> metric.get()
        ('rmse', 3.0)
    """

    def __init__(self, name: str = "rmse", output_names: Any = None, label_names: Any = None) -> None:
        super().__init__(name, output_names, label_names)

    def error(self, difference: Any) -> float:
        """Return the root of the mean squared difference."""
        return math.sqrt(np.square(difference).mean())


@attrs.frozen
class Moments:
    """Means, sums of squared deviations and of their product, of two variables.

    Moments of two sets can be added (T. Chan, G. Golub, R. LeVeque, Technical Report STAN-CS-79-773, 1979),
    without the loss of digits that sums of squares suffer.
    """

    count: int
    mean_x: float
    mean_y: float
    square_x: float
    square_y: float
    product: float

    @classmethod
    def of(cls, x: Any, y: Any) -> Moments:
        """Return the moments of two flat arrays."""
        mean_x, mean_y = float(x.mean()), float(y.mean())
        dx, dy = x - mean_x, y - mean_y
        return cls(x.size, mean_x, mean_y, float(dx @ dx), float(dy @ dy), float(dx @ dy))

    def __len__(self) -> int:
        return self.count

    def __add__(self, other: Moments) -> Moments:
        n = self.count + other.count
        dx, dy = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        weight = self.count * other.count / n
        return Moments(
            n,
            self.mean_x + dx * other.count / n,
            self.mean_y + dy * other.count / n,
            self.square_x + other.square_x + dx * dx * weight,
            self.square_y + other.square_y + dy * dy * weight,
            self.product + other.product + dx * dy * weight,
        )


@register
@alias("pearsonr")
class PearsonCorrelation(StatisticMetric):
    """Pearson's correlation coefficient of labels and predictions.

    It is NaN where one of them is constant.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.
        average: ``"macro"`` is the mean of the coefficients of single arrays, ``"micro"`` the coefficient of
            all numbers together.

    Raises:
        ArgumentError: another average.
        ShapeMismatchError: in ``update``: the shapes differ.

    Example:
        >>> metric = PearsonCorrelation()
        >>> metric.update([[1.0, 2.0, 4.0]], [[1.0, 2.0, 3.0]])
        >>> metric.get()
        ('pearsonr', 0.981...)
    """

    def __init__(
        self,
        name: str = "pearsonr",
        output_names: Any = None,
        label_names: Any = None,
        average: str = "macro",
    ) -> None:
        super().__init__(name, average, output_names, label_names)

    def observe(self, labels: Any, preds: Any) -> Iterator[Moments]:
        """Yield the moments of every pair of arrays."""
        for label, pred in host_pairs(labels, preds):
            check_label_shapes(label, pred, shape=True)
            if label.size:
                yield Moments.of(label.ravel().astype(np.float64), pred.ravel().astype(np.float64))

    def score(self, statistic: Moments) -> float:
        """Return the correlation for moments."""
        spread = math.sqrt(statistic.square_x) * math.sqrt(statistic.square_y)
        return statistic.product / spread if spread else math.nan
