"""Gradients and values of many parameters at once, under torch's names."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gluonish import autograd
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.errors import NonFiniteGradientError, ShapeMismatchError
from gluonish.parameter import lifecycle
from gluonish.parameter.face import ParameterFace
from gluonish.tensors import Tensor, cat

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def _listed(parameters: ParameterFace | Iterable[ParameterFace]) -> list[ParameterFace]:
    return [parameters] if isinstance(parameters, ParameterFace) else list(parameters)


def _gradients(parameters: ParameterFace | Iterable[ParameterFace]) -> list[list[NDArray]]:
    """Return the gradients that there are, by parameter those of all its devices."""
    cores = [each.core for each in _listed(parameters)]
    ready = [core for core in cores if core.is_ready and core.wants_grad]
    return [[buffer for buffer in core.gradients() if not buffer._storage.empty] for core in ready]


def _norm(buffers: list[NDArray], order: float) -> float:
    """Return the norm of the sum of a parameter's gradients, which is what a step works with."""
    hosts = [np.asarray(buffer) for buffer in buffers]
    total = sum(host.astype(complex if host.dtype.kind == "c" else float) for host in hosts)
    return float(np.linalg.norm(np.ravel(total), order))


def clip_grad_norm_(
    parameters: ParameterFace | Iterable[ParameterFace],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale gradients down, in place, so that their norm as one vector is at most ``max_norm``.

    Of a parameter on several devices the sum of its gradients counts, as in a step.

    Args:
        parameters: the parameters; those without a gradient do not count.
        max_norm: the bound.
        norm_type: the order of the norm; ``inf`` for the largest element.
        error_if_nonfinite: whether a norm that is no number is an error.

    Returns:
        The norm as it was.

    Raises:
        NonFiniteGradientError: the norm is infinite or NaN, and that is an error. Nothing is scaled then.

    Example:
        >>> from gluonish import nn
        >>> w = nn.Parameter([3.0, 4.0])
        >>> (w * w / 2).sum().backward()
        >>> nn.utils.clip_grad_norm_([w], max_norm=1.0)
        Tensor(5.0, grad=None)
        >>> w.grad.round(3)
        array([0.6, 0.8], dtype=float32)
    """
    gradients = [buffers for buffers in _gradients(parameters) if buffers]
    order = float(norm_type)
    norms = [_norm(buffers, order) for buffers in gradients]
    total = float(np.linalg.norm(norms, order)) if norms else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise NonFiniteGradientError(
            "clip_grad_norm_()",
            "found gradients that are no numbers",
            expected="a finite norm",
            received=total,
        )
    # What is added to the norm is torch's, so that the numbers are too.
    scale = max_norm / (total + 1e-6)
    if not scale >= 1.0:
        for buffer in itertools.chain(*gradients):
            _scale(buffer, scale)
    return Tensor(total, dtype="float32")


def clip_grad_value_(parameters: ParameterFace | Iterable[ParameterFace], clip_value: float) -> None:
    """Limit all elements of gradients to [-clip_value, clip_value], in place."""
    for buffer in itertools.chain(*_gradients(parameters)):
        backend = backend_of(buffer.context)
        with backend.scope(buffer.context):
            backend.xp.clip(buffer._raw, -clip_value, clip_value, out=buffer._raw)
        buffer._storage.touch()


def _scale(buffer: NDArray, factor: float) -> None:
    backend = backend_of(buffer.context)
    with backend.scope(buffer.context):
        backend.xp.multiply(buffer._raw, factor, out=buffer._raw, casting="unsafe")
    buffer._storage.touch()


def parameters_to_vector(parameters: Iterable[ParameterFace]) -> Tensor:
    """Return the elements of parameters, one after the other, as one vector. Differentiable.

    Example:
        >>> from gluonish import nn
        >>> nn.utils.parameters_to_vector([nn.Parameter([[1.0], [2.0]]), nn.Parameter([3.0])])
        Tensor([1.0, 2.0, 3.0], grad=None)
    """
    return cat([each.stand_in(None)._as(Tensor).reshape(-1) for each in _listed(parameters)])


def vector_to_parameters(vec: Any, parameters: Sequence[ParameterFace] | Iterable[ParameterFace]) -> None:
    """Write the elements of a vector to parameters, in place, on all devices.

    Raises:
        ShapeMismatchError: it has another number of elements. Nothing is written then.
    """
    cores = [each.core for each in _listed(parameters)]
    sizes = [math.prod(core.known_shape()) for core in cores]
    values = np.asarray(vec).ravel()
    if sum(sizes) != values.size:
        raise ShapeMismatchError(
            "vector_to_parameters()",
            "got a vector of another length",
            expected=f"{sum(sizes)} elements",
            received=values.size,
        )
    begin = 0
    with autograd.pause():
        for core, size in zip(cores, sizes, strict=True):
            lifecycle.set_data(core, values[begin : begin + size].reshape(core.known_shape()))
            begin += size
