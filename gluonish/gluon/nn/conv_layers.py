"""Convolution and pooling.

The layers for one, two and three dimensions differ in their defaults only; ``_Conv`` and ``_Pooling`` are the
layers.
"""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.activations import Activation
from gluonish.gluon.nn.arguments import as_count, as_sizes

__all__ = [
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
]

LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def _checked_layout(layer: str, layout: str, ndim: int) -> str:
    if layout not in LAYOUTS[ndim]:
        raise ArgumentError(
            layer,
            "has an unknown layout",
            expected=" or ".join(map(repr, LAYOUTS[ndim])),
            received=repr(layout),
        )
    return layout


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
        layout: the order of axes.
        in_channels: the number of input channels; found in the first forward pass if 0.
        activation: the name of an activation, or None.
        use_bias: whether there is a bias.
        weight_initializer: of the weight, (channels, in_channels / groups, *kernel_size); in layouts with the
            channels last, (channels, *kernel_size, in_channels / groups).
        bias_initializer: of the bias, (channels,).
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
        strides: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        layout: str,
        in_channels: int = 0,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind, ndim = type(self).__name__, self.ndim
        groups = as_count(kind, "number of groups", groups, 1)
        channels = _divided(kind, "channels", as_count(kind, "number of channels", channels, 1), groups)
        in_channels = _divided(kind, "in_channels", as_count(kind, "in_channels", in_channels, 0), groups)
        kernel = as_sizes(kind, "kernel_size", kernel_size, ndim, 1)
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
            "layout": _checked_layout(kind, layout, ndim),
        }
        inner = in_channels // groups
        shape = (channels, inner, *kernel) if layout[1] == "C" else (channels, *kernel, inner)
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

    def _alias(self) -> str:
        return "conv"

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Convolve, add, activate."""
        out = F.Convolution(x, weight, bias, name="fwd", **self._kwargs)
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        kernel, given = self._kwargs["kernel"], self._kwargs
        channels_at = 1 if str(given["layout"])[1] == "C" else -1
        assert self.weight.shape is not None
        inner = self.weight.shape[channels_at] * int(given["num_group"])  # type: ignore[call-overload]
        parts = [
            f"{inner or None} -> {self._channels}",
            f"kernel_size={kernel}",
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


class Conv1D(_Conv):
    """A convolution over one dimension; input (N, C, W). Arguments: see Conv2D, with one size each."""

    ndim = 1

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        layout: str = "NCW",
        **kwargs: Any,
    ) -> None:
        super().__init__(channels, kernel_size, strides, padding, dilation, groups, layout, **kwargs)


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
        layout: ``"NCHW"`` or ``"NHWC"``.
        kwargs: ``in_channels`` (found in the first forward pass if 0), ``activation``, ``use_bias``,
            ``weight_initializer``, ``bias_initializer``, ``prefix``, ``params``.

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

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: Any = (0, 0),
        dilation: Any = (1, 1),
        groups: int = 1,
        layout: str = "NCHW",
        **kwargs: Any,
    ) -> None:
        super().__init__(channels, kernel_size, strides, padding, dilation, groups, layout, **kwargs)


class Conv3D(_Conv):
    """A convolution over three dimensions; input (N, C, D, H, W). Arguments: see Conv2D."""

    ndim = 3

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: Any = (0, 0, 0),
        dilation: Any = (1, 1, 1),
        groups: int = 1,
        layout: str = "NCDHW",
        **kwargs: Any,
    ) -> None:
        super().__init__(channels, kernel_size, strides, padding, dilation, groups, layout, **kwargs)


class _Pooling(HybridBlock):
    """Pooling over ``ndim`` dimensions.

    Args:
        pool_size: the sizes of the window.
        strides: the steps; those of the window if None.
        padding: added on both sides.
        ceil_mode: whether a last, incomplete window counts.
        layout: the order of axes.
        count_include_pad: whether an average counts the padding; None for a maximum.
        global_pool: whether the window is the whole input.
        prefix: as of Block.
        params: as of Block.
    """

    ndim = 0
    pool_type = "max"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any,
        ceil_mode: bool,
        layout: str,
        count_include_pad: bool | None = None,
        global_pool: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind, ndim = type(self).__name__, self.ndim
        kernel = as_sizes(kind, "pool_size", pool_size, ndim, 1)
        self._kwargs = {
            "kernel": kernel,
            "stride": kernel if strides is None else as_sizes(kind, "strides", strides, ndim, 1),
            "pad": as_sizes(kind, "padding", padding, ndim, 0),
            "global_pool": global_pool,
            "pool_type": self.pool_type,
            "pooling_convention": "full" if ceil_mode else "valid",
            "layout": _checked_layout(kind, layout, ndim),
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Pool."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        given = self._kwargs
        return (
            f"{type(self).__name__}(size={given['kernel']}, stride={given['stride']}, "
            f"padding={given['pad']}, ceil_mode={given['pooling_convention'] == 'full'}, "
            f"global_pool={given['global_pool']}, pool_type={given['pool_type']}, "
            f"layout={given['layout']})"
        )


class _MaxPool(_Pooling):
    """The maximum of each window."""

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        **kwargs: Any,
    ) -> None:
        layout = layout or LAYOUTS[self.ndim][0]
        super().__init__(pool_size, strides, padding, ceil_mode, layout, **kwargs)


class _AvgPool(_Pooling):
    """The average of each window."""

    pool_type = "avg"

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        layout: str | None = None,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        layout = layout or LAYOUTS[self.ndim][0]
        super().__init__(pool_size, strides, padding, ceil_mode, layout, count_include_pad, **kwargs)


class _GlobalPool(_Pooling):
    """Pooling with the whole input as the window; every dimension becomes 1."""

    def __init__(self, layout: str | None = None, **kwargs: Any) -> None:
        layout = layout or LAYOUTS[self.ndim][0]
        super().__init__(1, None, 0, ceil_mode=True, layout=layout, global_pool=True, **kwargs)


class MaxPool1D(_MaxPool):
    """The maximum of each window; input (N, C, W). Arguments: see MaxPool2D."""

    ndim = 1


class MaxPool2D(_MaxPool):
    """The maximum of each window; input (N, C, H, W).

    Args:
        pool_size: the size of the window, one number or two.
        strides: the step; the window's size if None.
        padding: added on both sides; it is never the maximum.
        layout: ``"NCHW"`` or ``"NHWC"``.
        ceil_mode: whether a last, incomplete window counts.
        kwargs: ``prefix``, ``params``.
    """

    ndim = 2


class MaxPool3D(_MaxPool):
    """The maximum of each window; input (N, C, D, H, W). Arguments: see MaxPool2D."""

    ndim = 3


class AvgPool1D(_AvgPool):
    """The average of each window; input (N, C, W). Arguments: see AvgPool2D."""

    ndim = 1


class AvgPool2D(_AvgPool):
    """The average of each window; input (N, C, H, W).

    Args:
        pool_size: the size of the window, one number or two.
        strides: the step; the window's size if None.
        padding: zeros added on both sides.
        ceil_mode: whether a last, incomplete window counts.
        layout: ``"NCHW"`` or ``"NHWC"``.
        count_include_pad: whether the padding counts among the elements.
        kwargs: ``prefix``, ``params``.
    """

    ndim = 2


class AvgPool3D(_AvgPool):
    """The average of each window; input (N, C, D, H, W). Arguments: see AvgPool2D."""

    ndim = 3


class GlobalMaxPool1D(_GlobalPool):
    """The maximum of each channel; input (N, C, W)."""

    ndim = 1


class GlobalMaxPool2D(_GlobalPool):
    """The maximum of each channel; input (N, C, H, W)."""

    ndim = 2


class GlobalMaxPool3D(_GlobalPool):
    """The maximum of each channel; input (N, C, D, H, W)."""

    ndim = 3


class GlobalAvgPool1D(_GlobalPool):
    """The average of each channel; input (N, C, W)."""

    ndim = 1
    pool_type = "avg"


class GlobalAvgPool2D(_GlobalPool):
    """The average of each channel; input (N, C, H, W)."""

    ndim = 2
    pool_type = "avg"


class GlobalAvgPool3D(_GlobalPool):
    """The average of each channel; input (N, C, D, H, W)."""

    ndim = 3
    pool_type = "avg"
