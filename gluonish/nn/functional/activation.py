"""Activation functions."""

from __future__ import annotations

import math
from typing import Any

from gluonish.engine.mode import ModeScope
from gluonish.nn.functional.arguments import beside, check_choice, run, tensor_of
from gluonish.tensors import Tensor, functions
from gluonish.tensors.functions import where

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]

# ``inplace`` is accepted for torch's sake: results are always tensors of their own.


def relu(input: Any, inplace: bool = False) -> Tensor:
    """Return the elements, 0 where they are negative.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.relu(Tensor([-1.0, 2.0]))
        Tensor([0.0, 2.0], grad=None)
    """
    return run("relu", tensor_of(input, "relu"))


def sigmoid(input: Any) -> Tensor:
    """Return 1 / (1 + exp(-x))."""
    return run("sigmoid", tensor_of(input, "sigmoid"))


def tanh(input: Any) -> Tensor:
    """Return the hyperbolic tangent."""
    return run("tanh", tensor_of(input, "tanh"))


def logsigmoid(input: Any) -> Tensor:
    """Return log(1 / (1 + exp(-x))), without overflow."""
    return -run("Activation", -tensor_of(input, "logsigmoid"), act_type="softrelu")


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """Return x times the normal distribution's probability of less than x: Hendrycks and Gimpel (2016).

    Args:
        input: the tensor.
        approximate: "tanh" for the authors' approximation, which older networks were trained with.

    Raises:
        ArgumentError: another approximation.
    """
    x = tensor_of(input, "gelu")
    check_choice(approximate, ("none", "tanh"), "approximation", "gelu")
    if approximate == "none":
        return run("LeakyReLU", x, act_type="gelu")
    return x * 0.5 * (run("tanh", (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) + 1)


def silu(input: Any, inplace: bool = False) -> Tensor:
    """Return x * sigmoid(x): Elfwing, Uchibe and Doya (2018)."""
    x = tensor_of(input, "silu")
    return x * run("sigmoid", x)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """Return x * tanh(log(1 + exp(x))): Misra (2019)."""
    x = tensor_of(input, "mish")
    return x * run("tanh", run("Activation", x, act_type="softrelu"))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else alpha * (exp(x) - 1): Clevert et al. (2016)."""
    return run("LeakyReLU", tensor_of(input, "elu"), act_type="elu", slope=alpha)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else alpha * (exp(x / alpha) - 1): Barron (2017)."""
    return run("LeakyReLU", tensor_of(input, "celu") / alpha, act_type="elu", slope=1.0) * alpha


def selu(input: Any, inplace: bool = False) -> Tensor:
    """Return the self-normalising unit: an ELU with fixed scales, Klambauer et al. (2017)."""
    return run("LeakyReLU", tensor_of(input, "selu"), act_type="selu")


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else x * negative_slope: Maas et al. (2013)."""
    return run("LeakyReLU", tensor_of(input, "leaky_relu"), act_type="leaky", slope=negative_slope)


def prelu(input: Any, weight: Any) -> Tensor:
    """Return x where it is positive, else x times a weight: He et al. (2015).

    Args:
        input: the tensor.
        weight: one slope, or one for each channel, axis 1.
    """
    x = tensor_of(input, "prelu")
    return run("LeakyReLU", x, beside(weight, x, "prelu"), act_type="prelu")


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Return x where it is positive, else x times a slope, random while training: Xu et al. (2015).

    Args:
        input: the tensor.
        lower: the least slope.
        upper: the largest slope.
        training: draw a slope for each element; otherwise all have the mean.
        inplace: accepted; the result is a tensor of its own.
    """
    x = tensor_of(input, "rrelu")
    if not training:
        return leaky_relu(x, (lower + upper) / 2)
    with ModeScope(training=True):
        return run("LeakyReLU", x, act_type="rrelu", lower_bound=lower, upper_bound=upper)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold."""
    x = tensor_of(input, "softplus")
    scaled = x * beta
    return where(scaled > threshold, x, run("Activation", scaled, act_type="softrelu") / beta)


def softsign(input: Any) -> Tensor:
    """Return x / (1 + |x|)."""
    return run("softsign", tensor_of(input, "softsign"))


def tanhshrink(input: Any) -> Tensor:
    """Return x - tanh(x)."""
    x = tensor_of(input, "tanhshrink")
    return x - run("tanh", x)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Return x, 0 where |x| is at most lambd."""
    x = tensor_of(input, "hardshrink")
    return where(functions.logical_and(x >= -lambd, x <= lambd), 0.0, x)


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Return x moved by lambd towards 0, and 0 where it would pass it."""
    x = tensor_of(input, "softshrink")
    return where(x > lambd, x - lambd, where(x < -lambd, x + lambd, 0.0 * x))


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return x, and a value where x is not above the threshold."""
    x = tensor_of(input, "threshold")
    return where(x > threshold, x, value)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x limited to [min_val, max_val]; at the limits its gradient is 0."""
    x = tensor_of(input, "hardtanh")
    return where(x <= min_val, min_val, where(x >= max_val, max_val, x))


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """Return x limited to [0, 6]."""
    return hardtanh(input, 0.0, 6.0)


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """Return x / 6 + 1/2, limited to [0, 1]."""
    return hardtanh(tensor_of(input, "hardsigmoid") / 6 + 0.5, 0.0, 1.0)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """Return x * hardsigmoid(x): Howard et al. (2019)."""
    x = tensor_of(input, "hardswish")
    return x * hardsigmoid(x)


def glu(input: Any, dim: int = -1) -> Tensor:
    """Return the first half along an axis times the sigmoid of the second: Dauphin et al. (2017).

    Raises:
        ShapeMismatchError: the axis has an odd size.
    """
    x = tensor_of(input, "glu")
    value, gate = run("SliceChannel", x, num_outputs=2, axis=dim % x.ndim)
    return value * run("sigmoid", gate)


def softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Return exp(x) divided by its sum along an axis.

    Args:
        input: the tensor.
        dim: the axis; of at most one axis, and of three, the first, else the second, if it is not given.
        dtype: the element type to compute in.
    """
    x = _cast(tensor_of(input, "softmax"), dtype)
    return functions.softmax(x, _axis(x, dim))


def softmin(input: Any, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Return the softmax of -x; arguments as of ``softmax``."""
    return softmax(-tensor_of(input, "softmin"), dim, dtype)


def log_softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Return the logarithm of the softmax, without loss of precision; arguments as of ``softmax``."""
    x = _cast(tensor_of(input, "log_softmax"), dtype)
    return functions.log_softmax(x, _axis(x, dim))


def _cast(x: Tensor, dtype: Any) -> Tensor:
    return x if dtype is None else x.to(dtype=dtype)


def _axis(x: Tensor, dim: int | None) -> int:
    if dim is None:
        return 0 if x.ndim in (0, 1, 3) else 1
    return dim


def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Draw from categories so that gradients pass: Jang et al., Gumbel-softmax (2017).

    Args:
        logits: logarithms of probabilities, up to a constant.
        tau: the temperature; the lower, the nearer are draws to one category.
        hard: return a 1 at the largest element and 0 elsewhere, with the gradient of the soft draw.
        eps: accepted, as in torch; it means nothing.
        dim: the axis of the categories.

    Returns:
        The shape of the logits; sums along the axis are 1.
    """
    x = tensor_of(logits, "gumbel_softmax")
    uniform = run("_random_uniform", shape=x.shape, low=1e-20, high=1.0, dtype=x.dtype, ctx=x.context)
    noise = -functions.log(-functions.log(uniform._as(Tensor)))
    soft = softmax((x + noise) / tau, dim)
    if not hard:
        return soft
    largest = functions.argmax(soft, dim, keepdim=True)
    chosen = functions.scatter(soft.detach() * 0, dim, largest, 1.0)
    return chosen - soft.detach() + soft
