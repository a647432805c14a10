"""Images as columns of patches and back, and maxima put back, as layers."""

from __future__ import annotations

from typing import Any, ClassVar

from gluonish.nn import functional as F
from gluonish.nn.functional.arguments import per_axis
from gluonish.nn.layers.common import FunctionLayer
from gluonish.tensors import Tensor

__all__ = ["Fold", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "Unfold"]


class Unfold(FunctionLayer):
    """Returns every window of images as a column: (batch, channels * pixels of a window, windows).

    Args:
        kernel_size: the size of a window in pixels.
        dilation: the distance of its pixels.
        padding: pixels of 0 on each side.
        stride: pixels from one window to the next.
    """

    function = staticmethod(F.unfold)

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)


class Fold(FunctionLayer):
    """Returns images as the sum of their windows.

    Args:
        output_size: the height and width of the images.
        kernel_size: as of Unfold, like what follows.
        dilation: the distance of pixels in a window.
        padding: pixels on each side that are left out.
        stride: pixels from one window to the next.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> nn.Fold(3, 2)(torch.ones(1, 4, 4))[0, 0]
        Tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]], grad=None)
    """

    function = staticmethod(F.fold)

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__(
            output_size=output_size,
            kernel_size=kernel_size,
            dilation=dilation,
            padding=padding,
            stride=stride,
        )


class _MaxUnpool(FunctionLayer):
    axes: ClassVar[int]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        given = {
            "kernel_size": kernel_size,
            "stride": kernel_size if stride is None else stride,
            "padding": padding,
        }
        name = type(self).__name__
        super().__init__(**{key: per_axis(value, self.axes, key, name) for key, value in given.items()})

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Tensor:  # type: ignore[override]
        """Put maxima back, in an image of this size if one is given."""
        return type(self).function(input, indices, **self.arguments(), output_size=output_size)


class MaxUnpool1d(_MaxUnpool):
    """Returns (batch, channels, length) with maxima where they were; arguments as of MaxUnpool2d."""

    axes = 1
    function = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """Returns images with the maxima of MaxPool2d(..., return_indices=True) where they were, else 0.

    Args:
        kernel_size: as of the pooling, like what follows.
        stride: pixels from one window to the next; the size of a window if None.
        padding: pixels on each side of the images.
    """

    axes = 2
    function = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """Returns (batch, channels, depth, height, width) with maxima where they were; as MaxUnpool2d."""

    axes = 3
    function = staticmethod(F.max_unpool3d)
