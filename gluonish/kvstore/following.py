"""Arrays that are handed out again and again: of those that followed, only changed rows are written."""

# ruff: noqa: SLF001  what an array shares with others says how often it was written

from __future__ import annotations

import weakref
from typing import Any

import attrs
import numpy as np

from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray, transfer_raw
from gluonish.ops.sparse.casting import has_every_row

__all__ = ["Followers", "copy_rows"]


@attrs.frozen(eq=False)
class _Agreement:
    """When an array last was like the source: how often each of the two had been written."""

    array: weakref.ref[NDArray]
    written: int
    change: int


class Followers:
    """Which arrays were made like a source, and which of its rows have changed since.

    A table of a million rows of which a step changes four thousand is handed out by four thousand. That
    holds for arrays that nobody else has written in between; others get everything.
    """

    def __init__(self) -> None:
        self._change = 0
        self._rows: Any = None
        self._agreed: dict[int, _Agreement] = {}

    def note(self, rows: Any) -> None:
        """Learn that the source was changed.

        Args:
            rows: the numbers of the rows, as a raw array; None if any of them may have changed.
        """
        self._change += 1
        self._rows = rows
        if rows is None:
            self._agreed.clear()

    def bring(self, array: NDArray, source: NDArray) -> None:
        """Make an array like the source."""
        behind = self._behind(array)
        if behind == 1:
            copy_rows(array, source, self._rows)
        elif behind != 0:
            array.write(source)
        # Arrays are told apart as objects: two views may share a storage, and its count of writes.
        key, agreed = id(array), self._agreed
        reference = weakref.ref(array, lambda _: agreed.pop(key, None))
        agreed[key] = _Agreement(reference, array._storage.version, self._change)

    def _behind(self, array: NDArray) -> int | None:
        """Return how many changes an array has missed; None if it is not known."""
        known = self._agreed.get(id(array))
        if known is None or known.array() is not array or known.written != array._storage.version:
            return None
        return self._change - known.change


def copy_rows(array: NDArray, source: NDArray, rows: Any) -> None:
    """Write some rows of an array into another one, in place; all rows, if one of them does not have all.

    Args:
        array: what is written.
        source: an array of the same shape, anywhere.
        rows: the numbers of the rows, as a raw array where the source is.
    """
    array.check_writable()
    places = transfer_raw(rows, source.context, array.context)
    here, there = _memory_of(source, rows), _memory_of(array, places)
    if here is None or there is None:
        array.write(source)
        return
    with backend_of(source.context).scope(source.context):
        changed = here[rows]
    changed = transfer_raw(changed, source.context, array.context)
    with backend_of(array.context).scope(array.context), np.errstate(all="ignore"):
        there[places] = changed
    array._storage.touch()


def _memory_of(array: NDArray, rows: Any) -> Any:
    """Return memory in which rows of an array lie at their numbers; None if there is none."""
    if array.stype == "default":
        return array.stored
    with backend_of(array.context).scope(array.context):
        value = array.stored
        return value.values if array.stype == "row_sparse" and has_every_row(value, rows) else None
