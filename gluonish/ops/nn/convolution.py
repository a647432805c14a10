"""Convolution over one to three spatial axes, its transpose, and the gradients of both.

Convolution is linear in the images and linear in the weight. Three operators close it under differentiation:
the convolution, its transpose by the images (``_conv_data_grad``) and its transpose by the weight
(``_conv_weight_grad``); the gradients of each are the other two. Deconvolution is the second of them, as a
layer of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import (
    Layout,
    channel_axis,
    channels_first,
    float_rule,
    per_axis,
    require_layout,
    spatial_axes,
    with_bias,
)
from gluonish.ops.nn.windows import Geometry, Window, convolve, spread, weigh
from gluonish.shape import Dim, PartialShape, Shape, format_shape

__all__: list[str] = []

Params: TypeAlias = Mapping[str, Any]

IGNORED = ("workspace", "cudnn_tune", "cudnn_off")


# -- shapes -------------------------------------------------------------------------------------------


@attrs.frozen
class _Images:
    """A partial shape of a batch of images (or of a weight, whose axes are filters, channels, kernel)."""

    batch: Dim
    channels: Dim
    size: tuple[Dim, ...]

    @classmethod
    def of(cls, shape: PartialShape, layout: str | None, rank: int) -> _Images:
        if shape is None:
            return cls(None, None, (None,) * rank)
        channels = channel_axis(layout, len(shape))
        size = tuple(shape[axis] for axis in spatial_axes(layout, len(shape)))
        return cls(shape[0], shape[channels], size)

    def shape(self, layout: str | None) -> tuple[Dim, ...]:
        if layout is not None and layout.endswith("C"):
            return (self.batch, *self.size, self.channels)
        return (self.batch, self.channels, *self.size)


@attrs.frozen
class _Roles:
    """Which argument of an operator is the images, the weight and the result of the convolution."""

    images: str
    weight: str
    result: str


def _relate(
    s: ShapeFacts, roles: _Roles, window: Window, params: Params, *, padding_known: bool = True
) -> None:
    """State everything that the shapes of a convolution say about each other."""
    rank, groups, layout = len(window.kernel), params["num_group"], params["layout"]
    require_layout(layout, rank, s.owner)
    for name in (roles.images, roles.weight, roles.result):
        _require_rank(s, name, rank)
    images = _Images.of(s[roles.images], layout, rank)
    weight = _Images.of(s[roles.weight], layout, rank)
    result = _Images.of(s[roles.result], layout, rank)

    filters = result.channels if weight.batch is None else weight.batch
    for what, count in (("channels", images.channels), ("filters", filters)):
        if groups < 1 or (count is not None and count % groups):
            s.fail(
                f"cannot split its {what} into {groups} equal groups", expected="a divisor of both numbers"
            )
    size = window.result(images.size if padding_known else (None,) * rank)
    if any(m is not None and m < 1 for m in size):
        s.fail(
            f"has a kernel that covers {format_shape(window.extent)}, more than its padded images",
            expected=f"at most {format_shape(_padded(images.size, window.pad))}",
        )
    batch = images.batch if result.batch is None else result.batch
    channels, within = images.channels, weight.channels
    if channels is not None:
        within = channels // groups
    elif within is not None:
        channels = within * groups
    s[roles.weight] = _Images(filters, within, window.kernel).shape(layout)
    s[roles.images] = _Images(batch, channels, images.size).shape(layout)
    s[roles.result] = _Images(batch, filters, size).shape(layout)


def _require_rank(s: ShapeFacts, name: str, rank: int) -> None:
    if s[name] is not None and len(s[name]) != rank + 2:
        s.fail(
            f"has a kernel of {rank} axes, which does not fit its argument {name!r}",
            expected=f"{rank + 2} axes: batch, channels and {rank} more",
        )


def _padded(size: tuple[Dim, ...], pad: Shape) -> tuple[Dim, ...]:
    return tuple(None if n is None else n + 2 * p for n, p in zip(size, pad, strict=True))


def _spatial(shape: Shape, layout: str | None) -> Shape:
    return tuple(shape[axis] for axis in spatial_axes(layout, len(shape)))


def _allocate(
    xp: XP, batch: int, channels: int, size: Shape, layout: str | None, dtype: Any
) -> tuple[Array, Array]:
    """Return new images, and the view of them with the channels first."""
    array = xp.empty(_Images(batch, channels, size).shape(layout), dtype)
    return array, channels_first(xp, array, layout)


# -- the convolution and its transposes -----------------------------------------------------------------


@operator("Convolution", aliases=("Convolution_v1",), ignored=IGNORED, uses={"bias": with_bias})
def convolution(
    xp: XP,
    data: Array,
    weight: Array,
    bias: Array = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    no_bias: bool = False,
    layout: Layout | None = None,
) -> Array:
    """Return the cross-correlation of images with filters, plus bias.

    The kernel is as long as the images have spatial axes, one to three. The weight has shape (filters,
    channels / groups, *kernel), with the channels last where the layout has them last. Filters of one group
    see the channels of that group only.
    """
    window = Window.of("Convolution", kernel, stride, dilate, pad)
    images = channels_first(xp, data, layout)
    geometry = Geometry(window, images.shape[2:], window.result(images.shape[2:]), num_group)  # type: ignore[arg-type]
    output, view = _allocate(xp, len(data), num_filter, geometry.result, layout, data.dtype)
    convolve(xp, images, channels_first(xp, weight, layout), bias, geometry, view)
    return output


@convolution.shape
def convolution_shape(s: ShapeFacts, params: Params, num_filter: int, no_bias: bool) -> None:
    _relate(s, _Roles("data", "weight", "output"), Window.from_params(s.owner, params), params)
    s["weight"] = (num_filter, *(None,) * (len(params["kernel"]) + 1))
    if not no_bias:
        s["bias"] = (num_filter,)


@operator("_conv_data_grad")
def conv_data_grad(
    xp: XP,
    g: Array,
    weight: Array,
    *,
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_group: int = 1,
    layout: Layout | None = None,
) -> Array:
    """Return the gradient of a convolution by its images, whose spatial sizes are ``size``."""
    window = Window.of("_conv_data_grad", kernel, stride, dilate, pad)
    geometry = Geometry(window, size, _spatial(g.shape, layout), num_group)
    filters = channels_first(xp, weight, layout)
    channels = filters.shape[1] * num_group
    output, view = _allocate(xp, len(g), channels, size, layout, g.dtype)
    spread(xp, channels_first(xp, g, layout), filters, geometry, view)
    return output


@conv_data_grad.shape
def conv_data_grad_shape(s: ShapeFacts, params: Params, size: Shape, layout: str | None) -> None:
    s["output"] = _Images(None, None, size).shape(layout)
    _relate(s, _Roles("output", "weight", "g"), Window.from_params(s.owner, params), params)


@operator("_conv_weight_grad")
def conv_weight_grad(
    xp: XP,
    data: Array,
    g: Array,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_group: int = 1,
    layout: Layout | None = None,
) -> Array:
    """Return the gradient of a convolution by its weight."""
    window = Window.of("_conv_weight_grad", kernel, stride, dilate, pad)
    images, results = channels_first(xp, data, layout), channels_first(xp, g, layout)
    geometry = Geometry(window, images.shape[2:], results.shape[2:], num_group)
    within = images.shape[1] // num_group
    output, view = _allocate(xp, results.shape[1], within, window.kernel, layout, data.dtype)
    weigh(xp, images, results, geometry, view)
    return output


@conv_weight_grad.shape
def conv_weight_grad_shape(s: ShapeFacts, params: Params) -> None:
    _relate(s, _Roles("data", "output", "g"), Window.from_params(s.owner, params), params)


# -- the convolution run backwards, as a layer ------------------------------------------------------------


def _deconvolution_window(
    owner: str, params: Params, size: tuple[Dim, ...]
) -> tuple[Window, tuple[Dim, ...]]:
    """Return the window of the convolution that a deconvolution reverses, and the size of its images.

    Args:
        owner: the operator's name, for messages.
        params: its parameters. ``adj`` pixels are added at the end of each axis; a ``target_shape`` is
            reached by choosing padding and ``adj``, an axis of 0 in it is left as it is.
        size: the spatial sizes of the input.

    Raises:
        ArgumentError: the target is too large, or ``adj`` is not below the stride.
    """
    window = Window.from_params(owner, params)
    rank = len(window.kernel)
    adj = per_axis(params["adj"], rank, default=0, least=0, name="adj", owner=owner)
    target = per_axis(params["target_shape"], rank, default=0, least=0, name="target_shape", owner=owner)
    pads, sizes = list(window.pad), list[Dim](size)
    for axis, (n, s, extent) in enumerate(zip(size, window.stride, window.extent, strict=True)):
        if n is None:
            continue
        full, more = s * (n - 1) + extent, adj[axis]
        if target[axis]:
            surplus = full - target[axis]
            pads[axis], more = (surplus + 1) // 2, surplus % 2
            if surplus < 0:
                raise _impossible(owner, "target_shape", f"at most {full} on spatial axis {axis}", target)
        if more >= s:
            name, value = ("target_shape", target) if target[axis] else ("adj", adj)
            raise _impossible(owner, name, f"less than the stride, {s}, to add on spatial axis {axis}", value)
        sizes[axis] = full - 2 * pads[axis] + more
    return attrs.evolve(window, pad=tuple(pads)), tuple(sizes)


def _impossible(owner: str, name: str, expected: str, received: Shape) -> ArgumentError:
    return ArgumentError(
        f"Operator {owner!r}", f"cannot use this {name}", expected=expected, received=str(received)
    )


@operator("Deconvolution", ignored=IGNORED, uses={"bias": with_bias})
def deconvolution(
    xp: XP,
    data: Array,
    weight: Array,
    bias: Array = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    adj: tuple[int, ...] = (),
    target_shape: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    no_bias: bool = True,
    layout: Layout | None = None,
) -> Array:
    """Return the transposed convolution of images, plus bias.

    It spreads every pixel, times the kernel, over the window that a convolution would compute that pixel
    from. Along an axis of n pixels the result has (n - 1) * stride - 2 * pad + dilate * (kernel - 1) + 1 +
    adj; with ``target_shape`` padding and adj are chosen to give that size, the odd pixel of padding in
    front. The weight has shape (channels, num_filter / groups, *kernel).
    """
    images = channels_first(xp, data, layout)
    params = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad}
    params |= {"adj": adj, "target_shape": target_shape}
    window, size = _deconvolution_window("Deconvolution", params, images.shape[2:])
    output, view = _allocate(xp, len(data), num_filter, size, layout, data.dtype)  # type: ignore[arg-type]
    geometry = Geometry(window, size, images.shape[2:], num_group)  # type: ignore[arg-type]
    spread(xp, images, channels_first(xp, weight, layout), geometry, view)
    if bias is not None:
        view += bias.reshape(-1, *(1,) * len(kernel))
    return output


@deconvolution.shape
def deconvolution_shape(
    s: ShapeFacts, params: Params, num_filter: int, no_bias: bool, layout: str | None
) -> None:
    rank = len(params["kernel"])
    _require_rank(s, "data", rank)
    window, size = _deconvolution_window(s.owner, params, _Images.of(s["data"], layout, rank).size)
    if any(n is not None and n < 1 for n in size):
        s.fail("has more padding than its result has pixels", expected="a smaller pad")
    s["output"] = _Images(None, num_filter, size).shape(layout)
    # Before anything else relates them: where the channels differ, the weight is what does not fit.
    channels = _Images.of(s["data"], layout, rank).channels
    s["weight"] = _Images(channels, None, (None,) * rank).shape(layout)
    padding_known = None not in size or not any(params["target_shape"])
    _relate(s, _Roles("output", "weight", "data"), window, params, padding_known=padding_known)
    if not no_bias:
        s["bias"] = (num_filter,)


for _each in (convolution, conv_data_grad, conv_weight_grad, deconvolution):
    _each.dtype(float_rule)


# -- gradients --------------------------------------------------------------------------------------------


@attrs.frozen
class _Linear:
    """The three operators of one convolution, with its parameters filled in."""

    F: Any
    params: Params

    @classmethod
    def of(cls, F: Any, params: Params, pad: Shape | None = None) -> _Linear:
        chosen = {name: params[name] for name in ("kernel", "stride", "dilate", "pad", "num_group", "layout")}
        return cls(F, chosen if pad is None else {**chosen, "pad": pad})

    @classmethod
    def behind(cls, F: Any, params: Params, shape: Shape) -> _Linear:
        """Return the convolution that a deconvolution of data of this shape reverses."""
        size = _spatial(shape, params["layout"])
        window, _ = _deconvolution_window("Deconvolution", params, size)
        return cls.of(F, params, window.pad)

    def results(self, images: Any, weight: Any) -> Any:
        filters = weight.shape[0]
        return self.F.Convolution(images, weight, num_filter=filters, no_bias=True, **self.params)

    def images(self, results: Any, weight: Any, shape: Shape) -> Any:
        size = _spatial(shape, self.params["layout"])
        return self.F._conv_data_grad(results, weight, size=size, **self.params)

    def weight(self, images: Any, results: Any) -> Any:
        return self.F._conv_weight_grad(images, results, **self.params)


@convolution.gradient("data")
def convolution_gradient_data(F: Any, g: Any, weight: Any, shapes: Any, params: Params) -> Any:
    return _Linear.of(F, params).images(g, weight, shapes[0])


@convolution.gradient("weight")
def convolution_gradient_weight(F: Any, g: Any, data: Any, params: Params) -> Any:
    return _Linear.of(F, params).weight(data, g)


@conv_data_grad.gradient("g")
def conv_data_grad_gradient_g(F: Any, h: Any, weight: Any, params: Params) -> Any:
    return _Linear.of(F, params).results(h, weight)


@conv_data_grad.gradient("weight")
def conv_data_grad_gradient_weight(F: Any, h: Any, g: Any, params: Params) -> Any:
    return _Linear.of(F, params).weight(h, g)


@conv_weight_grad.gradient("data")
def conv_weight_grad_gradient_data(F: Any, h: Any, g: Any, shapes: Any, params: Params) -> Any:
    return _Linear.of(F, params).images(g, h, shapes[0])


@conv_weight_grad.gradient("g")
def conv_weight_grad_gradient_g(F: Any, h: Any, data: Any, params: Params) -> Any:
    return _Linear.of(F, params).results(data, h)


@deconvolution.gradient("data")
def deconvolution_gradient_data(F: Any, g: Any, weight: Any, shapes: Any, params: Params) -> Any:
    return _Linear.behind(F, params, shapes[0]).results(g, weight)


@deconvolution.gradient("weight")
def deconvolution_gradient_weight(F: Any, g: Any, data: Any, params: Params) -> Any:
    return _Linear.behind(F, params, data.shape).weight(g, data)


@convolution.gradient("bias")
@deconvolution.gradient("bias")
def bias_gradient(F: Any, g: Any, layout: str | None) -> Any:
    return F.sum(g, axis=(channel_axis(layout, len(g.shape)),), exclude=True)
