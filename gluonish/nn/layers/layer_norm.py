"""Normalisation of each example by itself, without running statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.layers.common import Layer, new_parameter, reset_affine
from gluonish.tensors import Tensor

__all__ = [
    "GroupNorm",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


# -- without running statistics -----------------------------------------------------------------------------


def _as_shape(value: int | Sequence[int]) -> tuple[int, ...]:
    return (int(value),) if hasattr(value, "__index__") else tuple(value)


class LayerNorm(Layer):
    """Normalises over the last axes: Ba, Kiros and Hinton, Layer normalization (2016).

    Args:
        normalized_shape: the sizes of these axes; one number for one axis.
        eps: added to the variance.
        elementwise_affine: whether there are weight and bias, of that shape.
        bias: whether there is a bias with the weight.
        device: as of Linear.
        dtype: as of Linear.

    Attributes:
        weight: 1 at first; or None.
        bias: 0 at first; or None.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter("weight", new_parameter(shape, device, dtype) if elementwise_affine else None)
        self.register_parameter(
            "bias", new_parameter(shape, device, dtype) if elementwise_affine and bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        reset_affine(self)

    def forward(self, input: Any) -> Tensor:
        """Normalise."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the arguments."""
        affine = f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class RMSNorm(Layer):
    """Divides by the root of the mean square over the last axes: Zhang and Sennrich (2019).

    Args:
        normalized_shape: the sizes of these axes; one number for one axis.
        eps: added to the mean square; the resolution of the dtype if None.
        elementwise_affine: whether there is a weight, of that shape.
        device: as of Linear.
        dtype: as of Linear.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight", new_parameter(self.normalized_shape, device, dtype) if elementwise_affine else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Any) -> Tensor:
        """Normalise."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Layer):
    """Normalises groups of channels of each example: Wu and He, Group normalization (2018).

    Args:
        num_groups: the number of groups.
        num_channels: the number of channels, axis 1.
        eps: added to the variance.
        affine: whether there are weight and bias, one of each for each channel.
        device: as of Linear.
        dtype: as of Linear.
        bias: whether there is a bias with the weight.

    Raises:
        ArgumentError: the groups do not divide the channels.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ArgumentError(
                "GroupNorm",
                "cannot share out its channels",
                expected=f"a multiple of {num_groups}",
                received=num_channels,
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, is_there in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, new_parameter((num_channels,), device, dtype) if is_there else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        reset_affine(self)

    def forward(self, input: Any) -> Tensor:
        """Normalise."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the arguments."""
        first = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{first}, bias={self.bias is not None}"


class LocalResponseNorm(Layer):
    """Divides by a power of the mean square of neighbouring channels: Krizhevsky et al. (2012).

    Args:
        size: how many channels are neighbours.
        alpha: the factor on the mean square.
        beta: the power.
        k: added to the mean square.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Tensor:
        """Normalise."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
