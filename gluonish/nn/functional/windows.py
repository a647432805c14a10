"""Windows of any geometry, and the choice of the maximum in each.

The windows of an axis are a matrix: one row of pixels for each window, with -1 for what lies outside the
image. They are made on the host, once for each geometry.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError
from gluonish.tensors import Tensor
from gluonish.tensors import functions as ft

__all__ = ["adaptive_windows", "chosen", "regular_windows", "result_size"]

Windows = Any
"""A matrix of integers, (windows, pixels)."""


def result_size(
    size: int, kernel: int, stride: int, padding: int, dilation: int = 1, *, ceil_mode: bool = False
) -> int:
    """Return how many windows lie along an axis.

    Raises:
        ArgumentError: none does.
    """
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        raise ArgumentError(
            "Pooling", "has a window that is larger than the image", expected=f"at most {size + 2 * padding}"
        )
    count = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (count - 1) * stride >= size + padding:  # it would begin behind the image
        count -= 1
    return count


@functools.lru_cache(maxsize=64)
def regular_windows(
    size: int, kernel: int, stride: int, padding: int, dilation: int, *, ceil_mode: bool
) -> Windows:
    """Return the windows of ordinary pooling along an axis."""
    count = result_size(size, kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    pixels = np.arange(count)[:, None] * stride - padding + np.arange(kernel) * dilation
    return np.where((pixels >= 0) & (pixels < size), pixels, -1)


@functools.lru_cache(maxsize=64)
def adaptive_windows(size: int, count: int) -> Windows:
    """Return the windows of pooling to a size: pixel i of m sees floor(i n / m) to ceil((i + 1) n / m)."""
    starts = np.arange(count) * size // count
    ends = -(-(np.arange(count) + 1) * size // count)
    pixels = starts[:, None] + np.arange((ends - starts).max(initial=0))
    return np.where(pixels < ends[:, None], pixels, -1)


def chosen(x: Tensor, windows: Sequence[Windows]) -> tuple[Tensor, Tensor]:
    """Return the maximum of each window, and where it is: an index into the flat image.

    Args:
        x: (batch, channels, sizes).
        windows: those of each spatial axis.
    """
    counts = tuple(len(each) for each in windows)
    grid = _grid(windows, x.shape[2:])
    places = Tensor(grid, device=x.context)  # (windows, pixels)
    images = ft.reshape(x, (*x.shape[:2], -1))
    seen = images.detach()[:, :, ft.clamp(places, 0)]
    seen = ft.where(places < 0, -np.inf, seen)
    offsets = Tensor(np.arange(len(grid)) * grid.shape[1], device=x.context)
    choice = ft.reshape(places, (-1,))[ft.argmax(seen, -1) + offsets]
    values = ft.gather(images, 2, choice)
    shape = (*x.shape[:2], *counts)
    return ft.reshape(values, shape), ft.reshape(choice, shape)


def _grid(windows: Sequence[Windows], sizes: tuple[int, ...]) -> Windows:
    """Return the windows of all axes together, as pixels of the flat image: (windows, pixels)."""
    grid = np.zeros((1, 1), np.int64)
    for rows, size in zip(windows, sizes, strict=True):
        before, axis = grid[:, None, :, None], rows[None, :, None, :]
        joined = np.where((before < 0) | (axis < 0), -1, before * size + axis)
        grid = joined.reshape(len(grid) * len(rows), -1)
    return grid
