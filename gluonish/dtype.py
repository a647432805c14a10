"""Element types: one function that turns any spelling into a NumPy dtype."""

from __future__ import annotations

import re
from typing import Any

import ml_dtypes
import numpy as np

from gluonish.errors import DTypeError

__all__ = [
    "COMPLEX",
    "SUPPORTED",
    "any_dtype",
    "as_dtype",
    "complex_dtype",
    "dtype_name",
    "is_complex",
    "is_float",
    "is_integer",
]

bfloat16 = np.dtype(ml_dtypes.bfloat16)

SUPPORTED: tuple[np.dtype[Any], ...] = (
    *(np.dtype(name) for name in ("float16", "float32", "float64")),
    bfloat16,
    *(np.dtype(name) for name in ("bool", "int8", "int16", "int32", "int64")),
    *(np.dtype(name) for name in ("uint8", "uint16", "uint32", "uint64")),
)

COMPLEX: tuple[np.dtype[Any], ...] = (np.dtype("complex64"), np.dtype("complex128"))
"""What Tensors may hold besides; arrays of MXNet's kinds never do."""

_FLOATS = frozenset((*SUPPORTED[:3], bfloat16))
_CANONICAL = {each: each for each in SUPPORTED}
"""The one object for each dtype, so that equal ones are mostly identical too, which is faster to see."""

_SPELLINGS: dict[Any, np.dtype[Any]] = {**_CANONICAL, "bfloat16": bfloat16}


_COMPLEX_SPELLINGS: dict[Any, np.dtype[Any]] = {
    **{
        spelled: each
        for each in COMPLEX
        for spelled in (each, each.newbyteorder(), each.type, each.name, each.str)
    },
    complex: COMPLEX[1],
}

_NAME = re.compile(r"[<>=|]?(\?|[A-Za-z]\w*)", re.ASCII)
"""What the name of one element type looks like: ``float32``, ``<f4``, ``?``."""


def as_dtype(value: Any) -> np.dtype[Any]:
    """Return the NumPy dtype that ``value`` names.

    Args:
        value: a dtype, a NumPy scalar type such as ``np.float16``, a name such as ``"bfloat16"``, or one
            of the builtins ``float`` (float64, as in NumPy and MXNet), ``int`` and ``bool``.

    Raises:
        DTypeError: a name that is no dtype, or a dtype MXNet's arrays do not have (complex, strings ...).

    Example:
        >>> as_dtype("float16"), as_dtype(np.int32), as_dtype(float)
        (dtype('float16'), dtype('int32'), dtype('float64'))
    """
    try:
        found = _SPELLINGS.get(value)
    except TypeError:  # unhashable: certainly no spelling of a dtype
        found = None
    return _parsed(value) if found is None else found


def any_dtype(value: Any) -> np.dtype[Any]:
    """Return the NumPy dtype that ``value`` names, which may be a complex one: for Tensors.

    Args:
        value: what ``as_dtype`` takes, ``"complex64"``, ``"complex128"``, or the builtin ``complex``
            (complex128, as in NumPy).

    Raises:
        DTypeError: as of ``as_dtype``, for other dtypes.

    Example:
        >>> any_dtype("complex64"), any_dtype("float16")
        (dtype('complex64'), dtype('float16'))
    """
    try:
        found = _COMPLEX_SPELLINGS.get(value)
    except TypeError:  # unhashable
        found = None
    return as_dtype(value) if found is None else found


def _parsed(value: Any) -> np.dtype[Any]:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        raise _unsupported(value)  # NumPy parses records and shapes too, and crashes on some texts
    try:
        # np.dtype(None) is float64: a missing dtype must not become one.
        found = None if value is None else _CANONICAL.get(np.dtype(value).newbyteorder("="))
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise _unsupported(value)
    if isinstance(value, (str, type, np.dtype)):  # not any object that has a dtype: it would be kept alive
        _SPELLINGS[value] = found
    return found


def _unsupported(value: Any) -> DTypeError:
    return DTypeError(
        f"dtype {value!r:.60}",
        "is not supported",
        expected="one of " + ", ".join(dtype_name(d) for d in SUPPORTED),
    )


def dtype_name(value: Any) -> str:
    """Return the short name of a dtype, ``"float32"``, in whatever way it was spelled."""
    return np.dtype(value).name if value is not None else "?"


def is_complex(value: Any) -> bool:
    """Tell whether a dtype is a complex one.

    Example:
        >>> is_complex("complex64"), is_complex("float64")
        (True, False)
    """
    return np.dtype(value).kind == "c"


def complex_dtype(value: Any) -> np.dtype[Any]:
    """Return the complex dtype beside a dtype: complex128 for float64, else complex64; itself if complex.

    Example:
        >>> complex_dtype("float64"), complex_dtype("int64")
        (dtype('complex128'), dtype('complex64'))
    """
    dtype = np.dtype(value)
    return COMPLEX[dtype in (np.dtype("float64"), COMPLEX[1])]


def is_float(value: Any) -> bool:
    """Tell whether a dtype is a floating-point one, bfloat16 included.

    Example:
        >>> is_float("bfloat16"), is_float("int8")
        (True, False)
    """
    return any_dtype(value) in _FLOATS


def is_integer(value: Any) -> bool:
    """Tell whether a dtype is a signed or unsigned integer (bool is neither)."""
    return any_dtype(value).kind in "iu"
