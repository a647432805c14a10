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
from collections.abc import Mapping, Sequence
from typing import Any

from gluonish.engine.operator import Operator, is_operator, operator_with
from gluonish.errors import (
    ArgumentError,
    FileFormatError,
    GluonishError,
    UnknownNameError,
)
from gluonish.serialization.streams import guess, open_target, read_content
from gluonish.symbol.control_flow import GRAPH_OPERATORS
from gluonish.symbol.graph_operator import GraphOperator
from gluonish.symbol.node import HIDDEN_KEYS, Entry, Node, located, made_variable, sorted_nodes
from gluonish.symbol.parsing import GraphText, NodeText, parsed_graph
from gluonish.util import is_np_shape

__all__ = ["from_json", "read_file", "to_json", "write_file"]

VERSION = 10901
"""What files say that they were written by: MXNet 1.9.1."""

LONG_LIST = 10
"""Longer lists have a line for each entry."""

UNNAMED = "The text of a symbol"
"""What messages call a text that comes from no file."""


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
    """Write the text of a symbol to a file; one that is named by its path appears whole or not at all.

    Args:
        fname: a path, or a stream opened for writing bytes.
        text: the text.

    Raises:
        ArgumentTypeError: neither of these.
        ArgumentError: a name that cannot be written as UTF-8.
        MissingFileError: its folder does not exist.
    """
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(UNNAMED, "cannot be written as UTF-8") from error
    with open_target(fname, "Symbol.save()") as file:
        file.write(encoded)


# -- reading ------------------------------------------------------------------------------------------------


def read_file(fname: Any) -> list[Entry]:
    """Return the outputs of the graph in a file.

    Args:
        fname: a path, or a stream of bytes.

    Raises:
        ArgumentTypeError: neither of these.
        MissingFileError: there is no such file.
        FileFormatError, UnknownNameError, ArgumentError: as of ``from_json``.
    """
    content = read_content(fname, "sym.load()")
    try:
        text = str(content.view, "utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            content.name,
            "holds no symbol: it is not a text",
            expected="JSON",
            received=guess(content.view),
        ) from error
    return from_json(text, content.name)


def from_json(text: Any, source: str = UNNAMED) -> list[Entry]:
    """Return the outputs of the graph that a text describes.

    Args:
        text: the text.
        source: what messages call it.

    Raises:
        ArgumentTypeError: not a string.
        FileFormatError: not the text of a symbol.
        UnknownNameError: an operator that gluonish does not have.
        ArgumentError: a parameter that an operator does not take.
    """
    graph = parsed_graph(text, source)
    return _read_graph(graph, source, older="mxnet_version" not in graph.attrs)[0]


def _read_graph(graph: GraphText, source: str, *, older: bool) -> tuple[list[Entry], list[Node]]:
    """Return the outputs of a graph, and its nodes in the order of the file."""
    nodes: list[Node] = []
    for entry in graph.nodes:
        nodes.append(_node_of(entry, nodes, source, older=older))
    return [_checked_entry(nodes, head, source) for head in graph.heads], nodes


def _node_of(entry: NodeText, nodes: Sequence[Node], source: str, *, older: bool) -> Node:
    """Return the node that a text describes, given those before it."""
    name, written = entry.name, entry.written
    if entry.op == "null":
        return Node(None, name, attrs=_attributes(written))
    if entry.op in GRAPH_OPERATORS:
        return _graph_node(entry, nodes, source)
    op = _operator(entry.op, written, name)
    inputs = [_checked_entry(nodes, each, source) for each in entry.inputs]
    if older:
        written = _upgraded(op, written, inputs)
    written.pop("num_args", None) if op.variadic is not None else None
    # What stands at an operator without parameters is an attribute, whatever its name.
    given = {key: value for key, value in written.items() if op.fields and not _is_attribute(key)}
    attrs = _attributes({key: value for key, value in written.items() if key not in given})
    try:
        node = Node(op, name, inputs, op.fill(given), given, attrs)
        missing = _missing_inputs(node)
    except GluonishError as error:
        raise located(error, name) from error
    node.inputs = (*node.inputs, *missing)
    return node


def _graph_node(entry: NodeText, nodes: Sequence[Node], source: str) -> Node:
    """Return the node of an operator that has graphs."""
    inputs = [_checked_entry(nodes, each, source) for each in entry.inputs]
    graphs = []
    for graph in entry.subgraphs:
        outputs, inner = _read_graph(graph, source, older=False)
        graphs.append((outputs, [node for node in inner if node.op is None]))
    try:
        op = GRAPH_OPERATORS[entry.op](entry.written, len(inputs), graphs)
        given = op.given()
    except (ValueError, TypeError, IndexError, KeyError, SyntaxError) as error:
        raise FileFormatError(f"Node {entry.name!r}", f"does not fit its graphs: {error}") from error
    attrs = _attributes({key: value for key, value in entry.written.items() if _is_attribute(key)})
    return Node(op, entry.name, inputs, {}, given, attrs)


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


def _checked_entry(nodes: Sequence[Node], entry: Any, source: str) -> Entry:
    """Return the output that a file means by a list of numbers."""
    end = len(nodes)
    numbers = entry if isinstance(entry, list) else []
    whole = 1 < len(numbers) <= 3 and all(type(number) is int for number in numbers)  # noqa: PLR2004
    if not whole or not 0 <= numbers[0] < end or not 0 <= numbers[1] < nodes[numbers[0]].n_visible():
        raise FileFormatError(
            source,
            "refers to an output that does not exist, or comes later",
            expected=f"a node below {end}, and one of its outputs",
            received=repr(entry)[:60],
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
