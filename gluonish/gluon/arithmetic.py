"""Computing with a Parameter as if it were an array: it stands for its value where the other operand is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray

__all__ = ["ParameterArithmetic"]

_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
_COMPARISONS = ("lt", "le", "gt", "ge")
_UNARY = ("neg", "abs")


class ParameterArithmetic:
    """Python's operators, indexing and conversion to NumPy, by ``stand_in``.

    ``==`` is left out: Parameters are compared and hashed by identity.
    """

    # NumPy arrays and scalars on the left of an operator give way.
    __array_ufunc__ = None

    stand_in: Callable[..., NDArray]

    def __getitem__(self, key: Any) -> NDArray:
        return self.stand_in(None)[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return self.stand_in(None).__array__(dtype, copy)


def _binary(function: Callable[[Any, Any], Any], *, reflected: bool = False) -> Callable[..., Any]:
    def method(self: ParameterArithmetic, other: Any) -> Any:
        own = self.stand_in(other.context if isinstance(other, NDArray) else None)
        if isinstance(other, ParameterArithmetic):
            other = other.stand_in(own.context)
        return function(other, own) if reflected else function(own, other)

    return method


def _unary(function: Callable[[Any], Any]) -> Callable[..., Any]:
    def method(self: ParameterArithmetic) -> Any:
        return function(self.stand_in(None))

    return method


def _install() -> None:
    for word in (*_BINARY, *_COMPARISONS):
        setattr(ParameterArithmetic, f"__{word}__", _binary(getattr(operator, word)))
    for word in _BINARY:
        setattr(ParameterArithmetic, f"__r{word}__", _binary(getattr(operator, word), reflected=True))
    for word in _UNARY:
        setattr(ParameterArithmetic, f"__{word}__", _unary(getattr(operator, word)))


_install()
