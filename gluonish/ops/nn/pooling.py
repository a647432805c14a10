"""Pooling: the maximum, mean, sum or p-norm of windows of images.

The gradients are made of two pairs that are closed under differentiation. Sums and means are linear, and
``_pool_spread`` is their transpose. A maximum is an element that was chosen: ``_pool_choice`` finds out which
(the first, where several are equal), ``_pool_gather`` fetches elements so chosen, and ``_pool_scatter`` puts
gradients there. The choice is made when a gradient is asked for; prediction does not pay for it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import ml_dtypes
import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, ZERO_GRADIENT, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import Layout, float_rule, widen
from gluonish.ops.nn.pools import Convention, PoolAxis, Pools, combine, counts, spread
from gluonish.shape import Shape, shape_size

__all__: list[str] = []

Params: TypeAlias = Mapping[str, Any]
PoolType = Literal["max", "avg", "sum", "lp"]

NORMS = (1, 2, 3)
INDEX = np.dtype("int64")


def _lowest(dtype: Any) -> Any:
    """Return the maximum of no pixels at all, as MXNet has it: the lowest finite number."""
    return ml_dtypes.finfo(dtype).min  # type: ignore[no-untyped-call]


def _power(data: Any, exponent: int) -> Any:
    return functools.reduce(lambda product, _: product * data, range(exponent - 1), data)


@operator("Pooling", ignored=("cudnn_off",))
def pooling(
    xp: XP,
    data: Array,
    *,
    kernel: tuple[int, ...] = (),
    pool_type: PoolType = "max",
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Layout | None = None,
) -> Array:
    """Return the maximum, mean, sum or p-norm of every window of the images.

    The kernel is as long as the images have spatial axes, one to three; with ``global_pool`` the window is
    the image. The convention "valid" takes whole windows only; "full" one more if pixels are left over;
    "same" one for each stride, the first at the first pixel. A mean counts padding unless
    ``count_include_pad`` is false. The p-norm, for ``p_value`` of 1, 2 or 3, is the root of a sum of powers:
    like MXNet's it does not take absolute values.
    """
    pools = Pools(kernel, stride, pad, global_pool, pooling_convention, layout)
    axes = pools.axes("Pooling", data.shape)
    if pool_type == "max":
        return combine(xp, data, axes, function="maximum", reduction="max", start=_lowest(data.dtype))
    wide = widen(data)
    if pool_type == "lp":
        wide = _power(wide, p_value or 1)
    total = combine(xp, wide, axes, function="add", reduction="sum", start=0)
    if pool_type == "avg":
        total /= counts(xp, axes, data.ndim, count_include_pad is not False, total.dtype)
    elif pool_type == "lp" and p_value != 1:
        root = xp.sqrt if p_value == 2 else xp.cbrt  # noqa: PLR2004
        total = root(total)
    return total.astype(data.dtype, copy=False)


@pooling.shape
def pooling_shape(s: ShapeFacts, params: Params, pool_type: str, p_value: int | None) -> None:
    if pool_type == "lp" and p_value not in NORMS:
        raise ArgumentError(
            f"Operator {s.owner!r}", "has no such norm", expected="p_value of 1, 2 or 3", received=p_value
        )
    Pools.from_params(params).relate(s, "data", "output")


pooling.dtype(float_rule)


@pooling.gradient("data")
def pooling_gradient(F: Any, g: Any, data: Any, output: Any, params: Params) -> Any:
    kind, p = params["pool_type"], params["p_value"]
    if kind == "max":
        choice = F._pool_choice(data, output, **Pools.from_params(params).as_params())
        return F._pool_scatter(g, choice, shape=data.shape)
    if kind == "lp" and p > 1:
        # Where the norm is 0, all its pixels are; 1 instead of 0 in the divisor makes the gradient 0.
        g = g / (_power(output, p - 1) + (output == 0))
    spread = F._pool_spread(
        g,
        shape=data.shape,
        pool_type="avg" if kind == "avg" else "sum",
        count_include_pad=params["count_include_pad"],
        **Pools.from_params(params).as_params(),
    )
    return spread * _power(data, p - 1) if kind == "lp" and p > 1 else spread


@operator("_pool_spread")
def pool_spread(
    xp: XP,
    g: Array,
    *,
    shape: tuple[int, ...],
    pool_type: Literal["avg", "sum"],
    kernel: tuple[int, ...] = (),
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    count_include_pad: bool | None = None,
    layout: Layout | None = None,
) -> Array:
    """Return the transpose of pooling by sums or means: the gradient by images of this shape."""
    pools = Pools(kernel, stride, pad, global_pool, pooling_convention, layout)
    axes = pools.axes("_pool_spread", shape)
    wide = widen(g)
    if pool_type == "avg":
        wide = wide / counts(xp, axes, g.ndim, count_include_pad is not False, wide.dtype)
    # A copy: windows that are the whole image are repeated without taking memory.
    return spread(xp, wide, axes).astype(g.dtype)


@pool_spread.shape
def pool_spread_shape(s: ShapeFacts, params: Params, shape: Shape) -> None:
    s["output"] = shape
    Pools.from_params(params).relate(s, "output", "g")


pool_spread.dtype(float_rule)


@pool_spread.gradient("g")
def pool_spread_gradient(F: Any, h: Any, params: Params) -> Any:
    return F.Pooling(
        h,
        pool_type=params["pool_type"],
        count_include_pad=params["count_include_pad"],
        **Pools.from_params(params).as_params(),
    )


# -- the elements that maxima chose -------------------------------------------------------------------------


@operator("_pool_choice", gradient=ZERO_GRADIENT)
def pool_choice(
    xp: XP,
    data: Array,
    maxima: Array,
    *,
    kernel: tuple[int, ...] = (),
    global_pool: bool = False,
    pooling_convention: Convention = "valid",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    layout: Layout | None = None,
) -> Array:
    """Return for each window where its first maximum is: an index into the flat images.

    A window without one (all padding, or NaN) has the number of pixels as its index.
    """
    pools = Pools(kernel, stride, pad, global_pool, pooling_convention, layout)
    axes = pools.axes("_pool_choice", data.shape)
    steps = _element_steps(data.shape)
    if all(axis.whole for axis in axes):
        place = _first_maximum(data, axes) * steps[axes[-1].axis]
        missing = maxima != maxima  # noqa: PLR0124  NaN alone differs from itself
    else:
        place, missing = _first_equal(xp, data, maxima, axes, steps)
    for axis, step in enumerate(steps):
        starts = next((each.starts for each in axes if each.axis == axis), np.arange(data.shape[axis]))
        place += xp.asarray(starts * step).reshape(-1, *(1,) * (data.ndim - axis - 1))
    return xp.where(missing, data.size, place)


def _element_steps(shape: Shape) -> list[int]:
    """Return how many elements apart the entries of each axis are in memory."""
    return [shape_size(shape[axis + 1 :]) for axis in range(len(shape))]


def _first_maximum(data: Array, axes: list[PoolAxis]) -> Array:
    """Return the pixel of the maximum of whole images, counted through all spatial axes."""
    first, last = axes[0].axis, axes[-1].axis
    flat = data.reshape(*data.shape[:first], -1, *data.shape[last + 1 :])
    shape = (*data.shape[:first], *(1,) * len(axes), *data.shape[last + 1 :])
    return flat.argmax(first).reshape(shape).astype("int64", copy=False)


def _first_equal(
    xp: XP, data: Array, maxima: Array, axes: list[PoolAxis], steps: list[int]
) -> tuple[Array, Array]:
    """Return how many elements behind its start each window equals its maximum, and which never do."""
    offsets = list(itertools.product(*(enumerate(axis.overlaps()) for axis in axes)))
    # How many offsets were passed before the maximum was met is a sum of booleans: no branches.
    passed = xp.zeros(maxima.shape, "int8" if len(offsets) <= np.iinfo("int8").max else "int32")
    missing = xp.ones(maxima.shape, bool)
    table = []
    for each in offsets:
        windows, pixels = [slice(None)] * data.ndim, [slice(None)] * data.ndim
        for axis, (_, (there, here)) in zip(axes, each, strict=True):
            windows[axis.axis], pixels[axis.axis] = there, here
        missing[tuple(windows)] &= data[tuple(pixels)] != maxima[tuple(windows)]
        passed += missing
        table.append(sum(offset * steps[axis.axis] for axis, (offset, _) in zip(axes, each, strict=True)))
    return xp.asarray([*table, 0])[passed], missing


@pool_choice.shape
def pool_choice_shape(s: ShapeFacts, params: Params) -> None:
    Pools.from_params(params).relate(s, "data", "maxima")
    s.same("maxima", "output")


@pool_choice.dtype
def pool_choice_dtype(d: DTypeFacts) -> None:
    d.same("data", "maxima")
    d["output"] = INDEX


@operator("_pool_scatter")
def pool_scatter(xp: XP, g: Array, choice: Array, *, shape: tuple[int, ...]) -> Array:
    """Return images of zeros, with the gradient of each window added at its chosen pixel."""
    wide = widen(g)
    size = shape_size(shape)
    flat = xp.zeros(size + 1, wide.dtype)  # the last one takes what windows without a choice send
    xp.add.at(flat, choice.reshape(-1), wide.reshape(-1))
    return flat[:-1].reshape(shape).astype(g.dtype, copy=False)


@pool_scatter.shape
def pool_scatter_shape(s: ShapeFacts, shape: Shape) -> None:
    s.same("g", "choice")
    s["output"] = shape


@pool_scatter.gradient("g")
def pool_scatter_gradient(F: Any, h: Any, choice: Any) -> Any:
    return F._pool_gather(h, choice)


@operator("_pool_gather")
def pool_gather(xp: XP, data: Array, choice: Array) -> Array:
    """Return the pixel that each window chose; 0 for windows without a choice."""
    flat = xp.concatenate([data.reshape(-1), xp.zeros(1, data.dtype)])
    return flat[choice]


@pool_gather.shape
def pool_gather_shape(s: ShapeFacts) -> None:
    s.same("choice", "output")


@pool_gather.gradient("data")
def pool_gather_gradient(F: Any, h: Any, choice: Any, shapes: Any) -> Any:
    return F._pool_scatter(h, choice, shape=shapes[0])


@pool_scatter.dtype
def pool_scatter_dtype(d: DTypeFacts) -> None:
    d.same("g", "output")
    d["choice"] = INDEX


@pool_gather.dtype
def pool_gather_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    d["choice"] = INDEX
