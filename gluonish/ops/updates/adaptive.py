"""Steps that adapt to the size of past gradients, on raw arrays, for operators and optimizers alike.

What ``descent`` says of arguments and coefficients holds here too.
"""

from __future__ import annotations

from typing import Any

from gluonish.engine.operator import XP, Array
from gluonish.ops.updates.descent import Coefficient, is_zero, norm, rescaled, with_decay

__all__ = [
    "adagrad",
    "adam",
    "adam_change",
    "adamw",
    "centred_rmsprop",
    "ftml",
    "ftrl",
    "group_adagrad",
    "lamb",
    "lamb_change",
    "lamb_step",
    "rmsprop",
    "start_correction",
]


def _follow(mean: Array, value: Array, rate: Coefficient) -> None:
    """Move a running mean: ``rate`` of it stays."""
    mean *= rate
    mean += value * (1 - rate)


def adam_change(
    xp: XP,
    gradient: Array,
    mean: Array,
    var: Array,
    *,
    beta1: Coefficient,
    beta2: Coefficient,
    epsilon: Coefficient,
) -> Array:
    """Add a gradient, whose memory is used, to the running means; return mean / (sqrt(var) + epsilon)."""
    mean *= beta1
    mean += gradient * (1 - beta1)
    var *= beta2
    gradient *= gradient
    gradient *= 1 - beta2
    var += gradient
    scale = xp.sqrt(var, out=gradient)
    scale += epsilon
    return xp.divide(mean, scale, out=scale)


def adam(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    out: Array,
    *,
    lr: Coefficient,
    beta1: Coefficient,
    beta2: Coefficient,
    epsilon: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Move running means m and v of G and G^2, then set w to w - lr m / (sqrt(v) + epsilon); wd w is in G."""
    gradient = with_decay(xp, grad, weight, wd, rescale, clip)
    change = adam_change(xp, gradient, mean, var, beta1=beta1, beta2=beta2, epsilon=epsilon)
    change *= lr
    xp.subtract(weight, change, out=out)


def adamw(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    out: Array,
    *,
    lr: Coefficient,
    decay: Coefficient,
    beta1: Coefficient,
    beta2: Coefficient,
    epsilon: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Move running means m and v of G and G^2, then set w to w - lr m / (sqrt(v) + epsilon) - decay w."""
    gradient = rescaled(xp, grad, rescale, clip)
    change = adam_change(xp, gradient, mean, var, beta1=beta1, beta2=beta2, epsilon=epsilon)
    change *= lr
    if not is_zero(decay):
        change += weight * decay
    xp.subtract(weight, change, out=out)


def lamb_change(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    *,
    scale: Coefficient,
    beta1: Coefficient,
    beta2: Coefficient,
    epsilon: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> Array:
    """Return scale m / (sqrt(v) + epsilon) + wd w, with running means m and v of G and G^2."""
    gradient = rescaled(xp, grad, rescale, clip)
    change = adam_change(xp, gradient, mean, var, beta1=beta1, beta2=beta2, epsilon=epsilon)
    change *= scale
    if not is_zero(wd):
        change += weight * wd
    return change


def start_correction(beta1: float, beta2: float, t: Any) -> tuple[Any, Any]:
    """Return what makes up for the start of both means at zero: factors on their quotient, and on epsilon.

    With these, m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) is a multiple of
    m / (sqrt(v) + epsilon).
    """
    root = (1 - beta2**t) ** 0.5
    return root / (1 - beta1**t), root


def lamb_step(
    xp: XP,
    weight: Array,
    change: Array,
    out: Array,
    *,
    norms: tuple[Array, Array],
    lr: Coefficient,
    lower_bound: float | None,
    upper_bound: float | None,
) -> None:
    """Set w to w - lr (r1 / r2) q: the norms of weight and change, r1 within bounds; 1 where one is 0."""
    of_weight, of_change = norms
    if lower_bound is not None and lower_bound > 0:
        of_weight = xp.maximum(of_weight, lower_bound)
    if upper_bound is not None and upper_bound > 0:
        of_weight = xp.minimum(of_weight, upper_bound)
    ratio = xp.where((of_weight > 0) & (of_change > 0), of_weight / of_change, 1)
    xp.subtract(weight, change * (ratio.astype(weight.dtype) * lr), out=out)


def lamb(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    out: Array,
    *,
    lr: Coefficient,
    lower_bound: float | None,
    upper_bound: float | None,
    **coefficients: Any,
) -> None:
    """Apply ``lamb_step`` to what ``lamb_change`` returns."""
    change = lamb_change(xp, weight, grad, mean, var, **coefficients)
    norms = norm(xp, weight), norm(xp, change)
    lamb_step(xp, weight, change, out, norms=norms, lr=lr, lower_bound=lower_bound, upper_bound=upper_bound)


def adagrad(
    xp: XP,
    weight: Array,
    grad: Array,
    history: Array,
    out: Array,
    *,
    lr: Coefficient,
    epsilon: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Set h to h + G^2, then w to w - lr (G / sqrt(h + epsilon) + wd w)."""
    change = rescaled(xp, grad, rescale, clip)
    history += change * change
    change /= xp.sqrt(history + epsilon)
    if not is_zero(wd):
        change += weight * wd
    change *= lr
    xp.subtract(weight, change, out=out)


def group_adagrad(
    xp: XP,
    weight: Array,
    grad: Array,
    history: Array,
    out: Array,
    *,
    lr: Coefficient,
    epsilon: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Run AdaGrad with one sum per row: h grows by mean(G^2), and w becomes w - lr G / sqrt(h + epsilon)."""
    change = rescaled(xp, grad, rescale, clip)
    history += (change * change).mean(axis=tuple(range(1, weight.ndim)), keepdims=True)
    change /= xp.sqrt(history + epsilon)
    change *= lr
    xp.subtract(weight, change, out=out)


def rmsprop(
    xp: XP,
    weight: Array,
    grad: Array,
    n: Array,
    out: Array,
    *,
    lr: Coefficient,
    gamma1: Coefficient,
    epsilon: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
    clip_weights: float | None,
) -> None:
    """Move a running mean n of G^2, then set w to w - lr G / sqrt(n + epsilon); wd w is in G."""
    change = with_decay(xp, grad, weight, wd, rescale, clip)
    _follow(n, change * change, gamma1)
    change /= xp.sqrt(n + epsilon)
    change *= lr
    xp.subtract(weight, change, out=out)
    _clip(xp, out, clip_weights)


def centred_rmsprop(
    xp: XP,
    weight: Array,
    grad: Array,
    n: Array,
    g: Array,
    delta: Array,
    out: Array,
    *,
    lr: Coefficient,
    gamma1: Coefficient,
    gamma2: Coefficient,
    epsilon: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
    clip_weights: float | None,
) -> None:
    """Move running means n of G^2 and a of G, wd w being in G; then set d and w.

    d becomes gamma2 d - lr G / sqrt(n - a^2 + epsilon), and w becomes w + d.
    """
    change = with_decay(xp, grad, weight, wd, rescale, clip)
    _follow(n, change * change, gamma1)
    _follow(g, change, gamma1)
    change /= xp.sqrt(n - g * g + epsilon)
    change *= lr
    delta *= gamma2
    delta -= change
    xp.add(weight, delta, out=out)
    _clip(xp, out, clip_weights)


def _clip(xp: XP, out: Array, bound: float | None) -> None:
    if bound is not None and bound > 0:
        xp.clip(out, -bound, bound, out=out)


def ftrl(
    xp: XP,
    weight: Array,
    grad: Array,
    z: Array,
    n: Array,
    out: Array,
    *,
    lr: Coefficient,
    lamda1: Coefficient,
    beta: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Compute the weight from the states: 0 where the size of z is at most lamda1, else as follows.

    z grows by G - (sqrt(n + G^2) - sqrt(n)) w / lr, n by G^2, and w becomes
    (sign(z) lamda1 - z) / ((beta + sqrt(n)) / lr + wd).
    """
    gradient = rescaled(xp, grad, rescale, clip)
    before = xp.sqrt(n)
    n += gradient * gradient
    root = xp.sqrt(n)
    z += gradient - (root - before) * weight / lr
    new = (xp.sign(z) * lamda1 - z) / ((root + beta) / lr + wd)
    out[...] = xp.where(xp.abs(z) > lamda1, new, 0)


def ftml(
    xp: XP,
    weight: Array,
    grad: Array,
    d: Array,
    v: Array,
    z: Array,
    out: Array,
    *,
    beta1: Coefficient,
    beta2: Coefficient,
    epsilon: Coefficient,
    steepness: Coefficient,
    correction: Coefficient,
    wd: Coefficient,
    rescale: Coefficient,
    clip: float | None,
) -> None:
    """Compute the weight from the states, wd w being in G.

    v is a running mean of G^2; d' = steepness (sqrt(v / correction) + epsilon), where steepness is
    (1 - beta1^t) / lr and correction 1 - beta2^t; z becomes beta1 z + (1 - beta1) G - (d' - beta1 d) w, d
    becomes d', and w becomes -z / d.
    """
    gradient = with_decay(xp, grad, weight, wd, rescale, clip)
    _follow(v, gradient * gradient, beta2)
    new = (xp.sqrt(v / correction) + epsilon) * steepness
    d *= beta1
    _follow(z, gradient, beta1)
    z -= (new - d) * weight
    d[...] = new
    xp.divide(-z, d, out=out)
