"""Memory as arrays share it, with a count of the writes to it.

An array, its views and its detached twins have one ``Storage``. The tape notes a storage's version when it
saves an array, and refuses to compute a gradient from memory that was written since.

A ``Segment`` is the storage of a parameter's replica: a piece of a ``Slab``, the one contiguous buffer in
which many parameters lie behind each other. Slabs can be rebuilt; a segment then rebinds every array that
lives on it, so references taken before stay valid.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gluonish.context import Context
    from gluonish.engine.ndarray import NDArray

__all__ = ["ALIGNMENT", "Segment", "Slab", "Storage"]

ALIGNMENT = 64
"""Bytes to which a segment's start is aligned: a cache line, and the widest vector register in use."""


class Storage:
    """What arrays over the same memory have in common.

    Attributes:
        version: how often the memory was written.
        fresh: for a gradient buffer, whether a backward pass has written it since the last update.
        label: a name for messages, such as that of a parameter; None for anonymous arrays.
        empty: for a parameter's gradient, whether there is none though there is memory for it.
    """

    __slots__ = ("__weakref__", "fresh", "label", "version")

    version: int
    fresh: bool
    label: str | None
    empty = False

    def __init__(self) -> None:
        self.version = 0
        self.fresh = False
        self.label = None

    def touch(self) -> None:
        """Count one write."""
        self.version += 1

    def register(self, array: NDArray) -> None:
        """Learn of an array over this memory. Only memory that may move keeps a list of them."""


class Slab:
    """One contiguous buffer for many segments, with their flags in vectors.

    Operations over the whole slab (an optimizer step, zeroing, a reduction) update versions and freshness
    of all segments with one vector operation, not with a loop over parameters.

    Args:
        flat: the buffer, one-dimensional, on its device.
        ctx: where it is.
        count: the number of segments.

    Attributes:
        versions: how often each segment was written.
        fresh: for gradients, which segments a backward pass has written since the last update.
        emptied: for gradients, the version at which each segment was last declared to hold none.
        owner: a weak reference to whatever laid the slab out, or None.
    """

    __slots__ = ("ctx", "emptied", "flat", "fresh", "owner", "versions")

    owner: weakref.ref[Any] | None

    def __init__(self, flat: Any, ctx: Context, count: int) -> None:
        self.flat = flat
        self.ctx = ctx
        self.versions = np.zeros(count, np.int64)
        self.fresh = np.zeros(count, np.bool_)
        self.emptied = np.zeros(count, np.int64)
        self.owner = None


class Segment(Storage):
    """The storage of one replica: piece ``index`` of ``slab``.

    Args:
        slab: the slab it lies in.
        index: its number there.
        raw: its memory, shaped like the parameter: a view of ``slab.flat``.
    """

    __slots__ = ("_arrays", "index", "raw", "slab")

    def __init__(self, slab: Slab, index: int, raw: Any) -> None:
        self.slab = slab
        self.index = index
        self.raw = raw
        self.label = None
        self._arrays: weakref.WeakSet[NDArray] = weakref.WeakSet()

    @property
    def version(self) -> int:  # type: ignore[override]
        """How often the memory was written, by itself or as a part of its slab."""
        return int(self.slab.versions[self.index])

    @property
    def fresh(self) -> bool:
        """Whether a backward pass has written this gradient since the last update."""
        return bool(self.slab.fresh[self.index])

    @fresh.setter
    def fresh(self, value: bool) -> None:
        self.slab.fresh[self.index] = value

    @property
    def empty(self) -> bool:  # type: ignore[override]
        """For a gradient: whether nothing was written since it was made or last declared empty."""
        return bool(self.slab.emptied[self.index] == self.slab.versions[self.index])

    def touch(self) -> None:
        """Count one write to this segment alone."""
        self.slab.versions[self.index] += 1

    def register(self, array: NDArray) -> None:
        """Remember an array over this memory, to take it along when the memory moves."""
        self._arrays.add(array)

    def move(self, slab: Slab, index: int, raw: Any) -> None:
        """Point this segment, and every array over it, to equal content in another slab.

        The caller has copied the content. The version goes along, so gradients that were saved stay
        valid: moving is not writing.
        """
        slab.versions[index] = self.slab.versions[self.index]
        slab.fresh[index] = self.slab.fresh[self.index]
        slab.emptied[index] = self.slab.emptied[self.index]
        old, self.raw, self.slab, self.index = self.raw, raw, slab, index
        for array in list(self._arrays):
            array.rebind(old, raw)
