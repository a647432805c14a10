"""Reductions of sparse arrays, and counting what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.engine.stored import INDEX, Csr, Rows, Stored, sum_at
from gluonish.ops.common import normalize_axis
from gluonish.ops.reduction import mean, norm, square_sum, sum_

__all__: list[str] = []

MATRIX_AXES = ((0,), (1,), (-2,), (-1,))


# -- sum, mean and norm -----------------------------------------------------------------------------------


def _of_everything(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    return not params["axis"] and not params["keepdims"]


def _of_one_axis(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    return params["axis"] in MATRIX_AXES and not params["keepdims"] and not params["exclude"]


def _sum_of_values(xp: XP, data: Stored, **params: Any) -> Array:
    return sum_.kernel(xp, data.values, **params)


def _norm_of_values(xp: XP, data: Stored, **params: Any) -> Array:
    return norm.kernel(xp, data.values, **params)


def _sum_along(xp: XP, data: Csr, *, axis: tuple[int, ...], **rest: Any) -> Array:
    kept = 1 - axis[0] % 2
    places = data.indices if kept else data.rows()
    return sum_at(xp, data.values, places, data.shape[kept])


def _mean_along(xp: XP, data: Csr, *, axis: tuple[int, ...], **rest: Any) -> Array:
    count = max(1, data.shape[axis[0]])
    return (_sum_along(xp, data, axis=axis, **rest) / count).astype(data.dtype, copy=False)


for _stype in ("row_sparse", "csr"):
    sum_.stored(_stype, when=_of_everything)(_sum_of_values)
    norm.stored(_stype, when=_of_everything)(_norm_of_values)
sum_.stored("csr", when=_of_one_axis)(_sum_along)
mean.stored("csr", when=_of_one_axis)(_mean_along)


# -- sums of squares --------------------------------------------------------------------------------------


def _within_rows(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    return arrays[0].ndim == len(("row", "column")) and params["axis"] in ((1,), (-1,))


@square_sum.stored("row_sparse", when=_within_rows)
def square_sum_rows(xp: XP, data: Rows, *, keepdims: bool, **rest: Any) -> Any:
    """Sum within the rows that are stored; with ``keepdims`` the result has those rows."""
    found = Rows(
        xp, (data.shape[0], 1), square_sum.kernel(xp, data.values, keepdims=True, **rest), data.indices
    )
    return found if keepdims else found.dense().reshape(-1)


square_sum.gradient_stored("data")(lambda stypes, params: stypes[0])


# -- counting ---------------------------------------------------------------------------------------------


@operator("_contrib_getnnz", gradient=NOT_DIFFERENTIABLE)
def getnnz(xp: XP, data: Array, *, axis: int | None = None) -> Array:
    """Return how many elements are not zero, in all or along an axis of a matrix, as int64.

    Of a CSR matrix those count that are stored.
    """
    return xp.asarray(xp.count_nonzero(data, axis=axis)).astype(INDEX).reshape(-1)


@getnnz.stored("csr")
def getnnz_csr(xp: XP, data: Csr, *, axis: int | None) -> Array:
    if axis is None:
        return xp.asarray([len(data.values)], INDEX)
    if axis in (0, -len(data.shape)):
        return xp.bincount(data.indices, minlength=data.shape[1]).astype(INDEX, copy=False)
    return data.indptr[1:] - data.indptr[:-1]


@getnnz.shape
def getnnz_shape(s: ShapeFacts, axis: int | None) -> None:
    data = s["data"]
    if axis is None:
        s["output"] = (1,)
    elif data is not None:
        s["output"] = (data[1 - normalize_axis(axis, len(data), s.owner)],)


@getnnz.dtype
def getnnz_dtype(d: DTypeFacts) -> None:
    d["output"] = INDEX
