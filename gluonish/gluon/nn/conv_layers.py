"""Convolutions and their transposes.

The layers for one, two and three dimensions differ in their number of dimensions only; ``_Conv`` and
``_ConvTranspose`` are the layers.
"""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.activations import Activation
from gluonish.gluon.nn.arguments import LAYOUTS, as_count, as_sizes, checked_layout

__all__ = ["Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose"]


def _divided(layer: str, argument: str, count: int, groups: int) -> int:
    """Return a number of channels that groups can share evenly."""
    if count % groups:
        raise ArgumentError(
            layer,
            f"cannot divide its {argument} into groups",
            expected=f"a multiple of groups={groups}",
            received=count,
        )
    return count


class _Conv(HybridBlock):
    """A convolution over ``ndim`` dimensions.

    Args:
        channels: the number of output channels.
        kernel_size: the sizes of the kernel.
        strides: the steps.
        padding: zeros added on both sides.
        dilation: the distances between points of the kernel.
        groups: the number of groups that channels are divided into.
        layout: the order of axes; the one with the channels first if None.
        activation: the name of an activation, or None.
        use_bias: whether there is a bias.
        weight_initializer: of the weight, (channels, in_channels / groups, *kernel_size); in layouts with the
            channels last, (channels, *kernel_size, in_channels / groups).
        bias_initializer: of the bias, (channels,).
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, channels that the groups do not divide, or an unknown layout.
    """

    ndim = 0
    settled_by = {"weight": "in_channels"}  # noqa: RUF012

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind, ndim = type(self).__name__, self.ndim
        groups = as_count(kind, "number of groups", groups, 1)
        channels = _divided(kind, "channels", as_count(kind, "number of channels", channels, 1), groups)
        in_channels = _divided(kind, "in_channels", as_count(kind, "in_channels", in_channels, 0), groups)
        kernel = as_sizes(kind, "kernel_size", kernel_size, ndim, 1)
        layout = checked_layout(kind, layout or LAYOUTS[ndim][0], ndim)
        self._channels = channels
        self._in_channels = in_channels
        self._kwargs = {
            "kernel": kernel,
            "stride": as_sizes(kind, "strides", strides, ndim, 1),
            "dilate": as_sizes(kind, "dilation", dilation, ndim, 1),
            "pad": as_sizes(kind, "padding", padding, ndim, 0),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
            "layout": layout,
        }
        outer, inner = self._weight_channels(channels, in_channels, groups)
        shape = (outer, inner, *kernel) if layout[1] == "C" else (outer, *kernel, inner)
        with self.name_scope():
            self.weight = self.params.get(
                "weight", shape=shape, init=weight_initializer, allow_deferred_init=True
            )
            self.bias = (
                self.params.get("bias", shape=(channels,), init=bias_initializer, allow_deferred_init=True)
                if use_bias
                else None
            )
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    @staticmethod
    def _weight_channels(channels: int, in_channels: int, groups: int) -> tuple[int, int]:
        """Return the sizes of the weight's first axis and of its axis of channels."""
        return channels, in_channels // groups

    def _known_in_channels(self) -> int:
        """Return the number of input channels that the weight says; 0 for an unknown one."""
        assert self.weight.shape is not None
        inner = self.weight.shape[1 if str(self._kwargs["layout"])[1] == "C" else -1]
        return inner * int(self._kwargs["num_group"])  # type: ignore[call-overload]

    def _alias(self) -> str:
        return "conv"

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Convolve, add, activate."""
        out = F.Convolution(x, weight, bias, name="fwd", **self._kwargs)
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        given = self._kwargs
        parts = [
            f"{self._known_in_channels() or None} -> {self._channels}",
            f"kernel_size={given['kernel']}",
            f"stride={given['stride']}",
        ]
        neutral = {"pad": (0,) * self.ndim, "dilate": (1,) * self.ndim, "num_group": 1}
        names = {"pad": "padding", "dilate": "dilation", "num_group": "groups"}
        parts += [f"{names[k]}={given[k]}" for k, v in neutral.items() if given[k] != v]
        if self.bias is None:
            parts.append("bias=False")
        if self.act is not None:
            parts.append(repr(self.act))
        return f"{type(self).__name__}({', '.join(parts)})"


class _ConvTranspose(_Conv):
    """The transpose of a convolution over ``ndim`` dimensions.

    Args:
        channels: the number of output channels.
        kernel_size: the sizes of the kernel.
        strides: the steps of the convolution that it transposes, likewise the next two.
        padding: zeros that the convolution adds; the transpose takes as many elements off.
        output_padding: elements added at the end, less than the stride.
        dilation: the distances between points of the kernel.
        groups: as of ``_Conv``, likewise the next four.
        layout: see there.
        activation: see there.
        use_bias: see there.
        weight_initializer: of the weight, (in_channels, channels / groups, *kernel_size); in layouts with the
            channels last, (in_channels, *kernel_size, channels / groups).
        bias_initializer: of the bias, (channels,).
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: as of ``_Conv``, or an ``output_padding`` that is not less than the stride.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            in_channels,
            prefix,
            params,
        )
        kind = type(self).__name__
        adj = as_sizes(kind, "output_padding", output_padding, self.ndim, 0)
        stride = self._kwargs["stride"]
        if any(more >= step for more, step in zip(adj, stride, strict=True)):  # type: ignore[call-overload]
            raise ArgumentError(
                kind,
                "has an impossible output_padding",
                expected=f"less than strides={stride}",
                received=str(adj),
            )
        self._kwargs["adj"] = adj

    @staticmethod
    def _weight_channels(channels: int, in_channels: int, groups: int) -> tuple[int, int]:
        return in_channels, channels // groups

    def _known_in_channels(self) -> int:
        assert self.weight.shape is not None
        return self.weight.shape[0]

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Spread, add, activate."""
        out = F.Deconvolution(x, weight, bias, name="fwd", **self._kwargs)
        return out if self.act is None else self.act(out)


class Conv1D(_Conv):
    """A convolution over one dimension; input (N, C, W). Arguments: see Conv2D, with one size each."""

    ndim = 1


class Conv2D(_Conv):
    """A convolution over two dimensions; input (N, C, H, W).

    The output has ``channels`` channels and, along each dimension,
    floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 elements.

    Args:
        channels: the number of output channels.
        kernel_size: the size of the kernel, one number or two; likewise the next three.
        strides: the step.
        padding: zeros added on both sides.
        dilation: the distance between points of the kernel.
        groups: the number of groups that channels are divided into.
        layout: ``"NCHW"`` (the default) or ``"NHWC"``.
        activation: the name of an activation (see ``Activation``), or None.
        use_bias: whether there is a bias.
        weight_initializer: of the weight, (channels, in_channels / groups, *kernel_size), or with the
            channels last (channels, *kernel_size, in_channels / groups); the global one if None.
        bias_initializer: of the bias, (channels,).
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, channels that the groups do not divide, or an unknown layout.

    Example:
        >>> import gluonish as mx
        >>> conv = mx.gluon.nn.Conv2D(8, kernel_size=3, padding=1)
        >>> conv.initialize()
        >>> conv(mx.nd.ones((2, 3, 10, 10))).shape, conv.weight.shape
        ((2, 8, 10, 10), (8, 3, 3, 3))
    """

    ndim = 2


class Conv3D(_Conv):
    """A convolution over three dimensions; input (N, C, D, H, W). Arguments: see Conv2D."""

    ndim = 3


class Conv1DTranspose(_ConvTranspose):
    """A transposed convolution over one dimension; input (N, C, W). Arguments: see Conv2DTranspose."""

    ndim = 1


class Conv2DTranspose(_ConvTranspose):
    """A transposed convolution over two dimensions, which enlarges images; input (N, C, H, W).

    It maps an output of the convolution with the same arguments to something of the shape of its input:
    Zeiler et al., Deconvolutional networks (2010). Along each dimension the output has
    (size - 1) stride - 2 padding + dilation (kernel - 1) + 1 + output_padding elements.

    Args:
        channels: the number of output channels.
        kernel_size: the size of the kernel, one number or two; likewise the next four.
        strides: how far neighbours of the input are apart in the output.
        padding: the number of elements to take off on both sides.
        output_padding: the number of elements to add at the end, less than the stride.
        dilation: the distance between points of the kernel.
        groups: the number of groups that channels are divided into.
        layout: ``"NCHW"`` (the default) or ``"NHWC"``.
        activation: the name of an activation (see ``Activation``), or None.
        use_bias: whether there is a bias.
        weight_initializer: of the weight, (in_channels, channels / groups, *kernel_size), or with the
            channels last (in_channels, *kernel_size, channels / groups); the global one if None.
        bias_initializer: of the bias, (channels,).
        in_channels: the number of input channels; found in the first forward pass if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, an ``output_padding`` that is not less than the stride, channels
            that the groups do not divide, or an unknown layout.

    Example:
        >>> import gluonish as mx
        >>> enlarge = mx.gluon.nn.Conv2DTranspose(8, kernel_size=4, strides=2, padding=1)
        >>> enlarge.initialize()
        >>> enlarge(mx.nd.ones((2, 3, 5, 5))).shape, enlarge.weight.shape
        ((2, 8, 10, 10), (3, 8, 4, 4))
    """

    ndim = 2


class Conv3DTranspose(_ConvTranspose):
    """A transposed convolution over three dimensions; input (N, C, D, H, W). See Conv2DTranspose."""

    ndim = 3
