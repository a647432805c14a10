"""Padding."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import as_count, as_sizes

__all__ = ["ReflectionPad2D"]

_AXES = 4


class ReflectionPad2D(HybridBlock):
    """Pads images (N, C, H, W) with what lies behind their edges, mirrored.

    Args:
        padding: how many elements on each side of height and width, less than these are long; or two numbers
            for each of the four axes, (0, 0, 0, 0, top, bottom, left, right).
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible padding.
        ShapeMismatchError: when called with images that are too small.

    Example:
        >>> import gluonish as mx
        >>> pad = mx.gluon.nn.ReflectionPad2D((0, 0, 0, 0, 0, 0, 2, 1))
        >>> pad(mx.nd.array([[[[1, 2, 3]]]])).asnumpy()
        array([[[[3., 2., 1., 2., 3., 2.]]]], dtype=float32)
    """

    def __init__(self, padding: Any = 0, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        if isinstance(padding, (list, tuple)):
            self._padding = as_sizes("ReflectionPad2D", "padding", padding, 2 * _AXES, 0)
        else:
            width = as_count("ReflectionPad2D", "padding", padding, 0)
            self._padding = (0, 0, 0, 0, width, width, width, width)
        if any(self._padding[:4]):
            raise ArgumentError(
                "ReflectionPad2D",
                "pads height and width only",
                expected="four zeros first",
                received=str(self._padding),
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Pad."""
        return F.pad(x, mode="reflect", pad_width=self._padding)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._padding})"
