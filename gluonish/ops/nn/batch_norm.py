"""Normalisation over the batch.

While training, the statistics are those of the batch, and the running ones follow them; otherwise they are
the running ones. The kernel writes the running statistics, so the gradient looks at its outputs only: it may
be computed after any number of further forward passes.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.mode import ModeScope
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import as_scalar, normalize_axis
from gluonish.ops.nn.common import is_half, widen
from gluonish.ops.nn.normal import (
    WIDE,
    Statistics,
    View,
    all_outputs,
    finished,
    gradients_of,
    moments,
    only,
    reshaped,
    scaled,
    state_channels,
    state_dtypes,
    widened,
)
from gluonish.shape import Shape

__all__: list[str] = []

OUTPUTS = ("output", "mean", "var", "scale")
"""The last is the gamma that was used: the gradient needs it, and gamma itself may be written again."""

PARAMETERS = ("gamma", "beta", "moving_mean", "moving_var")

INITIAL = {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}


def _visible(output_mean_var: bool) -> int:
    return 3 if output_mean_var else 1


def _written(fix_gamma: bool, use_global_stats: bool, training: bool) -> tuple[str, ...]:
    gamma = ("gamma",) if fix_gamma else ()
    return (*gamma, "moving_mean", "moving_var") if training and not use_global_stats else gamma


def _view(shape: Shape, axis: int) -> View:
    channels = only([normalize_axis(axis, len(shape), "BatchNorm")], shape)
    return View(shape, channels, channels)


def _follow(running: Array, batch: Array, momentum: float) -> None:
    """Move running statistics towards those of a batch, in place."""
    running[...] = widen(running) * momentum + batch.reshape(-1) * (1 - momentum)


def _normalize(
    xp: XP,
    arrays: tuple[Array, ...],
    *,
    eps: float,
    momentum: float,
    fix_gamma: bool,
    of_batch: bool,
    axis: int,
) -> tuple[Array, Array, Array, Array]:
    """Return the normalised data, mean, variance and the gamma that was used."""
    data, gamma, beta, moving_mean, moving_var = arrays
    if fix_gamma:
        gamma[...] = 1
    view = _view(data.shape, axis)
    if of_batch:
        centred, mean, var = moments(xp, data, view)
        _follow(moving_mean, mean, momentum)
        _follow(moving_var, var, momentum)
    else:
        dtype = WIDE if is_half(data.dtype) else data.dtype
        mean, var = (each.astype(dtype).reshape(view.statistics) for each in (moving_mean, moving_var))
        centred = widen(data) - mean
    output = scaled(centred, 1 / xp.sqrt(var + eps), gamma, beta, view)
    return output.astype(data.dtype, copy=False), mean.reshape(-1), var.reshape(-1), gamma.copy()


@operator(
    "BatchNorm",
    aliases=("BatchNorm_v1",),
    outputs=OUTPUTS,
    labels=OUTPUTS[:3],
    visible=_visible,
    aux=("moving_mean", "moving_var"),
    mutates=("gamma",),
    written=_written,
    initial=INITIAL,
    ignored=("cudnn_off", "min_calib_range", "max_calib_range"),
)
def batch_norm(
    xp: XP,
    data: Array,
    gamma: Array,
    beta: Array,
    moving_mean: Array,
    moving_var: Array,
    *,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    training: bool,
) -> tuple[Array, ...]:
    """Normalise each channel, then multiply with gamma and add beta.

    Ioffe and Szegedy, Batch Normalization (2015). While training, mean and (biased) variance are those of the
    batch, and the running ones become ``momentum`` times themselves plus the rest times these; in prediction,
    and with ``use_global_stats``, the running ones are used. ``fix_gamma`` sets gamma to 1 and keeps it
    there. With ``output_mean_var`` the mean and 1 / sqrt(var + eps) are returned too.
    """
    output, mean, var, scale = _normalize(
        xp,
        (data, gamma, beta, moving_mean, moving_var),
        eps=eps,
        momentum=momentum,
        fix_gamma=fix_gamma,
        of_batch=training and not use_global_stats,
        axis=axis,
    )
    return output, mean, 1 / xp.sqrt(var + eps), scale


@operator(
    "_contrib_BatchNormWithReLU",
    outputs=OUTPUTS,
    labels=OUTPUTS[:3],
    visible=_visible,
    aux=("moving_mean", "moving_var"),
    mutates=("gamma",),
    written=_written,
    initial=INITIAL,
    ignored=("cudnn_off", "min_calib_range", "max_calib_range"),
)
def batch_norm_with_relu(
    xp: XP,
    data: Array,
    gamma: Array,
    beta: Array,
    moving_mean: Array,
    moving_var: Array,
    *,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    training: bool,
) -> tuple[Array, ...]:
    """Normalise as ``BatchNorm`` does, and set what is below 0 to 0."""
    output, mean, var, scale = _normalize(
        xp,
        (data, gamma, beta, moving_mean, moving_var),
        eps=eps,
        momentum=momentum,
        fix_gamma=fix_gamma,
        of_batch=training and not use_global_stats,
        axis=axis,
    )
    xp.maximum(output, as_scalar(output, 0), out=output)
    return output, mean, 1 / xp.sqrt(var + eps), scale


@operator(
    "_contrib_SyncBatchNorm",
    outputs=OUTPUTS,
    labels=OUTPUTS[:3],
    visible=_visible,
    aux=("moving_mean", "moving_var"),
    mutates=("gamma",),
    written=_written,
    initial=INITIAL,
)
def sync_batch_norm(
    xp: XP,
    data: Array,
    gamma: Array,
    beta: Array,
    moving_mean: Array,
    moving_var: Array,
    *,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    ndev: int = 1,
    key: str = "",
    training: bool,
) -> tuple[Array, ...]:
    """Normalise each channel, axis 1, like ``BatchNorm``: the batch is what this array holds.

    In a team of threads (``mx.gluon.utils.call_together``), the batch is what the arrays of all members hold.
    ``ndev`` and ``key`` said to MXNet between which devices the statistics were shared. With
    ``output_mean_var`` the mean and the variance are returned too.
    """
    of_batch = training and not use_global_stats
    if of_batch and ndev > 1:
        warnings.warn(
            f"SyncBatchNorm {key!r} of {ndev} devices does not run in call_together(): its statistics are "
            "those of each device's own part of the batch",
            stacklevel=2,
        )
    return _normalize(
        xp,
        (data, gamma, beta, moving_mean, moving_var),
        eps=eps,
        momentum=momentum,
        fix_gamma=fix_gamma,
        of_batch=of_batch,
        axis=1,
    )


@sync_batch_norm.together
def sync_batch_norm_together(F: Any, exchange: Any, *arrays: Any, **params: Any) -> Any:
    if params["use_global_stats"]:
        return None
    data, gamma, beta, moving_mean, moving_var = arrays
    half = is_half(np.dtype(data.dtype))
    wide = F.Cast(data, dtype=WIDE) if half else data
    view = _view(data.shape, 1)
    mean, var, centred = _shared_moments(F, exchange, wide, view)
    output = centred * F.rsqrt(var + params["eps"])
    if not params["fix_gamma"]:
        output = output * F._reshape_to(F.Cast(gamma, dtype=wide.dtype), shape=view.affine)
    output = output + F._reshape_to(F.Cast(beta, dtype=wide.dtype), shape=view.affine)
    with ModeScope(recording=False):
        if params["fix_gamma"]:
            gamma.write(1)
        for running, batch in ((moving_mean, mean), (moving_var, var)):
            kept = params["momentum"]
            moved = F.Cast(running, dtype=wide.dtype) * kept + batch.detach().reshape((-1,)) * (1 - kept)
            running.write(moved)
    if half:
        output = F.Cast(output, dtype=data.dtype)
    if not params["output_mean_var"]:
        return output
    return [output, mean.reshape((-1,)), var.reshape((-1,))]


def _shared_moments(F: Any, exchange: Any, data: Any, view: View) -> tuple[Any, Any, Any]:
    """Return mean and variance over the data of all members, and this member's data less that mean."""
    counts = exchange(view.count)

    def over_all(own: Any) -> Any:
        parts = exchange(F.mean(own, axis=view.axes, keepdims=True))
        return sum(part * (count / sum(counts)) for part, count in zip(parts, counts, strict=True))

    mean = over_all(data)
    centred = data - mean
    return mean, over_all(F.square(centred)), centred


@batch_norm.shape
@batch_norm_with_relu.shape
def batch_norm_shape(s: ShapeFacts, axis: int) -> None:
    state_channels(s, axis, (*PARAMETERS, *OUTPUTS[1:]))


@sync_batch_norm.shape
def sync_batch_norm_shape(s: ShapeFacts) -> None:
    state_channels(s, 1, (*PARAMETERS, *OUTPUTS[1:]))


@batch_norm.dtype
@batch_norm_with_relu.dtype
@sync_batch_norm.dtype
def batch_norm_dtype(d: DTypeFacts) -> None:
    state_dtypes(d, (*PARAMETERS, "scale"), ("mean", "var"), wide=True)


def _gradient(
    F: Any,
    g: tuple[Any, ...],
    arrays: tuple[Any, ...],
    stats: Statistics,
    shapes: Any,
    dtypes: Any,
    needed: Any,
    *,
    axis: int,
    fix_gamma: bool,
) -> Any:
    """Return the gradients of all inputs, given those of output and scale."""
    g_output, g_scale = g
    data, scale = arrays
    view = _view(data.shape, axis)
    g_data, g_gamma, g_beta = gradients_of(
        F,
        view,
        widened(F, g_output, dtypes[0]),
        widened(F, data, dtypes[0]),
        reshaped(F, widened(F, scale, dtypes[1]), view.affine),
        stats,
        of_data=needed[0],
    )
    if g_scale is not None:
        g_gamma = g_gamma + reshaped(F, widened(F, g_scale, dtypes[1]), view.affine)
    return finished(F, (g_data, None if fix_gamma else g_gamma, g_beta), shapes, dtypes)


@batch_norm.gradient()
def batch_norm_gradient(
    F: Any,
    g: Any,
    data: Any,
    mean: Any,
    var: Any,
    scale: Any,
    hidden: Any,
    shapes: Any,
    dtypes: Any,
    needed: Any,
    fix_gamma: bool,
    use_global_stats: bool,
    axis: int,
    training: bool,
) -> Any:
    view = _view(data.shape, axis)
    g_output, *g_stats, g_scale = all_outputs(g, hidden)
    mean, inverse, g_mean, g_inverse = (reshaped(F, each, view.statistics) for each in (mean, var, *g_stats))
    g_var = None if g_inverse is None else g_inverse * inverse**3 * -0.5
    stats = Statistics(mean, inverse, g_mean, g_var, constant=use_global_stats or not training)
    arrays = (data, scale)
    return _gradient(
        F, (g_output, g_scale), arrays, stats, shapes, dtypes, needed, axis=axis, fix_gamma=fix_gamma
    )


@batch_norm_with_relu.gradient()
def batch_norm_with_relu_gradient(
    F: Any,
    g: Any,
    data: Any,
    output: Any,
    mean: Any,
    var: Any,
    scale: Any,
    hidden: Any,
    shapes: Any,
    dtypes: Any,
    needed: Any,
    fix_gamma: bool,
    use_global_stats: bool,
    axis: int,
    training: bool,
) -> Any:
    g_output, *others = g if isinstance(g, tuple) else (g,)
    passed = g_output * (output > 0)
    return batch_norm_gradient(
        F,
        (passed, *others),
        data,
        mean,
        var,
        scale,
        hidden,
        shapes,
        dtypes,
        needed,
        fix_gamma,
        use_global_stats,
        axis,
        training,
    )


@sync_batch_norm.gradient()
def sync_batch_norm_gradient(
    F: Any,
    g: Any,
    data: Any,
    mean: Any,
    var: Any,
    scale: Any,
    hidden: Any,
    shapes: Any,
    dtypes: Any,
    needed: Any,
    eps: float,
    fix_gamma: bool,
    use_global_stats: bool,
    training: bool,
) -> Any:
    view = _view(data.shape, 1)
    g_output, *g_stats, g_scale = all_outputs(g, hidden)
    mean, var, g_mean, g_var = (reshaped(F, each, view.statistics) for each in (mean, var, *g_stats))
    stats = Statistics(mean, F.rsqrt(var + eps), g_mean, g_var, constant=use_global_stats or not training)
    arrays = (data, scale)
    return _gradient(
        F, (g_output, g_scale), arrays, stats, shapes, dtypes, needed, axis=1, fix_gamma=fix_gamma
    )
