"""The JSON of a ``symbol.json``, taken apart and checked, before a graph is made of it.

Whatever the text is, what comes out has the types that the format prescribes, or the one error says what was
expected and what is there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gluonish.errors import ArgumentTypeError, FileFormatError
from gluonish.serialization.streams import guess

__all__ = ["GraphText", "NodeText", "parsed_graph"]

TOP_KEYS = {"nodes", "arg_nodes", "node_row_ptr", "heads", "attrs"}
NODE_KEYS = {
    "op",
    "name",
    "inputs",
    "attrs",
    "attr",
    "param",
    "control_deps",
    "backward_source_id",
    "subgraphs",
}
KINDS: dict[type[Any], str] = {list: "a list", dict: "an object", str: "a string"}

MOST_NESTED = 50
"""How many graphs may be in one another: loops in loops."""

NEEDED = {"nodes", "heads", "op", "name", "inputs"}
"""What must be there, and not be null."""

SHOWN = 60
"""How many characters of what is wrong a message shows."""


@attrs.frozen
class NodeText:
    """What a text says of a node.

    Attributes:
        op: the name of its operator; ``"null"`` for a variable.
        name: its name.
        written: parameters and attributes.
        inputs: what it uses, as lists that are not checked yet.
        subgraphs: the graphs of an operator that has some.
    """

    op: str
    name: str
    written: dict[str, str]
    inputs: list[Any]
    subgraphs: list[GraphText]


@attrs.frozen
class GraphText:
    """What a text says of a graph.

    Attributes:
        nodes: the nodes, inputs before those who use them.
        heads: the outputs, as lists that are not checked yet.
        attrs: what it says of the whole, such as the version of MXNet that wrote it.
    """

    nodes: list[NodeText]
    heads: list[Any]
    attrs: dict[str, Any]


def parsed_graph(text: Any, source: str) -> GraphText:
    """Take the text of a symbol apart.

    Args:
        text: the text.
        source: what messages call it.

    Raises:
        ArgumentTypeError: not a string.
        FileFormatError: not the text of a symbol.
    """
    if not isinstance(text, str):
        raise ArgumentTypeError(source, "is no text", expected="a string", received=type(text).__name__)
    try:
        graph = json.loads(text)
    except (ValueError, RecursionError) as error:
        start = text.lstrip()[:SHOWN].encode(errors="replace")
        problem = "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {error}"
        raise FileFormatError(
            source, problem, expected="the text of a symbol", received=guess(memoryview(start))
        ) from error
    found = _graph(graph, source, ("nodes", "arg_nodes", "heads"))
    if not found.heads:
        raise FileFormatError(source, "has no outputs", expected="one head or more")
    return found


def _graph(graph: Any, subject: str, needed: Sequence[str], depth: int = 0) -> GraphText:
    if not isinstance(graph, dict):
        raise FileFormatError(subject, "is no JSON object", received=type(graph).__name__)
    if depth > MOST_NESTED:
        raise FileFormatError(subject, "is nested too deeply", expected=f"{MOST_NESTED} graphs in another")
    _check_keys(graph, subject, TOP_KEYS, needed)
    nodes, variables, heads = (_field(graph, key, list, subject) for key in ("nodes", "arg_nodes", "heads"))
    if not all(type(number) is int and 0 <= number < len(nodes) for number in variables):
        raise FileFormatError(
            subject,
            "lists variables that do not exist",
            expected=f"numbers below {len(nodes)}",
            received=repr(variables)[:SHOWN],
        )
    about = _field(graph, "attrs", dict, subject)
    read = [_node(entry, f"Node {i} of {_inner(subject)}", depth) for i, entry in enumerate(nodes)]
    return GraphText(read, heads, about)


def _inner(source: str) -> str:
    return source[0].lower() + source[1:]


def _node(entry: Any, subject: str, depth: int) -> NodeText:
    if not isinstance(entry, dict):
        raise FileFormatError(subject, "is no JSON object", received=repr(entry)[:SHOWN])
    _check_keys(entry, subject, NODE_KEYS, ("op", "name", "inputs"))
    op, name = (_field(entry, key, str, subject) for key in ("op", "name"))
    written = {}
    for key in ("param", "attr", "attrs"):
        written.update(_field(entry, key, dict, subject))
    if not all(isinstance(value, str) for value in written.values()):
        raise FileFormatError(
            f"Node {name!r}", "has attributes that are no strings", received=repr(written)[:SHOWN]
        )
    inputs = _field(entry, "inputs", list, subject)
    if op == "null" and inputs:
        raise FileFormatError(f"Variable {name!r}", "has inputs", received=repr(inputs)[:SHOWN])
    parts = _field(entry, "subgraphs", list, subject)
    graphs = [_graph(each, f"A graph of node {name!r}", ("nodes", "heads"), depth + 1) for each in parts]
    return NodeText(op, name, written, inputs, graphs)


def _field(found: Mapping[str, Any], key: str, kind: type[Any], subject: str) -> Any:
    """Return a field, or an empty one if it is not there; old files have null for none."""
    value = found.get(key)
    if value is None and key not in NEEDED:
        return kind()
    if not isinstance(value, kind):
        raise FileFormatError(
            subject,
            f"has a field {key!r} of another kind",
            expected=KINDS[kind],
            received=repr(value)[:SHOWN],
        )
    return value


def _check_keys(found: Mapping[str, Any], subject: str, known: set[str], needed: Sequence[str]) -> None:
    missing = [key for key in needed if key not in found]
    unknown = [key for key in found if key not in known]
    if missing or unknown:
        problem = (
            f"lacks its field {missing[0]!r}" if missing else f"has an unknown field {unknown[0][:SHOWN]!r}"
        )
        received = ", ".join(found)
        raise FileFormatError(
            subject, problem, expected=", ".join(sorted(known)), received=received[: 4 * SHOWN]
        )
