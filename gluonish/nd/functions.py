"""Functions that MXNet writes in Python: arithmetic of arrays and numbers alike, and a few conveniences."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from gluonish.engine.invoke import RECORDED, invoke
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.ops.arithmetic import PYTHON_OPERATORS, PythonOperator

__all__ = [
    "add",
    "divide",
    "equal",
    "greater",
    "greater_equal",
    "histogram",
    "hypot",
    "isfinite",
    "isinf",
    "isnan",
    "lesser",
    "lesser_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "moveaxis",
    "multiply",
    "not_equal",
    "onehot_encode",
    "power",
    "split_v2",
    "subtract",
    "true_divide",
]

Operand: TypeAlias = "NDArray | float"


# -- arithmetic and comparison ----------------------------------------------------------------------------


def _symmetric(word: str) -> PythonOperator:
    """Return the forms of a function in which the order of the arguments does not matter."""
    scalar = f"_{word}_scalar"
    return PythonOperator(f"broadcast_{word}", f"_{word}", scalar, scalar)


_FORMS = {
    **PYTHON_OPERATORS,
    **{word: _symmetric(word) for word in ("maximum", "minimum", "hypot")},
    **{word: _symmetric(word) for word in ("logical_and", "logical_or", "logical_xor")},
}


def _apply(word: str, on_numbers: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Compute by the operator that fits: two arrays, an array and a number, or two numbers."""
    for value in (left, right):
        if not isinstance(value, (NDArray, numbers.Real, np.generic)):
            raise ArgumentTypeError(
                f"{word}()",
                "takes arrays and numbers",
                received=f"{type(value).__name__} {value!r:.60}",
                fix="Convert it with nd.array().",
            )
    forms = _FORMS[word]
    if isinstance(left, NDArray) and isinstance(right, NDArray):
        return invoke(find_operator(forms.array), (left, right), {})
    if isinstance(left, NDArray):
        return _with_number(forms.scalar, left, right)
    if isinstance(right, NDArray):
        return _with_number(forms.reverse, right, left)
    return on_numbers(left, right)


def _with_number(op_name: str, array: NDArray, number: Any) -> NDArray:
    op = find_operator(op_name)
    return invoke(op, (array,), op.fill({"scalar": number}))


def add(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the sum of arrays or numbers; shapes broadcast.

    As with all functions of this kind, two numbers give a number.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.add(mx.nd.array([1, 2]), 3).asnumpy()
        array([4., 5.], dtype=float32)
    """
    return _apply("add", operator.add, lhs, rhs)


def subtract(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the left argument minus the right one."""
    return _apply("sub", operator.sub, lhs, rhs)


def multiply(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the product, element by element."""
    return _apply("mul", operator.mul, lhs, rhs)


def divide(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the left argument divided by the right one; integer arrays divide towards zero."""
    return _apply("truediv", operator.truediv, lhs, rhs)


true_divide = divide


def modulo(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the remainder of a division, with the sign of the divisor."""
    return _apply("mod", operator.mod, lhs, rhs)


def power(base: Operand, exp: Operand) -> NDArray:
    """Return the base raised to the exponent."""
    return _apply("pow", operator.pow, base, exp)


def maximum(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the larger of each two elements."""
    return _apply("maximum", max, lhs, rhs)


def minimum(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the smaller of each two elements."""
    return _apply("minimum", min, lhs, rhs)


def hypot(lhs: Operand, rhs: Operand) -> NDArray:
    """Return the hypotenuse of right triangles with these legs."""
    return _apply("hypot", math.hypot, lhs, rhs)


def equal(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where the arguments are equal, else 0, in the dtype of the arrays."""
    return _apply("eq", lambda a, b: int(a == b), lhs, rhs)


def not_equal(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where the arguments differ, else 0, in the dtype of the arrays."""
    return _apply("ne", lambda a, b: int(a != b), lhs, rhs)


def greater(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where the left argument is the larger, else 0, in the dtype of the arrays."""
    return _apply("gt", lambda a, b: int(a > b), lhs, rhs)


def greater_equal(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where the left argument is the larger or both are equal, else 0."""
    return _apply("ge", lambda a, b: int(a >= b), lhs, rhs)


def lesser(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where the left argument is the smaller, else 0, in the dtype of the arrays."""
    return _apply("lt", lambda a, b: int(a < b), lhs, rhs)


def lesser_equal(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where the left argument is the smaller or both are equal, else 0."""
    return _apply("le", lambda a, b: int(a <= b), lhs, rhs)


def logical_and(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where neither argument is 0, else 0, in the dtype of the arrays."""
    return _apply("logical_and", lambda a, b: int(bool(a) and bool(b)), lhs, rhs)


def logical_or(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where one argument or both are not 0, else 0, in the dtype of the arrays."""
    return _apply("logical_or", lambda a, b: int(bool(a) or bool(b)), lhs, rhs)


def logical_xor(lhs: Operand, rhs: Operand) -> NDArray:
    """Return 1 where exactly one argument is not 0, else 0, in the dtype of the arrays."""
    return _apply("logical_xor", lambda a, b: int(bool(a) != bool(b)), lhs, rhs)


def isnan(data: NDArray) -> NDArray:
    """Return 1 where an element is NaN, else 0, in the dtype of the array."""
    return data != data  # noqa: PLR0124  NaN alone differs from itself


def isinf(data: NDArray) -> NDArray:
    """Return 1 where an element is infinite, of either sign, else 0, in the dtype of the array."""
    if np.dtype(data.dtype).kind in "iub":
        return data.zeros_like()
    return data.abs() == math.inf


def isfinite(data: NDArray) -> NDArray:
    """Return 1 where an element is neither infinite nor NaN, else 0, in the dtype of the array."""
    # Infinity minus infinity is NaN.
    difference = data - data
    return difference == difference  # noqa: PLR0124  NaN alone differs from itself


# -- rearranging and counting ---------------------------------------------------------------------------


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Return the array with some of its axes at other positions; the others keep their order.

    Args:
        tensor: the array.
        source: the axes to move.
        destination: where each of them goes.

    Raises:
        ArgumentError: an axis does not exist or is named twice, or the two do not go together.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.moveaxis(mx.nd.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    sources = _axes(source, tensor.ndim, "source")
    destinations = _axes(destination, tensor.ndim, "destination")
    if len(sources) != len(destinations):
        raise ArgumentError(
            "moveaxis()",
            "needs a destination for each source",
            expected=f"{len(sources)} axes",
            received=f"{len(destinations)}",
        )
    order = [axis for axis in range(tensor.ndim) if axis not in sources]
    for target, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(target, axis)
    return tensor.transpose(order)


def _axes(axes: int | Sequence[int], ndim: int, role: str) -> tuple[int, ...]:
    named = (axes,) if isinstance(axes, int) else tuple(axes)
    normal = tuple(axis % ndim for axis in named if -ndim <= axis < ndim)
    if len(set(normal)) < len(named):
        raise ArgumentError(
            "moveaxis()",
            f"cannot use this {role}",
            expected=f"different axes from {-ndim} to {ndim - 1}",
            received=repr(axes),
        )
    return normal


def split_v2(
    ary: NDArray,
    indices_or_sections: int | Sequence[int],
    axis: int = 0,
    squeeze_axis: bool = False,
) -> Any:
    """Cut an array along an axis.

    Args:
        ary: the array.
        indices_or_sections: the number of equal parts, or the positions to cut at.
        axis: the axis to cut.
        squeeze_axis: drop the axis; each part must have size 1 along it.

    Returns:
        The parts as a list, or the array where there is one part only.

    Raises:
        ArgumentError: the axis cannot be cut into that many equal parts.

    Example:
        >>> import gluonish as mx
        >>> [part.asnumpy().tolist() for part in mx.nd.split_v2(mx.nd.arange(5), (1, 3))]
        [[0.0], [1.0, 2.0], [3.0, 4.0]]
    """
    options = {"axis": axis, "squeeze_axis": squeeze_axis}
    if isinstance(indices_or_sections, int):
        size = ary.shape[axis]
        if indices_or_sections < 1 or size % indices_or_sections:
            raise ArgumentError(
                "split_v2()",
                f"cannot cut an axis of {size} into {indices_or_sections} equal parts",
                expected="a number that divides it",
            )
        return RECORDED._split_v2(ary, indices=(), sections=indices_or_sections, **options)
    return RECORDED._split_v2(ary, indices=(0, *indices_or_sections), **options)


NDArray.split_v2 = split_v2  # type: ignore[assignment]  # the method is the function


def histogram(
    a: NDArray,
    bins: int | NDArray = 10,
    range: tuple[float, float] | None = None,  # noqa: A002
) -> tuple[NDArray, NDArray]:
    """Count how many elements fall into each bin.

    Args:
        a: the elements.
        bins: the number of bins of equal width, or the edges of the bins.
        range: the outer edges, where ``bins`` is a number; the smallest and largest element if not given.

    Returns:
        The counts, and the edges in the dtype of ``a``. The counts are integers but, as in MXNet, float32
        where the range is taken from the data.

    Example:
        >>> import gluonish as mx
        >>> counts, edges = mx.nd.histogram(mx.nd.array([0, 1, 1, 4]), bins=2)
        >>> counts.asnumpy(), edges.asnumpy()
        (array([3., 1.], dtype=float32), array([0., 2., 4.], dtype=float32))
    """
    if isinstance(bins, NDArray):
        return tuple(RECORDED._histogram(a, bins))
    if not isinstance(bins, int):
        raise ArgumentTypeError(
            "histogram()", "cannot use these bins", expected="an integer or an NDArray", received=repr(bins)
        )
    if range is not None:
        return tuple(RECORDED._histogram(a, bin_cnt=bins, range=range))
    bounds = (0.0, 1.0) if a.size == 0 else (float(a.min()), float(a.max()))
    counts, edges = RECORDED._histogram(a, bin_cnt=bins, range=bounds)
    return counts.astype("float32"), edges


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write rows of zeros with a 1 at each index into ``out``, and return it."""
    return RECORDED.one_hot(indices, depth=out.shape[1], dtype=out.dtype).copyto(out)
