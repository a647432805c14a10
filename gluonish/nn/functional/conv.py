"""Convolutions and their transposes, over one to three axes."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import batched, beside, per_axis, run, tensor_of, unbatched
from gluonish.nn.functional.padding import pad
from gluonish.tensors import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

Sizes = Any
"""One number for all axes, or one for each."""


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve (batch, channels, length) with filters; arguments as of ``conv2d``."""
    return _convolve(1, "conv1d", input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Return the cross-correlation of images with filters, plus bias.

    Args:
        input: (batch, in_channels, height, width), or without the batch.
        weight: (out_channels, in_channels / groups, kernel_height, kernel_width).
        bias: (out_channels,).
        stride: pixels from one window to the next.
        padding: zeros put around; "valid" for none, "same" for as many as keep the size.
        dilation: pixels from one element of the filter to the next.
        groups: in how many groups of channels the convolution falls apart.

    Returns:
        (batch, out_channels, height, width), where a size n becomes
        ``(n + 2 padding - dilation (kernel - 1) - 1) // stride + 1``.

    Raises:
        ShapeMismatchError: input and weight do not fit.
        ArgumentError: "same" with a stride.

    Example:
        >>> import gluonish as torch
        >>> from gluonish.nn import functional as F
        >>> F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(2, 1, 2, 2)).shape
        (1, 2, 2, 2)
    """
    return _convolve(2, "conv2d", input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve (batch, channels, depth, height, width) with filters; arguments as of ``conv2d``."""
    return _convolve(3, "conv3d", input, weight, bias, stride, padding, dilation, groups)


def _convolve(
    axes: int,
    function: str,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    x, had_batch = batched(tensor_of(input, function), axes, function)
    filters = beside(weight, x, function)
    _check_filters(filters, axes, function)
    kernel, steps = filters.shape[2:], per_axis(stride, axes, "stride", function)
    spread = per_axis(dilation, axes, "dilation", function)
    if isinstance(padding, str):
        x, margin = _padded(x, kernel, steps, spread, padding, function)
    else:
        margin = per_axis(padding, axes, "padding", function)
    result = run(
        "Convolution",
        x,
        filters,
        None if bias is None else beside(bias, x, function),
        kernel=kernel,
        stride=steps,
        dilate=spread,
        pad=margin,
        num_filter=filters.shape[0],
        num_group=groups,
        no_bias=bias is None,
    )
    return unbatched(result, had_batch)


def _check_filters(filters: Tensor, axes: int, function: str) -> None:
    if filters.ndim != axes + 2:
        raise ShapeMismatchError(
            f"{function}()",
            "got a weight with another number of axes",
            expected=f"{axes + 2} axes",
            received=filters.shape,
        )


def _padded(
    x: Tensor,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: str,
    function: str,
) -> tuple[Tensor, tuple[int, ...]]:
    """Return the input, padded if one side needs more than the other, and the padding that is left to do."""
    none = (0,) * len(kernel)
    if padding == "valid":
        return x, none
    if padding != "same" or any(each != 1 for each in stride):
        raise ArgumentError(
            f"{function}()",
            "cannot be padded like this",
            expected='numbers, "valid", or "same" with a stride of 1',
            received=f"padding={padding!r}, stride={stride}",
        )
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if not any(each % 2 for each in total):
        return x, tuple(each // 2 for each in total)
    widths = [width for each in reversed(total) for width in (each // 2, each - each // 2)]
    return pad(x, widths), none


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Run a convolution of one axis backwards; arguments as of ``conv_transpose2d``."""
    given = (stride, padding, output_padding, dilation)
    return _transpose(1, "conv_transpose1d", input, weight, bias, *given, groups)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Return the transposed convolution of images: the gradient of a convolution by its input.

    Args:
        input: (batch, in_channels, height, width), or without the batch.
        weight: (in_channels, out_channels / groups, kernel_height, kernel_width).
        bias: (out_channels,).
        stride: the stride of the convolution that is reversed.
        padding: its padding.
        output_padding: pixels added at the end of each axis; less than the stride or the dilation.
        groups: its groups.
        dilation: its dilation.

    Returns:
        (batch, out_channels, height, width), where a size n becomes
        ``(n - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1``.

    Raises:
        ShapeMismatchError: input and weight do not fit.
        ArgumentError: too much output padding.
    """
    given = (stride, padding, output_padding, dilation)
    return _transpose(2, "conv_transpose2d", input, weight, bias, *given, groups)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Run a convolution of three axes backwards; arguments as of ``conv_transpose2d``."""
    given = (stride, padding, output_padding, dilation)
    return _transpose(3, "conv_transpose3d", input, weight, bias, *given, groups)


def _transpose(
    axes: int,
    function: str,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    x, had_batch = batched(tensor_of(input, function), axes, function)
    filters = beside(weight, x, function)
    _check_filters(filters, axes, function)
    steps, spread = per_axis(stride, axes, "stride", function), per_axis(dilation, axes, "dilation", function)
    margin = per_axis(padding, axes, "padding", function)
    more = per_axis(output_padding, axes, "output_padding", function)
    if any(m >= max(s, d) for m, s, d in zip(more, steps, spread, strict=True)):
        raise ArgumentError(
            f"{function}()",
            "has too much output padding",
            expected="less than the stride or the dilation",
            received=f"output_padding={more}, stride={steps}, dilation={spread}",
        )
    # The operator adds less than a stride. Where more is wanted, everything is computed and then cut.
    is_cut = any(m >= s for m, s in zip(more, steps, strict=True))
    result = run(
        "Deconvolution",
        x,
        filters,
        None if bias is None or is_cut else beside(bias, x, function),
        kernel=filters.shape[2:],
        stride=steps,
        dilate=spread,
        pad=(0,) * axes if is_cut else margin,
        adj=(0,) * axes if is_cut else more,
        num_filter=filters.shape[1] * groups,
        num_group=groups,
        no_bias=bias is None or is_cut,
    )
    if is_cut:
        widths = [w for p, m in zip(reversed(margin), reversed(more), strict=True) for w in (-p, m - p)]
        result = pad(result, widths)
        if bias is not None:
            result = result + beside(bias, x, function).reshape(-1, *(1,) * axes)
    return unbatched(result, had_batch)
