"""``mx.util``: NumPy's semantics as a switch, environment variables, and what GPUs there are.

Under NumPy's *shape* semantics ``()`` is the shape of a scalar and 0 the length of an axis without elements;
in MXNet's classic semantics both stand for "unknown". Under its *array* semantics arrays are
``mx.np.ndarray`` where they would be ``mx.nd.NDArray``. Both switches belong to the calling thread.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "is_np_array",
    "is_np_shape",
    "np_array",
    "np_shape",
    "reset_np",
    "set_module",
    "set_np",
    "set_np_shape",
    "use_np",
    "use_np_array",
    "use_np_shape",
]

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


# -- the switches -----------------------------------------------------------------------------------------


class _Switches(threading.local):
    """The switches of this thread, and what they were around each scope that it is in."""

    shape: bool = False
    array: bool = False

    def __init__(self) -> None:
        self.outer: list[tuple[bool, bool]] = []


_SWITCHES = _Switches()


def is_np_shape() -> bool:
    """Tell whether shapes have NumPy's semantics in this thread."""
    return _SWITCHES.shape


def is_np_array() -> bool:
    """Tell whether new arrays are ``mx.np.ndarray`` in this thread."""
    return _SWITCHES.array


def set_np_shape(active: bool) -> bool:
    """Switch NumPy's shape semantics on or off, and return what it was. A scope, ``np_shape``, is safer.

    Raises:
        ArgumentTypeError: not a truth value.
    """
    if not isinstance(active, int):
        raise ArgumentTypeError(
            "set_np_shape()", "needs a truth value", expected="True or False", received=repr(active)
        )
    before, _SWITCHES.shape = _SWITCHES.shape, bool(active)
    return before


def set_np(shape: bool = True, array: bool = True) -> None:
    """Switch NumPy's semantics on or off for this thread.

    Args:
        shape: of shapes.
        array: of arrays, which needs that of shapes.

    Raises:
        ArgumentError: arrays without shapes.

    Example:
        >>> set_np()
        >>> is_np_shape(), is_np_array()
        (True, True)
        >>> reset_np()
    """
    if array and not shape:
        raise ArgumentError(
            "set_np()",
            "cannot give arrays NumPy's semantics without giving it to shapes",
            expected="shape=True with array=True",
        )
    _SWITCHES.shape, _SWITCHES.array = bool(shape), bool(array)


def reset_np() -> None:
    """Switch NumPy's semantics off."""
    set_np(shape=False, array=False)


class _Scope:
    """Set the switches inside a ``with`` block. It may be entered inside itself, and by several threads.

    Args:
        shape: the value inside the scope; None leaves it as it is.
        array: likewise.
    """

    def __init__(self, *, shape: bool | None = None, array: bool | None = None) -> None:
        self._shape = shape
        self._array = array

    def __enter__(self) -> None:
        _SWITCHES.outer.append((_SWITCHES.shape, _SWITCHES.array))
        if self._shape is not None:
            _SWITCHES.shape = self._shape
        if self._array is not None:
            _SWITCHES.array = self._array

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _SWITCHES.shape, _SWITCHES.array = _SWITCHES.outer.pop()


def np_shape(active: bool = True) -> _Scope:
    """Return a scope with NumPy's shape semantics, or without.

    Example:
        >>> with np_shape():
        ...     is_np_shape()
        True
    """
    return _Scope(shape=bool(active))


def np_array(active: bool = True) -> _Scope:
    """Return a scope with NumPy's array semantics, or without."""
    return _Scope(array=bool(active))


# -- decorators -------------------------------------------------------------------------------------------


def use_np_shape(func: _Decorated) -> _Decorated:
    """Decorate a function, or a class with all its methods, to run with NumPy's shape semantics.

    Raises:
        ArgumentTypeError: neither a class nor a function.

    Example:
        >>> @use_np_shape
        ... def inside():
        ...     return is_np_shape()
        >>> inside(), is_np_shape()
        (True, False)
    """
    return _scoped(func, _Scope(shape=True), "use_np_shape")


def use_np_array(func: _Decorated) -> _Decorated:
    """Decorate a function, or a class with all its methods, to run with NumPy's array semantics.

    Raises:
        ArgumentTypeError: neither a class nor a function.
    """
    return _scoped(func, _Scope(array=True), "use_np_array")


def use_np(func: _Decorated) -> _Decorated:
    """Decorate a function, or a class with all its methods, to run with NumPy's semantics.

    Raises:
        ArgumentTypeError: neither a class nor a function.
    """
    return _scoped(func, _Scope(shape=True, array=True), "use_np")


def _scoped(func: Any, scope: _Scope, decorator: str) -> Any:
    if inspect.isclass(func):
        for name, member in list(vars(func).items()):
            wrapped = _scoped_member(member, scope)
            if wrapped is not member:
                setattr(func, name, wrapped)
        return func
    if not callable(func):
        raise ArgumentTypeError(
            f"{decorator}()",
            "decorates classes and functions",
            expected="one of them",
            received=type(func).__name__,
        )

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        with scope:
            return func(*args, **kwargs)

    return call


def _scoped_member(member: Any, scope: _Scope) -> Any:
    """Return a member of a class so that its code runs in a scope; what holds no code stays as it is."""
    if inspect.isfunction(member):
        return _scoped(member, scope, "")
    if isinstance(member, (staticmethod, classmethod)):
        return type(member)(_scoped(member.__func__, scope, ""))
    if isinstance(member, property):
        parts = (member.fget, member.fset, member.fdel)
        get, set_, delete = (part and _scoped(part, scope, "") for part in parts)
        return property(get, set_, delete, member.__doc__)
    return member


def set_module(module: str) -> Callable[[_Decorated], _Decorated]:
    """Return a decorator that says that a function or class is from this module."""

    def decorate(func: _Decorated) -> _Decorated:
        func.__module__ = module
        return func

    return decorate
