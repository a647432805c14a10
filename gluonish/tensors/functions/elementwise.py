"""Functions of tensors that work element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.dtype import is_complex
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.numpy.arguments import call, is_number
from gluonish.tensors.functions.base import (
    as_float,
    as_operand,
    beside,
    is_complex_number,
    mxnp,
    number_beside,
    tensor_of,
)

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = [
    "abs",
    "acos",
    "add",
    "allclose",
    "arccos",
    "arcsin",
    "arctan",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "clamp",
    "clip",
    "cos",
    "cosh",
    "div",
    "divide",
    "eq",
    "erf",
    "erfinv",
    "exp",
    "expm1",
    "floor",
    "gammaln",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "log1p",
    "log2",
    "log10",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "masked_fill",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "ne",
    "neg",
    "pow",
    "reciprocal",
    "relu",
    "remainder",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softsign",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanh",
    "trunc",
    "where",
]


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha * other``."""
    return tensor_of(input, "add") + _scaled(other, alpha, "add")


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input - alpha * other``."""
    return tensor_of(input, "sub") - _scaled(other, alpha, "sub")


subtract = sub


def _scaled(other: Any, alpha: Any, function: str) -> Any:
    operand = as_operand(other, function)
    return operand if alpha == 1 else operand * alpha


def mul(input: Any, other: Any) -> Tensor:
    """Return the product, element by element."""
    return tensor_of(input, "mul") * as_operand(other, "mul")


multiply = mul


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Return the quotient, element by element; float32 for integers.

    Args:
        input: the dividend.
        other: the divisor, a tensor or a number.
        rounding_mode: ``"floor"`` rounds down and ``"trunc"`` towards 0, in the dtype that the operands have
            together.

    Raises:
        ArgumentError: another mode.
    """
    x, y = tensor_of(input, "div"), as_operand(other, "div")
    if rounding_mode is None:
        return x / y
    if rounding_mode == "floor":
        return x // y
    if rounding_mode != "trunc":
        raise ArgumentError(
            "div()",
            "knows no such rounding_mode",
            expected="'floor', 'trunc' or None",
            received=repr(rounding_mode),
        )
    return trunc(x / y).astype((x // y).dtype, copy=False)


divide = div


def pow(input: Any, exponent: Any) -> Tensor:
    """Return the power, element by element."""
    return as_operand(input, "pow") ** as_operand(exponent, "pow")


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Limit elements to [min, max], numbers or tensors; either may be None."""
    x = tensor_of(input, "clamp")
    if all(bound is None or is_number(bound) for bound in (min, max)):
        return mxnp.clip(x, min, max)
    x = x if min is None else maximum(x, min)
    return x if max is None else minimum(x, max)


clip = clamp


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Return elements of ``input`` where the condition holds, else of ``other``.

    With a condition alone: where it holds, as a vector of indices for each axis.
    """
    if input is None and other is None:
        return tuple(mxnp.nonzero(tensor_of(condition, "where").detach()))
    x, y = as_operand(input, "where"), as_operand(other, "where")
    return mxnp.where(tensor_of(condition, "where"), _chosen(x, y), _chosen(y, x))


def _chosen(value: Any, other: Any) -> Any:
    """Return a number that meets complex numbers as one of them."""
    is_number_here = not isinstance(value, NDArray)
    meets_complex = is_complex_number(value) or (isinstance(other, NDArray) and is_complex(other.dtype))
    if not (is_number_here and meets_complex):
        return value
    return number_beside(other, value) if isinstance(other, NDArray) else tensor_of(value, "where")


def abs(input: Any) -> Tensor:
    """Return absolute values: of complex numbers real ones, the lengths."""
    x = tensor_of(input, "abs")
    return call("_np_modulus" if is_complex(x.dtype) else "abs", x)


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Return the tensor with a number where the mask holds."""
    x = tensor_of(input, "masked_fill")
    return where(mask, value, x)


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Tell whether two tensors are equal within tolerances."""
    return bool(np.allclose(np.asarray(input), np.asarray(other), rtol, atol, equal_nan))


# -- those that mx.np or the operator table has ---------------------------------------------------------


def _named(function: Any, name: str, doc: str | None) -> Callable[..., Tensor]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _unary(name: str, source: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return a function of one tensor from that of ``mx.np``."""
    return _named(lambda input: source(tensor_of(input, name)), name, source.__doc__)


def _real(name: str, source: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return a function that makes real numbers: float32 of integers and bools."""
    return _named(lambda input: source(as_float(tensor_of(input, name))), name, source.__doc__)


def _binary(name: str, source: Callable[..., Any]) -> Callable[..., Tensor]:
    """Return a function of two tensors, or of a tensor and a number, from that of ``mx.np``."""

    def function(input: Any, other: Any) -> Any:
        x, y = as_operand(input, name), as_operand(other, name)
        if is_complex_number(y):
            y = number_beside(x, y)
        return source(beside(x, y), beside(y, x))

    return _named(function, name, source.__doc__)


def _by_operator(name: str) -> Callable[..., Tensor]:
    """Return a function of one tensor from the operator of its name."""

    def function(input: Any) -> Any:
        return call(name, as_float(tensor_of(input, name)))

    return _named(function, name, f"Return ``{name}`` of every element.")


exp = _real("exp", mxnp.exp)
expm1 = _real("expm1", mxnp.expm1)
log = _real("log", mxnp.log)
log2 = _real("log2", mxnp.log2)
log10 = _real("log10", mxnp.log10)
log1p = _real("log1p", mxnp.log1p)
sqrt = _real("sqrt", mxnp.sqrt)
square = _unary("square", mxnp.square)
neg = _unary("neg", mxnp.negative)
reciprocal = _real("reciprocal", mxnp.reciprocal)
sin = _real("sin", mxnp.sin)
cos = _real("cos", mxnp.cos)
tan = _real("tan", mxnp.tan)
asin = arcsin = _real("asin", mxnp.arcsin)
acos = arccos = _real("acos", mxnp.arccos)
atan = arctan = _real("atan", mxnp.arctan)
sinh = _real("sinh", mxnp.sinh)
cosh = _real("cosh", mxnp.cosh)
tanh = _real("tanh", mxnp.tanh)
floor = _unary("floor", mxnp.floor)
ceil = _unary("ceil", mxnp.ceil)
round = _unary("round", mxnp.around)
trunc = _unary("trunc", mxnp.trunc)
sign = _unary("sign", mxnp.sign)
isnan = _unary("isnan", mxnp.isnan)
isinf = _unary("isinf", mxnp.isinf)
isfinite = _unary("isfinite", mxnp.isfinite)
logical_not = _unary("logical_not", mxnp.logical_not)

maximum = _binary("maximum", mxnp.maximum)
minimum = _binary("minimum", mxnp.minimum)
eq = _binary("eq", mxnp.equal)
ne = _binary("ne", mxnp.not_equal)
lt = _binary("lt", mxnp.less)
le = _binary("le", mxnp.less_equal)
gt = _binary("gt", mxnp.greater)
ge = _binary("ge", mxnp.greater_equal)
logical_and = _binary("logical_and", mxnp.logical_and)
logical_or = _binary("logical_or", mxnp.logical_or)
logical_xor = _binary("logical_xor", mxnp.logical_xor)
remainder = _binary("remainder", mxnp.mod)
atan2 = _binary("atan2", mxnp.arctan2)

sigmoid = _by_operator("sigmoid")
relu = _by_operator("relu")
erf = _by_operator("erf")
rsqrt = _by_operator("rsqrt")
softsign = _by_operator("softsign")
erfinv = _by_operator("erfinv")
gammaln = _by_operator("gammaln")
