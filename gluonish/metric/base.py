"""What all metrics have in common, and their registry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from gluonish.errors import ArgumentError, ShapeMismatchError, UnknownNameError
from gluonish.registry import Registry
from gluonish.shape import format_shape

__all__ = [
    "METRICS",
    "EvalMetric",
    "PairwiseMetric",
    "StatisticMetric",
    "alias",
    "as_list",
    "check_label_shapes",
    "host_pairs",
    "register",
]


METRICS = Registry("metric")


@METRICS.base_class
class EvalMetric:
    """Base of metrics: a sum and a number of instances, whose quotient is the value.

    A subclass overrides ``update`` and adds to ``sum_metric`` and ``num_inst``. If it also adds to
    ``global_sum_metric`` and ``global_num_inst``, it says so with ``has_global_stats=True``; without, the
    global record is the local one.

    Args:
        name: the name under which the value is reported.
        output_names: the outputs that ``update_dict`` takes, by name; all if not given.
        label_names: likewise the labels.
        kwargs: what else ``get_config`` should report, and ``has_global_stats``.

    Attributes:
        sum_metric: the local sum.
        num_inst: the local number of instances.
        global_sum_metric: the sum since ``reset()``.
        global_num_inst: the number of instances since ``reset()``.

    Example:
        >>> class Count(EvalMetric):
        ...     def update(self, labels, preds):
        ...         self.sum_metric += len(preds)
        ...         self.num_inst += 1
        >>> metric = Count("outputs")
        >>> metric.update([], [1, 2])
        >>> metric.get()
        ('outputs', 2.0)
    """

    sum_metric: float
    num_inst: float
    global_sum_metric: float
    global_num_inst: float

    def __init__(
        self,
        name: str,
        output_names: Iterable[str] | None = None,
        label_names: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        self._has_global_stats = bool(kwargs.pop("has_global_stats", False))
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """Return what this metric was made from: ``metric``, its class name, and its arguments."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a batch.

        Args:
            labels: the truth: an array, or a list with one array per output or per device.
            preds: the predictions, in the same arrangement.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how to measure: define update()")

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Take in a batch of named labels and outputs; those in ``label_names`` and ``output_names`` count.

        Raises:
            UnknownNameError: a name is missing.
        """
        self.update(_named(label, self.label_names, "label"), _named(pred, self.output_names, "output"))

    def reset(self) -> None:
        """Empty both records."""
        self.num_inst = 0
        self.sum_metric = 0.0
        self.global_num_inst = 0
        self.global_sum_metric = 0.0

    def reset_local(self) -> None:
        """Empty the local record."""
        self.num_inst = 0
        self.sum_metric = 0.0

    def get(self) -> tuple[Any, Any]:
        """Return the name and the value of the local record; NaN before the first update."""
        return self.name, _quotient(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple[Any, Any]:
        """Return the name and the value of everything since ``reset()``."""
        if not self._has_global_stats:
            return self.get()
        return self.name, _quotient(self.global_sum_metric, self.global_num_inst)

    def get_name_value(self) -> list[tuple[str, Any]]:
        """Return ``get()`` as a list of pairs."""
        return _as_pairs(*self.get())

    def get_global_name_value(self) -> list[tuple[str, Any]]:
        """Return ``get_global()`` as a list of pairs."""
        return _as_pairs(*self.get_global())

    def _add(self, total: float, count: float) -> None:
        """Add to both records."""
        self.sum_metric += total
        self.num_inst += count
        self.global_sum_metric += total
        self.global_num_inst += count


def _quotient(total: float, count: float) -> float:
    return total / count if count else math.nan


def _as_pairs(names: Any, values: Any) -> list[tuple[str, Any]]:
    if not isinstance(names, list):
        return [(names, values)]
    return list(zip(names, values, strict=True))


def _named(arrays: Mapping[str, Any], names: Iterable[str] | None, kind: str) -> list[Any]:
    if names is None:
        return list(arrays.values())
    missing = [name for name in names if name not in arrays]
    if missing:
        raise UnknownNameError(
            f"The {kind} {missing[0]!r}",
            "was not given to update_dict()",
            expected="one of " + ", ".join(map(repr, arrays)),
        )
    return [arrays[name] for name in names]


# -- what update() is given -----------------------------------------------------------------------------


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Check that there are as many labels as predictions, and return both.

    Args:
        labels: an array, or a list of arrays.
        preds: likewise.
        wrap: return lists, also of a single array.
        shape: compare shapes instead of lengths.

    Raises:
        ShapeMismatchError: the numbers or shapes differ.

    Example:
        >>> check_label_shapes([1, 2], [3, 4])
        ([1, 2], [3, 4])
    """
    here, there = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if here != there:
        raise ShapeMismatchError(
            "Labels and predictions",
            f"differ in their {'shapes' if shape else 'number'}",
            expected=f"{_size_text(here)} predictions",
            received=_size_text(there),
        )
    if wrap:
        labels, preds = as_list(labels), as_list(preds)
    return labels, preds


def _size_text(size: Any) -> str:
    return format_shape(size) if isinstance(size, tuple) else str(size)


def as_list(arrays: Any) -> list[Any]:
    """Return the arrays of an update as a list, also where it is a single array."""
    return list(arrays) if isinstance(arrays, (list, tuple)) else [arrays]


def host_pairs(labels: Any, preds: Any) -> Iterator[tuple[Any, Any]]:
    """Yield label and prediction as NumPy arrays, one pair per array in the lists.

    Raises:
        ShapeMismatchError: there are more of one than of the other.
    """
    labels, preds = check_label_shapes(as_list(labels), as_list(preds))
    for label, pred in zip(labels, preds, strict=True):
        yield np.asarray(label), np.asarray(pred)


class PairwiseMetric(EvalMetric):
    """Base of metrics that measure each array of predictions by itself and add up the results."""

    def __init__(self, name: str, output_names: Any = None, label_names: Any = None, **kwargs: Any) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True, **kwargs)

    def measure(self, label: Any, pred: Any) -> tuple[float, float]:
        """Return what two NumPy arrays add to the sum and to the number of instances."""
        raise NotImplementedError

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a batch: arrays, or lists of arrays."""
        for label, pred in host_pairs(labels, preds):
            self._add(*self.measure(label, pred))


AVERAGES = ("macro", "micro")


class StatisticMetric(EvalMetric):
    """Base of metrics that are no mean over instances, but a function of a statistic of all of them.

    Args:
        name: the name of the metric.
        average: ``"macro"`` is the mean of the values of single observations, ``"micro"`` the value of their
            statistics added up.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Raises:
        ArgumentError: another average.
    """

    def __init__(
        self, name: str, average: str, output_names: Any = None, label_names: Any = None, **kwargs: Any
    ) -> None:
        if average not in AVERAGES:
            raise ArgumentError(
                f"Metric {name!r}",
                "knows no such average",
                expected=" or ".join(map(repr, AVERAGES)),
                received=repr(average),
            )
        self.average = average
        super().__init__(name, output_names, label_names, has_global_stats=True, **kwargs)

    def observe(self, labels: Any, preds: Any) -> Iterable[Any]:
        """Yield the statistics of an update; they can be added to each other."""
        raise NotImplementedError

    def score(self, statistic: Any) -> float:
        """Return the value of the metric for a statistic."""
        raise NotImplementedError

    def reset(self) -> None:
        """Empty both records."""
        super().reset()
        self._local: Any = None
        self._global: Any = None

    def reset_local(self) -> None:
        """Empty the local record."""
        super().reset_local()
        self._local = None

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a batch: arrays, or lists of arrays."""
        for seen in self.observe(labels, preds):
            if self.average == "macro":
                self._add(self.score(seen), 1)
            else:
                self._local = seen if self._local is None else self._local + seen
                self._global = seen if self._global is None else self._global + seen
                self.num_inst, self.global_num_inst = len(self._local), len(self._global)
                self.sum_metric = self.score(self._local) * self.num_inst
                self.global_sum_metric = self.score(self._global) * self.global_num_inst


# -- registry -------------------------------------------------------------------------------------------

_Class = TypeVar("_Class", bound="type[EvalMetric]")


def register(klass: _Class, name: str | None = None) -> _Class:
    """Register a metric class under its lower-cased name, so that ``create`` finds it.

    Registering a name again replaces what was there, with a warning.

    Args:
        klass: a subclass of EvalMetric.
        name: another name than that of the class.

    Raises:
        ArgumentTypeError: not a subclass of EvalMetric.
    """
    return METRICS.register(klass, name)


def alias(*names: str) -> Callable[[_Class], _Class]:
    """Return a decorator that registers a metric class under further names."""
    return METRICS.alias(*names)
