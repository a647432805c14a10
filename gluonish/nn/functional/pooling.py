"""Pooling over one to three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn.functional.arguments import batched, per_axis, run, tensor_of, unbatched
from gluonish.nn.functional.windows import adaptive_windows, chosen, regular_windows, result_size
from gluonish.shape import shape_size
from gluonish.tensors import Tensor, functions

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]

Sizes = Any
"""One number for all axes, or one for each."""


# -- means ----------------------------------------------------------------------------------------------


def avg_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of every window of (batch, channels, length); arguments as of ``avg_pool2d``."""
    return _average(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of every window of images.

    Args:
        input: (batch, channels, height, width), or without the batch.
        kernel_size: the size of a window in pixels.
        stride: pixels from one window to the next; the size of a window if None.
        padding: zeros put around, at most half a window.
        ceil_mode: whether pixels left over make one window more.
        count_include_pad: whether the padding counts in the mean.
        divisor_override: what to divide the sum by, instead of the number of pixels.

    Raises:
        ArgumentError: too much padding, or impossible sizes.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.avg_pool2d(Tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), 2)
        Tensor([[[[2.5]]]], grad=None)
    """
    return _average(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of every window of (batch, channels, depth, height, width); as ``avg_pool2d``."""
    return _average(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _average(
    axes: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    function = f"avg_pool{axes}d"
    x, had_batch = batched(tensor_of(input, function), axes, function)
    kernel, steps, margin = _geometry(axes, kernel_size, stride, padding, function)
    if divisor == 0:
        raise ArgumentError(f"{function}()", "cannot divide by 0", received="divisor_override=0")
    pooled = _pooled(
        x,
        kernel,
        steps,
        margin,
        ceil_mode,
        pool_type="avg" if divisor is None else "sum",
        count_include_pad=count_include_pad,
    )
    return unbatched(pooled if divisor is None else pooled / divisor, had_batch)


def _geometry(
    axes: int, kernel_size: Sizes, stride: Sizes, padding: Sizes, function: str
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return kernel, stride and padding for each axis.

    Raises:
        ArgumentError: more padding than half a window.
    """
    kernel = per_axis(kernel_size, axes, "kernel_size", function)
    given = kernel if stride is None or stride == [] else stride
    steps = per_axis(given, axes, "stride", function)
    margin = per_axis(padding, axes, "padding", function)
    if any(p < 0 or 2 * p > k for p, k in zip(margin, kernel, strict=True)):
        raise ArgumentError(
            f"{function}()",
            "cannot be padded like this",
            expected="at most half of the kernel",
            received=f"padding={margin}, kernel_size={kernel}",
        )
    return kernel, steps, margin


def _pooled(
    x: Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    ceil_mode: bool,
    **params: Any,
) -> Tensor:
    result = run(
        "Pooling",
        x,
        kernel=kernel,
        stride=stride,
        pad=padding,
        pooling_convention="full" if ceil_mode else "valid",
        **params,
    )
    if ceil_mode:  # a window that would begin behind the image is none
        dilation = (1,) * len(kernel)
        sizes = zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
        for axis, each in enumerate(sizes, 2):
            result = functions.narrow(result, axis, 0, result_size(*each, ceil_mode=True))
    return result


# -- maxima ---------------------------------------------------------------------------------------------


def max_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of every window of (batch, channels, length); arguments as of ``max_pool2d``."""
    return _maximum(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of every window of images.

    Args:
        input: (batch, channels, height, width), or without the batch.
        kernel_size: the size of a window in pixels.
        stride: pixels from one window to the next; the size of a window if None.
        padding: pixels put around that are no maximum, at most half a window.
        dilation: pixels from one element of a window to the next.
        ceil_mode: whether pixels left over make one window more.
        return_indices: whether to return too where each maximum is, counted through the image.

    Returns:
        The maxima; with ``return_indices`` a pair.

    Raises:
        ArgumentError: too much padding, or impossible sizes.
    """
    return _maximum(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the maximum of every window of (batch, channels, depth, height, width); as ``max_pool2d``."""
    return _maximum(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _maximum(
    axes: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    function = f"max_pool{axes}d"
    x, had_batch = batched(tensor_of(input, function), axes, function)
    kernel, steps, margin = _geometry(axes, kernel_size, stride, padding, function)
    spread = per_axis(dilation, axes, "dilation", function)
    if not return_indices and all(each == 1 for each in spread):
        return unbatched(_pooled(x, kernel, steps, margin, ceil_mode, pool_type="max"), had_batch)
    windows = [
        regular_windows(*each, ceil_mode=ceil_mode)
        for each in zip(x.shape[2:], kernel, steps, margin, spread, strict=True)
    ]
    return _as_asked(chosen(x, windows), return_indices, had_batch)


def _as_asked(found: tuple[Tensor, Tensor], return_indices: bool, had_batch: bool) -> Any:
    values, indices = (unbatched(each, had_batch) for each in found)
    return (values, indices) if return_indices else values


# -- pooling to a size ----------------------------------------------------------------------------------


def adaptive_avg_pool1d(input: Any, output_size: Sizes) -> Tensor:
    """Return (batch, channels, output_size), each element the mean of its share of the input."""
    return _adaptive_average(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Sizes) -> Tensor:
    """Return images of a size, each pixel the mean of its share of the input.

    Args:
        input: (batch, channels, height, width), or without the batch.
        output_size: one number, or one for each axis; None leaves an axis as it is.

    Returns:
        Images in which pixel i of m is the mean from floor(i n / m) to ceil((i + 1) n / m), of n pixels.
    """
    return _adaptive_average(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Sizes) -> Tensor:
    """Return (batch, channels, *output_size), each element the mean of its share; as in two dimensions."""
    return _adaptive_average(3, input, output_size)


def _adaptive_average(axes: int, input: Any, output_size: Sizes) -> Tensor:
    function = f"adaptive_avg_pool{axes}d"
    x, had_batch = batched(tensor_of(input, function), axes, function)
    size = _output_size(x, axes, output_size, function)
    if axes == 2:  # noqa: PLR2004
        return unbatched(run("_contrib_AdaptiveAvgPooling2D", x, output_size=size), had_batch)
    # Shares of axes are independent: the operator of two axes does one or two of them at a time.
    batch, channels, *_ = x.shape
    first, rest = x.shape[2], x.shape[3:]
    if rest:
        inner = functions.reshape(x, (batch, channels * first, *rest))
        x = run("_contrib_AdaptiveAvgPooling2D", inner, output_size=size[1:])
    flat = functions.reshape(x, (batch, channels, first, shape_size(size[1:])))
    result = run("_contrib_AdaptiveAvgPooling2D", flat, output_size=(size[0], flat.shape[3]))
    return unbatched(functions.reshape(result, (batch, channels, *size)), had_batch)


def _output_size(x: Tensor, axes: int, output_size: Sizes, function: str) -> tuple[int, ...]:
    given = output_size if isinstance(output_size, Sequence) else (output_size,)
    if len(given) == 1:
        given = tuple(given) * axes
    filled = [n if m is None else m for m, n in zip(given, x.shape[2:], strict=False)]
    return per_axis(filled + list(given[axes:]), axes, "output_size", function)


def adaptive_max_pool1d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """Return (batch, channels, output_size), each element the maximum of its share of the input."""
    return _adaptive_maximum(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """Return images of a size, each pixel the maximum of its share; shares as in ``adaptive_avg_pool2d``."""
    return _adaptive_maximum(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """Return (batch, channels, *output_size), each element the maximum of its share of the input."""
    return _adaptive_maximum(3, input, output_size, return_indices)


def _adaptive_maximum(axes: int, input: Any, output_size: Sizes, return_indices: bool) -> Any:
    function = f"adaptive_max_pool{axes}d"
    x, had_batch = batched(tensor_of(input, function), axes, function)
    size = _output_size(x, axes, output_size, function)
    windows = [adaptive_windows(n, m) for n, m in zip(x.shape[2:], size, strict=True)]
    return _as_asked(chosen(x, windows), return_indices, had_batch)


# -- norms ----------------------------------------------------------------------------------------------


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-norm of every window of (batch, channels, length); arguments as of ``lp_pool2d``."""
    return _norm(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-norm of every window of images: the p-th root of the sum of p-th powers.

    Args:
        input: (batch, channels, height, width), or without the batch.
        norm_type: p.
        kernel_size: the size of a window in pixels.
        stride: pixels from one window to the next; the size of a window if None.
        ceil_mode: whether pixels left over make one window more.
    """
    return _norm(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """Return the p-norm of every window of (batch, channels, depth, height, width); as ``lp_pool2d``."""
    return _norm(3, input, norm_type, kernel_size, stride, ceil_mode)


def _norm(
    axes: int, input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes, ceil_mode: bool
) -> Tensor:
    function = f"lp_pool{axes}d"
    x = tensor_of(input, function)
    means = _average(axes, x**norm_type, kernel_size, stride, 0, ceil_mode, True, None)
    pixels = shape_size(per_axis(kernel_size, axes, "kernel_size", function))
    return (run("relu", means) * pixels) ** (1 / norm_type)
