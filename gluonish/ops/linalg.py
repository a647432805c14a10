"""Products of stacks of matrices, and equations with triangular ones, by their LAPACK names.

The last two axes are rows and columns, unless ``axis`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import as_scalar, matmul, normalize_axis, state_axes
from gluonish.ops.decompositions import decompose
from gluonish.ops.products import left_gradient, right_gradient, transposed
from gluonish.shape import shape_size

__all__: list[str] = []


# -- products -------------------------------------------------------------------------------------------


def _product(
    xp: XP, A: Array, B: Array, transpose_a: bool, transpose_b: bool, alpha: float, axis: int
) -> Array:
    """Return alpha op(A) op(B), the rows of matrices being on an axis other than the last but one."""
    A, B = (xp.moveaxis(each, axis, -2) for each in (A, B))
    result = matmul(xp, transposed(A, transpose_a), transposed(B, transpose_b))
    if alpha != 1:
        result = result * as_scalar(result, alpha)
    return xp.ascontiguousarray(xp.moveaxis(result, -2, axis))


def _state_product(s: ShapeFacts, names: Sequence[str], flags: tuple[bool, bool], axis: int) -> None:
    """State that a third array, and further ones shaped like it, are products of the first two."""
    rank = next((len(shape) for shape in s.values if shape is not None), None)
    if rank is None:
        return
    axis = normalize_axis(axis, rank, s.owner)
    if axis == rank - 1:
        s.fail("has its columns on the last axis, so its rows cannot be there", expected="another axis")

    def labels(rows: str, columns: str) -> list[Any]:
        stack: list[Any] = list(range(rank - 2))
        return [*stack[:axis], rows, *stack[axis:], columns]

    state_axes(
        s,
        {
            "A": labels("sum", "row") if flags[0] else labels("row", "sum"),
            "B": labels("column", "sum") if flags[1] else labels("sum", "column"),
            **{name: labels("row", "column") for name in names},
        },
    )


@operator("_linalg_gemm2", aliases=("linalg_gemm2",))
def gemm2(
    xp: XP,
    A: Array,
    B: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
) -> Array:
    """Return alpha op(A) op(B), where op transposes if told so. ``axis`` is where the rows are."""
    return _product(xp, A, B, transpose_a, transpose_b, alpha, axis)


@gemm2.shape
def gemm2_shape(s: ShapeFacts, transpose_a: bool, transpose_b: bool, axis: int) -> None:
    _state_product(s, ["output"], (transpose_a, transpose_b), axis)


def _scaled_gemm2(F: Any, alpha: float, axis: int) -> Callable[..., Any]:
    return lambda a, b, **flags: F._linalg_gemm2(a, b, alpha=alpha, axis=axis, **flags)


def gemm_gradient_A(  # noqa: N802
    F: Any, g: Any, B: Any, transpose_a: bool, transpose_b: bool, alpha: float, axis: int
) -> Any:
    return left_gradient(_scaled_gemm2(F, alpha, axis), g, B, transpose_a, transpose_b)


def gemm_gradient_B(  # noqa: N802
    F: Any, g: Any, A: Any, transpose_a: bool, transpose_b: bool, alpha: float, axis: int
) -> Any:
    return right_gradient(_scaled_gemm2(F, alpha, axis), g, A, transpose_a, transpose_b)


@operator("_linalg_gemm", aliases=("linalg_gemm",))
def gemm(
    xp: XP,
    A: Array,
    B: Array,
    C: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
) -> Array:
    """Return alpha op(A) op(B) + beta C, where op transposes if told so. ``axis`` is where the rows are."""
    return _product(xp, A, B, transpose_a, transpose_b, alpha, axis) + C * as_scalar(C, beta)


@gemm.shape
def gemm_shape(s: ShapeFacts, transpose_a: bool, transpose_b: bool, axis: int) -> None:
    _state_product(s, ["C", "output"], (transpose_a, transpose_b), axis)


@gemm.gradient("C")
def gemm_gradient_C(F: Any, g: Any, beta: float) -> Any:  # noqa: N802
    return g * beta


for _each in (gemm, gemm2):
    _each.gradient("A")(gemm_gradient_A)
    _each.gradient("B")(gemm_gradient_B)


@operator("_linalg_syrk", aliases=("linalg_syrk",))
def syrk(xp: XP, A: Array, *, transpose: bool = False, alpha: float = 1.0) -> Array:
    """Return alpha A A^T, or alpha A^T A if transposed."""
    return _product(xp, A, A, transpose, not transpose, alpha, -2)


@syrk.shape
def syrk_shape(s: ShapeFacts, transpose: bool) -> None:
    if s["A"] is not None:
        if len(s["A"]) < 2:  # noqa: PLR2004
            s.fail("needs matrices", expected="two axes or more")
        size = s["A"][-1 if transpose else -2]
        s["output"] = (*s["A"][:-2], size, size)


@syrk.gradient("A")
def syrk_gradient(F: Any, g: Any, A: Any, transpose: bool, alpha: float) -> Any:
    both = g + F.SwapAxis(g, dim1=-2, dim2=-1)
    return F._linalg_gemm2(A, both, alpha=alpha) if transpose else F._linalg_gemm2(both, A, alpha=alpha)


# -- triangular matrices --------------------------------------------------------------------------------


def _state_triangular(s: ShapeFacts, rightside: bool) -> None:
    """State that A is square and B, shaped like the result, has as many rows (right: columns)."""
    rank = next((len(shape) for shape in s.values if shape is not None), None)
    if rank is None:
        return
    stack = range(rank - 2)
    other = [*stack, "other", "side"] if rightside else [*stack, "side", "other"]
    state_axes(s, {"A": [*stack, "side", "side"], "B": other, "output": other})


def _triangular(xp: XP, A: Array, lower: bool, transpose: bool) -> Array:
    return transposed(xp.tril(A) if lower else xp.triu(A), transpose)


@operator("_linalg_trmm", aliases=("linalg_trmm",))
def trmm(
    xp: XP,
    A: Array,
    B: Array,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
) -> Array:
    """Return alpha op(A) B, or alpha B op(A), with one triangle of A; op transposes if told so."""
    factors = (B, _triangular(xp, A, lower, transpose))
    return _product(xp, *(factors if rightside else factors[::-1]), False, False, alpha, -2)


@operator("_linalg_trsm", aliases=("linalg_trsm",))
def trsm(
    xp: XP,
    A: Array,
    B: Array,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
) -> Array:
    """Return X such that op(A) X = alpha B, or X op(A) = alpha B, with one triangle of A.

    ``op`` transposes if told so.
    """
    # From the right, transpose the equation: op(A)^T X^T = alpha B^T.
    matrix = _triangular(xp, A, lower, transpose != rightside)
    solution = decompose("_linalg_trsm", xp.linalg.solve, matrix, transposed(B, rightside))
    solution = xp.ascontiguousarray(transposed(solution, rightside)).astype(B.dtype, copy=False)
    return solution if alpha == 1 else solution * as_scalar(B, alpha)


@trmm.shape
def trmm_shape(s: ShapeFacts, rightside: bool) -> None:
    _state_triangular(s, rightside)


@trsm.shape
def trsm_shape(s: ShapeFacts, rightside: bool) -> None:
    _state_triangular(s, rightside)


def _outer(F: Any, g: Any, B: Any, transpose: bool, rightside: bool, alpha: float) -> Any:
    """Return alpha times the gradient of A in op(A) B, or B op(A), all of A taken."""
    if transpose:
        g, B = B, g
    if rightside:
        return F._linalg_gemm2(B, g, transpose_a=True, alpha=alpha)
    return F._linalg_gemm2(g, B, transpose_b=True, alpha=alpha)


@trmm.gradient("A")
def trmm_gradient_A(  # noqa: N802
    F: Any, g: Any, B: Any, transpose: bool, rightside: bool, lower: bool, alpha: float
) -> Any:
    return F._triangle(_outer(F, g, B, transpose, rightside, alpha), lower=lower)


@trmm.gradient("B")
def trmm_gradient_B(  # noqa: N802
    F: Any, g: Any, A: Any, transpose: bool, rightside: bool, lower: bool, alpha: float
) -> Any:
    return F._linalg_trmm(A, g, transpose=not transpose, rightside=rightside, lower=lower, alpha=alpha)


@trsm.gradient()
def trsm_gradient(
    F: Any,
    g: Any,
    A: Any,
    output: Any,
    transpose: bool,
    rightside: bool,
    lower: bool,
    alpha: float,
    needed: Any,
) -> Any:
    """With T = op(A)^-T g, the gradients are alpha T, and -T X^T through op."""
    solved = F._linalg_trsm(A, g, transpose=not transpose, rightside=rightside, lower=lower)
    of_a = None
    if needed[0]:
        of_a = F._triangle(_outer(F, solved, output, transpose, rightside, -1.0), lower=lower)
    return of_a, solved * alpha if needed[1] else None


# -- lengths of vectors ------------------------------------------------------------------------------------


@operator("L2Normalization", native=True)
def l2_normalization(
    xp: XP,
    data: Array,
    *,
    eps: float = 1e-10,
    mode: Literal["instance", "channel", "spatial"] = "instance",
) -> Array:
    """Divide vectors by their length, sqrt(sum of squares + eps).

    A vector is all of a sample (axis 0) in mode "instance", the channels (axis 1) at one point in mode
    "channel", all points of one channel in mode "spatial".
    """
    lines = data.reshape(_lines(data.shape, mode))
    wide = lines.astype("float32") if data.dtype.itemsize == 2 else lines  # noqa: PLR2004
    lengths = xp.sqrt(xp.square(wide).sum(1, keepdims=True) + as_scalar(wide, eps))
    return (wide / lengths).astype(data.dtype, copy=False).reshape(data.shape)


def _lines(shape: tuple[int, ...], mode: str) -> tuple[int, int, int]:
    """Return a shape of three axes, of which the middle one runs along the vectors.

    Raises:
        ValueError: the array has too few axes for the mode.
    """
    if mode == "instance":
        samples, *rest = shape
        return samples, shape_size(tuple(rest)), 1
    samples, channels, points, *rest = shape
    points = shape_size((points, *rest))
    return (samples, channels, points) if mode == "channel" else (samples * channels, points, 1)


@l2_normalization.shape
def l2_normalization_shape(s: ShapeFacts, mode: str) -> None:
    s.same("data", "output")
    least = 1 if mode == "instance" else 3
    if s["data"] is not None and len(s["data"]) < least:
        s.fail(f"needs more axes in mode {mode!r}", expected=f"{least} or more")


@l2_normalization.gradient("data")
def l2_normalization_gradient(F: Any, g: Any, data: Any, eps: float, mode: str) -> Any:
    """With u the result and l the lengths, return (g - u (u . g)) / l."""
    shape, lines = data.shape, _lines(data.shape, mode)
    g, data = F._reshape_to(g, shape=lines), F._reshape_to(data, shape=lines)
    squares = F.sum(data * data, axis=(1,), keepdims=True) + eps
    along = F.sum(data * g, axis=(1,), keepdims=True) / squares
    return F._reshape_to((g - data * along) / F.sqrt(squares), shape=shape)
