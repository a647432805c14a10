"""Memory for new executors, which several of them may share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray

if TYPE_CHECKING:
    from gluonish.executor.executor import Executor

__all__ = ["Pool", "over"]


class Pool:
    """Where ``simple_bind`` gets its arrays from: zeros, unless memory is shared.

    Args:
        buffer: arrays by name, which executors of one pool use in turn; new ones are put into it. None for
            an executor that shares nothing.
        lender: an executor whose arguments may be used.
        shared: the names of arguments to be shared with it; the others come from the buffer.
    """

    def __init__(
        self, buffer: dict[str, NDArray] | None, lender: Executor | None, shared: Sequence[str]
    ) -> None:
        self._buffer = buffer
        # Without a buffer MXNet shares no arguments, only memory for what is in between.
        self._lender = lender if buffer is not None else None
        self._shared = frozenset(shared)

    def argument(self, name: str, shape: tuple[int, ...], ctx: Context, dtype: Any) -> NDArray:
        """Return the array for an argument."""
        if name in self._shared:
            lent = None if self._lender is None else self._lender.arg_dict.get(name)
            return lent if _fits(lent, shape, dtype) else nd.zeros(shape, ctx=ctx, dtype=dtype)
        return self._from_buffer(name, shape, ctx, dtype)

    def gradient(self, name: str, argument: NDArray) -> NDArray:
        """Return the buffer for the gradient of an argument."""
        shape, ctx, dtype = argument.shape, argument.context, argument.dtype
        if name in self._shared:
            lent = None if self._lender is None else self._lender.grad_dict.get(name)
            return lent if _fits(lent, shape, dtype) else nd.zeros(shape, ctx=ctx, dtype=dtype)
        return self._from_buffer(f"grad of {name}", shape, ctx, dtype)

    def state(self, name: str, shape: tuple[int, ...], ctx: Context, dtype: Any) -> NDArray:
        """Return the array for a state: the lender's, or zeros."""
        lent = None if self._lender is None else self._lender.aux_dict.get(name)
        return lent if _fits(lent, shape, dtype) else nd.zeros(shape, ctx=ctx, dtype=dtype)

    def _from_buffer(self, name: str, shape: tuple[int, ...], ctx: Context, dtype: Any) -> NDArray:
        if self._buffer is None:
            return nd.zeros(shape, ctx=ctx, dtype=dtype)
        known = self._buffer.get(name)
        if known is None or known.dtype != dtype or known.context != ctx or known.size < math.prod(shape):
            known = self._buffer[name] = nd.zeros(shape, ctx=ctx, dtype=dtype)
        return over(known, shape)


def _fits(array: NDArray | None, shape: tuple[int, ...], dtype: Any) -> bool:
    return array is not None and array.shape == shape and np.dtype(array.dtype) == np.dtype(dtype)


def over(array: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Return an array of another shape over the beginning of the memory of one that is large enough."""
    if array.shape == shape:
        return array
    return array.reshape((-1,))[: math.prod(shape)].reshape(shape)
