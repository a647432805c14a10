"""Bilinear sampling of images at the points of a grid.

A grid has the shape (batch, 2, height, width) and holds x and y of every point, from -1 at the first pixel to
1 at the last. Outside of an image there are zeros. Jaderberg et al., Spatial Transformer Networks (2015).

Between pixels a sample is linear in x and in y, so its derivative by x is that of the weights. ``dx`` and
``dy`` tell how often weights are differentiated; with them, sampling and its transpose are closed under
differentiation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import as_scalar
from gluonish.ops.nn.common import float_rule
from gluonish.ops.scatter import add_rows
from gluonish.shape import Dim

__all__: list[str] = []

Size = tuple[int, ...]


# -- sampling and its transpose ---------------------------------------------------------------------------


def _corners(xp: XP, grid: Array, size: Size, dx: int, dy: int) -> Iterator[tuple[Array, Array]]:
    """Yield for each of four neighbours its place in the flat image and its weight, (batch, points)."""
    axes = [
        _neighbours(xp, (grid[:, i].reshape(len(grid), -1) + 1) * ((size[1 - i] - 1) / 2), size[1 - i], order)
        for i, order in ((0, dx), (1, dy))
    ]
    for column, weight_x in axes[0]:
        for row, weight_y in axes[1]:
            yield row * size[1] + column, weight_x * weight_y


def _neighbours(xp: XP, at: Array, size: int, order: int) -> list[tuple[Array, Array]]:
    """Return for both neighbours along one axis where they are and their weight, 0 outside of the image."""
    below = xp.floor(at)
    fraction = at - below
    if order == 0:
        weights = (1 - fraction, fraction)
    else:
        slope = xp.ones_like(at) if order == 1 else xp.zeros_like(at)
        weights = (-slope, slope)
    found = []
    for place, weight in zip((below, below + 1), weights, strict=True):
        inside = (place >= 0) & (place <= size - 1)
        found.append((xp.where(inside, place, 0).astype("int64"), xp.where(inside, weight, 0)))
    return found


def _sample(xp: XP, data: Array, grid: Array, dx: int, dy: int) -> Array:
    batch, channels, height, width = data.shape
    flat = data.reshape(batch, channels, height * width)
    output = xp.zeros((batch, channels, grid.shape[2] * grid.shape[3]), data.dtype)
    for place, weight in _corners(xp, grid.astype(_exact(data)), (height, width), dx, dy):
        output += xp.take_along_axis(flat, place[:, None], 2) * weight[:, None].astype(data.dtype)
    return output.reshape(batch, channels, *grid.shape[2:])


def _exact(data: Array) -> str:
    """Return the dtype to compute positions in: at least float32."""
    return "float64" if data.dtype.itemsize == 8 else "float32"  # noqa: PLR2004


def _sample_shape(s: ShapeFacts) -> None:
    s["data"] = (None, None, None, None)
    s["grid"] = (s["data"][0], 2, None, None)
    s["data"] = (s["grid"][0], None, None, None)
    s["output"] = (*s["data"][:2], *s["grid"][2:])


def _by_grid(F: Any, g: Any, samples: Any, size: Size, dx: int, dy: int) -> Any:
    """Return the gradient by the grid, given how samples depend on the derivatives of weights."""
    parts = []
    for axis, orders in ((1, (dx + 1, dy)), (0, (dx, dy + 1))):
        slope = samples(dx=orders[0], dy=orders[1])
        parts.append(F.sum(g * slope, axis=(1,)) * ((size[axis] - 1) / 2))
    return F.stack(*parts, axis=1)


@operator("_bilinear_sample")
def bilinear_sample(xp: XP, data: Array, grid: Array, *, dx: int = 0, dy: int = 0) -> Array:
    """Return samples of images at the points of a grid, differentiated by x and y as often as told."""
    return _sample(xp, data, grid, dx, dy)


@operator("BilinearSampler", ignored=("cudnn_off",))
def bilinear_sampler(xp: XP, data: Array, grid: Array) -> Array:
    """Return samples of images at the points of a grid, by bilinear interpolation.

    The grid, (batch, 2, height, width), holds x and y from -1 to 1; outside of an image there are zeros.
    """
    return _sample(xp, data, grid, 0, 0)


@bilinear_sample.gradient("data")
def bilinear_sample_gradient_data(F: Any, g: Any, grid: Any, shapes: Any, dx: int, dy: int) -> Any:
    return F._bilinear_spread(g, grid, size=shapes[0][2:], dx=dx, dy=dy)


@bilinear_sample.gradient("grid")
def bilinear_sample_gradient_grid(F: Any, g: Any, data: Any, grid: Any, dx: int, dy: int) -> Any:
    def samples(**orders: int) -> Any:
        return F._bilinear_sample(data, grid, **orders)

    return _by_grid(F, g, samples, data.shape[2:], dx, dy)


@bilinear_sampler.gradient("data")
def bilinear_sampler_gradient_data(F: Any, g: Any, grid: Any, shapes: Any) -> Any:
    return F._bilinear_spread(g, grid, size=shapes[0][2:])


@bilinear_sampler.gradient("grid")
def bilinear_sampler_gradient_grid(F: Any, g: Any, data: Any, grid: Any) -> Any:
    return bilinear_sample_gradient_grid(F, g, data, grid, 0, 0)


@operator("_bilinear_spread")
def bilinear_spread(xp: XP, samples: Array, grid: Array, *, size: Size, dx: int = 0, dy: int = 0) -> Array:
    """Add samples to the pixels that they were taken from, by their weights: sampling transposed."""
    batch, channels = samples.shape[:2]
    pixels = size[0] * size[1]
    first = xp.arange(batch)[:, None] * pixels
    rows = samples.reshape(batch, channels, -1).swapaxes(1, 2)
    images = xp.zeros((batch * pixels, channels), samples.dtype)
    for place, weight in _corners(xp, grid.astype(_exact(samples)), size, dx, dy):
        values = (rows * weight[:, :, None].astype(samples.dtype)).reshape(-1, channels)
        images += add_rows(xp, values, (first + place).reshape(-1), batch * pixels)
    return images.reshape(batch, *size, channels).transpose(0, 3, 1, 2).copy()


@bilinear_spread.shape
def bilinear_spread_shape(s: ShapeFacts, size: Size) -> None:
    s["samples"] = (None, None, None, None)
    s["grid"] = (s["samples"][0], 2, *s["samples"][2:])
    s["output"] = (*s["samples"][:2], *size)


@bilinear_spread.gradient("samples")
def bilinear_spread_gradient_samples(F: Any, g: Any, grid: Any, dx: int, dy: int) -> Any:
    return F._bilinear_sample(g, grid, dx=dx, dy=dy)


@bilinear_spread.gradient("grid")
def bilinear_spread_gradient_grid(
    F: Any, g: Any, samples: Any, grid: Any, size: Size, dx: int, dy: int
) -> Any:
    def slopes(**orders: int) -> Any:
        return F._bilinear_sample(g, grid, **orders)

    return _by_grid(F, samples, slopes, size, dx, dy)


for _each in (bilinear_sample, bilinear_sampler):
    _each.shape(_sample_shape)


# -- grids ----------------------------------------------------------------------------------------------


def _points(xp: XP, size: Size, dtype: Any) -> Array:
    """Return x, y and 1 of every point of a regular grid, as the columns of a matrix."""
    height, width = size
    y, x = xp.meshgrid(_steps(xp, height), _steps(xp, width), indexing="ij")
    return xp.stack([x.reshape(-1), y.reshape(-1), xp.ones(height * width)]).astype(dtype)


def _steps(xp: XP, count: int) -> Array:
    return xp.linspace(-1.0, 1.0, count) if count > 1 else xp.full((count,), -1.0)


def _target(target_shape: Size, owner: str) -> Size:
    if len(target_shape) != 2 or min(target_shape) < 1:  # noqa: PLR2004
        raise ArgumentError(
            f"Operator {owner!r}",
            "needs a target_shape",
            expected="a height and a width, 1 or more",
            received=str(target_shape),
        )
    return target_shape


@operator("_affine_grid")
def affine_grid(xp: XP, data: Array, *, size: Size) -> Array:
    """Return grids whose points are those of a regular one, moved by affine maps of six numbers each."""
    points = _points(xp, size, data.dtype)
    return (data.reshape(-1, 2, 3) @ points).reshape(len(data), 2, *size)


@affine_grid.shape
def affine_grid_shape(s: ShapeFacts, size: Size) -> None:
    s["data"] = (None, 6)
    s["output"] = (s["data"][0], 2, *size)
    s["data"] = (s["output"][0], 6)


@affine_grid.gradient("data")
def affine_grid_gradient(F: Any, g: Any) -> Any:
    return F._affine_grid_back(g)


@operator("_affine_grid_back")
def affine_grid_back(xp: XP, grid: Array) -> Array:
    """Return the sums of a grid's points times those of a regular one: ``_affine_grid`` transposed."""
    points = _points(xp, grid.shape[2:], grid.dtype)
    return (grid.reshape(len(grid), 2, -1) @ points.T).reshape(-1, 6)


@affine_grid_back.shape
def affine_grid_back_shape(s: ShapeFacts) -> None:
    s["grid"] = (None, 2, None, None)
    s["output"] = (s["grid"][0], 6)


@affine_grid_back.gradient("grid")
def affine_grid_back_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F._affine_grid(g, size=shapes[0][2:])


@operator("GridGenerator")
def grid_generator(
    xp: XP, data: Array, *, transform_type: Literal["affine", "warp"], target_shape: Size = (0, 0)
) -> Array:
    """Return a grid to sample images at.

    "affine" takes maps of six numbers, (batch, 6), and moves the points of a regular grid of the target shape
    by them. "warp" takes flows in pixels, (batch, 2, height, width), and moves every pixel by them.
    """
    if transform_type == "affine":
        return affine_grid.kernel(xp, data, size=_target(target_shape, "GridGenerator"))
    height, width = data.shape[2:]
    y, x = xp.meshgrid(xp.arange(height), xp.arange(width), indexing="ij")
    moved = data + xp.stack([x, y]).astype(data.dtype)
    return moved * _warp_scale(xp, (height, width), data.dtype) - as_scalar(data, 1)


def _warp_scale(xp: XP, size: Size, dtype: Any) -> Array:
    """Return how much of the way from -1 to 1 a pixel is, along x and y."""
    return xp.asarray([2 / max(size[1] - 1, 1), 2 / max(size[0] - 1, 1)], dtype).reshape(1, 2, 1, 1)


@grid_generator.shape
def grid_generator_shape(s: ShapeFacts, transform_type: str, target_shape: Size) -> None:
    if transform_type == "warp":
        s["data"] = (None, 2, None, None)
        s.same("data", "output")
    else:
        affine_grid_shape(s, _target(target_shape, s.owner))


@grid_generator.gradient("data")
def grid_generator_gradient(F: Any, g: Any, transform_type: str) -> Any:
    if transform_type == "affine":
        return F._affine_grid_back(g)
    height, width = g.shape[2:]
    scales = (2 / max(width - 1, 1), 2 / max(height - 1, 1))
    parts = [F.slice_axis(g, axis=1, begin=i, end=i + 1) * scale for i, scale in enumerate(scales)]
    return F.Concat(*parts, dim=1)


@operator("SpatialTransformer", ignored=("cudnn_off",))
def spatial_transformer(
    xp: XP,
    data: Array,
    loc: Array,
    *,
    target_shape: Size = (0, 0),
    transform_type: Literal["affine"] = "affine",
    sampler_type: Literal["bilinear"] = "bilinear",
) -> Array:
    """Return images of the target shape, sampled at the points of a regular grid moved by affine maps.

    ``loc``, (batch, 6), holds the maps; outside of an image there are zeros.
    """
    grid = affine_grid.kernel(xp, loc, size=_target(target_shape, "SpatialTransformer"))
    return _sample(xp, data, grid, 0, 0)


@spatial_transformer.shape
def spatial_transformer_shape(s: ShapeFacts, target_shape: Size) -> None:
    s["data"] = (None, None, None, None)
    batch: Dim = s["data"][0]
    s["loc"] = (batch, 6)
    s["output"] = (s["loc"][0], s["data"][1], *_target(target_shape, s.owner))


@spatial_transformer.gradient("data")
def spatial_transformer_gradient_data(F: Any, g: Any, loc: Any, shapes: Any, target_shape: Size) -> Any:
    return F._bilinear_spread(g, F._affine_grid(loc, size=target_shape), size=shapes[0][2:])


@spatial_transformer.gradient("loc")
def spatial_transformer_gradient_loc(F: Any, g: Any, data: Any, loc: Any, target_shape: Size) -> Any:
    grid = F._affine_grid(loc, size=target_shape)
    return F._affine_grid_back(bilinear_sample_gradient_grid(F, g, data, grid, 0, 0))


for _each in (bilinear_sample, bilinear_sampler, bilinear_spread, affine_grid, affine_grid_back):
    _each.dtype(float_rule)
for _each in (grid_generator, spatial_transformer):
    _each.dtype(float_rule)
