"""``mx.util``: NumPy's semantics as a switch, environment variables, and what GPUs there are.

Under NumPy's *shape* semantics ``()`` is the shape of a scalar and 0 the length of an axis without elements;
in MXNet's classic semantics both stand for "unknown". Under its *array* semantics arrays are
``mx.np.ndarray`` where they would be ``mx.nd.NDArray``. Both switches belong to the calling thread; that of
shapes can be set for all threads too.
"""

from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from gluonish.context import DEVICES, Context, gpu_memory_info, num_gpus
from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "get_gpu_count",
    "get_gpu_memory",
    "getenv",
    "is_np_array",
    "is_np_shape",
    "makedirs",
    "np_array",
    "np_shape",
    "reset_np",
    "set_module",
    "set_np",
    "set_np_shape",
    "setenv",
    "use_np",
    "use_np_array",
    "use_np_shape",
]

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


# -- the switches -----------------------------------------------------------------------------------------


class _Switches(threading.local):
    """The switches of this thread, and what they were around each scope that it is in.

    What the class holds counts for threads that have set nothing.
    """

    shape: bool = False
    array: bool = False

    def __init__(self) -> None:
        self.outer: list[tuple[bool, bool]] = []


_SWITCHES = _Switches()

EVERYWHERE = 2
"""What ``set_np_shape`` takes for all threads."""


def is_np_shape() -> bool:
    """Tell whether shapes have NumPy's semantics in this thread."""
    return _SWITCHES.shape


def is_np_array() -> bool:
    """Tell whether new arrays are ``mx.np.ndarray`` in this thread."""
    return _SWITCHES.array


def set_np_shape(active: bool | int) -> bool:
    """Switch NumPy's shape semantics on or off, and return what it was. A scope, ``np_shape``, is safer.

    Args:
        active: whether they are on in this thread; 2 for on in all threads that have not chosen themselves,
            until it is switched off again.

    Raises:
        ArgumentTypeError: none of these.
    """
    if not isinstance(active, int):
        raise ArgumentTypeError(
            "set_np_shape()", "needs a truth value", expected="True or False", received=repr(active)
        )
    before, _SWITCHES.shape = _SWITCHES.shape, bool(active)
    if active == EVERYWHERE or not active:
        _Switches.shape = bool(active)
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
    set_np_shape(shape)
    _SWITCHES.array = bool(array)


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

    def __enter__(self) -> _Scope:
        _SWITCHES.outer.append((_SWITCHES.shape, _SWITCHES.array))
        if self._shape is not None:
            _SWITCHES.shape = self._shape
        if self._array is not None:
            _SWITCHES.array = self._array
        return self

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
    return _NumpyArrayScope(active)


class _CurrentArrayScope:
    """What ``_NumpyArrayScope._current`` was in MXNet: this thread's switch, as a scope to be assigned."""

    @property
    def value(self) -> _NumpyArrayScope:
        return _NumpyArrayScope(is_np_array())

    @value.setter
    def value(self, scope: _NumpyArrayScope) -> None:
        _SWITCHES.array = scope._is_np_array  # noqa: SLF001  its own


class _NumpyArrayScope(_Scope):
    """The scope of ``np_array``, under the name and with the members by which programs for MXNet know it."""

    _current: ClassVar[Any] = _CurrentArrayScope()

    def __init__(self, is_np_array: bool) -> None:
        super().__init__(array=bool(is_np_array))

    @property
    def _is_np_array(self) -> bool:
        return bool(self._array)


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


# -- the machine ------------------------------------------------------------------------------------------


def getenv(name: str) -> str | None:
    """Return an environment variable, or None."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable; None deletes it."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = str(value)


def makedirs(d: str | os.PathLike[str]) -> None:
    """Make a folder, with those above it, unless it is there."""
    Path(d).expanduser().mkdir(parents=True, exist_ok=True)


def get_gpu_count() -> int:
    """Return the number of GPUs that arrays can be put on."""
    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Return the free and the total memory of a GPU, in bytes; see ``context.gpu_memory_info``."""
    return gpu_memory_info(gpu_dev_id)


def get_cuda_compute_capability(ctx: Any) -> int:
    """Return the compute capability of a GPU as a number: 90 for 9.0.

    Raises:
        ArgumentError: not a gpu context.
        DeviceUnavailableError: there is no such GPU, or it cannot be used here.
    """
    if not isinstance(ctx, Context) or ctx.device_type != "gpu":
        raise ArgumentError(
            "get_cuda_compute_capability()", "asks a GPU", expected="a gpu context", received=ctx
        )
    return DEVICES.capability(ctx)
