"""Sparse values as kernels see them: a few raw arrays that stand for a larger one.

``Rows`` holds some rows of an array; the rest are zero. ``Csr`` is a matrix in compressed sparse row form:
for each row, the columns that have an entry, and the entries. Both know their module ``xp``, so the tape can
add and fill them without knowing the device. Nobody changes one: an array that is written gets another value.

Arithmetic with anything else is dense: ``rows * array`` is ``rows.dense() * array``. That is the one fall
back to dense memory below the operators; the one of the operators is in ``engine.invoke``.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

from gluonish.errors import MXNetError

__all__ = [
    "DEFAULT",
    "INDEX",
    "Csr",
    "Rows",
    "Stored",
    "csr_of",
    "densified",
    "empty_stored",
    "rows_of",
    "storage_of",
    "stored_as",
    "sum_at",
    "sum_of_rows",
]

DEFAULT = "default"
"""The storage type of dense arrays."""

INDEX = np.dtype("int64")
"""The element type of indices."""


class _Sparse:
    """What both kinds share: a type, and arithmetic by way of dense memory."""

    __slots__ = ()
    # NumPy and CuPy arrays on the left give way.
    __array_ufunc__ = None
    stype: str
    shape: tuple[int, ...]
    values: Any

    @property
    def dtype(self) -> Any:
        """The element type."""
        return self.values.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def dense(self) -> Any:
        """Return the array that this stands for."""
        raise NotImplementedError


def _falling(apply: Callable[..., Any], *, reflected: bool) -> Callable[..., Any]:
    def method(self: _Sparse, other: Any) -> Any:
        other = densified(other)
        return apply(other, self.dense()) if reflected else apply(self.dense(), other)

    return method


for _name in ("add", "sub", "mul", "truediv", "mod", "pow"):
    setattr(_Sparse, f"__{_name}__", _falling(getattr(python, _name), reflected=False))
    setattr(_Sparse, f"__r{_name}__", _falling(getattr(python, _name), reflected=True))
for _name in ("gt", "ge", "lt", "le"):
    setattr(_Sparse, f"__{_name}__", _falling(getattr(python, _name), reflected=False))


@attrs.frozen(eq=False)
class Rows(_Sparse):
    """Some rows of an array, entries along its first axis; the others are zero.

    Attributes:
        xp: the module of the arrays.
        shape: that of the whole array.
        values: the rows, shaped (number of rows, *shape[1:]).
        indices: which rows they are, int64, in ascending order where nobody made it otherwise.
    """

    xp: Any
    shape: tuple[int, ...]
    values: Any
    indices: Any

    stype = "row_sparse"

    @property
    def parts(self) -> tuple[Any, ...]:
        """The raw arrays: values first."""
        return self.values, self.indices

    def with_parts(self, xp: Any, values: Any, indices: Any) -> Rows:
        """Return rows of an array of the same shape, made of other raw arrays."""
        return Rows(xp, self.shape, values, indices)

    def with_values(self, values: Any) -> Rows:
        """Return other content for the same rows."""
        return Rows(self.xp, self.shape, values, self.indices)

    def dense(self) -> Any:
        """Return the whole array."""
        result = self.xp.zeros(self.shape, self.values.dtype)
        self.write_to(result)
        return result

    def write_to(self, target: Any) -> None:
        """Write the rows into a dense array; the others are left alone."""
        try:
            target[self.indices] = self.values
        except IndexError:
            self.check()
            raise

    def add_to(self, target: Any) -> None:
        """Add the rows to those of a dense array."""
        target[self.indices] += self.values

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Rows):
            return sum_of_rows([self, other])
        other = densified(other)
        if getattr(other, "shape", ()) != self.shape:
            return self.dense() + other
        result = self.xp.array(other)
        self.add_to(result)
        return result

    __radd__ = __add__

    def __neg__(self) -> Rows:
        return self.with_values(-self.values)

    def check(self, *, full: bool = True) -> None:
        """Refuse indices that no array of this shape has.

        Args:
            full: look at the indices, not at their number only.

        Raises:
            MXNetError: they are too many, out of range or out of order.
        """
        count = len(self.indices)
        if len(self.values) != count:
            raise _malformed("A RowSparseNDArray", "has another number of indices than of rows", count)
        if not full or not count:
            return
        ordered = bool((self.indices[1:] > self.indices[:-1]).all())
        if not ordered or int(self.indices[0]) < 0 or int(self.indices[-1]) >= self.shape[0]:
            raise _malformed(
                "A RowSparseNDArray",
                "has indices that are out of order or out of range",
                self.indices.tolist()[:8],
                f"ascending numbers from 0 to {self.shape[0] - 1}",
            )


@attrs.frozen(eq=False)
class Csr(_Sparse):
    """A matrix in compressed sparse row form.

    Attributes:
        xp: the module of the arrays.
        shape: that of the matrix.
        values: its entries, row after row.
        indices: their columns, int64.
        indptr: where the entries of each row begin, and, last, their number; int64.
    """

    xp: Any
    shape: tuple[int, ...]
    values: Any
    indices: Any
    indptr: Any

    stype = "csr"

    @property
    def parts(self) -> tuple[Any, ...]:
        """The raw arrays: values, then indices in the order in which files have them."""
        return self.values, self.indptr, self.indices

    def with_parts(self, xp: Any, values: Any, indptr: Any, indices: Any) -> Csr:
        """Return a matrix of the same shape, made of other raw arrays."""
        return Csr(xp, self.shape, values, indices, indptr)

    def with_values(self, values: Any) -> Csr:
        """Return other content for the same places."""
        return Csr(self.xp, self.shape, values, self.indices, self.indptr)

    def rows(self) -> Any:
        """Return the row of each entry."""
        numbers = self.xp.arange(len(self.values), dtype=INDEX)
        return self.xp.searchsorted(self.indptr, numbers, side="right") - 1

    def dense(self) -> Any:
        """Return the whole matrix. Of several entries at one place the last counts, as in MXNet."""
        result = self.xp.zeros(self.shape, self.values.dtype)
        if len(self.values):
            self.check(ordered=False)
            result[self.rows(), self.indices] = self.values
        return result

    def __neg__(self) -> Csr:
        return self.with_values(-self.values)

    def check(self, *, full: bool = True, ordered: bool = True) -> None:
        """Refuse indices that no matrix of this shape has.

        Args:
            full: look at all numbers, not at their number only.
            ordered: refuse columns that are out of order too.

        Raises:
            MXNetError: they are too many, out of range or out of order.
        """
        if len(self.indptr) != self.shape[0] + 1 or len(self.indices) != len(self.values):
            raise _malformed("A CSRNDArray", "has another number of indices than of entries or rows", None)
        if not full:
            return
        steps = self.indptr[1:] - self.indptr[:-1]
        if int(self.indptr[0]) or bool((steps < 0).any()) or int(self.indptr[-1]) != len(self.indices):
            raise _malformed(
                "A CSRNDArray",
                "has an indptr that does not divide its entries into rows",
                self.indptr.tolist()[:8],
                f"ascending numbers from 0 to {len(self.indices)}",
            )
        inside = not len(self.indices) or bool(((self.indices >= 0) & (self.indices < self.shape[1])).all())
        places = self.rows() * self.shape[1] + self.indices
        if not inside or (ordered and not bool((places[1:] > places[:-1]).all())):
            raise _malformed(
                "A CSRNDArray",
                "has columns that are out of order or out of range",
                self.indices.tolist()[:8],
                f"in every row ascending numbers from 0 to {self.shape[1] - 1}",
            )


Stored: TypeAlias = Rows | Csr
"""A sparse value."""


def _malformed(subject: str, problem: str, received: Any, expected: str | None = None) -> MXNetError:
    return MXNetError(subject, problem, expected=expected, received=received)


# -- from one to the other ------------------------------------------------------------------------------


def storage_of(value: Any) -> str:
    """Return the storage type of a raw array or a sparse value."""
    return getattr(value, "stype", DEFAULT)


def densified(value: Any) -> Any:
    """Return a raw array: the value itself, or what it stands for."""
    return value.dense() if isinstance(value, _Sparse) else value


def rows_of(xp: Any, raw: Any) -> Rows:
    """Return the rows of a dense array that are not all zero."""
    used = (raw.reshape(len(raw), -1) != 0).any(axis=1) if raw.size else xp.zeros(len(raw), bool)
    indices = xp.flatnonzero(used).astype(INDEX, copy=False)
    return Rows(xp, raw.shape, raw[indices], indices)


def csr_of(xp: Any, raw: Any) -> Csr:
    """Return the entries of a dense matrix that are not zero."""
    rows, columns = xp.nonzero(raw)
    indptr = xp.searchsorted(rows, xp.arange(raw.shape[0] + 1)).astype(INDEX, copy=False)
    return Csr(xp, raw.shape, raw[rows, columns], columns.astype(INDEX, copy=False), indptr)


def stored_as(xp: Any, value: Any, stype: str) -> Any:
    """Return a value in another storage; itself if it has that one."""
    if storage_of(value) == stype:
        return value
    raw = densified(value)
    return raw if stype == DEFAULT else (rows_of if stype == Rows.stype else csr_of)(xp, raw)


def empty_stored(xp: Any, shape: tuple[int, ...], dtype: Any, stype: str) -> Stored:
    """Return a sparse value of zeros."""
    if stype == Rows.stype:
        return Rows(xp, shape, xp.zeros((0, *shape[1:]), dtype), xp.zeros(0, INDEX))
    return Csr(xp, shape, xp.zeros(0, dtype), xp.zeros(0, INDEX), xp.zeros(shape[0] + 1, INDEX))


# -- sums -----------------------------------------------------------------------------------------------


def sum_of_rows(parts: Sequence[Rows]) -> Rows:
    """Return the sum of several: it has the rows that one of them has."""
    first = parts[0]
    xp = first.xp
    indices = xp.unique(xp.concatenate([part.indices for part in parts]))
    total = xp.zeros((len(indices), *first.shape[1:]), first.dtype)
    for part in parts:
        total[xp.searchsorted(indices, part.indices)] += part.values
    return Rows(xp, first.shape, total, indices)


def sum_at(xp: Any, values: Any, places: Any, count: int) -> Any:
    """Return ``count`` zeros with values added at places, any number of them at one.

    Args:
        xp: the module of the arrays.
        values: an array of one axis.
        places: for each value an index in range, int64.
        count: the number of elements of the result.
    """
    total = xp.zeros(count, _sum_dtype(values.dtype))
    xp.add.at(total, places, values.astype(total.dtype, copy=False))
    return total.astype(values.dtype, copy=False)


def _sum_dtype(dtype: Any) -> Any:
    """Return the dtype to add up in.

    Half precision loses too much in its own. Integers wrap around alike in all widths, and uint64 is one in
    which GPUs can add.
    """
    if dtype.kind in "iub":
        return "uint64"
    return "float32" if dtype.itemsize == 2 else dtype  # noqa: PLR2004
