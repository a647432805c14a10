"""Activation functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import attrs

from gluonish.engine.backend import special_functions
from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import as_scalar, same_rule
from gluonish.ops.nn.common import float_rule
from gluonish.shape import PartialShape, Shape

__all__ = ["FUNCTIONS"]


# -- functions without parameters --------------------------------------------------------------------------


@attrs.frozen
class Function:
    """An activation: ``kernel(xp, data)``, and its derivative by its result, ``derivative(F, output)``."""

    kernel: Callable[[XP, Array], Array]
    derivative: Callable[[Any, Any], Any]


def _sigmoid(xp: XP, data: Array) -> Array:
    half = as_scalar(data, 0.5)
    return xp.tanh(data * half) * half + half  # nothing overflows, unlike in 1 / (1 + exp(-x))


def _softrelu(xp: XP, data: Array) -> Array:
    return xp.log1p(xp.exp(-xp.abs(data))) + xp.maximum(data, as_scalar(data, 0))


FUNCTIONS = {
    "relu": Function(
        lambda xp, data: xp.maximum(data, as_scalar(data, 0)),
        lambda F, output: output > 0,
    ),
    "sigmoid": Function(_sigmoid, lambda F, output: output * (1 - output)),
    "tanh": Function(lambda xp, data: xp.tanh(data), lambda F, output: 1 - output * output),
    "softrelu": Function(_softrelu, lambda F, output: -F.expm1(-output)),
    "softsign": Function(
        lambda xp, data: data / (xp.abs(data) + as_scalar(data, 1)),
        lambda F, output: F.square(1 - F.abs(output)),
    ),
}


@operator("Activation")
def activation(
    xp: XP, data: Array, *, act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]
) -> Array:
    """Apply a function to each element.

    relu is max(x, 0), sigmoid 1 / (1 + exp(-x)), softrelu log(1 + exp(x)), softsign x / (1 + |x|).
    """
    return FUNCTIONS[act_type].kernel(xp, data)


activation.shape(same_rule)
activation.dtype(float_rule)


@activation.gradient("data")
def activation_gradient(F: Any, g: Any, output: Any, act_type: str) -> Any:
    return g * FUNCTIONS[act_type].derivative(F, output)


# -- the family of leaky rectifiers ------------------------------------------------------------------------

# Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

LeakyType = Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"]


def _beside(gamma: Shape, data: Shape) -> Shape:
    """Return the shape of gamma beside the data: channels are axis 1, or the only axis."""
    if len(gamma) == len(data):
        return gamma
    return (1, *gamma, *(1,) * (len(data) - 2))


def _draw(xp: XP, rng: Any, data: Array, low: float, high: float, training: bool) -> Array:
    """Return a slope for each element: random while training, else the mean for all, without memory."""
    if not training:
        return xp.broadcast_to(xp.asarray((low + high) / 2, data.dtype), data.shape)
    drawn = rng.random(data.shape, dtype="float64" if data.dtype.char == "d" else "float32")
    drawn *= high - low
    drawn += low
    return drawn.astype(data.dtype, copy=False)


def _gelu(xp: XP, data: Array) -> Array:
    wide = data if data.dtype.char in "fd" else data.astype("float32")
    result = special_functions(xp).erf(wide * math.sqrt(0.5))
    result += 1
    result *= wide
    result *= 0.5
    return result.astype(data.dtype, copy=False)


def _with_gamma(act_type: str) -> bool:
    return act_type == "prelu"


@operator(
    "LeakyReLU",
    outputs=("output", "slopes"),
    visible=1,
    uses={"gamma": _with_gamma},
    initial={"gamma": '["Constant", {"value": 0.25}]'},
)
def leaky_relu(
    xp: XP,
    data: Array,
    gamma: Array = None,
    *,
    act_type: LeakyType = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    rng: Any,
    training: bool,
) -> tuple[Array, Array]:
    """Keep positive elements (scaled, for selu) and soften negative ones.

    leaky: x * slope. prelu: x * gamma, with one gamma per channel (axis 1), or one. rrelu: x times a random
    number from lower_bound to upper_bound while training, times their mean in prediction. elu: slope *
    (exp(x) - 1). selu: the same with fixed scales. gelu: x times the normal distribution's probability of
    less than x, for all elements.
    """
    slopes = xp.zeros(1, data.dtype)  # rrelu has some to remember for its gradient
    if act_type == "gelu":
        return _gelu(xp, data), slopes
    # Two halves, each 0 where the other counts: faster than a choice for each element.
    output = xp.maximum(data, as_scalar(data, 0))
    negative = xp.minimum(data, as_scalar(data, 0))
    if act_type == "rrelu":
        slopes = _draw(xp, rng, data, lower_bound, upper_bound, training)
        negative *= slopes
    elif act_type == "prelu":
        negative *= gamma.reshape(_beside(gamma.shape, data.shape))
    elif act_type == "leaky":
        negative *= as_scalar(data, slope)
    else:
        xp.expm1(negative, out=negative)
        negative *= as_scalar(data, slope if act_type == "elu" else SELU_ALPHA)
    output += negative
    if act_type == "selu":
        output *= as_scalar(data, SELU_SCALE)
    return output, slopes


@leaky_relu.shape
def leaky_relu_shape(s: ShapeFacts, act_type: str) -> None:
    s.same("data", "output")
    s["slopes"] = s["data"] if act_type == "rrelu" else (1,)
    if act_type == "prelu" and s["data"] is not None:
        _state_gamma(s, s["data"], s["gamma"])


def _state_gamma(s: ShapeFacts, data: tuple[Any, ...], gamma: PartialShape) -> None:
    if gamma is None or (gamma == (None,) and len(data) != 1):
        s["gamma"] = (data[1] if len(data) > 1 else data[0],)
        return
    beside = data if len(gamma) == len(data) else (data[1:2] if len(gamma) == 1 else None)
    if beside is None or any(
        a is not None and b is not None and a not in (1, b) for a, b in zip(gamma, beside, strict=True)
    ):
        s.fail("got a gamma that does not fit the data", expected="one entry per channel (axis 1), or one")


leaky_relu.dtype(float_rule)


@leaky_relu.gradient("data")
def leaky_relu_gradient_data(
    F: Any, g: Any, data: Any, gamma: Any, slopes: Any, act_type: str, slope: Any
) -> Any:
    if act_type == "gelu":
        inside = (F.erf(data * math.sqrt(0.5)) + 1) * 0.5
        return g * (inside + data * F.exp(data * data * -0.5) * (1 / math.sqrt(2 * math.pi)))
    if act_type == "rrelu":
        slope = slopes
    elif act_type == "prelu":
        slope = F._reshape_to(gamma, shape=_beside(gamma.shape, data.shape))
    elif act_type != "leaky":
        # Of positive elements the exponential is not wanted, and would overflow.
        slope = F.exp(F._minimum_scalar(data, scalar=0.0)) * (slope if act_type == "elu" else SELU_ALPHA)
    result = g * (data > 0) + g * (data <= 0) * slope
    return result * SELU_SCALE if act_type == "selu" else result


@leaky_relu.gradient("gamma")
def leaky_relu_gradient_gamma(F: Any, g: Any, data: Any, shapes: Any) -> Any:
    negative = g * data * (data <= 0)
    return F._reshape_to(F._sum_to(negative, shape=_beside(shapes[1], data.shape)), shape=shapes[1])
