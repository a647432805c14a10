"""Plans: which pieces of memory an operation over many parameters touches.

A plan is made once and used until one of its groups changes. Using it looks at a counter per group, not at
every parameter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from gluonish.engine.backend import backend_of
from gluonish.lr_scheduler import Multiplier, multiplier_at
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.flat import FlatGroup, Run, runs_of
from gluonish.parameter.rows import write_gradient
from gluonish.parameter.slots import SlotPolicy, SlotSet
from gluonish.parameter.states import Ready

__all__ = ["Multipliers", "Piece", "Plan", "drop_slots", "new_key", "release", "settle"]


class Multipliers:
    """The factors of a group's members, of which some may be functions of the number of updates."""

    __slots__ = ("_numbers", "_scheduled")

    def __init__(self, given: Sequence[Multiplier]) -> None:
        self._scheduled = [(i, each) for i, each in enumerate(given) if callable(each)]
        self._numbers = np.array([1.0 if callable(each) else each for each in given], np.float64)

    def at(self, num_update: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the factors after a number of updates."""
        for index, schedule in self._scheduled:
            self._numbers[index] = multiplier_at(schedule, num_update)
        return self._numbers


@attrs.frozen(eq=False, slots=False)
class Piece:
    """What a plan touches of one group.

    Attributes:
        group: the group.
        indices: the members covered, in the order of memory.
        runs: the contiguous runs that they form.
    """

    group: FlatGroup
    indices: np.ndarray[Any, np.dtype[np.int64]]
    runs: list[Run]

    @classmethod
    def of(cls, group: FlatGroup, members: list[int]) -> Piece:
        """Return what a plan touches of a group, given the members it covers."""
        return cls(group, np.array(sorted(members)), runs_of(group, members))

    @cached_property
    def lr_mult(self) -> Multipliers:
        """The factors on the learning rate of the members of the group."""
        return Multipliers([1.0 if core is None else core.lr_mult for core in self.group.cores])

    @cached_property
    def wd_mult(self) -> Multipliers:
        """The factors on the weight decay, likewise."""
        return Multipliers([1.0 if core is None else core.wd_mult for core in self.group.cores])

    def cores(self) -> list[ParameterCore]:
        """Return the parameters covered."""
        found = [self.group.cores[int(i)] for i in self.indices]
        return [core for core in found if core is not None]


class Plan:
    """The memory of some parameters.

    Args:
        cores: the parameters, each once.

    Attributes:
        pieces: by group, what is touched of those that have gradients.
        sparse: the parameters whose gradients are sparse arrays of their own.
        pending: the parameters that hold no values yet.
    """

    __slots__ = ("_watched", "pending", "pieces", "sparse")

    def __init__(self, cores: Iterable[ParameterCore]) -> None:
        indices: dict[FlatGroup, list[int]] = {}
        self.pending: list[ParameterCore] = []
        self.sparse: list[ParameterCore] = []
        for core in cores:
            if type(core.state) is Ready:
                if core.has_sparse_grad:
                    self.sparse.append(core)
                indices.setdefault(core.state.group, []).append(core.state.index)
            else:
                self.pending.append(core)
        self._watched = [(group, group.epoch) for group in indices]
        self.pieces = [Piece.of(group, members) for group, members in indices.items() if group.has_grad]

    def is_current(self) -> bool:
        """Tell whether nothing has changed that the plan depends on."""
        for group, epoch in self._watched:
            if group.epoch != epoch:
                return False
        return not any(core.is_ready for core in self.pending)

    def zero_gradients(self) -> None:
        """Set all gradients to 0."""
        for piece in self.pieces:
            for place, slab in piece.group.grad.items():
                with backend_of(place).scope(place):
                    for run in piece.runs:
                        slab.flat[run.start : run.stop] = 0
                        slab.versions[run.first : run.last] += 1
        for core in self.sparse:
            write_gradient(core, None)

    def forget_gradients(self, *, leave_zeros: bool = False) -> None:
        """Set all gradients to 0, and note that there are none.

        Args:
            leave_zeros: note that they are there, and 0.
        """
        self.zero_gradients()
        for piece in self.pieces:
            for slab in piece.group.grad.values():
                slab.fresh[piece.indices] = False
                slab.emptied[piece.indices] = -1 if leave_zeros else slab.versions[piece.indices]

    def count_present_gradients(self) -> None:
        """Let all gradients that are there count as written since the last update, and no others."""
        for piece in self.pieces:
            for slab in piece.group.grad.values():
                slab.fresh[piece.indices] = slab.emptied[piece.indices] != slab.versions[piece.indices]


new_key = itertools.count().__next__
"""Return a key under which a trainer's slots are kept."""


def release(key: int, cores: Iterable[ParameterCore]) -> None:
    """Free what a trainer kept for its parameters, and forget that it updates them."""
    for core in cores:
        core.trainers -= {key}
    drop_slots(key, cores)


def drop_slots(key: int, cores: Iterable[ParameterCore]) -> None:
    """Free what a trainer kept for its parameters."""
    for core in cores:
        if core.is_ready:
            core.ready().group.slots.pop(key, None)


def settle(cores: Sequence[ParameterCore], key: int, policy: SlotPolicy) -> Plan:
    """Bring the memory of a trainer's parameters into the form its step wants, and return the plan.

    Afterwards every group that holds one of these parameters with a gradient holds only such parameters, and
    has slots for the trainer. Parameters that several trainers update form groups of their own, so that
    trainers do not keep rebuilding each other's groups.

    Args:
        cores: the parameters, each once.
        key: the trainer's key.
        policy: what it keeps.
    """
    buckets: dict[Any, list[ParameterCore]] = {}
    for core in cores:
        state = core.state
        if type(state) is Ready and core.has_flat_grad:
            buckets.setdefault((core.dtype, state.contexts, core.trainers), []).append(core)
    for members in buckets.values():
        groups = {core.ready().group for core in members}
        group = next(iter(groups))
        if len(groups) > 1 or group.vacant or len(group.cores) != len(members):
            group = lifecycle.repack(_in_memory_order(members))
        slots = group.slots.get(key)
        if slots is None or not slots.fits():
            slots = group.slots[key] = _renewed(slots, policy, group)
        slots.start_missing()
    return Plan(cores)


def _in_memory_order(cores: Iterable[ParameterCore]) -> list[ParameterCore]:
    """Return parameters as they lie in memory now, so that most of them keep their neighbours."""
    order: dict[FlatGroup, int] = {}
    placed = []
    for core in cores:
        state = core.ready()
        placed.append((order.setdefault(state.group, len(order)), state.index, core))
    return [core for _, _, core in sorted(placed, key=lambda each: each[:2])]


def _renewed(before: SlotSet | None, policy: SlotPolicy, group: FlatGroup) -> SlotSet:
    """Return slots that fit the policy as it is now, keeping what there is."""
    slots = SlotSet(policy, group)
    if before is not None:
        for index, core in enumerate(group.cores):
            assert core is not None
            values = {place: array._raw for place, array in core.ready().data.items()}
            slots.inherit(index, core.known_shape(), before, index, values)
    return slots
