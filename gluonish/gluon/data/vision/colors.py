"""Random changes of the colours of images of three channels, which are last. Batches are allowed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish import nd, random
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon.block import Block
from gluonish.gluon.data.vision.images import as_pixels, check_image, drawn

__all__ = [
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomHue",
    "RandomLighting",
    "RandomSaturation",
]

COLORS = 3
GRAY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.321], [0.211, -0.523, 0.311]])
# Variances and directions of the colours of ImageNet: Krizhevsky et al., ImageNet classification (2012).
PRINCIPAL_VALUES = np.array([55.46, 4.794, 1.148])
PRINCIPAL_DIRECTIONS = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)


class _OfColors(Block):
    """A random change of colours, by at most ``amount``."""

    def __init__(self, amount: float) -> None:
        super().__init__()
        if amount < 0:
            raise ArgumentError(type(self).__name__, "needs 0 or more", received=amount)
        self._amount = amount

    def forward(self, x: NDArray) -> NDArray:
        """Change an image of shape (height, width, 3), or a batch of them."""
        check_image(type(self).__name__, x, "(height, width, 3)")
        if x.shape[-1] != COLORS:
            raise ShapeMismatchError(
                type(self).__name__, "needs colours", expected=COLORS, received=x.shape[-1]
            )
        values = x.astype("float32", copy=False)
        return as_pixels(self.change(values), x, nearest=False)

    def change(self, x: NDArray) -> NDArray:
        """Change float32 images."""
        raise NotImplementedError

    def factor(self) -> float:
        """Draw a factor around 1."""
        return drawn(max(0.0, 1 - self._amount), 1 + self._amount)


def _times(x: NDArray, matrix: Any) -> Any:
    """Return the product of a matrix and each pixel."""
    return nd.dot(x, from_data(np.atleast_2d(matrix).T.copy(), x.context, x.dtype))


def _mixed(x: Any, other: Any, factor: float) -> Any:
    return x * factor + other * (1 - factor)


class RandomBrightness(_OfColors):
    """Multiply an image with a random factor.

    Args:
        brightness: the factor is between max(0, 1 - brightness) and 1 + brightness.

    Example:
        >>> import gluonish as mx
        >>> RandomBrightness(0.0)(mx.nd.ones((1, 1, 3))).asnumpy().tolist()
        [[[1.0, 1.0, 1.0]]]
    """

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness)

    def change(self, x: Any) -> Any:
        """Multiply."""
        return x * self.factor()


class RandomContrast(_OfColors):
    """Mix an image with its mean gray: ``f x + (1 - f) gray``.

    Args:
        contrast: f is between max(0, 1 - contrast) and 1 + contrast.
    """

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast)

    def change(self, x: Any) -> Any:
        """Mix."""
        gray = nd.mean(_times(x, GRAY), axis=(-3, -2, -1), keepdims=True)
        return _mixed(x, gray, self.factor())


class RandomSaturation(_OfColors):
    """Mix each pixel with its gray: ``f x + (1 - f) gray``.

    Args:
        saturation: f is between max(0, 1 - saturation) and 1 + saturation.
    """

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation)

    def change(self, x: Any) -> Any:
        """Mix."""
        return _mixed(x, _times(x, GRAY), self.factor())


class RandomHue(_OfColors):
    """Turn the colours of an image in the plane of constant luminance of YIQ.

    Args:
        hue: they turn by at most ``hue`` half circles, in either direction.
    """

    def __init__(self, hue: float) -> None:
        super().__init__(hue)

    def change(self, x: Any) -> Any:
        """Turn."""
        angle = math.pi * drawn(-self._amount, self._amount)
        u, w = math.cos(angle), math.sin(angle)
        turn = np.array([[1, 0, 0], [0, u, -w], [0, w, u]])
        return _times(x, np.linalg.inv(TO_YIQ) @ turn @ TO_YIQ)


class RandomLighting(_OfColors):
    """Add noise along the principal components of the colours of ImageNet, for values from 0 to 255.

    Args:
        alpha: the standard deviation of the noise, in standard deviations of the colours.
    """

    def __init__(self, alpha: float) -> None:
        super().__init__(alpha)

    def change(self, x: Any) -> Any:
        """Add the noise."""
        noise = random.normal(0, 1, shape=(COLORS,)).asnumpy() * self._amount
        light = PRINCIPAL_DIRECTIONS @ (noise * PRINCIPAL_VALUES)
        return x + from_data(light.reshape((1,) * (x.ndim - 1) + (COLORS,)), x.context, x.dtype)


class RandomColorJitter(Block):
    """Change brightness, contrast, saturation and hue, in random order.

    Args:
        brightness: as of ``RandomBrightness``; 0 for no change, as for the rest.
        contrast: as of ``RandomContrast``.
        saturation: as of ``RandomSaturation``.
        hue: as of ``RandomHue``.
    """

    def __init__(
        self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0
    ) -> None:
        super().__init__()
        kinds = {
            RandomBrightness: brightness,
            RandomContrast: contrast,
            RandomSaturation: saturation,
            RandomHue: hue,
        }
        for kind, amount in kinds.items():
            if amount:
                self.register_child(kind(amount))

    def forward(self, x: NDArray) -> NDArray:
        """Change an image of shape (height, width, 3), or a batch of them."""
        left: Sequence[Block] = list(self._children.values())
        while left:
            chosen = left[int(drawn(0, len(left)))]
            left = [each for each in left if each is not chosen]
            x = chosen(x)
        return x
