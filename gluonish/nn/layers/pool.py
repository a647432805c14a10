"""Pooling, as layers: each is the function of ``nn.functional`` of its name, with the same arguments."""

from __future__ import annotations

from typing import Any

from gluonish.nn import functional as F
from gluonish.nn.functional.arguments import per_axis
from gluonish.nn.layers.common import FunctionLayer

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


class _MaxPool(FunctionLayer):
    unsaid = ("return_indices",)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            stride=kernel_size if stride is None else stride,
            padding=padding,
            dilation=dilation,
            return_indices=return_indices,
            ceil_mode=ceil_mode,
        )


class MaxPool1d(_MaxPool):
    """Returns the maximum of every window of (batch, channels, length); arguments as of MaxPool2d."""

    function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """Returns the maximum of every window of images.

    Args:
        kernel_size: the size of a window; one number for both axes, or one for each.
        stride: pixels from one window to the next; the size of a window if None.
        padding: pixels put around that are no maximum.
        dilation: pixels from one element of a window to the next.
        return_indices: whether to return too where each maximum is.
        ceil_mode: whether pixels left over make one window more.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> nn.MaxPool2d(3, stride=2)(torch.randn(20, 16, 50, 32)).shape
        (20, 16, 24, 15)
    """

    function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """Returns the maximum of every window of (batch, channels, depth, height, width); as MaxPool2d."""

    function = staticmethod(F.max_pool3d)


class AvgPool1d(FunctionLayer):
    """Returns the mean of every window of (batch, channels, length); arguments as of AvgPool2d."""

    function = staticmethod(F.avg_pool1d)
    unsaid = ("ceil_mode", "count_include_pad")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(
            kernel_size=per_axis(kernel_size, 1, "kernel_size", "AvgPool1d"),
            stride=per_axis(kernel_size if stride is None else stride, 1, "stride", "AvgPool1d"),
            padding=per_axis(padding, 1, "padding", "AvgPool1d"),
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
        )


class _AvgPool(FunctionLayer):
    unsaid = ("ceil_mode", "count_include_pad", "divisor_override")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            stride=kernel_size if stride is None else stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )


class AvgPool2d(_AvgPool):
    """Returns the mean of every window of images.

    Args:
        kernel_size: the size of a window; one number for both axes, or one for each.
        stride: pixels from one window to the next; the size of a window if None.
        padding: zeros put around.
        ceil_mode: whether pixels left over make one window more.
        count_include_pad: whether the padding counts in the mean.
        divisor_override: what to divide the sum by, instead of the number of pixels.
    """

    function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """Returns the mean of every window of (batch, channels, depth, height, width); as AvgPool2d."""

    function = staticmethod(F.avg_pool3d)


class _LPPool(FunctionLayer):
    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__(norm_type=norm_type, kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode)


class LPPool1d(_LPPool):
    """Returns the p-norm of every window of (batch, channels, length); arguments as of LPPool2d."""

    function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPool):
    """Returns the p-norm of every window of images.

    Args:
        norm_type: p.
        kernel_size: the size of a window.
        stride: pixels from one window to the next; the size of a window if None.
        ceil_mode: whether pixels left over make one window more.
    """

    function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPool):
    """Returns the p-norm of every window of (batch, channels, depth, height, width); as LPPool2d."""

    function = staticmethod(F.lp_pool3d)


class _AdaptiveAvgPool(FunctionLayer):
    def __init__(self, output_size: Any) -> None:
        super().__init__(output_size=output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Returns (batch, channels, output_size), each element the mean of its share of the input."""

    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Returns images of a size, each pixel the mean of its share of the input.

    Args:
        output_size: one number, or one for each axis; None leaves an axis as it is.
    """

    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Returns (batch, channels, *output_size), each element the mean of its share of the input."""

    function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPool(FunctionLayer):
    unsaid = ("return_indices",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size=output_size, return_indices=return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Returns (batch, channels, output_size), each element the maximum of its share of the input."""

    function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Returns images of a size, each pixel the maximum of its share of the input.

    Args:
        output_size: one number, or one for each axis; None leaves an axis as it is.
        return_indices: whether to return too where each maximum is.
    """

    function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Returns (batch, channels, *output_size), each element the maximum of its share of the input."""

    function = staticmethod(F.adaptive_max_pool3d)
