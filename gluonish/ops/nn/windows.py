"""Convolution of raw arrays, by products of matrices.

Every window of an image becomes a column of a matrix, and the convolution is the product of the weight with
this matrix of columns. The matrix repeats a pixel for every window it is in, so it is made for a block of
images at a time, small enough to stay in a cache, and never kept.

NumPy copies rows of pixels, and short rows slowly. A block of small images is therefore folded into one: the
images become a further spatial axis, the innermost, along which the kernel has size 1.

All functions here take images and weights with their channels on axis 1, in any memory order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.engine.operator import XP, Array
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import FLOAT32, is_half, per_axis
from gluonish.shape import Dim, Shape, shape_size

__all__ = ["Geometry", "Window", "convolve", "overlay", "spread", "unfold", "weigh"]

MAX_RANK = 3
"""The most spatial axes there are."""

HOST_BLOCK = 4 << 20
"""Bytes of columns at a time on the host: about what its caches hold."""

DEVICE_BLOCK = 256 << 20
"""Bytes of columns at a time on a GPU, which is fast with large pieces only."""

FOLDED_PIXELS = 400
"""Results of up to so many pixels are computed folded. Measured: above, copying images back and forth costs
more than long rows save."""


@attrs.frozen
class Window:
    """How a kernel moves over an image: one entry per spatial axis."""

    kernel: Shape
    stride: Shape
    dilate: Shape
    pad: Shape

    @classmethod
    def of(cls, owner: str, kernel: Shape, stride: Shape, dilate: Shape, pad: Shape) -> Window:
        """Complete the parameters of an operator: no stride and no dilation are 1, no padding is 0.

        Raises:
            ArgumentError: they have different numbers of entries, or impossible ones.
        """
        rank = len(kernel)
        if not 1 <= rank <= MAX_RANK:
            raise ArgumentError(
                f"Operator {owner!r}",
                "has a kernel of another number of axes than images have",
                expected=f"1 to {MAX_RANK}",
                received=str(tuple(kernel)),
            )
        return cls(
            per_axis(kernel, rank, default=1, least=1, name="kernel", owner=owner),
            per_axis(stride, rank, default=1, least=1, name="stride", owner=owner),
            per_axis(dilate, rank, default=1, least=1, name="dilate", owner=owner),
            per_axis(pad, rank, default=0, least=0, name="pad", owner=owner),
        )

    @classmethod
    def from_params(cls, owner: str, params: Mapping[str, Any]) -> Window:
        """Return the window that all parameters of an operator describe."""
        return cls.of(owner, params["kernel"], params["stride"], params["dilate"], params["pad"])

    @property
    def extent(self) -> Shape:
        """The pixels from the first to the last that the kernel touches."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilate, strict=True))

    def result(self, size: Sequence[Dim]) -> tuple[Dim, ...]:
        """Return how many windows fit along each axis; less than 1 where the kernel is too large."""
        return tuple(
            None if n is None else (n + 2 * p - extent) // s + 1
            for n, p, extent, s in zip(size, self.pad, self.extent, self.stride, strict=True)
        )

    def as_params(self) -> dict[str, Shape]:
        """Return the parameters of an operator that has this window."""
        return attrs.asdict(self, recurse=False)


@attrs.frozen
class Geometry:
    """The sizes of one convolution.

    Attributes:
        window: how the kernel moves.
        size: the spatial sizes of the images.
        result: the spatial sizes of what is computed from them.
        groups: into how many parts the channels are split that have nothing to do with each other.
    """

    window: Window
    size: Shape
    result: Shape
    groups: int

    @property
    def pointwise(self) -> bool:
        """Whether every pixel is a window, so that the images are the columns."""
        window = self.window
        return set(window.kernel) == {1} == set(window.stride) and not any(window.pad)

    @property
    def padded(self) -> Shape:
        """The spatial sizes with the padding."""
        return tuple(n + 2 * p for n, p in zip(self.size, self.window.pad, strict=True))

    @property
    def interior(self) -> tuple[Any, ...]:
        """Where the images lie within the padding: an index."""
        return (..., *(slice(p, p + n) for n, p in zip(self.size, self.window.pad, strict=True)))

    def folded(self, images: int) -> Geometry:
        """Return the geometry with the images as a further spatial axis."""
        window = self.window
        flat = Window((*window.kernel, 1), (*window.stride, 1), (*window.dilate, 1), (*window.pad, 0))
        return Geometry(flat, (*self.size, images), (*self.result, images), self.groups)

    def offsets(self) -> Iterator[tuple[Shape, tuple[Any, ...]]]:
        """Yield every position in the kernel, and the index of the padded pixels that it meets."""
        window = self.window
        for position in itertools.product(*map(range, window.kernel)):
            pixels = (
                slice(i * d, i * d + s * (m - 1) + 1, s)
                for i, d, s, m in zip(position, window.dilate, window.stride, self.result, strict=True)
            )
            yield position, (..., *pixels)


def convolve(
    xp: XP, images: Array, weight: Array, bias: Array | None, geometry: Geometry, out: Array
) -> None:
    """Write the convolution of the images with the weight, plus bias, to ``out``."""
    matrix = _as_matrix(weight, geometry)
    offset = None if bias is None else bias.astype(matrix.dtype, copy=False).reshape(geometry.groups, -1, 1)
    in_place = out.dtype == matrix.dtype and out.flags.c_contiguous
    for block, fold in _blocks(xp, images, matrix.dtype, geometry):
        part = geometry.folded(block.stop - block.start) if fold else geometry
        columns = _columns(xp, _gathered(xp, images[block], fold, matrix.dtype, part), part)
        target = None
        if in_place and not fold:
            target = out[block].reshape(*columns.shape[:2], -1, columns.shape[-1])
        product = xp.matmul(matrix, columns, out=target)
        if offset is not None:
            product += offset
        if target is None:
            _put(xp, product.reshape(len(product), -1, *part.result), fold, out[block])


def spread(xp: XP, results: Array, weight: Array, geometry: Geometry, out: Array) -> None:
    """Write the transpose of the convolution to ``out``: every result, weighted, at its window's pixels."""
    matrix = _as_matrix(weight, geometry).swapaxes(1, 2)
    for block, fold in _blocks(xp, out, matrix.dtype, geometry):
        part = geometry.folded(block.stop - block.start) if fold else geometry
        columns = _product(xp, matrix, _as_columns(xp, results[block], fold, matrix.dtype, part))
        _put(xp, _overlaid(xp, columns, part), fold, out[block])


def weigh(xp: XP, images: Array, results: Array, geometry: Geometry, out: Array) -> None:
    """Write the gradient of the convolution by its weight to ``out``, given that by its results."""
    dtype = np.dtype(FLOAT32) if is_half(images.dtype) else images.dtype
    groups = geometry.groups
    total = xp.zeros((groups, out.shape[0] // groups, shape_size(out.shape[1:])), dtype)
    for block, fold in _blocks(xp, images, dtype, geometry, summed=True):
        part = geometry.folded(block.stop - block.start) if fold else geometry
        columns = _columns(xp, _gathered(xp, images[block], fold, dtype, part), part)
        factors = _as_columns(xp, results[block], fold, dtype, part)
        total += xp.matmul(factors, columns.swapaxes(2, 3)).sum(0)
    out[...] = total.reshape(out.shape)


def unfold(xp: XP, images: Array, geometry: Geometry) -> Array:
    """Return the windows of images as columns, of shape (images, pixels, windows)."""
    whole = _gathered(xp, images, False, images.dtype, geometry)
    return _columns(xp, whole, geometry).reshape(len(images), -1, shape_size(geometry.result)).copy()


def overlay(xp: XP, columns: Array, geometry: Geometry) -> Array:
    """Return images that have every column, of shape (images, pixels, windows), added at its window."""
    return xp.ascontiguousarray(_overlaid(xp, columns, geometry)).copy()


def _blocks(
    xp: XP, images: Array, dtype: Any, geometry: Geometry, *, summed: bool = False
) -> Iterator[tuple[slice, bool]]:
    """Cut a batch into blocks whose columns fit, and say whether each is to be folded.

    Args:
        xp: the module of the arrays.
        images: the batch.
        dtype: what is computed in.
        geometry: of the convolution.
        summed: whether the products of all images are added up. Folded, that is done by the product.
    """
    on_host = xp is np
    count, channels = images.shape[:2]
    pixels = shape_size(geometry.result)
    bytes_each = channels * shape_size(geometry.window.kernel) * pixels * dtype.itemsize
    step = max(1, (HOST_BLOCK if on_host else DEVICE_BLOCK) // max(1, bytes_each))
    worth_folding = pixels <= FOLDED_PIXELS and (summed or (on_host and not geometry.pointwise))
    for start in range(0, count, step):
        stop = min(start + step, count)
        yield slice(start, stop), worth_folding and stop - start > 1


def _as_matrix(weight: Array, geometry: Geometry) -> Array:
    """Return the weight as one matrix per group, a row per result and a column per weighted pixel."""
    dtype = FLOAT32 if is_half(weight.dtype) else weight.dtype
    rows = weight.shape[0] // geometry.groups
    return weight.astype(dtype, copy=False).reshape(geometry.groups, rows, -1)


def _product(xp: XP, a: Array, b: Array) -> Array:
    """Multiply matrices. Sums of one term, as in depthwise convolution, are slow in NumPy's own product."""
    return a * b if a.shape[-1] == 1 else xp.matmul(a, b)


def _fold(xp: XP, block: Array) -> Array:
    return xp.moveaxis(block, 0, -1)[None]


def _gathered(xp: XP, block: Array, fold: bool, dtype: Any, geometry: Geometry) -> Array:
    """Return a block of images as contiguous memory, folded and padded."""
    block = _fold(xp, block) if fold else block
    if not any(geometry.window.pad):
        return xp.ascontiguousarray(block, dtype)
    padded = xp.zeros((*block.shape[:2], *geometry.padded), dtype)
    padded[geometry.interior] = block
    return padded


def _columns(xp: XP, images: Array, geometry: Geometry) -> Array:
    """Return the windows of contiguous images as columns, of shape (images, groups, pixels, windows)."""
    window = geometry.window
    outer, inner = images.strides[:2], images.strides[2:]
    within = [step * d for step, d in zip(inner, window.dilate, strict=True)]
    between = [step * s for step, s in zip(inner, window.stride, strict=True)]
    count, channels = images.shape[:2]
    windows = xp.lib.stride_tricks.as_strided(
        images, (count, channels, *window.kernel, *geometry.result), (*outer, *within, *between)
    )
    pixels = channels // geometry.groups * shape_size(window.kernel)
    return windows.reshape(count, geometry.groups, pixels, shape_size(geometry.result))


def _as_columns(xp: XP, block: Array, fold: bool, dtype: Any, geometry: Geometry) -> Array:
    """Return a block of results as a matrix per group: a row per channel, a column per window."""
    block = xp.ascontiguousarray(_fold(xp, block) if fold else block, dtype)
    channels = block.shape[1] // geometry.groups
    return block.reshape(len(block), geometry.groups, channels, shape_size(geometry.result))


def _overlaid(xp: XP, columns: Array, geometry: Geometry) -> Array:
    """Return images that have every column added at the pixels of its window."""
    kernel, result = geometry.window.kernel, geometry.result
    columns = columns.reshape(len(columns), -1, *kernel, *result)
    if geometry.pointwise:
        return columns.reshape(len(columns), -1, *geometry.size)
    padded = xp.zeros((*columns.shape[:2], *geometry.padded), columns.dtype)
    every_channel = (slice(None), slice(None))
    for position, pixels in geometry.offsets():
        padded[pixels] += columns[every_channel + position]
    return padded[geometry.interior]


def _put(xp: XP, images: Array, fold: bool, out: Array) -> None:
    """Write a block of images to its place, unfolded."""
    out[...] = xp.moveaxis(images[0], -1, 0) if fold else images
