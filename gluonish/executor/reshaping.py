"""The arrays of an executor for other shapes, over the memory of one that exists."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.executor.pool import over
from gluonish.shape import Shape, format_shape

__all__ = ["refitted"]


def refitted(
    arrays: Mapping[str, NDArray | None],
    shapes: Sequence[Shape],
    named: Collection[str],
    *,
    partial_shaping: bool,
    allow_up_sizing: bool,
) -> list[NDArray | None]:
    """Return arrays of other shapes over the memory of some, where that suffices.

    Args:
        arrays: the arrays, by the names of variables; None where there is none.
        shapes: the new shape of each.
        named: the variables whose shapes the caller has given.
        partial_shaping: whether the others may change theirs.
        allow_up_sizing: whether what becomes larger may get new memory.

    Raises:
        ArgumentError: an array would change its shape, or grow, which may not.
    """

    def fitting(name: str, array: NDArray, shape: Shape) -> NDArray:
        if math.prod(shape) > array.size:
            if not allow_up_sizing:
                raise _refused(name, array, shape, "would become larger", "allow_up_sizing=True allows it.")
            return nd.zeros(shape, ctx=array.context, dtype=array.dtype)
        if shape != array.shape and not partial_shaping and name not in named:
            problem = "would change its shape, and is not named"
            raise _refused(name, array, shape, problem, "partial_shaping=True allows it.")
        return over(array, shape)

    return [
        None if array is None else fitting(name, array, shape)
        for (name, array), shape in zip(arrays.items(), shapes, strict=True)
    ]


def _refused(name: str, array: NDArray, shape: Shape, problem: str, fix: str) -> ArgumentError:
    return ArgumentError(
        f"Variable {name!r}",
        problem,
        expected=format_shape(array.shape),
        received=format_shape(shape),
        fix=fix,
    )
