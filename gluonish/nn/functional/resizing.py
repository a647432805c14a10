"""Images of another size."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn.functional.arguments import check_choice, tensor_of
from gluonish.nn.functional.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from gluonish.tensors import Tensor, functions

__all__ = ["interpolate", "pixel_shuffle", "pixel_unshuffle", "upsample"]

AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
"""Of how many spatial axes the images of a mode have to be."""

MODES = ("nearest", "nearest-exact", "area", *AXES)
SHARPNESS = -0.75
"""The parameter of the cubic kernel: Keys, Cubic convolution interpolation (1981)."""


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Tensor:
    """Return images of another size.

    Args:
        input: (batch, channels, ...), with one to three spatial axes.
        size: the size of the result; one number for all axes, or one for each.
        scale_factor: how many times as large it is, instead.
        mode: "nearest", "nearest-exact" (from the centre of a pixel), "linear" (1 axis), "bilinear" and
            "bicubic" (2 axes), "trilinear" (3 axes), or "area" (means).
        align_corners: whether the centres of the corner pixels, not their corners, stay where they are.
        recompute_scale_factor: compute positions with the ratio of the sizes, not with ``scale_factor``.

    Raises:
        ArgumentError: another mode; size and scale, or neither; ``align_corners`` where nothing is
            interpolated.
        ShapeMismatchError: images of another number of axes than the mode is for.

    Example:
        >>> from gluonish import Tensor
        >>> from gluonish.nn import functional as F
        >>> F.interpolate(Tensor([[[1.0, 2.0]]]), scale_factor=2)
        Tensor([[[1.0, 1.0, 2.0, 2.0]]], grad=None)
    """
    x = tensor_of(input, "interpolate")
    check_choice(mode, MODES, "mode", "interpolate")
    axes = x.ndim - 2
    if axes not in (1, 2, 3) or AXES.get(mode, axes) != axes:
        raise ShapeMismatchError(
            "interpolate()",
            f"got images of another number of axes than mode {mode!r} is for",
            expected=f"{AXES.get(mode, '1 to 3')} behind batch and channels",
            received=x.shape,
        )
    if align_corners is not None and mode not in AXES:
        raise ArgumentError(
            "interpolate()", f"aligns no corners in mode {mode!r}", expected="align_corners=None"
        )
    sizes, factors = _sizes(x.shape[2:], size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[axes - 1](x, sizes)
    for axis, (count, factor) in enumerate(zip(sizes, factors, strict=True), 2):
        if mode.startswith("nearest"):
            x = functions.index_select(x, axis, _nearest(x, axis, count, factor, mode))
        else:
            weights = _weights(x.shape[axis], count, factor, bool(align_corners), mode == "bicubic")
            x = _along(x, axis, weights)
    return x


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Return images of another size: ``interpolate`` under its old name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def _sizes(
    old: tuple[int, ...], size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[tuple[int, ...], list[float | None]]:
    """Return the new sizes, and the factors to compute positions with; None for the ratio of sizes."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate()", "needs size or scale_factor, and not both")
    given = size if scale_factor is None else scale_factor
    values = list(given) if isinstance(given, Sequence) else [given] * len(old)
    if len(values) != len(old):
        raise ArgumentError(
            "interpolate()", "got another number of sizes than axes", expected=len(old), received=len(values)
        )
    if scale_factor is None:
        return tuple(int(each) for each in values), [None] * len(old)
    sizes = tuple(math.floor(n * factor) for n, factor in zip(old, values, strict=True))
    return sizes, [None if recompute else float(factor) for factor in values]


def _nearest(x: Tensor, axis: int, count: int, factor: float | None, mode: str) -> Tensor:
    """Return which pixel each one of the result is taken from."""
    size = x.shape[axis]
    step = np.float32(size / count if factor is None else 1 / factor)
    shift = np.float32(0.5 if mode == "nearest-exact" else 0.0)
    places = np.floor((np.arange(count, dtype=np.float32) + shift) * step)
    return Tensor(np.minimum(places, size - 1).astype(np.int64), device=x.context)


@functools.lru_cache(maxsize=64)
def _weights(size: int, count: int, factor: float | None, align_corners: bool, cubic: bool) -> Any:
    """Return the matrix, (count, size), that interpolates along an axis."""
    target = np.arange(count)
    if align_corners:
        places = target * ((size - 1) / (count - 1) if count > 1 else 0.0)
    else:
        places = (target + 0.5) * (size / count if factor is None else 1 / factor) - 0.5
        if not cubic:
            places = np.maximum(places, 0)
    first = np.floor(places).astype(int)
    reach = range(-1, 3) if cubic else range(2)
    kernel: Callable[[Any], Any] = _cubic if cubic else _linear
    matrix = np.zeros((count, size))
    for offset in reach:
        pixels = np.clip(first + offset, 0, size - 1)
        np.add.at(matrix, (target, pixels), kernel(np.abs(places - first - offset)))
    return matrix


def _linear(distance: Any) -> Any:
    return 1 - distance


def _cubic(distance: Any) -> Any:
    a = SHARPNESS
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    return np.where(distance <= 1, near, far)


def _along(x: Tensor, axis: int, weights: Any) -> Tensor:
    """Multiply an axis with a matrix."""
    matrix = Tensor(weights, dtype=x.dtype, device=x.context)
    if axis == x.ndim - 1:
        return functions.matmul(x, matrix.t())
    flat = functions.reshape(x, (*x.shape[: axis + 1], -1))
    return functions.reshape(
        functions.matmul(matrix, flat), (*x.shape[:axis], len(weights), *x.shape[axis + 1 :])
    )


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """Make images larger out of their channels: Shi et al. (2016).

    Args:
        input: (..., channels * r * r, height, width).
        upscale_factor: r.

    Returns:
        (..., channels, height * r, width * r).

    Raises:
        ShapeMismatchError: r * r does not divide the channels.
    """
    x, r = tensor_of(input, "pixel_shuffle"), upscale_factor
    *batch, channels, height, width = x.shape
    if channels % (r * r):
        raise ShapeMismatchError(
            "pixel_shuffle()",
            "cannot share out its channels",
            expected=f"a multiple of {r * r}",
            received=x.shape,
        )
    n = len(batch)
    parts = functions.reshape(x, (*batch, channels // (r * r), r, r, height, width))
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return functions.reshape(
        functions.permute(parts, order), (*batch, channels // (r * r), height * r, width * r)
    )


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """Make channels out of pixels: the inverse of ``pixel_shuffle``.

    Args:
        input: (..., channels, height * r, width * r).
        downscale_factor: r.

    Returns:
        (..., channels * r * r, height, width).

    Raises:
        ShapeMismatchError: r does not divide height or width.
    """
    x, r = tensor_of(input, "pixel_unshuffle"), downscale_factor
    *batch, channels, height, width = x.shape
    if height % r or width % r:
        raise ShapeMismatchError(
            "pixel_unshuffle()", "cannot share out its pixels", expected=f"multiples of {r}", received=x.shape
        )
    n = len(batch)
    parts = functions.reshape(x, (*batch, channels, height // r, r, width // r, r))
    order = (*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return functions.reshape(
        functions.permute(parts, order), (*batch, channels * r * r, height // r, width // r)
    )
