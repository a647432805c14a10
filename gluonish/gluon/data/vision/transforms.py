"""Transformations of images, for ``dataset.transform_first``. They are blocks, and work on any context."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gluonish.errors import ArgumentTypeError
from gluonish.gluon.block import Block
from gluonish.gluon.data.vision.colors import (
    RandomBrightness,
    RandomColorJitter,
    RandomContrast,
    RandomHue,
    RandomLighting,
    RandomSaturation,
)
from gluonish.gluon.data.vision.cropping import (
    CenterCrop,
    CropResize,
    RandomFlipLeftRight,
    RandomFlipTopBottom,
    RandomResizedCrop,
    Resize,
)
from gluonish.gluon.data.vision.images import drawn
from gluonish.gluon.data.vision.rotation import RandomRotation, Rotate
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.containers import Sequential

__all__ = [
    "Cast",
    "CenterCrop",
    "Compose",
    "CropResize",
    "Normalize",
    "RandomApply",
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomFlipLeftRight",
    "RandomFlipTopBottom",
    "RandomHue",
    "RandomLighting",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSaturation",
    "Resize",
    "Rotate",
    "ToTensor",
]


class Compose(Sequential):
    """Apply transformations one after the other.

    Args:
        transforms: blocks, or functions of an image.

    Raises:
        ArgumentTypeError: something that cannot be called.

    Example:
        >>> import gluonish as mx
        >>> image = mx.nd.full((2, 2, 3), 51, dtype="uint8")
        >>> transform = Compose([ToTensor(), Normalize(mean=0.1, std=0.5)])
        >>> transform(image).shape, round(transform(image)[0, 0, 0].item(), 4)
        ((3, 2, 2), 0.2)
    """

    def __init__(self, transforms: Iterable[Any]) -> None:
        super().__init__()
        self.add(*(each if isinstance(each, Block) else _Function(each) for each in transforms))


class RandomApply(Sequential):
    """Apply transformations, all of them or none.

    Args:
        transforms: a block, or several, applied one after the other.
        p: the probability that they are applied.

    Example:
        >>> import gluonish as mx
        >>> RandomApply([Cast("float64")], p=0.0)(mx.nd.ones((2, 2, 1))).dtype
        <class 'numpy.float32'>
    """

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.add(*([transforms] if isinstance(transforms, Block) else transforms))
        self._p = p

    def forward(self, x: Any) -> Any:
        """Apply them or not."""
        return super().forward(x) if drawn(0, 1) < self._p else x


class _Function(Block):
    """A function as a block."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        if not callable(function):
            raise ArgumentTypeError(
                "Compose", "cannot use this", expected="a block or a function", received=repr(function)
            )
        super().__init__()
        self._function = function

    def forward(self, x: Any) -> Any:
        """Call the function."""
        return self._function(x)


class Cast(HybridBlock):
    """Convert an image to another dtype, without scaling it.

    Args:
        dtype: the new dtype.

    Example:
        >>> import gluonish as mx
        >>> Cast("float16")(mx.nd.ones((2, 2, 1), dtype="uint8")).dtype
        <class 'numpy.float16'>
    """

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Convert the image."""
        return F.cast(x, dtype=self._dtype)


class ToTensor(HybridBlock):
    """Convert an image of values 0 to 255 to a float32 array of values 0 to 1, channels first.

    The shape (height, width, channels) becomes (channels, height, width); a batch of images, with one axis
    more in front, is converted likewise. Values of any dtype are divided by 255.

    Raises:
        ShapeMismatchError: when called: neither three nor four axes.

    Example:
        >>> import gluonish as mx
        >>> tensor = ToTensor()(mx.nd.full((4, 5, 3), 255, dtype="uint8"))
        >>> tensor.shape, tensor.dtype, tensor[0, 0, 0].item()
        ((3, 4, 5), <class 'numpy.float32'>, 1.0)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Convert the image."""
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """Subtract a mean from each channel and divide by a standard deviation.

    Args:
        mean: a number, or one number per channel.
        std: likewise.

    Raises:
        ShapeMismatchError: when called: the array is no image with channels first, or has another number of
            channels than ``mean`` or ``std``.
        DTypeError: when called: the values are no floating-point numbers.

    Example:
        >>> import gluonish as mx
        >>> image = mx.nd.ones((2, 4, 4))
        >>> Normalize(mean=(0.5, 0.25), std=(0.5, 0.25))(image)[:, 0, 0].asnumpy()
        array([1., 3.], dtype=float32)
    """

    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__()
        self._scales = {"mean": tuple(np.ravel(mean).tolist()), "std": tuple(np.ravel(std).tolist())}

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Normalise the image: an array of shape (channels, height, width), or a batch of them."""
        return F.image.normalize(x, **self._scales)
