"""Windows of images as columns of a matrix, and columns added up to images again.

Both are linear, and each is the transpose, and so the gradient, of the other.
"""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.nn.common import float_rule
from gluonish.ops.nn.windows import Geometry, Window, overlay, unfold
from gluonish.shape import Shape, shape_size

__all__: list[str] = []


@operator("im2col")
def im2col(
    xp: XP,
    data: Array,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
) -> Array:
    """Return the windows that a convolution sees: (batch, channels * pixels of the kernel, windows)."""
    window = Window.of("im2col", kernel, stride, dilate, pad)
    size = data.shape[2:]
    return unfold(xp, data, Geometry(window, size, window.result(size), 1))  # type: ignore[arg-type]


@operator("col2im")
def col2im(
    xp: XP,
    data: Array,
    *,
    output_size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
) -> Array:
    """Return images of size ``output_size`` that have every column added at the pixels of its window."""
    window = Window.of("col2im", kernel, stride, dilate, pad)
    result = window.result(output_size)
    return overlay(xp, data, Geometry(window, output_size, result, 1))  # type: ignore[arg-type]


def _relate(s: ShapeFacts, images: str, columns: str, window: Window) -> None:
    """State what the shapes of images and of their columns say about each other."""
    pixels, rank = shape_size(window.kernel), len(window.kernel)
    if s[columns] is not None:
        batch, rows = s[columns][0], s[columns][1]
        if rows is not None and rows % pixels:
            s.fail("has columns that are no whole windows", expected=f"a multiple of {pixels} rows")
        s[images] = (batch, None if rows is None else rows // pixels, *(None,) * rank)
    known = s[images]
    if known is None:
        return
    if len(known) != rank + 2:
        s.fail(f"has a kernel of {rank} axes, which does not fit its images", expected=f"{rank + 2} axes")
    windows = window.result(known[2:])
    if any(n is not None and n < 1 for n in windows):
        s.fail("has a kernel larger than its padded images")
    count = None if None in windows else shape_size(windows)  # type: ignore[arg-type]
    s[columns] = (known[0], None if known[1] is None else known[1] * pixels, count)


@im2col.shape
def im2col_shape(s: ShapeFacts, params: Any) -> None:
    _relate(s, "data", "output", Window.from_params(s.owner, params))


@col2im.shape
def col2im_shape(s: ShapeFacts, params: Any, output_size: Shape) -> None:
    s["output"] = (None, None, *output_size)
    if s["data"] is not None and len(s["data"]) != 3:  # noqa: PLR2004  batch, rows, columns
        s.fail("takes a matrix of columns per image", expected="data of 3 axes")
    _relate(s, "output", "data", Window.from_params(s.owner, params))


@im2col.gradient("data")
def im2col_gradient(F: Any, g: Any, shapes: Any, params: Any) -> Any:
    return F.col2im(g, output_size=shapes[0][2:], **_of_window(params))


@col2im.gradient("data")
def col2im_gradient(F: Any, g: Any, params: Any) -> Any:
    return F.im2col(g, **_of_window(params))


def _of_window(params: Any) -> dict[str, Shape]:
    return {name: params[name] for name in ("kernel", "stride", "dilate", "pad")}


for _each in (im2col, col2im):
    _each.dtype(float_rule)
