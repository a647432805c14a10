"""``mx.npx.random``: draws that NumPy does not have, and the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.numpy.random import bernoulli, normal, uniform
from gluonish.random import seed
from gluonish.shape import as_shape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = ["bernoulli", "normal_n", "seed", "uniform_n"]


def _size(batch_shape: Any, *parameters: Any) -> tuple[int, ...]:
    """Return the shape of a draw of this many for each element of the parameters."""
    common = np.broadcast_shapes(*(each.shape for each in parameters if isinstance(each, NDArray)))
    return (*(() if batch_shape is None else as_shape(batch_shape, owner="The batch shape")), *common)


def uniform_n(
    low: Any = 0.0, high: Any = 1.0, batch_shape: Any = None, dtype: Any = None, ctx: Context | None = None
) -> ndarray:
    """Draw from the uniform distribution: ``batch_shape`` numbers for each element of the parameters."""
    return uniform(low, high, _size(batch_shape, low, high), dtype, ctx)


def normal_n(
    loc: Any = 0.0, scale: Any = 1.0, batch_shape: Any = None, dtype: Any = None, ctx: Context | None = None
) -> ndarray:
    """Draw from the normal distribution: ``batch_shape`` numbers for each element of the parameters."""
    return normal(loc, scale, _size(batch_shape, loc, scale), dtype, ctx)
