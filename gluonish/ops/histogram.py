"""Counting elements by their size."""

from __future__ import annotations

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.errors import ArgumentError

__all__: list[str] = []


@operator(
    "_histogram", outputs=("counts", "edges"), labels=("output0", "output1"), gradient=NOT_DIFFERENTIABLE
)
def histogram(
    xp: XP,
    data: Array,
    bins: Array | None = None,
    *,
    bin_cnt: int | None = None,
    range: tuple[float, ...] | None = None,  # noqa: A002  MXNet's name
) -> tuple[Array, Array]:
    """Count how many elements fall into each bin; the second output are the edges of the bins.

    The edges are given as ``bins``, in increasing order, or by ``bin_cnt`` and ``range``: that many bins of
    equal width between two bounds. A bin holds its left edge, the last one its right edge too; elements
    outside and NaN are not counted.
    """
    if bins is not None:
        if not bool((bins[1:] >= bins[:-1]).all()):
            raise ArgumentError("Operator '_histogram'", "needs the edges of its bins in increasing order")
        edges = bins.astype("float64")
    elif range is not None and bin_cnt is not None:
        edges = _even_edges(xp, bin_cnt, range)
    else:
        raise ArgumentError("Operator '_histogram'", "needs bins, or both bin_cnt and range")
    values = data.reshape(-1).astype("float64")
    inside = values[(values >= edges[0]) & (values <= edges[-1])]
    position = xp.minimum(xp.searchsorted(edges, inside, side="right"), edges.size - 1) - 1
    counts = xp.bincount(position, minlength=edges.size - 1)
    return counts.astype("int64", copy=False), edges.astype(data.dtype)


def _even_edges(xp: XP, bin_cnt: int, bounds: tuple[float, ...]) -> Array:
    """Return the edges of bins of equal width; equal bounds are moved apart by 1."""
    low, high = bounds if len(bounds) == 2 else (np.nan, np.nan)  # noqa: PLR2004
    if bin_cnt < 1 or not low <= high:
        raise ArgumentError(
            "Operator '_histogram'",
            "cannot make these bins",
            expected="one bin or more, and a range (low, high)",
            received=f"bin_cnt={bin_cnt}, range={bounds}",
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return xp.linspace(low, high, bin_cnt + 1)


@histogram.shape
def histogram_shape(s: ShapeFacts, bin_cnt: int | None) -> None:
    if "bins" not in s:
        s["edges"] = None if bin_cnt is None else (bin_cnt + 1,)
    elif s["bins"] is not None:
        if len(s["bins"]) != 1 or s["bins"][0] in (0, 1):
            s.fail("needs bins as one row of edges", expected="an array of one axis, two edges or more")
        s.same("bins", "edges")
    if s["edges"] is not None:
        (size,) = s["edges"]
        s["counts"] = (None if size is None else size - 1,)


@histogram.dtype
def histogram_dtype(d: DTypeFacts) -> None:
    d["counts"] = np.dtype("int64")
    d.same("data", "edges")
    if "bins" in d:
        d.same("data", "bins")
