"""Comparison of the patches of two feature maps: Fischer et al., FlowNet (2015), section 3."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.nn.common import widen

__all__: list[str] = []

Key = tuple[slice, ...]


@attrs.frozen
class _Patches:
    """Where patches lie in padded maps.

    Attributes:
        kernel: their height and width.
        most: how far apart compared patches are at most, along each axis.
        stride: from one patch of the first map to the next.
        step: from one displacement to the next.
        height: the number of rows of patches of the first map.
        width: the number of columns.
    """

    kernel: int
    most: int
    stride: int
    step: int
    height: int
    width: int

    @classmethod
    def of(cls, shape: tuple[int, ...], params: dict[str, Any]) -> _Patches:
        """Return those of maps of this shape, with the parameters of the operator."""
        kernel, most, stride = (params[name] for name in ("kernel_size", "max_displacement", "stride1"))
        border = 2 * (most + kernel // 2)
        sizes = (math.ceil((size + 2 * params["pad_size"] - border) / stride) for size in shape[2:])
        return cls(kernel, most, stride, params["stride2"], *sizes)

    @property
    def reach(self) -> int:
        """How many displacements there are on either side."""
        return self.most // self.step

    def windows(self) -> Iterator[tuple[Key, Key]]:
        """Yield for each displacement what is compared: the pixels of all patches, in both maps."""
        span = [(n - 1) * self.stride + self.kernel for n in (self.height, self.width)]
        everything = (slice(None), slice(None))
        own = tuple(slice(self.most, self.most + n) for n in span)
        moves = range(-self.reach, self.reach + 1)
        for dy in moves:
            for dx in moves:
                starts = (self.most + dy * self.step, self.most + dx * self.step)
                other = tuple(slice(a, a + n) for a, n in zip(starts, span, strict=True))
                yield (*everything, *own), (*everything, *other)

    def offsets(self) -> Iterator[Key]:
        """Yield for each pixel of a patch where those pixels of all patches are, in a window."""
        for y in range(self.kernel):
            for x in range(self.kernel):
                rows = slice(y, y + (self.height - 1) * self.stride + 1, self.stride)
                columns = slice(x, x + (self.width - 1) * self.stride + 1, self.stride)
                yield slice(None), rows, columns


@operator("Correlation")
def correlation(
    xp: XP,
    data1: Array,
    data2: Array,
    *,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
) -> Array:
    """Return the mean products of patches of one map with patches of another around the same place.

    Args:
        xp: the module of the arrays.
        data1: the first map, (batch, channels, height, width).
        data2: the second map, of the same shape.
        kernel_size: the height and width of a patch, odd.
        max_displacement: how far apart two patches are at most, along each axis.
        stride1: from one patch of the first map to the next.
        stride2: from one displacement to the next.
        pad_size: how many zeros are put around the maps.
        is_multiply: whether patches are multiplied; otherwise their differences' absolute values are taken.

    Returns:
        (batch, displacements, rows, columns), displacements row by row.
    """
    params = {"kernel_size": kernel_size, "max_displacement": max_displacement, "stride1": stride1}
    patches = _Patches.of(data1.shape, {**params, "stride2": stride2, "pad_size": pad_size})
    around = ((0, 0), (0, 0), (pad_size, pad_size), (pad_size, pad_size))
    first, second = (xp.pad(widen(each), around) for each in (data1, data2))
    results = []
    for own, other in patches.windows():
        a, b = first[own], second[other]
        compared = (a * b if is_multiply else xp.abs(a - b)).sum(1)
        results.append(sum(compared[each] for each in patches.offsets()))
    return (xp.stack(results, 1) / (kernel_size**2 * data1.shape[1])).astype(data1.dtype, copy=False)


@correlation.shape
def correlation_shape(s: ShapeFacts, params: dict[str, Any], kernel_size: int) -> None:
    least = {"max_displacement": 0, "stride1": 1, "stride2": 1, "pad_size": 0}
    if kernel_size % 2 == 0 or any(params[name] < value for name, value in least.items()):
        raise ArgumentError(
            f"Operator {s.owner!r}",
            "cannot compare such patches",
            expected="an odd kernel_size, positive strides, and no negative numbers",
            received=", ".join(f"{name}={params[name]}" for name in ("kernel_size", *least)),
        )
    s.same("data1", "data2")
    s["data1"] = (None, None, None, None)
    if None in s["data1"][2:]:
        return
    patches = _Patches.of(s["data1"], params)
    if min(patches.height, patches.width) < 1:
        s.fail("has maps that are too small for these patches", fix="Choose a larger pad_size.")
    s["output"] = (s["data1"][0], (2 * patches.reach + 1) ** 2, patches.height, patches.width)


@correlation.gradient()
def correlation_gradient(
    F: Any, g: Any, data1: Any, data2: Any, shapes: Any, params: Any, pad_size: int, is_multiply: bool
) -> Any:
    batch, channels, height, width = shapes[0]
    padding = {"mode": "constant", "pad_width": (0,) * 4 + (pad_size,) * 4}
    first, second = F.Pad(data1, **padding), F.Pad(data2, **padding)
    padded = (batch, channels, height + 2 * pad_size, width + 2 * pad_size)
    patches = _Patches.of(shapes[0], params)
    g = g / (patches.kernel**2 * channels)
    parts: tuple[list[Any], list[Any]] = ([], [])
    for i, (own, other) in enumerate(patches.windows()):
        share = F.expand_dims(_spread(F, g, i, patches), axis=1)
        a, b = F._getitem(first, key=own), F._getitem(second, key=other)
        if is_multiply:
            moves = F.broadcast_mul(b, share), F.broadcast_mul(a, share)
        else:
            signs = F.broadcast_mul(2 * F.broadcast_greater_equal(a, b) - 1, share)
            moves = signs, -signs
        for found, move, key in zip(parts, moves, (own, other), strict=True):
            found.append(F._key_add(move, key=key, shape=padded))
    return tuple(F._getitem(F.add_n(*each), key=_inside(pad_size, height, width)) for each in parts)


def _spread(F: Any, g: Any, displacement: int, patches: _Patches) -> Any:
    """Return the gradient of each pixel of a window: the sum of those of the patches it belongs to."""
    own = F._getitem(g, key=(slice(None), displacement))
    span = [(n - 1) * patches.stride + patches.kernel for n in (patches.height, patches.width)]
    shape = (g.shape[0], *span)
    return F.add_n(*(F._key_add(own, key=key, shape=shape) for key in patches.offsets()))


def _inside(pad_size: int, height: int, width: int) -> Key:
    rows, columns = slice(pad_size, pad_size + height), slice(pad_size, pad_size + width)
    return slice(None), slice(None), rows, columns
