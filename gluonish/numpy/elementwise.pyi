# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.numpy.multiarray import ndarray

def negative(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the negated array."""

def reciprocal(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return reciprocals."""

def abs(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return absolute values."""

def sign(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return -1, 0 or 1, by sign."""

def rint(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the nearest integers, halves downwards."""

def ceil(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the next integers upwards."""

def floor(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the next integers downwards."""

def trunc(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the integers towards zero."""

def fix(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the integers towards zero."""

def square(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return squares."""

def sqrt(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return square roots."""

def cbrt(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return cube roots."""

def exp(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return exponentials."""

def expm1(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return exp(x) - 1, exact near 0."""

def log(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return natural logarithms."""

def log2(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return logarithms to base 2."""

def log10(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return logarithms to base 10."""

def log1p(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return log(1 + x), exact near 0."""

def sin(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return sines."""

def cos(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return cosines."""

def tan(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return tangents."""

def arcsin(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return inverse sines."""

def arccos(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return inverse cosines."""

def arctan(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return inverse tangents."""

def degrees(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return radians as degrees."""

def radians(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return degrees as radians."""

def sinh(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return hyperbolic sines."""

def cosh(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return hyperbolic cosines."""

def tanh(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return hyperbolic tangents."""

def arcsinh(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return inverse hyperbolic sines."""

def arccosh(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return inverse hyperbolic cosines."""

def arctanh(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return inverse hyperbolic tangents."""

def absolute(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return absolute values."""

def fabs(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return absolute values."""

def deg2rad(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return degrees as radians."""

def rad2deg(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return radians as degrees."""

def logical_not(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return for every element whether it is zero, as bools."""

def isnan(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return for every element whether it is not a number, as bools."""

def isinf(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return for every element whether it is infinite, of either sign, as bools."""

def isfinite(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return for every element whether it is neither infinite nor NaN, as bools."""

def isposinf(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return for every element whether it is positive infinity, as bools."""

def isneginf(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return for every element whether it is negative infinity, as bools."""

def bitwise_not(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return integers with all their bits turned, and bools with their truth turned."""

def invert(x: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return integers with all their bits turned, and bools with their truth turned."""

def add(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the sum of two arrays; the shapes broadcast, and the dtypes may differ."""

def subtract(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the left array minus the right; the shapes broadcast, and the dtypes may differ."""

def multiply(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the product of two arrays, element by element; the shapes broadcast, and the dtypes may differ."""

def mod(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the remainder of a division, with the sign of the divisor; the shapes broadcast, and the dtypes may differ."""

def power(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the left array raised to the power of the right; the shapes broadcast, and the dtypes may differ."""

def maximum(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the larger of two elements; between equal ones the gradient goes to the left; the shapes broadcast, and the dtypes may differ."""

def minimum(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the smaller of two elements; between equal ones the gradient goes to the left; the shapes broadcast, and the dtypes may differ."""

def true_divide(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return the left array divided by the right; the shapes broadcast, and the dtypes may differ."""

def floor_divide(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return the largest integers not above the quotients; the shapes broadcast, and the dtypes may differ."""

def arctan2(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the angles of points, whose ordinates stand on the left, with the axis of abscissae; the shapes broadcast, and the dtypes may differ."""

def hypot(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the hypotenuse of a right triangle with these legs; the shapes broadcast, and the dtypes may differ."""

def copysign(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the left array with the signs of the right; the shapes broadcast, and the dtypes may differ."""

def ldexp(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the left array times 2 to the power of the right; the shapes broadcast, and the dtypes may differ."""

def equal(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return whether left == right, as bools; the shapes broadcast, and the dtypes may differ."""

def not_equal(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return whether left != right, as bools; the shapes broadcast, and the dtypes may differ."""

def greater(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return whether left > right, as bools; the shapes broadcast, and the dtypes may differ."""

def greater_equal(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return whether left >= right, as bools; the shapes broadcast, and the dtypes may differ."""

def less(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return whether left < right, as bools; the shapes broadcast, and the dtypes may differ."""

def less_equal(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return whether left <= right, as bools; the shapes broadcast, and the dtypes may differ."""

def logical_and(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return whether left and right are not zero, as bools; the shapes broadcast, and the dtypes may differ."""

def logical_or(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return whether left or right are not zero, as bools; the shapes broadcast, and the dtypes may differ."""

def logical_xor(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return whether left xor right are not zero, as bools; the shapes broadcast, and the dtypes may differ."""

def bitwise_and(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return the bits in left and right; the shapes broadcast, and the dtypes may differ."""

def bitwise_or(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return the bits in left or right; the shapes broadcast, and the dtypes may differ."""

def bitwise_xor(
    x1: ndarray | float,
    x2: ndarray | float,
    out: ndarray | None = None,
    **kwargs: Any,
) -> ndarray:
    """Return the bits in left xor right; the shapes broadcast, and the dtypes may differ."""

def lcm(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the least common multiples of integers; the shapes broadcast, and the dtypes may differ."""

def gcd(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the greatest common divisors of integers; the shapes broadcast, and the dtypes may differ."""

def divide(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the left array divided by the right; the shapes broadcast, and the dtypes may differ."""

def remainder(x1: ndarray | float, x2: ndarray | float, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Return the remainder of a division, with the sign of the divisor; the shapes broadcast, and the dtypes may differ."""
