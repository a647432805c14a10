"""Where the windows of a pooling lie, and sums and maxima over them, on raw arrays.

Everything goes along one spatial axis after the other: k + k steps instead of k * k for a square window.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs
import numpy as np

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import Layout, per_axis, require_layout, spatial_axes
from gluonish.shape import Dim, Shape

__all__ = ["Convention", "PoolAxis", "Pools", "combine", "counts", "spread"]

Convention = Literal["valid", "full", "same"]

MAX_RANK = 3
"""The most spatial axes there are."""


@attrs.frozen
class PoolAxis:
    """How windows lie along one axis.

    Attributes:
        axis: its number.
        size: the pixels there are.
        kernel: the pixels of a window.
        stride: from one window to the next.
        pad: how many pixels the first window starts before the image.
        result: the number of windows.
    """

    axis: int
    size: int
    kernel: int
    stride: int
    pad: int
    result: int

    @property
    def whole(self) -> bool:
        """Whether there is one window, and it is the image."""
        return self.result == 1 and self.pad == 0 and self.kernel >= self.size

    @property
    def starts(self) -> Any:
        """The pixel at which each window starts."""
        return np.arange(self.result) * self.stride - self.pad

    def counts(self, include_pad: bool) -> Any:
        """Return how many pixels of each window a mean counts: the image's, or ``pad`` more on both sides."""
        margin = self.pad if include_pad else 0
        ends = np.minimum(self.starts + self.kernel, self.size + margin)
        return np.maximum(ends - np.maximum(self.starts, -margin), 1)

    def overlaps(self) -> Iterator[tuple[slice, slice]]:
        """Yield, for each offset in a window, the windows with a pixel there, and these pixels."""
        for offset in range(-self.pad, self.kernel - self.pad):
            first = max(0, -(offset // self.stride))
            count = min(self.result, (self.size - 1 - offset) // self.stride + 1) - first
            start = first * self.stride + offset
            if count > 0:
                yield (
                    slice(first, first + count),
                    slice(start, start + self.stride * (count - 1) + 1, self.stride),
                )
            else:
                yield slice(0), slice(0)

    def at(self, part: slice) -> tuple[slice, ...]:
        """Return the index of a part of this axis."""
        return (*(slice(None),) * self.axis, part)

    def resized(self, shape: Shape, size: int) -> Shape:
        """Return a shape with another size along this axis."""
        return (*shape[: self.axis], size, *shape[self.axis + 1 :])

    def along(self, values: Any, ndim: int) -> Any:
        """Return one value per window in a shape that broadcasts over the other axes."""
        return values.reshape(*(1,) * self.axis, -1, *(1,) * (ndim - self.axis - 1))


@attrs.frozen
class Pools:
    """The parameters that say where the windows lie, as operators have them."""

    kernel: Shape
    stride: Shape
    pad: Shape
    global_pool: bool
    pooling_convention: Convention
    layout: Layout | None

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Pools:
        """Pick them from all parameters of an operator."""
        return cls(**{field.name: params[field.name] for field in attrs.fields(cls)})

    def as_params(self) -> dict[str, Any]:
        """Return them as parameters for another operator."""
        return attrs.asdict(self, recurse=False)

    def axes(self, owner: str, shape: Shape) -> list[PoolAxis]:
        """Return how the windows lie along each spatial axis of images of this shape."""
        axes = spatial_axes(self.layout, len(shape))
        size = tuple(shape[axis] for axis in axes)
        return [
            PoolAxis(axis, n, k, s, p, self._result(n, k, s, p))
            for axis, n, k, s, p in zip(axes, size, *self._complete(owner, size), strict=True)
        ]

    def relate(self, s: ShapeFacts, images: str, result: str) -> None:
        """State what the shapes of images and of what is pooled from them say about each other.

        Raises:
            ShapeMismatchError: these are no images, or the kernel is larger than they are.
        """
        shape, pooled = s[images], s[result]
        if shape is None:
            return
        rank = len(shape) - 2
        if not 1 <= rank <= MAX_RANK:
            s.fail("pools images", expected="3 to 5 axes: batch, channels and one to three more")
        require_layout(self.layout, rank, s.owner)
        axes = spatial_axes(self.layout, len(shape))
        size = tuple(shape[axis] for axis in axes)
        dims = list(shape)
        for axis, n, k, stride, p in zip(axes, size, *self._complete(s.owner, size), strict=True):
            dims[axis] = 1 if self.global_pool else None if n is None else self._result(n, k, stride, p)
            if n and not dims[axis]:
                s.fail(
                    f"has a kernel of {k} pixels on axis {axis}, more than the padded images have",
                    expected=f"at most {n + 2 * p}",
                )
        s[result] = dims
        if pooled is not None:
            s[images] = [None if axis in axes else dim for axis, dim in enumerate(pooled)]

    def _complete(self, owner: str, size: tuple[Dim, ...]) -> tuple[Shape, Shape, Shape]:
        """Return kernel, stride and padding for all axes. Of global pooling the kernel is the image.

        Raises:
            ArgumentError: they have another number of entries than axes, or impossible ones.
        """
        rank = len(size)
        if self.global_pool:
            return tuple(n or 1 for n in size), (1,) * rank, (0,) * rank
        if not self.kernel:
            raise ArgumentError(
                f"Operator {owner!r}", "needs a kernel", fix="Pass kernel= or global_pool=True."
            )
        kernel = per_axis(self.kernel, rank, default=1, least=1, name="kernel", owner=owner)
        stride = per_axis(self.stride, rank, default=1, least=1, name="stride", owner=owner)
        pad = per_axis(self.pad, rank, default=0, least=0, name="pad", owner=owner)
        if self.pooling_convention == "same" and any(pad):
            raise ArgumentError(
                f"Operator {owner!r}",
                "cannot be padded in the convention 'same'",
                expected="no pad",
                received=str(pad),
            )
        return kernel, stride, pad

    def _result(self, size: int, kernel: int, stride: int, pad: int) -> int:
        """Return the number of windows along an axis; 0 where the kernel is too large.

        They are the whole ones ("valid"), one more if pixels are left over ("full"), or one for each stride
        ("same").
        """
        if self.pooling_convention == "same":
            return -(-size // stride)
        room = size + 2 * pad - kernel
        if room < 0:
            return 0
        return 1 + (room // stride if self.pooling_convention == "valid" else -(-room // stride))


def combine(xp: XP, data: Array, axes: list[PoolAxis], *, function: str, reduction: str, start: Any) -> Array:
    """Combine the pixels of each window.

    Args:
        xp: the module of the arrays.
        data: the images.
        axes: how the windows lie.
        function: the binary function to combine by, as ``xp`` calls it.
        reduction: the array method that does so along whole axes.
        start: the result for no pixels.
    """
    whole = tuple(axis.axis for axis in axes if axis.whole)
    if whole:
        data = getattr(data, reduction)(axis=whole, keepdims=True)
    for axis in axes:
        if axis.whole:
            continue
        result = xp.full(axis.resized(data.shape, axis.result), start, data.dtype)
        for windows, pixels in axis.overlaps():
            part = result[axis.at(windows)]
            getattr(xp, function)(part, data[axis.at(pixels)], out=part)
        data = result
    return data


def spread(xp: XP, values: Array, axes: list[PoolAxis]) -> Array:
    """Add the value of each window at all its pixels: the transpose of summing up.

    The result may share memory with the values, or its own elements with each other.
    """
    for axis in axes:
        shape = axis.resized(values.shape, axis.size)
        if axis.whole:
            values = xp.broadcast_to(values, shape)
            continue
        result = xp.zeros(shape, values.dtype)
        for windows, pixels in axis.overlaps():
            result[axis.at(pixels)] += values[axis.at(windows)]
        values = result
    return values


def counts(xp: XP, axes: list[PoolAxis], ndim: int, include_pad: bool, dtype: Any) -> Array:
    """Return how many pixels the mean of each window is over."""
    each = [axis.along(axis.counts(include_pad), ndim) for axis in axes]
    return xp.asarray(functools.reduce(np.multiply, each), dtype)
