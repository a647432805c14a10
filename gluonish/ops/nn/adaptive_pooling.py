"""Pooling to images of a given size."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import float_rule, widen
from gluonish.shape import Shape

__all__: list[str] = []

IMAGE_AXES = 4


@operator("_contrib_AdaptiveAvgPooling2D")
def adaptive_avg_pooling(xp: XP, data: Array, *, output_size: tuple[int, ...] = ()) -> Array:
    """Return images of a given size, each pixel the mean of its share of the input.

    Pixel i of m is the mean from floor(i * n / m) to ceil((i + 1) * n / m), of n pixels. The size is one
    number for both axes, or two; 1 if not given.
    """
    height, width = _adaptive_size(output_size)
    wide = widen(data)
    rows = xp.asarray(_shares(data.shape[2], height), wide.dtype)
    columns = xp.asarray(_shares(data.shape[3], width), wide.dtype)
    return xp.matmul(rows, xp.matmul(wide, columns.T)).astype(data.dtype, copy=False)


def _adaptive_size(output_size: Shape) -> tuple[int, int]:
    if len(output_size) not in (0, 1, 2) or min(output_size, default=1) < 1:
        raise ArgumentError(
            "Operator '_contrib_AdaptiveAvgPooling2D'",
            "cannot make images of this size",
            expected="one or two numbers of 1 or more",
            received=str(output_size),
        )
    height, width = (1, 1) if not output_size else (output_size[0], output_size[-1])
    return height, width


def _shares(size: int, count: int) -> Any:
    """Return a matrix that takes ``size`` pixels to the means of ``count`` shares of them."""
    matrix = np.zeros((count, size))
    for i in range(count):
        start, stop = i * size // count, -(-(i + 1) * size // count)
        matrix[i, start:stop] = 1 / (stop - start)
    return matrix


@adaptive_avg_pooling.shape
def adaptive_avg_pooling_shape(s: ShapeFacts, output_size: Shape) -> None:
    size = _adaptive_size(output_size)
    data, output = s["data"], s["output"]
    if data is not None and len(data) != IMAGE_AXES:
        s.fail("pools images", expected="4 axes: batch, channels, height, width")
    if data is not None:
        s["output"] = (*data[:2], *size)
    if output is not None:
        s["data"] = (*output[:2], None, None)


@adaptive_avg_pooling.gradient("data")
def adaptive_avg_pooling_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._adaptive_avg_spread(g, size=shapes[0][2:])


@operator("_adaptive_avg_spread")
def adaptive_avg_spread(xp: XP, g: Array, *, size: tuple[int, ...]) -> Array:
    """Return the transpose of adaptive pooling: the gradient by images of this height and width."""
    wide = widen(g)
    rows = xp.asarray(_shares(size[0], g.shape[2]), wide.dtype)
    columns = xp.asarray(_shares(size[1], g.shape[3]), wide.dtype)
    return xp.matmul(rows.T, xp.matmul(wide, columns)).astype(g.dtype, copy=False)


@adaptive_avg_spread.shape
def adaptive_avg_spread_shape(s: ShapeFacts, size: Shape) -> None:
    g = s["g"]
    if g is not None:
        s["output"] = (*g[:2], *size)


@adaptive_avg_spread.gradient("g")
def adaptive_avg_spread_gradient(F: Any, h: Any, shapes: Any) -> Any:
    return F._contrib_AdaptiveAvgPooling2D(h, output_size=shapes[0][2:])


for _each in (adaptive_avg_pooling, adaptive_avg_spread):
    _each.dtype(float_rule)
