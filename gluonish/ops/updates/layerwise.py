"""Steps that look at a whole weight: its norm, or its rows; and Adam with decoupled decay.

What ``gluonish.ops.updates.single`` says of states, ``out``, scaling and masters holds here too.
"""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.ops.nn.common import float_rule, widen
from gluonish.ops.updates import adaptive, descent
from gluonish.ops.updates.common import (
    FLOAT32,
    one_shape,
    single_precision_but,
    updated,
    updated_with_master,
)

__all__ = [
    "adamw_step",
    "adamw_update",
    "group_adagrad_update",
    "lamb_coefficients",
    "lamb_update_phase1",
    "lamb_update_phase2",
    "mp_adamw_update",
    "mp_lamb_update_phase1",
    "mp_lamb_update_phase2",
    "multi_lars",
    "sparse_adagrad_update",
]

# -- AdaGrad ------------------------------------------------------------------------------------------------


@operator("_sparse_adagrad_update", mutates=("history",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def sparse_adagrad_update(
    xp: XP,
    weight: Array,
    grad: Array,
    history: Array,
    *,
    lr: float,
    epsilon: float = 1e-7,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Add G^2 to history, and return w - lr (G / sqrt(history + epsilon) + wd w).

    Duchi, Hazan and Singer, Adaptive subgradient methods (2011).
    """
    return updated(
        xp,
        adaptive.adagrad,
        weight,
        grad,
        (history,),
        out,
        lr=lr,
        epsilon=epsilon,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("_contrib_group_adagrad_update", mutates=("history",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def group_adagrad_update(
    xp: XP,
    weight: Array,
    grad: Array,
    history: Array,
    *,
    lr: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-5,
    out: Array = None,
) -> Array:
    """Step with AdaGrad that keeps one sum per row, in a history of one column.

    The mean of G^2 over each row is added to history; the result is w - lr G / sqrt(history + epsilon).
    """
    return updated(
        xp,
        adaptive.group_adagrad,
        weight,
        grad,
        (history,),
        out,
        lr=lr,
        epsilon=epsilon,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


sparse_adagrad_update.shape(one_shape)
sparse_adagrad_update.dtype(float_rule)
group_adagrad_update.dtype(float_rule)


@group_adagrad_update.shape
def group_adagrad_shape(s: ShapeFacts) -> None:
    s.same("weight", "grad", "output")
    weight = s["weight"]
    if weight is None:
        return
    if not weight:
        s.fail("needs a weight with rows", expected="at least one axis")
    s["history"] = (weight[0], *(1 for _ in weight[1:]))


# -- LAMB ---------------------------------------------------------------------------------------------------


def lamb_coefficients(
    beta1: float, beta2: float, epsilon: float, t: int, bias_correction: bool
) -> dict[str, float]:
    """Return the coefficients of ``adaptive.lamb_change`` that depend on the number of updates."""
    scale, root = adaptive.start_correction(beta1, beta2, t) if bias_correction else (1.0, 1.0)
    return {"beta1": beta1, "beta2": beta2, "epsilon": epsilon * root, "scale": scale}


def _change(
    xp: XP, weight: Array, grad: Array, mean: Array, var: Array, out: Array, **coefficients: Any
) -> None:
    """``adaptive.lamb_change``, with the result in ``out``."""
    out[...] = adaptive.lamb_change(xp, weight, grad, mean, var, **coefficients)


@operator("lamb_update_phase1", mutates=("mean", "var"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def lamb_update_phase1(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Move the running means, and return the direction mean / (sqrt(var) + epsilon) + wd w.

    You et al., Large batch optimization for deep learning (2020), algorithm 2. ``t`` is the number of
    updates, this one included, by which both means are corrected for their start at zero.
    """
    return updated(
        xp,
        _change,
        weight,
        grad,
        (mean, var),
        out,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
        **lamb_coefficients(beta1, beta2, epsilon, t, bias_correction),
    )


@operator("mp_lamb_update_phase1", mutates=("mean", "var"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def mp_lamb_update_phase1(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    weight32: Array,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Return the direction of ``lamb_update_phase1`` for the master, in float32."""
    return updated(
        xp,
        _change,
        weight32,
        grad.astype(FLOAT32, copy=False),
        (mean, var),
        out,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
        **lamb_coefficients(beta1, beta2, epsilon, t, bias_correction),
    )


def _norms(*norms: Array) -> tuple[Array, ...]:
    """Return norms given as arrays of one element as such of shape ()."""
    return tuple(widen(each.reshape(())) for each in norms)


@operator("lamb_update_phase2", in_place=True, gradient=NOT_DIFFERENTIABLE)
def lamb_update_phase2(
    xp: XP,
    weight: Array,
    g: Array,
    r1: Array,
    r2: Array,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    out: Array = None,
) -> Array:
    """Return w - lr (r1 / r2) g, for a direction g of norm r2 and a weight of norm r1.

    r1 is kept within those bounds that are above 0. Where a norm is 0, r1 / r2 counts as 1.
    """
    return updated(
        xp,
        adaptive.lamb_step,
        weight,
        g,
        (),
        out,
        norms=_norms(r1, r2),
        lr=lr,
        lower_bound=lower_bound,
        upper_bound=upper_bound,
    )


@operator("mp_lamb_update_phase2", mutates=("weight32",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def mp_lamb_update_phase2(
    xp: XP,
    weight: Array,
    g: Array,
    r1: Array,
    r2: Array,
    weight32: Array,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    out: Array = None,
) -> Array:
    """Update the master as ``lamb_update_phase2`` does a weight, and return it in the dtype of the weight.

    MXNet's leaves the master as it was, so that a second step starts where the first did.
    """
    return updated_with_master(
        xp,
        adaptive.lamb_step,
        weight,
        g,
        (),
        weight32,
        out,
        norms=_norms(r1, r2),
        lr=lr,
        lower_bound=lower_bound,
        upper_bound=upper_bound,
    )


for _op in (lamb_update_phase1, mp_lamb_update_phase1):
    _op.shape(one_shape)
lamb_update_phase1.dtype(float_rule)
lamb_update_phase2.dtype(float_rule)
mp_lamb_update_phase1.dtype(single_precision_but("weight", "grad"))
mp_lamb_update_phase2.dtype(single_precision_but("weight", "output"))


@lamb_update_phase2.shape
@mp_lamb_update_phase2.shape
def lamb_phase2_shape(s: ShapeFacts) -> None:
    s.same("weight", "g", *(name for name in ("weight32",) if name in s), "output")
    for name in ("r1", "r2"):
        shape = s[name]
        if shape is not None and any(size not in (1, None) for size in shape):
            s.fail(f"takes norms of one element, not {name} of shape {shape}")


# -- AdamW --------------------------------------------------------------------------------------------------


def _can_scale(xp: XP, rescale: Array) -> Array:
    """Tell whether a factor makes sense: 0, or one that overflowed, means that the step is to be left out."""
    return xp.isfinite(rescale) & (rescale != 0)


def adamw_step(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    out: Array,
    *,
    lr: float,
    eta: float,
    wd: float,
    rescale: Array,
    **coefficients: Any,
) -> None:
    """``adaptive.adamw``, unless the factor makes no sense."""
    if _can_scale(xp, rescale).all():
        factor = rescale.reshape(()).astype(weight.dtype)
        adaptive.adamw(
            xp, weight, grad, mean, var, out, lr=eta * lr, decay=eta * wd, rescale=factor, **coefficients
        )
    elif out is not weight:
        out[...] = weight


@operator("_adamw_update", mutates=("mean", "var"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def adamw_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    rescale_grad: Array,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    eta: float,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Move the running means of G and G^2, and return w - eta (lr mean / (sqrt(var) + epsilon) + wd w).

    Loshchilov and Hutter, Decoupled weight decay regularization (2019). ``rescale_grad`` is an array of one
    element; where it is 0 or no finite number, nothing changes.
    """
    return updated(
        xp,
        adamw_step,
        weight,
        grad,
        (mean, var),
        out,
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        wd=wd,
        eta=eta,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("_mp_adamw_update", mutates=("mean", "var", "weight32"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def mp_adamw_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    weight32: Array,
    rescale_grad: Array,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    eta: float,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Update the master as ``_adamw_update`` does a weight, and return it in the dtype of the weight."""
    return updated_with_master(
        xp,
        adamw_step,
        weight,
        grad,
        (mean, var),
        weight32,
        out,
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        wd=wd,
        eta=eta,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


adamw_update.dtype(single_precision_but("weight", "grad", "mean", "var", "output"))
mp_adamw_update.dtype(single_precision_but("weight", "grad", "output"))


@adamw_update.shape
@mp_adamw_update.shape
def adamw_shape(s: ShapeFacts) -> None:
    s.same(*(name for name in s.names if name != "rescale_grad"))
    shape = s["rescale_grad"]
    if shape is not None and any(size not in (1, None) for size in shape):
        s.fail(f"takes a rescale_grad of one element, not of shape {shape}")


# -- LARS ---------------------------------------------------------------------------------------------------


@operator("multi_lars", gradient=NOT_DIFFERENTIABLE)
def multi_lars(
    xp: XP,
    lrs: Array,
    weights_sum_sq: Array,
    grads_sum_sq: Array,
    wds: Array,
    *,
    eta: float,
    eps: float,
    rescale_grad: float = 1.0,
) -> Array:
    """Return the learning rates of layers, times eta W / (r G + wd W + eps).

    You, Gitman and Ginsburg, Large batch training of convolutional networks (2017). An entry of each array
    belongs to one layer: its learning rate, the sums of squares of its weight and of its gradient, whose
    roots are W and G, and its decay. Where a sum is 0 the rate stays.
    """
    scale = descent.lars_scale(
        xp,
        xp.sqrt(weights_sum_sq),
        xp.sqrt(grads_sum_sq),
        wd=wds,
        eta=eta,
        eps=eps,
        rescale=rescale_grad,
    )
    return lrs * scale


multi_lars.shape(one_shape)
multi_lars.dtype(float_rule)
