"""Operators that MXNet keeps for old programs, where they compute something else than the newer ones."""

from __future__ import annotations

import math
from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.nn.common import float_rule
from gluonish.ops.nn.pooling import Params, pooling, pooling_gradient
from gluonish.ops.nn.pools import Pools

__all__: list[str] = []


def _as_new(params: Params) -> tuple[Params, int]:
    """Return parameters of ``Pooling`` for padded images, and what its result is to be divided by."""
    new = {**params, "pad": (), "p_value": None, "count_include_pad": None, "layout": None}
    if params["pool_type"] != "avg" or params["global_pool"]:
        return new, 1
    return {**new, "pool_type": "sum"}, math.prod(params["kernel"])


def _padding(params: Params, rank: int) -> tuple[int, ...]:
    """Return how many zeros are put around each axis; none around the window that is the image."""
    pad = params["pad"] if not params["global_pool"] else ()
    return (0, 0, *(pad or (0,) * (rank - 2)))


@operator("Pooling_v1")
def pooling_v1(
    xp: XP,
    data: Array,
    *,
    kernel: tuple[int, ...] = (),
    pool_type: Literal["avg", "max", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["full", "valid"] = "valid",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
) -> Array:
    """Return ``Pooling`` as it was: zeros around images take part in maxima, too.

    A mean divides by the size of the kernel even where a window sticks out of the padding.
    """
    given = {
        "kernel": kernel,
        "pool_type": pool_type,
        "global_pool": global_pool,
        "stride": stride,
        "pad": pad,
    }
    params, size = _as_new({**given, "pooling_convention": pooling_convention})
    padded = xp.pad(data, [(count, count) for count in _padding(given, data.ndim)])
    result = pooling.kernel(xp, padded, **params)
    return result if size == 1 else (result / size).astype(data.dtype, copy=False)


@pooling_v1.shape
def pooling_v1_shape(s: ShapeFacts, params: Params) -> None:
    Pools.from_params({**_as_new(params)[0], "pad": params["pad"]}).relate(s, "data", "output")


@pooling_v1.gradient("data")
def pooling_v1_gradient(F: Any, g: Any, data: Any, output: Any, params: Params) -> Any:
    new, size = _as_new(params)
    counts = _padding(params, len(data.shape))
    if any(counts):
        data = F.Pad(data, mode="constant", pad_width=tuple(each for each in counts for _ in range(2)))
    by_padded = pooling_gradient(F, g / size, data, output, new)
    inside = tuple(slice(n, total - n) for n, total in zip(counts, data.shape, strict=True))
    return F._getitem(by_padded, key=inside) if any(counts) else by_padded


pooling_v1.dtype(float_rule)
