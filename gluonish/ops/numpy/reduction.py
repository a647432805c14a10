"""Reductions whose results have dtypes of their own: truth, positions, percentiles.

``axis`` may be None, which means all axes, an int or, for the first two, a tuple; () means none.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, NOT_DIFFERENTIABLE, XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.common import normalize_axes, normalize_axis
from gluonish.ops.numpy.promotion import as_float, real_dtype

__all__: list[str] = []

Axes = tuple[int, ...] | None
Method = Literal["linear", "lower", "higher", "midpoint", "nearest"]


def _axes(axis: Axes, ndim: int, owner: str) -> tuple[int, ...]:
    return tuple(range(ndim)) if axis is None else normalize_axes(axis, ndim, owner)


def _reduced(shape: tuple[Any, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[Any, ...]:
    if keepdims:
        return tuple(1 if i in axes else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in axes)


# -- truth ----------------------------------------------------------------------------------------------


def _declare_truth(name: str, doc: str) -> None:
    def kernel(xp: XP, data: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
        axes = _axes(axis, data.ndim, f"_np_{name}")
        return xp.asarray(getattr(xp, name)(data != 0, axis=axes, keepdims=keepdims))

    kernel.__doc__ = f"Return whether {doc} along the given axes is not zero, as bools."
    op = operator(f"_np_{name}", native=True, gradient=ZERO_GRADIENT, predicate=True, on_complex=AS_WRITTEN)(
        kernel
    )

    @op.shape
    def shape(s: ShapeFacts, axis: Axes, keepdims: bool) -> None:
        if s["data"] is not None:
            s["output"] = _reduced(s["data"], _axes(axis, len(s["data"]), s.owner), keepdims)

    @op.dtype
    def dtype(d: DTypeFacts) -> None:
        d["output"] = np.dtype("bool")


_declare_truth("any", "any element")
_declare_truth("all", "every element")


# -- positions ------------------------------------------------------------------------------------------


def _declare_position(name: str, doc: str) -> None:
    def kernel(xp: XP, data: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
        shape = _position_shape(data.shape, axis, keepdims, name)
        found = getattr(data.reshape(-1), name)(0) if axis is None else getattr(data, name)(axis)
        return xp.asarray(found, "int64").reshape(shape)

    kernel.__doc__ = f"Return the position of {doc} along an axis, or in the flat array, as int64."
    op = operator(f"_npi_{name}", native=True, gradient=ZERO_GRADIENT)(kernel)

    @op.shape
    def shape(s: ShapeFacts, axis: int | None, keepdims: bool) -> None:
        if s["data"] is not None:
            s["output"] = _position_shape(s["data"], axis, keepdims, s.owner)

    @op.dtype
    def dtype(d: DTypeFacts) -> None:
        d["output"] = np.dtype("int64")


def _position_shape(shape: tuple[Any, ...], axis: int | None, keepdims: bool, owner: str) -> tuple[Any, ...]:
    axes = tuple(range(len(shape))) if axis is None else (normalize_axis(axis, len(shape), owner),)
    return _reduced(shape, axes, keepdims)


_declare_position("argmax", "the first maximum")
_declare_position("argmin", "the first minimum")


# -- percentiles ----------------------------------------------------------------------------------------


@operator("_npi_percentile", native=True, gradient=NOT_DIFFERENTIABLE)
def percentile(
    xp: XP,
    data: Array,
    *,
    q: tuple[float, ...],
    axis: Axes = None,
    interpolation: Method = "linear",
    keepdims: bool = False,
) -> Array:
    """Return the numbers that q percent of the elements do not exceed, one row for each q."""
    axes = _axes(axis, data.ndim, "_npi_percentile")
    wide = as_float(data)
    found = xp.percentile(wide, xp.asarray(q), axis=axes, method=interpolation, keepdims=keepdims)
    return found.astype(wide.dtype, copy=False)


@percentile.shape
def percentile_shape(s: ShapeFacts, q: tuple[float, ...], axis: Axes, keepdims: bool) -> None:
    if not all(0 <= each <= 100 for each in q):  # noqa: PLR2004
        s.fail("takes percentages", expected="0 <= q <= 100")
    if s["data"] is not None:
        s["output"] = (len(q), *_reduced(s["data"], _axes(axis, len(s["data"]), s.owner), keepdims))


@percentile.dtype
def percentile_dtype(d: DTypeFacts) -> None:
    if d["data"] is not None:
        d["output"] = real_dtype(d["data"])
