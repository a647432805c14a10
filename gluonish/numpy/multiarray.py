"""``mx.np.ndarray``: the array with NumPy's names and semantics.

It is an ``mx.nd.NDArray`` over the same kind of memory, with the same history; ``as_nd_ndarray`` and
``as_np_ndarray`` turn one into the other without a copy. What operators make of one is one again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray, array_label
from gluonish.errors import ArgumentError, DTypeError, UnsupportedError
from gluonish.numpy import elementwise
from gluonish.numpy.arguments import is_number
from gluonish.numpy.methods import NumpyMethods
from gluonish.numpy.products import matmul

__all__ = ["ndarray"]

_PLAIN = (np.dtype("float32"), np.dtype("bool"))
"""Dtypes that are not written behind an array."""


class ndarray(NumpyMethods, NDArray):  # type: ignore[misc]  # noqa: N801  NumPy's name and signatures
    """An array with NumPy's names and semantics, on one context.

    Arrays are made by the functions of ``mx.np`` (``np.array``, ``np.zeros`` ...) and by operators, not by
    calling this class.

    Example:
        >>> import gluonish as mx
        >>> x = mx.np.array([[1, 2], [3, 4]])
        >>> x.sum(), x[0, 1], x > 2
        (array(10.), array(2.), array([[False, False],
               [ True,  True]]))
    """

    __slots__ = ()

    has_scalars = True

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def dtype(self) -> np.dtype[Any]:  # type: ignore[override]
        """The element type."""
        return self._raw.dtype

    def __repr__(self) -> str:
        host = self.asnumpy()
        text = np.array2string(host, separator=", ", prefix="array(")
        ctx = "" if self._ctx.device_type.startswith("cpu") else f", ctx={self._ctx}"
        dtype = "" if host.dtype in _PLAIN else f", dtype={host.dtype}"
        shape = "" if host.size or host.shape == (0,) else f", shape={host.shape}"
        return f"array({text}{shape}{dtype}{ctx})"

    def __str__(self) -> str:
        ctx = "" if self._ctx.device_type.startswith("cpu") else f" @{self._ctx}"
        return f"{self.asnumpy()}{ctx}"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.ndim == 0 else format(str(self), spec)

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ArgumentError(
                array_label(self), "has no single truth value", fix="Use np.any(x) or np.all(x)."
            )
        return bool(self.size) and bool(self.asscalar())

    # -- ways out -------------------------------------------------------------------------------------

    def item(self, *args: Any) -> Any:
        """Return one element as a Python number.

        Args:
            args: nothing, for the only element; its place in the flat array, or its index on each axis.

        Raises:
            ArgumentError: there are several elements, and no place is given.
        """
        if not args:
            return super().item()
        return self.asnumpy().item(*args)

    def asscalar(self) -> Any:
        """Return the only element, as a NumPy scalar."""
        return super().asscalar()

    def astype(  # type: ignore[override]
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> ndarray:
        """Return the array in another dtype. From float to integer it truncates; out of range it wraps.

        Args:
            dtype: the new element type.
            order: "K" or "C".
            casting: "unsafe".
            subok: True.
            copy: False returns the array itself where the dtype is this one already.

        Raises:
            ArgumentError: another order or casting.
        """
        if order not in ("C", "K") or casting != "unsafe":
            raise ArgumentError(
                "ndarray.astype()",
                "cannot convert so",
                expected="order 'C' or 'K', casting 'unsafe'",
                received=f"order {order!r}, casting {casting!r}",
            )
        return super().astype(dtype, copy=copy)  # type: ignore[return-value]  # of the family

    def copy(self, order: str = "C") -> ndarray:
        """Return a copy on the same context; recorded like any operator."""
        if order not in ("C", "K", "A"):
            raise UnsupportedError("ndarray.copy()", "knows one order", expected="'C'", received=repr(order))
        return super().copy()  # type: ignore[return-value]

    # -- NumPy's protocols ------------------------------------------------------------------------------

    def __array_ufunc__(  # type: ignore[override]  # NDArray has none
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        """Let ``numpy.add(x, 1)`` be ``mx.np.add(x, 1)``; arrays of NumPy's own do not mix with these."""
        if method != "__call__" or any(isinstance(each, np.ndarray) for each in inputs):
            return NotImplemented
        function = _named(ufunc.__name__)
        if function is None:
            return NotImplemented
        if "out" in kwargs:
            (kwargs["out"],) = kwargs["out"]
        return function(*inputs, **kwargs)

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Let ``numpy.sum(x)`` be ``mx.np.sum(x)``."""
        within = func.__module__.removeprefix("numpy").removeprefix(".")
        function = _named(func.__name__, "linalg" if "linalg" in within else None)
        return NotImplemented if function is None else function(*args, **kwargs)


def _named(name: str, space: str | None = None) -> Callable[..., Any] | None:
    from gluonish import numpy  # noqa: PLC0415  the namespace is above the array

    return getattr(getattr(numpy, space) if space else numpy, name, None)


ndarray.family = ndarray
ndarray.make = ndarray


# -- Python's operators ---------------------------------------------------------------------------------

_OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "matmul": "matmul",
    "eq": "equal",
    "ne": "not_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "lt": "less",
    "le": "less_equal",
}
"""The function behind each of Python's operators of two operands."""

_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")

_UNARY = {"neg": "negative", "abs": "abs", "invert": "invert"}


def _function(name: str) -> Callable[..., Any]:
    return matmul if name == "matmul" else getattr(elementwise, name)


def _binary_method(name: str, *, reflected: bool) -> Callable[..., Any]:
    function = _function(name)

    def method(self: ndarray, other: Any) -> Any:
        if not isinstance(other, NDArray) and not is_number(other):
            return NotImplemented
        return function(other, self) if reflected else function(self, other)

    return method


def _in_place_method(name: str) -> Callable[..., Any]:
    function = _function(name)

    def method(self: ndarray, other: Any) -> Any:
        if not isinstance(other, NDArray) and not is_number(other):
            return NotImplemented
        result = function(self, other)
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise DTypeError(
                array_label(self),
                f"cannot take the result of {name} in place",
                expected=self.dtype,
                received=result.dtype,
            )
        result.copyto(self)
        return self

    return method


def _unary_method(name: str) -> Callable[..., Any]:
    function = _function(name)

    def method(self: ndarray) -> Any:
        return function(self)

    return method


def _install_python_operators() -> None:
    for name, word in _OPERATORS.items():
        setattr(ndarray, f"__{name}__", _binary_method(word, reflected=False))
        if name not in _COMPARISONS:
            setattr(ndarray, f"__r{name}__", _binary_method(word, reflected=True))
            setattr(ndarray, f"__i{name}__", _in_place_method(word))
    for name, word in _UNARY.items():
        setattr(ndarray, f"__{name}__", _unary_method(word))
    ndarray.__hash__ = NDArray.__hash__  # type: ignore[method-assign]  # defining __eq__ took it away


_install_python_operators()
