"""Random changes of the colours of images of one channel or three, which are last. Batches are allowed."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.hybrid_block import HybridBlock

__all__ = [
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomHue",
    "RandomLighting",
    "RandomSaturation",
]


def _amount(owner: str, value: float) -> float:
    if value < 0:
        raise ArgumentError(owner, "needs 0 or more", received=value)
    return value


class _ByFactor(HybridBlock):
    """A change of colours by a random factor around 1."""

    def __init__(self, amount: float) -> None:
        super().__init__()
        _amount(type(self).__name__, amount)
        self._bounds = {"min_factor": max(0.0, 1 - amount), "max_factor": 1 + amount}


class RandomBrightness(_ByFactor):
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

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change an image of shape (height, width, 3), or a batch of them."""
        return F.image.random_brightness(x, **self._bounds)


class RandomContrast(_ByFactor):
    """Mix an image with its mean gray: ``f x + (1 - f) gray``.

    Args:
        contrast: f is between max(0, 1 - contrast) and 1 + contrast.
    """

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change an image of shape (height, width, 3), or a batch of them."""
        return F.image.random_contrast(x, **self._bounds)


class RandomSaturation(_ByFactor):
    """Mix each pixel with its gray: ``f x + (1 - f) gray``.

    Args:
        saturation: f is between max(0, 1 - saturation) and 1 + saturation.
    """

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change an image of shape (height, width, 3), or a batch of them."""
        return F.image.random_saturation(x, **self._bounds)


class RandomHue(_ByFactor):
    """Turn the hues of an image.

    Args:
        hue: they turn by at most ``hue`` full circles, in either direction.
    """

    def __init__(self, hue: float) -> None:
        super().__init__(hue)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change an image of shape (height, width, 3), or a batch of them."""
        return F.image.random_hue(x, **self._bounds)


class RandomLighting(HybridBlock):
    """Add noise along the principal components of the colours of ImageNet, for values from 0 to 255.

    Args:
        alpha: the standard deviation of the noise, in standard deviations of the colours.
    """

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self._alpha = _amount("RandomLighting", alpha)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change an image of shape (height, width, 3), or a batch of them."""
        return F.image.random_lighting(x, alpha_std=self._alpha)


class RandomColorJitter(HybridBlock):
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
        amounts = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}
        self._amounts = {name: _amount("RandomColorJitter", value) for name, value in amounts.items()}

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Change an image of shape (height, width, 3), or a batch of them."""
        return F.image.random_color_jitter(x, **self._amounts)
