"""Running a graph on arrays: its operators one after the other, recorded where that is on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.engine.invoke import invoke
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import Operator
from gluonish.engine.sparse import BaseSparseNDArray
from gluonish.errors import DeferredInitializationError
from gluonish.shape import PartialShape
from gluonish.symbol.graph_operator import GraphOperator, Part, Run
from gluonish.symbol.infer import leaves_axes_open, settled_creations
from gluonish.symbol.node import Entry, Node, sorted_nodes
from gluonish.symbol.symbol import Symbol

__all__ = ["Program"]

Watcher = Callable[[Node, list[Any], list[Any]], None]

_SETTLED_LIMIT = 64


@attrs.frozen(eq=False)
class _Step:
    """One operator: where its inputs are, and where its outputs go.

    Attributes:
        node: the node that it is of.
        op: the operator.
        params: its complete parameters.
        inputs: the cells of its inputs.
        first: the cell of its first output.
        count: how many outputs it has; they go to cells side by side.
        last_uses: cells that nothing reads afterwards.
        graphs: what runs an operator that consists of graphs, or is chosen by its inputs; None for any other.
        place: where it runs; None for where its inputs are.
    """

    node: Node
    op: Operator
    params: dict[str, Any]
    inputs: tuple[int, ...]
    first: int
    count: int
    last_uses: tuple[int, ...]
    graphs: Callable[[Sequence[NDArray]], Any] | None
    place: Context | None


class Program:
    """A graph in the order in which its operators run.

    Arrays are kept in cells: first one for each variable, then one for each output of each operator; the last
    cell is that of optional inputs that are not there. Which graph it is, and where its arrays are, does not
    change from one run to the next, so nothing is looked up, bound or parsed in a run.

    Args:
        outputs: the outputs of the graph.
        places: the contexts that operators run on, by their nodes (the ids), if it is several: their inputs
            are moved there. None if it is one, that of the variables.

    Attributes:
        variables: the variables, in the order in which ``run`` takes their values.
    """

    def __init__(self, outputs: Sequence[Entry], places: Mapping[int, Context] | None = None) -> None:
        nodes = sorted(sorted_nodes(outputs), key=lambda node: node.serial)
        self.variables = [node for node in nodes if node.op is None]
        operators = [node for node in nodes if node.op is not None]
        cells: dict[int, int] = {id(node): i for i, node in enumerate(self.variables)}
        size = len(self.variables)
        for node in operators:
            cells[id(node)] = size
            size += node.n_visible()
        self._size = size + 1
        self._outputs = [cells[id(node)] + index for node, index in outputs]
        self._steps = self._schedule(operators, cells, places or {})
        # A graph that makes arrays of open axes has steps of its own for each kind of inputs.
        self._graph = Symbol(outputs) if any(map(leaves_axes_open, operators)) else None
        self._settled: dict[Any, list[_Step]] = {}

    def _schedule(
        self, operators: Sequence[Node], cells: dict[int, int], places: Mapping[int, Context]
    ) -> list[_Step]:
        """Return the steps; each lets go of what it is the last to read."""
        absent = self._size - 1
        kept = {*self._outputs, absent}
        steps: list[_Step] = []
        for node in reversed(operators):
            given = [cells[id(child)] + index for child, index in node.inputs]
            first, count = cells[id(node)], node.n_visible()
            # Outputs that nobody reads are let go of at once.
            ends = {*given, *range(first, first + count)} - kept
            kept |= ends
            op = node.broadcasting if node.lenient else node.op
            assert op is not None
            inputs = tuple(node.arranged(given, absent))
            place = places.get(id(node))
            runner = _lenient(node) if node.lenient else _runner(op)
            steps.append(_Step(node, op, node.params, inputs, first, count, tuple(ends), runner, place))
        return steps[::-1]

    def _steps_for(self, graph: Symbol, values: Sequence[NDArray]) -> list[_Step]:
        """Return the steps for values of these shapes and dtypes: what makes arrays then knows their axes."""
        shapes = tuple([_shape_of(x) for x in values])
        dtypes = tuple([np.dtype(x.dtype) for x in values])
        steps = self._settled.get((shapes, dtypes))
        if steps is None:
            places = {id(node): i for i, node in enumerate(self.variables)}
            params = settled_creations(
                graph, lambda node: shapes[places[id(node)]], lambda node: dtypes[places[id(node)]]
            )
            steps = [attrs.evolve(s, params=params.get(id(s.node), s.params)) for s in self._steps]
            if len(self._settled) >= _SETTLED_LIMIT:
                self._settled.clear()
            self._settled[shapes, dtypes] = steps
        return steps

    def run(self, values: Sequence[NDArray], watcher: Watcher | None = None) -> list[NDArray]:
        """Return the outputs for values of the variables.

        Args:
            values: an array per variable, in the order of ``variables``, all on one context unless operators
                have places.
            watcher: called with the node, inputs and outputs of each operator that has run.

        Raises:
            GluonishError: what an operator raises.
        """
        cells: list[Any] = [None] * self._size
        cells[: len(values)] = values
        for step in self._steps if self._graph is None else self._steps_for(self._graph, values):
            inputs = [cells[i] for i in step.inputs]
            graphs, place = step.graphs, step.place
            if place is None:
                result = invoke(step.op, inputs, step.params) if graphs is None else graphs(inputs)
            else:
                inputs = [x if x is None else x.as_in_context(place) for x in inputs]
                with place:
                    result = invoke(step.op, inputs, step.params) if graphs is None else graphs(inputs)
            if step.count == 1:
                cells[step.first] = result
            else:
                cells[step.first : step.first + step.count] = result
            if watcher is not None:
                watcher(step.node, inputs, cells[step.first : step.first + step.count])
            for i in step.last_uses:
                cells[i] = None
        return [cells[i] for i in self._outputs]


def _runner(op: Operator) -> Callable[[Sequence[NDArray]], Any] | None:
    """Return what runs an operator that consists of graphs; None for any other."""
    return (
        functools.partial(op, [_run_of(part) for part in op.parts]) if isinstance(op, GraphOperator) else None
    )


def _lenient(node: Node) -> Callable[[Sequence[NDArray]], Any]:
    """Return what runs one of Python's operators: sparse arrays stay so, others broadcast."""
    equal, broadcasting = node.op, node.broadcasting
    assert equal is not None

    def run(inputs: Sequence[NDArray]) -> Any:
        lhs, rhs = inputs
        sparse = isinstance(lhs, BaseSparseNDArray) or isinstance(rhs, BaseSparseNDArray)
        return invoke(equal if sparse and lhs.shape == rhs.shape else broadcasting, inputs, node.params)

    return run


def _run_of(part: Part) -> Run:
    """Return what runs a graph inside of an operator, given the values that its sources refer to."""
    program = Program(part.outputs)
    source_of = dict(zip(map(id, part.variables), part.sources, strict=True))
    sources = [source_of[id(node)] for node in program.variables]
    return lambda values: program.run([values[i] for i in sources])


def _shape_of(array: NDArray) -> PartialShape:
    """Return the shape of an array; None for a parameter that waits for it."""
    try:
        return array.shape
    except DeferredInitializationError:
        return None
