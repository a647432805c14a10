"""What a parameter group of an optimizer is in memory: one pass over flat storage for a step."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.optim.rules import Rule
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.plan import Plan, new_key, release, settle
from gluonish.parameter.slots import SlotSet
from gluonish.parameter.step import OptimizerSlots, update
from gluonish.tensors import Tensor

__all__ = ["GroupMemory"]


class GroupMemory:
    """The parameters of a group, and what an optimizer keeps for them, as slots of the parameter cores.

    Args:
        rule: the formula.
        cores: the parameters, each once.
    """

    def __init__(self, rule: Rule, cores: list[ParameterCore]) -> None:
        self.rule = rule
        self.cores = cores
        self.key = new_key()
        self._slots = OptimizerSlots(rule)
        self._slots.everywhere = False  # one state; the sum of gradients of all replicas moves it
        self._names: dict[str, str] | None = None
        self._plan: Plan | None = None
        for core in cores:
            core.trainers |= {self.key}
        weakref.finalize(self, release, self.key, cores)

    def plan(self) -> Plan:
        """Return where the parameters lie that have values, made anew if something about them changed."""
        names = self.rule.slot_names()
        if self._plan is None or names != self._names or not self._plan.is_current():
            self._names = names
            self._plan = settle(self.cores, self.key, self._slots)
        return self._plan

    def step(self) -> None:
        """Update the parameters that have a gradient on any device."""
        self.rule.refresh()
        plan = self.plan()
        plan.count_present_gradients()
        update(plan, self.key, self.rule, central=True, only_fresh=True)

    def zero_grad(self, *, leave_zeros: bool) -> None:
        """Forget the gradients."""
        Plan(self.cores).forget_gradients(leave_zeros=leave_zeros)

    # -- what is kept -------------------------------------------------------------------------------------

    def _place(self, core: ParameterCore) -> tuple[SlotSet, int] | None:
        """Return where the slots of a parameter are; None where there are none."""
        if not core.is_ready or not core.wants_grad:
            return None
        state = core.ready()
        slots = state.group.slots.get(self.key)
        return None if slots is None else (slots, state.index)

    def kept(self, core: ParameterCore) -> dict[str, Any]:
        """Return the number of updates of a parameter and the live slots; nothing before its first update."""
        found = self._place(core)
        if found is None or not found[0].counts[found[1]]:
            return {}
        slots, index = found
        ctx = slots.places()[0]
        entry: dict[str, Any] = {"step": int(slots.counts[index])}
        for name, places in slots.arrays.items():
            entry[name] = Tensor.make(slots.group.piece(places[ctx], index, core.known_shape()), ctx)
        return entry

    def restore(self, core: ParameterCore, entry: Mapping[str, Any]) -> None:
        """Take over what ``kept`` returned.

        Raises:
            DeferredInitializationError: the parameter waits for its shape.
        """
        lifecycle.require_ready([core], "is needed to load the state of an optimizer")
        self.plan()
        found = self._place(core)
        if found is None:
            return
        slots, index = found
        saved = {name: host_array(entry[name], core, slots.dtype) for name in slots.arrays if name in entry}
        missing = {name: np.zeros(core.known_shape(), slots.dtype) for name in slots.arrays}
        # Where a step is not counted, as of SGD in PyTorch, there was one.
        slots.restore(index, {**missing, **saved}, int(np.asarray(entry.get("step", 1)).item()))

    def shape_problem(self, core: ParameterCore, entry: Mapping[str, Any]) -> str | None:
        """Return what is wrong with an entry that ``restore`` is to take over, if anything is."""
        for name in self.rule.slot_names():
            if name in entry and np.shape(entry[name]) != core.known_shape():
                return f"{name} has shape {np.shape(entry[name])}, the parameter {core.known_shape()}"
        return None


def host_array(value: Any, core: ParameterCore, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return a slot's value in host memory, in the shape of its parameter."""
    host = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
    return host.astype(dtype).reshape(core.known_shape())
