"""Functions of two arguments, each a symbol or a number."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any

from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentTypeError
from gluonish.symbol import Symbol, compose

__all__ = ["hypot", "maximum", "minimum", "pow", "power"]


def _apply(word: str, on_numbers: Callable[[Any, Any], Any], left: Any, right: Any, reverse: str = "") -> Any:
    """Compose the operator that fits: of two symbols, a symbol and a number; or compute with numbers.

    Args:
        word: MXNet's word for it.
        on_numbers: computes with two numbers.
        left: the left argument.
        right: the right one.
        reverse: the word for it with the number on the left, if the order matters.
    """
    if isinstance(left, Symbol) and isinstance(right, Symbol):
        return compose(find_operator(f"_{word}"), (left, right), {}, hint=f"_{word}", lenient=True)
    for symbol, number, named in ((left, right, word), (right, left, reverse or word)):
        if isinstance(symbol, Symbol) and isinstance(number, numbers.Real):
            op = find_operator(f"_{named}_scalar")
            return compose(op, (symbol,), {"scalar": number}, hint=f"_{named}scalar")
    if isinstance(left, numbers.Real) and isinstance(right, numbers.Real):
        return on_numbers(left, right)
    raise ArgumentTypeError(
        f"{word}()",
        "takes symbols and numbers",
        received=f"{type(left).__name__} and {type(right).__name__}",
    )


def maximum(left: Any, right: Any) -> Any:
    """Return the symbol of the larger of each two elements; of two numbers the larger one.

    Example:
        >>> import gluonish as mx
        >>> mx.sym.maximum(mx.sym.var("x"), 0).list_arguments(), mx.sym.maximum(2, 3)
        (['x'], 3)
    """
    return _apply("maximum", max, left, right)


def minimum(left: Any, right: Any) -> Any:
    """Return the symbol of the smaller of each two elements; of two numbers the smaller one."""
    return _apply("minimum", min, left, right)


def hypot(left: Any, right: Any) -> Any:
    """Return the symbol of the hypotenuse of right triangles with these legs."""
    return _apply("hypot", math.hypot, left, right)


def power(base: Any, exp: Any) -> Any:
    """Return the symbol of the base raised to the exponent."""
    return _apply("power", lambda a, b: a**b, base, exp, reverse="rpower")


pow = power  # noqa: A001  MXNet's name
