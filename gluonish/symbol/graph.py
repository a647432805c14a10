"""Outputs of a graph, and what it consists of."""

from __future__ import annotations

from collections.abc import Sequence

from gluonish.symbol.node import Entry, Node, sorted_nodes

__all__ = ["Graph"]


class Graph:
    """One or several outputs of a graph of operators: what all parts of ``Symbol`` rest on.

    Args:
        outputs: pairs of a node and the number of an output.
    """

    __slots__ = ("outputs",)

    outputs: tuple[Entry, ...]

    def __init__(self, outputs: Sequence[Entry]) -> None:
        self.outputs = tuple(outputs)

    @property
    def name(self) -> str | None:
        """The name of the node; None for a group of several."""
        nodes = {id(node): node for node, _ in self.outputs}
        return next(iter(nodes.values())).name if len(nodes) == 1 else None

    def nodes(self) -> list[Node]:
        """Return all nodes below the outputs, inputs before those who use them."""
        return sorted_nodes(self.outputs)

    def _variables(self) -> tuple[list[Node], list[Node]]:
        """Return the variables that are arguments, and those that are states of operators."""
        nodes = self.nodes()
        states = {
            id(node.inputs[i][0])
            for node in nodes
            if node.op is not None
            for i in node.op.aux
            if i < len(node.inputs)
        }
        variables = [node for node in nodes if node.op is None]
        return (
            [node for node in variables if id(node) not in states],
            [node for node in variables if id(node) in states],
        )

    def list_arguments(self) -> list[str]:
        """Return the names of the variables, in the order of computation."""
        return [node.name for node in self._variables()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the variables that are states of operators, such as running means."""
        return [node.name for node in self._variables()[1]]

    def list_inputs(self) -> list[str]:
        """Return the names of all variables, states included."""
        return [node.name for node in self.nodes() if node.op is None]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return [node.output_name(index) for node, index in self.outputs]
