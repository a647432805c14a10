"""Images as columns of patches and back, and maxima put back where they came from."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish.errors import ShapeMismatchError
from gluonish.nn.functional.arguments import batched, constant, per_axis, run, tensor_of, unbatched
from gluonish.nn.functional.padding import pad
from gluonish.nn.functional.windows import regular_windows
from gluonish.shape import shape_size
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = ["fold", "max_unpool1d", "max_unpool2d", "max_unpool3d", "unfold"]

Sizes = Any


def unfold(
    input: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """Return every window of images as a column.

    Args:
        input: (batch, channels, height, width), or without the batch.
        kernel_size: the size of a window in pixels.
        dilation: the distance of its pixels.
        padding: pixels of 0 on each side.
        stride: pixels from one window to the next.

    Returns:
        (batch, channels * pixels of a window, windows).

    Example:
        >>> import gluonish as torch
        >>> torch.nn.functional.unfold(torch.ones(1, 2, 3, 3), 2).shape
        (1, 8, 4)
    """
    x, had_batch = batched(tensor_of(input, "unfold"), 2, "unfold")
    geometry = _per_axis("unfold", kernel_size, dilation, padding, stride)
    down, right = geometry[2]
    x = pad(x, (right, right, down, down))
    places = _places(x.shape[2:], *geometry)
    flat = ft.reshape(x, (*x.shape[:2], -1))
    columns = flat[:, :, Tensor(places, device=x.context)]
    return unbatched(ft.reshape(columns, (x.shape[0], -1, places.shape[1])), had_batch)


def fold(
    input: Any,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Return images as the sum of their windows: the reverse of ``unfold`` where windows do not overlap.

    Args:
        input: (batch, channels * pixels of a window, windows), or without the batch.
        output_size: the height and width of the images.
        kernel_size: as of ``unfold``, like what follows.
        dilation: the distance of pixels in a window.
        padding: pixels on each side that are left out.
        stride: pixels from one window to the next.

    Raises:
        ShapeMismatchError: so many windows, or pixels, there are not.
    """
    x, had_batch = batched(tensor_of(input, "fold"), 1, "fold")
    height, width = per_axis(output_size, 2, "output_size", "fold")
    geometry = _per_axis("fold", kernel_size, dilation, padding, stride)
    down, right = geometry[2]
    size = (height + 2 * down, width + 2 * right)
    places = _places(size, *geometry)
    if x.shape[1] % places.shape[0] or x.shape[2] != places.shape[1]:
        raise ShapeMismatchError(
            "fold()",
            "got columns that do not fill the images",
            expected=f"(batch, a multiple of {places.shape[0]}, {places.shape[1]})",
            received=x.shape,
        )
    columns = ft.reshape(x, (x.shape[0], x.shape[1] // places.shape[0], places.size))
    at = Tensor(places.reshape(-1), device=x.context)
    images = run("_index_add", columns, at, size=shape_size(size), axis=2)
    images = ft.reshape(images, (*columns.shape[:2], *size))
    return unbatched(images[:, :, down : down + height, right : right + width], had_batch)


def _per_axis(function: str, *values: Sizes) -> list[tuple[int, ...]]:
    names = ("kernel_size", "dilation", "padding", "stride")
    return [per_axis(each, 2, name, function) for each, name in zip(values, names, strict=True)]


@functools.lru_cache(maxsize=64)
def _places(
    size: tuple[int, int],
    kernel: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    stride: tuple[int, int],
) -> np.ndarray[Any, Any]:
    """Return where the pixels of windows are in a flat image: (pixels of a window, windows)."""
    rows, columns = (
        regular_windows(size[i], kernel[i], stride[i], 0, dilation[i], ceil_mode=False) for i in (0, 1)
    )
    grid = rows.T[:, None, :, None] * size[1] + columns.T[None, :, None, :]
    return grid.reshape(kernel[0] * kernel[1], -1)


# -- maxima -----------------------------------------------------------------------------------------------


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return (batch, channels, length) with maxima where they were, else 0; as ``max_unpool2d``."""
    return _unpooled(1, input, indices, (kernel_size, stride, padding), output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return images with the maxima of ``max_pool2d`` where they were, and 0 elsewhere.

    Args:
        input: the maxima, (batch, channels, height, width), or without the batch.
        indices: where they were, as ``max_pool2d(..., return_indices=True)`` tells.
        kernel_size: as of the pooling, like what follows.
        stride: pixels from one window to the next; the size of a window if None.
        padding: pixels on each side of the images.
        output_size: the size of the images, of which several can have the same maxima; its last numbers
            count.
    """
    return _unpooled(2, input, indices, (kernel_size, stride, padding), output_size)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return (batch, channels, depth, height, width) with maxima where they were; as ``max_unpool2d``."""
    return _unpooled(3, input, indices, (kernel_size, stride, padding), output_size)


def _unpooled(
    axes: int, input: Any, indices: Any, geometry: tuple[Any, Any, Any], output_size: Sequence[int] | None
) -> Tensor:
    function = f"max_unpool{axes}d"
    x, had_batch = batched(tensor_of(input, function), axes, function)
    places = tensor_of(indices, function)
    if output_size is None:
        kernel, stride, padding = (
            per_axis(geometry[0] if each is None else each, axes, "size", function) for each in geometry
        )
        size = tuple(
            (n - 1) * s - 2 * p + k for n, k, s, p in zip(x.shape[2:], kernel, stride, padding, strict=True)
        )
    else:
        size = tuple(output_size)[-axes:]
    room = constant(0, (*x.shape[:2], shape_size(size)), x)
    flat = (ft.reshape(each, (*x.shape[:2], -1)) for each in (places, x))
    images = ft.reshape(ft.scatter(room, 2, *flat), (*x.shape[:2], *size))
    return unbatched(images, had_batch)
