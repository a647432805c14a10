"""What the neural-network operators share: layouts, optional inputs, half precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from gluonish.dtype import dtype_name, is_complex, is_float
from gluonish.engine.facts import DTypeFacts
from gluonish.engine.operator import XP, Array
from gluonish.errors import ArgumentError, DTypeError

__all__ = [
    "Layout",
    "channel_axis",
    "channels_first",
    "float_rule",
    "is_half",
    "per_axis",
    "require_layout",
    "spatial_axes",
    "widen",
    "with_bias",
]

Layout = Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"]
"""Where the channels of a batch of images are: behind the batch axis, or last."""

FLOAT32 = "float32"


def require_layout(layout: str | None, rank: int, owner: str) -> None:
    """Refuse a layout for another number of spatial axes than ``rank``.

    Raises:
        ArgumentError: it names more or fewer of them.
    """
    if layout is not None and len(layout) != rank + 2:
        raise ArgumentError(
            f"Operator {owner!r}",
            "has a layout that does not fit its kernel",
            expected=f"a layout of {rank} spatial axes",
            received=layout,
        )


def channel_axis(layout: str | None, ndim: int) -> int:
    """Return the axis of the channels; they are first where no layout is given."""
    return ndim - 1 if layout is not None and layout.endswith("C") else 1


def spatial_axes(layout: str | None, ndim: int) -> tuple[int, ...]:
    """Return the axes that are neither batch nor channels."""
    channels = channel_axis(layout, ndim)
    return tuple(axis for axis in range(1, ndim) if axis != channels)


def channels_first(xp: XP, array: Array, layout: str | None) -> Array:
    """Return a view with the channels on axis 1."""
    channels = channel_axis(layout, array.ndim)
    return array if channels == 1 else xp.moveaxis(array, channels, 1)


def per_axis(
    values: Sequence[int], count: int, *, default: int, least: int, name: str, owner: str
) -> tuple[int, ...]:
    """Return one value per spatial axis; ``default`` for all where none is given.

    Raises:
        ArgumentError: another number of values than axes, or one below ``least``.
    """
    if not values:
        return (default,) * count
    if len(values) != count:
        raise ArgumentError(
            f"Operator {owner!r}",
            f"has another number of entries in {name} than spatial axes",
            expected=count,
            received=str(tuple(values)),
        )
    if min(values) < least:
        raise ArgumentError(
            f"Operator {owner!r}",
            f"cannot use this {name}",
            expected=f"entries of {least} or more",
            received=str(tuple(values)),
        )
    return tuple(values)


def with_bias(no_bias: bool) -> bool:
    """Tell whether a layer with this parameter uses its bias."""
    return not no_bias


def float_rule(d: DTypeFacts) -> None:
    """Dtype rule: all inputs and outputs have one floating-point dtype."""
    d.same(*range(len(d.values)))
    require_float(d, d.values[0])


def require_float(d: DTypeFacts, dtype: Any) -> None:
    """Refuse integers where only real numbers make sense.

    Raises:
        DTypeError: the dtype is known and not a floating-point one.
    """
    if dtype is not None and not (is_float(dtype) or is_complex(dtype)):
        raise DTypeError(
            f"Operator {d.owner!r}",
            "computes with real numbers only",
            expected="a floating-point dtype",
            received=dtype_name(dtype),
            fix="Convert the array with astype('float32').",
        )


def is_half(dtype: Any) -> bool:
    """Tell whether a dtype is float16 or bfloat16, in which sums lose too much."""
    return dtype.itemsize == 2 and dtype.kind not in "iu"  # noqa: PLR2004


def widen(data: Array) -> Array:
    """Return halves as float32 and anything else as it is."""
    return data.astype(FLOAT32) if is_half(data.dtype) else data
