"""What transformations of images are made of: checks and random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish import random
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.shape import format_shape

__all__ = ["INTERPOLATIONS", "check_image", "drawn", "pair"]

IMAGE_AXES = (3, 4)  # an image, or a batch of them
INTERPOLATIONS = range(5)


def check_image(owner: str, x: Any, axes: str) -> None:
    """Refuse what is no array of an image, or of several.

    Raises:
        ArgumentTypeError: it is no array.
        ShapeMismatchError: it has another number of axes.
    """
    if not isinstance(x, NDArray):
        raise ArgumentTypeError(owner, "works on arrays", expected="an NDArray", received=type(x).__name__)
    if x.ndim not in IMAGE_AXES:
        raise ShapeMismatchError(
            owner,
            "takes images",
            expected=f"shape {axes}, or a batch of such images",
            received=format_shape(x.shape),
        )


def pair(owner: str, size: Any) -> tuple[int, int]:
    """Return a size as (width, height); a number is both."""
    values = (size, size) if isinstance(size, (int, np.integer)) else tuple(size)
    if len(values) != 2 or min(values) < 1:  # noqa: PLR2004
        raise ArgumentError(owner, "needs a size", expected="a number, or (width, height)", received=size)
    return int(values[0]), int(values[1])


def drawn(low: float, high: float) -> float:
    """Draw a number from the stream that ``mx.random.seed`` seeds."""
    return float(random.uniform(low, high, shape=(1,)).asscalar())
