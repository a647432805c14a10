"""Normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes

from gluonish.engine.mode import ModeScope
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import beside, constant, run, tensor_of
from gluonish.nn.functional.padding import pad
from gluonish.shape import shape_size
from gluonish.tensors import Tensor, functions, no_grad

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel over the batch: Ioffe and Szegedy, Batch normalization (2015).

    Args:
        input: (batch, channels, ...).
        running_mean: (channels,), or None; while training, ``momentum`` of it is replaced by the batch's.
        running_var: likewise for the variance, with n - 1 in its denominator.
        weight: multiplied to each channel.
        bias: added to each channel.
        training: whether mean and variance are those of the batch (the latter with n in its denominator).
        momentum: the share of the batch in the new running statistics.
        eps: added to the variance.

    Raises:
        ArgumentError: a batch of one value per channel while training; or nothing to normalise with.
        ShapeMismatchError: the channels do not fit.
    """
    x = tensor_of(input, "batch_norm")
    count = x.size // x.shape[1] if x.ndim > 1 and x.shape[1] else 0
    if training and count < 2:  # noqa: PLR2004
        raise ArgumentError(
            "batch_norm()", "needs several values for each channel while training", received=x.shape
        )
    if not training and (running_mean is None or running_var is None):
        raise ArgumentError(
            "batch_norm()", "has nothing to normalise with", expected="running statistics, or training=True"
        )
    affine = _affine(x, weight, bias, x.shape[1], "batch_norm")
    if not training:
        running = (beside(each, x, "batch_norm") for each in (running_mean, running_var))
        return _by_batch(x, affine, running, eps=eps, use_global_stats=True)
    # With a momentum of 0 the operator leaves the batch's own statistics, exactly.
    like = affine[0]
    found = constant(0.0, like.shape, like), constant(0.0, like.shape, like)
    with ModeScope(training=True):
        output = _by_batch(x, affine, found, eps=eps, momentum=0.0)
    _follow(running_mean, found[0], momentum, x)
    _follow(running_var, found[1] * (count / (count - 1)), momentum, x)
    return output


def _by_batch(x: Tensor, affine: Any, statistics: Any, **params: Any) -> Tensor:
    return run("BatchNorm", x, *affine, *statistics, axis=1, fix_gamma=False, **params)


def _affine(x: Tensor, weight: Any, bias: Any, size: int, function: str) -> tuple[Tensor, Tensor]:
    """Return weight and bias for an operator that wants both."""
    return tuple(  # type: ignore[return-value]
        constant(default, (size,), x) if given is None else beside(given, x, function)
        for given, default in ((weight, 1.0), (bias, 0.0))
    )


def _follow(running: Any, batch: Tensor, momentum: float, x: Tensor) -> None:
    """Move a running statistic towards that of the batch, off the tape."""
    if running is None:
        return
    with no_grad(), ModeScope(recording=False):
        held = beside(running, x, "batch_norm").detach()
        held.write(held * (1 - momentum) + batch.detach().astype(held.dtype) * momentum)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each example: Ulyanov et al., Instance normalization (2016).

    Args:
        input: (batch, channels, ...).
        running_mean: as of ``batch_norm``; it follows the mean over the examples.
        running_var: likewise.
        weight: multiplied to each channel.
        bias: added to each channel.
        use_input_stats: False normalises with the running statistics.
        momentum: the share of the examples in the new running statistics.
        eps: added to the variance.

    Raises:
        ArgumentError: one value for each channel.
    """
    x = tensor_of(input, "instance_norm")
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    count = shape_size(x.shape[2:])
    if count < 2:  # noqa: PLR2004
        raise ArgumentError("instance_norm()", "needs several values for each channel", received=x.shape)
    output = run("InstanceNorm", x, *_affine(x, weight, bias, x.shape[1], "instance_norm"), eps=eps)
    if running_mean is not None or running_var is not None:
        spatial, values = tuple(range(2, x.ndim)), x.detach()
        _follow(running_mean, functions.mean(functions.mean(values, spatial), 0), momentum, x)
        _follow(running_var, functions.mean(functions.var(values, spatial), 0), momentum, x)
    return output


def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise over the last axes: Ba, Kiros and Hinton, Layer normalization (2016).

    Args:
        input: (..., *normalized_shape).
        normalized_shape: the sizes of the axes to normalise over.
        weight: of that shape; multiplied.
        bias: of that shape; added.
        eps: added to the variance.

    Raises:
        ShapeMismatchError: the input does not end in that shape.
    """
    x, shape = tensor_of(input, "layer_norm"), tuple(normalized_shape)
    _check_ending(x, shape, "layer_norm")
    affine = tuple(
        functions.reshape(
            constant(default, shape, x) if each is None else beside(each, x, "layer_norm"), (-1,)
        )
        for each, default in ((weight, 1.0), (bias, 0.0))
    )
    rows = x if len(shape) == 1 else functions.reshape(x, (*x.shape[: x.ndim - len(shape)], -1))
    return functions.reshape(run("LayerNorm", rows, *affine, axis=-1, eps=eps), x.shape)


def _check_ending(x: Tensor, shape: tuple[int, ...], function: str) -> None:
    if not shape or x.shape[-len(shape) :] != shape:
        raise ShapeMismatchError(
            f"{function}()",
            "got an input that does not end in the shape to normalise",
            expected=f"(..., {', '.join(map(str, shape))})",
            received=x.shape,
        )


def rms_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None
) -> Tensor:
    """Divide by the root of the mean square over the last axes: Zhang and Sennrich (2019).

    Args:
        input: (..., *normalized_shape).
        normalized_shape: the sizes of the axes.
        weight: of that shape; multiplied.
        eps: added to the mean square; the resolution of the dtype if None.

    Raises:
        ShapeMismatchError: the input does not end in that shape.
    """
    x, shape = tensor_of(input, "rms_norm"), tuple(normalized_shape)
    _check_ending(x, shape, "rms_norm")
    least = float(ml_dtypes.finfo(x.dtype).eps) if eps is None else eps  # type: ignore[no-untyped-call]
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    result = x * run("rsqrt", functions.mean(x * x, axes, keepdim=True) + least)
    return result if weight is None else result * beside(weight, x, "rms_norm")


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise groups of channels of each example: Wu and He, Group normalization (2018).

    Args:
        input: (batch, channels, ...).
        num_groups: the number of groups; it divides the number of channels.
        weight: multiplied to each channel.
        bias: added to each channel.
        eps: added to the variance.

    Raises:
        ShapeMismatchError: the groups do not divide the channels.
    """
    x = tensor_of(input, "group_norm")
    plain = _affine(x, None, None, num_groups, "group_norm")
    result = run("GroupNorm", x, *plain, num_groups=num_groups, eps=eps)
    channels = (-1, *(1,) * (x.ndim - 2))
    if weight is not None:
        result = result * functions.reshape(beside(weight, x, "group_norm"), channels)
    return result if bias is None else result + functions.reshape(beside(bias, x, "group_norm"), channels)


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by a power of the mean square of neighbouring channels: Krizhevsky et al. (2012).

    Args:
        input: (batch, channels, ...).
        size: how many channels are neighbours.
        alpha: the factor on the mean square.
        beta: the power.
        k: added to the mean square.
    """
    x = tensor_of(input, "local_response_norm")
    squares = pad(x * x, (*(0, 0) * (x.ndim - 2), size // 2, (size - 1) // 2))
    total = functions.narrow(squares, 1, 0, x.shape[1])
    for shift in range(1, size):
        total = total + functions.narrow(squares, 1, shift, x.shape[1])
    return x / (total * (alpha / size) + k) ** beta
