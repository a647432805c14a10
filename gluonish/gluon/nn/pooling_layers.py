"""Pooling.

The layers for one, two and three dimensions differ in their defaults only; ``_Pooling`` is the layer.
"""

from __future__ import annotations

from typing import Any

from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import LAYOUTS, as_sizes, checked_layout

__all__ = [
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
]


class _Pooling(HybridBlock):
    """Pooling over ``ndim`` dimensions.

    Args:
        pool_size: the sizes of the window.
        strides: the steps; those of the window if None.
        padding: added on both sides.
        ceil_mode: whether a last, incomplete window counts.
        layout: the order of axes.
        count_include_pad: whether an average counts the padding; None for a maximum.
        global_pool: whether the window is the whole input.
        prefix: as of Block.
        params: as of Block.
    """

    ndim = 0
    pool_type = "max"

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any,
        ceil_mode: bool,
        layout: str,
        count_include_pad: bool | None = None,
        global_pool: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind, ndim = type(self).__name__, self.ndim
        kernel = as_sizes(kind, "pool_size", pool_size, ndim, 1)
        self._kwargs = {
            "kernel": kernel,
            "stride": kernel if strides is None else as_sizes(kind, "strides", strides, ndim, 1),
            "pad": as_sizes(kind, "padding", padding, ndim, 0),
            "global_pool": global_pool,
            "pool_type": self.pool_type,
            "pooling_convention": "full" if ceil_mode else "valid",
            "layout": checked_layout(kind, layout, ndim),
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Pool."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        given = self._kwargs
        return (
            f"{type(self).__name__}(size={given['kernel']}, stride={given['stride']}, "
            f"padding={given['pad']}, ceil_mode={given['pooling_convention'] == 'full'}, "
            f"global_pool={given['global_pool']}, pool_type={given['pool_type']}, "
            f"layout={given['layout']})"
        )


class _MaxPool(_Pooling):
    """The maximum of each window."""

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        **kwargs: Any,
    ) -> None:
        layout = layout or LAYOUTS[self.ndim][0]
        super().__init__(pool_size, strides, padding, ceil_mode, layout, **kwargs)


class _AvgPool(_Pooling):
    """The average of each window."""

    pool_type = "avg"

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        layout: str | None = None,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        layout = layout or LAYOUTS[self.ndim][0]
        super().__init__(pool_size, strides, padding, ceil_mode, layout, count_include_pad, **kwargs)


class _GlobalPool(_Pooling):
    """Pooling with the whole input as the window; every dimension becomes 1."""

    def __init__(self, layout: str | None = None, **kwargs: Any) -> None:
        layout = layout or LAYOUTS[self.ndim][0]
        super().__init__(1, None, 0, ceil_mode=True, layout=layout, global_pool=True, **kwargs)


class MaxPool1D(_MaxPool):
    """The maximum of each window; input (N, C, W). Arguments: see MaxPool2D."""

    ndim = 1


class MaxPool2D(_MaxPool):
    """The maximum of each window; input (N, C, H, W).

    Args:
        pool_size: the size of the window, one number or two.
        strides: the step; the window's size if None.
        padding: added on both sides; it is never the maximum.
        layout: ``"NCHW"`` or ``"NHWC"``.
        ceil_mode: whether a last, incomplete window counts.
        kwargs: ``prefix``, ``params``.
    """

    ndim = 2


class MaxPool3D(_MaxPool):
    """The maximum of each window; input (N, C, D, H, W).

    Arguments: see MaxPool2D. They come in another order.
    """

    ndim = 3

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        layout: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, **kwargs)


class AvgPool1D(_AvgPool):
    """The average of each window; input (N, C, W).

    Arguments: see AvgPool2D. They come in another order.
    """

    ndim = 1

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, ceil_mode, layout, count_include_pad, **kwargs)


class AvgPool2D(_AvgPool):
    """The average of each window; input (N, C, H, W).

    Args:
        pool_size: the size of the window, one number or two.
        strides: the step; the window's size if None.
        padding: zeros added on both sides.
        ceil_mode: whether a last, incomplete window counts.
        layout: ``"NCHW"`` or ``"NHWC"``.
        count_include_pad: whether the padding counts among the elements.
        kwargs: ``prefix``, ``params``.
    """

    ndim = 2


class AvgPool3D(_AvgPool):
    """The average of each window; input (N, C, D, H, W). Arguments: see AvgPool2D."""

    ndim = 3


class GlobalMaxPool1D(_GlobalPool):
    """The maximum of each channel; input (N, C, W)."""

    ndim = 1


class GlobalMaxPool2D(_GlobalPool):
    """The maximum of each channel; input (N, C, H, W)."""

    ndim = 2


class GlobalMaxPool3D(_GlobalPool):
    """The maximum of each channel; input (N, C, D, H, W)."""

    ndim = 3


class GlobalAvgPool1D(_GlobalPool):
    """The average of each channel; input (N, C, W)."""

    ndim = 1
    pool_type = "avg"


class GlobalAvgPool2D(_GlobalPool):
    """The average of each channel; input (N, C, H, W)."""

    ndim = 2
    pool_type = "avg"


class GlobalAvgPool3D(_GlobalPool):
    """The average of each channel; input (N, C, D, H, W)."""

    ndim = 3
    pool_type = "avg"
