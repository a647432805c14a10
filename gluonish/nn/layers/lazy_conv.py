"""Convolutions that learn the number of their channels from the first input."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn.functional.arguments import tensor_of
from gluonish.nn.layers.common import Lazy
from gluonish.nn.layers.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from gluonish.nn.parameter import UninitializedParameter
from gluonish.tensors import Tensor

__all__ = [
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


# -- lazy forms -------------------------------------------------------------------------------------------


class _LazyConv(Lazy):
    """A convolution that learns in_channels from its first input; other arguments as of what it becomes."""

    learns = "in_channels"
    weight: Any

    def __init__(self, out_channels: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, out_channels, kernel_size, *args, **kwargs)  # type: ignore[call-arg]

    def _add_parameters(self, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.register_parameter("bias", UninitializedParameter(device=device, dtype=dtype) if bias else None)

    def size_of(self, x: Tensor) -> int:
        """Return the channels of an input."""
        return x.shape[-self.axes - 1]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of weight and bias."""
        return {"weight": self._weight_shape(), "bias": (self.out_channels,)}

    def initialize_parameters(self, input: Any) -> None:
        """Give the parameters their shapes and first values.

        Raises:
            ArgumentError: the groups do not divide the channels.
        """
        channels = self.size_of(tensor_of(input, type(self).__name__))
        if channels % self.groups:
            raise ArgumentError(
                type(self).__name__,
                "cannot share out the channels to its groups",
                received=f"{channels} channels",
            )
        super().initialize_parameters(input)


class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d that learns in_channels from its first input; other arguments as of Conv1d."""

    becomes = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d that learns in_channels from its first input; other arguments as of Conv2d.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> layer = nn.LazyConv2d(8, kernel_size=3)
        >>> layer(torch.ones(1, 3, 5, 5)).shape, layer.weight.shape
        ((1, 8, 3, 3), (8, 3, 3, 3))
    """

    becomes = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d that learns in_channels from its first input; other arguments as of Conv3d."""

    becomes = Conv3d


class LazyConvTranspose1d(_LazyConv, ConvTranspose1d):
    """A ConvTranspose1d that learns in_channels from its first input; other arguments as of it."""

    becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyConv, ConvTranspose2d):
    """A ConvTranspose2d that learns in_channels from its first input; other arguments as of it."""

    becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyConv, ConvTranspose3d):
    """A ConvTranspose3d that learns in_channels from its first input; other arguments as of it."""

    becomes = ConvTranspose3d
