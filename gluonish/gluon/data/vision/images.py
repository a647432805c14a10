"""What transformations of images are made of: checks, random numbers, and resizing."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish import nd, random
from gluonish.dtype import is_float
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.shape import format_shape

__all__ = ["INTERPOLATIONS", "as_pixels", "check_image", "crop", "drawn", "pair", "resized"]

IMAGE_AXES = (3, 4)  # an image, or a batch of them
NEAREST, LINEAR, CUBIC, AREA = INTERPOLATIONS = range(4)
CUBIC_SLOPE = -0.75


def check_image(owner: str, x: Any, axes: str) -> None:
    """Refuse what is no array of an image, or of several.

    Raises:
        ArgumentTypeError: it is no array.
        ShapeMismatchError: it has another number of axes.
    """
    if not isinstance(x, NDArray):
        raise ArgumentTypeError(owner, "works on arrays", expected="an NDArray", received=type(x).__name__)
    if x.ndim not in IMAGE_AXES:
        raise ShapeMismatchError(
            owner,
            "takes images",
            expected=f"shape {axes}, or a batch of such images",
            received=format_shape(x.shape),
        )


def pair(owner: str, size: Any) -> tuple[int, int]:
    """Return a size as (width, height); a number is both."""
    values = (size, size) if isinstance(size, (int, np.integer)) else tuple(size)
    if len(values) != 2 or min(values) < 1:  # noqa: PLR2004
        raise ArgumentError(owner, "needs a size", expected="a number, or (width, height)", received=size)
    return int(values[0]), int(values[1])


def drawn(low: float, high: float) -> float:
    """Draw a number from the stream that ``mx.random.seed`` seeds."""
    return float(random.uniform(low, high, shape=(1,)).asscalar())


def as_pixels(values: NDArray, like: NDArray, *, nearest: bool) -> NDArray:
    """Return computed values in the dtype of an image: integers are rounded, or cut off, and bounded."""
    if is_float(like.dtype):
        return values.astype(like.dtype, copy=False)
    bounds = np.iinfo(np.dtype(like.dtype).name)
    whole = nd.rint(values) if nearest else values
    return nd.clip(whole, bounds.min, bounds.max).astype(like.dtype)


def crop(owner: str, x: NDArray, left: int, top: int, width: int, height: int) -> NDArray:
    """Cut a rectangle out of images with channels last.

    Raises:
        ArgumentError: it is not inside the image.
    """
    rows, columns = x.shape[-3:-1]
    if min(left, top) < 0 or min(width, height) < 1 or left + width > columns or top + height > rows:
        raise ArgumentError(
            owner,
            "cannot cut out what is not in the image",
            expected=f"a rectangle inside {columns} x {rows} pixels",
            received=f"{width} x {height} pixels from ({left}, {top})",
        )
    part: NDArray = x[..., top : top + height, left : left + width, :]
    return part


def resized(x: NDArray, size: tuple[int, int], interpolation: int) -> NDArray:
    """Resize images with channels last to (width, height).

    Each axis is a product with a matrix of weights, so this runs wherever the image is.
    """
    width, height = size
    rows, columns, channels = x.shape[-3:]
    if (rows, columns) == (height, width):
        return x
    values = x.astype(x.dtype if is_float(x.dtype) else "float32", copy=False).reshape(
        (-1, rows, columns * channels)
    )
    across = _like(_weights(rows, height, interpolation), values)
    along = _like(_weights(columns, width, interpolation), values)
    tall = nd.dot(across, values.transpose((1, 0, 2))).reshape((height, -1, columns, channels))
    wide = nd.dot(along, tall.transpose((2, 1, 0, 3))).transpose((1, 2, 0, 3))
    return as_pixels(wide, x, nearest=True).reshape((*x.shape[:-3], height, width, channels))


def _like(weights: Any, values: NDArray) -> NDArray:
    return from_data(weights, values.context, values.dtype)


def _weights(given: int, wanted: int, interpolation: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return by how much each of the pixels that are given counts for each one wanted, as OpenCV has it."""
    result = np.zeros((wanted, given))
    targets = np.arange(wanted)
    scale = given / wanted
    if interpolation == AREA and scale > 1:
        edges = np.arange(given)
        overlap = np.minimum(edges + 1, (targets[:, None] + 1) * scale) - np.maximum(
            edges, targets[:, None] * scale
        )
        return np.clip(overlap, 0, None) / scale
    if interpolation == NEAREST:
        result[targets, np.minimum((targets * scale).astype(int), given - 1)] = 1
        return result
    centers = (targets + 0.5) * scale - 0.5
    first = np.floor(centers).astype(int)
    reach = 2 if interpolation == CUBIC else 1
    for offset in range(1 - reach, reach + 1):
        distance = np.abs(centers - (first + offset))
        kernel = _cubic(distance) if interpolation == CUBIC else 1 - distance
        np.add.at(result, (targets, np.clip(first + offset, 0, given - 1)), kernel)
    return result


def _cubic(distance: Any) -> Any:
    """Return the weight of a pixel at a distance. Keys, Cubic convolution interpolation (1981)."""
    a, d = CUBIC_SLOPE, distance
    return np.where(d <= 1, ((a + 2) * d - (a + 3)) * d * d + 1, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a)
