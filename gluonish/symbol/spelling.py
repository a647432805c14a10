"""How parameters and attributes are written as strings, in MXNet's spelling, and read again."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from gluonish.dtype import as_dtype, dtype_name
from gluonish.errors import ArgumentError
from gluonish.serialization.records import CODE_OF_DTYPE, DTYPE_OF_CODE
from gluonish.shape import PartialShape, from_mxnet
from gluonish.util import is_np_shape

__all__ = [
    "STORAGE_TYPES",
    "as_partial",
    "read_dtype",
    "read_shape",
    "read_stype",
    "spelled",
    "spelled_dtype",
    "spelled_shape",
]

STORAGE_TYPES = {"default": "0", "row_sparse": "1", "csr": "2"}
"""How an attribute ``__storage_type__`` says it."""


def spelled(value: Any) -> str:
    """Return a parameter as a string.

    Example:
        >>> spelled((3, 3)), spelled(True), spelled(1e-5), spelled(np.dtype("float16"))
        ('(3, 3)', 'True', '1e-05', 'float16')
    """
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return dtype_name(as_dtype(value))
    if isinstance(value, np.floating):
        return str(value)  # fewer digits than Python's number of that size would have
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


def read_stype(text: str | None) -> str:
    """Return the storage type that an attribute ``__storage_type__`` says; ``"default"`` for none."""
    return next((stype for stype, number in STORAGE_TYPES.items() if number == text), "default")


def as_partial(value: Any, owner: str) -> PartialShape:
    """Return the shape that a program means: where NumPy's semantics are on, 0 and () are sizes.

    Raises:
        ArgumentTypeError, ArgumentError: it is none.
    """
    if is_np_shape():
        return from_mxnet(value, owner=owner, zero_is_unknown=False)
    return from_mxnet(None if value == () else value, owner=owner)


def spelled_shape(shape: PartialShape) -> tuple[int, ...] | None:
    """Return a shape as MXNet writes it: the inverse of ``as_partial``."""
    unknown = -1 if is_np_shape() else 0
    if shape is None:
        return None if is_np_shape() else ()
    return tuple(unknown if dim is None else dim for dim in shape)


def read_shape(text: str | None, owner: str) -> PartialShape:
    """Return the shape that an attribute ``__shape__`` says.

    Raises:
        ArgumentError: it is none.
    """
    if text is None or text == "None":
        return None
    try:
        return as_partial(ast.literal_eval(text), owner)
    except (ValueError, SyntaxError) as error:
        raise ArgumentError(
            owner, "cannot be read", expected="a tuple of sizes", received=repr(text)
        ) from error
