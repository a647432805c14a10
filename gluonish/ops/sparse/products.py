"""Products with sparse matrices, and looking up rows that are stored.

SciPy multiplies; on a GPU CuPy's copy of it does, which calls cuSPARSE. A result in rows has those rows that
the matrix has an entry for, so its cost does not grow with the number of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish.engine.backend import sparse_matrices
from gluonish.engine.operator import XP, Array
from gluonish.engine.stored import Csr, Rows, csr_of, stored_as
from gluonish.ops.common import resolve_indices
from gluonish.ops.nn.embedding import embedding, sparse_embedding
from gluonish.ops.products import dot
from gluonish.ops.sparse.casting import rows_at
from gluonish.ops.sparse.choosing import chosen_rows
from gluonish.shape import shape_size

__all__: list[str] = []


def _multiplied(xp: XP, matrix: Csr, dense: Array, *, transpose: bool = False) -> Array:
    """Return matrix @ dense, or its transpose times dense."""
    dtype = dense.dtype
    # Half precision is added up in single; a GPU multiplies in floating point only.
    wide = dtype if dtype.char in "fd" else ("float32" if dtype.itemsize == 2 else "float64")  # noqa: PLR2004
    parts = (matrix.values.astype(wide, copy=False), matrix.indices, matrix.indptr)
    left = sparse_matrices(xp).csr_matrix(parts, shape=matrix.shape)
    flat = dense.reshape(dense.shape[0], shape_size(dense.shape[1:])).astype(wide, copy=False)
    product = (left.T if transpose else left) @ flat
    rows = matrix.shape[1 if transpose else 0]
    return xp.ascontiguousarray(product).astype(dtype, copy=False).reshape(rows, *dense.shape[1:])


def _narrowed(xp: XP, matrix: Csr) -> tuple[Csr, Array]:
    """Return a matrix without the columns that have no entry, and the numbers of the others."""
    columns, places = xp.unique(matrix.indices, return_inverse=True)
    narrow = Csr(xp, (matrix.shape[0], len(columns)), matrix.values, places.reshape(-1), matrix.indptr)
    return narrow, columns


def _transposed_product(xp: XP, matrix: Csr, dense: Array) -> Rows:
    """Return the transpose of a matrix times a dense one; the rows for which the matrix has entries."""
    narrow, columns = _narrowed(xp, matrix)
    values = _multiplied(xp, narrow, dense, transpose=True)
    return Rows(xp, (matrix.shape[1], *dense.shape[1:]), values, columns)


def _with_rows(xp: XP, matrix: Csr, rhs: Rows, *, transpose: bool) -> Any:
    """Return a matrix, or its transpose, times rows: those that are zero are left out of the sums."""
    if transpose:
        return _transposed_product(xp, chosen_rows(xp, matrix, rhs.indices), rhs.values)
    narrow, columns = _narrowed(xp, matrix)
    return _multiplied(xp, narrow, rows_at(xp, rhs, columns))


def _kernel(multiply: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel of ``dot`` that gives its result the storage that is asked for."""

    def kernel(
        xp: XP, lhs: Any, rhs: Any, *, transpose_a: bool, transpose_b: bool, forward_stype: str | None
    ) -> Any:
        result = multiply(xp, lhs, rhs, transpose_a, transpose_b)
        return result if forward_stype is None else stored_as(xp, result, forward_stype)

    return kernel


@dot.stored("csr", "default", when=lambda arrays, params: arrays[1].ndim == 1 or not params["transpose_b"])
@_kernel
def dot_csr_default(xp: XP, lhs: Csr, rhs: Array, transpose_a: bool, transpose_b: bool) -> Any:
    if rhs.ndim == 1:
        return _multiplied(xp, lhs, rhs, transpose=transpose_a)
    return _transposed_product(xp, lhs, rhs) if transpose_a else _multiplied(xp, lhs, rhs)


@dot.stored("csr", "row_sparse", when=lambda arrays, params: not params["transpose_b"])
@_kernel
def dot_csr_rows(xp: XP, lhs: Csr, rhs: Rows, transpose_a: bool, transpose_b: bool) -> Any:
    return _with_rows(xp, lhs, rhs, transpose=transpose_a)


@dot.stored(
    "default",
    "csr",
    when=lambda arrays, params: arrays[0].ndim == 2 and not params["transpose_a"],  # noqa: PLR2004
)
@_kernel
def dot_default_csr(xp: XP, lhs: Array, rhs: Csr, transpose_a: bool, transpose_b: bool) -> Any:
    product = _multiplied(xp, rhs, xp.ascontiguousarray(lhs.T), transpose=not transpose_b)
    return csr_of(xp, xp.ascontiguousarray(product.T))


@dot.gradient_stored("rhs")
def dot_gradient_storage(stypes: Sequence[str], params: Mapping[str, Any]) -> str:
    transposed = params["transpose_a"] or params["transpose_b"]
    return "row_sparse" if stypes[0] == "csr" and not transposed else "default"


def _lookup(xp: XP, data: Array, weight: Rows, *, input_dim: int, **rest: Any) -> Array:
    at = resolve_indices(xp, data, input_dim, "raise", "Operator 'Embedding'")
    return rows_at(xp, weight, at)


embedding.stored("default", "row_sparse")(_lookup)
sparse_embedding.stored("default", "row_sparse")(_lookup)
