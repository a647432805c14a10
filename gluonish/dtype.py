"""Element types: one function that turns any spelling into a NumPy dtype."""

from __future__ import annotations

import re
from typing import Any

import ml_dtypes
import numpy as np

from gluonish.errors import DTypeError

__all__ = ["SUPPORTED", "as_dtype", "dtype_name", "is_float", "is_integer"]

bfloat16 = np.dtype(ml_dtypes.bfloat16)

SUPPORTED: tuple[np.dtype[Any], ...] = (
    *(np.dtype(name) for name in ("float16", "float32", "float64")),
    bfloat16,
    *(np.dtype(name) for name in ("bool", "int8", "int16", "int32", "int64")),
    *(np.dtype(name) for name in ("uint8", "uint16", "uint32", "uint64")),
)

_FLOATS = frozenset((*SUPPORTED[:3], bfloat16))
_CANONICAL = {each: each for each in SUPPORTED}
"""The one object for each dtype, so that equal ones are mostly identical too, which is faster to see."""

_SPELLINGS: dict[Any, np.dtype[Any]] = {**_CANONICAL, "bfloat16": bfloat16}


_NAME = re.compile(r"[<>=|]?(\?|[A-Za-z]\w*)", re.ASCII)
"""What the name of one element type looks like: ``float32``, ``<f4``, ``?``."""


def as_dtype(value: Any) -> np.dtype[Any]:
    """Return the NumPy dtype that ``value`` names.

    Args:
        value: a dtype, a NumPy scalar type such as ``np.float16``, a name such as ``"bfloat16"``, or one
            of the builtins ``float`` (float64, as in NumPy and MXNet), ``int`` and ``bool``.

    Raises:
        DTypeError: a name that is no dtype, or a dtype gluonish has no arrays of (complex, strings ...).

    Example:
        >>> as_dtype("float16"), as_dtype(np.int32), as_dtype(float)
        (dtype('float16'), dtype('int32'), dtype('float64'))
    """
    try:
        found = _SPELLINGS.get(value)
    except TypeError:  # unhashable: certainly no spelling of a dtype
        found = None
    return _parsed(value) if found is None else found


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


def is_float(value: Any) -> bool:
    """Tell whether a dtype is a floating-point one, bfloat16 included.

    Example:
        >>> is_float("bfloat16"), is_float("int8")
        (True, False)
    """
    return as_dtype(value) in _FLOATS


def is_integer(value: Any) -> bool:
    """Tell whether a dtype is a signed or unsigned integer (bool is neither)."""
    return as_dtype(value).kind in "iu"
