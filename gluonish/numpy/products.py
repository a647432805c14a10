"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.numpy.arguments import as_array, as_arrays, call, written
from gluonish.numpy.shaping import ravel, reshape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = ["dot", "einsum", "inner", "kron", "matmul", "outer", "polyval", "tensordot", "vdot"]


def dot(a: ndarray, b: ndarray, out: ndarray | None = None) -> ndarray:
    """Return the sum of products over the last axis of a and the last but one, or the only one, of b.

    An array of shape () is a factor.

    Example:
        >>> import gluonish as mx
        >>> mx.np.dot(mx.np.ones((2, 3)), mx.np.ones(3))
        array([3., 3.])
    """
    a, b = as_array(a, "dot"), as_array(b, "dot")
    if not a.ndim or not b.ndim:
        return call("_npi_multiply", a, b, out=out)
    return written(_summed(a, b, (-1,), (max(b.ndim - 2, 0),)), out)


def _summed(a: ndarray, b: ndarray, a_axes: Sequence[int], b_axes: Sequence[int]) -> ndarray:
    return call("_npi_tensordot", a, b, a_axes_summed=tuple(a_axes), b_axes_summed=tuple(b_axes))


def matmul(a: ndarray, b: ndarray, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the product of matrices in the last two axes; the axes before them broadcast.

    A vector on the left is a row, on the right a column, and its axis is not in the result.
    """
    return call("_npi_matmul", as_array(a, "matmul"), as_array(b, "matmul"), out=out)


def tensordot(a: ndarray, b: ndarray, axes: Any = 2) -> ndarray:
    """Return the sum of products over pairs of axes; the other axes of both arrays remain.

    Args:
        a: the left array.
        b: the right array.
        axes: the number of axes, the last ones of a and the first ones of b; or two lists of axes.

    Raises:
        ArgumentError: other axes than that.
    """
    a, b = as_array(a, "tensordot"), as_array(b, "tensordot")
    if isinstance(axes, int):
        return _summed(a, b, range(a.ndim - axes, a.ndim), range(axes))
    if not isinstance(axes, (tuple, list)) or len(axes) != 2:  # noqa: PLR2004
        raise ArgumentError(
            "np.tensordot()", "cannot use these axes", expected="a number or two lists", received=repr(axes)
        )
    a_axes, b_axes = ((each,) if isinstance(each, int) else each for each in axes)
    return _summed(a, b, a_axes, b_axes)


def vdot(a: ndarray, b: ndarray) -> ndarray:
    """Return the sum of the products of all elements."""
    return _summed(ravel(as_array(a, "vdot")), ravel(as_array(b, "vdot")), (0,), (0,))


def inner(a: ndarray, b: ndarray) -> ndarray:
    """Return the sum of products over the last axes of both arrays."""
    a, b = as_array(a, "inner"), as_array(b, "inner")
    return _summed(a, b, (-1,), (-1,)) if a.ndim and b.ndim else call("_npi_multiply", a, b)


def outer(a: ndarray, b: ndarray) -> ndarray:
    """Return the products of each element of a with each one of b, as a matrix."""
    return _summed(ravel(as_array(a, "outer")), ravel(as_array(b, "outer")), (), ())


def kron(a: ndarray, b: ndarray) -> ndarray:
    """Return the Kronecker product: b once for each element of a, times that element."""
    a, b = as_array(a, "kron"), as_array(b, "kron")
    ndim = max(a.ndim, b.ndim)
    shapes = [(1,) * (ndim - each.ndim) + each.shape for each in (a, b)]
    left = reshape(a, tuple(size for dim in shapes[0] for size in (dim, 1)))
    right = reshape(b, tuple(size for dim in shapes[1] for size in (1, dim)))
    sizes = tuple(m * n for m, n in zip(*shapes, strict=True))
    return reshape(call("_npi_multiply", left, right), sizes)


def polyval(p: ndarray, x: ndarray) -> ndarray:
    """Return the values of a polynomial, given by its coefficients from the highest power down."""
    p, x = as_array(p, "polyval"), as_array(x, "polyval")
    result = x * 0
    for coefficient in p:
        result = result * x + coefficient
    return result


def einsum(subscripts: str, *operands: ndarray, out: ndarray | None = None, optimize: Any = False) -> ndarray:
    """Sum products of elements as the subscripts say.

    Args:
        subscripts: a letter for each axis of each operand, and of the output behind ``->``; without it, the
            letters that occur once, in alphabetical order. ``...`` stands for axes that broadcast.
        operands: the arrays.
        out: an array to write the result into.
        optimize: whether to look for a good order of the products.

    Raises:
        ArgumentError: the subscripts do not fit the operands.
        ArgumentTypeError: the subscripts are no string.

    Example:
        >>> import gluonish as mx
        >>> mx.np.einsum("ij->i", mx.np.ones((2, 3)))
        array([3., 3.])
    """
    if not isinstance(subscripts, str):
        raise ArgumentTypeError("np.einsum()", "reads subscripts first", received=type(subscripts).__name__)
    arrays = as_arrays(operands, "einsum")
    explicit = _explicit(subscripts.replace(" ", ""), arrays)
    return call("_npi_einsum", *arrays, subscripts=explicit, optimize=bool(optimize), out=out)


def _explicit(subscripts: str, arrays: Sequence[ndarray]) -> str:
    """Return subscripts with an output, and with letters for what an Ellipsis stands for."""
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(arrays):
        raise ArgumentError(
            "np.einsum()",
            "has other subscripts than operands",
            expected=f"{len(arrays)} terms",
            received=terms,
        )
    counts = [a.ndim - len(term.replace("...", "")) for term, a in zip(terms, arrays, strict=True)]
    widest = max((n for term, n in zip(terms, counts, strict=True) if "..." in term), default=0)
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    rest = free[:widest]
    if not arrow:
        used = "".join(terms).replace("...", "")
        output = ("..." if "..." in inputs else "") + "".join(
            sorted(letter for letter in set(used) if used.count(letter) == 1)
        )
    whole = [
        term.replace("...", "".join(rest[widest - n :] if n > 0 else ()))
        for term, n in zip(terms, counts, strict=True)
    ]
    return f"{','.join(whole)}->{output.replace('...', ''.join(rest))}"
