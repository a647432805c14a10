"""Images with channels last, or batches of them, as files hold them; networks get channels first."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.dtype import is_float
from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import float_rule
from gluonish.shape import Dim, PartialShape

__all__ = ["as_pixels", "image_axes"]

Numbers = tuple[float, ...]
Size = tuple[int, ...]

IMAGE_AXES = (3, 4)  # an image, or a batch of them
NEAREST, LINEAR, CUBIC, AREA, LANCZOS = range(5)
CUBIC_SLOPE = -0.75
LANCZOS_REACH = 4


def image_axes(s: ShapeFacts, axes: str) -> PartialShape:
    """Return what is known of the shape of the images; refuse what are none."""
    data = s["data"]
    if data is not None and len(data) not in IMAGE_AXES:
        s.fail("takes images", expected=f"{axes}, or a batch of such images")
    return data


def as_pixels(xp: XP, values: Array, dtype: Any, *, nearest: bool) -> Array:
    """Return computed values in the dtype of an image: integers are rounded, or cut off, and bounded."""
    if not is_float(dtype):
        bounds = np.iinfo(dtype)
        values = xp.clip(xp.rint(values) if nearest else values, bounds.min, bounds.max)
    return values.astype(dtype, copy=False)


# -- to tensors -----------------------------------------------------------------------------------------


@operator("_image_to_tensor")
def to_tensor(xp: XP, data: Array) -> Array:
    """Return images of values 0 to 255 as float32 from 0 to 1, with the channels before height and width."""
    return xp.moveaxis(data, -1, -3).astype("float32") / np.float32(255)


@to_tensor.shape
def to_tensor_shape(s: ShapeFacts) -> None:
    data = image_axes(s, "(height, width, channels)")
    if data is not None:
        s["output"] = (*data[:-3], data[-1], *data[-3:-1])


@to_tensor.dtype
def to_tensor_dtype(d: DTypeFacts) -> None:
    d["output"] = np.dtype("float32")


@to_tensor.gradient("data")
def to_tensor_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    last = F.swapaxes(F.swapaxes(g, dim1=-3, dim2=-1), dim1=-3, dim2=-2)
    return F.Cast(last / 255, dtype=dtypes[0])


@operator("_image_normalize")
def normalize(xp: XP, data: Array, *, mean: Numbers = (0.0,) * 4, std: Numbers = (1.0,) * 4) -> Array:
    """Subtract a mean from each channel, which is first, and divide by a standard deviation.

    One number is for all channels.
    """
    centred = data - _by_channel(xp, data, mean)
    return centred / _by_channel(xp, data, std)


def _by_channel(xp: XP, data: Array, values: Numbers) -> Array:
    return xp.asarray(values[: data.shape[-3]], data.dtype).reshape(-1, 1, 1)


@normalize.shape
def normalize_shape(s: ShapeFacts, mean: Numbers, std: Numbers) -> None:
    s.same("data", "output")
    data = image_axes(s, "(channels, height, width)")
    channels: Dim = data[-3] if data is not None else None
    if channels is None:
        return
    for name, values in (("mean", mean), ("std", std)):
        is_default = len(values) == 4 and len(set(values)) == 1  # noqa: PLR2004  what stands in the signature
        if len(values) not in (1, channels) and not is_default:
            s.fail(
                f"has another number of values of {name} than channels", expected=f"1 or {channels} values"
            )


normalize.dtype(float_rule)


@normalize.gradient("data")
def normalize_gradient(F: Any, g: Any, mean: Numbers, std: Numbers) -> Any:
    return F._image_normalize(g, mean=(0.0,), std=std)


# -- parts and mirror images ----------------------------------------------------------------------------


@operator("_image_crop")
def crop(xp: XP, data: Array, *, x: int, y: int, width: int, height: int) -> Array:
    """Return a copy of a part of images: ``width`` columns from ``x`` on, ``height`` rows from ``y`` on."""
    return data[..., y : y + height, x : x + width, :].copy()


@crop.shape
def crop_shape(s: ShapeFacts, x: int, y: int, width: int, height: int) -> None:
    data = image_axes(s, "(height, width, channels)")
    if min(x, y) < 0 or min(width, height) < 1:
        raise ArgumentError(
            f"Operator {s.owner!r}",
            "cannot cut out such a part",
            expected="x and y of 0 or more, width and height of 1 or more",
            received=f"x={x}, y={y}, width={width}, height={height}",
        )
    if data is None:
        return
    for end, size, name in ((y + height, data[-3], "rows"), (x + width, data[-2], "columns")):
        if size is not None and end > size:
            s.fail(
                "cannot cut out what is not in the image",
                expected=f"a part that ends within its {size} {name}",
            )
    s["output"] = (*data[:-3], height, width, data[-1])


@crop.gradient("data")
def crop_gradient(F: Any, g: Any, shapes: Any, x: int, y: int, width: int, height: int) -> Any:
    inside = (slice(y, y + height), slice(x, x + width), slice(None))
    everything = (slice(None),) * (len(shapes[0]) - 3)
    return F._key_add(g, key=(*everything, *inside), shape=shapes[0])


def _declare_flips(word: str, axis: int, words: str) -> None:
    """Declare the operators that mirror images: always, and with a probability of 1/2."""

    def flip(xp: XP, data: Array) -> Array:
        return xp.flip(data, axis).copy()

    flip.__doc__ = f"Mirror images {words}."
    always = operator(f"_image_flip_{word}")(flip)
    always.gradient("data")(lambda F, g: getattr(F, f"_image_flip_{word}")(g))

    def random_flip(xp: XP, data: Array, *, rng: Any) -> tuple[Array, Array]:
        mirrored = rng.random((1,)) < 1 / 2
        return xp.where(mirrored, xp.flip(data, axis), data), mirrored

    random_flip.__doc__ = f"Mirror images {words} with a probability of 1/2, all of a batch or none."
    perhaps = operator(f"_image_random_flip_{word}", outputs=("output", "mirrored"), visible=1)(random_flip)

    @perhaps.gradient("data")
    def random_flip_gradient(F: Any, g: Any, mirrored: Any) -> Any:
        other = getattr(F, f"_image_flip_{word}")(g)
        share = F.Cast(mirrored, dtype=g.dtype)
        return F.broadcast_add(F.broadcast_mul(other, share), F.broadcast_mul(g, 1 - share))

    for each in (always, perhaps):
        each.shape(_flip_shape)
    perhaps.dtype(_flip_dtype)


def _flip_shape(s: ShapeFacts) -> None:
    image_axes(s, "(height, width, channels)")
    s.same("data", "output")
    if "mirrored" in s.names:
        s["mirrored"] = (1,)


def _flip_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    d["mirrored"] = np.dtype("bool")


_declare_flips("left_right", -2, "left to right")
_declare_flips("top_bottom", -3, "top to bottom")


# -- resizing -------------------------------------------------------------------------------------------


@operator("_image_resize", gradient=NOT_DIFFERENTIABLE)
def resize(xp: XP, data: Array, *, size: Size = (), keep_ratio: bool = False, interp: int = LINEAR) -> Array:
    """Resize images, with the interpolations of OpenCV.

    Args:
        xp: the module of the arrays.
        data: images, channels last.
        size: (width, height), or one number.
        keep_ratio: whether one number is the length of the shorter side, rather than of both.
        interp: 0 nearest, 1 linear, 2 cubic, 3 by area, 4 Lanczos over 8 pixels.
    """
    rows, columns = data.shape[-3:-1]
    height, width = _resized(rows, columns, size, keep_ratio)
    if (rows, columns) == (height, width):
        return data.copy()
    values = data if is_float(data.dtype) else data.astype("float32")
    shrinks = height <= rows and width <= columns
    across = xp.asarray(_weights(rows, height, interp, shrinks), values.dtype)
    along = xp.asarray(_weights(columns, width, interp, shrinks), values.dtype)
    tall = xp.tensordot(values, across, ([values.ndim - 3], [1]))
    wide = xp.tensordot(tall, along, ([values.ndim - 3], [1]))
    result = xp.moveaxis(wide, values.ndim - 3, -1)
    return xp.ascontiguousarray(as_pixels(xp, result, data.dtype, nearest=True))


def _resized(rows: int, columns: int, size: Size, keep_ratio: bool) -> tuple[int, int]:
    """Return the height and width that images get."""
    if len(size) > 1:
        return size[1], size[0]
    if not keep_ratio:
        return size[0], size[0]
    return (size[0], columns * size[0] // rows) if rows < columns else (rows * size[0] // columns, size[0])


@resize.shape
def resize_shape(s: ShapeFacts, size: Size, keep_ratio: bool, interp: int) -> None:
    if len(size) not in (1, 2) or min(size) < 1:
        raise ArgumentError(
            f"Operator {s.owner!r}",
            "needs a size",
            expected="a positive number, or (width, height)",
            received=str(size),
        )
    if not NEAREST <= interp <= LANCZOS:
        raise ArgumentError(
            f"Operator {s.owner!r}",
            "does not know this interpolation",
            expected="0 nearest, 1 linear, 2 cubic, 3 by area, or 4 Lanczos",
            received=interp,
        )
    data = image_axes(s, "(height, width, channels)")
    if data is None:
        return
    rows, columns = data[-3:-1]
    if rows is not None and columns is not None:
        s["output"] = (*data[:-3], *_resized(rows, columns, size, keep_ratio), data[-1])


@functools.lru_cache(64)
def _weights(given: int, wanted: int, interp: int, shrinks: bool) -> np.ndarray[Any, Any]:
    """Return by how much each of the pixels that are given counts for each one wanted, as OpenCV has it."""
    result = np.zeros((wanted, given))
    targets = np.arange(wanted)
    scale = given / wanted
    if interp == AREA and shrinks:
        starts, edges = targets[:, None] * scale, np.arange(given)
        overlap = np.minimum(edges + 1, starts + scale) - np.maximum(edges, starts)
        return np.clip(overlap, 0, None) / scale
    if interp == NEAREST:
        result[targets, np.minimum((targets * scale).astype(int), given - 1)] = 1
        return result
    if interp == AREA:  # what reaches beyond the pixel in which a wanted one begins comes from the next
        first = np.floor(targets * scale).astype(int)
        beyond = np.clip(targets + 1 - (first + 1) / scale, 0, None)
        centers = first + beyond - np.floor(beyond)
    else:
        centers = (targets + 0.5) * scale - 0.5
        first = np.floor(centers).astype(int)
    reach, kernel = _KERNELS[interp]
    offsets = np.arange(1 - reach, reach + 1)
    weights = kernel(np.abs(centers[:, None] - (first[:, None] + offsets)))
    places = np.clip(first[:, None] + offsets, 0, given - 1)
    np.add.at(result, (targets[:, None], places), weights / weights.sum(1, keepdims=True))
    return result


def _linear(distance: Any) -> Any:
    """Return the weight of a pixel at a distance."""
    return 1 - distance


def _cubic(distance: Any) -> Any:
    """Return the weight of a pixel at a distance. Keys, Cubic convolution interpolation (1981)."""
    a, d = CUBIC_SLOPE, distance
    return np.where(d <= 1, ((a + 2) * d - (a + 3)) * d * d + 1, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a)


def _lanczos(distance: Any) -> Any:
    """Return the weight of a pixel at a distance. Duchon, Lanczos filtering (1979)."""
    return np.sinc(distance) * np.sinc(distance / LANCZOS_REACH)


_KERNELS: dict[int, tuple[int, Callable[[Any], Any]]] = {
    LINEAR: (1, _linear),
    AREA: (1, _linear),
    CUBIC: (2, _cubic),
    LANCZOS: (LANCZOS_REACH, _lanczos),
}
"""By interpolation, how many pixels count on either side, and by how much."""
