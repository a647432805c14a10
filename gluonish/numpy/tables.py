"""Which operators compute the functions of ``mx.np`` that are applied to every element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentTypeError
from gluonish.numpy.arguments import as_array, call, check_keywords, is_number
from gluonish.ops.numpy.arithmetic import FUNCTIONS
from gluonish.ops.numpy.elementwise import PREDICATES

__all__ = ["BINARY", "UNARY", "Pair", "functions"]

UNARY: dict[str, str] = {
    **{
        name: name
        for name in (
            *("negative", "reciprocal", "abs", "sign", "rint", "ceil", "floor", "trunc", "fix"),
            *("square", "sqrt", "cbrt", "exp", "expm1", "log", "log2", "log10", "log1p"),
            *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "degrees", "radians"),
            *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
        )
    },
    "absolute": "abs",
    "fabs": "abs",
    "deg2rad": "radians",
    "rad2deg": "degrees",
    **{name: f"_npi_{name}" for name in PREDICATES},
    "bitwise_not": "_npi_bitwise_not",
    "invert": "_npi_bitwise_not",
}
"""The operator of each function of one argument."""


@attrs.frozen
class Pair:
    """The operators of a function of two arguments.

    Attributes:
        arrays: for two arrays.
        scalar: for a number on the right.
        reverse: for a number on the left.
    """

    arrays: str
    scalar: str
    reverse: str


_CLASSIC = {
    "add": ("_plus_scalar", "_plus_scalar"),
    "subtract": ("_minus_scalar", "_rminus_scalar"),
    "multiply": ("_mul_scalar", "_mul_scalar"),
    "mod": ("_mod_scalar", "_rmod_scalar"),
    "power": ("_power_scalar", "_rpower_scalar"),
    "maximum": ("_maximum_scalar", "_maximum_scalar"),
    "minimum": ("_minimum_scalar", "_minimum_scalar"),
}
"""The functions whose numbers classic operators treat as ``mx.np`` does."""


def _pair(name: str, *, scalar: bool, symmetric: bool) -> Pair:
    if not scalar:
        return Pair(f"_npi_{name}", *_CLASSIC[name])
    reverse = f"_npi_{name}_scalar" if symmetric else f"_npi_r{name}_scalar"
    return Pair(f"_npi_{name}", f"_npi_{name}_scalar", reverse)


BINARY: dict[str, Pair] = {
    each.name: _pair(each.name, scalar=each.scalar, symmetric=each.symmetric) for each in FUNCTIONS
}
"""The operators of each function of two arguments."""

BINARY["divide"] = BINARY["true_divide"]
BINARY["remainder"] = BINARY["mod"]


OFFICIAL = {"fix": "trunc"}
"""What official NumPy calls a function, where it has deprecated its name."""


def functions() -> dict[str, Callable[..., Any]]:
    """Return all of these functions by name."""
    made: dict[str, Callable[..., Any]] = {name: _unary(name, op_name) for name, op_name in UNARY.items()}
    made.update((name, _binary(name, pair)) for name, pair in BINARY.items())
    return made


def _unary(name: str, op_name: str) -> Callable[..., Any]:
    def function(x: Any, out: Any = None, **kwargs: Any) -> Any:
        check_keywords(name, kwargs)
        if is_number(x):
            return getattr(np, OFFICIAL.get(name, name))(x)
        return call(op_name, as_array(x, name), out=out)

    return _named(function, name, op_name)


def _binary(name: str, pair: Pair) -> Callable[..., Any]:
    def function(x1: Any, x2: Any, out: Any = None, **kwargs: Any) -> Any:
        check_keywords(name, kwargs)
        if isinstance(x1, NDArray) and isinstance(x2, NDArray):
            return call(pair.arrays, x1.as_np_ndarray(), x2.as_np_ndarray(), out=out)
        if isinstance(x1, NDArray) and is_number(x2):
            return call(pair.scalar, x1.as_np_ndarray(), scalar=x2, out=out)
        if is_number(x1) and isinstance(x2, NDArray):
            return call(pair.reverse, x2.as_np_ndarray(), scalar=x1, out=out)
        if is_number(x1) and is_number(x2):
            return getattr(np, name)(x1, x2)
        other = x2 if isinstance(x1, NDArray) or is_number(x1) else x1
        raise ArgumentTypeError(
            f"np.{name}()",
            "takes arrays and numbers",
            received=f"{type(other).__name__} {other!r:.60}",
            fix="Convert it with np.array().",
        )

    return _named(function, name, pair.arrays)


def _named(function: Callable[..., Any], name: str, op_name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "gluonish.numpy"
    function.__doc__ = find_operator(op_name).doc
    return function
