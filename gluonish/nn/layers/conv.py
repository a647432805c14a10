"""Convolutions and their transposes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from gluonish.errors import ArgumentError
from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.functional.arguments import check_choice, per_axis, tensor_of
from gluonish.nn.layers.common import Layer, new_parameter
from gluonish.shape import shape_size
from gluonish.tensors import Tensor

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Layer):
    """What convolutions of all kinds have in common.

    Args:
        in_channels: the channels of the input; 0 if it is learnt.
        out_channels: those of the output.
        kernel_size: the size of the filters; one number for all axes, or one for each.
        stride: pixels from one window to the next.
        padding: what is put around the input: numbers, "valid" (nothing) or "same".
        dilation: pixels from one element of the filter to the next.
        output_padding: pixels added at the end of a transposed convolution's output.
        groups: in how many groups of channels the convolution falls apart.
        bias: whether there is one.
        padding_mode: what is put around: "zeros", "reflect", "replicate" or "circular".
        device: where the parameters are.
        dtype: their element type.
    """

    weight: Any
    bias: Any
    axes: ClassVar[int]
    transposed: ClassVar[bool] = False
    function: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        check_choice(padding_mode, ("zeros",) if self.transposed else PADDING_MODES, "padding mode", name)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ArgumentError(
                name,
                "cannot share out its channels to the groups",
                expected="groups that divide in_channels and out_channels",
                received=f"groups={groups}, in_channels={in_channels}, out_channels={out_channels}",
            )
        if isinstance(padding, str):
            check_choice(padding, ("valid", "same"), "padding", name)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis(kernel_size, self.axes, "kernel_size", name)
        self.stride = per_axis(stride, self.axes, "stride", name)
        self.padding = padding if isinstance(padding, str) else per_axis(padding, self.axes, "padding", name)
        self.dilation = per_axis(dilation, self.axes, "dilation", name)
        self.output_padding = per_axis(output_padding, self.axes, "output_padding", name)
        self.groups = groups
        self.padding_mode = padding_mode
        if padding == "same" and any(each != 1 for each in self.stride):
            raise ArgumentError(name, 'pads to the "same" size with a stride of 1 only', received=self.stride)
        self._add_parameters(bias, device, dtype)

    def _add_parameters(self, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = new_parameter(self._weight_shape(), device, dtype)
        self.register_parameter("bias", new_parameter((self.out_channels,), device, dtype) if bias else None)
        self.reset_parameters()

    def _weight_shape(self) -> tuple[int, ...]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, uniformly up to 1 / sqrt(fan_in)."""
        fan_in = shape_size(self.weight.shape[1:])
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Tensor:
        """Convolve."""
        images, padding = input, self.padding
        if self.padding_mode != "zeros":
            images, padding = F.pad(input, self._widths(), mode=self.padding_mode), (0,) * self.axes
        function = type(self).function
        return function(images, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _widths(self) -> list[int]:
        """Return what is put around the axes, the last one first."""
        if not isinstance(self.padding, str):
            return [width for each in reversed(self.padding) for width in (each, each)]
        total = [
            d * (k - 1) if self.padding == "same" else 0
            for k, d in zip(self.kernel_size, self.dilation, strict=True)
        ]
        return [width for each in reversed(total) for width in (each // 2, each - each // 2)]

    def extra_repr(self) -> str:
        """Return the geometry, as far as it is not the default."""
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        none, one = (0,) * self.axes, (1,) * self.axes
        defaults = {"padding": none, "dilation": one, "output_padding": none, "groups": 1}
        parts += [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )


class Conv1d(_Conv):
    """Convolves (batch, channels, length) with filters; arguments as of Conv2d."""

    axes = 1
    function = staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Convolves images, (batch, channels, height, width), with filters, and adds a bias.

    Args:
        in_channels: the channels of the input.
        out_channels: those of the output: the number of filters.
        kernel_size: the size of the filters; one number for both axes, or one for each.
        stride: pixels from one window to the next.
        padding: pixels put around; or "valid" for none, "same" for as many as keep the size.
        dilation: pixels from one element of the filter to the next.
        groups: in how many groups of channels the convolution falls apart.
        bias: whether there is one.
        padding_mode: what is put around: "zeros", "reflect", "replicate" or "circular".
        device: where the parameters are: a device, or a list of them.
        dtype: their element type; float32 if None.

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), drawn uniformly up to 1 / sqrt(fan_in).
        bias: (out_channels,), drawn likewise; or None.

    Raises:
        ArgumentError: groups that do not divide the channels; another padding or mode.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> nn.Conv2d(16, 33, 3, stride=2)(torch.randn(2, 16, 50, 100)).shape
        (2, 33, 24, 49)
    """

    axes = 2
    function = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Convolves (batch, channels, depth, height, width) with filters; arguments as of Conv2d."""

    axes = 3
    function = staticmethod(F.conv3d)


class _ConvTranspose(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Any, output_size: Sequence[int] | None = None) -> Tensor:
        """Convolve backwards.

        Args:
            input: the images.
            output_size: the size of the result, where a stride leaves a choice.

        Raises:
            ArgumentError: that size is impossible.
        """
        more = self.output_padding if output_size is None else self._padding_for(input, tuple(output_size))
        function = type(self).function
        return function(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )

    def _padding_for(self, input: Any, output_size: tuple[int, ...]) -> tuple[int, ...]:
        wanted = output_size[-self.axes :]
        sizes = tensor_of(input, type(self).__name__).shape[-self.axes :]
        margin = per_axis(self.padding, self.axes, "padding", type(self).__name__)
        geometry = zip(sizes, self.stride, margin, self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in geometry]
        most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
        if len(wanted) != self.axes or any(
            not low <= m <= high for low, m, high in zip(least, wanted, most, strict=True)
        ):
            raise ArgumentError(
                type(self).__name__,
                "cannot make images of this size",
                expected=f"from {tuple(least)} to {tuple(most)}",
                received=output_size,
            )
        return tuple(m - low for m, low in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTranspose):
    """Runs a convolution over (batch, channels, length) backwards; arguments as of ConvTranspose2d."""

    axes = 1
    function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """Runs a convolution of images backwards: from its output's shape to its input's.

    Args:
        in_channels: the channels of the input.
        out_channels: those of the output.
        kernel_size: the size of the filters.
        stride: the stride of the convolution that is reversed.
        padding: its padding.
        output_padding: pixels added at the end of each axis.
        groups: its groups.
        bias: whether there is one.
        dilation: its dilation.
        padding_mode: "zeros".
        device: as of Conv2d.
        dtype: as of Conv2d.

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size).
        bias: (out_channels,), or None.

    Raises:
        ArgumentError: groups that do not divide the channels.
    """

    axes = 2
    function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """Runs a convolution of three axes backwards; arguments as of ConvTranspose2d."""

    axes = 3
    function = staticmethod(F.conv_transpose3d)
