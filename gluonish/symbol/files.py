"""Symbols as text: the ``symbol.json`` files of MXNet, of all its versions.

A file lists nodes, inputs before those who use them. A node has ``op`` ("null" for a variable), ``name``,
``inputs`` (triples: node, output, version) and ``attrs``: parameters as they were given, and attributes, all
of them strings. ``heads`` are the outputs of the symbol.

Older versions differ. Up to 0.8 parameters are in ``param`` and attributes in ``attr``; attributes of an
input may stand at the operator that uses it; states of operators are not listed. Files without a version are
read as of those.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gluonish.engine.operator import Operator, is_operator, operator_with
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    GluonishError,
    MissingFileError,
    UnknownNameError,
)
from gluonish.serialization.atomic import atomic_write
from gluonish.symbol.control_flow import GRAPH_OPERATORS
from gluonish.symbol.graph_operator import GraphOperator
from gluonish.symbol.node import HIDDEN_KEYS, Entry, Node, located, made_variable, sorted_nodes
from gluonish.util import is_np_shape

__all__ = ["from_json", "read_file", "to_json", "write_file"]

VERSION = 10901
"""What files say that they were written by: MXNet 1.9.1."""

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
LONG_LIST = 10
"""Longer lists have a line for each entry."""

REQUIRED_KEYS = {"nodes", "arg_nodes", "heads", "op", "name", "inputs"}
NODE_TYPES = {"op": str, "name": str, "inputs": list, "attrs": dict, "attr": dict, "param": dict}
JSON_KINDS: dict[type[Any], str] = {str: "a string", list: "a list", dict: "an object"}
OUR_NODE = "A node in the text of a symbol"


# -- writing ------------------------------------------------------------------------------------------------


def to_json(outputs: Sequence[Entry]) -> str:
    """Return a graph as the text of a ``symbol.json``."""
    attrs = {"mxnet_version": ["int", VERSION], **({"is_np_shape": ["int", 1]} if is_np_shape() else {})}
    return _layout({**_graph_as_dict(outputs), "attrs": attrs})


def _graph_as_dict(outputs: Sequence[Entry]) -> dict[str, Any]:
    nodes = sorted_nodes(outputs)
    number = {id(node): i for i, node in enumerate(nodes)}
    counts = [0]
    for node in nodes:
        counts.append(counts[-1] + node.n_listed())
    return {
        "nodes": [_node_as_dict(node, number) for node in nodes],
        "arg_nodes": [i for i, node in enumerate(nodes) if node.op is None],
        "node_row_ptr": counts,
        "heads": [[number[id(node)], index, 0] for node, index in outputs],
    }


def _node_as_dict(node: Node, number: Mapping[int, int]) -> dict[str, Any]:
    states = () if node.op is None else node.op.aux
    described: dict[str, Any] = {"op": "null" if node.op is None else node.op.name, "name": node.name}
    written = node.written()
    if written:
        described["attrs"] = {key: written[key] for key in sorted(written)}
    positions = node.arranged(range(len(node.inputs)), None) if node.op is not None else []
    version = {i: int(place in states) for place, i in enumerate(positions) if i is not None}
    described["inputs"] = [[number[id(child)], j, version[i]] for i, (child, j) in enumerate(node.inputs)]
    if isinstance(node.op, GraphOperator):
        described["subgraphs"] = [_graph_as_dict(part.outputs) for part in node.op.parts]
    return described


def _layout(graph: Mapping[str, Any]) -> str:
    """Return JSON as MXNet lays it out."""
    nodes = ",\n".join(
        "    {\n" + ",\n".join(f"      {_pair(key, value, 6)}" for key, value in node.items()) + "\n    }"
        for node in graph["nodes"]
    )
    rest = ",\n".join(f"  {_pair(key, graph[key], 2)}" for key in graph if key != "nodes")
    text = f'{{\n  "nodes": [\n{nodes}\n  ],\n{rest}\n}}'
    return text.replace(",\n", ", \n")  # as MXNet lays it out; within a string there is no such line end


def _pair(key: str, value: Any, indent: int) -> str:
    if isinstance(value, list) and len(value) > LONG_LIST:
        text = "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]"
    else:
        several = isinstance(value, dict) and len(value) > 1
        text = json.dumps(value, ensure_ascii=False, indent=2 if several else None)
    return f"{json.dumps(key)}: " + text.replace("\n", "\n" + " " * indent)


def write_file(fname: Any, text: str) -> None:
    """Write the text of a symbol to a file, which appears whole or not at all.

    Raises:
        ArgumentTypeError: not a path.
        ArgumentError: a name that cannot be written as UTF-8.
        MissingFileError: its folder does not exist.
    """
    path = _checked_path(fname)
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError("The text of a symbol", "cannot be written as UTF-8") from error
    with atomic_write(path) as file:
        file.write(encoded)


# -- reading ------------------------------------------------------------------------------------------------


def read_file(fname: Any) -> str:
    """Return the text of a symbol in a file.

    Raises:
        ArgumentTypeError: not a path.
        MissingFileError: there is no such file.
        FileFormatError: it is no text.
    """
    path = _checked_path(fname)
    if not path.is_file():
        raise MissingFileError(f"File {path}", "does not exist")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"File {path}", "holds no symbol: it is not a text") from error


def _checked_path(fname: Any) -> Path:
    if not isinstance(fname, (str, os.PathLike)):
        raise ArgumentTypeError("A symbol's file", "needs a path", expected="a string", received=repr(fname))
    return Path(fname)


def from_json(text: Any) -> list[Entry]:
    """Return the outputs of the graph that a text describes.

    Raises:
        ArgumentTypeError: not a string.
        FileFormatError: not the text of a symbol.
        UnknownNameError: an operator that gluonish does not have.
        ArgumentError: a parameter that an operator does not take.
    """
    graph = _parsed(text)
    return _read_graph(graph, older="mxnet_version" not in (graph.get("attrs") or {}))[0]


def _read_graph(graph: Mapping[str, Any], *, older: bool) -> tuple[list[Entry], list[Node]]:
    """Return the outputs of a graph, and its nodes in the order of the file."""
    nodes: list[Node] = []
    for entry in graph["nodes"]:
        node = _node_from_dict(entry, nodes, older=older)
        nodes.append(node)
    return [_checked_entry(nodes, head, len(nodes)) for head in graph["heads"]], nodes


def _parsed(text: Any) -> dict[str, Any]:
    if not isinstance(text, str):
        raise ArgumentTypeError(
            "The text of a symbol", "is no text", expected="a string", received=type(text).__name__
        )
    try:
        graph = json.loads(text)
    except json.JSONDecodeError as error:
        raise FileFormatError("The text of a symbol", f"is no JSON: {error}") from error
    except RecursionError as error:
        raise FileFormatError("The text of a symbol", "is nested too deeply") from error
    if not isinstance(graph, dict):
        raise FileFormatError("The text of a symbol", "is no JSON object", received=type(graph).__name__)
    _check_keys(graph, "The text of a symbol", TOP_KEYS, ("nodes", "arg_nodes", "heads"))
    _check_types(
        graph, "The text of a symbol", {"nodes": list, "arg_nodes": list, "heads": list, "attrs": dict}
    )
    nodes = range(len(graph["nodes"]))
    if not graph["heads"]:
        raise FileFormatError("The text of a symbol", "has no outputs", expected="one head or more")
    if not all(type(number) is int and number in nodes for number in graph["arg_nodes"]):
        raise FileFormatError(
            "The text of a symbol",
            "lists variables that do not exist",
            expected=f"numbers below {len(nodes)}",
            received=repr(graph["arg_nodes"])[:60],
        )
    return graph


def _check_keys(found: Mapping[str, Any], subject: str, known: set[str], needed: Sequence[str]) -> None:
    missing = [key for key in needed if key not in found]
    unknown = [key for key in found if key not in known]
    if missing or unknown:
        problem = f"lacks its field {missing[0]!r}" if missing else f"has an unknown field {unknown[0]!r}"
        raise FileFormatError(subject, problem, expected=", ".join(sorted(known)), received=", ".join(found))


def _check_types(found: Mapping[str, Any], subject: str, types: Mapping[str, type[Any]]) -> None:
    for key, kind in types.items():
        value = found.get(key)
        if not isinstance(value, kind) and not (value is None and key not in REQUIRED_KEYS):
            raise FileFormatError(
                subject,
                f"has a field {key!r} of another kind",
                expected=JSON_KINDS[kind],
                received=repr(value)[:60],
            )


def _node_from_dict(entry: Any, nodes: Sequence[Node], *, older: bool) -> Node:
    if not isinstance(entry, dict):
        raise FileFormatError(OUR_NODE, "is no JSON object", received=repr(entry)[:60])
    _check_keys(entry, OUR_NODE, NODE_KEYS, ("op", "name", "inputs"))
    _check_types(entry, OUR_NODE, NODE_TYPES)
    name = entry["name"]
    sources = [entry.get(key) or {} for key in ("param", "attr", "attrs")]
    written = _strings(name, {key: value for source in sources for key, value in source.items()})
    if entry["op"] == "null":
        if entry["inputs"]:
            raise FileFormatError(f"Variable {name!r}", "has inputs", received=repr(entry["inputs"])[:60])
        return Node(None, name, attrs=_attributes(written))
    if entry["op"] in GRAPH_OPERATORS:
        return _graph_node(entry, written, nodes)
    op = _operator(entry["op"], written, name)
    inputs = [_checked_entry(nodes, each, len(nodes)) for each in entry["inputs"]]
    if older:
        written = _upgraded(op, written, inputs)
    written.pop("num_args", None) if op.variadic is not None else None
    # What stands at an operator without parameters is an attribute, whatever its name.
    given = {key: value for key, value in written.items() if op.fields and not _is_attribute(key)}
    attrs = _attributes({key: value for key, value in written.items() if key not in given})
    try:
        node = Node(op, name, inputs, op.fill(given), given, attrs)
    except GluonishError as error:
        raise located(error, name) from error
    node.inputs = (*node.inputs, *_missing_inputs(node))
    return node


def _graph_node(entry: Mapping[str, Any], written: dict[str, str], nodes: Sequence[Node]) -> Node:
    """Return the node of an operator that has graphs."""
    name = entry["name"]
    inputs = [_checked_entry(nodes, each, len(nodes)) for each in entry["inputs"]]
    graphs = []
    for graph in entry.get("subgraphs", ()):
        if not isinstance(graph, dict):
            raise FileFormatError(f"Node {name!r}", "has a graph that is no JSON object")
        _check_keys(graph, f"A graph of node {name!r}", TOP_KEYS, ("nodes", "heads"))
        outputs, inner = _read_graph(graph, older=False)
        graphs.append((outputs, [node for node in inner if node.op is None]))
    try:
        op = GRAPH_OPERATORS[entry["op"]](written, len(inputs), graphs)
    except (ValueError, TypeError, IndexError, KeyError, SyntaxError) as error:
        raise FileFormatError(f"Node {name!r}", f"does not fit its graphs: {error}") from error
    attrs = _attributes({key: value for key, value in written.items() if _is_attribute(key)})
    return Node(op, name, inputs, {}, op.given(), attrs)


def _strings(name: str, written: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in written.values()):
        raise FileFormatError(f"Node {name!r}", "has attributes that are no strings", received=repr(written))
    return dict(written)


def _is_attribute(key: str) -> bool:
    return (key.startswith("__") and key.endswith("__")) or key in HIDDEN_KEYS


def _attributes(written: Mapping[str, str]) -> dict[str, str]:
    return {f"__{key}__" if key in HIDDEN_KEYS else key: value for key, value in written.items()}


def _operator(op_name: str, written: Mapping[str, str], node_name: str) -> Operator:
    if not is_operator(op_name):
        raise UnknownNameError(
            f"Node {node_name!r}",
            f"has an operator that gluonish does not have: {op_name!r}",
            fix="See docs/operators.md for those it has.",
        )
    try:
        return operator_with(op_name, {key: each for key, each in written.items() if not _is_attribute(key)})
    except GluonishError as error:
        raise located(error, node_name) from error


def _checked_entry(nodes: Sequence[Node], entry: Any, end: int) -> Entry:
    """Return the output that a file means by a list of numbers."""
    numbers = entry if isinstance(entry, list) else []
    whole = 1 < len(numbers) <= 3 and all(type(number) is int for number in numbers)  # noqa: PLR2004
    if not whole or not 0 <= numbers[0] < end or not 0 <= numbers[1] < nodes[numbers[0]].n_visible():
        raise FileFormatError(
            "The text of a symbol",
            "refers to an output that does not exist, or comes later",
            expected=f"a node below {end}, and one of its outputs",
            received=repr(entry),
        )
    return nodes[numbers[0]], numbers[1]


def _missing_inputs(node: Node) -> list[Entry]:
    """Return variables for the inputs that a file does not list: states, and what had a default once."""
    op = node.op
    assert op is not None
    if op.variadic is not None:
        return []
    lacking = op.used_inputs(node.params)[len(node.inputs) :]
    return [(made_variable(node, each), 0) for each in lacking]


# -- older versions -----------------------------------------------------------------------------------------


def _upgraded(op: Operator, written: Mapping[str, str], inputs: Sequence[Entry]) -> dict[str, str]:
    """Return what an operator's node says now; attributes that it says of its inputs go to them."""
    kept = {}
    for key, value in written.items():
        hidden = next((each for each in HIDDEN_KEYS if key.endswith(f"_{each}")), None)
        argument = None if hidden is None else key.removesuffix(f"_{hidden}")
        if argument not in op.input_names:
            kept[key] = value
        elif op.input_names.index(argument) < len(inputs):
            inputs[op.input_names.index(argument)][0].attrs[f"__{hidden}__"] = value
    if op.name == "argmax" and kept.get("axis") == "-1":
        del kept["axis"]  # it was how "over all axes" was written
    return kept
