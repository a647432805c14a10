"""What the tape keeps of a call and does with it: planned once per operator and set of inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from gluonish.engine.signature import GRADIENT_EXTRAS, KERNEL_EXTRAS, Rule

if TYPE_CHECKING:
    from gluonish.engine.operator import Operator

__all__ = ["GradientPlan", "make_plan"]


@attrs.frozen(eq=False)
class GradientPlan:
    """What the tape does for one operator when a given set of its inputs needs gradients.

    Attributes:
        saved: which arrays to keep: ``(True, i)`` is input i, ``(False, j)`` output j.
        rules: for each call: the function, how to find its arguments, and the input whose gradient it
            returns (None: it returns a tuple over all inputs). An argument is ``(source, key)``: ``"saved"``
            and a position there, ``"variadic"`` and several, ``"param"`` or ``"extra"`` and a name.
        wants_types: whether a rule asks for the shapes or dtypes of the inputs.
    """

    saved: tuple[tuple[bool, int], ...]
    rules: tuple[tuple[Callable[..., Any], tuple[tuple[str, Any], ...], int | None], ...]
    wants_types: bool


def make_plan(op: Operator, rules: Mapping[int | None, Rule], needed: tuple[bool, ...]) -> GradientPlan:
    """Plan the gradients of an operator.

    Args:
        op: the operator.
        rules: its gradient rules, by the position of the input whose gradient each returns; the one at None
            returns a tuple over all inputs.
        needed: which inputs want gradients.
    """
    saved: list[tuple[bool, int]] = []
    calls = []
    for position, rule in rules.items():
        if position is None or (position < len(needed) and needed[position]):
            sources = tuple(_source(op, name, len(needed), saved) for name in rule.wants)
            calls.append((rule.function, sources, position))
    asked = {key for _, sources, _ in calls for _, key in sources}
    return GradientPlan(tuple(saved), tuple(calls), bool(asked & {"shapes", "dtypes"}))


def _source(op: Operator, name: str, n_inputs: int, saved: list[tuple[bool, int]]) -> tuple[str, Any]:
    """Return where a rule finds what it asked for, adding it to what is saved if it is an array."""
    if name in op.param_names or name in KERNEL_EXTRAS:
        return "param", name
    if name in GRADIENT_EXTRAS:
        return "extra", name
    if name == op.variadic:
        return "variadic", tuple(_place(saved, (True, position)) for position in range(n_inputs))
    if name not in op.input_names:
        return "saved", _place(saved, (False, op.fixed_outputs.index(name)))
    position = op.input_names.index(name)
    return ("saved", _place(saved, (True, position))) if position < n_inputs else ("extra", "absent")


def _place(saved: list[tuple[bool, int]], which: tuple[bool, int]) -> int:
    """Return where an array is kept, adding it if it is not yet."""
    if which not in saved:
        saved.append(which)
    return saved.index(which)
