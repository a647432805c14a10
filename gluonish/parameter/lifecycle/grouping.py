"""How parameters come into the flat groups they live in, and out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from gluonish.context import Context
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.flat import FlatGroup
from gluonish.parameter.slots import SlotSet
from gluonish.parameter.states import Ready

__all__ = ["commit", "compact", "inherit_slots", "leave", "prepare_slots", "repack"]


def commit(groups: Sequence[FlatGroup]) -> None:
    """Make filled groups the home of their members."""
    left = []
    for group in groups:
        for index, core in enumerate(group.cores):
            assert core is not None
            data, grad = group.arrays(index, core)
            left.append(leave(core))
            core.state = Ready(group.contexts, data, grad, group, index)
    compact(left)


def leave(core: ParameterCore) -> FlatGroup | None:
    """Take a parameter out of the group it is in, and return that group."""
    if type(core.state) is not Ready:
        return None
    core.state.group.leave(core.state.index)
    return core.state.group


def compact(groups: Iterable[FlatGroup | None]) -> None:
    """Rebuild groups that are more than half vacant, so that what was left behind is freed."""
    for group in dict.fromkeys(groups):
        if group is not None and group.vacant * 2 > group.size:
            members = [core for core in group.cores if core is not None]
            if members:
                repack(members)


def repack(cores: Sequence[ParameterCore]) -> FlatGroup:
    """Bring ready parameters that agree in contexts, dtype and having gradients into one new group.

    The arrays over them stay the same objects; they follow their memory.
    """
    states = [core.ready() for core in cores]
    first = states[0]
    group = FlatGroup(cores, first.contexts, first.group.dtype, has_grad=first.group.has_grad)
    prepare_slots(group, states)
    for index, (core, state) in enumerate(zip(cores, states, strict=True)):
        group.take_over(index, state.data, group.data)
        inherit_slots(group, index, core, state, {p: array._raw for p, array in state.data.items()})
        if group.has_grad:
            assert state.grad is not None
            group.take_over(index, state.grad, group.grad)
        state.group.leave(state.index)
        core.state = attrs.evolve(state, group=group, index=index)
    compact(state.group for state in states)
    return group


def prepare_slots(group: FlatGroup, states: Sequence[Ready]) -> None:
    """Give a new group the kinds of slots that the groups had from which its members come."""
    for state in states:
        for key, source in state.group.slots.items():
            if key not in group.slots:
                group.slots[key] = SlotSet(source.policy, group)


def inherit_slots(
    group: FlatGroup, index: int, core: ParameterCore, state: Ready, values: dict[Context, Any]
) -> None:
    """Take over what trainers keep for a parameter that was in another group; see ``SlotSet.inherit``."""
    for key, target in group.slots.items():
        source = state.group.slots.get(key)
        if source is not None:
            target.inherit(index, core.known_shape(), source, state.index, values)
