"""Features of regions of images, in one size for all.

A region is a row: its image, xmin, ymin, xmax, ymax.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.vision.boxes import as_host
from gluonish.shape import Dim, shape_size

__all__: list[str] = []

Size = tuple[int, ...]


def _regions_shape(s: ShapeFacts, pooled_size: Size, parts: int = 1) -> None:
    """State shapes of data and regions, and that ``parts`` channels of the data make one of the output."""
    if len(pooled_size) != 2 or min(pooled_size) < 1:  # noqa: PLR2004
        raise ArgumentError(f"Operator {s.owner!r}", "needs a height and a width", received=str(pooled_size))
    s["data"] = (None, None, None, None)
    s["rois"] = (None, 5)
    channels: Dim = s["data"][1]
    if channels is not None and channels % parts:
        s.fail("cannot share the channels among the parts of a region", expected=f"a multiple of {parts}")
    s["output"] = (s["rois"][0], None if channels is None else channels // parts, *pooled_size)


def _dtype(d: DTypeFacts) -> None:
    d.same("data", "output")


# -- pooling --------------------------------------------------------------------------------------------


@operator("ROIPooling", outputs=("output", "places"), visible=1)
def roi_pooling(
    xp: XP, data: Array, rois: Array, *, pooled_size: Size, spatial_scale: float
) -> tuple[Array, Array]:
    """Return the maxima of the parts of regions, cut into ``pooled_size`` rows and columns of parts.

    Girshick, Fast R-CNN (2015), section 2.1. Coordinates times ``spatial_scale`` are rounded to pixels; an
    empty part gives 0.
    """
    height, width = data.shape[2:]
    output = xp.zeros((len(rois), data.shape[1], *pooled_size), data.dtype)
    places = xp.full(output.shape, -1, "int64")
    for r, roi in enumerate(as_host(xp, rois).astype("float64")):
        image = data[int(roi[0])]
        x1, y1, x2, y2 = (math.floor(each * spatial_scale + 0.5) for each in roi[1:])
        rows = _parts(y1, y2, pooled_size[0], height)
        columns = _parts(x1, x2, pooled_size[1], width)
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                if top < bottom and left < right:
                    part = image[:, top:bottom, left:right].reshape(len(image), -1)
                    at = part.argmax(1)
                    output[r, :, i, j] = part.max(1)
                    row, column = at // (right - left) + top, at % (right - left) + left
                    channel = int(roi[0]) * len(image) + xp.arange(len(image))
                    places[r, :, i, j] = (channel * height + row) * width + column
    return output, places


def _parts(first: int, last: int, count: int, size: int) -> list[tuple[int, int]]:
    """Return where the parts of an extent of pixels begin and end, within an axis of this size."""
    extent = max(last - first + 1, 1)
    bounds = []
    for i in range(count):
        begin = math.floor(i * extent / count) + first
        end = math.ceil((i + 1) * extent / count) + first
        bounds.append((min(max(begin, 0), size), min(max(end, 0), size)))
    return bounds


@roi_pooling.shape
def roi_pooling_shape(s: ShapeFacts, pooled_size: Size) -> None:
    _regions_shape(s, pooled_size)
    s["places"] = s["output"]


@roi_pooling.dtype
def roi_pooling_dtype(d: DTypeFacts) -> None:
    _dtype(d)
    d["places"] = np.dtype("int64")


@roi_pooling.gradient("data")
def roi_pooling_gradient(F: Any, g: Any, places: Any, shapes: Any) -> Any:
    kept = g * F.Cast(F._greater_equal_scalar(places, scalar=0), dtype=g.dtype)
    size = shape_size(shapes[0])
    spread = F._index_add(F._reshape_to(kept, shape=(-1,)), F._reshape_to(places, shape=(-1,)), size=size)
    return F._reshape_to(spread, shape=shapes[0])


# -- alignment ------------------------------------------------------------------------------------------


@operator("_contrib_ROIAlign")
def roi_align(
    xp: XP,
    data: Array,
    rois: Array,
    *,
    pooled_size: Size,
    spatial_scale: float,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
) -> Array:
    """Return the means of bilinear samples in the parts of regions, without rounding coordinates.

    He et al., Mask R-CNN (2017), section 3.

    Args:
        xp: the module of the arrays.
        data: images, (batch, channels, height, width).
        rois: regions, (n, 5); one of an image below 0 gives zeros.
        pooled_size: into how many rows and columns of parts a region is cut.
        spatial_scale: what coordinates are multiplied with.
        sample_ratio: how many samples a part has along each axis; as many as pixels if not positive.
        position_sensitive: whether every part has channels of its own: Dai et al., R-FCN (2016).
        aligned: whether pixels are squares around their coordinates.
    """
    channels = data.shape[1] // (pooled_size[0] * pooled_size[1] if position_sensitive else 1)
    output = xp.zeros((len(rois), channels, *pooled_size), data.dtype)
    for r, image, rows, columns in _aligned(
        xp, data.shape, data.dtype, rois, pooled_size, spatial_scale, sample_ratio, aligned
    ):
        if position_sensitive:
            parts = data[image].reshape(channels, *pooled_size, *data.shape[2:])
            output[r] = xp.einsum("ih,cijhw,jw->cij", rows, parts, columns)
        else:
            output[r] = rows @ data[image] @ columns.T
    return output


def _aligned(
    xp: XP,
    shape: Size,
    dtype: Any,
    rois: Array,
    pooled_size: Size,
    scale: float,
    ratio: int,
    aligned: bool,
) -> Any:
    """Yield for each region its number, its image, and the matrices that average along both axes."""
    for r, roi in enumerate(as_host(xp, rois).astype("float64")):
        image = int(roi[0])
        if image < 0:
            continue
        x1, y1, x2, y2 = roi[1:] * scale - (0.5 if aligned else 0)
        rows = _averages(y1, y2, pooled_size[0], shape[2], ratio, aligned)
        columns = _averages(x1, x2, pooled_size[1], shape[3], ratio, aligned)
        yield r, image, xp.asarray(rows, dtype), xp.asarray(columns, dtype)


def _averages(
    first: float, last: float, parts: int, size: int, ratio: int, aligned: bool
) -> np.ndarray[Any, Any]:
    """Return the matrix that averages samples in each part of an extent of one axis."""
    extent = last - first if aligned else max(last - first, 1.0)
    step = extent / parts
    count = ratio if ratio > 0 else math.ceil(step)
    weights = np.zeros((parts, size))
    if count < 1:
        return weights
    at = first + step * (np.arange(parts)[:, None] + (np.arange(count) + 0.5) / count)
    inside = (at >= -1) & (at <= size)
    at = np.clip(at, 0, size - 1)
    below = np.minimum(at.astype("int64"), size - 1)
    above = np.minimum(below + 1, size - 1)
    part = np.broadcast_to(np.arange(parts)[:, None], at.shape)
    np.add.at(weights, (part, below), inside * (1 - (at - below)) / count)
    np.add.at(weights, (part, above), inside * (at - below) / count)
    return weights


def _parts_of(pooled_size: Size, position_sensitive: bool) -> int:
    return pooled_size[0] * pooled_size[1] if position_sensitive else 1


@roi_align.shape
def roi_align_shape(s: ShapeFacts, pooled_size: Size, position_sensitive: bool) -> None:
    _regions_shape(s, pooled_size, _parts_of(pooled_size, position_sensitive))


@roi_align.gradient("data")
def roi_align_gradient(F: Any, g: Any, rois: Any, shapes: Any, params: Any) -> Any:
    return F._roi_align_back(g, rois, size=shapes[0], **params)


@operator("_roi_align_back")
def roi_align_back(
    xp: XP,
    data: Array,
    rois: Array,
    *,
    size: Size,
    pooled_size: Size,
    spatial_scale: float,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
) -> Array:
    """Add the parts of regions to the pixels they are means of: ``ROIAlign`` transposed."""
    result = xp.zeros(size, data.dtype)
    for r, image, rows, columns in _aligned(
        xp, size, data.dtype, rois, pooled_size, spatial_scale, sample_ratio, aligned
    ):
        if position_sensitive:
            parts = xp.einsum("ih,cij,jw->cijhw", rows, data[r], columns)
            result[image] += parts.reshape(size[1:])
        else:
            result[image] += rows.T @ data[r] @ columns
    return result


@roi_align_back.shape
def roi_align_back_shape(s: ShapeFacts, size: Size) -> None:
    s["rois"] = (None, 5)
    s["data"] = (s["rois"][0], None, None, None)
    s["output"] = size


@roi_align_back.gradient("data")
def roi_align_back_gradient(F: Any, g: Any, rois: Any, params: Any) -> Any:
    return F._contrib_ROIAlign(g, rois, **{name: value for name, value in params.items() if name != "size"})


for _each in (roi_align, roi_align_back):
    _each.dtype(_dtype)


# -- cutting out ----------------------------------------------------------------------------------------


@operator("Crop", ignored=("num_args",))
def crop(
    xp: XP,
    *data: Array,
    offset: Size = (0, 0),
    h_w: Size = (0, 0),
    center_crop: bool = False,
) -> Array:
    """Return a copy of a part of images: of the size ``h_w``, or of that of a second array of images.

    The part begins at ``offset``, or lies in the middle.
    """
    top, left, height, width = _part(data[0].shape, [each.shape for each in data], offset, h_w, center_crop)
    return data[0][:, :, top : top + height, left : left + width].copy()


def _part(shape: Any, shapes: Any, offset: Size, h_w: Size, center_crop: bool) -> tuple[int, int, int, int]:
    height, width = shapes[1][2:] if len(shapes) > 1 else h_w
    top, left = offset
    if center_crop:
        top, left = (shape[2] - height) // 2, (shape[3] - width) // 2
    return top, left, height, width


@crop.shape
def crop_shape(s: ShapeFacts, offset: Size, h_w: Size, center_crop: bool) -> None:
    for i in range(s.n_inputs):
        s[i] = (None, None, None, None)
    images = s[0]
    like = s[1] if s.n_inputs > 1 else (None, None, *h_w)
    if None not in (*images[2:], *like[2:]):
        top, left, height, width = _part(images, s.inputs, offset, h_w, center_crop)
        if (
            min(top, left) < 0
            or top + height > images[2]
            or left + width > images[3]
            or min(height, width) < 1
        ):
            s.fail(
                "cannot cut out a part that is not inside",
                expected=f"at most {images[2]} x {images[3]} pixels",
            )
    s["output"] = (*images[:2], *like[2:])


@crop.gradient()
def crop_gradient(F: Any, g: Any, shapes: Any, offset: Size, h_w: Size, center_crop: bool) -> Any:
    top, left, height, width = _part(shapes[0], shapes, offset, h_w, center_crop)
    key = (slice(None), slice(None), slice(top, top + height), slice(left, left + width))
    return (F._key_add(g, key=key, shape=shapes[0]), *(None,) * (len(shapes) - 1))
