"""Operators whose output's size depends on the content of their inputs."""

from __future__ import annotations

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator

__all__: list[str] = []

INT64 = np.dtype("int64")


@operator("_npx_nonzero", native=True, gradient=NOT_DIFFERENTIABLE)
def nonzero(xp: XP, data: Array) -> Array:
    """Return the indices of the elements that are not 0, a row for each, as int64."""
    return xp.stack(xp.nonzero(data.reshape(-1) if data.ndim == 0 else data), 1)


@nonzero.shape
def nonzero_shape(s: ShapeFacts) -> None:
    if s["data"] is not None:
        s["output"] = (None, max(1, len(s["data"])))


@nonzero.dtype
def nonzero_dtype(d: DTypeFacts) -> None:
    d["output"] = INT64


def _unique_outputs(return_index: bool, return_inverse: bool, return_counts: bool) -> tuple[str, ...]:
    extra = {"index": return_index, "inverse": return_inverse, "counts": return_counts}
    return ("output", *(name for name, wanted in extra.items() if wanted))


@operator("_npi_unique", outputs=_unique_outputs, gradient=NOT_DIFFERENTIABLE)
def unique(
    xp: XP,
    data: Array,
    *,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
) -> tuple[Array, ...]:
    """Return the different elements, sorted, and as asked: where each is first, which each is, how many."""
    options = {"return_index": return_index, "return_inverse": return_inverse, "return_counts": return_counts}
    found = xp.unique(data, axis=axis, **options)
    if not any(options.values()):
        return (found,)
    return (found[0], *(each.reshape(-1).astype("int64", copy=False) for each in found[1:]))


@unique.shape
def unique_shape(s: ShapeFacts, axis: int | None) -> None:
    data = s["data"]
    if axis is None:
        s["output"] = (None,)
    elif data is not None:
        s["output"] = tuple(None if i == axis % len(data) else dim for i, dim in enumerate(data))
    for name in s.names[2:]:
        s[name] = (None,)


@unique.dtype
def unique_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    for name in d.names[2:]:
        d[name] = INT64


@operator("_npi_bincount", native=True, gradient=NOT_DIFFERENTIABLE)
def bincount(xp: XP, data: Array, weights: Array = None, *, minlength: int = 0) -> Array:
    """Count how often each number from 0 to the largest occurs, or sum the weights of its occurrences."""
    counts = xp.bincount(data, weights, minlength)
    return counts.astype(data.dtype if weights is None else weights.dtype, copy=False)


@bincount.shape
def bincount_shape(s: ShapeFacts) -> None:
    if "weights" in s:
        s.same("data", "weights")
    s["data"] = (None,)
    s["output"] = (None,)


@bincount.dtype
def bincount_dtype(d: DTypeFacts) -> None:
    d.same("weights" if "weights" in d else "data", "output")
