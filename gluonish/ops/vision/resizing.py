"""Resizing images by bilinear interpolation, as products with a matrix for each axis."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import matmul
from gluonish.ops.nn.common import float_rule
from gluonish.shape import Dim

__all__: list[str] = []

Size = tuple[int, ...]
Mode = Literal["size", "odd_scale", "like", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"]


def _weights(xp: XP, size: int, result: int, align_corners: bool, dtype: Any) -> Array:
    """Return the matrix that interpolates ``result`` numbers between ``size`` ones."""
    at = np.arange(result, dtype="float64")
    if align_corners:
        at *= (size - 1) / (result - 1) if result > 1 else 0
    else:
        at = np.maximum((at + 0.5) * (size / result) - 0.5, 0)
    below = np.minimum(at.astype("int64"), size - 1)
    above = np.minimum(below + 1, size - 1)
    weights = np.zeros((result, size))
    np.add.at(weights, (np.arange(result), below), 1 - (at - below))
    np.add.at(weights, (np.arange(result), above), at - below)
    return xp.asarray(weights, dtype)


def _resized(xp: XP, images: Array, size: Size, align_corners: bool) -> Array:
    rows, columns = (
        _weights(xp, n, result, align_corners, images.dtype)
        for n, result in zip(images.shape[2:], size, strict=True)
    )
    return matmul(xp, matmul(xp, rows, images), columns.T)


@operator("_contrib_BilinearResize2D", uses={"like": lambda mode: mode == "like"})
def bilinear_resize(
    xp: XP,
    data: Array,
    like: Array = None,
    *,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Mode = "size",
    align_corners: bool = True,
) -> Array:
    """Resize images by bilinear interpolation.

    Args:
        xp: the module of the arrays.
        data: images, (batch, channels, height, width).
        like: images whose height and width are taken in the mode "like".
        height: the height in the mode "size", if there is no scale.
        width: likewise.
        scale_height: the factor on the height in the modes "size" and "odd_scale".
        scale_width: likewise.
        mode: "size"; "odd_scale", by which an odd size becomes (size - 1) * scale + 1; "like"; and the next
            even or odd sizes, up or down.
        align_corners: whether the first and last pixels stay where they are; otherwise pixels are squares.
    """
    size = _size(
        data.shape, None if like is None else like.shape, height, width, scale_height, scale_width, mode
    )
    assert None not in size
    return _resized(xp, data, size, align_corners)  # type: ignore[arg-type]


def _size(
    shape: Any,
    like: Any,
    height: int,
    width: int,
    scale_height: float | None,
    scale_width: float | None,
    mode: str,
) -> tuple[Dim, Dim]:
    if mode == "like":
        return (None, None) if like is None else tuple(like[2:])
    wanted = ((shape[2], height, scale_height), (shape[3], width, scale_width))
    rows, columns = (_dim(size, given, scale, mode) for size, given, scale in wanted)
    return rows, columns


def _dim(size: Dim, given: int, scale: float | None, mode: str) -> Dim:
    """Return the size of one axis of the result."""
    if mode == "size" and scale is None:
        return given
    if size is None:
        return None
    if mode == "size":
        return int(size * scale)  # type: ignore[operator]
    if mode == "odd_scale":
        factor = 1.0 if scale is None else scale
        return int(size * factor) if size % 2 == 0 else int((size - 1) * factor) + 1
    even = size % 2 == 0
    if mode.startswith("to_even") == even:
        return size
    return size + 1 if mode.endswith("up") else size - 1


@bilinear_resize.shape
def bilinear_resize_shape(
    s: ShapeFacts,
    height: int,
    width: int,
    scale_height: float | None,
    scale_width: float | None,
    mode: str,
) -> None:
    s["data"] = (None, None, None, None)
    like = s["like"] if "like" in s else None  # noqa: SIM401  the facts have no get
    size = _size(s["data"], like, height, width, scale_height, scale_width, mode)
    if any(dim is not None and dim < 1 for dim in size):
        s.fail("cannot make images without pixels", expected="a height and width of 1 or more")
    s["output"] = (*s["data"][:2], *size)


@bilinear_resize.gradient("data")
def bilinear_resize_gradient(F: Any, g: Any, shapes: Any, align_corners: bool) -> Any:
    return F._resize_back(g, size=shapes[0][2:], align_corners=align_corners)


@operator("_resize_back")
def resize_back(xp: XP, images: Array, *, size: Size, align_corners: bool = True) -> Array:
    """Add pixels to those of other images that they are interpolated from: resizing transposed."""
    rows, columns = (
        _weights(xp, n, result, align_corners, images.dtype)
        for n, result in zip(size, images.shape[2:], strict=True)
    )
    return matmul(xp, matmul(xp, rows.T, images), columns)


@resize_back.shape
def resize_back_shape(s: ShapeFacts, size: Size) -> None:
    s["images"] = (None, None, None, None)
    s["output"] = (*s["images"][:2], *size)


@resize_back.gradient("images")
def resize_back_gradient(F: Any, g: Any, shapes: Any, align_corners: bool) -> Any:
    height, width = shapes[0][2:]
    return F._contrib_BilinearResize2D(g, height=height, width=width, align_corners=align_corners)


for _each in (bilinear_resize, resize_back):
    _each.dtype(float_rule)
