"""Gradient descent, with and without momentum, on raw arrays, for operators and optimizers alike.

Each takes ``xp``, the weight, its gradient and its states. It changes the states in place and writes the new
weight into ``out``, which may be the weight itself; weight and gradient are otherwise left alone.

Coefficients are numbers, or arrays with a value per element. All formulas have these: ``lr``, the learning
rate; ``wd``, the weight decay; ``rescale``, a factor on the gradient; ``clip``, a bound on the absolute value
of every element of the rescaled gradient, where None, or 0 or less, means no bound. Below, G is the gradient
so rescaled and clipped.
"""

from __future__ import annotations

from typing import Any

from gluonish.engine.operator import XP, Array

__all__ = [
    "Coefficient",
    "decayed",
    "is_zero",
    "lars_scale",
    "nag",
    "norm",
    "rescaled",
    "sgd",
    "sgd_momentum",
    "sign_descent",
    "signum",
    "with_decay",
]

Coefficient = Any
"""A float, or an array with a value per element."""


def is_zero(coefficient: Coefficient) -> bool:
    """Tell whether a coefficient is the number 0, so that its term can be left out."""
    return isinstance(coefficient, (int, float)) and coefficient == 0


def rescaled(xp: XP, grad: Array, rescale: Coefficient, clip: float | None, *extra: Array) -> Array:
    """Return a new array: the gradient times ``rescale``, plus anything extra, limited to +-``clip``."""
    result = xp.multiply(grad, rescale, dtype=grad.dtype)
    for term in extra:
        result += term
    if clip is not None and clip > 0:
        xp.clip(result, -clip, clip, out=result)
    return result


def with_decay(
    xp: XP, grad: Array, weight: Array, wd: Coefficient, rescale: Coefficient, clip: float | None
) -> Array:
    """Return the gradient with the decay inside the clipping."""
    return rescaled(xp, grad, rescale, clip, *(() if is_zero(wd) else (weight * wd,)))


def decayed(
    xp: XP, grad: Array, weight: Array, wd: Coefficient, rescale: Coefficient, clip: float | None
) -> Array:
    """Return the gradient with the decay outside of the clipping."""
    change = rescaled(xp, grad, rescale, clip)
    if not is_zero(wd):
        change += weight * wd
    return change


def norm(xp: XP, array: Array) -> Array:
    """Return the Euclidean norm of all elements, as an array of shape ()."""
    flat = array.reshape(-1)
    return xp.sqrt(xp.dot(flat, flat))


def sgd(
    xp: XP,
    weight: Array,
    grad: Array,
    out: Array,
    *,
    lr: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Set w to w - lr (G + wd w)."""
    change = decayed(xp, grad, weight, wd, rescale, clip)
    change *= lr
    xp.subtract(weight, change, out=out)


def sgd_momentum(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    out: Array,
    *,
    lr: Coefficient,
    momentum: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Set m to momentum m - lr (G + wd w), then w to w + m."""
    change = decayed(xp, grad, weight, wd, rescale, clip)
    change *= lr
    mom *= momentum
    mom -= change
    xp.add(weight, mom, out=out)


def nag(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    out: Array,
    *,
    lr: Coefficient,
    momentum: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Set w to w - momentum m + (1 + momentum) (momentum m - c), m to momentum m - c; c is lr (G + wd w).

    As in MXNet, the decay in the second c reads the weight again: where ``out`` is the weight, the new one.
    """
    gradient = rescaled(xp, grad, rescale, clip)
    decays = not is_zero(wd)
    mom *= momentum
    ahead = (gradient + weight * wd if decays else gradient) * lr
    ahead *= -(1 + momentum)
    ahead += mom * momentum
    xp.add(weight, ahead, out=out)
    if decays:
        gradient += weight * wd
    gradient *= lr
    mom -= gradient


def sign_descent(xp: XP, weight: Array, grad: Array, out: Array, *, lr: Coefficient, wd: Coefficient) -> None:
    """Set w to (1 - lr wd) w - lr sign(g)."""
    change = xp.sign(grad)
    if not is_zero(wd):
        change += weight * wd
    change *= lr
    xp.subtract(weight, change, out=out)


def signum(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    out: Array,
    *,
    lr: Coefficient,
    momentum: Coefficient,
    wd: Coefficient,
    wd_lh: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Set m to momentum m - (1 - momentum) (G + wd w), then w to (1 - lr wd_lh) w + lr sign(m)."""
    change = decayed(xp, grad, weight, wd, rescale, clip)
    change *= momentum - 1
    mom *= momentum
    mom += change
    change = xp.sign(mom)
    if not is_zero(wd_lh):
        change -= weight * wd_lh
    change *= lr
    xp.add(weight, change, out=out)


def lars_scale(
    xp: XP,
    of_weight: Array,
    of_grad: Array,
    *,
    wd: Coefficient,
    eta: float,
    eps: float,
    rescale: Coefficient,
) -> Array:
    """Return eta |w| / (r |g| + wd |w| + eps) from norms; 1 where one of them is 0."""
    scale = eta * of_weight / (of_grad * rescale + wd * of_weight + eps)
    return xp.where((of_weight > 0) & (of_grad > 0), scale, 1).astype(of_weight.dtype)
