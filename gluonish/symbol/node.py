"""Nodes: the variables and operators that a graph is made of."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from gluonish.engine.operator import ABSENT, Operator, find_operator, is_attribute
from gluonish.errors import ArgumentError, ArgumentTypeError, GluonishError
from gluonish.ops.arithmetic import BINARIES
from gluonish.symbol.spelling import spelled

__all__ = [
    "HIDDEN_KEYS",
    "Entry",
    "Node",
    "checked_attributes",
    "copy_graph",
    "located",
    "made_variable",
    "sorted_nodes",
]

HIDDEN_KEYS = ("ctx_group", "force_mirroring", "lr_mult", "mirror_stage", "wd_mult")
"""Attributes that are kept as ``__lr_mult__`` and also answer to ``lr_mult``."""


_BROADCASTING = {
    each.elemwise[0]: find_operator(f"broadcast_{each.word}") for each in BINARIES if each.elemwise
}
"""The operators that broadcast, by those of equal shapes."""

_next_serial = itertools.count().__next__


class Node:
    """A variable or an operator in a graph.

    Attributes:
        op: the operator; None for a variable.
        name: its name.
        inputs: the outputs of other nodes that it takes: pairs of node and number. Optional inputs that it
            does not use are left out.
        params: the complete parameters of the operator.
        given: the parameters as they were given, which is what files store.
        attrs: attributes, ``__shape__`` and the like, as strings.
        lenient: whether the arrays may also broadcast, as Python's operators do on arrays.
        serial: a number that grows with every node that is made. In its order operators run as they were
            written, so random numbers are drawn in the same order.
    """

    __slots__ = ("attrs", "given", "inputs", "lenient", "name", "op", "params", "serial")

    def __init__(
        self,
        op: Operator | None,
        name: str,
        inputs: Sequence[Entry] = (),
        params: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        attrs: Mapping[str, str] | None = None,
        lenient: bool = False,
    ) -> None:
        self.op = op
        self.name = name
        self.inputs = tuple(inputs)
        self.params = dict(params or {})
        self.given = dict(given or {})
        self.attrs = dict(attrs or {})
        self.lenient = lenient
        self.serial = _next_serial()

    @property
    def broadcasting(self) -> Operator:
        """The operator that a lenient node runs."""
        assert self.op is not None
        return _BROADCASTING[self.op.name]

    def n_outputs(self) -> int:
        """Return the number of outputs, hidden ones included."""
        return 1 if self.op is None else len(self.op.outputs(self.params))

    def n_listed(self) -> int:
        """Return the number of outputs that files list, which is MXNet's."""
        return 1 if self.op is None else len(self.op.labels(self.params))

    def n_visible(self) -> int:
        """Return the number of outputs that a caller sees."""
        return 1 if self.op is None else self.op.visible(self.params)

    def output_name(self, index: int) -> str:
        """Return the name of an output: the variable's name, or the node's with the output's behind it."""
        if self.op is None:
            return self.name
        return f"{self.name}_{self.op.labels(self.params)[index]}"

    def arranged(self, values: Sequence[Any], absent: Any = ABSENT) -> list[Any]:
        """Return one value per input in the operator's order, ``absent`` for those that it does not use.

        Those behind the last input that is used are left off.
        """
        op = self.op
        assert op is not None
        if op.variadic is not None:
            return list(values)
        used = op.used_inputs(self.params)
        if len(used) != len(values) or used == op.input_names[: len(used)]:
            return list(values)
        rest = iter(values)
        last = op.input_names.index(used[-1])
        return [next(rest) if name in used else absent for name in op.input_names[: last + 1]]

    def picked(self, arranged: Sequence[Any], like: Sequence[Any]) -> list[Any]:
        """Return what ``arranged`` has for the inputs that are there: the inverse of ``arranged(like)``."""
        return [value for value, each in zip(arranged, like, strict=True) if each is not ABSENT]

    # -- attributes -----------------------------------------------------------------------------------

    def written(self) -> dict[str, str]:
        """Return the parameters that were given and the attributes, as the strings that files store."""
        # A dtype may have been given as a class; its name is what files have.
        complete = {key: value for key, value in self.params.items() if isinstance(value, np.dtype)}
        given = {key: spelled(complete.get(key, value)) for key, value in self.given.items()}
        if self.op is not None and self.op.variadic is not None:
            given["num_args"] = str(len(self.inputs))
        return {**given, **self.attrs}

    def attribute(self, key: str) -> str | None:
        """Return an attribute, or a parameter that was given, as a string; None if there is none."""
        if key in HIDDEN_KEYS:
            key = f"__{key}__"
        return self.written().get(key)

    def attributes(self) -> dict[str, str]:
        """Return all attributes, and parameters that were given; some of them under two names."""
        found = self.written()
        plain = {key: found[f"__{key}__"] for key in HIDDEN_KEYS if f"__{key}__" in found}
        return {**found, **plain}

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set attributes, and parameters of the operator.

        Raises:
            ArgumentTypeError: a value is no string.
            ArgumentError: the operator does not take such parameters.
        """
        checked = checked_attributes(attributes, f"Node {self.name!r}")
        given = {key: each for key, each in checked.items() if self.op is not None and not is_attribute(key)}
        if self.op is not None and given:
            complete = {**self.given, **given}
            self.params, self.given = self.op.fill(complete), complete
        self.attrs.update((key, each) for key, each in checked.items() if key not in given)


Entry: TypeAlias = "tuple[Node, int]"
"""An output of a node."""


def checked_attributes(attributes: Mapping[str, Any] | None, owner: str) -> dict[str, str]:
    """Return attributes as nodes keep them.

    Raises:
        ArgumentTypeError: a value is no string.
        ArgumentError: an attribute is meant for an input of the operator.
    """
    checked = {}
    for key, value in (attributes or {}).items():
        if not isinstance(value, str):
            raise ArgumentTypeError(
                owner,
                f"cannot have this attribute {key!r}",
                expected="a string",
                received=f"{type(value).__name__} {value!r:.40}",
            )
        for hidden in HIDDEN_KEYS:
            if key.endswith(f"_{hidden}"):
                argument = key.removesuffix(f"_{hidden}")
                raise ArgumentError(
                    owner,
                    f"cannot pass the attribute {key!r} on to its input",
                    fix=f"Make the variable with it, sym.var(..., {hidden}={value}), and pass {argument}=.",
                )
        checked[f"__{key}__" if key in HIDDEN_KEYS else key] = value
    return checked


def made_variable(node: Node, argument: str) -> Node:
    """Return a variable for an input of a node that is not given.

    It has all that is written at the node, as in MXNet's files.
    """
    assert node.op is not None
    initial = node.op.initial.get(argument)
    attrs = {key: value for key, value in node.written().items() if key != "__init__"}
    return Node(
        None, f"{node.name}_{argument}", attrs={**attrs, **({"__init__": initial} if initial else {})}
    )


def located(error: GluonishError, name: str) -> GluonishError:
    """Return an error with a node's name in front, since a graph has many nodes of one operator."""
    return type(error)(
        f"Node {name!r}: {error.subject[0].lower()}{error.subject[1:]}",
        error.problem,
        expected=error.expected,
        received=error.received,
        fix=error.fix,
    )


# -- graphs -----------------------------------------------------------------------------------------------


def sorted_nodes(outputs: Sequence[Entry]) -> list[Node]:
    """Return all nodes below outputs, inputs before those who use them."""
    order: list[Node] = []
    seen: set[int] = set()
    pending: list[tuple[Node, bool]] = [(node, False) for node, _ in reversed(outputs)]
    while pending:
        node, expanded = pending.pop()
        if expanded:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            pending.append((node, True))
            pending.extend((child, False) for child, _ in reversed(node.inputs))
    return order


def copy_graph(
    outputs: Sequence[Entry],
    replace: Callable[[Node], Entry | None],
    operator_of: Callable[[Node], Operator] | None = None,
) -> list[Entry]:
    """Return copies of outputs with all nodes below them.

    Args:
        outputs: the outputs.
        replace: returns what takes a variable's place in the copy; None for a copy of it.
        operator_of: returns the operator that a node has in the copy; it has its own if None.
    """
    copies: dict[int, Entry] = {}

    def copied(entry: Entry) -> Entry:
        node, index = copies[id(entry[0])]
        return (node, index) if entry[0].op is None else (node, entry[1])

    # Variables first: those that an operator's node was given are younger than it.
    for node in sorted(sorted_nodes(outputs), key=lambda each: (each.op is not None, each.serial)):
        substitute = replace(node) if node.op is None else None
        if substitute is None:
            inputs = [copied(entry) for entry in node.inputs]
            op = node.op if operator_of is None or node.op is None else operator_of(node)
            lenient = node.lenient and op is node.op
            twin = Node(op, node.name, inputs, node.params, node.given, node.attrs, lenient)
            substitute = (twin, 0)
        copies[id(node)] = substitute
    return [copied(entry) for entry in outputs]
