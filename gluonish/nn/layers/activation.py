"""Activations, as layers: each is the function of ``nn.functional`` of its name, with the same arguments."""

from __future__ import annotations

from typing import Any

from gluonish.nn import functional as F
from gluonish.nn import init
from gluonish.nn.functional.arguments import tensor_of
from gluonish.nn.layers.common import FunctionLayer, Layer, new_parameter
from gluonish.tensors import Tensor

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _InPlace(FunctionLayer):
    """An activation that torch can compute in place. Here results are tensors of their own in any case."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class ReLU(_InPlace):
    """Sets what is negative to 0.

    Args:
        inplace: accepted; the result is a tensor of its own.

    Example:
        >>> from gluonish import Tensor, nn
        >>> nn.ReLU()(Tensor([-1.0, 2.0]))
        Tensor([0.0, 2.0], grad=None)
    """

    function = staticmethod(F.relu)


class ReLU6(_InPlace):
    """Limits elements to [0, 6]."""

    function = staticmethod(F.relu6)


class SELU(_InPlace):
    """The self-normalising unit: an ELU with fixed scales."""

    function = staticmethod(F.selu)


class SiLU(_InPlace):
    """Returns x * sigmoid(x)."""

    function = staticmethod(F.silu)


class Mish(_InPlace):
    """Returns x * tanh(log(1 + exp(x)))."""

    function = staticmethod(F.mish)


class Hardsigmoid(_InPlace):
    """Returns x / 6 + 1/2, limited to [0, 1]."""

    function = staticmethod(F.hardsigmoid)
    unsaid = ("inplace",)


class Hardswish(_InPlace):
    """Returns x * hardsigmoid(x)."""

    function = staticmethod(F.hardswish)
    unsaid = ("inplace",)


class _Plain(FunctionLayer):
    """An activation without arguments."""

    def __init__(self) -> None:
        super().__init__()


class Sigmoid(_Plain):
    """Returns 1 / (1 + exp(-x))."""

    function = staticmethod(F.sigmoid)


class Tanh(_Plain):
    """Returns the hyperbolic tangent."""

    function = staticmethod(F.tanh)


class LogSigmoid(_Plain):
    """Returns log(1 / (1 + exp(-x)))."""

    function = staticmethod(F.logsigmoid)


class Softsign(_Plain):
    """Returns x / (1 + |x|)."""

    function = staticmethod(F.softsign)


class Tanhshrink(_Plain):
    """Returns x - tanh(x)."""

    function = staticmethod(F.tanhshrink)


class GELU(FunctionLayer):
    """Returns x times the normal distribution's probability of less than x.

    Args:
        approximate: "tanh" for the authors' approximation.
    """

    function = staticmethod(F.gelu)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class ELU(FunctionLayer):
    """Returns x where it is positive, else alpha * (exp(x) - 1)."""

    function = staticmethod(F.elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class CELU(FunctionLayer):
    """Returns x where it is positive, else alpha * (exp(x / alpha) - 1)."""

    function = staticmethod(F.celu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class LeakyReLU(FunctionLayer):
    """Returns x where it is positive, else x * negative_slope."""

    function = staticmethod(F.leaky_relu)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class RReLU(FunctionLayer):
    """Returns x where it is positive, else x times a slope, drawn while training, else the mean one."""

    function = staticmethod(F.rrelu)

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Any) -> Tensor:
        """Apply it."""
        return F.rrelu(input, self.lower, self.upper, self.acts_as_training)


class PReLU(Layer):
    """Returns x where it is positive, else x times a slope that is learned.

    Args:
        num_parameters: 1, or the number of channels, axis 1, for a slope for each.
        init: the first slope.
        device: as of Linear.
        dtype: as of Linear.
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = new_parameter((num_parameters,), device, dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to the first one."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Tensor:
        """Apply it."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return f"num_parameters={self.num_parameters}"


class Softplus(FunctionLayer):
    """Returns log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold."""

    function = staticmethod(F.softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class _Shrink(FunctionLayer):
    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """Return the threshold."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """Returns x, 0 where |x| is at most lambd."""

    function = staticmethod(F.hardshrink)


class Softshrink(_Shrink):
    """Returns x moved by lambd towards 0."""

    function = staticmethod(F.softshrink)


class Threshold(FunctionLayer):
    """Returns x, and a value where x is not above the threshold."""

    function = staticmethod(F.threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class Hardtanh(FunctionLayer):
    """Limits elements to [min_val, max_val]."""

    function = staticmethod(F.hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class GLU(FunctionLayer):
    """Returns the first half along an axis times the sigmoid of the second."""

    function = staticmethod(F.glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)


class _AlongAxis(FunctionLayer):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)


class Softmax(_AlongAxis):
    """Returns exp(x) divided by its sum along an axis.

    Args:
        dim: the axis.
    """

    function = staticmethod(F.softmax)


class Softmin(_AlongAxis):
    """Returns the softmax of -x along an axis."""

    function = staticmethod(F.softmin)


class LogSoftmax(_AlongAxis):
    """Returns the logarithm of the softmax along an axis."""

    function = staticmethod(F.log_softmax)


class Softmax2d(_Plain):
    """Returns the softmax over the channels of images, (batch, channels, height, width) or without batch."""

    def forward(self, input: Any) -> Tensor:
        """Apply it."""
        return F.softmax(tensor_of(input, "Softmax2d"), -3)
