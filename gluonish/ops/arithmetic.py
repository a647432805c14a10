"""Arithmetic and comparison of two arrays, or of an array and a number, and Python's operators for them.

Each function comes in MXNet's three forms: ``broadcast_*`` (any shapes that broadcast), ``elemwise_*`` (equal
shapes only) and ``_*_scalar`` (a number on the right; ``_r*_scalar``: on the left). ``BINARIES`` is the table
they are made from.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.engine.facts import DTypeFacts
from gluonish.engine.fields import Scalar
from gluonish.engine.invoke import invoke
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import (
    AS_WRITTEN,
    HOLOMORPHIC,
    XP,
    ZERO_GRADIENT,
    Array,
    Operator,
    find_operator,
    operator,
)
from gluonish.ops.common import as_scalar, broadcast_rule, into, same_rule, unbroadcast

__all__ = ["BINARIES", "PYTHON_OPERATORS", "install_python_operators"]

INT64 = np.dtype("int64")

Rule = Callable[[Any, Any, Any, Any], Any]


@attrs.frozen
class Binary:
    """A function of two arrays, from which the operator forms are made.

    Attributes:
        word: MXNet's word for it, as in ``broadcast_<word>``.
        kernel: ``kernel(xp, a, b, out)``; one of ``a`` and ``b`` may be a number.
        doc: what it computes.
        left: the gradient of the left argument, ``left(F, g, a, b)``; None declares it zero.
        right: likewise of the right.
        elemwise: names of the equal-shape form, the canonical one first.
        aliases: further names of the broadcasting form.
        scalar: MXNet's word in ``_<word>_scalar``, where it is another.
        reverse: whether ``_r<word>_scalar`` exists.
        on_complex: whether and how it takes complex numbers; see ``Operator``.
    """

    word: str
    kernel: Callable[..., Array]
    doc: str
    left: Rule | None = None
    right: Rule | None = None
    elemwise: Sequence[str] = ()
    aliases: Sequence[str] = ()
    scalar: str | None = None
    reverse: bool = False
    on_complex: str | None = None


def _ufunc(name: str) -> Callable[..., Array]:
    def kernel(xp: XP, a: Array, b: Array, out: Array = None) -> Array:
        return getattr(xp, name)(a, b, out=out)

    return kernel


def _comparison(name: str) -> Callable[..., Array]:
    """MXNet's comparisons return 0 and 1 in the dtype of the operands."""

    def kernel(xp: XP, a: Array, b: Array, out: Array = None) -> Array:
        result = getattr(xp, name)(a, b)
        return into(result.astype(_dtype_of(a, b)), out)

    return kernel


def _logical(name: str) -> Callable[..., Array]:
    def kernel(xp: XP, a: Array, b: Array, out: Array = None) -> Array:
        # Not xp.logical_*(a, b): a number must not take part in NumPy's promotion.
        result = getattr(xp, name)(a != 0, b != 0)
        return into(result.astype(_dtype_of(a, b)), out)

    return kernel


def _dtype_of(a: Any, b: Any) -> Any:
    """Return the dtype of whichever of the two is an array, not a number."""
    return a.dtype if getattr(a, "ndim", 0) or not hasattr(b, "dtype") else b.dtype


def _divide(xp: XP, a: Array, b: Array, out: Array = None) -> Array:
    dtype = _dtype_of(a, b)
    if dtype.kind in "iub":
        # C's division: towards zero. A zero divisor gives 0 instead of a crash.
        quotient = xp.where(xp.asarray(b) == 0, 0, xp.trunc(xp.true_divide(a, b)))
        return into(quotient.astype(dtype), out)
    return xp.true_divide(a, b, out=out)


def _power(xp: XP, a: Array, b: Array, out: Array = None) -> Array:
    dtype = _dtype_of(a, b)
    if dtype.kind in "iub":  # NumPy refuses negative exponents for integers
        powers = xp.trunc(xp.power(xp.asarray(a, "float64"), xp.asarray(b, "float64")))
        return into(powers.astype(dtype), out)
    if isinstance(b, float) and b == 2.0:  # noqa: PLR2004  an order of magnitude faster than power
        return xp.multiply(a, a, out=out)
    return xp.power(a, b, out=out)


def _log(F: Any, a: Any) -> Any:
    """Return the logarithm of an array or a number; NaN for a negative number, as for an element."""
    if not isinstance(a, (int, float)):
        return F.log(a)
    return math.log(a) if a > 0 else (-math.inf if a == 0 else math.nan)


BINARIES = [
    Binary(
        "add",
        _ufunc("add"),
        "the sum of two arrays",
        left=lambda F, g, a, b: g,
        right=lambda F, g, a, b: g,
        elemwise=("elemwise_add", "_plus", "_Plus", "_add", "_grad_add"),
        aliases=("broadcast_plus",),
        scalar="plus",
        on_complex=AS_WRITTEN,
    ),
    Binary(
        "sub",
        _ufunc("subtract"),
        "the left array minus the right",
        left=lambda F, g, a, b: g,
        right=lambda F, g, a, b: -g,
        elemwise=("elemwise_sub", "_minus", "_Minus", "_sub"),
        aliases=("broadcast_minus",),
        scalar="minus",
        reverse=True,
        on_complex=AS_WRITTEN,
    ),
    Binary(
        "mul",
        _ufunc("multiply"),
        "the product of two arrays, element by element",
        left=lambda F, g, a, b: g * b,
        right=lambda F, g, a, b: g * a,
        elemwise=("elemwise_mul", "_mul", "_Mul"),
        on_complex=HOLOMORPHIC,
    ),
    Binary(
        "div",
        _divide,
        "the left array divided by the right; integers divide towards zero, as in C",
        left=lambda F, g, a, b: g / b,
        right=lambda F, g, a, b: -g * a / (b * b),
        elemwise=("elemwise_div", "_div", "_Div"),
        reverse=True,
        on_complex=HOLOMORPHIC,
    ),
    Binary(
        "mod",
        _ufunc("mod"),
        "the remainder of a division, with the sign of the divisor",
        left=lambda F, g, a, b: g,
        right=lambda F, g, a, b: -g * F.floor(a / b),
        elemwise=("_mod", "_Mod"),
        reverse=True,
    ),
    Binary(
        "power",
        _power,
        "the left array raised to the power of the right",
        left=lambda F, g, a, b: g * b * a ** (b - 1),
        right=lambda F, g, a, b: g * a**b * _log(F, a + (a == 0)),  # 0 at 0, not 0 * log(0)
        elemwise=("_power", "_Power"),
        reverse=True,
        on_complex=HOLOMORPHIC,
    ),
    Binary(
        "maximum",
        _ufunc("maximum"),
        "the larger of two elements; between equal ones the gradient goes to the left",
        left=lambda F, g, a, b: g * (a >= b),
        right=lambda F, g, a, b: g * (a < b),
        elemwise=("_maximum", "_Maximum"),
    ),
    Binary(
        "minimum",
        _ufunc("minimum"),
        "the smaller of two elements; between equal ones the gradient goes to the left",
        left=lambda F, g, a, b: g * (a <= b),
        right=lambda F, g, a, b: g * (a > b),
        elemwise=("_minimum", "_Minimum"),
    ),
    Binary(
        "hypot",
        lambda xp, a, b, out=None: into(xp.hypot(a, b).astype(_dtype_of(a, b), copy=False), out),
        "the hypotenuse of a right triangle with these legs",
        left=lambda F, g, a, b: g * a / F.sqrt(a * a + b * b),
        right=lambda F, g, a, b: g * b / F.sqrt(a * a + b * b),
        elemwise=("_hypot", "_Hypot"),
    ),
    *(
        Binary(
            word,
            _comparison(function),
            f"1 where left {sign} right, else 0, in the dtype of the operands",
            elemwise=(f"_{word}", f"_{word.title()}"),
            on_complex=AS_WRITTEN if "equal" in word and "er" not in word else None,
        )
        for word, function, sign in (
            ("equal", "equal", "=="),
            ("not_equal", "not_equal", "!="),
            ("greater", "greater", ">"),
            ("greater_equal", "greater_equal", ">="),
            ("lesser", "less", "<"),
            ("lesser_equal", "less_equal", "<="),
        )
    ),
    *(
        Binary(
            f"logical_{word}",
            _logical(f"logical_{word}"),
            f"1 where left {word} right are not zero, else 0, in the dtype of the operands",
            elemwise=(f"_logical_{word}", f"_Logical_{word.title()}"),
        )
        for word in ("and", "or", "xor")
    ),
]


def _declare_broadcast(binary: Binary) -> None:
    kernel = binary.kernel

    def broadcast(xp: XP, lhs: Array, rhs: Array, *, out: Array = None) -> Array:
        return kernel(xp, lhs, rhs, out)

    broadcast.__doc__ = f"Return {binary.doc}; the shapes broadcast."
    op = _declare(binary, f"broadcast_{binary.word}", broadcast, aliases=binary.aliases, native=True)
    op.shape(broadcast_rule)
    if binary.left is not None:
        _declare_gradients(op, binary, reduce=True)


def _declare_elemwise(binary: Binary) -> None:
    kernel = binary.kernel

    def elemwise(xp: XP, lhs: Array, rhs: Array, *, out: Array = None) -> Array:
        return kernel(xp, lhs, rhs, out)

    elemwise.__doc__ = f"Return {binary.doc}; the shapes are equal."
    name, *aliases = binary.elemwise
    op = _declare(binary, name, elemwise, aliases=aliases)
    op.shape(same_rule)
    if binary.left is not None:
        _declare_gradients(op, binary, reduce=False)


def _declare_gradients(op: Operator, binary: Binary, *, reduce: bool) -> None:
    """Declare the gradients of both arguments; each saves only what its rule looks at."""
    left, right = binary.left, binary.right
    assert left is not None
    assert right is not None
    if binary.word in ("add", "sub"):  # these need no operand

        @op.gradient("lhs")
        def of_left(F: Any, g: Any, shapes: Any) -> Any:
            return unbroadcast(F, left(F, g, None, None), shapes[0]) if reduce else g

        @op.gradient("rhs")
        def of_right(F: Any, g: Any, shapes: Any) -> Any:
            g = right(F, g, None, None)
            return unbroadcast(F, g, shapes[1]) if reduce else g

        return
    if binary.word == "mul":

        @op.gradient("lhs")
        def of_left_factor(F: Any, g: Any, rhs: Any, shapes: Any) -> Any:
            return unbroadcast(F, g * rhs, shapes[0])

        @op.gradient("rhs")
        def of_right_factor(F: Any, g: Any, lhs: Any, shapes: Any) -> Any:
            return unbroadcast(F, g * lhs, shapes[1])

        return

    @op.gradient("lhs")
    def of_first(F: Any, g: Any, lhs: Any, rhs: Any) -> Any:
        return unbroadcast(F, left(F, g, lhs, rhs), lhs.shape)

    @op.gradient("rhs")
    def of_second(F: Any, g: Any, lhs: Any, rhs: Any) -> Any:
        return unbroadcast(F, right(F, g, lhs, rhs), rhs.shape)


def _countable(data: Array) -> Array:
    """Return an array of bools as integers: beside a number it counts, as in MXNet."""
    return data.astype("int64") if data.dtype.kind == "b" else data


def _declare_types_with_scalar(op: Operator) -> None:
    op.shape(same_rule)

    @op.dtype
    def dtype(d: DTypeFacts) -> None:
        data, output = d["data"], d["output"]
        if data is not None:
            d["output"] = INT64 if data.kind == "b" else data
        elif output != INT64:  # that of bools is int64 too
            d["data"] = output

    op.checks_itself = True  # one array cannot contradict itself


def _camel(word: str) -> str:
    """Return a word as MXNet's first symbols wrote it: ``greater_equal`` was ``GreaterEqual``."""
    return word.title().replace("_", "")


def _declare_scalar(binary: Binary) -> None:
    kernel, left = binary.kernel, binary.left

    def with_scalar(xp: XP, data: Array, *, scalar: Scalar, out: Array = None) -> Array:
        data = _countable(data)
        return kernel(xp, data, as_scalar(data, scalar), out)

    with_scalar.__doc__ = f"Return {binary.doc}, with a number on the right."
    word = binary.scalar or binary.word
    op = _declare(binary, f"_{word}_scalar", with_scalar, aliases=[f"_{_camel(word)}Scalar"], native=True)
    _declare_types_with_scalar(op)
    if binary.word in ("add", "sub"):
        op.gradient("data")(lambda F, g: g)
    elif binary.word == "mul":
        op.gradient("data")(lambda F, g, scalar: g * scalar)
    elif binary.word == "div":
        op.gradient("data")(lambda F, g, scalar: g / scalar)
    elif left is not None:

        @op.gradient("data")
        def of_data(F: Any, g: Any, data: Any, scalar: float) -> Any:
            return left(F, g, data, scalar)


def _declare_reverse_scalar(binary: Binary) -> None:
    kernel, right = binary.kernel, binary.right
    assert right is not None

    def with_scalar(xp: XP, data: Array, *, scalar: Scalar, out: Array = None) -> Array:
        data = _countable(data)
        return kernel(xp, as_scalar(data, scalar), data, out)

    with_scalar.__doc__ = f"Return {binary.doc}, with a number on the left."
    word = binary.scalar or binary.word
    op = _declare(binary, f"_r{word}_scalar", with_scalar, aliases=[f"_R{_camel(word)}Scalar"], native=True)
    _declare_types_with_scalar(op)
    if binary.word == "sub":
        op.gradient("data")(lambda F, g: -g)
    else:
        op.gradient("data")(lambda F, g, data, scalar: right(F, g, scalar, data))


def _declare(binary: Binary, name: str, kernel: Callable[..., Array], **options: Any) -> Operator:
    predicate = binary.left is None  # comparisons and logic, and nothing else here, have no gradient
    kind = ZERO_GRADIENT if predicate else None
    options.update(in_place=True, gradient=kind, predicate=predicate, on_complex=binary.on_complex)
    return operator(name, **options)(kernel)


for _each in BINARIES:
    _declare_broadcast(_each)
    _declare_elemwise(_each)
    _declare_scalar(_each)
    if _each.reverse:
        _declare_reverse_scalar(_each)


@operator("_sum_to", native=True, on_complex=AS_WRITTEN)
def sum_to(xp: XP, data: Array, *, shape: tuple[int, ...]) -> Array:
    """Sum over the axes in which ``data`` is larger than ``shape``: the reverse of broadcasting."""
    leading = data.ndim - len(shape)
    stretched = tuple(axis for axis, dim in enumerate(shape, leading) if dim == 1 and data.shape[axis] != 1)
    axes = (*range(leading), *stretched)
    return (data.sum(axis=axes, dtype=data.dtype) if axes else data.copy()).reshape(shape)


@sum_to.shape
def sum_to_shape(s: Any, shape: tuple[int, ...]) -> None:
    s["output"] = shape


@sum_to.gradient("data")
def sum_to_gradient(F: Any, g: Any, shapes: Any) -> Any:
    return F.broadcast_to(g, shape=shapes[0])


# -- Python's operators ---------------------------------------------------------------------------------


@attrs.frozen
class PythonOperator:
    """How one of Python's operators is computed.

    Attributes:
        array: the operator for two arrays; ``elemwise`` is the one for two symbols.
        scalar: the operator for a number on the right, ``reverse`` for one on the left.
        in_place: whether there is an augmented assignment.
    """

    array: str
    elemwise: str
    scalar: str
    reverse: str
    in_place: bool = False


PYTHON_OPERATORS = {
    "add": PythonOperator("broadcast_add", "elemwise_add", "_plus_scalar", "_plus_scalar", in_place=True),
    "sub": PythonOperator("broadcast_sub", "elemwise_sub", "_minus_scalar", "_rminus_scalar", in_place=True),
    "mul": PythonOperator("broadcast_mul", "elemwise_mul", "_mul_scalar", "_mul_scalar", in_place=True),
    "truediv": PythonOperator("broadcast_div", "elemwise_div", "_div_scalar", "_rdiv_scalar", in_place=True),
    "mod": PythonOperator("broadcast_mod", "_mod", "_mod_scalar", "_rmod_scalar", in_place=True),
    "pow": PythonOperator("broadcast_power", "_power", "_power_scalar", "_rpower_scalar"),
    "eq": PythonOperator("broadcast_equal", "_equal", "_equal_scalar", "_equal_scalar"),
    "ne": PythonOperator("broadcast_not_equal", "_not_equal", "_not_equal_scalar", "_not_equal_scalar"),
    "gt": PythonOperator("broadcast_greater", "_greater", "_greater_scalar", "_lesser_scalar"),
    "ge": PythonOperator(
        "broadcast_greater_equal",
        "_greater_equal",
        "_greater_equal_scalar",
        "_lesser_equal_scalar",
    ),
    "lt": PythonOperator("broadcast_lesser", "_lesser", "_lesser_scalar", "_greater_scalar"),
    "le": PythonOperator(
        "broadcast_lesser_equal",
        "_lesser_equal",
        "_lesser_equal_scalar",
        "_greater_equal_scalar",
    ),
}
"""Python's operators by the middle of their method's name: ``add`` is ``__add__`` and ``__radd__``."""

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")


def _binary_method(array_op: Operator | None, scalar_op: Operator) -> Callable[..., Any]:
    def method(self: NDArray, other: Any) -> Any:
        kind = type(other)
        if kind is float or kind is int:
            return invoke(scalar_op, (self,), {"scalar": other})
        if isinstance(other, NDArray) and array_op is not None:
            return invoke(array_op, (self, other), {})
        if isinstance(other, (numbers.Real, np.generic)):
            return invoke(scalar_op, (self,), scalar_op.fill({"scalar": other}))
        return NotImplemented

    return method


def _in_place_method(array_op: Operator, scalar_op: Operator) -> Callable[..., Any]:
    def method(self: NDArray, other: Any) -> Any:
        if isinstance(other, NDArray):
            return invoke(array_op, (self, other), {}, out=self)
        if isinstance(other, (numbers.Real, np.generic)):
            return invoke(scalar_op, (self,), scalar_op.fill({"scalar": other}), out=self)
        return NotImplemented

    return method


def _unary_method(op_name: str) -> Callable[..., Any]:
    op = find_operator(op_name)

    def method(self: NDArray) -> Any:
        return invoke(op, (self,), {})

    return method


def install_python_operators() -> None:
    """Give NDArray the methods behind ``+``, ``-x``, ``==`` and the rest."""
    for name, op_name in (("__neg__", "negative"), ("__abs__", "abs")):
        setattr(NDArray, name, _unary_method(op_name))
    for name, each in PYTHON_OPERATORS.items():
        array_op, scalar_op = find_operator(each.array), find_operator(each.scalar)
        setattr(NDArray, f"__{name}__", _binary_method(array_op, scalar_op))
        if name not in COMPARISONS:
            # The reflected method is only asked when the left operand is no NDArray.
            reflected = _binary_method(None, find_operator(each.reverse))
            setattr(NDArray, f"__r{name}__", reflected)
        if each.in_place:
            setattr(NDArray, f"__i{name}__", _in_place_method(array_op, scalar_op))
