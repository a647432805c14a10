"""Functions of two arrays, element by element, and sums of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish.engine.invoke import invoke
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import XP, Array, Operator, find_operator, operator
from gluonish.engine.sparse import BaseSparseNDArray
from gluonish.engine.stored import INDEX, Csr, Rows, densified, sum_at, sum_of_rows
from gluonish.ops.common import same_rule
from gluonish.ops.sparse.casting import rows_at

__all__ = ["install_python_operators"]

UNIONS = ("elemwise_add", "elemwise_sub", "_maximum", "_minimum", "_hypot")
"""Of two zeros they make zero, so the result has the places that one of the two has."""


# -- both sparse ------------------------------------------------------------------------------------------


def _rows_of_both(op: Operator) -> Callable[..., Rows]:
    def kernel(xp: XP, lhs: Rows, rhs: Rows, **params: Any) -> Rows:
        indices = xp.unique(xp.concatenate([lhs.indices, rhs.indices]))
        values = op.kernel(xp, rows_at(xp, lhs, indices), rows_at(xp, rhs, indices), **params)
        return Rows(xp, lhs.shape, values, indices)

    return kernel


def _rows_in_common(xp: XP, lhs: Rows, rhs: Rows) -> Rows:
    indices = xp.intersect1d(lhs.indices, rhs.indices)
    return Rows(xp, lhs.shape, rows_at(xp, lhs, indices) * rows_at(xp, rhs, indices), indices)


def _places(xp: XP, matrix: Csr) -> tuple[Array, Array]:
    """Return the places of entries in the flat matrix, each once and ascending, and the entries."""
    flat = matrix.rows() * matrix.shape[1] + matrix.indices
    places, numbers = xp.unique(flat, return_inverse=True)
    return places, sum_at(xp, matrix.values, numbers.reshape(-1), len(places))


def _matrix_at(xp: XP, shape: tuple[int, ...], places: Array, values: Array) -> Csr:
    """Return the matrix that has values at ascending places."""
    width = max(1, shape[1])
    indptr = xp.searchsorted(places, xp.arange(shape[0] + 1) * width).astype(INDEX, copy=False)
    return Csr(xp, shape, values, places % width, indptr)


def _entries_of_both(op: Operator) -> Callable[..., Csr]:
    def kernel(xp: XP, lhs: Csr, rhs: Csr, **params: Any) -> Csr:
        sides = [_places(xp, lhs), _places(xp, rhs)]
        places = xp.unique(xp.concatenate([side[0] for side in sides]))
        spread = []
        for own, values in sides:
            whole = xp.zeros(len(places), values.dtype)
            whole[xp.searchsorted(places, own)] = values
            spread.append(whole)
        return _matrix_at(xp, lhs.shape, places, op.kernel(xp, *spread, **params))

    return kernel


def _entries_in_common(xp: XP, lhs: Csr, rhs: Csr) -> Csr:
    (left, a), (right, b) = _places(xp, lhs), _places(xp, rhs)
    places = xp.intersect1d(left, right)
    return _matrix_at(
        xp, lhs.shape, places, a[xp.searchsorted(left, places)] * b[xp.searchsorted(right, places)]
    )


# -- one of them sparse -----------------------------------------------------------------------------------


def _at_entries(xp: XP, dense: Array, matrix: Csr) -> Array:
    """Return the elements of a dense array, broadcast to a matrix, at the places of the matrix's entries."""
    whole = xp.broadcast_to(dense, matrix.shape)
    return whole[matrix.rows(), matrix.indices]


def _fits_matrix(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    """Tell whether the matrix on the left has the shape of the result."""
    matrix, other = (each.shape for each in arrays)
    padded = (1,) * (len(matrix) - len(other)) + other
    return len(padded) == len(matrix) and all(b in (1, a) for a, b in zip(matrix, padded, strict=True))


def _scaled_entries(op: Operator) -> Callable[..., Csr]:
    def kernel(xp: XP, lhs: Csr, rhs: Array, **params: Any) -> Csr:
        return lhs.with_values(op.kernel(xp, lhs.values, _at_entries(xp, rhs, lhs), **params))

    return kernel


def _common_storage(stypes: Sequence[str], params: Mapping[str, Any]) -> str:
    return stypes[0] if len(set(stypes)) == 1 else "default"


def _declare() -> None:
    for name in UNIONS:
        op = find_operator(name)
        op.stored("row_sparse", "row_sparse")(_rows_of_both(op))
        op.stored("csr", "csr")(_entries_of_both(op))
    mul = find_operator("elemwise_mul")
    mul.stored("row_sparse", "row_sparse")(_rows_in_common)
    mul.stored("csr", "csr")(_entries_in_common)
    mul.stored("row_sparse", "default")(lambda xp, a, b: a.with_values(a.values * b[a.indices]))
    mul.stored("default", "row_sparse")(lambda xp, a, b: b.with_values(a[b.indices] * b.values))
    mul.stored("csr", "default")(_scaled_entries(mul))
    mul.stored("default", "csr")(lambda xp, a, b: _scaled_entries(mul)(xp, b, a))
    for name in ("broadcast_mul", "broadcast_div"):
        op = find_operator(name)
        op.stored("csr", "default", when=_fits_matrix)(_scaled_entries(op))
    add_n = find_operator("add_n")
    add_n.stored("row_sparse", ...)(lambda xp, *parts: sum_of_rows(parts))
    for op in (find_operator("elemwise_add"), find_operator("elemwise_sub")):
        op.gradient_stored()(_common_storage)
    add_n.gradient_stored()(
        lambda stypes, params: "row_sparse" if set(stypes) == {"row_sparse"} else "default"
    )


_declare()


@operator("_scatter_elemwise_div")
def scatter_elemwise_div(xp: XP, lhs: Array, rhs: Array) -> Array:
    """Return lhs / rhs; of row-sparse lhs, for the rows that are stored only."""
    return xp.true_divide(lhs, rhs)


scatter_elemwise_div.shape(same_rule)


def scatter_elemwise_div_rows(xp: XP, lhs: Rows, rhs: Any) -> Rows:
    at = densified(rhs)[lhs.indices] if isinstance(rhs, Csr) else rows_at(xp, rhs, lhs.indices)
    return lhs.with_values(xp.true_divide(lhs.values, at))


for _stype in ("default", "row_sparse", "csr"):
    scatter_elemwise_div.stored("row_sparse", _stype)(scatter_elemwise_div_rows)


@scatter_elemwise_div.gradient("lhs")
def scatter_elemwise_div_left(F: Any, g: Any, rhs: Any) -> Any:
    return g / rhs


@scatter_elemwise_div.gradient("rhs")
def scatter_elemwise_div_right(F: Any, g: Any, lhs: Any, rhs: Any) -> Any:
    return -g * lhs / (rhs * rhs)


# -- Python's operators -----------------------------------------------------------------------------------


def _method(name: str, elemwise: Operator) -> Callable[..., Any]:
    """Return a method that takes the operator for equal shapes where shapes are equal: it stays sparse."""
    broadcasting = getattr(NDArray, name)
    in_place = name.startswith("__i")

    def method(self: NDArray, other: Any) -> Any:
        if isinstance(other, NDArray) and other.shape == self.shape:
            return invoke(elemwise, (self, other), {}, out=self if in_place else None)
        return broadcasting(self, other)

    return method


def install_python_operators() -> None:
    """Give sparse arrays their own methods behind ``+``, ``-`` and ``*``."""
    for word in ("add", "sub", "mul"):
        for name in (f"__{word}__", f"__i{word}__"):
            setattr(BaseSparseNDArray, name, _method(name, find_operator(f"elemwise_{word}")))
