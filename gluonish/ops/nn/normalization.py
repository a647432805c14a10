"""Normalisation of each sample by itself: over a layer, an instance, or groups of channels."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import normalize_axis
from gluonish.ops.nn.normal import (
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
from gluonish.shape import Shape, shape_size

__all__: list[str] = []


def _normalize(
    xp: XP, data: Array, gamma: Array, beta: Array, view: View, eps: float
) -> tuple[Array, Array, Array]:
    """Return the normalised data, the mean and the standard deviation, the latter in the view's shapes."""
    centred, mean, var = moments(xp, data, view)
    std = xp.sqrt(var + eps)
    output = scaled(centred, 1 / std, gamma, beta, view)
    return output.reshape(data.shape).astype(data.dtype, copy=False), mean, std


def _gradient(
    F: Any, view: View, g: Any, data: Any, gamma: Any, mean: Any, std: Any, dtypes: Any, needed: Any
) -> Any:
    """Return the gradients of data, gamma and beta.

    Args:
        F: the operators to compute with.
        view: what was normalised.
        g: the gradients of output, mean and standard deviation.
        data: the input.
        gamma: the input.
        mean: the output.
        std: the output.
        dtypes: of the inputs.
        needed: whether the gradient of each input is wanted.
    """
    g_output, g_mean, g_std = g
    mean, std, g_mean, g_std = (reshaped(F, each, view.statistics) for each in (mean, std, g_mean, g_std))
    inverse = 1 / std
    g_var = None if g_std is None else g_std * inverse * 0.5  # var = std^2 - eps
    found = gradients_of(
        F,
        view,
        reshaped(F, widened(F, g_output, dtypes[0]), view.shape),
        reshaped(F, widened(F, data, dtypes[0]), view.shape),
        reshaped(F, widened(F, gamma, dtypes[1]), view.affine),
        Statistics(mean, inverse, g_mean, g_var),
        of_data=needed[0],
    )
    return finished(F, found, (data.shape, gamma.shape, gamma.shape), dtypes)


def _dtypes(d: DTypeFacts) -> None:
    state_dtypes(d, ("gamma", "beta"), ("mean", "std"))


# -- over a layer ------------------------------------------------------------------------------------------


def _layer_view(shape: Shape, axis: int) -> View:
    axis = normalize_axis(axis, len(shape), "LayerNorm")
    others = [i for i in range(len(shape)) if i != axis]
    return View(shape, only(others, shape), only([axis], shape))


@operator(
    "LayerNorm",
    outputs=("output", "mean", "std"),
    visible=lambda output_mean_var: 3 if output_mean_var else 1,
)
def layer_norm(
    xp: XP,
    data: Array,
    gamma: Array,
    beta: Array,
    *,
    axis: int = -1,
    eps: float = 1e-5,
    output_mean_var: bool = False,
) -> tuple[Array, ...]:
    """Normalise along one axis, for each place on the others, then multiply with gamma and add beta.

    Ba, Kiros and Hinton, Layer Normalization (2016). With ``output_mean_var`` the mean and the standard
    deviation, which has eps in it, are returned too.
    """
    return _normalize(xp, data, gamma, beta, _layer_view(data.shape, axis), eps)


@layer_norm.shape
def layer_norm_shape(s: ShapeFacts, axis: int) -> None:
    state_channels(s, axis, ("gamma", "beta"))
    data = s["data"]
    if data is not None:
        axis = normalize_axis(axis, len(data), s.owner)
        s["mean"] = s["std"] = (*data[:axis], 1, *data[axis + 1 :])


@layer_norm.gradient()
def layer_norm_gradient(
    F: Any,
    g: Any,
    data: Any,
    gamma: Any,
    mean: Any,
    std: Any,
    hidden: Any,
    dtypes: Any,
    needed: Any,
    axis: int,
) -> Any:
    view = _layer_view(data.shape, axis)
    return _gradient(F, view, all_outputs(g, hidden), data, gamma, mean, std, dtypes, needed)


# -- over an instance --------------------------------------------------------------------------------------


def _instance_view(shape: Shape) -> View:
    return View(shape, only([0, 1], shape), only([1], shape))


@operator("InstanceNorm", outputs=("output", "mean", "std"), visible=1)
def instance_norm(xp: XP, data: Array, gamma: Array, beta: Array, *, eps: float = 1e-3) -> tuple[Array, ...]:
    """Normalise each channel of each sample, then multiply with gamma and add beta.

    Ulyanov, Vedaldi and Lempitsky, Instance Normalization (2016). Channels are axis 1.
    """
    output, mean, std = _normalize(xp, data, gamma, beta, _instance_view(data.shape), eps)
    return output, mean.reshape(data.shape[:2]), std.reshape(data.shape[:2])


@instance_norm.shape
def instance_norm_shape(s: ShapeFacts) -> None:
    data = s["data"]
    if data is not None and len(data) < 3:  # noqa: PLR2004
        s.fail("has nothing to take a mean over", expected="data of 3 axes or more: batch, channels, others")
    state_channels(s, 1, ("gamma", "beta"))
    if data is not None:
        s["mean"] = s["std"] = data[:2]


@instance_norm.gradient()
def instance_norm_gradient(
    F: Any, g: Any, data: Any, gamma: Any, mean: Any, std: Any, hidden: Any, dtypes: Any, needed: Any
) -> Any:
    view = _instance_view(data.shape)
    return _gradient(F, view, all_outputs(g, hidden), data, gamma, mean, std, dtypes, needed)


# -- over groups of channels -------------------------------------------------------------------------------


def _group_view(shape: Shape, num_groups: int) -> View:
    batch = shape[0]
    view = (batch, num_groups, shape_size(shape[1:]) // num_groups)
    return View(view, (batch, num_groups, 1), (1, num_groups, 1))


@operator(
    "GroupNorm",
    outputs=("output", "mean", "std"),
    visible=lambda output_mean_var: 3 if output_mean_var else 1,
)
def group_norm(
    xp: XP,
    data: Array,
    gamma: Array,
    beta: Array,
    *,
    num_groups: int = 1,
    eps: float = 1e-5,
    output_mean_var: bool = False,
) -> tuple[Array, ...]:
    """Normalise each group of channels of each sample, then multiply with gamma and add beta.

    Wu and He, Group Normalization (2018); but gamma and beta have one entry per group, not per channel, as in
    MXNet. Channels are axis 1. With ``output_mean_var`` the mean and the standard deviation, which has eps in
    it, are returned too.
    """
    output, mean, std = _normalize(xp, data, gamma, beta, _group_view(data.shape, num_groups), eps)
    return output, mean.reshape(-1, num_groups), std.reshape(-1, num_groups)


@group_norm.shape
def group_norm_shape(s: ShapeFacts, num_groups: int) -> None:
    s.same("data", "output")
    data = s["data"]
    if num_groups < 1:
        s.fail("needs at least one group", expected="num_groups of 1 or more")
    s["gamma"] = s["beta"] = (num_groups,)
    if data is None:
        return
    if len(data) < 2 or (data[1] is not None and data[1] % num_groups):  # noqa: PLR2004
        s.fail(f"cannot split its channels, axis 1, into {num_groups} equal groups")
    s["mean"] = s["std"] = (data[0], num_groups)


@group_norm.gradient()
def group_norm_gradient(
    F: Any,
    g: Any,
    data: Any,
    gamma: Any,
    mean: Any,
    std: Any,
    hidden: Any,
    dtypes: Any,
    needed: Any,
    num_groups: int,
) -> Any:
    view = _group_view(data.shape, num_groups)
    return _gradient(F, view, all_outputs(g, hidden), data, gamma, mean, std, dtypes, needed)


for _each in (layer_norm, instance_norm, group_norm):
    _each.dtype(_dtypes)
