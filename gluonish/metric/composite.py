"""Metrics made of other metrics, or of a function, and ``create``, which makes any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gluonish.errors import IndexOutOfRangeError
from gluonish.metric.base import METRICS, EvalMetric, alias, as_list, host_pairs, register

__all__ = ["CompositeEvalMetric", "CustomMetric", "create", "np"]


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """Return the metric that ``metric`` describes.

    Args:
        metric: a registered name in any case (``"acc"``, ``"mse"``), a metric (returned as it is), a subclass
            of EvalMetric, a function ``f(label, pred)`` for a CustomMetric, or a list of these for a
            CompositeEvalMetric.
        args: arguments for a name, a class or a function.
        kwargs: likewise.

    Raises:
        UnknownNameError: no metric of that name is registered.
        SignatureError: an argument that the class does not take.
        ArgumentTypeError: nothing of these kinds.

    Example:
        >>> create("top_k_acc", top_k=3).name, create(["acc", "mse"]).get()[0]
        ('top_k_accuracy_3', ['accuracy', 'mse'])
    """
    if isinstance(metric, EvalMetric):
        return metric
    if isinstance(metric, type) and issubclass(metric, EvalMetric):
        return metric(*args, **kwargs)
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, (list, tuple)):
        composite = CompositeEvalMetric()
        for child in metric:
            composite.add(create(child, *args, **kwargs))
        return composite
    return METRICS.create(metric, *args, **kwargs)


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics that are told about the same batches.

    Args:
        metrics: a list of what ``create`` takes.
        name: the name of the whole.
        output_names: the outputs that ``update_dict`` hands on; all if not given.
        label_names: likewise the labels.

    Example:
        >>> metric = CompositeEvalMetric(["acc", "ce"])
        >>> metric.update([[1, 0]], [[[0.3, 0.7], [0.4, 0.6]]])
        >>> metric.get()
        (['accuracy', 'cross-entropy'], [0.5, 0.636...])
    """

    def __init__(
        self,
        metrics: Iterable[Any] | None = None,
        name: str = "composite",
        output_names: Any = None,
        label_names: Any = None,
    ) -> None:
        if isinstance(metrics, str):
            metrics = [metrics]
        self.metrics = [create(metric) for metric in metrics or ()]
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def add(self, metric: Any) -> None:
        """Add a metric: anything that ``create`` takes."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """Return the metric at a position.

        Raises:
            IndexOutOfRangeError: there is none.
        """
        try:
            return self.metrics[index]
        except IndexError:
            raise IndexOutOfRangeError(
                f"Metric {index}",
                "does not exist",
                expected=f"an index below {len(self.metrics)}",
                received=index,
            ) from None

    def update(self, labels: Any, preds: Any) -> None:
        """Tell every metric about a batch."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def update_dict(self, labels: Mapping[str, Any], preds: Mapping[str, Any]) -> None:
        """Tell every metric about a batch of named labels and outputs."""
        if self.label_names is not None:
            labels = {name: array for name, array in labels.items() if name in self.label_names}
        if self.output_names is not None:
            preds = {name: array for name, array in preds.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def reset(self) -> None:
        """Empty both records of every metric."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Empty the local record of every metric."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[Any]]:
        """Return the names and the values of the local records."""
        return _unzipped(metric.get_name_value() for metric in self.metrics)

    def get_global(self) -> tuple[list[str], list[Any]]:
        """Return the names and the values of everything since ``reset()``."""
        return _unzipped(metric.get_global_name_value() for metric in self.metrics)

    def get_config(self) -> dict[str, Any]:
        """Return what this metric was made from, with the configuration of its metrics."""
        return {**super().get_config(), "metrics": [metric.get_config() for metric in self.metrics]}


def _unzipped(pairs_of_metrics: Iterable[list[tuple[str, Any]]]) -> tuple[list[str], list[Any]]:
    pairs = [pair for pairs in pairs_of_metrics for pair in pairs]
    return [name for name, _ in pairs], [value for _, value in pairs]


@register
@alias("custom")
class CustomMetric(EvalMetric):
    """A metric from a function of two NumPy arrays.

    Args:
        feval: called as ``feval(label, pred)`` for every pair of arrays. It returns a number, or a tuple of a
            sum and a number of instances.
        name: the name of the metric; that of the function if not given.
        allow_extra_outputs: accept more predictions than labels; those that are left over are ignored.
        output_names: see ``EvalMetric``.
        label_names: see ``EvalMetric``.

    Example:
        >>> def largest_error(label, pred):
        ...     return float(abs(label - pred).max())
        >>> metric = CustomMetric(largest_error)
        >>> metric.update([[1.0, 2.0]], [[1.5, 2.0]])
        >>> metric.get()
        ('largest_error', 0.5)
    """

    def __init__(
        self,
        feval: Callable[[Any, Any], Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Any = None,
        label_names: Any = None,
    ) -> None:
        if name is None:
            name = getattr(feval, "__name__", type(feval).__name__)
            if "<" in name:
                name = f"custom({name})"
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, labels: Any, preds: Any) -> None:
        """Take in a batch: arrays, or lists of arrays."""
        labels, preds = as_list(labels), as_list(preds)
        if self._allow_extra_outputs:
            preds = preds[: len(labels)]
        for label, pred in host_pairs(labels, preds):
            result = self._feval(label, pred)
            total, count = result if isinstance(result, tuple) else (result, 1)
            self._add(float(total), count)

    def get_config(self) -> dict[str, Any]:
        """Refuse: a function cannot be written down."""
        raise NotImplementedError(f"metric {self.name!r} is made from a function, which has no configuration")


def np(
    numpy_feval: Callable[[Any, Any], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """Return a metric from a function of two NumPy arrays; arguments as of ``CustomMetric``.

    Example:
        >>> metric = np(lambda label, pred: float((label == pred.round()).mean()), name="rounded")
        >>> metric.update([[1.0, 0.0]], [[0.8, 0.7]])
        >>> metric.get()
        ('rounded', 0.5)
    """
    return CustomMetric(numpy_feval, name, allow_extra_outputs)
