"""Working out shapes and dtypes over a graph.

Every operator's rule works in both directions. The rules of all nodes are run forwards and backwards in turn,
until nothing new is learned: what is known about an output reaches the inputs, and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gluonish.dtype import as_dtype
from gluonish.engine.operator import find_operator
from gluonish.errors import DTypeError, GluonishError, ShapeMismatchError
from gluonish.ops.arithmetic import PYTHON_OPERATORS
from gluonish.shape import PartialShape, from_mxnet, merge_shapes

if TYPE_CHECKING:
    import numpy as np

    from gluonish.symbol.symbol import Node, Symbol

__all__ = ["infer_dtypes", "infer_shapes"]

Table = dict[int, list[Any]]
"""What is known, by node (its id) and output."""

_BROADCASTING = {each.elemwise: find_operator(each.array) for each in PYTHON_OPERATORS.values()}


def infer_shapes(symbol: Symbol, known: Callable[[Node], PartialShape]) -> Table:
    """Return the shapes of all outputs of all nodes, as far as they follow from the known ones.

    Args:
        symbol: the graph.
        known: what is known about a variable, besides what it was declared with.

    Raises:
        ShapeMismatchError: they contradict each other; the message names the node.
    """

    def start(node: Node) -> PartialShape:
        declared = from_mxnet(node.attrs.get("__shape__"), owner=f"The shape of {node.name!r}")
        return merge_shapes(declared, known(node), owner=f"Variable {node.name!r}")

    def rule(node: Node, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        assert node.op is not None
        if not node.lenient:
            return node.op.infer(inputs, node.params, outputs)
        try:
            return node.op.infer(inputs, node.params, outputs)
        except ShapeMismatchError:
            # Python's operators on arrays broadcast, so on symbols they may too.
            return _BROADCASTING[node.op.name].infer(inputs, {}, outputs)

    return _fixpoint(symbol, start, rule)


def infer_dtypes(symbol: Symbol, known: Mapping[str, np.dtype[Any] | None]) -> Table:
    """Return the dtypes of all outputs of all nodes; what nothing determines is float32.

    Raises:
        DTypeError: they contradict each other; the message names the node.
    """

    def start(node: Node) -> np.dtype[Any] | None:
        declared = node.attrs.get("__dtype__")
        given = known.get(node.name)
        return given if given is not None or declared is None else as_dtype(declared)

    def rule(node: Node, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        assert node.op is not None
        return node.op.infer_dtypes(inputs, node.params, outputs)

    found: dict[int, Any] = {}

    def known_or_found(node: Node) -> Any:
        return found.get(id(node)) or start(node)

    table = _fixpoint(symbol, known_or_found, rule)
    for node in symbol.nodes():
        if node.op is None and table[id(node)][0] is None:
            found[id(node)] = as_dtype("float32")
            table = _fixpoint(symbol, known_or_found, rule)
    return table


def _fixpoint(
    symbol: Symbol,
    start: Callable[[Node], Any],
    rule: Callable[[Node, list[Any], list[Any]], tuple[list[Any], list[Any]]],
) -> Table:
    nodes = symbol.nodes()
    table: Table = {
        id(node): [start(node)] if node.op is None else [None] * node.n_outputs() for node in nodes
    }
    operators = [node for node in nodes if node.op is not None]
    changed = True
    while changed:
        changed = False
        for node in (*operators, *reversed(operators)):
            changed |= _apply(node, table, rule)
    return table


def _apply(
    node: Node,
    table: Table,
    rule: Callable[[Node, list[Any], list[Any]], tuple[list[Any], list[Any]]],
) -> bool:
    """Run the rule of one node; tell whether anything was learned."""
    inputs = [table[id(child)][i] for child, i in node.inputs]
    outputs = table[id(node)]
    try:
        new_inputs, new_outputs = rule(node, inputs, outputs)
    except (ShapeMismatchError, DTypeError) as error:
        raise _located(error, node) from error
    learned = new_inputs != inputs or new_outputs != outputs
    for (child, i), value in zip(node.inputs, new_inputs, strict=True):
        table[id(child)][i] = value
    table[id(node)] = list(new_outputs)
    return learned


def _located(error: GluonishError, node: Node) -> GluonishError:
    """Return the error with the node's name in front, since a graph has many nodes of one operator."""
    return type(error)(
        f"Node {node.name!r}: {error.subject[0].lower()}{error.subject[1:]}",
        error.problem,
        expected=error.expected,
        received=error.received,
        fix=error.fix,
    )
