"""Decompositions, inverses and determinants of stacks of matrices, by their LAPACK names.

The last two axes are rows and columns. Operators on triangular, symmetric or positive definite matrices read
the lower triangle only. Half precision is computed as float32.

Gradients of decompositions are those of Seeger, Hetzel, Dai and Lawrence, "Auto-differentiating linear
algebra" (2017), and of Murray, "Differentiation of the Cholesky decomposition" (2016). Of a symmetric matrix
the gradient is symmetric, as in MXNet: it counts each element off the diagonal in both its places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import DTypeError, OperatorError
from gluonish.ops.triangles import state_square

__all__ = ["decompose"]


def decompose(owner: str, function: Callable[..., Any], *matrices: Array) -> Any:
    """Run a function of xp.linalg, which has none for half precision, and word its failure.

    Raises:
        DTypeError: the matrices are of integers.
        OperatorError: they are singular, or not positive definite.
    """
    dtype = matrices[0].dtype
    if dtype.kind in "iub":
        raise DTypeError(f"Operator {owner!r}", "needs floating-point numbers", received=dtype)
    half = dtype.itemsize == 2  # noqa: PLR2004
    try:
        return function(*[matrix.astype("float32") if half else matrix for matrix in matrices])
    except np.linalg.LinAlgError as error:
        raise OperatorError(f"Operator {owner!r}", f"failed on a matrix: {error}") from error


def _swap(F: Any, matrices: Any) -> Any:
    """Return transposed matrices."""
    return F.SwapAxis(matrices, dim1=-2, dim2=-1)


def _as_matrices(F: Any, numbers: Any, ndim: int) -> Any:
    """Give numbers, one per matrix, two axes of size 1, to broadcast beside matrices of ``ndim`` axes."""
    return F._reshape_to(numbers, shape=(*numbers.shape[: ndim - 2], 1, 1))


def _state_same_squares(s: ShapeFacts) -> None:
    s.same("A", "output")
    if s["A"] is not None:
        state_square(s, "A")


# -- positive definite matrices -------------------------------------------------------------------------


@operator("_linalg_potrf", aliases=("linalg_potrf",))
def potrf(xp: XP, A: Array) -> Array:
    """Return the lower triangular L with A = L L^T, of a positive definite A (Cholesky)."""
    return decompose("_linalg_potrf", xp.linalg.cholesky, A).astype(A.dtype, copy=False)


@potrf.gradient("A")
def potrf_gradient(F: Any, g: Any, output: Any) -> Any:
    """Symmetrise L^-T P L^-1, where P is the lower triangle of L^T g with half its diagonal."""
    middle = F._linalg_gemm2(output, F._triangle(g), transpose_a=True)
    middle = F._triangle(middle, diagonal=0.5)
    left = F._linalg_trsm(output, middle, transpose=True)
    both = F._linalg_trsm(output, left, rightside=True)
    return (both + _swap(F, both)) * 0.5


@operator("_linalg_potri", aliases=("linalg_potri",))
def potri(xp: XP, A: Array) -> Array:
    """Return the inverse of L L^T for a lower triangular L, such as ``potrf`` returns."""
    inverse = decompose("_linalg_potri", xp.linalg.inv, xp.tril(A))
    return xp.matmul(inverse.swapaxes(-1, -2), inverse).astype(A.dtype, copy=False)


@potri.gradient("A")
def potri_gradient(F: Any, g: Any, A: Any, output: Any) -> Any:
    """With B the result, dB = -B (dL L^T + L dL^T) B."""
    outer = F._linalg_gemm2(F._linalg_gemm2(output, g + _swap(F, g)), output, alpha=-1.0)
    return F._triangle(F._linalg_gemm2(outer, F._triangle(A)))


# -- determinants and inverses --------------------------------------------------------------------------


@operator("_linalg_inverse", aliases=("linalg_inverse",))
def inverse(xp: XP, A: Array) -> Array:
    """Return the inverse of each matrix."""
    return decompose("_linalg_inverse", xp.linalg.inv, A).astype(A.dtype, copy=False)


@inverse.gradient("A")
def inverse_gradient(F: Any, g: Any, output: Any) -> Any:
    left = F._linalg_gemm2(output, g, transpose_a=True)
    return F._linalg_gemm2(left, output, transpose_b=True, alpha=-1.0)


for _each in (potrf, potri, inverse):
    _each.shape(_state_same_squares)


def _one_per_matrix(A: Array, numbers: Array) -> Array:
    """Return numbers, one per matrix; that of a single matrix in shape (1,)."""
    return numbers.astype(A.dtype, copy=False).reshape(A.shape[:-2] or (1,))


def _state_numbers(s: ShapeFacts, *names: str) -> None:
    if s["A"] is not None:
        stack, _ = state_square(s, "A")
        for name in names:
            s[name] = stack or (1,)


@operator("_linalg_det", aliases=("linalg_det",), labels=("output0", "output1", "output2"))
def det(xp: XP, A: Array) -> Array:
    """Return the determinant of each matrix. The gradient needs the matrices to be regular."""
    return _one_per_matrix(A, decompose("_linalg_det", xp.linalg.det, A))


@det.shape
def det_shape(s: ShapeFacts) -> None:
    _state_numbers(s, "output")


@det.gradient("A")
def det_gradient(F: Any, g: Any, A: Any, output: Any) -> Any:
    return F.broadcast_mul(_as_matrices(F, g * output, len(A.shape)), _swap(F, F._linalg_inverse(A)))


@operator(
    "_linalg_slogdet",
    aliases=("linalg_slogdet",),
    outputs=("sign", "logabsdet"),
    labels=("output0", "output1", "output2", "output3"),
)
def slogdet(xp: XP, A: Array) -> tuple[Array, Array]:
    """Return the sign of the determinant of each matrix, and the logarithm of its absolute value."""
    sign, logabsdet = decompose("_linalg_slogdet", xp.linalg.slogdet, A)
    return _one_per_matrix(A, sign), _one_per_matrix(A, logabsdet)


@slogdet.shape
def slogdet_shape(s: ShapeFacts) -> None:
    _state_numbers(s, "sign", "logabsdet")


@slogdet.gradient("A")
def slogdet_gradient(F: Any, g: Any, A: Any) -> Any:
    return F.broadcast_mul(_as_matrices(F, g[1], len(A.shape)), _swap(F, F._linalg_inverse(A)))


@operator("_linalg_sumlogdiag", aliases=("linalg_sumlogdiag",))
def sumlogdiag(xp: XP, A: Array) -> Array:
    """Return the sum of the logarithms of the diagonal of each matrix."""
    return _one_per_matrix(A, xp.log(xp.diagonal(A, 0, -2, -1)).sum(-1))


@sumlogdiag.shape
def sumlogdiag_shape(s: ShapeFacts) -> None:
    _state_numbers(s, "output")


@sumlogdiag.gradient("A")
def sumlogdiag_gradient(F: Any, g: Any, A: Any) -> Any:
    g = F._reshape_to(g, shape=(*A.shape[:-2], 1))
    return F._linalg_makediag(F.broadcast_div(g, F._linalg_extractdiag(A)))


# -- orthogonal factors ---------------------------------------------------------------------------------


@operator("_linalg_gelqf", aliases=("linalg_gelqf",), outputs=("Q", "L"), labels=("output0", "output1"))
def gelqf(xp: XP, A: Array) -> tuple[Array, Array]:
    """Return Q with orthonormal rows and the lower triangular L with A = L Q, for A no taller than wide."""
    q, r = decompose("_linalg_gelqf", xp.linalg.qr, A.swapaxes(-1, -2))
    return tuple(each.swapaxes(-1, -2).astype(A.dtype, order="C") for each in (q, r))


@gelqf.shape
def gelqf_shape(s: ShapeFacts) -> None:
    s.same("A", "Q")
    if s["A"] is None:
        return
    if len(s["A"]) < 2:  # noqa: PLR2004
        s.fail("needs matrices", expected="two axes or more")
    *stack, rows, columns = s["A"]
    if None not in (rows, columns) and rows > columns:
        s.fail("needs matrices no taller than wide", expected=f"at most {columns} rows")
    s["L"] = (*stack, rows, rows)


@gelqf.gradient("A")
def gelqf_gradient(F: Any, g: Any, Q: Any, L: Any) -> Any:
    """With M = L^T g_L - g_Q Q^T, return L^-T (g_Q + S Q), S being M's lower triangle made symmetric."""
    g_q, g_l = g
    middle = F._linalg_gemm2(L, g_l, transpose_a=True) - F._linalg_gemm2(g_q, Q, transpose_b=True)
    symmetric = F._triangle(middle) + _swap(F, F._triangle(middle, diagonal=0.0))
    return F._linalg_trsm(L, g_q + F._linalg_gemm2(symmetric, Q), transpose=True)


@operator("_linalg_syevd", outputs=("U", "L"), labels=("output0", "output1"))
def syevd(xp: XP, A: Array) -> tuple[Array, Array]:
    """Return U and L with A = U^T diag(L) U, of a symmetric A.

    The rows of U are orthonormal eigenvectors, each with its largest element positive; L are the eigenvalues,
    rising. Where two are equal their eigenvectors are not determined, and count as constant in the gradient.
    """
    values, vectors = decompose("_linalg_syevd", xp.linalg.eigh, A)
    rows = vectors.swapaxes(-1, -2)
    largest = xp.expand_dims(xp.abs(rows).argmax(-1), -1)
    rows = rows * xp.sign(xp.take_along_axis(rows, largest, -1))
    return xp.ascontiguousarray(rows).astype(A.dtype, copy=False), values.astype(A.dtype, copy=False)


@syevd.shape
def syevd_shape(s: ShapeFacts) -> None:
    s.same("A", "U")
    if s["A"] is not None:
        stack, size = state_square(s, "A")
        s["L"] = (*stack, size)


@syevd.gradient("A")
def syevd_gradient(F: Any, g: Any, U: Any, L: Any) -> Any:
    """With K_ij = (U g_U^T)_ij / (L_j - L_i) off the diagonal, return U^T (diag(g_L) + sym(K)) U."""
    g_u, g_l = g
    columns, rows = (F.expand_dims(L, axis=axis) for axis in (-1, -2))
    gaps = F.broadcast_sub(rows, columns)
    equal = gaps == 0
    turned = F._linalg_gemm2(U, g_u, transpose_b=True) * (1 - equal) / (gaps + equal)
    middle = F._linalg_makediag(g_l) + (turned + _swap(F, turned)) * 0.5
    return F._linalg_gemm2(F._linalg_gemm2(U, middle, transpose_a=True), U)
