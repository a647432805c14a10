"""Making images larger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.nn.common import float_rule
from gluonish.ops.nn.windows import Geometry, Window, spread
from gluonish.shape import format_shape

__all__: list[str] = []

IMAGE_AXES = 4


def _bilinear_window(scale: int) -> Window:
    """Return the window of the convolution that upsampling by a scale reverses."""
    kernel, pad = 2 * scale - scale % 2, scale // 2
    return Window((kernel,) * 2, (scale,) * 2, (1, 1), (pad,) * 2)


def _repeat(image: Array, factor: int, out: Array) -> None:
    """Add the image to ``out`` with each pixel repeated along both axes."""
    batch, channels, height, width = image.shape
    repeated = out.reshape(batch, channels, height, factor, width, factor)  # a view: axes are only split
    repeated += image[:, :, :, None, :, None]


@operator("UpSampling", ignored=("num_args", "workspace"))
def upsampling(
    xp: XP,
    *data: Array,
    scale: int,
    num_filter: int = 0,
    sample_type: Literal["nearest", "bilinear"],
    multi_input_mode: Literal["concat", "sum"] = "concat",
) -> Array:
    """Make images ``scale`` times as high and wide.

    "nearest" repeats pixels. It takes several images, brings all to the size that the first one gets, and
    joins their channels or adds them up. "bilinear" takes images and a weight of shape (channels, 1, k, k)
    with k = 2 * scale - scale % 2, and is the transposed convolution of each channel with its own kernel; it
    interpolates if the weight is initialised so.
    """
    first = data[0]
    height, width = (dim * scale for dim in first.shape[2:])
    if sample_type == "bilinear":
        output = xp.empty((*first.shape[:2], height, width), first.dtype)
        geometry = Geometry(_bilinear_window(scale), (height, width), first.shape[2:], first.shape[1])
        spread(xp, first, data[1], geometry, output)
        return output
    joined = multi_input_mode == "concat"
    channels = sum(each.shape[1] for each in data) if joined else first.shape[1]
    output = xp.zeros((first.shape[0], channels, height, width), first.dtype)
    for image, place in zip(data, _channels(data), strict=True):
        _repeat(image, height // image.shape[2], output[:, place] if joined else output)
    return output


def _channels(images: Sequence[Any]) -> Iterator[slice]:
    """Yield where the channels of each image are when they are joined."""
    start = 0
    for image in images:
        yield slice(start, start + image.shape[1])
        start += image.shape[1]


@upsampling.shape
def upsampling_shape(
    s: ShapeFacts, scale: int, num_filter: int, sample_type: str, multi_input_mode: str
) -> None:
    if scale < 1:
        s.fail("cannot make images smaller", expected="scale of 1 or more")
    for shape in s.inputs:
        if shape is not None and len(shape) != IMAGE_AXES:
            s.fail("makes images larger", expected="4 axes: batch, channels, height, width")
    if sample_type == "bilinear":
        _state_bilinear(s, scale, num_filter)
    elif s[0] is not None:
        _state_nearest(s, scale, multi_input_mode)


def _state_bilinear(s: ShapeFacts, scale: int, num_filter: int) -> None:
    if s.n_inputs != 2:  # noqa: PLR2004
        s.fail("needs images and a weight for the sample type 'bilinear'", expected="2 inputs")
    kernel = _bilinear_window(scale).kernel
    channels = num_filter or None
    s[0] = (None, channels, None, None)
    s[1] = (s[0][1], 1, *kernel)
    s[0] = (None, s[1][0], None, None)
    batch, channels, *size = s[0]
    s["output"] = (batch, channels, *(None if dim is None else dim * scale for dim in size))


def _state_nearest(s: ShapeFacts, scale: int, mode: str) -> None:
    batch, channels, height, width = s[0]
    size = tuple(None if dim is None else dim * scale for dim in (height, width))
    shapes = [shape or (None,) * IMAGE_AXES for shape in s.inputs]
    for shape in shapes:
        if None not in (*size, *shape[2:]) and _factor_of(shape, size) is None:
            s.fail(f"cannot bring all images to the size {format_shape(size)} by repeating pixels")
    if mode == "concat":
        counts = [shape[1] for shape in shapes]
        channels = None if None in counts else sum(counts)
    s["output"] = (batch, channels, *size)
    for position in range(s.n_inputs):
        s[position] = (batch, None if mode == "concat" else channels, None, None)


def _factor_of(shape: tuple[Any, ...], size: tuple[Any, ...]) -> int | None:
    """Return by how much an image is to grow; None where both axes do not agree on a whole number."""
    factors = {whole / part for whole, part in zip(size, shape[2:], strict=True) if part}
    if len(factors) > 1 or not all(factor.is_integer() for factor in factors):
        return None
    return int(factors.pop()) if factors else 1


upsampling.dtype(float_rule)


@upsampling.gradient()
def upsampling_gradient(
    F: Any, g: Any, data: Any, scale: int, sample_type: str, multi_input_mode: str, needed: Any
) -> Any:
    if sample_type == "bilinear":
        return _bilinear_gradient(F, g, data, scale, needed)
    gradients = []
    for image, channels in zip(data, _channels(data), strict=True):
        part = g
        if multi_input_mode == "concat" and len(data) > 1:
            part = F.slice_axis(g, axis=1, begin=channels.start, end=channels.stop)
        factor = g.shape[2] // image.shape[2]
        # The sum over the pixels that each one was repeated to.
        gradients.append(F.Pooling(part, kernel=(factor,) * 2, stride=(factor,) * 2, pool_type="sum"))
    return tuple(gradients)


def _bilinear_gradient(F: Any, g: Any, data: Any, scale: int, needed: Any) -> Any:
    images, weight = data
    params = _bilinear_window(scale).as_params() | {"num_group": images.shape[1]}
    of_images = of_weight = None
    if needed[0]:
        of_images = F.Convolution(g, weight, num_filter=images.shape[1], no_bias=True, **params)
    if needed[1]:
        of_weight = F._conv_weight_grad(g, images, **params)
    return of_images, of_weight
