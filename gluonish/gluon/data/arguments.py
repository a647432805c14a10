"""Checks of arguments that several modules of this package share."""

from __future__ import annotations

import operator
from typing import Any

from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["as_integer"]


def as_integer(value: Any, name: str, *, least: int | None = None) -> int:
    """Return ``value`` as an int.

    Args:
        value: what was given.
        name: of the argument, for messages.
        least: the smallest value allowed; None for any.

    Raises:
        ArgumentTypeError: it is no integer.
        ArgumentError: it is below ``least``.

    Example:
        >>> import numpy as np
        >>> as_integer(np.int64(3), "batch_size", least=1)
        3
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(name, "is no integer", expected="an integer", received=repr(value)) from None
    if least is not None and number < least:
        raise ArgumentError(name, "is too small", expected=f"{least} or more", received=number)
    return number
