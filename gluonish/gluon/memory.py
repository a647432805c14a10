"""How much memory parameters take, or would take, on each context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gluonish.context import Context
from gluonish.errors import ArgumentError
from gluonish.gluon.tables import Table, with_unit
from gluonish.optimizer import Optimizer, create
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.step import OptimizerSlots
from gluonish.shape import format_shape, is_known, shape_size

__all__ = ["Memory", "MemoryPlan", "plan_memory"]


@attrs.frozen
class Memory:
    """Bytes, by what they are for.

    Attributes:
        data: the values.
        gradients: their gradients.
        state: what the optimizer keeps, such as momentum; None if that cannot be told from shapes.
        copies: float32 copies of half-precision values.
    """

    data: int = 0
    gradients: int = 0
    state: int | None = 0
    copies: int = 0

    @property
    def total(self) -> int:
        """All of it, as far as it is known."""
        return self.data + self.gradients + (self.state or 0) + self.copies

    def __add__(self, other: Memory) -> Memory:
        unknown = self.state is None or other.state is None
        return Memory(
            self.data + other.data,
            self.gradients + other.gradients,
            None if unknown else (self.state or 0) + (other.state or 0),
            self.copies + other.copies,
        )


@attrs.frozen
class MemoryPlan:
    """What training would take on each context; ``str()`` and notebooks show it as a table.

    Attributes:
        contexts: the memory by context.
        parameters: how many parameters are counted.
        unknown: name and shape of those that are not, because an axis is unknown.
    """

    contexts: Mapping[Context, Memory]
    parameters: int
    unknown: Sequence[tuple[str, str]] = ()

    def table(self) -> Table:
        """Return the plan as a table."""
        header = (
            "context",
            "parameters",
            "data",
            "gradients",
            "optimizer state",
            "float32 copies",
            "total",
        )
        rows = [
            (
                str(ctx),
                str(self.parameters),
                with_unit(memory.data),
                with_unit(memory.gradients),
                "?" if memory.state is None else with_unit(memory.state),
                with_unit(memory.copies),
                ("" if memory.state is not None and not self.unknown else "> ") + with_unit(memory.total),
            )
            for ctx, memory in self.contexts.items()
        ]
        notes = [f"not counted: {name} {shape}" for name, shape in self.unknown]
        return Table(header, rows, right=range(1, len(header)), notes=notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def plan_memory(
    cores: Sequence[ParameterCore],
    contexts: tuple[Context, ...],
    optimizer: str | Optimizer | None,
    optimizer_params: Mapping[str, Any] | None,
    update_on_kvstore: bool | None,
) -> MemoryPlan:
    """Return what training would take; see ``ParameterDict.plan``."""
    chosen = _chosen(optimizer, optimizer_params)
    known = [core for core in cores if is_known(core.shape)]
    first = sum((memory_of(core, chosen) for core in known), Memory())
    replica = sum((memory_of(core, None) for core in known), Memory())
    everywhere = update_on_kvstore is False
    by_context = {ctx: first if everywhere or ctx == contexts[0] else replica for ctx in contexts}
    unknown = [(core.name, format_shape(core.shape)) for core in cores if not is_known(core.shape)]
    return MemoryPlan(by_context, len(known), unknown)


def _chosen(optimizer: str | Optimizer | None, arguments: Mapping[str, Any] | None) -> Optimizer | None:
    if isinstance(optimizer, str):
        return create(optimizer, **(arguments or {}))
    if arguments:
        raise ArgumentError(
            "plan()",
            "cannot give arguments to an optimizer that exists already, or to none",
            expected="optimizer_params=None, or the optimizer by its name",
            received=str(dict(arguments)),
        )
    return optimizer


def memory_of(core: ParameterCore, optimizer: Optimizer | None) -> Memory:
    """Return what one replica of a parameter takes, with what an optimizer keeps for it."""
    size = shape_size(core.known_shape())
    data = size * core.dtype.itemsize
    if not core.wants_grad:
        return Memory(data)
    if optimizer is None:
        return Memory(data, data)
    if not optimizer.works_on_flat_arrays:
        return Memory(data, data, None)
    kept = OptimizerSlots(optimizer)
    names = kept.slot_names(core.dtype)
    each = size * kept.slot_dtype(core.dtype).itemsize
    copies = each if optimizer.uses_master(core.dtype) else 0
    return Memory(data, data, each * len(names) - copies, copies)
