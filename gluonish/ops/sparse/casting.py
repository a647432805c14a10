"""Changing the storage of an array, and choosing the rows that are stored."""

from __future__ import annotations

from typing import Any, Literal

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.engine.stored import DEFAULT, Rows, Stored, storage_of, stored_as, sum_at
from gluonish.errors import ArgumentError
from gluonish.ops.common import dtype_of_first, resolve_indices, same_rule
from gluonish.shape import shape_size

__all__ = ["has_every_row", "rows_at", "sum_by_row"]

CSR_AXES = 2


@operator("cast_storage", stores=True)
def cast_storage(xp: XP, data: Array | Stored, *, stype: Literal["default", "row_sparse", "csr"]) -> Any:
    """Return a copy in a storage type.

    Rows are stored that have an element other than zero, or such elements of a matrix.
    """
    before = storage_of(data)
    if stype != before and DEFAULT not in (stype, before):
        raise ArgumentError(
            "Operator 'cast_storage'",
            f"cannot convert {before} to {stype}",
            fix="Convert to 'default' first.",
        )
    if stype == "csr" and data.ndim != CSR_AXES:
        raise ArgumentError(
            "Operator 'cast_storage'", "makes CSR of matrices only", expected="two axes", received=data.shape
        )
    if stype == before:
        return data.with_values(data.values.copy()) if isinstance(data, Stored) else data.copy()
    return stored_as(xp, data, stype)


cast_storage.shape(same_rule)


@cast_storage.gradient("data")
def cast_storage_gradient(F: Any, g: Any) -> Any:
    return g


@cast_storage.gradient_stored("data")
def cast_storage_gradient_storage(stypes: Any, params: Any) -> str:
    return str(params["stype"])


# -- rows -------------------------------------------------------------------------------------------------


def rows_at(xp: XP, data: Array | Rows, indices: Array) -> Array:
    """Return the rows at indices in range; those that are not stored are zero."""
    if not isinstance(data, Rows):
        return data[indices]
    if has_every_row(data, indices):
        return data.values[indices]
    order = xp.argsort(data.indices)
    place = xp.searchsorted(data.indices[order], indices)
    if not len(order):
        return xp.zeros((*indices.shape, *data.shape[1:]), data.dtype)
    found = order[xp.minimum(place, len(order) - 1)]
    known = (data.indices[found] == indices).reshape(*indices.shape, *[1] * (data.ndim - 1))
    return xp.where(known, data.values[found], xp.zeros((), data.dtype))


def has_every_row(data: Rows, indices: Array) -> bool:
    """Tell whether rows with these indices lie where they would in a dense array, as if all were stored."""
    return len(data.indices) == data.shape[0] and bool((data.indices[indices] == indices).all())


@operator("_sparse_retain", stores=True)
def sparse_retain(xp: XP, data: Array | Stored, indices: Array) -> Rows:
    """Return the rows of a row-sparse array at indices; those that are not stored come as zeros."""
    if storage_of(data) == "csr":
        raise ArgumentError("Operator '_sparse_retain'", "chooses rows of row-sparse arrays", received="csr")
    at = resolve_indices(xp, indices, data.shape[0], "raise", "Operator '_sparse_retain'").reshape(-1)
    return Rows(xp, data.shape, rows_at(xp, data, at), at)


@sparse_retain.shape
def sparse_retain_shape(s: ShapeFacts) -> None:
    s.same("data", "output")


sparse_retain.dtype(dtype_of_first)


@sparse_retain.gradient("data")
def sparse_retain_gradient(F: Any, g: Any, indices: Any) -> Any:
    return F._sparse_retain(g, indices)


sparse_retain.gradient_stored("data")(lambda stypes, params: stypes[0])


# -- sums by row ------------------------------------------------------------------------------------------


def sum_by_row(xp: XP, values: Array, indices: Array) -> tuple[Array, Array]:
    """Return the rows of a matrix summed by the numbers they have, and these numbers, each once."""
    rows, places = xp.unique(indices, return_inverse=True)
    width = values.shape[1]
    flat = (places.reshape(-1, 1) * width + xp.arange(width)).reshape(-1)
    return sum_at(xp, values.reshape(-1), flat, len(rows) * width).reshape(len(rows), width), rows


@operator("_index_add_rows", stores=True)
def index_add_rows(xp: XP, g: Array, indices: Array, *, size: int) -> Rows:
    """Return what ``_index_add`` does along the first axis, with the rows stored that are added to."""
    at = resolve_indices(xp, indices, size, "raise", "Operator '_index_add_rows'").reshape(-1)
    inner = g.shape[indices.ndim :]
    total, rows = sum_by_row(xp, g.reshape(at.size, shape_size(inner)), at)
    return Rows(xp, (size, *inner), total.reshape(len(rows), *inner), rows)


@index_add_rows.shape
def index_add_rows_shape(s: ShapeFacts, size: int) -> None:
    g, indices = s["g"], s["indices"]
    if g is not None and indices is not None:
        s["g"] = (*indices, *[None] * (len(g) - len(indices)))
        s["output"] = (size, *g[len(indices) :])


@index_add_rows.dtype
def index_add_rows_dtype(d: DTypeFacts) -> None:
    d.same("g", "output")


@index_add_rows.gradient("g")
def index_add_rows_gradient(F: Any, g: Any, indices: Any) -> Any:
    return F.take(g, indices, axis=0, mode="raise")
