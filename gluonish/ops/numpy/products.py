"""Products of matrices and tensors by NumPy's rules for axes, and linear equations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import HOLOMORPHIC, XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import broadcast_dims, matmul, normalize_axes, unbroadcast
from gluonish.shape import Dim, format_shape

__all__: list[str] = []


# -- tensordot ------------------------------------------------------------------------------------------


@operator("_npi_tensordot", native=True, on_complex=HOLOMORPHIC)
def tensordot(
    xp: XP, a: Array, b: Array, *, a_axes_summed: tuple[int, ...], b_axes_summed: tuple[int, ...]
) -> Array:
    """Sum the products of elements over pairs of axes; the other axes of both arrays remain."""
    return xp.asarray(xp.tensordot(a, b, (a_axes_summed, b_axes_summed))).astype(a.dtype, copy=False)


def _pairs(
    shapes: Sequence[Any], a_axes: tuple[int, ...], b_axes: tuple[int, ...]
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return the summed axes of both arrays, and the free ones."""
    a_summed = list(normalize_axes(a_axes, len(shapes[0]), "_npi_tensordot"))
    b_summed = list(normalize_axes(b_axes, len(shapes[1]), "_npi_tensordot"))
    a_free = [i for i in range(len(shapes[0])) if i not in a_summed]
    b_free = [i for i in range(len(shapes[1])) if i not in b_summed]
    return a_summed, b_summed, a_free, b_free


@tensordot.shape
def tensordot_shape(s: ShapeFacts, a_axes_summed: tuple[int, ...], b_axes_summed: tuple[int, ...]) -> None:
    a, b = s["a"], s["b"]
    if len(a_axes_summed) != len(b_axes_summed):
        s.fail("sums over pairs of axes", expected="equally many axes of both arrays")
    if a is None or b is None:
        return
    a_summed, b_summed, a_free, b_free = _pairs((a, b), a_axes_summed, b_axes_summed)
    for i, j in zip(a_summed, b_summed, strict=True):
        if None not in (a[i], b[j]) and a[i] != b[j]:
            s.fail(f"cannot sum over axes of {a[i]} and {b[j]} elements", expected="equal sizes")
    s["output"] = (*(a[i] for i in a_free), *(b[j] for j in b_free))


def _sorted_by(axes: list[int], partners: list[int]) -> list[int]:
    """Return the axes in the order in which their partners stand in the other array."""
    return [axis for _, axis in sorted(zip(partners, axes, strict=True))]


def _in_place(F: Any, g: Any, axes: list[int]) -> Any:
    """Bring axes, listed by the positions where they belong, to these positions."""
    order = tuple(sorted(range(len(axes)), key=axes.__getitem__))
    return g if order == tuple(range(len(axes))) else F.transpose(g, axes=order)


@tensordot.gradient("a")
def tensordot_gradient_a(F: Any, g: Any, b: Any, shapes: Any, a_axes_summed: Any, b_axes_summed: Any) -> Any:
    a_summed, b_summed, a_free, b_free = _pairs(shapes, a_axes_summed, b_axes_summed)
    behind = tuple(range(len(a_free), len(a_free) + len(b_free)))
    product = F._npi_tensordot(g, b, a_axes_summed=behind, b_axes_summed=tuple(b_free))
    return _in_place(F, product, a_free + _sorted_by(a_summed, b_summed))


@tensordot.gradient("b")
def tensordot_gradient_b(F: Any, g: Any, a: Any, shapes: Any, a_axes_summed: Any, b_axes_summed: Any) -> Any:
    a_summed, b_summed, a_free, b_free = _pairs(shapes, a_axes_summed, b_axes_summed)
    front = tuple(range(len(a_free)))
    product = F._npi_tensordot(a, g, a_axes_summed=tuple(a_free), b_axes_summed=front)
    return _in_place(F, product, _sorted_by(b_summed, a_summed) + b_free)


# -- matmul ---------------------------------------------------------------------------------------------


@operator("_npi_matmul", native=True, on_complex=HOLOMORPHIC)
def matrix_product(xp: XP, a: Array, b: Array) -> Array:
    """Return the product of matrices in the last two axes; the axes before them broadcast.

    A vector on the left is a row, on the right a column, and its axis is not in the result.
    """
    return xp.asarray(matmul(xp, a, b))


def _as_matrices(a: Sequence[Dim], b: Sequence[Dim]) -> tuple[tuple[Dim, ...], tuple[Dim, ...]]:
    return (
        (1, *a) if len(a) == 1 else tuple(a),
        (*b, 1) if len(b) == 1 else tuple(b),
    )


@matrix_product.shape
def matrix_product_shape(s: ShapeFacts) -> None:
    if s["a"] is None or s["b"] is None:
        return
    if not s["a"] or not s["b"]:
        s.fail("multiplies matrices", expected="at least one axis", fix="Multiply with a number by *.")
    a, b = _as_matrices(s["a"], s["b"])
    if None not in (a[-1], b[-2]) and a[-1] != b[-2]:
        s.fail("cannot multiply these matrices", expected=f"{a[-1]} rows on the right")
    batch = broadcast_dims(a[:-2], b[:-2], s)
    rows = () if len(s["a"]) == 1 else (a[-2],)
    columns = () if len(s["b"]) == 1 else (b[-1],)
    s["output"] = (*(batch or ()), *rows, *columns)


def _transposed(F: Any, matrices: Any) -> Any:
    ndim = len(matrices.shape)
    return F.transpose(matrices, axes=(*range(ndim - 2), ndim - 1, ndim - 2))


def _matrix_gradients(F: Any, g: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return all three arrays with vectors as matrices."""
    a_shape, b_shape = _as_matrices(a.shape, b.shape)
    batch = g.shape[: len(g.shape) - (len(a.shape) > 1) - (len(b.shape) > 1)]
    return (
        F._reshape_to(g, shape=(*batch, a_shape[-2], b_shape[-1])),
        F._reshape_to(a, shape=a_shape),
        F._reshape_to(b, shape=b_shape),
    )


@matrix_product.gradient("a")
def matrix_product_gradient_a(F: Any, g: Any, a: Any, b: Any) -> Any:
    rows, matrices, others = _matrix_gradients(F, g, a, b)
    gradient = unbroadcast(F, F._npi_matmul(rows, _transposed(F, others)), matrices.shape)
    return F._reshape_to(gradient, shape=a.shape)


@matrix_product.gradient("b")
def matrix_product_gradient_b(F: Any, g: Any, a: Any, b: Any) -> Any:
    columns, others, matrices = _matrix_gradients(F, g, a, b)
    gradient = unbroadcast(F, F._npi_matmul(_transposed(F, others), columns), matrices.shape)
    return F._reshape_to(gradient, shape=b.shape)


# -- einsum ---------------------------------------------------------------------------------------------


@operator("_npi_einsum", on_complex=HOLOMORPHIC)
def einsum(xp: XP, *operands: Array, subscripts: str, optimize: int = 0) -> Array:
    """Sum products of elements as the subscripts say: ``"ij,jk->ik"`` is the product of two matrices.

    The output's letters must be there, and none may stand for several axes.
    """
    result = xp.asarray(xp.einsum(subscripts, *operands, optimize=bool(optimize)), order="C")
    return result.copy() if len(operands) == 1 else result  # of one operand it may be a view


def _letters(subscripts: str, count: int) -> tuple[list[str], str]:
    """Return the letters of each operand and of the output."""
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if len(letters) != count or not all(each.isalpha() for each in [*letters, output] if each):
        raise ArgumentError(
            "einsum()", "cannot read these subscripts", expected=f"{count} operands", received=subscripts
        )
    return letters, output


@einsum.shape
def einsum_shape(s: ShapeFacts, subscripts: str) -> None:
    letters, output = _letters(subscripts, s.n_inputs)
    sizes: dict[str, Dim] = {}
    for axes, shape in zip(letters, s.inputs, strict=True):
        if shape is None:
            continue
        if len(axes) != len(shape):
            s.fail(
                f"has subscripts {axes!r} for the shape {format_shape(shape)}", expected="a letter per axis"
            )
        for letter, dim in zip(axes, shape, strict=True):
            if None not in (dim, sizes.get(letter)) and sizes[letter] != dim:
                s.fail(f"has two sizes for {letter!r}", expected=str(sizes[letter]))
            sizes[letter] = sizes.get(letter) if dim is None else dim
    unknown = set(output) - set("".join(letters))
    if unknown:
        s.fail(f"has no operand with {min(unknown)!r}", expected="letters of operands in the output")
    s["output"] = tuple(sizes.get(letter) for letter in output)


@einsum.gradient()
def einsum_gradient(F: Any, g: Any, operands: Any, subscripts: str, needed: Any) -> Any:
    letters, output = _letters(subscripts, len(operands))
    return tuple(
        _einsum_gradient_of(F, g, operands, letters, output, i) if wanted else None
        for i, wanted in enumerate(needed)
    )


def _einsum_gradient_of(F: Any, g: Any, operands: Any, letters: list[str], output: str, i: int) -> Any:
    """Return the gradient of one operand: sum over what it does not have, repeat along what only it has."""
    others = [each for j, each in enumerate(operands) if j != i]
    known = [output, *(axes for j, axes in enumerate(letters) if j != i)]
    own = list(dict.fromkeys(letters[i]))
    shared = [letter for letter in own if any(letter in axes for axes in known)]
    sizes = dict(zip(letters[i], operands[i].shape, strict=True))
    summed = F._npi_einsum(g, *others, subscripts=f"{','.join(known)}->{''.join(shared)}")
    spread = F._reshape_to(summed, shape=tuple(sizes[each] if each in shared else 1 for each in own))
    gradient = F._np_broadcast_to(spread, shape=tuple(sizes[each] for each in own))
    return _on_diagonals(F, gradient, own, letters[i])


def _on_diagonals(F: Any, gradient: Any, own: list[str], letters: str) -> Any:
    """Give a letter that stands for several axes all of them: the gradient lies on their diagonal."""
    present = list(own)
    for letter, count in Counter(letters).items():
        for _ in range(count - 1):
            place = present.index(letter)
            present.append(present.pop(place))
            order = (*(i for i in range(len(present)) if i != place), place)
            gradient = F._linalg_makediag(F.transpose(gradient, axes=order))
            present.append(letter)
    places: list[int] = []
    for letter in letters:
        places.append(next(i for i, each in enumerate(present) if each == letter and i not in places))
    return F.transpose(gradient, axes=tuple(places)) if places else gradient


# -- linear equations -----------------------------------------------------------------------------------


@operator("_npi_solve", on_complex=HOLOMORPHIC)
def solve(xp: XP, a: Array, b: Array) -> Array:
    """Return x such that a x = b, for square matrices and columns in the last two axes."""
    return xp.linalg.solve(a, b)


@solve.shape
def solve_shape(s: ShapeFacts) -> None:
    a, b = s["a"], s["b"]
    s.same("b", "output")
    if a is None or b is None:
        return
    if len(a) < 2 or len(a) != len(b) or a[-1] != a[-2] or a[:-1] != b[:-1]:  # noqa: PLR2004
        s.fail("needs square matrices and as many rows on the right", expected="(..., n, n) and (..., n, k)")


@solve.gradient("a")
def solve_gradient_a(F: Any, g: Any, a: Any, output: Any) -> Any:
    columns = F._npi_solve(_transposed(F, a), g)
    return -F._npi_matmul(columns, _transposed(F, output))


@solve.gradient("b")
def solve_gradient_b(F: Any, g: Any, a: Any) -> Any:
    return F._npi_solve(_transposed(F, a), g)
