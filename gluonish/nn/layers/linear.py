"""Linear maps, and what changes shapes only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.functional.arguments import tensor_of
from gluonish.nn.layers.common import Layer, Lazy, new_parameter
from gluonish.nn.parameter import UninitializedParameter
from gluonish.tensors import Tensor, functions

__all__ = ["Bilinear", "Flatten", "Identity", "LazyLinear", "Linear", "Unflatten"]


class Identity(Layer):
    """Returns its input; takes, and ignores, any arguments.

    Example:
        >>> from gluonish import Tensor, nn
        >>> nn.Identity(54, unused=True)(Tensor([1.0]))
        Tensor([1.0], grad=None)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return the input."""
        return input


class Linear(Layer):
    """Returns ``x @ weight.T + bias``, for the last axis of the input.

    Args:
        in_features: the size of that axis.
        out_features: what it becomes.
        bias: whether there is one.
        device: where the parameters are: a device, or a list of them.
        dtype: their element type; float32 if None.

    Attributes:
        weight: (out_features, in_features), drawn uniformly up to 1 / sqrt(in_features).
        bias: (out_features,), drawn likewise; or None.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> nn.Linear(20, 30)(torch.randn(128, 20)).shape
        (128, 30)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = new_parameter((out_features, in_features), device, dtype)
        self.register_parameter("bias", new_parameter((out_features,), device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Tensor:
        """Multiply and add."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class LazyLinear(Lazy, Linear):
    """A Linear that learns in_features from its first input.

    Args:
        out_features: as of Linear.
        bias: as of Linear.
        device: as of Linear.
        dtype: as of Linear.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> layer = nn.LazyLinear(3)
        >>> layer(torch.ones(2, 5)).shape, layer
        ((2, 3), Linear(in_features=5, out_features=3, bias=True))
    """

    becomes = Linear
    learns = "in_features"

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        Layer.__init__(self)
        self.in_features = 0
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.register_parameter("bias", UninitializedParameter(device=device, dtype=dtype) if bias else None)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of weight and bias."""
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}


class Bilinear(Layer):
    """Returns, for each output k, ``x1 @ weight[k] @ x2 + bias[k]``.

    Args:
        in1_features: the size of the first input's last axis.
        in2_features: that of the second one's.
        out_features: that of the output's.
        bias: whether there is one.
        device: as of Linear.
        dtype: as of Linear.

    Attributes:
        weight: (out_features, in1_features, in2_features), drawn uniformly up to 1 / sqrt(in1_features).
        bias: (out_features,), drawn likewise; or None.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = new_parameter((out_features, in1_features, in2_features), device, dtype)
        self.register_parameter("bias", new_parameter((out_features,), device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for _, parameter in self.named_parameters(recurse=False):
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Tensor:
        """Multiply and add."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Flatten(Layer):
    """Makes one axis of several.

    Args:
        start_dim: the first of them.
        end_dim: the last.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Tensor:
        """Return the input in another shape."""
        return functions.flatten(tensor_of(input, "Flatten"), self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Layer):
    """Makes several axes of one.

    Args:
        dim: that axis.
        unflattened_size: their sizes; one may be -1.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Any) -> Tensor:
        """Return the input in another shape."""
        x = tensor_of(input, "Unflatten")
        axis = self.dim % x.ndim
        return functions.reshape(x, (*x.shape[:axis], *self.unflattened_size, *x.shape[axis + 1 :]))

    def extra_repr(self) -> str:
        """Return the axes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
