"""Computing with a Parameter as if it were an array: it stands for its value where the other operand is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray

__all__ = ["ParameterArithmetic"]

_BINARY = ("add", "sub", "mul", "truediv", "mod", "pow", "matmul")
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


def _binary(name: str) -> Callable[..., Any]:
    def method(self: ParameterArithmetic, other: Any) -> Any:
        if isinstance(other, NDArray):
            return getattr(self.stand_in(other.context), name)(other)
        own = self.stand_in(None)
        if isinstance(other, ParameterArithmetic):
            other = other.stand_in(own.context)
        return getattr(own, name)(other)

    method.__name__ = method.__qualname__ = name
    return method


def _unary(name: str) -> Callable[..., Any]:
    def method(self: ParameterArithmetic) -> Any:
        return getattr(self.stand_in(None), name)()

    method.__name__ = method.__qualname__ = name
    return method


for _word in _BINARY:
    setattr(ParameterArithmetic, f"__{_word}__", _binary(f"__{_word}__"))
    setattr(ParameterArithmetic, f"__r{_word}__", _binary(f"__r{_word}__"))
for _word in _COMPARISONS:
    setattr(ParameterArithmetic, f"__{_word}__", _binary(f"__{_word}__"))
for _word in _UNARY:
    setattr(ParameterArithmetic, f"__{_word}__", _unary(f"__{_word}__"))
