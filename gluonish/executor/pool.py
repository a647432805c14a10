"""Memory for new executors, which several of them may share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.shape import Shape

if TYPE_CHECKING:
    from gluonish.executor.executor import Executor

__all__ = ["Kind", "Pool", "over"]


@attrs.frozen
class Kind:
    """What the array of a variable is to be like."""

    shape: Shape
    dtype: np.dtype[np.generic]
    ctx: Context
    stype: str = "default"

    def zeros(self) -> NDArray:
        """Return a new array."""
        return nd.zeros(self.shape, ctx=self.ctx, dtype=self.dtype, stype=self.stype)

    def has_room(self, array: NDArray) -> bool:
        """Tell whether an array of this kind could lie in the memory of another one."""
        same = array.dtype == self.dtype and array.context == self.ctx and array.stype == self.stype
        enough = array.size >= math.prod(self.shape) if self.stype == "default" else array.shape == self.shape
        return same and enough


class Pool:
    """Where ``simple_bind`` gets its arrays from: zeros, unless memory is shared.

    Args:
        buffer: arrays by name, which executors of one pool use in turn; new ones are put into it. None for
            an executor that shares nothing.
        lender: an executor whose arrays may be used.
        shared: the names of arguments to be shared with it; the others come from the buffer.
    """

    def __init__(
        self, buffer: dict[str, NDArray] | None, lender: Executor | None, shared: Sequence[str]
    ) -> None:
        self._buffer = buffer
        # Without a buffer MXNet shares no arrays, only memory for what is in between.
        lends = lender if buffer is not None else None
        self._arguments: Mapping[str, NDArray | None] = lends.arg_dict if lends else {}
        self._gradients: Mapping[str, NDArray | None] = lends.grad_dict if lends else {}
        self._states: Mapping[str, NDArray | None] = lends.aux_dict if lends else {}
        self._shared = frozenset(shared)

    def argument(self, name: str, kind: Kind) -> NDArray:
        """Return the array for an argument."""
        if name in self._shared:
            return _lent(self._arguments, name, kind)
        return self._buffered(name, kind)

    def gradient(self, name: str, kind: Kind) -> NDArray:
        """Return the buffer for the gradient of an argument."""
        if name in self._shared:
            return _lent(self._gradients, name, kind)
        return self._buffered(f"grad of {name}", kind)

    def state(self, name: str, kind: Kind) -> NDArray:
        """Return the array for a state: the lender's, or zeros."""
        return _lent(self._states, name, kind)

    def _buffered(self, name: str, kind: Kind) -> NDArray:
        if self._buffer is None:
            return kind.zeros()
        known = self._buffer.get(name)
        if known is None or not kind.has_room(known):
            known = self._buffer[name] = kind.zeros()
        return over(known, kind.shape)


def _lent(arrays: Mapping[str, NDArray | None], name: str, kind: Kind) -> NDArray:
    """Return an array of the lender if it is of this kind, else zeros that are."""
    array = arrays.get(name)
    if array is not None and array.shape == kind.shape and kind.has_room(array):
        return array
    return kind.zeros()


def over(array: NDArray, shape: Shape) -> NDArray:
    """Return an array of another shape over the beginning of the memory of one that is large enough."""
    if array.shape == shape:
        return array
    return array.reshape((-1,))[: math.prod(shape)].reshape(shape)
