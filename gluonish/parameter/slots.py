"""Slots: what a trainer keeps for each parameter, laid out like the parameters' values.

Momentum, moments and float32 masters are slots. A ``SlotSet`` holds those of one trainer for one group. When
the group's members are cast, moved or repacked, their slots go along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gluonish.context import Context
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import transfer_raw
from gluonish.shape import shape_size

if TYPE_CHECKING:
    from gluonish.parameter.core import ParameterCore
    from gluonish.parameter.flat import FlatGroup

__all__ = ["SlotPolicy", "SlotSet", "slot_bytes"]


def slot_bytes(core: ParameterCore, key: int) -> int:
    """Return the bytes that a trainer keeps for a parameter, on all contexts together."""
    slots = core.ready().group.slots.get(key) if core.is_ready else None
    if slots is None:
        return 0
    pieces = sum(len(places) for places in slots.arrays.values())
    return pieces * shape_size(core.known_shape()) * slots.dtype.itemsize


class SlotPolicy(Protocol):
    """What a trainer wants kept. Groups hold it weakly, by the trainer's key."""

    everywhere: bool
    """Whether every replica has slots of its own; otherwise only the first."""

    def slot_names(self, dtype: np.dtype[Any]) -> dict[str, str]:
        """Return the slots for parameters of a dtype, each with its start; see ``Optimizer.slot_names``."""

    def slot_dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the element type of the slots for parameters of a dtype."""


class SlotSet:
    """The slots of one trainer for one group.

    Args:
        policy: what the trainer wants kept.
        group: the parameters.

    Attributes:
        arrays: flat buffers by name, then by place, with the group's layout.
        mirrors: the names of slots that start as ``"weight"``: they hold the values in another precision.
        copies: the names of slots that start as ``"weight"`` or ``"copy"``: with the values.
        counts: how often each member was updated.
        synced: by place, per member, the version of the values there that the mirrors belong to; -1 for
            members that the trainer has not begun to update.
    """

    __slots__ = ("arrays", "copies", "counts", "dtype", "group", "mirrors", "policy", "synced")

    def __init__(self, policy: SlotPolicy, group: FlatGroup) -> None:
        self.policy = policy
        self.group = group
        self.dtype = policy.slot_dtype(group.dtype)
        names = policy.slot_names(group.dtype)
        self.arrays: dict[str, dict[Context, Any]] = {
            name: {place: backend_of(place).aligned(group.size, self.dtype, place) for place in self.places()}
            for name in names
        }
        self.mirrors = [name for name, start in names.items() if start == "weight"]
        self.copies = [name for name, start in names.items() if start in ("weight", "copy")]
        self.counts = np.zeros(len(group.cores), np.int64)
        self.synced = {place: np.full(len(group.cores), -1, np.int64) for place in self.places()}

    @property
    def nbytes(self) -> int:
        """The bytes that the slots take on all contexts together."""
        return sum(raw.nbytes for places in self.arrays.values() for raw in places.values())

    def places(self) -> list[Context]:
        """Return where the trainer's policy wants slots now."""
        return [
            ctx.place for ctx in (self.group.contexts if self.policy.everywhere else self.group.contexts[:1])
        ]

    def fits(self) -> bool:
        """Tell whether these are the slots that the trainer's policy asks for now."""
        return (
            self.arrays.keys() == self.policy.slot_names(self.group.dtype).keys()
            and self.dtype == self.policy.slot_dtype(self.group.dtype)
            and all(list(places) == self.places() for places in self.arrays.values())
        )

    def start_missing(self) -> None:
        """Set the slots of all members that have none yet, from their values."""
        for place, synced in self.synced.items():
            new = np.flatnonzero(synced == -1)
            if self.copies:
                self._copy_values(self.copies, new, place)
            synced[new] = self.group.data[place].versions[new]

    def start(self, index: int, shape: tuple[int, ...], values: dict[Context, Any]) -> None:
        """Set the slots of a member that has none yet.

        Args:
            index: its number in the group.
            shape: its shape.
            values: its values by place, to start from.
        """
        for name in self.copies:
            for place, flat in self.arrays[name].items():
                with backend_of(place).scope(place):
                    self.group.piece(flat, index, shape)[...] = values[place]
        for place, versions in self.synced.items():
            versions[index] = self.group.data[place].versions[index]

    def inherit(
        self,
        index: int,
        shape: tuple[int, ...],
        source: SlotSet,
        source_index: int,
        values: dict[Context, Any],
    ) -> None:
        """Take over the slots of a member from the set it was in before.

        Mirrors that are out of date start anew.

        Args:
            index: its number in this set's group.
            shape: its shape.
            source: the set it comes from.
            source_index: its number there.
            values: its values by place, as they were before a cast, for slots that did not exist there.
        """
        if source.has_begun(source_index):
            self.start(index, shape, values)
        for name in self.arrays:
            if name not in source.arrays:
                continue
            for place, flat in self.arrays[name].items():
                if name in source.mirrors and not source.belongs_to(source_index, values[place], place):
                    continue
                raw, origin = source.piece(name, source_index, shape, place)
                if origin is not place:
                    raw = transfer_raw(raw, origin, place)
                with backend_of(place).scope(place), np.errstate(all="ignore"):
                    self.group.piece(flat, index, shape)[...] = raw
        self.counts[index] = source.counts[source_index]

    def has_begun(self, index: int) -> bool:
        """Tell whether the trainer has begun to update a member."""
        return any(synced[index] != -1 for synced in self.synced.values())

    def restore(self, index: int, saved: Mapping[str, np.ndarray[Any, Any]], count: int) -> None:
        """Set the slots of a member from saved arrays.

        A saved mirror counts only if it rounds to the values that the member has; otherwise, and if it is not
        among what was saved, it starts anew.

        Args:
            index: its number.
            saved: host arrays of the member's shape, by the names of slots: of all of them, mirrors
                excepted, or of none.
            count: how often it was updated.
        """
        self.counts[index] = count
        if not saved:
            return
        for place, synced in self.synced.items():
            slab, backend = self.group.data[place], backend_of(place)
            mirrored = True
            with backend.scope(place):
                for name, value in saved.items():
                    piece = self.group.piece(self.arrays[name][place], index, value.shape)
                    piece[...] = backend.from_host(value, place)
                for name in self.mirrors:
                    mirrored &= name in saved and self._rounds_to(index, saved[name], place)
            synced[index] = slab.versions[index]
            if not mirrored:
                self._copy_values(self.mirrors, [index], place)

    def _rounds_to(self, index: int, saved: np.ndarray[Any, Any], place: Context) -> bool:
        """Tell whether a saved mirror rounds to the values that a member has on a place."""
        flat = self.group.data[place].flat
        values = backend_of(place).to_host(self.group.piece(flat, index, saved.shape))
        return saved.astype(values.dtype).tobytes() == values.tobytes()

    def belongs_to(self, index: int, value: Any, place: Context) -> bool:
        """Tell whether what a member's mirrors hold for a place are these values."""
        origin = self._origin(place)
        slab = self.group.data[origin]
        if self.synced[origin][index] != slab.versions[index]:
            return False
        here = backend_of(origin).to_host(self.group.piece(slab.flat, index, value.shape))
        return here.tobytes() == backend_of(place).to_host(value).tobytes()

    def renew_mirrors(self, first: int, last: int, place: Context) -> None:
        """Bring mirrors up to date where something else than the trainer wrote the values.

        Args:
            first: the number of the first member to look at.
            last: the number behind that of the last one.
            place: which replica of them.
        """
        if self.mirrors:
            versions = self.group.data[place].versions[first:last]
            stale = first + np.flatnonzero(self.synced[place][first:last] != versions)
            self._copy_values(self.mirrors, stale, place)

    def _copy_values(self, names: Iterable[str], members: Iterable[int], place: Context) -> None:
        """Copy the values of members to some of their slots."""
        flat, offsets = self.group.data[place].flat, self.group.offsets
        with backend_of(place).scope(place):
            for index in members:
                part = slice(int(offsets[index]), int(offsets[index + 1]))
                for name in names:
                    self.arrays[name][place][part] = flat[part]

    def _origin(self, place: Context) -> Context:
        """Return which place of this set serves another set's ``place``."""
        return place if place in self.synced else next(iter(self.synced))

    def piece(self, name: str, index: int, shape: tuple[int, ...], near: Context) -> tuple[Any, Context]:
        """Return a member's part of a slot and where it is: on ``near`` if there is one, else the first."""
        place = self._origin(near)
        return self.group.piece(self.arrays[name][place], index, shape), place
