"""Small operators of MXNet's ``contrib`` that belong to no family."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import Scalar
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, find_operator, operator
from gluonish.ops.common import as_scalar, normalize_axes, same_rule

__all__: list[str] = []


# -- functions of each element ----------------------------------------------------------------------------


@operator("_contrib_quadratic", native=True)
def quadratic(xp: XP, data: Array, *, a: float = 0.0, b: float = 0.0, c: float = 0.0) -> Array:
    """Return a x^2 + b x + c."""
    return (data * as_scalar(data, a) + as_scalar(data, b)) * data + as_scalar(data, c)


@quadratic.gradient("data")
def quadratic_gradient(F: Any, g: Any, data: Any, a: float, b: float) -> Any:
    return g * (data * (2 * a) + b)


@operator("_contrib_gradientmultiplier", native=True, ignored=("is_int",))
def gradient_multiplier(xp: XP, data: Array, *, scalar: Scalar = 1.0) -> Array:
    """Return a copy through which the gradient flows multiplied by a number, which may be negative.

    Ganin and Lempitsky, Unsupervised Domain Adaptation by Backpropagation (2015).
    """
    return data.copy()


@gradient_multiplier.gradient("data")
def gradient_multiplier_gradient(F: Any, g: Any, scalar: float) -> Any:
    return F._contrib_gradientmultiplier(g * scalar, scalar=scalar)


def _declare_straight_through(name: str, function: str) -> None:
    """Declare a step function whose gradient is that of the identity.

    Bengio et al., Estimating or Propagating Gradients Through Stochastic Neurons (2013).
    """
    steps = find_operator(function)

    def kernel(xp: XP, data: Array) -> Array:
        return steps.kernel(xp, data)

    kernel.__doc__ = f"Return ``{function}(x)``, with the gradient of x."
    op = operator(name, native=True)(kernel)
    op.shape(same_rule)
    op.gradient("data")(lambda F, g: g)


_declare_straight_through("_contrib_round_ste", "round")
_declare_straight_through("_contrib_sign_ste", "sign")

for _each in (quadratic, gradient_multiplier):
    _each.shape(same_rule)


# -- indices and comparison -------------------------------------------------------------------------------


@operator("_contrib_index_array", gradient=ZERO_GRADIENT)
def index_array(xp: XP, data: Array, *, axes: tuple[int, ...] | None = None) -> Array:
    """Return the indices of every element, along a new last axis; with ``axes``, those on these axes only."""
    chosen = range(data.ndim) if axes is None else normalize_axes(axes, data.ndim, "_contrib_index_array")
    indices = [xp.arange(data.shape[i]).reshape((-1,) + (1,) * (data.ndim - 1 - i)) for i in chosen]
    return xp.stack([xp.broadcast_to(each, data.shape) for each in indices], -1).astype("int64")


@index_array.shape
def index_array_shape(s: ShapeFacts, axes: tuple[int, ...] | None) -> None:
    if s["data"] is not None:
        s["output"] = (*s["data"], len(s["data"]) if axes is None else len(axes))


@index_array.dtype
def index_array_dtype(d: DTypeFacts) -> None:
    d["output"] = np.dtype("int64")


@operator("_contrib_allclose", gradient=ZERO_GRADIENT)
def allclose(
    xp: XP, a: Array, b: Array, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = True
) -> Array:
    """Return 1 if no element of a is farther from that of b than atol + rtol |b|, else 0, of shape ()."""
    return xp.asarray(xp.allclose(a, b, rtol, atol, equal_nan)).astype("uint8")


@allclose.shape
def allclose_shape(s: ShapeFacts) -> None:
    s.same("a", "b")
    s["output"] = ()


@allclose.dtype
def allclose_dtype(d: DTypeFacts) -> None:
    d.same("a", "b")
    d["output"] = np.dtype("uint8")
