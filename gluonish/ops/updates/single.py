"""One step of an optimizer for one weight.

The new weight is returned, or written to ``out``, which is usually the weight itself; the states are changed
in place. The gradient is multiplied with ``rescale_grad`` and limited to +-``clip_gradient``, if that is
above 0; G stands for the result. ``mp_`` operators keep a float32 master of a weight in half precision: they
update the master, and return it in the dtype of the weight.
"""

from __future__ import annotations

from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.ops.nn.common import float_rule
from gluonish.ops.updates import adaptive, descent
from gluonish.ops.updates.common import one_shape, single_precision_but, updated, updated_with_master

__all__ = [
    "adam_update",
    "ftml_update",
    "ftrl_update",
    "mp_nag_mom_update",
    "mp_sgd_mom_update",
    "mp_sgd_update",
    "nag_mom_update",
    "rmsprop_update",
    "rmspropalex_update",
    "sgd_mom_update",
    "sgd_update",
    "signsgd_update",
    "signum_update",
]


@operator("sgd_update", in_place=True, gradient=NOT_DIFFERENTIABLE)
def sgd_update(
    xp: XP,
    weight: Array,
    grad: Array,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: Array = None,
) -> Array:
    """Return w - lr (G + wd w): gradient descent.

    ``lazy_update`` tells what a row-sparse gradient does to rows it has nothing for.
    """
    return updated(
        xp, descent.sgd, weight, grad, (), out, lr=lr, wd=wd, rescale=rescale_grad, clip=clip_gradient
    )


@operator("sgd_mom_update", mutates=("mom",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def sgd_mom_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: Array = None,
) -> Array:
    """Set mom to momentum mom - lr (G + wd w), and return w + mom: gradient descent with momentum."""
    return updated(
        xp,
        descent.sgd_momentum,
        weight,
        grad,
        (mom,),
        out,
        lr=lr,
        momentum=momentum,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("mp_sgd_update", mutates=("weight32",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def mp_sgd_update(
    xp: XP,
    weight: Array,
    grad: Array,
    weight32: Array,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: Array = None,
) -> Array:
    """Update the master as ``sgd_update`` does a weight, and return it in the dtype of the weight."""
    return updated_with_master(
        xp,
        descent.sgd,
        weight,
        grad,
        (),
        weight32,
        out,
        lr=lr,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("mp_sgd_mom_update", mutates=("mom", "weight32"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def mp_sgd_mom_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    weight32: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: Array = None,
) -> Array:
    """Update the master as ``sgd_mom_update`` does a weight, and return it in the dtype of the weight."""
    return updated_with_master(
        xp,
        descent.sgd_momentum,
        weight,
        grad,
        (mom,),
        weight32,
        out,
        lr=lr,
        momentum=momentum,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("nag_mom_update", mutates=("mom",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def nag_mom_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Step with Nesterov's accelerated gradient.

    With c = lr (G + wd w) the result is w - momentum mom + (1 + momentum) (momentum mom - c), and mom becomes
    momentum mom - c, with the new weight in c if the result is written to the weight, as in MXNet.
    """
    return updated(
        xp,
        descent.nag,
        weight,
        grad,
        (mom,),
        out,
        lr=lr,
        momentum=momentum,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("mp_nag_mom_update", mutates=("mom", "weight32"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def mp_nag_mom_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    weight32: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Update the master as ``nag_mom_update`` does a weight, and return it in the dtype of the weight."""
    return updated_with_master(
        xp,
        descent.nag,
        weight,
        grad,
        (mom,),
        weight32,
        out,
        lr=lr,
        momentum=momentum,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("signsgd_update", in_place=True, gradient=NOT_DIFFERENTIABLE)
def signsgd_update(
    xp: XP,
    weight: Array,
    grad: Array,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Return (1 - lr wd) w - lr sign(g): a step by the sign of the gradient.

    Bernstein et al., signSGD (2018). Rescaling and clipping change no sign, and are left out.
    """
    return updated(xp, descent.sign_descent, weight, grad, (), out, lr=lr, wd=wd)


@operator("signum_update", mutates=("mom",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def signum_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
    out: Array = None,
) -> Array:
    """Set mom to momentum mom - (1 - momentum) (G + wd w), and return (1 - lr wd_lh) w + lr sign(mom).

    Bernstein et al., signSGD (2018), algorithm 2.
    """
    return updated(
        xp,
        descent.signum,
        weight,
        grad,
        (mom,),
        out,
        lr=lr,
        momentum=momentum,
        wd=wd,
        wd_lh=wd_lh,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("adam_update", mutates=("mean", "var"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def adam_update(
    xp: XP,
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: Array = None,
) -> Array:
    """Move the running means of G and G^2, and return w - lr mean / (sqrt(var) + epsilon), with wd w in G.

    Kingma and Ba, Adam (2015). The caller puts the correction of the means into ``lr``.
    """
    return updated(
        xp,
        adaptive.adam,
        weight,
        grad,
        (mean, var),
        out,
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("rmsprop_update", mutates=("n",), in_place=True, gradient=NOT_DIFFERENTIABLE)
def rmsprop_update(
    xp: XP,
    weight: Array,
    grad: Array,
    n: Array,
    *,
    lr: float,
    gamma1: float = 0.95,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    out: Array = None,
) -> Array:
    """Move the running mean n of G^2, and return w - lr G / sqrt(n + epsilon), with wd w in G.

    Tieleman and Hinton, Lecture 6.5 (2012). The result is limited to +-``clip_weights``, if that is above 0.
    """
    return updated(
        xp,
        adaptive.rmsprop,
        weight,
        grad,
        (n,),
        out,
        lr=lr,
        gamma1=gamma1,
        epsilon=epsilon,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
        clip_weights=clip_weights,
    )


@operator("rmspropalex_update", mutates=("n", "g", "delta"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def rmspropalex_update(
    xp: XP,
    weight: Array,
    grad: Array,
    n: Array,
    g: Array,
    delta: Array,
    *,
    lr: float,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    out: Array = None,
) -> Array:
    """Step with centred RMSProp and momentum: Graves, Generating sequences (2013), equations 38 to 45.

    n and g are running means of G^2 and G; delta becomes gamma2 delta - lr G / sqrt(n - g^2 + epsilon), and
    the result is w + delta, limited to +-``clip_weights``, if that is above 0.
    """
    return updated(
        xp,
        adaptive.centred_rmsprop,
        weight,
        grad,
        (n, g, delta),
        out,
        lr=lr,
        gamma1=gamma1,
        gamma2=gamma2,
        epsilon=epsilon,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
        clip_weights=clip_weights,
    )


@operator("ftrl_update", mutates=("z", "n"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def ftrl_update(
    xp: XP,
    weight: Array,
    grad: Array,
    z: Array,
    n: Array,
    *,
    lr: float,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: Array = None,
) -> Array:
    """Follow the regularised leader: McMahan et al., Ad click prediction (2013), algorithm 1.

    z grows by G - (sqrt(n + G^2) - sqrt(n)) w / lr, n by G^2, and the result is 0 where the size of z is at
    most lamda1, else (sign(z) lamda1 - z) / ((beta + sqrt(n)) / lr + wd).
    """
    return updated(
        xp,
        adaptive.ftrl,
        weight,
        grad,
        (z, n),
        out,
        lr=lr,
        lamda1=lamda1,
        beta=beta,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )


@operator("ftml_update", mutates=("d", "v", "z"), in_place=True, gradient=NOT_DIFFERENTIABLE)
def ftml_update(
    xp: XP,
    weight: Array,
    grad: Array,
    d: Array,
    v: Array,
    z: Array,
    *,
    lr: float,
    beta1: float = 0.6,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    t: int,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
    out: Array = None,
) -> Array:
    """Follow the moving leader: Zheng and Kwok (2017), algorithm 1.

    ``t`` is the number of updates, this one included. The clipping is called ``clip_grad`` here.
    """
    return updated(
        xp,
        adaptive.ftml,
        weight,
        grad,
        (d, v, z),
        out,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        steepness=(1 - beta1**t) / lr,
        correction=1 - beta2**t,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_grad,
    )


for _op in (
    sgd_update,
    sgd_mom_update,
    nag_mom_update,
    signsgd_update,
    signum_update,
    adam_update,
    rmsprop_update,
    rmspropalex_update,
    ftrl_update,
    ftml_update,
):
    _op.shape(one_shape)
    _op.dtype(float_rule)

for _op in (mp_sgd_update, mp_sgd_mom_update, mp_nag_mom_update):
    _op.shape(one_shape)
    _op.dtype(single_precision_but("weight", "grad", "output"))
