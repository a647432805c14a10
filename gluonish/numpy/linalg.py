"""``mx.np.linalg``: norms, inverses, determinants and linear equations.

Those of ``fallback.LINALG_NAMES`` are computed by official NumPy and have no gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.errors import ArgumentError
from gluonish.numpy import elementwise, fallback, reduction, shaping
from gluonish.numpy.arguments import as_array, as_axes, call
from gluonish.ops.numpy.promotion import real_dtype

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = ["cholesky", "det", "eigh", "inv", "norm", "slogdet", "solve", *fallback.LINALG_NAMES]  # noqa: PLE0604

MATRIX, VECTOR = 2, 1


def norm(x: ndarray, ord: Any = None, axis: Any = None, keepdims: bool = False) -> ndarray:
    """Return the norm of a vector or matrix, or of all those in some axes.

    Args:
        x: the array.
        ord: for vectors a number, inf or -inf, 2 if not given; for matrices "fro" (if not given), 1, -1, inf
            or -inf, and without a gradient 2, -2 and "nuc".
        axis: the axis of the vectors, or the two of the matrices. If neither is given, the whole array is one
            vector or matrix, and of any number of axes without ``ord``.
        keepdims: keep the reduced axes with size 1.

    Raises:
        ArgumentError: a norm that does not exist for as many axes.

    Example:
        >>> import gluonish as mx
        >>> mx.np.linalg.norm(mx.np.array([3, 4]))
        array(5.)
    """
    x = as_array(x, "linalg.norm")
    x = x.astype(real_dtype(x.dtype), copy=False)
    axes = as_axes(axis, x.ndim)
    if ord is None or (ord == "fro" and len(axes) == MATRIX) or (ord == 2 and len(axes) == VECTOR):  # noqa: PLR2004
        return _root_of_squares(x, axes, keepdims)
    if len(axes) == VECTOR:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == MATRIX and ord in (1, -1, np.inf, -np.inf):
        return _matrix_norm(x, ord, axes, keepdims)
    if len(axes) == MATRIX and ord in (2, -2, "nuc"):
        return fallback.on_host("linalg.norm", np.linalg.norm)(x, ord, axes, keepdims)
    raise ArgumentError("np.linalg.norm()", f"knows no norm {ord!r} for {len(axes)} axes")


def _root_of_squares(x: ndarray, axes: tuple[int, ...], keepdims: bool) -> ndarray:
    """Return the root of the sum of squares, whose gradient at the origin is 0."""
    if not axes:
        return elementwise.abs(x)
    result = call("norm", x, axis=axes, keepdims=keepdims)
    return call("_reshape_to", result, shape=()) if len(axes) == x.ndim and not keepdims else result


def _vector_norm(x: ndarray, ord: Any, axes: tuple[int, ...], keepdims: bool) -> ndarray:
    if not isinstance(ord, (int, float)):
        raise ArgumentError("np.linalg.norm()", f"knows no norm {ord!r} of vectors", expected="a number")
    sizes = elementwise.abs(x)
    if ord in (np.inf, -np.inf):
        return (reduction.max if ord > 0 else reduction.min)(sizes, axes, keepdims)
    if ord == 0:
        return reduction.sum(elementwise.not_equal(x, 0), axes, x.dtype, keepdims)
    if ord == 1:
        return reduction.sum(sizes, axes, None, keepdims)
    return reduction.sum(sizes**ord, axes, None, keepdims) ** (1 / ord)


def _matrix_norm(x: ndarray, ord: Any, axes: tuple[int, ...], keepdims: bool) -> ndarray:
    """Return the largest, or smallest, sum of absolute values along rows or columns."""
    rows, columns = (axis % x.ndim for axis in axes)
    summed, searched = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = reduction.sum(elementwise.abs(x), summed, None, True)
    found = (reduction.max if ord > 0 else reduction.min)(sums, searched, True)
    return found if keepdims else shaping.squeeze(found, (rows, columns))


def _square(a: Any, function: str) -> ndarray:
    a = as_array(a, f"linalg.{function}")
    if a.ndim < MATRIX or a.shape[-1] != a.shape[-2]:
        raise ArgumentError(f"np.linalg.{function}()", "needs square matrices", received=str(a.shape))
    return a.astype(real_dtype(a.dtype), copy=False)


def _of_each_matrix(result: ndarray, a: ndarray) -> ndarray:
    """Return one number for each matrix; of one alone the classic operators return the shape (1,)."""
    return call("_reshape_to", result, shape=a.shape[:-2])


def inv(a: ndarray) -> ndarray:
    """Return the inverses of square matrices in the last two axes."""
    return call("_linalg_inverse", _square(a, "inv"))


def det(a: ndarray) -> ndarray:
    """Return the determinants of square matrices in the last two axes."""
    a = _square(a, "det")
    return _of_each_matrix(call("_linalg_det", a), a)


def slogdet(a: ndarray) -> tuple[ndarray, ndarray]:
    """Return the signs of the determinants, and the logarithms of their absolute values."""
    a = _square(a, "slogdet")
    sign, logarithm = call("_linalg_slogdet", a)
    return _of_each_matrix(sign, a), _of_each_matrix(logarithm, a)


def cholesky(a: ndarray) -> ndarray:
    """Return lower triangular matrices whose products with their transposes are these."""
    return call("_linalg_potrf", _square(a, "cholesky"))


def solve(a: ndarray, b: ndarray) -> ndarray:
    """Return x such that a x = b: of square matrices, and columns of numbers or single ones.

    Args:
        a: square matrices in the last two axes.
        b: a vector, or matrices, with as many rows.
    """
    a, b = _square(a, "solve"), as_array(b, "linalg.solve")
    if b.ndim == a.ndim - 1:
        columns = call("_npi_solve", a, call("_np_reshape", b, newshape=(*b.shape, 1)))
        return call("_np_reshape", columns, newshape=b.shape)
    return call("_npi_solve", a, b)


def eigh(a: ndarray, UPLO: str = "L") -> tuple[ndarray, ndarray]:
    """Return eigenvalues, rising, and eigenvectors, as columns, of symmetric matrices.

    Args:
        a: the matrices.
        UPLO: "L" or "U"; both triangles are read, and have to agree.
    """
    if UPLO not in ("L", "U"):
        raise ArgumentError("np.linalg.eigh()", "reads a triangle", expected="'L' or 'U'", received=UPLO)
    a = _square(a, "eigh")
    rows, values = call("_linalg_syevd", a)
    return values, shaping.swapaxes(rows, -1, -2)


globals().update(
    {name: fallback.on_host(f"linalg.{name}", getattr(np.linalg, name)) for name in fallback.LINALG_NAMES}
)
