"""Features of the parts of regions, each from channels of its own: Dai et al., R-FCN (2016)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.vision.boxes import as_host

__all__: list[str] = []

Host = np.ndarray[Any, Any]
Size = tuple[int, ...]

LEAST_EXTENT = 0.1


@operator("_contrib_PSROIPooling")
def psroi_pooling(
    xp: XP,
    data: Array,
    rois: Array,
    *,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
) -> Array:
    """Return the means of the parts of regions; a part without pixels gives 0.

    Args:
        xp: the module of the arrays.
        data: feature maps, (batch, output_dim group_size^2, height, width).
        rois: regions, (n, 5): image, xmin, ymin, xmax, ymax.
        spatial_scale: what rounded coordinates are multiplied with.
        output_dim: the number of channels of the result.
        pooled_size: into how many rows and columns of parts a region is cut.
        group_size: into how many rows and columns channels are arranged; ``pooled_size`` if 0.
    """
    group = group_size or pooled_size
    output = xp.zeros((len(rois), output_dim, pooled_size, pooled_size), data.dtype)
    cells = _cells(pooled_size, group)
    for r, image, rows, columns in _regions(xp, data.shape, data.dtype, rois, spatial_scale, pooled_size):
        maps = data[image].reshape(output_dim, group, group, *data.shape[2:])
        own = maps[:, cells][:, :, cells]
        output[r] = xp.einsum("ih,cijhw,jw->cij", rows, own, columns)
    return output


def _cells(parts: int, group: int) -> list[int]:
    """Return the row of channels that each row of parts belongs to; columns likewise."""
    return [i * group // parts for i in range(parts)]


def _regions(
    xp: XP, shape: Size, dtype: Any, rois: Array, scale: float, parts: int
) -> Iterator[tuple[int, int, Array, Array]]:
    """Yield for each region its number, its image, and the matrices that average along both axes."""
    for r, (image, *corners) in enumerate(as_host(xp, rois).astype("float64")):
        left, top, right, bottom = np.add(np.floor(np.array(corners) + 0.5), (0, 0, 1, 1))
        rows = _averages(top * scale, bottom * scale, parts, shape[2])
        columns = _averages(left * scale, right * scale, parts, shape[3])
        yield r, int(image), xp.asarray(rows, dtype), xp.asarray(columns, dtype)


def _averages(first: float, last: float, parts: int, size: int) -> Host:
    """Return the matrix that averages the pixels which each part of an extent touches."""
    step = max(last - first, LEAST_EXTENT) / parts
    begins = np.clip(np.floor(np.arange(parts) * step + first), 0, size)
    ends = np.clip(np.ceil((np.arange(parts) + 1) * step + first), 0, size)
    pixels = np.arange(size)
    touched = (pixels >= begins[:, None]) & (pixels < ends[:, None])
    return touched / np.maximum(touched.sum(1, keepdims=True), 1)


def _require(owner: str, group: int, output_dim: int) -> None:
    if min(group, output_dim) < 1:
        raise ArgumentError(
            f"Operator {owner!r}", "needs parts and channels", expected="pooled_size, output_dim above 0"
        )


@psroi_pooling.shape
def psroi_pooling_shape(s: ShapeFacts, output_dim: int, pooled_size: int, group_size: int) -> None:
    group = group_size or pooled_size
    _require(s.owner, min(group, pooled_size), output_dim)
    s["data"] = (None, output_dim * group**2, None, None)
    s["rois"] = (None, 5)
    s["output"] = (s["rois"][0], output_dim, pooled_size, pooled_size)


@psroi_pooling.gradient("data")
def psroi_pooling_gradient(F: Any, g: Any, rois: Any, shapes: Any, params: Any) -> Any:
    return F._psroi_back(g, rois, size=shapes[0], **params)


@operator("_psroi_back")
def psroi_back(
    xp: XP,
    data: Array,
    rois: Array,
    *,
    size: Size,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
) -> Array:
    """Add the parts of regions to the pixels they are means of: ``PSROIPooling`` transposed."""
    group = group_size or pooled_size
    result = xp.zeros(size, data.dtype)
    chosen = xp.asarray(np.eye(group)[_cells(pooled_size, group)], data.dtype)
    for r, image, rows, columns in _regions(xp, size, data.dtype, rois, spatial_scale, pooled_size):
        spread = xp.einsum("ih,cij,jw->cijhw", rows, data[r], columns)
        shared = xp.einsum("cijhw,ia,jb->cabhw", spread, chosen, chosen)
        result[image] += shared.reshape(size[1:])
    return result


@psroi_back.shape
def psroi_back_shape(s: ShapeFacts, size: Size, output_dim: int, pooled_size: int) -> None:
    s["rois"] = (None, 5)
    s["data"] = (s["rois"][0], output_dim, pooled_size, pooled_size)
    s["output"] = size


@psroi_back.gradient("data")
def psroi_back_gradient(F: Any, g: Any, rois: Any, params: Any) -> Any:
    return F._contrib_PSROIPooling(
        g, rois, **{name: value for name, value in params.items() if name != "size"}
    )


def _dtype(d: DTypeFacts) -> None:
    d.same("data", "output")


for _each in (psroi_pooling, psroi_back):
    _each.dtype(_dtype)
