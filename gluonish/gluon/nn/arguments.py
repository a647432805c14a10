"""Checks of the arguments that layers are made with."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

from gluonish.errors import ArgumentError

__all__ = ["LAYOUTS", "as_count", "as_sizes", "check_number", "checked_layout"]

LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}
"""The orders of axes, by the number of dimensions; the first is the usual one."""


def as_count(layer: str, argument: str, value: Any, least: int) -> int:
    """Return a number of things as an int.

    Raises:
        ArgumentError: it is no integer, or below ``least``.

    Example:
        >>> import numpy as np
        >>> as_count("Dense", "units", np.int64(3), 1)
        3
    """
    count = _as_int(value)
    if count is None or count < least:
        raise ArgumentError(
            layer,
            f"has an impossible {argument}",
            expected=f"an integer of {least} or more",
            received=repr(value),
        )
    return count


def as_sizes(layer: str, argument: str, value: Any, ndim: int, least: int) -> tuple[int, ...]:
    """Return a size per dimension from one number or several.

    Raises:
        ArgumentError: another number of sizes, or an impossible one.

    Example:
        >>> as_sizes("Conv2D", "kernel_size", 3, 2, 1), as_sizes("Conv2D", "kernel_size", [3, 5], 2, 1)
        ((3, 3), (3, 5))
    """
    given = value if isinstance(value, (list, tuple)) else (value,) * ndim
    sizes = tuple(size for size in map(_as_int, given) if size is not None and size >= least)
    if not len(sizes) == len(given) == ndim:
        raise ArgumentError(
            layer,
            f"has an impossible {argument}",
            expected=f"an integer of {least} or more, or {ndim} of them",
            received=repr(value),
        )
    return sizes


def check_number(
    layer: str, argument: str, value: Any, least: float | None = None, most: float | None = None
) -> None:
    """Refuse what is no number, or out of bounds.

    Raises:
        ArgumentError: it is.
    """
    if least is None:
        expected = "a number"
    else:
        expected = f"a number of {least} or more" if most is None else f"a number from {least} to {most}"
    number = float(value) if isinstance(value, Real) else math.nan
    if math.isnan(number) or (least is not None and number < least) or (most is not None and number > most):
        raise ArgumentError(layer, f"has an impossible {argument}", expected=expected, received=repr(value))


def checked_layout(layer: str, layout: str, ndim: int) -> str:
    """Return the order of axes, if it is a possible one.

    Raises:
        ArgumentError: it is none.
    """
    if layout not in LAYOUTS[ndim]:
        raise ArgumentError(
            layer,
            "has an unknown layout",
            expected=" or ".join(map(repr, LAYOUTS[ndim])),
            received=repr(layout),
        )
    return layout


def _as_int(value: Any) -> int | None:
    try:
        return operator.index(value)
    except TypeError:
        return None
