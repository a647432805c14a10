"""Loops and branches as operators: ``_foreach``, ``_while_loop`` and ``_cond``.

In files, ``..._locs`` tell how the variables of an operator's graphs and its inputs belong together.
The variables of a graph are counted in the order in which it lists them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish.engine.invoke import RECORDED
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.symbol.graph_operator import Facts, GraphOperator, Part, Run
from gluonish.symbol.node import Entry, Node

__all__ = ["GRAPH_OPERATORS", "Branch", "Foreach", "WhileLoop"]

Graph = tuple[list[Entry], list[Node]]
"""The outputs of a graph in a file, and its variables in the order of the file."""


def _locs(given: Mapping[str, Any], name: str) -> list[int]:
    """Return a list of positions that a file has as a string."""
    found = ast.literal_eval(str(given[name]))
    if not all(isinstance(each, int) and each >= 0 for each in found):
        raise ValueError(f"{name} must be positions")
    return list(found)


def _part(graph: Graph, sources: Sequence[int], n_values: int) -> Part:
    """Return a graph of a file as a part, given which value each of its variables has."""
    outputs, variables = graph
    if len(sources) != len(variables) or not all(0 <= i < n_values for i in sources):
        raise ValueError(f"a graph of {len(variables)} variables has values for {len(sources)}")
    return Part(outputs, {id(node): i for node, i in zip(variables, sources, strict=True)})


def _all(given: Mapping[str, Any], n_inputs: int, n_parts: int) -> dict[str, str]:
    """Return parameters for a file, as strings."""
    return {name: str(value) for name, value in {**given, "num_args": n_inputs + n_parts}.items()}


def _stacked(steps: Sequence[Sequence[NDArray]]) -> list[NDArray]:
    return [RECORDED.stack(*arrays, axis=0) for arrays in zip(*steps, strict=True)]


# -- for each row -----------------------------------------------------------------------------------------


class Foreach(GraphOperator):
    """Run a graph over the rows of arrays, handing states from each step to the next.

    Its inputs are the arrays, the first states, and what else the graph takes; its outputs are those of all
    steps, stacked, and the last states.

    Args:
        body: the graph. It takes rows, states and the rest.
        n_data: how many arrays there are.
        n_states: how many states.
        n_rest: how many further inputs.
    """

    op_name = "_foreach"

    def __init__(self, body: Part, n_data: int, n_states: int, n_rest: int) -> None:
        self.n_data, self.n_states = n_data, n_states
        self.n_steps = len(body.outputs) - n_states  # outputs of each step
        super().__init__(n_data + n_states + n_rest, len(body.outputs), [body])

    @classmethod
    def read(cls, given: Mapping[str, Any], n_inputs: int, graphs: Sequence[Graph]) -> Foreach:
        """Return the operator that a file describes."""
        (graph,) = graphs
        data, states, rest = (_locs(given, f"{name}_locs") for name in ("in_data", "in_state", "remain"))
        places = [*data, *states, *rest]
        if not data or sorted(places) != list(range(n_inputs)):
            raise ValueError("the variables of its graph are not those it has values for")
        if int(given["num_out_data"]) + len(states) != len(graph[0]):
            raise ValueError("its graph has another number of outputs")
        body = _part(graph, [places.index(i) for i in range(n_inputs)], n_inputs)
        return cls(body, len(data), len(states), len(rest))

    def given(self) -> dict[str, str]:
        """Return the parameters that describe it in files."""
        places = [self.parts[0].sources.index(i) for i in range(self.n_inputs)]
        end = self.n_data + self.n_states
        return _all(
            {
                "num_outputs": self.n_outputs,
                "num_out_data": self.n_steps,
                "in_data_locs": places[: self.n_data],
                "in_state_locs": places[self.n_data : end],
                "remain_locs": places[end:],
            },
            self.n_inputs,
            1,
        )

    def values(self, facts: Facts, inputs: Sequence[Any]) -> list[Any]:
        """Return what is known of the rows, the states and the rest."""
        return [*map(facts.row, inputs[: self.n_data]), *inputs[self.n_data :]]

    def relate(self, facts: Facts, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return what is known of inputs and outputs, given what was before."""
        values = self.values(facts, inputs)
        count = None
        for each in (*inputs[: self.n_data], *outputs[: self.n_steps]):
            count = facts.merge(count, facts.count(each), self.name)
        states = range(self.n_data, self.n_data + self.n_states)
        for i, last in zip(states, outputs[self.n_steps :], strict=True):
            values[i] = facts.merge(values[i], last, self.name)
        found = facts.through(self.parts[0], values, self.name)
        for i, last in zip(states, found[self.n_steps :], strict=True):
            values[i] = facts.merge(values[i], last, self.name)
        data = [
            facts.merge(facts.rows(row, count), x, self.name)
            for row, x in zip(values, inputs[: self.n_data], strict=False)
        ]
        steps = [
            facts.merge(facts.rows(row, count), x, self.name)
            for row, x in zip(found[: self.n_steps], outputs, strict=False)
        ]
        return [*data, *values[self.n_data :]], [*steps, *values[self.n_data : states.stop]]

    def run(self, parts: Sequence[Run], inputs: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs for these arrays, with what runs the graph."""
        data, values = inputs[: self.n_data], list(inputs[self.n_data :])
        lengths = {len(x) for x in data}
        if len(lengths) != 1:
            raise ArgumentError(
                "The data of foreach()",
                "do not have one number of rows",
                expected="arrays of equal length",
                received=sorted(lengths),
            )
        steps = []
        for i in range(lengths.pop()):
            found = parts[0]([*(x[i] for x in data), *values])
            steps.append(found[: self.n_steps])
            values[: self.n_states] = found[self.n_steps :]
        if steps:
            return [*_stacked(steps), *values[: self.n_states]]
        return [
            *(RECORDED.zeros(*each, inputs[0].context) for each in self.output_like(inputs)[: self.n_steps]),
            *map(RECORDED._copy, values[: self.n_states]),
        ]


# -- while a condition holds ------------------------------------------------------------------------------


class WhileLoop(GraphOperator):
    """Run a graph as long as another one returns a number other than 0.

    Its outputs are those of all steps, stacked and completed with zeros, and the last variables.

    Args:
        condition: the graph that tells whether to go on.
        step: the graph of a step.
        variables: which inputs are variables, handed from each step to the next.
        max_iterations: how many steps there are at most.
        n_inputs: how many arrays it takes.
    """

    op_name = "_while_loop"

    def __init__(
        self, condition: Part, step: Part, variables: Sequence[int], max_iterations: int, n_inputs: int
    ) -> None:
        self.variables = tuple(variables)
        self.max_iterations = max_iterations
        self.n_steps = len(step.outputs) - len(self.variables)
        super().__init__(n_inputs, len(step.outputs), [condition, step])

    @classmethod
    def read(cls, given: Mapping[str, Any], n_inputs: int, graphs: Sequence[Graph]) -> WhileLoop:
        """Return the operator that a file describes."""
        condition, step = graphs
        of_step = _locs(given, "func_input_locs")
        variables = [of_step[i] for i in _locs(given, "func_var_locs")]
        if len(condition[0]) != 1 or int(given["num_out_data"]) + len(variables) != len(step[0]):
            raise ValueError("its graphs have other numbers of outputs")
        return cls(
            _part(condition, _locs(given, "cond_input_locs"), n_inputs),
            _part(step, of_step, n_inputs),
            variables,
            int(given["max_iterations"]),
            n_inputs,
        )

    def given(self) -> dict[str, str]:
        """Return the parameters that describe it in files."""
        condition, step = self.parts
        return _all(
            {
                "num_outputs": self.n_outputs,
                "num_out_data": self.n_steps,
                "max_iterations": self.max_iterations,
                "cond_input_locs": [*condition.sources],
                "func_input_locs": [*step.sources],
                "func_var_locs": [step.sources.index(i) for i in self.variables],
            },
            self.n_inputs,
            2,
        )

    def relate(self, facts: Facts, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return what is known of inputs and outputs, given what was before."""
        values = list(inputs)
        for i, last in zip(self.variables, outputs[self.n_steps :], strict=True):
            values[i] = facts.merge(values[i], last, self.name)
        facts.through(self.parts[0], values, self.name)
        found = facts.through(self.parts[1], values, self.name)
        for i, last in zip(self.variables, found[self.n_steps :], strict=True):
            values[i] = facts.merge(values[i], last, self.name)
        steps = [
            facts.merge(facts.rows(row, (self.max_iterations,)), x, self.name)
            for row, x in zip(found[: self.n_steps], outputs, strict=False)
        ]
        return values, [*steps, *(values[i] for i in self.variables)]

    def run(self, parts: Sequence[Run], inputs: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs for these arrays, with what runs the graphs."""
        condition, step = parts
        values = list(inputs)
        steps: list[list[NDArray]] = []
        while len(steps) < self.max_iterations and condition(values)[0]:
            found = step(values)
            steps.append(found[: self.n_steps])
            for i, last in zip(self.variables, found[self.n_steps :], strict=True):
                values[i] = last
        if steps:
            return [*self._completed(steps), *(values[i] for i in self.variables)]
        return [
            *(RECORDED.zeros(*each, inputs[0].context) for each in self.output_like(inputs)[: self.n_steps]),
            *(RECORDED._copy(values[i]) for i in self.variables),
        ]

    def _completed(self, steps: Sequence[Sequence[NDArray]]) -> list[NDArray]:
        """Return the outputs of steps, stacked, with zeros for those that did not take place."""
        missing = self.max_iterations - len(steps)
        stacked = _stacked(steps)
        if not missing:
            return stacked
        return [
            RECORDED.Concat(x, RECORDED.zeros((missing, *x.shape[1:]), x.dtype, x.context), dim=0)
            for x in stacked
        ]


# -- one of two ---------------------------------------------------------------------------------------------


class Branch(GraphOperator):
    """Run one of two graphs, by the number that a third one returns.

    Args:
        condition: the graph of the number.
        then: the graph to run unless it is 0.
        otherwise: the graph to run if it is.
        n_inputs: how many arrays it takes.
    """

    op_name = "_cond"

    def __init__(self, condition: Part, then: Part, otherwise: Part, n_inputs: int) -> None:
        super().__init__(n_inputs, len(then.outputs), [condition, then, otherwise])

    @classmethod
    def read(cls, given: Mapping[str, Any], n_inputs: int, graphs: Sequence[Graph]) -> Branch:
        """Return the operator that a file describes."""
        condition, then, otherwise = graphs
        if len(condition[0]) != 1 or len(then[0]) != len(otherwise[0]):
            raise ValueError("its graphs have other numbers of outputs")
        first, second, third = (
            _part(graph, _locs(given, f"{name}_input_locs"), n_inputs)
            for graph, name in zip(graphs, _BRANCHES, strict=True)
        )
        return cls(first, second, third, n_inputs)

    def given(self) -> dict[str, str]:
        """Return the parameters that describe it in files."""
        locs = {
            f"{name}_input_locs": [*part.sources] for part, name in zip(self.parts, _BRANCHES, strict=True)
        }
        return _all({"num_outputs": self.n_outputs, **locs}, self.n_inputs, 3)

    def relate(self, facts: Facts, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return what is known of inputs and outputs, given what was before."""
        values = list(inputs)
        _, then, otherwise = (facts.through(part, values, self.name) for part in self.parts)
        for found in (then, otherwise):
            outputs = [facts.merge(x, y, self.name) for x, y in zip(outputs, found, strict=True)]
        return values, outputs

    def run(self, parts: Sequence[Run], inputs: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs for these arrays, with what runs the graphs."""
        condition, then, otherwise = parts
        return then(inputs) if condition(inputs)[0] else otherwise(inputs)


_BRANCHES = ("cond", "then", "else")

GRAPH_OPERATORS: dict[str, Callable[..., GraphOperator]] = {
    each.op_name: each.read for each in (Foreach, WhileLoop, Branch)
}
"""What reads each of these operators from a file."""
