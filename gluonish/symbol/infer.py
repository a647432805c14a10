"""Working out shapes and dtypes over a graph.

Every operator's rule works in both directions. The rules of all nodes are run forwards and backwards in turn,
until nothing new is learned: what is known about an output reaches the inputs, and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from gluonish.dtype import as_dtype
from gluonish.errors import DTypeError, ShapeInferenceError, ShapeMismatchError
from gluonish.shape import PartialShape, format_shape, from_mxnet, is_known, merge_shapes
from gluonish.symbol.node import copy_graph, located
from gluonish.symbol.spelling import read_dtype, read_shape
from gluonish.util import is_np_shape

if TYPE_CHECKING:
    import numpy as np

    from gluonish.engine.operator import Operator
    from gluonish.symbol.node import Entry, Node

__all__ = [
    "Table",
    "infer_dtypes",
    "infer_shapes",
    "known_dtypes",
    "leaves_axes_open",
    "settled_creations",
    "settled_outputs",
]


@runtime_checkable
class HasGraphs(Protocol):
    """An operator that computes with graphs of its own."""

    def settled(self, shapes: Sequence[PartialShape]) -> Operator:
        """Return the operator whose graphs have the operators that run, given shapes of its inputs."""


class Graph(Protocol):
    """What has outputs and nodes: a symbol, or a graph inside of an operator."""

    @property
    def outputs(self) -> Sequence[Entry]:
        """The outputs."""

    def nodes(self) -> list[Node]:
        """Return all nodes below them."""


Rule: TypeAlias = "Callable[[Node, list[Any], list[Any]], tuple[list[Any], list[Any]]]"
"""Completes what is known of the inputs and outputs of a node."""

Table = dict[int, list[Any]]
"""What is known, by node (its id) and output."""


def infer_shapes(symbol: Graph, known: Callable[[Node], PartialShape]) -> Table:
    """Return the shapes of all outputs of all nodes, as far as they follow from the known ones.

    Args:
        symbol: the graph.
        known: what is known about a variable, besides what it was declared with.

    Raises:
        ShapeMismatchError: they contradict each other; the message names the node.
    """

    def start(node: Node) -> PartialShape:
        given = known(node)
        if is_known(given):
            return given  # it goes before what the variable was declared with
        declared = read_shape(node.attrs.get("__shape__"), f"The shape of {node.name!r}")
        return merge_shapes(declared, given, owner=f"Variable {node.name!r}")

    def rule(node: Node, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        assert node.op is not None
        if leaves_axes_open(node):
            created = from_mxnet(node.params["shape"], owner=f"The shape of {node.name!r}")
            return inputs, [merge_shapes(created, outputs[0], owner=f"Node {node.name!r}")]
        if not node.lenient:
            return node.op.infer(inputs, node.params, outputs)
        try:
            return node.op.infer(inputs, node.params, outputs)
        except ShapeMismatchError:
            # Python's operators on arrays broadcast, so on symbols they may too.
            return node.broadcasting.infer(inputs, {}, outputs)

    return _fixpoint(symbol, start, rule, _merged_shapes)


def _merged_shapes(before: PartialShape, after: PartialShape, name: str) -> PartialShape:
    return merge_shapes(before, after, owner=f"{name!r}")


def _merged_dtypes(before: Any, after: Any, name: str) -> Any:
    if before is not None and after is not None and before != after:
        raise DTypeError(f"{name!r}", "is used with two dtypes", expected=before, received=after)
    return before if after is None else after


def leaves_axes_open(node: Node) -> bool:
    """Tell whether a node creates an array whose shape has a 0: an axis to be found, as everywhere in graphs.

    States of recurrent networks begin like this: ``zeros((0, 5))`` takes its batch from what it meets.
    """
    return not node.inputs and 0 in (node.params.get("shape") or ()) and not is_np_shape()


def infer_dtypes(
    symbol: Graph, known: Mapping[str, np.dtype[Any] | None], *, default: str | None = "float32"
) -> Table:
    """Return the dtypes of all outputs of all nodes.

    Args:
        symbol: the graph.
        known: those of some variables, by name.
        default: the dtype of variables that nothing determines; they stay unknown if None.

    Raises:
        DTypeError: they contradict each other; the message names the node.
    """

    def start(node: Node) -> np.dtype[Any] | None:
        given = known.get(node.name)
        return read_dtype(node.attrs.get("__dtype__")) if given is None else given

    found: dict[int, Any] = {}

    def known_or_found(node: Node) -> Any:
        return found.get(id(node)) or start(node)

    table = known_dtypes(symbol, known_or_found)
    for node in symbol.nodes() if default else ():
        if node.op is None and table[id(node)][0] is None:
            found[id(node)] = as_dtype(default)
            table = known_dtypes(symbol, known_or_found)
    return table


def known_dtypes(symbol: Graph, known: Callable[[Node], np.dtype[Any] | None]) -> Table:
    """Return the dtypes of all outputs of all nodes, as far as they follow from the known ones.

    Raises:
        DTypeError: they contradict each other; the message names the node.
    """

    def rule(node: Node, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        assert node.op is not None
        return node.op.infer_dtypes(inputs, node.params, outputs)

    return _fixpoint(symbol, known, rule, _merged_dtypes)


def settled_creations(
    symbol: Graph,
    shape_of: Callable[[Node], PartialShape],
    dtype_of: Callable[[Node], np.dtype[Any] | None],
) -> dict[int, dict[str, Any]]:
    """Return with which parameters a graph's arrays of open axes are made, by their nodes (the ids).

    They take their dtype from what they meet too: states of recurrent networks are like the data.

    Args:
        symbol: the graph.
        shape_of: what is known of the shape of a variable.
        dtype_of: likewise of its dtype.

    Raises:
        ShapeMismatchError, DTypeError: what is known is contradictory.
    """

    def dtype_rule(node: Node, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        assert node.op is not None
        return (
            (inputs, outputs)
            if leaves_axes_open(node)
            else node.op.infer_dtypes(inputs, node.params, outputs)
        )

    shapes = infer_shapes(symbol, shape_of)
    dtypes = _fixpoint(symbol, dtype_of, dtype_rule, _merged_dtypes)
    settled = {}
    for node in symbol.nodes():
        if node.op is not None and leaves_axes_open(node):
            (shape,), (dtype,) = shapes[id(node)], dtypes[id(node)]
            if not is_known(shape):
                raise ShapeInferenceError(
                    f"Node {node.name!r}",
                    "makes an array of a shape that cannot be found",
                    received=format_shape(shape),
                    fix="Give its shape without a 0.",
                )
            settled[id(node)] = {**node.params, "shape": shape, "dtype": dtype or node.params["dtype"]}
    return settled


def settled_outputs(symbol: Graph, known: Callable[[Node], PartialShape]) -> list[Entry]:
    """Return the outputs of a copy of a graph in which every operator is the one that runs.

    Args:
        symbol: the graph.
        known: what is known of the shape of a variable.

    Python's operators on symbols are recorded as those of equal shapes, as in MXNet. Where the shapes turn
    out to differ, the copy has the broadcasting ones; so have the graphs inside of its operators.
    """
    shapes = infer_shapes(symbol, known)

    def chosen(node: Node) -> Operator:
        assert node.op is not None
        inputs = [shapes[id(child)][i] for child, i in node.inputs]
        if isinstance(node.op, HasGraphs):
            return node.op.settled(inputs)
        differ = node.lenient and all(map(is_known, inputs)) and inputs[0] != inputs[1]
        return node.broadcasting if differ else node.op

    return copy_graph(symbol.outputs, lambda _: None, chosen)


def _fixpoint(
    symbol: Graph,
    start: Callable[[Node], Any],
    rule: Rule,
    merged: Callable[[Any, Any, str], Any],
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
            changed |= _apply(node, table, rule, merged)
    return table


def _differ(one: Any, other: Any) -> bool:
    """Tell whether two facts differ; to NumPy, None equals the dtype float64."""
    return one is not other and (one is None or other is None or one != other)


def _apply(
    node: Node,
    table: Table,
    rule: Rule,
    merged: Callable[[Any, Any, str], Any],
) -> bool:
    """Run the rule of one node; tell whether anything was learned."""
    inputs = [table[id(child)][i] for child, i in node.inputs]
    outputs = table[id(node)]
    arranged = node.arranged(inputs)
    try:
        found, new_outputs = rule(node, arranged, outputs)
        new_inputs = node.picked(found, arranged)
        learned = any(map(_differ, (*inputs, *outputs), (*new_inputs, *new_outputs)))
        for (child, i), before, value in zip(node.inputs, inputs, new_inputs, strict=True):
            if _differ(before, value):
                # An output that is taken twice may have learned something at the other place already.
                table[id(child)][i] = merged(table[id(child)][i], value, child.output_name(i))
    except (ShapeMismatchError, DTypeError) as error:
        raise located(error, node.name) from error
    table[id(node)] = list(new_outputs)
    return learned
