"""Functions of one array, element by element.

``UNARIES`` is the table: one row gives the kernel, the gradient and the documentation. A gradient rule names
what it needs: ``data`` (the input), ``output`` (the result), or nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from gluonish.engine.backend import special_functions
from gluonish.engine.facts import DTypeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import AS_WRITTEN, HOLOMORPHIC, XP, ZERO_GRADIENT, Array, operator
from gluonish.ops.common import as_scalar, into, same_rule

__all__: list[str] = []


@attrs.frozen
class Unary:
    """A function of one array.

    Attributes:
        name: MXNet's name.
        kernel: the name of a NumPy function that takes ``out``, or ``kernel(xp, data)``.
        doc: what it returns.
        gradient: ``gradient(F, g, ...)``, its further arguments named ``data`` or ``output``; None declares
            the gradient zero.
        aliases: further names.
        method: whether arrays have it as a method.
        predicate: whether the output tells for every element whether something holds.
        on_complex: whether and how it takes complex numbers; see ``Operator``.
    """

    name: str
    kernel: str | Callable[..., Array]
    doc: str
    gradient: Callable[..., Any] | None = None
    aliases: Sequence[str] = ()
    method: bool = True
    predicate: bool = False
    on_complex: str | None = None


def _special(name: str) -> Callable[..., Array]:
    """Return a kernel that calls SciPy; it has loops for float32 and float64 only."""

    def kernel(xp: XP, data: Array) -> Array:
        wide = data if data.dtype.char in "fd" else data.astype("float32")
        return getattr(special_functions(xp), name)(wide).astype(data.dtype, copy=False)

    return kernel


def _round(xp: XP, data: Array) -> Array:
    """Round halves away from zero, as MXNet's ``round`` does and NumPy's does not."""
    half = as_scalar(data, 0.5) if data.dtype.kind not in "iub" else 0
    return xp.copysign(xp.floor(xp.abs(data) + half), data) if half else data.copy()


def _rint(xp: XP, data: Array) -> Array:
    """Round halves down, as MXNet's ``rint`` does."""
    if data.dtype.kind in "iub":
        return data.copy()
    return xp.ceil(data - as_scalar(data, 0.5))


def _sigmoid(xp: XP, data: Array) -> Array:
    # Through tanh: nothing overflows.
    half = as_scalar(data, 0.5)
    return xp.tanh(data * half) * half + half


def _float_only(name: str) -> Callable[..., Array]:
    """Return a kernel of a rounding function, which leaves integers as they are."""

    def kernel(xp: XP, data: Array) -> Array:
        return data.copy() if data.dtype.kind in "iub" else getattr(xp, name)(data)

    return kernel


UNARIES = [
    # signs and steps
    Unary(
        "negative",
        "negative",
        "the negated array",
        lambda F, g: -g,
        ("_np_negative",),
        method=False,
        on_complex=AS_WRITTEN,
    ),
    Unary("abs", "absolute", "absolute values", lambda F, g, data: g * F.sign(data)),
    Unary("sign", lambda xp, data: xp.sign(data), "-1, 0 or 1, by sign"),
    Unary(
        "relu",
        lambda xp, data: xp.maximum(data, as_scalar(data, 0)),
        "max(x, 0)",
        lambda F, g, output: g * (output > 0),
    ),
    Unary(
        "logical_not",
        lambda xp, data: (data == 0).astype(data.dtype),
        "1 where an element is 0, else 0",
        method=False,
        predicate=True,
        on_complex=AS_WRITTEN,
    ),
    # rounding
    Unary("round", _round, "the nearest integers, halves away from zero"),
    Unary("rint", _rint, "the nearest integers, halves downwards"),
    Unary("ceil", _float_only("ceil"), "the next integers upwards"),
    Unary("floor", _float_only("floor"), "the next integers downwards"),
    Unary("trunc", _float_only("trunc"), "the integers towards zero"),
    Unary("fix", _float_only("trunc"), "the integers towards zero"),
    # powers and roots
    Unary("square", "square", "squares", lambda F, g, data: g * data * 2, on_complex=HOLOMORPHIC),
    Unary("sqrt", "sqrt", "square roots", lambda F, g, output: g * 0.5 / output, on_complex=HOLOMORPHIC),
    Unary(
        "rsqrt",
        lambda xp, data: xp.reciprocal(xp.sqrt(data)),
        "reciprocals of the square roots",
        lambda F, g, data, output: g * -0.5 * output / data,
        on_complex=HOLOMORPHIC,
    ),
    Unary("cbrt", "cbrt", "cube roots", lambda F, g, output: g / (output * output * 3)),
    Unary(
        "rcbrt",
        lambda xp, data: xp.reciprocal(xp.cbrt(data)),
        "reciprocals of the cube roots",
        lambda F, g, data, output: g * output / (data * -3),
    ),
    Unary(
        "reciprocal",
        lambda xp, data: xp.reciprocal(data),
        "reciprocals",
        lambda F, g, output: -g * output * output,
        on_complex=HOLOMORPHIC,
    ),
    # exponentials and logarithms
    Unary("exp", "exp", "exponentials", lambda F, g, output: g * output, on_complex=HOLOMORPHIC),
    Unary(
        "expm1",
        "expm1",
        "exp(x) - 1, exact near 0",
        lambda F, g, output: g * (output + 1),
        on_complex=HOLOMORPHIC,
    ),
    Unary("log", "log", "natural logarithms", lambda F, g, data: g / data, on_complex=HOLOMORPHIC),
    Unary(
        "log2",
        "log2",
        "logarithms to base 2",
        lambda F, g, data: g / (data * math.log(2)),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "log10",
        "log10",
        "logarithms to base 10",
        lambda F, g, data: g / (data * math.log(10)),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "log1p",
        "log1p",
        "log(1 + x), exact near 0",
        lambda F, g, data: g / (data + 1),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "sigmoid",
        _sigmoid,
        "1 / (1 + exp(-x))",
        lambda F, g, output: g * output * (1 - output),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "softsign",
        lambda xp, data: data / (xp.abs(data) + as_scalar(data, 1)),
        "x / (1 + |x|)",
        lambda F, g, data: g / F.square(1 + F.abs(data)),
    ),
    # trigonometry; angles are in radians
    Unary("sin", "sin", "sines", lambda F, g, data: g * F.cos(data), on_complex=HOLOMORPHIC),
    Unary("cos", "cos", "cosines", lambda F, g, data: -g * F.sin(data), on_complex=HOLOMORPHIC),
    Unary("tan", "tan", "tangents", lambda F, g, output: g * (1 + output * output), on_complex=HOLOMORPHIC),
    Unary(
        "arcsin",
        "arcsin",
        "inverse sines",
        lambda F, g, data: g * F.rsqrt(1 - data * data),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "arccos",
        "arccos",
        "inverse cosines",
        lambda F, g, data: -g * F.rsqrt(1 - data * data),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "arctan",
        "arctan",
        "inverse tangents",
        lambda F, g, data: g / (1 + data * data),
        on_complex=HOLOMORPHIC,
    ),
    Unary("sinh", "sinh", "hyperbolic sines", lambda F, g, data: g * F.cosh(data), on_complex=HOLOMORPHIC),
    Unary("cosh", "cosh", "hyperbolic cosines", lambda F, g, data: g * F.sinh(data), on_complex=HOLOMORPHIC),
    Unary(
        "tanh",
        "tanh",
        "hyperbolic tangents",
        lambda F, g, output: g * (1 - output * output),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "arcsinh",
        "arcsinh",
        "inverse hyperbolic sines",
        lambda F, g, data: g * F.rsqrt(data * data + 1),
        on_complex=HOLOMORPHIC,
    ),
    Unary(
        "arccosh",
        "arccosh",
        "inverse hyperbolic cosines",
        lambda F, g, data: g * F.rsqrt(data * data - 1),
    ),
    Unary(
        "arctanh",
        "arctanh",
        "inverse hyperbolic tangents",
        lambda F, g, data: g / (1 - data * data),
        on_complex=HOLOMORPHIC,
    ),
    Unary("degrees", "degrees", "radians as degrees", lambda F, g: g * (180 / math.pi)),
    Unary("radians", "radians", "degrees as radians", lambda F, g: g * (math.pi / 180)),
    # special functions
    Unary(
        "erf",
        _special("erf"),
        "the error function",
        lambda F, g, data: g * F.exp(-data * data) * (2 / math.sqrt(math.pi)),
        method=False,
    ),
    Unary(
        "erfinv",
        _special("erfinv"),
        "the inverse of the error function",
        lambda F, g, output: g * F.exp(output * output) * (math.sqrt(math.pi) / 2),
        method=False,
    ),
    Unary(
        "gamma",
        _special("gamma"),
        "the gamma function",
        lambda F, g, data, output: g * output * F.digamma(data),
        method=False,
    ),
    Unary(
        "gammaln",
        _special("gammaln"),
        "the logarithm of the absolute value of the gamma function",
        lambda F, g, data: g * F.digamma(data),
        method=False,
    ),
    Unary(
        "digamma",
        _special("digamma"),
        "the logarithmic derivative of the gamma function",
        lambda F, g, data: g * F._polygamma(data, order=1),
        method=False,
    ),
    # copies and constants
    Unary(
        "_copy",
        lambda xp, data: data.copy(),
        "a copy",
        lambda F, g: g,
        ("identity", "_copyto"),
        method=False,
        on_complex=AS_WRITTEN,
    ),
    Unary(
        "BlockGrad",
        lambda xp, data: data.copy(),
        "a copy through which no gradient flows",
        aliases=("stop_gradient",),
        method=False,
        on_complex=AS_WRITTEN,
    ),
    Unary(
        "zeros_like",
        lambda xp, data: xp.zeros_like(data),
        "zeros of the same shape and dtype",
        on_complex=AS_WRITTEN,
    ),
    Unary(
        "ones_like",
        lambda xp, data: xp.ones_like(data),
        "ones of the same shape and dtype",
        on_complex=AS_WRITTEN,
    ),
]


def _in_dtype(result: Array, dtype: Any) -> Array:
    """Return a result in the dtype of the data: of integers it is truncated to integers, as in MXNet."""
    return result if result.dtype is dtype or result.dtype == dtype else result.astype(dtype)


def _declare(unary: Unary) -> None:
    function = unary.kernel
    if isinstance(function, str):
        name = function

        def kernel(xp: XP, data: Array, *, out: Array = None) -> Array:
            if data.dtype.kind in "iub":
                return into(_in_dtype(getattr(xp, name)(data), data.dtype), out)
            return getattr(xp, name)(data, out=out)

        in_place = True
    else:

        def kernel(xp: XP, data: Array) -> Array:  # type: ignore[misc]
            return _in_dtype(function(xp, data), data.dtype)

        in_place = False
    kernel.__doc__ = f"Return {unary.doc}."
    op = operator(
        unary.name,
        aliases=unary.aliases,
        native=True,
        in_place=in_place,
        method=unary.name if unary.method else None,
        gradient=ZERO_GRADIENT if unary.gradient is None else None,
        predicate=unary.predicate,
        on_complex=unary.on_complex,
    )(kernel)
    op.shape(same_rule)
    if unary.gradient is not None:
        op.gradient("data")(unary.gradient)


for _each in UNARIES:
    _declare(_each)


@operator("_polygamma", native=True)
def polygamma(xp: XP, data: Array, *, order: int) -> Array:
    """Return the derivative of this order of the digamma function.

    By the Hurwitz zeta function: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.4.10.
    """
    wide = data if data.dtype.char in "fd" else data.astype("float32")
    zeta = special_functions(xp).zeta(order + 1, wide)
    return ((-1) ** (order + 1) * math.factorial(order) * zeta).astype(data.dtype, copy=False)


polygamma.shape(same_rule)


@polygamma.gradient("data")
def polygamma_gradient(F: Any, g: Any, data: Any, order: int) -> Any:
    return g * F._polygamma(data, order=order + 1)


@operator("Cast", aliases=("cast",), native=True)
def cast(xp: XP, data: Array, *, dtype: DType) -> Array:
    """Return the array in another dtype. From float to integer it truncates and wraps around."""
    if data.dtype.kind == "f" and dtype.kind in "iu" and dtype.itemsize < 8:  # noqa: PLR2004
        # The C cast of an out-of-range float is undefined; by way of int64 it wraps on every machine.
        return data.astype("int64").astype(dtype)
    return data.astype(dtype)


@cast.shape
def cast_shape(s: Any) -> None:
    s.same("data", "output")


@cast.dtype
def cast_dtype(d: DTypeFacts, dtype: Any) -> None:
    d["output"] = dtype


@cast.gradient("data")
def cast_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    return F.Cast(g, dtype=dtypes[0])


@operator("clip", native=True, method="clip")
def clip(xp: XP, data: Array, *, a_min: float, a_max: float) -> Array:
    """Limit elements to [a_min, a_max]. The gradient is 1 where an element was inside, else 0."""
    return xp.minimum(xp.maximum(data, as_scalar(data, a_min)), as_scalar(data, a_max))


clip.shape(same_rule)


@clip.gradient("data")
def clip_gradient(F: Any, g: Any, data: Any, a_min: float, a_max: float) -> Any:
    return g * (data >= a_min) * (data <= a_max)


@operator("smooth_l1", native=True)
def smooth_l1(xp: XP, data: Array, *, scalar: float = 1.0) -> Array:
    """Return (scalar * x)^2 / 2 where |x| < 1 / scalar^2, else |x| - 1 / (2 scalar^2).

    Girshick, Fast R-CNN (2015), equation 3.
    """
    sigma2 = scalar * scalar
    near = xp.square(data * as_scalar(data, scalar)) * as_scalar(data, 0.5)
    far = xp.abs(data) - as_scalar(data, 0.5 / sigma2)
    return xp.where(xp.abs(data) < as_scalar(data, 1 / sigma2), near, far)


smooth_l1.shape(same_rule)


@smooth_l1.gradient("data")
def smooth_l1_gradient(F: Any, g: Any, data: Any, scalar: float) -> Any:
    return g * F.clip(data * (scalar * scalar), a_min=-1.0, a_max=1.0)


@operator("hard_sigmoid", native=True)
def hard_sigmoid(xp: XP, data: Array, *, alpha: float = 0.2, beta: float = 0.5) -> Array:
    """Return alpha * x + beta, limited to [0, 1]."""
    line = data * as_scalar(data, alpha) + as_scalar(data, beta)
    return xp.minimum(xp.maximum(line, as_scalar(data, 0)), as_scalar(data, 1))


hard_sigmoid.shape(same_rule)


@hard_sigmoid.gradient("data")
def hard_sigmoid_gradient(F: Any, g: Any, output: Any, alpha: float) -> Any:
    return g * alpha * (output > 0) * (output < 1)
