"""Transformations that choose, scale and mirror pixels. Images have channels last; batches are allowed."""

from __future__ import annotations

import math
from typing import Any

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.gluon.block import Block
from gluonish.gluon.data.vision.images import INTERPOLATIONS, check_image, drawn, pair
from gluonish.gluon.hybrid_block import HybridBlock

__all__ = [
    "CenterCrop",
    "CropResize",
    "RandomFlipLeftRight",
    "RandomFlipTopBottom",
    "RandomResizedCrop",
    "Resize",
]

ATTEMPTS = 10


def _interpolation(owner: str, value: Any) -> int:
    if value not in INTERPOLATIONS:
        raise ArgumentError(
            owner,
            "does not know this interpolation",
            expected="0 nearest, 1 linear, 2 cubic, 3 by area, or 4 Lanczos",
            received=value,
        )
    return int(value)


class Resize(HybridBlock):
    """Resize an image.

    Args:
        size: (width, height), or a number for both.
        keep_ratio: make the shorter side ``size`` and keep the proportions; it is a number then.
        interpolation: 0 nearest, 1 linear, 2 cubic, 3 by area, 4 Lanczos, as in OpenCV.

    Raises:
        ArgumentError: no such size or interpolation.

    Example:
        >>> import gluonish as mx
        >>> Resize(4, keep_ratio=True)(mx.nd.zeros((8, 12, 3))).shape
        (4, 6, 3)
    """

    def __init__(self, size: Any, keep_ratio: bool = False, interpolation: int = 1) -> None:
        super().__init__()
        self._size = pair("Resize", size)
        self._keep = keep_ratio
        self._interpolation = _interpolation("Resize", interpolation)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Resize an image of shape (height, width, channels), or a batch of them."""
        size = self._size[0] if self._keep else self._size
        return F.image.resize(x, size=size, keep_ratio=self._keep, interp=self._interpolation)


class CropResize(HybridBlock):
    """Cut a rectangle out of an image, and resize it.

    Args:
        x: its first column.
        y: its first row.
        width: its number of columns.
        height: its number of rows.
        size: (width, height) or a number, to resize to; None for no resizing.
        interpolation: as of ``Resize``; linear if None.

    Raises:
        ArgumentError: when called: the rectangle is empty, or begins outside of the image.
        ShapeMismatchError: when called: it ends outside of the image.

    Example:
        >>> import gluonish as mx
        >>> CropResize(1, 0, 2, 2)(mx.nd.arange(8).reshape((2, 4, 1)))[:, :, 0].asnumpy().tolist()
        [[1.0, 2.0], [5.0, 6.0]]
    """

    def __init__(
        self, x: int, y: int, width: int, height: int, size: Any = None, interpolation: int | None = None
    ) -> None:
        super().__init__()
        self._box = {"x": x, "y": y, "width": width, "height": height}
        self._size = None if size is None else pair("CropResize", size)
        self._interpolation = _interpolation("CropResize", 1 if interpolation is None else interpolation)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Cut out and resize, of shape (height, width, channels), or a batch of them."""
        part = F.image.crop(x, **self._box)
        if self._size is None:
            return part
        return F.image.resize(part, size=self._size, interp=self._interpolation)


class CenterCrop(Block):
    """Cut out the middle of an image.

    Of an image that is too small, as much as has the proportions of ``size`` is cut out and scaled up.

    Args:
        size: (width, height), or a number for both.
        interpolation: as of ``Resize``.

    Example:
        >>> import gluonish as mx
        >>> CenterCrop((2, 1))(mx.nd.arange(12).reshape((3, 4, 1)))[:, :, 0].asnumpy().tolist()
        [[5.0, 6.0]]
    """

    def __init__(self, size: Any, interpolation: int = 1) -> None:
        super().__init__()
        self._size = pair(type(self).__name__, size)
        self._interpolation = _interpolation(type(self).__name__, interpolation)

    def forward(self, x: NDArray) -> NDArray:
        """Cut out the middle of an image of shape (height, width, channels), or of a batch of them."""
        check_image(type(self).__name__, x, "(height, width, channels)")
        return self.cut(x)

    def cut(self, x: NDArray) -> NDArray:
        """Cut a part out of what is known to be images, and resize it."""
        rows, columns = x.shape[-3:-1]
        width, height = map(float, self._size)
        if rows < height:
            width, height = width * rows / height, rows
        if columns < width:
            width, height = columns, height * columns / width
        across, along = max(1, int(width)), max(1, int(height))
        return self.resized(x, (columns - across) // 2, (rows - along) // 2, across, along)

    def resized(self, image: Any, x: int, y: int, width: int, height: int) -> NDArray:
        """Return a rectangle of images, resized."""
        part = nd.image.crop(image, x=x, y=y, width=width, height=height)
        resized: NDArray = nd.image.resize(part, size=self._size, interp=self._interpolation)
        return resized


class RandomResizedCrop(CenterCrop):
    """Cut out a random part of an image, and resize it.

    Szegedy et al., Going deeper with convolutions (2015). Where no part with the wanted area and proportions
    is found in ten attempts, the middle is cut out.

    Args:
        size: (width, height), or a number for both.
        scale: from and to which share of the area of the image.
        ratio: from and to which width divided by height.
        interpolation: as of ``Resize``.

    Raises:
        ArgumentError: bounds that are not in order, or not positive.
    """

    def __init__(
        self, size: Any, scale: Any = (0.08, 1.0), ratio: Any = (3 / 4, 4 / 3), interpolation: int = 1
    ) -> None:
        super().__init__(size, interpolation)
        for name, bounds in (("scale", scale), ("ratio", ratio)):
            if not 0 < bounds[0] <= bounds[1]:
                raise ArgumentError(
                    "RandomResizedCrop",
                    f"needs a {name} from less to more",
                    expected="two positive numbers",
                    received=bounds,
                )
        self._scale, self._ratio = scale, ratio

    def cut(self, x: NDArray) -> NDArray:
        """Cut out a random part."""
        rows, columns = x.shape[-3:-1]
        for _ in range(ATTEMPTS):
            area = rows * columns * drawn(*self._scale)
            ratio = math.exp(drawn(*map(math.log, self._ratio)))
            width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < width <= columns and 0 < height <= rows:
                left, top = int(drawn(0, columns - width + 1)), int(drawn(0, rows - height + 1))
                return self.resized(x, left, top, width, height)
        return super().cut(x)


class RandomFlipLeftRight(HybridBlock):
    """Mirror an image, left to right, with a probability of 1/2."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Mirror or not: an image of shape (height, width, channels), or a batch of them."""
        return F.image.random_flip_left_right(x)


class RandomFlipTopBottom(HybridBlock):
    """Mirror an image, top to bottom, with a probability of 1/2."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Mirror or not: an image of shape (height, width, channels), or a batch of them."""
        return F.image.random_flip_top_bottom(x)
