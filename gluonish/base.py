"""``mx.base``: the error class, kinds of Python values, and other small things that programs take from it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, MXNetError, SymbolValueError

__all__ = [
    "ClassPropertyType",
    "MXNetError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "basestring",
    "c_str",
    "classproperty",
    "data_dir",
    "error_types",
    "integer_types",
    "long",
    "mx_real_t",
    "numeric_types",
    "py_str",
    "register_error",
    "string_types",
    "with_metaclass",
]

# -- errors -----------------------------------------------------------------------------------------------

NotImplementedForSymbol = SymbolValueError
"""MXNet's name for the error about a symbol of which something is asked that only an array has."""


class NotSupportedForSparseNDArray(MXNetError, NotImplementedError):  # noqa: N818  MXNet's name
    """Something that dense arrays can do was asked of a sparse one."""


error_types: dict[str, type[BaseException]] = {
    each.__name__: each for each in (ValueError, TypeError, AttributeError, IndexError, NotImplementedError)
}
"""Error classes by name; those of programs are added by ``register_error``."""


def register_error(func_name: Any = None, cls: type[BaseException] | None = None) -> Any:
    """Enter an error class into ``error_types``.

    Args:
        func_name: its name there, or the class itself, which is entered by its own name.
        cls: the class; without it, a decorator is returned.

    Returns:
        The class, or a decorator.

    Example:
        >>> @register_error
        ... class PaperJamError(RuntimeError):
        ...     pass
        >>> error_types.pop("PaperJamError") is PaperJamError
        True
    """
    if isinstance(func_name, type):
        func_name, cls = func_name.__name__, func_name

    def register(declared: type[BaseException]) -> type[BaseException]:
        error_types[func_name or declared.__name__] = declared
        return declared

    return register if cls is None else register(cls)


# -- kinds of values --------------------------------------------------------------------------------------

long = int
basestring = str
string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)
mx_real_t = np.float32
mx_uint = ctypes.c_uint
mx_int = ctypes.c_int
mx_float = ctypes.c_float
NDArrayHandle = ctypes.c_void_p


class _NullType:
    """The type of ``_Null``."""

    def __repr__(self) -> str:
        return "_Null"


_Null = _NullType()
"""What MXNet's generated functions have as the default of an argument that is not given."""


def _as_list(obj: Any) -> Any:
    """Return a list or tuple itself, and anything else as the only entry of a list."""
    return obj if isinstance(obj, (list, tuple)) else [obj]


def c_str(string: str) -> ctypes.c_char_p:
    """Return a string as C has it."""
    return ctypes.c_char_p(string.encode("utf-8"))


def py_str(x: bytes | str) -> str:
    """Return a string of C as Python has it; one of Python, such as a hook is given here, as it is."""
    return x.decode("utf-8") if isinstance(x, bytes) else x


def data_dir() -> str:
    """Return the folder for downloaded data: the environment's ``MXNET_HOME``, or ``~/.mxnet``."""
    return os.environ.get("MXNET_HOME") or data_dir_default()


def data_dir_default() -> str:
    """Return the folder for downloaded data where no environment variable names one."""
    if os.name == "nt":
        return str(Path(os.environ.get("APPDATA", "~")).expanduser() / "mxnet")
    return str(Path("~", ".mxnet").expanduser())


# -- properties of classes --------------------------------------------------------------------------------


class classproperty:  # noqa: N801  MXNet's name, and written like ``property``
    """A property of a class itself; assigning to it needs ``ClassPropertyType`` as the metaclass.

    Args:
        fget: gets the class, returns the value.
        fset: gets the class and a new value.

    Example:
        >>> class Clock(metaclass=ClassPropertyType):
        ...     _hour = 3
        ...     @classproperty
        ...     def hour(cls):
        ...         return cls._hour
        ...     @hour.setter
        ...     def hour(cls, value):
        ...         cls._hour = value
        >>> Clock.hour = 4
        >>> Clock.hour
        4
    """

    def __init__(self, fget: Callable[[Any], Any], fset: Callable[[Any, Any], None] | None = None) -> None:
        self._fget = fget
        self._fset = fset
        self.__doc__ = fget.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._fget(owner if owner is not None else type(instance))

    def setter(self, fset: Callable[[Any, Any], None]) -> classproperty:
        """Return a property that can be assigned to, too."""
        return type(self)(self._fget, fset)

    def assign(self, owner: type, value: Any) -> None:
        """Carry out an assignment to the attribute of the class.

        Raises:
            ArgumentError: the property has no setter.
        """
        if self._fset is None:
            raise ArgumentError(f"A property of class {owner.__name__}", "cannot be assigned to")
        self._fset(owner, value)


class ClassPropertyType(type):
    """The metaclass of classes that have properties of their own."""

    def __setattr__(cls, name: str, value: Any) -> None:
        declared = next((vars(each)[name] for each in cls.__mro__ if name in vars(each)), None)
        if isinstance(declared, classproperty):
            declared.assign(cls, value)
        else:
            super().__setattr__(name, value)


_MXClassPropertyMetaClass = ClassPropertyType


def with_metaclass(meta: type[type], *bases: type) -> type:
    """Return a class to derive from: the derived one has the metaclass and the bases."""
    return meta("temporary_class", bases, {})
