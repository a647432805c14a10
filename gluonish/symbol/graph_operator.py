"""Operators that compute with graphs of their own: loops and branches.

Such an operator is made for each node, since its graphs are part of it. It has no kernel: running it is
running its graphs, whose operators are recorded one by one, so that gradients of any order flow through them.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import Operator
from gluonish.errors import DTypeError
from gluonish.shape import PartialShape, merge_shapes
from gluonish.symbol.infer import Table, infer_shapes, known_dtypes, settled_outputs
from gluonish.symbol.node import Entry, Node, sorted_nodes

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["DTYPES", "SHAPES", "Facts", "GraphOperator", "Part", "Run"]

Run: TypeAlias = Callable[[Sequence[Any]], "list[NDArray]"]
"""Runs a part, given the values that its sources refer to."""


class Part:
    """A graph inside of an operator.

    Args:
        outputs: its outputs.
        source_of: for each of its variables (the ids of the nodes), which of the operator's values it has.

    Attributes:
        outputs: its outputs.
        variables: its variables, in the order in which files list them.
        sources: which value each of them has.
    """

    def __init__(self, outputs: Sequence[Entry], source_of: Mapping[int, int]) -> None:
        self.outputs = tuple(outputs)
        self.variables = [node for node in self.nodes() if node.op is None]
        self.sources = tuple(source_of[id(node)] for node in self.variables)

    def nodes(self) -> list[Node]:
        """Return all nodes, inputs before those who use them."""
        return sorted_nodes(self.outputs)

    def known(self, values: Sequence[Any]) -> Callable[[Node], Any]:
        """Return a function that tells what is known of a variable, given what is of the values."""
        known = {id(node): values[i] for node, i in zip(self.variables, self.sources, strict=True)}
        return lambda node: known[id(node)]


class Facts:
    """What is worked out over the graphs of an operator: shapes, or dtypes."""

    @abstractmethod
    def solve(self, part: Part, values: Sequence[Any]) -> Table:
        """Return what is known about all outputs of all nodes of a part."""

    @abstractmethod
    def merge(self, first: Any, second: Any, owner: str) -> Any:
        """Return what two facts about one array say together."""

    def row(self, fact: Any) -> Any:
        """Return what an array says about its rows."""
        return fact

    def rows(self, fact: Any, count: Any) -> Any:
        """Return what rows, and the fact of ``count``, say about an array of them."""
        del count
        return fact

    def count(self, fact: Any) -> Any:
        """Return what an array says about the number of its rows."""
        del fact

    def through(self, part: Part, values: list[Any], owner: str) -> list[Any]:
        """Learn from a part about the values, in place, and return what is known of its outputs."""
        table = self.solve(part, values)
        for node, i in zip(part.variables, part.sources, strict=True):
            values[i] = self.merge(values[i], table[id(node)][0], owner)
        return [table[id(node)][i] for node, i in part.outputs]


class _Shapes(Facts):
    def solve(self, part: Part, values: Sequence[Any]) -> Table:
        return infer_shapes(part, part.known(values))

    def merge(self, first: Any, second: Any, owner: str) -> Any:
        return merge_shapes(first, second, owner=owner)

    def row(self, fact: Any) -> Any:
        return None if fact is None else fact[1:]

    def rows(self, fact: Any, count: Any) -> Any:
        return None if fact is None else (*(count or (None,)), *fact)

    def count(self, fact: Any) -> Any:
        return None if fact is None else fact[:1]


class _Dtypes(Facts):
    def solve(self, part: Part, values: Sequence[Any]) -> Table:
        return known_dtypes(part, part.known(values))

    def merge(self, first: Any, second: Any, owner: str) -> Any:
        if first is not None and second is not None and first != second:
            raise DTypeError(
                owner, "hands on an array of another dtype", expected=str(first), received=str(second)
            )
        return second if first is None else first


SHAPES, DTYPES = _Shapes(), _Dtypes()


class GraphOperator(Operator):
    """An operator that computes with graphs.

    Args:
        n_inputs: how many arrays it takes.
        n_outputs: how many it returns.
        parts: its graphs.
    """

    op_name: ClassVar[str]

    def __init__(self, n_inputs: int, n_outputs: int, parts: Sequence[Part]) -> None:
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.parts = tuple(parts)
        names = [f"output{i}" for i in range(n_outputs)]
        super().__init__(self.op_name, self.run, outputs=names if n_outputs > 1 else ["output"])

    def _read_signature(self, kernel: Callable[..., Any]) -> None:
        del kernel
        self.input_names = tuple(f"arg{i}" for i in range(self.n_inputs))
        self.required = self.n_inputs
        self.variadic = None
        self.param_names = ()
        self.extras = ()

    @classmethod
    @abstractmethod
    def read(
        cls, given: Mapping[str, Any], n_inputs: int, graphs: Sequence[tuple[list[Entry], list[Node]]]
    ) -> Self:
        """Return the operator that a file describes.

        Args:
            given: its parameters in the file.
            n_inputs: how many arrays it takes there.
            graphs: the outputs of each of its graphs, and their variables in the order of the file.

        Raises:
            ValueError, TypeError, IndexError, KeyError: the parameters and the graphs do not go together.
        """

    @abstractmethod
    def given(self) -> dict[str, str]:
        """Return the parameters that describe it in files."""

    @abstractmethod
    def relate(self, facts: Facts, inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return what is known of inputs and outputs, given what was before."""

    @abstractmethod
    def run(self, parts: Sequence[Run], inputs: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs for these arrays, with what runs the parts."""

    def values(self, facts: Facts, inputs: Sequence[Any]) -> list[Any]:
        """Return what the sources of parts refer to, given the operator's inputs: these, unless redefined."""
        del facts
        return list(inputs)

    # -- as any operator ------------------------------------------------------------------------------

    def fill(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return no parameters: they are part of the operator that is made for them."""
        del given
        return {}

    def infer(
        self,
        inputs: Sequence[PartialShape],
        params: Mapping[str, Any],
        outputs: Sequence[PartialShape] | None = None,
    ) -> tuple[list[PartialShape], list[PartialShape]]:
        """Complete shapes through its graphs."""
        del params
        return self.relate(SHAPES, list(inputs), list(outputs or [None] * self.n_outputs))

    def infer_dtypes(
        self, inputs: Sequence[Any], params: Mapping[str, Any], outputs: Sequence[Any] | None = None
    ) -> tuple[list[Any], list[Any]]:
        """Complete dtypes through its graphs."""
        del params
        return self.relate(DTYPES, list(inputs), list(outputs or [None] * self.n_outputs))

    def settled(self, shapes: Sequence[PartialShape]) -> Self:
        """Return the operator whose graphs have the operators that run, given shapes of its inputs."""
        values = self.values(SHAPES, shapes)
        settled = copy.copy(self)
        settled.parts = tuple(_settled(part, values) for part in self.parts)
        return settled

    def __call__(self, parts: Sequence[Run], inputs: Sequence[NDArray]) -> Any:
        """Run it; return the output, or a list of several."""
        outputs = self.run(parts, inputs)
        return outputs[0] if self.single else outputs

    def output_like(self, inputs: Sequence[NDArray]) -> list[tuple[Any, Any]]:
        """Return the shapes and dtypes of the outputs for these inputs, without running."""
        _, shapes = self.infer([x.shape for x in inputs], {})
        _, dtypes = self.infer_dtypes([x._raw.dtype for x in inputs], {})
        return list(zip(shapes, dtypes, strict=True))


def _settled(part: Part, values: Sequence[Any]) -> Part:
    """Return a copy of a part with the operators that run."""
    outputs = settled_outputs(part, part.known(values))
    variables = [node for node in sorted_nodes(outputs) if node.op is None]  # in the order of the part's own
    return Part(outputs, {id(node): i for node, i in zip(variables, part.sources, strict=True)})
