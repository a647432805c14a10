"""Padding, and images of another size."""

from __future__ import annotations

from typing import Any, ClassVar

from gluonish.nn import functional as F
from gluonish.nn.functional.arguments import per_axis
from gluonish.nn.layers.common import FunctionLayer, Layer
from gluonish.tensors import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Layer):
    """Puts elements around the last axes.

    Args:
        padding: one width for all sides; or two for each axis, before and after it, the last axis first.
    """

    axes: ClassVar[int]
    mode: ClassVar[str] = "constant"
    value = 0.0

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = per_axis(padding, 2 * self.axes, "padding", type(self).__name__)

    def forward(self, input: Any) -> Tensor:
        """Pad."""
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        """Return the widths."""
        return str(self.padding)


class _ConstantPad(_Pad):
    """Puts a constant around the last axes.

    Args:
        padding: one width for all sides; or two for each axis, before and after it, the last axis first.
        value: the constant.
    """

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """Return the widths and the constant."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad1d(_Pad):
    """Puts zeros around the last axis; arguments as of ZeroPad2d."""

    axes = 1


class ZeroPad2d(_Pad):
    """Puts zeros around images.

    Args:
        padding: one width for all sides, or four: left, right, top, bottom. Negative widths cut.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> nn.ZeroPad2d((1, 1, 2, 0))(torch.ones(1, 1, 3, 3)).shape
        (1, 1, 5, 5)
    """

    axes = 2


class ZeroPad3d(_Pad):
    """Puts zeros around the last three axes; arguments as of ZeroPad2d, with two more."""

    axes = 3


class ConstantPad1d(_ConstantPad):
    """Puts a constant around the last axis; arguments as of ConstantPad2d."""

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Puts a constant around images.

    Args:
        padding: one width for all sides, or four: left, right, top, bottom.
        value: the constant.
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """Puts a constant around the last three axes; arguments as of ConstantPad2d, with two widths more."""

    axes = 3


class ReflectionPad1d(_Pad):
    """Puts what lies behind the edge, mirrored, around the last axis; arguments as of ZeroPad1d."""

    axes, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Puts what lies behind the edges, mirrored, around images; arguments as of ZeroPad2d."""

    axes, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Puts what lies behind the edges, mirrored, around three axes; arguments as of ZeroPad3d."""

    axes, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Repeats the elements at the edge of the last axis; arguments as of ZeroPad1d."""

    axes, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Repeats the pixels at the edges of images; arguments as of ZeroPad2d."""

    axes, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """Repeats the elements at the edges of three axes; arguments as of ZeroPad3d."""

    axes, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """Puts the elements of the other end around the last axis; arguments as of ZeroPad1d."""

    axes, mode = 1, "circular"


class CircularPad2d(_Pad):
    """Puts the pixels of the other side around images; arguments as of ZeroPad2d."""

    axes, mode = 2, "circular"


class CircularPad3d(_Pad):
    """Puts the elements of the other side around three axes; arguments as of ZeroPad3d."""

    axes, mode = 3, "circular"


class Upsample(Layer):
    """Returns images of another size.

    Args:
        size: the size of the result; one number, or one for each axis.
        scale_factor: how many times as large it is, instead.
        mode: "nearest", "linear", "bilinear", "bicubic" or "trilinear".
        align_corners: whether the centres of the corner pixels stay where they are.
        recompute_scale_factor: as of ``nn.functional.interpolate``.
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        if isinstance(scale_factor, (int, float)):
            scale_factor = float(scale_factor)
        elif scale_factor is not None:
            scale_factor = tuple(float(each) for each in scale_factor)
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Tensor:
        """Resize."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        """Return the size or the factor, and the mode."""
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Returns larger images, in which pixels are repeated; arguments as of Upsample."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Returns larger images, interpolated with their corners aligned; arguments as of Upsample."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(FunctionLayer):
    """Makes images larger out of their channels.

    Args:
        upscale_factor: how many times as large.
    """

    function = staticmethod(F.pixel_shuffle)

    def __init__(self, upscale_factor: int) -> None:
        super().__init__(upscale_factor=upscale_factor)


class PixelUnshuffle(FunctionLayer):
    """Makes channels out of pixels: the inverse of PixelShuffle.

    Args:
        downscale_factor: how many times as small.
    """

    function = staticmethod(F.pixel_unshuffle)

    def __init__(self, downscale_factor: int) -> None:
        super().__init__(downscale_factor=downscale_factor)
