"""The history of an array as a symbol: what the tape has recorded, described as a graph."""

from __future__ import annotations

from typing import Any

from gluonish.engine.fields import REQUIRED
from gluonish.engine.ndarray import NDArray, array_label
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, Operator, find_operator
from gluonish.engine.tape import Leaf, OperatorNode, TransferNode
from gluonish.engine.tape import Node as Recorded
from gluonish.errors import GradientError, OperatorError
from gluonish.symbol.node import Node
from gluonish.symbol.symbol import Symbol

__all__ = ["symbol_of"]


def symbol_of(array: NDArray) -> Symbol:
    """Return the symbol of what was computed to get an array. See ``gluonish.autograd.get_symbol``.

    Raises:
        GradientError: the array has no history, or it was freed by a backward pass.
    """
    if array._node is None:
        raise GradientError(
            array_label(array),
            "is not in a computational graph, so there is no symbol of its history",
            fix="Compute it inside autograd.record(), from an array with attach_grad().",
        )
    made: dict[int, Node] = {}
    # Parents first, without recursion: a graph may be as deep as memory allows.
    pending = [array._node]
    while pending:
        recorded = pending[-1]
        if id(recorded) in made:
            pending.pop()
            continue
        missing = [each for each in recorded.parents if each is not None and id(each) not in made]
        if missing:
            pending.extend(missing)
        else:
            made[id(recorded)] = _described(recorded, made)
    return Symbol([_output(array._node, array._entry, made)])


def _output(recorded: Recorded | Leaf, entry: int, made: dict[int, Node]) -> tuple[Node, int]:
    """Return the output of a described node that has this entry."""
    return made[id(recorded)], 0 if isinstance(recorded, Leaf) else recorded.entries.index(entry)


def _described(recorded: Recorded | Leaf, made: dict[int, Node]) -> Node:
    """Return the node that describes a recorded one, whose parents are described."""
    if isinstance(recorded, Leaf):
        return Node(None, f"var{recorded.entry}")
    if recorded.freed:
        raise GradientError(
            "The recorded graph",
            "was freed by an earlier backward pass",
            fix="Pass retain_graph=True to it, or ask for the symbol before.",
        )
    number = recorded.entries[0]
    op, params = _operator(recorded)
    inputs = []
    for position, (parent, entry) in enumerate(zip(recorded.parents, recorded.parent_entries, strict=True)):
        if parent is not None:
            assert entry is not None
            inputs.append(_output(parent, entry, made))
        elif _takes(op, position, params):
            inputs.append((Node(None, f"null{number}_{position}"), 0))
    given = {
        name: params[name]
        for name, field in op.fields.items()
        if field.default is REQUIRED or params[name] != field.default
    }
    return Node(op, f"node_{number}", inputs, params, given)


def _takes(op: Operator, position: int, params: dict[str, Any]) -> bool:
    """Tell whether an input without history was there: a constant, and not an optional one left out."""
    if op.variadic is not None or position < op.required:
        return True
    return op.input_names[position] in op.used_inputs(params)


def _operator(recorded: Recorded) -> tuple[Operator, dict[str, Any]]:
    if isinstance(recorded, OperatorNode):
        return recorded.op, {name: recorded.params[name] for name in recorded.op.fields}
    if isinstance(recorded, TransferNode):
        return find_operator("_copy"), {}
    return _opaque(len(recorded.entries)), {}


def _opaque(count: int) -> Operator:
    """Return an operator that stands for a user's Function, which a graph cannot run."""

    def kernel(xp: XP, *data: Array) -> Array:  # noqa: ARG001
        raise OperatorError("A Function in the history of an array", "cannot be run from its symbol")

    names = tuple(f"output{i}" for i in range(count))
    return Operator("_CustomFunction", kernel, outputs=names, gradient=NOT_DIFFERENTIABLE)
