"""Random sparse arrays. They are drawn from NumPy's global stream, as in MXNet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.test_utils.generate import assign_each

__all__ = [
    "create_sparse_array",
    "create_sparse_array_zd",
    "rand_ndarray",
    "rand_sparse_ndarray",
    "shuffle_csr_column_indices",
]

# ruff: noqa: NPY002  NumPy's global stream is what old programs seed

DISTRIBUTIONS = {"row_sparse": ("uniform",), "csr": ("uniform", "powerlaw")}


def rand_ndarray(
    shape: Sequence[int],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """Return an NDArray with random elements: dense ones in [-1, 1), sparse ones in [0, 1).

    Args:
        shape: its shape.
        stype: its storage type.
        density: of sparse arrays; this and the next three as of ``rand_sparse_ndarray``.
        dtype: its element type, float32 if None.
        modifier_func: of sparse arrays.
        shuffle_csr_indices: of sparse arrays.
        distribution: of sparse arrays.
        ctx: where it is.

    Raises:
        ArgumentError: another storage type.
    """
    if stype == "default":
        return nd.array(np.random.uniform(-1, 1, tuple(shape)), dtype=dtype, ctx=ctx)
    return rand_sparse_ndarray(
        shape,
        stype,
        density=density,
        modifier_func=modifier_func,
        dtype=dtype,
        shuffle_csr_indices=shuffle_csr_indices,
        distribution=distribution,
        ctx=ctx,
    )[0]


def rand_sparse_ndarray(
    shape: Sequence[int],
    stype: str,
    density: float | None = None,
    dtype: Any = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Any = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
    ctx: Context | None = None,
) -> tuple[NDArray, tuple[Any, ...]]:
    """Return a random sparse array, and the parts that it was made of.

    Args:
        shape: its shape.
        stype: ``"row_sparse"`` or ``"csr"``.
        density: how likely a row, or an element of a matrix, is stored; random if None.
        dtype: its element type, float32 if None.
        distribution: ``"uniform"``, or for CSR ``"powerlaw"``: each row has twice the elements of the one
            before.
        data_init: the value of all elements that are stored.
        rsp_indices: the rows that are stored, in place of random ones.
        modifier_func: what is applied to each stored element.
        shuffle_csr_indices: whether the columns of a row are out of order.
        ctx: where it is.

    Returns:
        The array, and its (values, indices) as NumPy arrays, or its (indptr, indices, data) as NDArrays.

    Raises:
        ArgumentError: an unknown storage type or distribution, or an impossible density.
    """
    distribution = distribution or "uniform"
    if distribution not in DISTRIBUTIONS.get(stype, ()):
        raise ArgumentError(
            "rand_sparse_ndarray()",
            "knows no such arrays",
            expected="stype 'row_sparse' or 'csr', uniform; or 'csr', powerlaw",
            received=f"stype {stype!r}, distribution {distribution!r}",
        )
    density = np.random.rand() if density is None else density
    if not 0 <= density <= 1:
        raise ArgumentError("The density", "is impossible", expected="a number from 0 to 1", received=density)
    dtype = "float32" if dtype is None else dtype
    if stype == "row_sparse":
        return _rows(tuple(shape), density, dtype, data_init, rsp_indices, modifier_func, ctx)
    used = _uniform(shape, density) if distribution == "uniform" else _powerlaw(shape, density)
    rows, columns = np.nonzero(used)
    values = _modified(_values((len(rows),), data_init, dtype), modifier_func)
    indptr = np.searchsorted(rows, np.arange(shape[0] + 1))
    made: Any = nd.sparse.csr_matrix((values, columns, indptr), shape=tuple(shape), ctx=ctx, dtype=dtype)
    if shuffle_csr_indices:
        made = shuffle_csr_column_indices(made)
    return made, (made.indptr, made.indices, made.data)


def _rows(
    shape: tuple[int, ...],
    density: float,
    dtype: Any,
    data_init: float | None,
    rsp_indices: Any,
    modifier_func: Callable[[Any], Any] | None,
    ctx: Context | None,
) -> tuple[NDArray, tuple[Any, ...]]:
    if rsp_indices is None:
        indices = np.flatnonzero(np.random.rand(shape[0]) < density)
    else:
        indices = np.asarray(rsp_indices)
        if len(indices) > shape[0]:
            raise ArgumentError(
                "rsp_indices", "are too many", expected=f"at most {shape[0]}", received=len(indices)
            )
    values = _modified(_values((len(indices), *shape[1:]), data_init, dtype), modifier_func)
    made = nd.sparse.row_sparse_array((values, indices), shape=shape, ctx=ctx, dtype=dtype)
    return made, (values, indices)


def _values(shape: tuple[int, ...], data_init: float | None, dtype: Any) -> np.ndarray[Any, Any]:
    drawn = np.random.rand(*shape)
    return (drawn if data_init is None else np.full(shape, data_init)).astype(dtype)


def _modified(values: np.ndarray[Any, Any], modifier: Callable[[Any], Any] | None) -> np.ndarray[Any, Any]:
    return values if modifier is None or not values.size else assign_each(values, modifier)


def _uniform(shape: Sequence[int], density: float) -> np.ndarray[Any, Any]:
    """Return which elements of a matrix are stored: as many as the density says, anywhere."""
    count = round(density * shape[0] * shape[1])
    places = np.random.permutation(shape[0] * shape[1])[:count]
    used = np.zeros(shape[0] * shape[1], bool)
    used[places] = True
    return used.reshape(shape[0], shape[1])


def _powerlaw(shape: Sequence[int], density: float) -> np.ndarray[Any, Any]:
    """Return which elements are stored: one of the first row, two of the second, four of the third ..."""
    n_rows, n_columns = shape[0], shape[1]
    left = int(n_rows * n_columns * density)
    least = 2 * n_rows
    if left < least:
        raise ArgumentError(
            "The density",
            "is too small for a power law",
            expected=f"{least / (n_rows * n_columns)} or more for this shape",
            received=density,
        )
    used = np.zeros((n_rows, n_columns), bool)
    used[:, 0] = True
    left -= n_rows
    width = 2
    for row in used:
        more = min(width, n_columns, left + 1)
        row[:more] = True
        left -= more - 1
        width *= 2
    return used


def shuffle_csr_column_indices(csr: NDArray) -> NDArray:
    """Return a CSR matrix with the columns of every row in random order, its values where they were."""
    indices, indptr = csr.indices.asnumpy(), csr.indptr.asnumpy()  # type: ignore[attr-defined]
    for begin, end in pairwise(indptr):
        np.random.shuffle(indices[begin:end])
    parts = (csr.data, indices, indptr)  # type: ignore[attr-defined]
    return nd.sparse.csr_matrix(parts, shape=csr.shape, ctx=csr.context, dtype=csr.dtype)


def create_sparse_array(
    shape: Sequence[int],
    stype: str,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: Any = None,
    modifier_func: Callable[[Any], Any] | None = None,
    density: float = 0.5,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """Return a random sparse array; arguments as of ``rand_sparse_ndarray``.

    Raises:
        ArgumentError: an unknown storage type, or an impossible density.
    """
    return rand_sparse_ndarray(
        shape,
        stype,
        density=density,
        data_init=data_init,
        rsp_indices=None if rsp_indices is None else np.sort(np.asarray(rsp_indices)),
        dtype=dtype,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
    )[0]


def create_sparse_array_zd(
    shape: Sequence[int],
    stype: str,
    density: float,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: Any = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """Return a random sparse array; a row-sparse one has no rows but those of ``rsp_indices``.

    The arguments are those of ``rand_sparse_ndarray``.

    Raises:
        ArgumentError: an unknown storage type, or an impossible density.
    """
    if stype == "row_sparse":
        density = 0.0
    return create_sparse_array(
        shape, stype, data_init, rsp_indices, dtype, modifier_func, density, shuffle_csr_indices
    )
