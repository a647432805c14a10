"""Flat storage: parameters that lie behind each other in memory.

A ``FlatGroup`` holds parameters of one dtype on one list of contexts, either all with gradients or all
without. On each context it has one slab for their values and one for their gradients; trainers add buffers
for what they keep (``slots``). All of them have one layout, so an operation over all parameters of a group is
one pass over memory, and position i means the same parameter in each.

A group only ever loses members: a parameter that is cast, moved or frozen leaves for another group, and its
place stays vacant until more than half of the group is, or until a plan needs the group exact; then the rest
is rebuilt. Every change that a plan has to know of (a member that left, a multiplier) bumps ``epoch``.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.engine.storage import Segment, Slab
from gluonish.engine.tape import Leaf
from gluonish.parameter import rows
from gluonish.shape import shape_size

if TYPE_CHECKING:
    from gluonish.parameter.core import ParameterCore
    from gluonish.parameter.slots import SlotSet

__all__ = ["FlatGroup", "Run", "runs_of"]

STRIDE = 64
"""Segments start at multiples of this many elements: at least 64 bytes, whatever the dtype, so that a cast
changes no offset."""


class Run:
    """A contiguous piece of a group: members ``first`` to ``last``, elements ``start`` to ``stop``."""

    __slots__ = ("first", "last", "start", "stop")

    def __init__(self, group: FlatGroup, first: int, last: int) -> None:
        self.first = first
        self.last = last
        self.start = int(group.offsets[first])
        self.stop = int(group.offsets[last])


class FlatGroup:
    """Parameters with common memory.

    Args:
        cores: the parameters, in the order they will lie in memory.
        contexts: where their replicas are.
        dtype: their element type.
        has_grad: whether they have gradients in flat memory. Sparse ones are arrays of their own.

    Attributes:
        cores: the members; None where one has left.
        offsets: where each member's elements start in every slab, and, last, the length of a slab.
        data: the slab of values on each place.
        grad: the slab of gradients on each place; empty without gradients.
        slots: what each trainer keeps, by the trainer's key.
        epoch: grows with every change that a plan over this group has to know of.
        vacant: the number of elements that belong to members that have left.
        whole: sequences of arrays that are known to be all gradients of the group on one context.
    """

    __slots__ = (
        "__weakref__",
        "contexts",
        "cores",
        "data",
        "dtype",
        "epoch",
        "grad",
        "offsets",
        "slots",
        "vacant",
        "whole",
    )

    def __init__(
        self,
        cores: Sequence[ParameterCore],
        contexts: Sequence[Context],
        dtype: np.dtype[Any],
        *,
        has_grad: bool,
    ) -> None:
        self.cores: list[ParameterCore | None] = list(cores)
        self.contexts = tuple(contexts)
        self.dtype = dtype
        padded = [-(-shape_size(core.known_shape()) // STRIDE) * STRIDE for core in cores]
        self.offsets = np.concatenate([[0], np.cumsum(padded, dtype=np.int64)])
        self.data = {ctx.place: self._new_slab(ctx) for ctx in self.contexts}
        self.grad = {ctx.place: self._new_slab(ctx) for ctx in self.contexts} if has_grad else {}
        self.slots: dict[int, SlotSet] = {}
        self.epoch = 0
        self.vacant = 0
        self.whole: dict[tuple[NDArray, ...], int] = {}

    def _new_slab(self, ctx: Context) -> Slab:
        slab = Slab(backend_of(ctx).aligned(self.size, self.dtype, ctx), ctx, len(self.cores))
        slab.owner = weakref.ref(self)
        return slab

    @property
    def size(self) -> int:
        """The number of elements in each slab, padding included."""
        return int(self.offsets[-1])

    @property
    def has_grad(self) -> bool:
        """Whether the members have gradients in flat memory."""
        return bool(self.grad)

    @property
    def nbytes(self) -> int:
        """The bytes that values and gradients take on all contexts together."""
        return self.size * self.dtype.itemsize * (len(self.data) + len(self.grad))

    def members(self) -> list[int]:
        """Return the numbers of the parameters that have not left."""
        return [i for i, core in enumerate(self.cores) if core is not None]

    def piece(self, flat: Any, index: int, shape: tuple[int, ...]) -> Any:
        """Return the part of a slab's buffer that belongs to one member, in its shape."""
        start = int(self.offsets[index])
        return flat[start : start + shape_size(shape)].reshape(shape)

    def arrays(
        self, index: int, core: ParameterCore
    ) -> tuple[dict[Context, NDArray], dict[Context, NDArray] | None]:
        """Return new arrays over one member's values and gradients, marked as variables."""
        data = {}
        for ctx in self.contexts:
            segment = self._segment(self.data[ctx.place], index, core.known_shape(), core.label)
            data[ctx.place] = NDArray(segment.raw, ctx, segment)
        return data, self.attach_gradients(index, data, core) if core.wants_grad else None

    def attach_gradients(
        self, index: int, data: dict[Context, NDArray], core: ParameterCore
    ) -> dict[Context, NDArray]:
        """Make existing arrays over a member's values variables, and return their gradients."""
        if core.has_sparse_grad:
            return rows.new_gradients(core, data)
        grad = {}
        for place, array in data.items():
            segment = self._segment(self.grad[place], index, array.shape, f"the gradient of {core.label}")
            grad[place] = NDArray(segment.raw, array.context, segment)
            Leaf(core.grad_req, grad[place]).attach(array)
        return grad

    def _segment(self, slab: Slab, index: int, shape: tuple[int, ...], label: str) -> Segment:
        """Return a new storage over one member's part of a slab."""
        segment = Segment(slab, index, self.piece(slab.flat, index, shape))
        segment.label = label
        return segment

    def take_over(self, index: int, arrays: dict[Context, NDArray], slabs: dict[Context, Slab]) -> None:
        """Move the storage of existing arrays into these slabs, copying their content."""
        for place, array in arrays.items():
            segment = array._storage
            assert isinstance(segment, Segment)
            slab = slabs[place]
            raw = self.piece(slab.flat, index, array.shape)
            with backend_of(place).scope(place):
                raw[...] = segment.raw
            segment.move(slab, index, raw)

    def leave(self, index: int) -> None:
        """Forget a member. The caller has moved what it wants to keep."""
        self.cores[index] = None
        self.vacant += int(self.offsets[index + 1] - self.offsets[index])
        self.epoch += 1


def runs_of(group: FlatGroup, indices: Sequence[int]) -> list[Run]:
    """Return the contiguous runs that some members of a group form, in the order of memory."""
    ordered = sorted(indices)
    if not ordered:
        return []
    if ordered[-1] - ordered[0] + 1 == len(ordered):  # as most often: nothing is left out
        return [Run(group, ordered[0], ordered[-1] + 1)]
    breaks = [i + 1 for i, (a, b) in enumerate(pairwise(ordered)) if b != a + 1]
    bounds = [0, *breaks, len(ordered)]
    return [Run(group, ordered[a], ordered[b - 1] + 1) for a, b in pairwise(bounds)]
