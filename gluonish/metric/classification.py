"""Metrics of predicted classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.metric.base import PairwiseMetric, StatisticMetric, alias, host_pairs, register
from gluonish.shape import format_shape

__all__ = ["F1", "MCC", "PCC", "Accuracy", "TopKAccuracy"]


def _same_number(label: Any, pred: Any) -> None:
    if label.size != pred.size:
        raise ShapeMismatchError(
            "Labels and predictions",
            "differ in their number",
            expected=f"{label.size} predictions, for labels of shape {format_shape(label.shape)}",
            received=f"{pred.size}, of shape {format_shape(pred.shape)}",
        )


def _classes(label: Any, pred: Any, axis: int) -> tuple[Any, Any]:
    """Return true and predicted class numbers as flat integer arrays.

    Predictions of another shape than the labels are scores, and the largest along ``axis`` is predicted.
    """
    if pred.shape != label.shape:
        if pred.ndim <= axis:
            raise ShapeMismatchError(
                "Predictions",
                "have no axis of classes",
                expected=f"scores along axis {axis}, or class numbers shaped like the labels, "
                f"{format_shape(label.shape)}",
                received=f"shape {format_shape(pred.shape)}",
            )
        pred = pred.argmax(axis)
    _same_number(label, pred)
    return label.astype(np.int64).ravel(), pred.astype(np.int64).ravel()


@register
@alias("acc")
class Accuracy(PairwiseMetric):
    """The part of the predictions that are right.

    Args:
        axis: the axis of the classes in predictions that are scores. Predictions shaped like the labels are
            class numbers.
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ShapeMismatchError: in ``update``: the numbers of labels and predictions differ.

    Example:
        >>> import gluonish as mx
        >>> metric = Accuracy()
        >>> metric.update(mx.nd.array([0, 1]), mx.nd.array([[0.2, 0.8], [0.1, 0.9]]))
        >>> metric.get()
        ('accuracy', 0.5)
    """

    def __init__(
        self, axis: int = 1, name: str = "accuracy", output_names: Any = None, label_names: Any = None
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis)
        self.axis = axis

    def measure(self, label: Any, pred: Any) -> tuple[float, float]:
        """Return the number of right predictions and the number of all."""
        label, pred = _classes(label, pred, self.axis)
        return float((label == pred).sum()), label.size


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(PairwiseMetric):
    """The part of the samples whose class is among the ``top_k`` highest scores.

    Of equal scores, that of the lower class number counts as the higher one.

    Args:
        top_k: how many classes may be named, 2 or more.
        name: the name of the metric, to which ``_<top_k>`` is added.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ArgumentError: ``top_k`` below 2.
        ShapeMismatchError: in ``update``: the numbers of labels and predictions differ, or predictions have
            more than two axes.

    Example:
        >>> metric = TopKAccuracy(top_k=2)
        >>> metric.update([[2, 0]], [[[0.5, 0.3, 0.2], [0.3, 0.5, 0.2]]])
        >>> metric.get()
        ('top_k_accuracy_2', 0.5)
    """

    def __init__(
        self,
        top_k: int = 1,
        name: str = "top_k_accuracy",
        output_names: Any = None,
        label_names: Any = None,
    ) -> None:
        if not isinstance(top_k, (int, np.integer)):
            raise ArgumentTypeError("top_k", "is no integer", expected="an integer", received=repr(top_k))
        if top_k <= 1:
            raise ArgumentError(
                "top_k", "is too small", expected="2 or more", received=top_k, fix="Use Accuracy for 1."
            )
        super().__init__(f"{name}_{top_k}", output_names, label_names, top_k=top_k)
        self.top_k = top_k

    def measure(self, label: Any, pred: Any) -> tuple[float, float]:
        """Return the number of samples whose class is named, and the number of all."""
        label = label.astype(np.int64).ravel()
        if pred.ndim == 1:
            named = pred.astype(np.int64)[:, None]
        elif pred.ndim == 2:  # noqa: PLR2004  samples and classes
            named = np.argsort(-pred.astype(np.float64), axis=1, kind="stable")[:, : self.top_k]
        else:
            raise ShapeMismatchError(
                f"Metric {self.name!r}",
                "cannot take these predictions",
                expected="scores of shape (samples, classes)",
                received=f"shape {format_shape(pred.shape)}",
            )
        _same_number(label, named[:, 0])
        return float((named == label[:, None]).any(axis=1).sum()), label.size


class ConfusionTable:
    """How often class i was predicted as class j, for any number of classes.

    Tables can be added; the smaller one counts as zero where it has no entry. The length of a table is the
    number of samples in it.
    """

    __slots__ = ("counts",)

    def __init__(self, counts: Any) -> None:
        self.counts = counts

    @classmethod
    def of(cls, label: Any, pred: Any, classes: int) -> ConfusionTable:
        """Count flat arrays of class numbers below ``classes``."""
        pairs = np.bincount(label * classes + pred, minlength=classes * classes)
        return cls(pairs.reshape(classes, classes))

    def __add__(self, other: ConfusionTable) -> ConfusionTable:
        classes = max(len(self.counts), len(other.counts))
        return ConfusionTable(_padded(self.counts, classes) + _padded(other.counts, classes))

    def __len__(self) -> int:
        return int(self.counts.sum())


def _padded(counts: Any, classes: int) -> Any:
    return np.pad(counts, (0, classes - len(counts)))


class _BinaryMetric(StatisticMetric):
    """Base of metrics for two classes: 0, negative, and 1, positive."""

    def observe(self, labels: Any, preds: Any) -> Iterator[ConfusionTable]:
        """Yield one table for the whole update."""
        table = None
        for raw_label, raw_pred in host_pairs(labels, preds):
            if raw_pred.shape == raw_label.shape:
                self._check_binary("predictions", raw_pred)
            label, pred = _classes(raw_label, raw_pred, axis=1)
            self._check_binary("labels", label)
            # Whatever is not predicted to be positive is predicted to be negative.
            seen = ConfusionTable.of(label, (pred == 1).astype(np.int64), 2)
            table = seen if table is None else table + seen
        if table is not None:
            yield table

    def _check_binary(self, kind: str, classes: Any) -> None:
        strange = classes[(classes != 0) & (classes != 1)]
        if strange.size:
            raise ArgumentError(
                f"Metric {self.name!r}",
                f"is for the classes 0 and 1, but the {kind} hold other numbers",
                expected="class numbers 0 and 1, or predictions of shape (samples, 2)",
                received=strange.flat[0],
            )


@register
class F1(_BinaryMetric):
    """The harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), for labels 0 and 1.

    It is 0 where no label and no prediction is positive.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.
        average: ``"macro"`` is the mean of the scores of single updates, ``"micro"`` the score of all samples
            together.

    Raises:
        ArgumentError: another average; in ``update``: labels that are neither 0 nor 1.
        ShapeMismatchError: in ``update``: the numbers of labels and predictions differ.

    Example:
        >>> metric = F1()
        >>> metric.update([[0, 1, 1]], [[[0.3, 0.7], [0.1, 0.9], [0.6, 0.4]]])
        >>> metric.get()
        ('f1', 0.5)
    """

    def __init__(
        self, name: str = "f1", output_names: Any = None, label_names: Any = None, average: str = "macro"
    ) -> None:
        super().__init__(name, average, output_names, label_names)

    def score(self, statistic: ConfusionTable) -> float:
        """Return the score of a table."""
        (_, false_pos), (false_neg, true_pos) = statistic.counts.tolist()
        return 2 * true_pos / max(2 * true_pos + false_pos + false_neg, 1)


@register
class MCC(_BinaryMetric):
    """Matthews' correlation coefficient of labels and predictions, for labels 0 and 1.

    (tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn)), from -1 to 1 (B. W. Matthews, Biochimica
    et Biophysica Acta 405, 1975). It is 0 where only one class was predicted, or only one occurs.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.
        average: ``"macro"`` is the mean of the coefficients of single updates, ``"micro"`` the coefficient of
            all samples together.

    Raises:
        ArgumentError: another average; in ``update``: labels that are neither 0 nor 1.
        ShapeMismatchError: in ``update``: the numbers of labels and predictions differ.

    Example:
        >>> metric = MCC()
        >>> metric.update([[0, 1, 1, 0]], [[0, 1, 0, 0]])
        >>> metric.get()
        ('mcc', 0.577...)
    """

    def __init__(
        self, name: str = "mcc", output_names: Any = None, label_names: Any = None, average: str = "macro"
    ) -> None:
        super().__init__(name, average, output_names, label_names)

    def score(self, statistic: ConfusionTable) -> float:
        """Return the coefficient of a table."""
        (true_neg, false_pos), (false_neg, true_pos) = statistic.counts.tolist()
        by_prediction = (true_pos + false_pos) * (true_neg + false_neg)
        by_label = (true_pos + false_neg) * (true_neg + false_pos)
        if not by_prediction or not by_label:
            return 0.0
        return (true_pos * true_neg - false_pos * false_neg) / math.sqrt(by_prediction * by_label)


@register
class PCC(StatisticMetric):
    """Pearson's correlation of true and predicted classes, for any number of classes.

    It generalises Matthews' coefficient (J. Gorodkin, Computational Biology and Chemistry 28, 2004, the R_K
    statistic): with n samples, c of them right, t_k samples of class k and p_k predicted as k, it is
    (c n - sum t_k p_k) / sqrt((n² - sum p_k²) (n² - sum t_k²)). All samples count together. It is NaN where
    only one class was predicted, or only one occurs.

    Args:
        name: the name of the metric.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.
        has_global_stats: accepted for MXNet's sake; the global record is always kept.

    Raises:
        ArgumentError: in ``update``: a negative class number.
        ShapeMismatchError: in ``update``: the numbers of labels and predictions differ.

    Example:
        >>> metric = PCC()
        >>> metric.update([[0, 1, 2, 2]], [[0, 1, 2, 0]])
        >>> metric.get()
        ('pcc', 0.7)
    """

    def __init__(
        self,
        name: str = "pcc",
        output_names: Any = None,
        label_names: Any = None,
        has_global_stats: bool = True,  # noqa: ARG002
    ) -> None:
        super().__init__(name, "micro", output_names, label_names)

    def observe(self, labels: Any, preds: Any) -> Iterator[ConfusionTable]:
        """Yield a table for every pair of arrays."""
        for raw_label, raw_pred in host_pairs(labels, preds):
            label, pred = _classes(raw_label, raw_pred, axis=1)
            both = np.concatenate([label, pred])
            if both.min(initial=0) < 0:
                raise ArgumentError(
                    f"Metric {self.name!r}",
                    "is for class numbers",
                    expected="0 or more",
                    received=both.min(),
                )
            yield ConfusionTable.of(label, pred, int(both.max(initial=0)) + 1)

    def score(self, statistic: ConfusionTable) -> float:
        """Return the correlation of a table."""
        counts = statistic.counts.astype(np.float64)
        true, predicted, n = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
        spread = (n * n - predicted @ predicted) * (n * n - true @ true)
        if spread == 0:
            return math.nan
        return float((n * np.trace(counts) - true @ predicted) / math.sqrt(spread))
