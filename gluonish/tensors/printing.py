"""How tensors are printed: as nested lists of Python numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["as_text"]


def as_text(host: np.ndarray[Any, Any], prefix: str = "") -> str:
    """Return the content of an array as nested lists, rows below each other; long ones are shortened.

    Args:
        host: the array.
        prefix: what stands before it on its first line.

    Example:
        >>> print(as_text(np.array([[1, 2.5]], "float32")))
        [[1.0, 2.5]]
    """
    shown = host.astype("float32") if host.dtype.kind == "V" or host.dtype.name == "bfloat16" else host
    formats: Any = {"float_kind": _float, "complex_kind": _complex}
    return np.array2string(shown, separator=", ", prefix=prefix, formatter=formats)


def _complex(value: Any) -> str:
    sign = "-" if np.signbit(value.imag) else "+"
    return f"{_float(value.real)}{sign}{_float(abs(value.imag))}j"


def _float(value: Any) -> str:
    number = float(np.format_float_positional(value, precision=4, unique=True, fractional=False))
    return repr(number)
