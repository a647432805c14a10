"""Transformations that rotate images. Images have channels first, as ``ToTensor`` leaves them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.dtype import dtype_name, is_float
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError, DTypeError
from gluonish.gluon.block import Block
from gluonish.gluon.data.vision.images import check_image, drawn

__all__ = ["RandomRotation", "Rotate"]


class Rotate(Block):
    """Rotate an image around its centre. It keeps its shape; what comes from outside of it is 0.

    Args:
        rotation_degrees: the angle in degrees; at 90 the right edge becomes the upper one.
        zoom_in: magnify until nothing is seen from outside of the image.
        zoom_out: shrink until the whole image is seen.

    Raises:
        ArgumentError: both zooms at once.
        ShapeMismatchError: when called: the array is no image with channels first.
        DTypeError: when called: the values are no floating-point numbers.

    Example:
        >>> import gluonish as mx
        >>> image = mx.nd.array([[[1, 2], [3, 4]]])
        >>> Rotate(90)(image)[0].asnumpy().round(4).tolist()
        [[2.0, 4.0], [1.0, 3.0]]
    """

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> None:
        super().__init__()
        if zoom_in and zoom_out:
            raise ArgumentError(type(self).__name__, "cannot zoom in and out at once")
        self._degrees = rotation_degrees
        self._zoom = -1 if zoom_in else 1 if zoom_out else 0

    def forward(self, x: NDArray) -> Any:
        """Rotate an image of shape (channels, height, width), or each of a batch."""
        check_image(type(self).__name__, x, "(channels, height, width)")
        if not is_float(x.dtype):
            raise DTypeError(
                type(self).__name__,
                "needs floating-point numbers",
                received=dtype_name(x.dtype),
                fix="Apply ToTensor() or Cast() first.",
            )
        images = x.reshape((-1, *x.shape[-3:]))
        height, width = x.shape[-2:]
        grids = [_grid(height, width, self.degrees(), self._zoom) for _ in range(len(images))]
        grid = from_data(np.stack(grids), x.context, x.dtype)
        return nd.BilinearSampler(images, grid).reshape(x.shape)

    def degrees(self) -> float:
        """Return the angle of the next image."""
        return self._degrees


class RandomRotation(Rotate):
    """Rotate an image by a random angle; each of a batch by another. See ``Rotate``.

    Args:
        angle_limits: the smallest and the largest angle, in degrees.
        zoom_in: as of ``Rotate``.
        zoom_out: as of ``Rotate``.
        rotate_with_proba: the probability that an image is rotated.

    Raises:
        ArgumentError: limits that are not in order, or a probability that is none.
    """

    def __init__(
        self,
        angle_limits: Any,
        zoom_in: bool = False,
        zoom_out: bool = False,
        rotate_with_proba: float = 1.0,
    ) -> None:
        super().__init__(0.0, zoom_in, zoom_out)
        if not isinstance(angle_limits, (list, tuple)) or not angle_limits[0] < angle_limits[1]:
            raise ArgumentError(
                "RandomRotation", "needs limits", expected="(smallest, largest) angle", received=angle_limits
            )
        if not 0 <= rotate_with_proba <= 1:
            raise ArgumentError(
                "RandomRotation", "needs a probability", expected="0 to 1", received=rotate_with_proba
            )
        self._limits = angle_limits
        self._probability = rotate_with_proba

    def forward(self, x: NDArray) -> Any:
        """Rotate or not."""
        return super().forward(x) if drawn(0, 1) < self._probability else x

    def degrees(self) -> float:
        """Draw the angle of the next image."""
        return drawn(*self._limits)


def _grid(height: int, width: int, degrees: float, zoom: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return where each pixel comes from: x and y, from -1 to 1 over the image."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # How much larger than the image the box around it becomes when it is rotated.
    growth = max(abs(c) + abs(s) * height / width, abs(c) + abs(s) * width / height)
    rows, columns = np.mgrid[:height, :width].astype(float)
    dx, dy = ((each - (size - 1) / 2) * growth**zoom for each, size in ((columns, width), (rows, height)))
    # An image of one pixel has no extent; any step leaves it.
    x, y = 2 * (c * dx - s * dy) / max(width - 1, 1), 2 * (s * dx + c * dy) / max(height - 1, 1)
    return np.stack([x, y])
