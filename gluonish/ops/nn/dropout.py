"""Dropout."""

from __future__ import annotations

from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import normalize_axes
from gluonish.ops.nn.common import float_rule
from gluonish.shape import PartialShape, Shape

__all__: list[str] = []


def _mask_shape(shape: tuple[Any, ...], axes: Shape) -> tuple[Any, ...]:
    shared = normalize_axes(axes, len(shape), "Dropout")
    return tuple(1 if axis in shared else dim for axis, dim in enumerate(shape))


@operator("Dropout", outputs=("output", "mask"), visible=1, ignored=("cudnn_off",))
def dropout(
    xp: XP,
    data: Array,
    *,
    p: float = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: tuple[int, ...] = (),
    rng: Any,
    training: bool,
) -> tuple[Array, Array]:
    """Set elements to 0 with probability p, and divide the others by 1 - p.

    Srivastava et al., Dropout (2014), with the scaling done while training; in prediction the data stay as
    they are, unless the mode is "always". Along ``axes`` all elements share one fate.
    """
    shape = _mask_shape(data.shape, axes)
    if p == 0 or not (training or mode == "always"):
        return data.copy(), xp.broadcast_to(xp.ones(1, data.dtype), shape)  # ones, without memory
    kept = rng.random(shape, dtype="float32") >= p
    mask = kept * data.dtype.type(1 / (1 - p) if p < 1 else 0)
    return data * mask, mask


@dropout.shape
def dropout_shape(s: ShapeFacts, p: float, axes: Shape) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(
            f"Operator {s.owner!r}", "needs a probability", expected="p from 0 to 1", received=p
        )
    s.same("data", "output")
    data: PartialShape = s["data"]
    if data is not None:
        s["mask"] = _mask_shape(data, axes)


dropout.dtype(float_rule)


@dropout.gradient("data")
def dropout_gradient(F: Any, g: Any, mask: Any) -> Any:
    return g * mask
