"""How parameters and attributes are written as strings, in MXNet's spelling, and read again."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from gluonish.dtype import as_dtype, dtype_name
from gluonish.errors import ArgumentError
from gluonish.serialization.records import CODE_OF_DTYPE, DTYPE_OF_CODE
from gluonish.shape import PartialShape, from_mxnet

__all__ = ["read_dtype", "read_shape", "spelled", "spelled_dtype"]


def spelled(value: Any) -> str:
    """Return a parameter as a string.

    Example:
        >>> spelled((3, 3)), spelled(True), spelled(1e-5), spelled(np.dtype("float16"))
        ('(3, 3)', 'True', '1e-05', 'float16')
    """
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return dtype_name(as_dtype(value))
    if isinstance(value, np.generic):
        return str(value.item())
    if isinstance(value, tuple):
        return str(tuple(each.item() if isinstance(each, np.generic) else each for each in value))
    return str(value)


def spelled_dtype(dtype: Any) -> str:
    """Return the number that MXNet has for an element type, as a string."""
    return str(CODE_OF_DTYPE[as_dtype(dtype)])


def read_dtype(text: str | None) -> np.dtype[Any] | None:
    """Return the element type that an attribute ``__dtype__`` says; None for none.

    Raises:
        ArgumentError: it says nothing known.
    """
    if text in (None, "-1", "None"):
        return None
    try:
        return DTYPE_OF_CODE[int(text)]
    except (KeyError, ValueError):
        pass
    try:
        return as_dtype(text)
    except ValueError as error:
        raise ArgumentError("An attribute __dtype__", f"cannot be read: {error}") from error


def read_shape(text: str | None, owner: str) -> PartialShape:
    """Return the shape that an attribute ``__shape__`` says.

    Raises:
        ArgumentError: it is none.
    """
    if text is None or text == "None":
        return None
    try:
        return from_mxnet(ast.literal_eval(text), owner=owner)
    except (ValueError, SyntaxError) as error:
        raise ArgumentError(
            owner, "cannot be read", expected="a tuple of sizes", received=repr(text)
        ) from error
