"""Functions of two arrays, or of an array and a number, with NumPy's dtypes.

``FUNCTIONS`` is the table they are made from. A row becomes ``_npi_<name>`` and, if numbers need a treatment
that the classic operators do not give them, ``_npi_<name>_scalar`` and ``_npi_r<name>_scalar``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import attrs
import numpy as np

from gluonish.dtype import bfloat16
from gluonish.engine.facts import DTypeFacts
from gluonish.engine.fields import Scalar
from gluonish.engine.operator import AS_WRITTEN, HOLOMORPHIC, XP, ZERO_GRADIENT, Array, Operator, operator
from gluonish.ops.arithmetic import BINARIES, Binary
from gluonish.ops.common import as_scalar, broadcast_rule, cast_like, same_rule, unbroadcast
from gluonish.ops.numpy.promotion import as_float, common_dtype, promoted_rule, real_dtype

__all__ = ["FUNCTIONS", "Function"]

BOOL = np.dtype("bool")

Kind = Literal["promoted", "real", "predicate"]


@attrs.frozen
class Function:
    """A function of two arrays.

    Attributes:
        name: NumPy's name.
        kernel: ``kernel(xp, a, b)`` for arrays of one dtype, or an array and a number.
        doc: what it returns.
        left: the gradient of the left argument, ``left(F, g, a, b)``; None declares it zero.
        right: likewise of the right.
        kind: the dtype of the result: "promoted" is the common one, "real" makes floats of integers,
            "predicate" is bool.
        scalar: whether there are forms for a number; if not, classic operators serve.
        symmetric: whether the order of the arguments does not matter.
        on_complex: whether and how it takes complex numbers; see ``Operator``.
    """

    name: str
    kernel: Callable[..., Array]
    doc: str
    left: Callable[..., Any] | None = None
    right: Callable[..., Any] | None = None
    kind: Kind = "promoted"
    scalar: bool = True
    symmetric: bool = False
    on_complex: str | None = None


def _ufunc(name: str) -> Callable[..., Array]:
    def kernel(xp: XP, a: Array, b: Array) -> Array:
        return getattr(xp, name)(a, b)

    return kernel


def _classic(word: str, name: str) -> Function:
    """Return a function that differs from a classic one in the dtypes it takes only."""
    binary: Binary = next(each for each in BINARIES if each.word == word)
    kernel = binary.kernel
    return Function(
        name,
        lambda xp, a, b: kernel(xp, a, b, None),
        binary.doc.removesuffix("; integers divide towards zero, as in C"),
        binary.left,
        binary.right,
        scalar=False,
        on_complex=binary.on_complex,
    )


def _logical(name: str) -> Callable[..., Array]:
    def kernel(xp: XP, a: Array, b: Array) -> Array:
        return getattr(xp, name)(a != 0, b != 0)

    return kernel


def _sign(b: Any) -> Any:
    return (b >= 0) * 2 - 1


FUNCTIONS = [
    _classic("add", "add"),
    _classic("sub", "subtract"),
    _classic("mul", "multiply"),
    _classic("mod", "mod"),
    _classic("power", "power"),
    _classic("maximum", "maximum"),
    _classic("minimum", "minimum"),
    Function(
        "true_divide",
        _ufunc("true_divide"),
        "the left array divided by the right",
        lambda F, g, a, b: g / b,
        lambda F, g, a, b: -g * a / (b * b),
        kind="real",
        on_complex=HOLOMORPHIC,
    ),
    Function("floor_divide", _ufunc("floor_divide"), "the largest integers not above the quotients"),
    Function(
        "arctan2",
        _ufunc("arctan2"),
        "the angles of points, whose ordinates stand on the left, with the axis of abscissae",
        lambda F, g, a, b: g * b / (a * a + b * b),
        lambda F, g, a, b: -g * a / (a * a + b * b),
        kind="real",
    ),
    Function(
        "hypot",
        _ufunc("hypot"),
        "the hypotenuse of a right triangle with these legs",
        lambda F, g, a, b: g * a / F.sqrt(a * a + b * b),
        lambda F, g, a, b: g * b / F.sqrt(a * a + b * b),
        kind="real",
        symmetric=True,
    ),
    Function(
        "copysign",
        _ufunc("copysign"),
        "the left array with the signs of the right",
        lambda F, g, a, b: g * _sign(a) * _sign(b),
        lambda F, g, a, b: F.zeros_like(g),
    ),
    Function(
        "ldexp",
        lambda xp, a, b: a * 2**b,
        "the left array times 2 to the power of the right",
        lambda F, g, a, b: g * 2**b,
        lambda F, g, a, b: g * a * 2**b * math.log(2),
    ),
    *(
        Function(
            name,
            _ufunc(name),
            f"whether left {sign} right, as bools",
            kind="predicate",
            symmetric=name in ("equal", "not_equal"),
            on_complex=AS_WRITTEN if name in ("equal", "not_equal") else None,
        )
        for name, sign in (
            ("equal", "=="),
            ("not_equal", "!="),
            ("greater", ">"),
            ("greater_equal", ">="),
            ("less", "<"),
            ("less_equal", "<="),
        )
    ),
    *(
        Function(
            f"logical_{word}",
            _logical(f"logical_{word}"),
            f"whether left {word} right are not zero, as bools",
            kind="predicate",
            symmetric=True,
            on_complex=AS_WRITTEN,
        )
        for word in ("and", "or", "xor")
    ),
    *(
        Function(
            f"bitwise_{word}", _ufunc(f"bitwise_{word}"), f"the bits in left {word} right", symmetric=True
        )
        for word in ("and", "or", "xor")
    ),
    Function("lcm", _ufunc("lcm"), "the least common multiples of integers", symmetric=True),
    Function("gcd", _ufunc("gcd"), "the greatest common divisors of integers", symmetric=True),
]


def _declare(function: Function) -> None:
    _declare_arrays(function)
    if function.scalar:
        _declare_scalar(function, reverse=False)
        if not function.symmetric:
            _declare_scalar(function, reverse=True)


def _operator(function: Function, name: str, kernel: Callable[..., Array]) -> Operator:
    kind = ZERO_GRADIENT if function.left is None else None
    return operator(
        name,
        native=True,
        gradient=kind,
        predicate=function.kind == "predicate",
        on_complex=function.on_complex,
    )(kernel)


# -- two arrays -----------------------------------------------------------------------------------------


def _declare_arrays(function: Function) -> None:
    compute, kind = function.kernel, function.kind
    real = kind == "real"

    def kernel(xp: XP, lhs: Array, rhs: Array) -> Array:
        if lhs.dtype != rhs.dtype:
            dtype = common_dtype(lhs.dtype, rhs.dtype)
            lhs, rhs = lhs.astype(dtype, copy=False), rhs.astype(dtype, copy=False)
        if real:
            return compute(xp, as_float(lhs), as_float(rhs))
        result = compute(xp, lhs, rhs)
        return result if kind == "predicate" else result.astype(lhs.dtype, copy=False)

    kernel.__doc__ = f"Return {function.doc}; the shapes broadcast, and the dtypes may differ."
    op = _operator(function, f"_npi_{function.name}", kernel)
    op.shape(broadcast_rule)
    op.dtype(_RULES[function.kind])
    if function.left is not None and function.right is not None:
        _declare_gradients(op, function.left, function.right)


def _predicate_rule(d: DTypeFacts) -> None:
    d["output"] = BOOL


def _real_rule(d: DTypeFacts) -> None:
    if d[0] is not None and d[1] is not None:
        d["output"] = real_dtype(common_dtype(d[0], d[1]))


_RULES = {"promoted": promoted_rule, "real": _real_rule, "predicate": _predicate_rule}


def _declare_gradients(op: Operator, left: Callable[..., Any], right: Callable[..., Any]) -> None:
    def rule(F: Any, g: Any, lhs: Any, rhs: Any, of: Callable[..., Any], like: Any) -> Any:
        gradient = of(F, g, cast_like(F, lhs, g.dtype), cast_like(F, rhs, g.dtype))
        return cast_like(F, unbroadcast(F, gradient, like.shape), like.dtype)

    @op.gradient("lhs")
    def of_left(F: Any, g: Any, lhs: Any, rhs: Any) -> Any:
        return rule(F, g, lhs, rhs, left, lhs)

    @op.gradient("rhs")
    def of_right(F: Any, g: Any, lhs: Any, rhs: Any) -> Any:
        return rule(F, g, lhs, rhs, right, rhs)


# -- an array and a number ------------------------------------------------------------------------------


def _declare_scalar(function: Function, *, reverse: bool) -> None:
    compute, kind = function.kernel, function.kind
    side = function.right if reverse else function.left

    def kernel(xp: XP, data: Array, *, scalar: Scalar) -> Array:
        data = as_float(data) if kind == "real" else data
        number = _number(data, scalar) if kind == "predicate" else as_scalar(data, scalar)
        result = compute(xp, number, data) if reverse else compute(xp, data, number)
        return result if kind == "predicate" else result.astype(data.dtype, copy=False)

    place = "left" if reverse else "right"
    kernel.__doc__ = f"Return {function.doc}, with a number on the {place}."
    op = _operator(function, f"_npi_{'r' * reverse}{function.name}_scalar", kernel)
    op.shape(same_rule)
    op.dtype(_SCALAR_RULES[kind])
    if side is not None:

        @op.gradient("data")
        def of_data(F: Any, g: Any, data: Any, scalar: float) -> Any:
            real = cast_like(F, data, g.dtype)
            gradient = side(F, g, scalar, real) if reverse else side(F, g, real, scalar)
            return cast_like(F, gradient, data.dtype)


def _number(data: Array, scalar: float) -> Any:
    """Return a number to compare with: of any size and with all its digits, whatever the array's dtype."""
    return data.dtype.type(scalar) if data.dtype == bfloat16 else scalar


def _same_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")


def _real_of_data(d: DTypeFacts) -> None:
    if d["data"] is not None:
        d["output"] = real_dtype(d["data"])


_SCALAR_RULES = {"promoted": _same_dtype, "real": _real_of_data, "predicate": _predicate_rule}

for _each in FUNCTIONS:
    _declare(_each)
