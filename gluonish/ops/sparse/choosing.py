"""Cutting blocks out of CSR matrices, choosing rows of them, and joining them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gluonish.engine.operator import XP, Array
from gluonish.engine.stored import INDEX, Csr
from gluonish.ops.common import resolve_indices
from gluonish.ops.indexing import take
from gluonish.ops.joining import concat
from gluonish.ops.slicing import slice_block

__all__ = ["chosen_rows"]


def chosen_rows(xp: XP, matrix: Csr, rows: Array) -> Csr:
    """Return the matrix of some rows of a matrix, in any order."""
    begins = matrix.indptr[rows]
    ends = xp.cumsum(matrix.indptr[rows + 1] - begins)
    indptr = xp.concatenate([xp.zeros(1, INDEX), ends])
    numbers = xp.arange(int(indptr[-1]), dtype=INDEX)
    row = xp.searchsorted(ends, numbers, side="right")
    at = begins[row] + numbers - indptr[row]
    return Csr(xp, (len(rows), matrix.shape[1]), matrix.values[at], matrix.indices[at], indptr)


# -- blocks -----------------------------------------------------------------------------------------------


def _contiguous(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    return all(step in (None, 1) for step in params["step"])


@slice_block.stored("csr", when=_contiguous)
def slice_csr(
    xp: XP, data: Csr, *, begin: tuple[int | None, ...], end: tuple[int | None, ...], step: Any
) -> Csr:
    """Return a block: its rows are a range of the entries, of which those in the columns are kept."""
    del step
    bounds = [
        slice(*each).indices(size)
        for each, size in zip(zip(begin, end, strict=True), data.shape, strict=False)
    ]
    first, last = bounds[0][0], max(bounds[0][:2])
    indptr = data.indptr[first : last + 1]
    entries = slice(int(indptr[0]), int(indptr[-1]))
    block = Csr(
        xp,
        (last - first, data.shape[1]),
        data.values[entries].copy(),
        data.indices[entries].copy(),
        indptr - indptr[0],
    )
    return block if len(bounds) == 1 else _columns(xp, block, bounds[1][0], max(bounds[1][:2]))


def _columns(xp: XP, matrix: Csr, first: int, last: int) -> Csr:
    inside = (matrix.indices >= first) & (matrix.indices < last)
    counted = xp.concatenate([xp.zeros(1, INDEX), xp.cumsum(inside, dtype=INDEX)])
    shape = (matrix.shape[0], last - first)
    return Csr(xp, shape, matrix.values[inside], matrix.indices[inside] - first, counted[matrix.indptr])


# -- rows -------------------------------------------------------------------------------------------------


def _of_rows(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    return params["axis"] in (0, -2) and arrays[1].ndim == 1


@take.stored("csr", "default", when=_of_rows)
def take_csr(xp: XP, a: Csr, indices: Array, *, axis: int, mode: str) -> Csr:
    del axis
    return chosen_rows(xp, a, resolve_indices(xp, indices, a.shape[0], mode, "Operator 'take'"))


@concat.stored("csr", ..., when=lambda arrays, params: params["dim"] in (0, -2))
def concat_csr(xp: XP, *data: Csr, dim: int) -> Csr:
    del dim
    starts = [sum(len(each.values) for each in data[:i]) for i in range(len(data))]
    return Csr(
        xp,
        (sum(each.shape[0] for each in data), data[0].shape[1]),
        xp.concatenate([each.values for each in data]),
        xp.concatenate([each.indices for each in data]),
        xp.concatenate(
            [xp.zeros(1, INDEX), *[each.indptr[1:] + n for each, n in zip(data, starts, strict=True)]]
        ),
    )
