"""Casts of mixed precision: they change float32 and half precision, and leave other dtypes alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import numbered_outputs, same_rule
from gluonish.ops.nn.common import is_half

__all__: list[str] = []

FLOAT32 = np.dtype("float32")


def _takes_part(dtype: DType) -> bool:
    return dtype == FLOAT32 or is_half(dtype)


def _cast_to(dtype: DType, wanted: DType) -> DType:
    return wanted if _takes_part(dtype) else dtype


@operator("amp_cast")
def amp_cast(xp: XP, data: Array, *, dtype: DType) -> Array:
    """Return float32 and half precision in another dtype, and a copy of anything else."""
    return data.astype(_cast_to(data.dtype, dtype))


amp_cast.shape(same_rule)


@amp_cast.dtype
def amp_cast_dtype(d: DTypeFacts, dtype: DType) -> None:
    if d["data"] is not None:
        d["output"] = _cast_to(d["data"], dtype)


@amp_cast.gradient("data")
def amp_cast_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    return F.Cast(g, dtype=dtypes[0])


def _outputs(num_outputs: int) -> tuple[str, ...]:
    return numbered_outputs(num_outputs)


@operator("amp_multicast", outputs=_outputs)
def amp_multicast(
    xp: XP, *data: Array, num_outputs: int, cast_narrow: bool = False
) -> Array | tuple[Array, ...]:
    """Return arrays in the widest dtype that one of them has, or the narrowest if ``cast_narrow``."""
    dtypes = _common([each.dtype for each in data], cast_narrow)
    return tuple(each.astype(dtype) for each, dtype in zip(data, dtypes, strict=True))


def _common(dtypes: Sequence[DType], narrow: bool) -> list[DType]:
    """Return the dtypes that arrays of these dtypes get."""
    known = {dtype for dtype in dtypes if _takes_part(dtype)}
    halves = known - {FLOAT32}
    wanted = halves if narrow and halves else known
    common = wanted.pop() if len(wanted) == 1 else FLOAT32
    return [_cast_to(dtype, common) for dtype in dtypes]


@amp_multicast.shape
def amp_multicast_shape(s: ShapeFacts, num_outputs: int) -> None:
    if s.n_inputs != num_outputs:
        s.fail("needs as many arrays as outputs", expected=num_outputs)
    for i in range(num_outputs):
        s.same(i, num_outputs + i)


@amp_multicast.dtype
def amp_multicast_dtype(d: DTypeFacts, num_outputs: int, cast_narrow: bool) -> None:
    if all(each is not None for each in d.inputs):
        for i, dtype in enumerate(_common(d.inputs, cast_narrow)):
            d[num_outputs + i] = dtype


@amp_multicast.gradient()
def amp_multicast_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    parts = g if isinstance(g, (list, tuple)) else [g]
    return tuple(F.Cast(part, dtype=dtype) for part, dtype in zip(parts, dtypes, strict=True))
