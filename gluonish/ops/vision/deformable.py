"""Convolution whose windows are deformed: every point of a window is moved by an offset of its own.

Images are sampled at the moved points, and the samples are convolved with the filters: the gradients are
those of sampling and of convolution. Dai et al., Deformable Convolutional Networks (2017); Zhu et al.,
Deformable ConvNets v2 (2019), where every sample is multiplied by a number too.

Images are sampled with a border of zeros around them. In the first form a point beyond the last pixel, but by
less than one, has the value of that pixel; in the second it fades into the border.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.nn.common import float_rule, with_bias
from gluonish.ops.nn.convolution import bias_gradient, convolution
from gluonish.ops.nn.windows import Window
from gluonish.ops.vision.sampling import bilinear_sample, bilinear_sample_gradient_grid
from gluonish.shape import Dim, Shape

__all__: list[str] = []

Layout = Literal["NCDHW", "NCHW", "NCW"]
Params = Mapping[str, Any]
Sizes = tuple[int, ...]

INSIDE = (slice(None), slice(None), slice(1, -1), slice(1, -1))
"""Images without their border."""


# -- where the points are -----------------------------------------------------------------------------------


def _points(xp: XP, offset: Array, size: Shape, window: Window) -> Array:
    """Return where points are, in pixels: batch and group, part of the window, y and x, row, column."""
    count = window.kernel[0] * window.kernel[1]
    points = offset.reshape(-1, count, 2, *offset.shape[2:]).copy()
    for axis in (0, 1):
        k, step, apart, pad = (
            each[axis] for each in (window.kernel, window.stride, window.dilate, window.pad)
        )
        parts = xp.arange(k).reshape(-1, 1) if axis == 0 else xp.arange(k).reshape(1, -1)
        within = xp.broadcast_to(parts, window.kernel).reshape(-1, 1, 1) * apart
        starts = (xp.arange(offset.shape[2 + axis]) * step - pad).reshape((-1, 1) if axis == 0 else (1, -1))
        points[:, :, axis] += (within + starts).astype(offset.dtype)
    return points


def _limits(xp: XP, points: Array, size: Shape, fades: bool) -> tuple[Array, Array]:
    """Return the points, moved to where they are sampled, and whether moving them changes the sample."""
    last = xp.asarray(size, points.dtype).reshape(2, 1, 1) - 1
    if fades:
        return xp.clip(points, -1, last + 1), (points > -1) & (points < last + 1)
    outside = ((points < 0) | (points >= last + 1)).any(axis=2, keepdims=True)
    return xp.where(outside, -1, xp.minimum(points, last)), ~outside & (points <= last)


def _window(kernel: Sizes, stride: Sizes, dilate: Sizes, pad: Sizes) -> Window:
    return Window.of("_deformable_grid", kernel, stride, dilate, pad)


@operator("_deformable_grid")
def deformable_grid(
    xp: XP,
    offset: Array,
    *,
    size: Sizes,
    kernel: Sizes,
    stride: Sizes = (),
    dilate: Sizes = (),
    pad: Sizes = (),
    fades: bool = False,
) -> Array:
    """Return the grid to sample images with a border at, for every point of every window.

    ``size`` is that of the images without their border; a point has two offsets, of y and of x. The grid has
    the shape (batch * groups, 2, points of a window * rows, columns).
    """
    points, _ = _limits(xp, _points(xp, offset, size, _window(kernel, stride, dilate, pad)), size, fades)
    scale = xp.asarray([2 / (n + 1) for n in size], offset.dtype).reshape(2, 1, 1)
    grid = ((points + 1) * scale - 1)[:, :, ::-1].swapaxes(1, 2)  # x comes first
    return grid.reshape(len(grid), 2, -1, offset.shape[3]).copy()


@deformable_grid.shape
def deformable_grid_shape(s: ShapeFacts, kernel: Sizes) -> None:
    s["offset"] = (None, None, None, None)
    s["output"] = (None, 2, None, None)
    if None not in s["offset"]:
        batch, channels, rows, columns = s["offset"]
        count = kernel[0] * kernel[1]
        s["output"] = (batch * channels // (2 * count), 2, count * rows, columns)


@deformable_grid.gradient("offset")
def deformable_grid_gradient(F: Any, g: Any, offset: Any, params: Params) -> Any:
    count = params["kernel"][0] * params["kernel"][1]
    parts = F._reshape_to(g, shape=(g.shape[0], 2, count, *offset.shape[2:]))
    parts = F.transpose(F.flip(parts, axis=(1,)), axes=(0, 2, 1, 3, 4))
    return F._reshape_to(parts, shape=offset.shape) * F._deformable_slopes(offset, **params)


@operator("_deformable_slopes", gradient=ZERO_GRADIENT)
def deformable_slopes(
    xp: XP,
    offset: Array,
    *,
    size: Sizes,
    kernel: Sizes,
    stride: Sizes = (),
    dilate: Sizes = (),
    pad: Sizes = (),
    fades: bool = False,
) -> Array:
    """Return by how much each entry of ``_deformable_grid`` grows with its offset."""
    _, moves = _limits(xp, _points(xp, offset, size, _window(kernel, stride, dilate, pad)), size, fades)
    scale = xp.asarray([2 / (n + 1) for n in size], offset.dtype).reshape(2, 1, 1)
    return (moves * scale).astype(offset.dtype).reshape(offset.shape)


@deformable_slopes.shape
def deformable_slopes_shape(s: ShapeFacts) -> None:
    s["offset"] = (None, None, None, None)
    s.same("offset", "output")


# -- the convolutions ---------------------------------------------------------------------------------------


def _grid_params(params: Params, size: Shape, *, fades: bool) -> dict[str, Any]:
    return {
        **{key: params[key] for key in ("kernel", "stride", "dilate", "pad")},
        "size": size,
        "fades": fades,
    }


def _convolved(
    xp: XP, data: Array, offset: Array, mask: Array | None, weight: Array, bias: Array | None, params: Params
) -> Array:
    batch, channels, height, width = data.shape
    groups = params["num_deformable_group"]
    count, pixels = params["kernel"][0] * params["kernel"][1], offset.shape[2] * offset.shape[3]
    images = xp.pad(data, ((0, 0), (0, 0), (1, 1), (1, 1)))
    images = images.reshape(batch * groups, channels // groups, *images.shape[2:])
    given = _grid_params(params, (height, width), fades=mask is not None)
    samples = bilinear_sample.kernel(xp, images, deformable_grid.kernel(xp, offset, **given))
    if mask is not None:
        samples = samples * mask.reshape(batch * groups, 1, *samples.shape[2:])
    output = convolution.kernel(
        xp,
        samples.reshape(batch, channels, count, pixels),
        weight.reshape(*weight.shape[:2], count, 1),
        bias,
        kernel=(count, 1),
        num_filter=len(weight),
        num_group=params["num_group"],
    )
    return output.reshape(batch, -1, *offset.shape[2:])


def _state_shapes(s: ShapeFacts, params: Params) -> None:
    window = Window.from_params(s.owner, params)
    if len(window.kernel) != 2:  # noqa: PLR2004
        s.fail("deforms windows of images only", expected="a kernel of two axes")
    count, groups = window.kernel[0] * window.kernel[1], params["num_deformable_group"]
    s["data"] = (None, None, None, None)
    batch, channels, height, width = s["data"]
    for number in (params["num_group"], groups):
        if number < 1 or (channels is not None and channels % number):
            s.fail("cannot split its channels into equal groups", expected="a divisor of their number")
    rows, columns = window.result((height, width))
    s["offset"] = (batch, 2 * count * groups, rows, columns)
    if "mask" in s:
        s["mask"] = (batch, count * groups, rows, columns)
    within: Dim = None if channels is None else channels // params["num_group"]
    s["weight"] = (params["num_filter"], within, *window.kernel)
    s["output"] = (batch, params["num_filter"], rows, columns)
    if not params["no_bias"]:
        s["bias"] = (params["num_filter"],)


def _gradients(F: Any, g: Any, data: Any, offset: Any, mask: Any, weight: Any, params: Params) -> list[Any]:
    """Return the gradients of images, offsets, mask and weight."""
    batch, channels, height, width = data.shape
    groups = params["num_deformable_group"]
    count, pixels = params["kernel"][0] * params["kernel"][1], offset.shape[2] * offset.shape[3]
    images = F.Pad(data, mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 1, 1))
    images = F._reshape_to(images, shape=(batch * groups, channels // groups, height + 2, width + 2))
    grid = F._deformable_grid(offset, **_grid_params(params, (height, width), fades=mask is not None))
    samples = F._bilinear_sample(images, grid)
    among = samples.shape
    moved = None if mask is None else F._reshape_to(mask, shape=(among[0], 1, *among[2:]))
    used = samples if moved is None else F.broadcast_mul(samples, moved)

    linear = {"kernel": (count, 1), "num_group": params["num_group"]}
    results = F._reshape_to(g, shape=(batch, g.shape[1], 1, pixels))
    filters = F._reshape_to(weight, shape=(*weight.shape[:2], count, 1))
    columns = F._reshape_to(used, shape=(batch, channels, count, pixels))
    of_weight = F._reshape_to(F._conv_weight_grad(columns, results, **linear), shape=weight.shape)
    of_used = F._conv_data_grad(results, filters, size=(count, pixels), **linear)
    of_used = F._reshape_to(of_used, shape=among)

    of_samples = of_used if moved is None else F.broadcast_mul(of_used, moved)
    of_mask = None if mask is None else F._reshape_to(F.sum(of_used * samples, axis=(1,)), shape=mask.shape)
    of_images = F._bilinear_spread(of_samples, grid, size=(height + 2, width + 2))
    of_data = F._reshape_to(F._getitem(of_images, key=INSIDE), shape=data.shape)
    of_grid = bilinear_sample_gradient_grid(F, of_samples, images, grid, 0, 0)
    given = _grid_params(params, (height, width), fades=mask is not None)
    of_offset = deformable_grid_gradient(F, of_grid, offset, given)
    return [of_data, of_offset, of_mask, of_weight]


@operator("_contrib_DeformableConvolution", ignored=("workspace",), uses={"bias": with_bias})
def deformable_convolution(
    xp: XP,
    data: Array,
    offset: Array,
    weight: Array,
    bias: Array = None,
    *,
    kernel: Sizes,
    stride: Sizes = (),
    dilate: Sizes = (),
    pad: Sizes = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    layout: Layout | None = None,
) -> Array:
    """Return the convolution of images whose windows are deformed by offsets.

    The offsets, (batch, deformable groups * kernel rows * kernel columns * 2, rows, columns), hold y and x.
    """
    params = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad}
    params |= {"num_group": num_group, "num_deformable_group": num_deformable_group}  # type: ignore[dict-item]
    return _convolved(xp, data, offset, None, weight, bias, params)


@deformable_convolution.gradient()
def deformable_convolution_gradient(
    F: Any, g: Any, data: Any, offset: Any, weight: Any, shapes: Any, params: Params
) -> tuple[Any, ...]:
    of_data, of_offset, _, of_weight = _gradients(F, g, data, offset, None, weight, params)
    of_bias = () if params["no_bias"] or len(shapes) == 3 else (bias_gradient(F, g, None),)  # noqa: PLR2004
    return of_data, of_offset, of_weight, *of_bias


@operator(
    "_contrib_ModulatedDeformableConvolution", ignored=("workspace", "im2col_step"), uses={"bias": with_bias}
)
def modulated_deformable_convolution(
    xp: XP,
    data: Array,
    offset: Array,
    mask: Array,
    weight: Array,
    bias: Array = None,
    *,
    kernel: Sizes,
    stride: Sizes = (),
    dilate: Sizes = (),
    pad: Sizes = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    layout: Layout | None = None,
) -> Array:
    """Return the convolution of images whose windows are deformed by offsets, every sample times a mask.

    The offsets are like those of ``DeformableConvolution``, the mask has one number for each two of them.
    """
    params = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad}
    params |= {"num_group": num_group, "num_deformable_group": num_deformable_group}  # type: ignore[dict-item]
    return _convolved(xp, data, offset, mask, weight, bias, params)


@modulated_deformable_convolution.gradient()
def modulated_deformable_convolution_gradient(
    F: Any, g: Any, data: Any, offset: Any, mask: Any, weight: Any, shapes: Any, params: Params
) -> tuple[Any, ...]:
    gradients = _gradients(F, g, data, offset, mask, weight, params)
    of_bias = () if params["no_bias"] or len(shapes) == 4 else (bias_gradient(F, g, None),)  # noqa: PLR2004
    return *gradients, *of_bias


for _each in (deformable_convolution, modulated_deformable_convolution):
    _each.shape(_state_shapes)
for _each in (deformable_grid, deformable_slopes, deformable_convolution, modulated_deformable_convolution):
    _each.dtype(float_rule)
