"""Making one batch of a list of samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context, cpu, current_context
from gluonish.dtype import as_dtype
from gluonish.engine.kinds import of_current_kind
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeMismatchError
from gluonish.shape import format_shape

__all__ = ["adopt", "default_batchify_fn", "default_mp_batchify_fn"]


def default_batchify_fn(data: Sequence[Any]) -> Any:
    """Stack samples to a batch.

    Arrays, numbers and lists of numbers become one array with a new first axis, whose dtype is theirs (that
    of Python integers is int64, that of floats float64). Tuples become a list with a batch for each of their
    parts, dictionaries a dictionary of batches; strings stay a list.

    Args:
        data: the samples, all of one kind.

    Returns:
        The batch. Arrays are on the context of the samples, or on the current one for samples that are no
        NDArrays.

    Raises:
        ShapeMismatchError: the shapes, or the parts, of the samples differ.
        ArgumentTypeError: samples that no array can hold.
        ArgumentError: no samples.

    Example:
        >>> batch = default_batchify_fn([(1.5, 2), (3.5, 4)])
        >>> [part.asnumpy().tolist() for part in batch], batch[1].dtype
        ([[1.5, 3.5], [2, 4]], <class 'numpy.int64'>)
    """
    return _batchify(data, None)


def default_mp_batchify_fn(data: Sequence[Any]) -> Any:
    """Stack samples to a batch on ``cpu(0)``: what workers do by default; see ``default_batchify_fn``.

    Example:
        >>> import gluonish as mx
        >>> default_mp_batchify_fn([mx.nd.ones((2,), mx.cpu(1))] * 3).context
        cpu(0)
    """
    return _batchify(data, cpu(0))


def _batchify(data: Sequence[Any], ctx: Context | None) -> Any:
    if not data:
        raise ArgumentError("A batch", "needs at least one sample")
    first = data[0]
    if isinstance(first, tuple):
        _check_parts(data, "parts", len)
        return [_batchify(part, ctx) for part in zip(*data, strict=True)]
    if isinstance(first, Mapping):
        _check_parts(data, "keys", lambda sample: sorted(map(repr, sample)))
        return {key: _batchify([sample[key] for sample in data], ctx) for key in first}
    if isinstance(first, (str, bytes)):
        return list(data)
    if ctx is None:
        ctx = first.context if isinstance(first, NDArray) else current_context()
    return adopt(_stacked(data), ctx)


def _check_parts(data: Sequence[Any], kind: str, parts_of: Any) -> None:
    """Refuse samples that do not consist of the same parts."""
    expected = parts_of(data[0])
    for i, sample in enumerate(data):
        received = parts_of(sample) if isinstance(sample, type(data[0])) else f"type {type(sample).__name__}"
        if received != expected:
            raise ShapeMismatchError(
                f"Samples 0 and {i} of a batch",
                f"differ in their {kind}",
                expected=expected,
                received=received,
                fix="Make them alike in a transform, or give the DataLoader a batchify_fn.",
            )


def _stacked(data: Sequence[Any]) -> np.ndarray[Any, Any]:
    samples = [np.asarray(sample) if isinstance(sample, NDArray) else sample for sample in data]
    shapes = [np.shape(sample) if isinstance(sample, np.ndarray) else () for sample in samples]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ShapeMismatchError(
                f"Samples 0 and {i} of a batch",
                "differ in their shapes, so they cannot form one array",
                expected=format_shape(shapes[0]),
                received=format_shape(shape),
                fix="Make them equal in a transform, use batch_size=1, or give the DataLoader a "
                "batchify_fn that pads them.",
            )
    try:
        stacked = np.stack(samples) if isinstance(samples[0], np.ndarray) else np.asarray(samples)
        as_dtype(stacked.dtype)
    except (ValueError, TypeError, DTypeError) as error:
        raise ArgumentTypeError(
            "A batch",
            "cannot be made of these samples",
            expected="arrays or numbers, or lists of numbers of equal lengths",
            received=f"{type(data[0]).__name__} {data[0]!r}",
            fix="Convert them in a transform, or give the DataLoader a batchify_fn.",
        ) from error
    return stacked


def adopt(host: np.ndarray[Any, Any], ctx: Context) -> NDArray:
    """Return an array of memory that nobody else holds: without a copy where it is in its place."""
    return of_current_kind(from_data(host, ctx) if ctx.device_type == "gpu" else NDArray(host, ctx))
