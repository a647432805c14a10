"""Convolutions over windows that they deform themselves."""

from __future__ import annotations

from functools import partial
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.activations import Activation
from gluonish.gluon.nn.arguments import as_count, as_sizes
from gluonish.gluon.parameter import Parameter

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]


class _Deformable(HybridBlock):
    """What both layers share: two convolutions, of which the first says where the second looks.

    The arguments are those of the layers; ``numbers`` is how many numbers there are per point of a window.
    """

    numbers = 2
    weights_first = False
    deformable_conv_weight: Parameter
    deformable_conv_bias: Parameter | None
    settled_by = {"offset_weight": "in_channels", "deformable_conv_weight": "in_channels"}  # noqa: RUF012

    def __init__(
        self,
        channels: int,
        kernel_size: Any = (1, 1),
        strides: Any = (1, 1),
        padding: Any = (0, 0),
        dilation: Any = (1, 1),
        groups: int = 1,
        num_deformable_group: int = 1,
        layout: str = "NCHW",
        use_bias: bool = True,
        in_channels: int = 0,
        activation: str | None = None,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        offset_weight_initializer: Any = "zeros",
        offset_bias_initializer: Any = "zeros",
        offset_use_bias: bool = True,
        op_name: str | None = None,
        adj: Any = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        del adj  # of transposed convolutions, which these are not
        kind = type(self).__name__
        if layout != "NCHW":
            raise ArgumentError(kind, "has no such layout", expected="'NCHW'", received=repr(layout))
        kernel = as_sizes(kind, "kernel_size", kernel_size, 2, 1)
        moved = as_count(kind, "num_deformable_group", num_deformable_group, 1)
        self._channels = as_count(kind, "number of channels", channels, 1)
        self._in_channels = as_count(kind, "in_channels", in_channels, 0)
        self._op_name = op_name or kind
        window = {
            "kernel": kernel,
            "stride": as_sizes(kind, "strides", strides, 2, 1),
            "dilate": as_sizes(kind, "dilation", dilation, 2, 1),
            "pad": as_sizes(kind, "padding", padding, 2, 0),
            "num_group": as_count(kind, "number of groups", groups, 1),
            "layout": layout,
        }
        self._offsets = 2 * moved * kernel[0] * kernel[1]
        count = self.numbers * moved * kernel[0] * kernel[1]
        self._kwargs_offset = {**window, "num_filter": count, "no_bias": not offset_use_bias}
        self._kwargs_deformable_conv = {
            **window,
            "num_filter": self._channels,
            "num_deformable_group": moved,
            "no_bias": not use_bias,
        }
        inner = (self._in_channels // groups, *kernel)
        made = [
            ("offset", (count, *inner), offset_weight_initializer, offset_bias_initializer),
            ("deformable_conv", (self._channels, *inner), weight_initializer, bias_initializer),
        ]
        has_bias = {"offset": offset_use_bias, "deformable_conv": use_bias}
        with self.name_scope():
            for name, shape, *initializers in reversed(made) if self.weights_first else made:
                self._make(name, shape, *initializers, bias=has_bias[name])
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    def _make(self, name: str, shape: tuple[int, ...], of_weight: Any, of_bias: Any, *, bias: bool) -> None:
        """Make the weight of a convolution, and the bias if it has one."""
        get = partial(self.params.get, allow_deferred_init=True)
        setattr(self, f"{name}_weight", get(f"{name}_weight", shape=shape, init=of_weight))
        made = get(f"{name}_bias", shape=shape[:1], init=of_bias) if bias else None
        setattr(self, f"{name}_bias", made)

    def hybrid_forward(
        self,
        F: Any,
        x: Any,
        offset_weight: Any,
        deformable_conv_weight: Any,
        offset_bias: Any = None,
        deformable_conv_bias: Any = None,
    ) -> Any:
        """Find the offsets, convolve where they lead, activate."""
        found = F.Convolution(x, offset_weight, offset_bias, **self._kwargs_offset)
        convolve = getattr(F.contrib, self._op_name)
        moves = self._moves(F, found)
        out = convolve(
            x,
            *moves,
            deformable_conv_weight,
            deformable_conv_bias,
            name="fwd",
            **self._kwargs_deformable_conv,
        )
        return out if self.act is None else self.act(out)

    def _moves(self, F: Any, found: Any) -> tuple[Any, ...]:
        """Return what the convolution takes of what the first one has found."""
        del F
        return (found,)

    def __repr__(self) -> str:
        given = self._kwargs_deformable_conv
        assert self.deformable_conv_weight.shape is not None
        inputs = self.deformable_conv_weight.shape[1] * int(given["num_group"])  # type: ignore[call-overload]
        parts = [
            f"{inputs or None} -> {self._channels}",
            f"kernel_size={given['kernel']}",
            f"stride={given['stride']}",
        ]
        neutral = {"pad": ("padding", (0, 0)), "dilate": ("dilation", (1, 1)), "num_group": ("groups", 1)}
        parts += [f"{name}={given[key]}" for key, (name, none) in neutral.items() if given[key] != none]
        parts += ["bias=False"] if self.deformable_conv_bias is None else []
        parts += [] if self.act is None else [repr(self.act)]
        return f"{type(self).__name__}({', '.join(parts)})"


class DeformableConvolution(_Deformable):
    """A convolution of images whose windows are deformed: a convolution of its own says how.

    Dai et al., Deformable Convolutional Networks (2017).

    Args:
        channels: the number of output channels.
        kernel_size: the sizes of the kernel.
        strides: the steps.
        padding: zeros added on both sides.
        dilation: the distances between points of the kernel.
        groups: the number of groups that channels are divided into.
        num_deformable_group: the number of groups of channels that have offsets of their own.
        layout: the order of axes, "NCHW".
        use_bias: whether there is a bias.
        in_channels: the number of input channels; found in the first forward pass if 0.
        activation: the name of an activation, or None.
        weight_initializer: of the weight, (channels, in_channels / groups, *kernel_size).
        bias_initializer: of the bias, (channels,).
        offset_weight_initializer: of the weight that finds offsets; zeros, which begin undeformed.
        offset_bias_initializer: of its bias.
        offset_use_bias: whether it has one.
        op_name: the operator that convolves.
        adj: accepted and ignored.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, or another layout.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.contrib.cnn.DeformableConvolution(4, kernel_size=(3, 3), padding=(1, 1))
        >>> layer.initialize()
        >>> layer(mx.nd.ones((2, 3, 5, 5))).shape
        (2, 4, 5, 5)
    """

    def _alias(self) -> str:
        return "deformable_conv"


class ModulatedDeformableConvolution(_Deformable):
    """A deformable convolution that also says how much every point counts, from 0 to 2.

    Zhu et al., Deformable ConvNets v2 (2019). The arguments are those of ``DeformableConvolution``.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.contrib.cnn.ModulatedDeformableConvolution(4, kernel_size=(3, 3))
        >>> layer.initialize()
        >>> layer(mx.nd.ones((2, 3, 5, 5))).shape
        (2, 4, 3, 3)
    """

    numbers = 3
    weights_first = True

    def _alias(self) -> str:
        return "modulated_deformable_conv"

    def _moves(self, F: Any, found: Any) -> tuple[Any, ...]:
        offset = F.slice_axis(found, axis=1, begin=0, end=self._offsets)
        mask = F.slice_axis(found, axis=1, begin=self._offsets, end=None)
        return offset, F.sigmoid(mask) * 2
