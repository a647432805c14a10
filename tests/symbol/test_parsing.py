"""Texts of symbols that are damaged in any way: the graph that is left, or one error."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import tracemalloc

import pytest
from golden import GOLDEN
from hypothesis import given, settings
from hypothesis import strategies as st

from gluonish import sym
from gluonish.errors import ArgumentError, ArgumentTypeError, FileFormatError, GluonishError

"""Files that Apache MXNet 1.9.1 has exported."""

TEXT = (GOLDEN / "two_inputs-symbol.json").read_text(encoding="utf-8")
GRAPH = json.loads(TEXT)


def changed(*way, value):
    """Return the text with another value at a place."""
    graph = copy.deepcopy(GRAPH)
    target = graph
    for key in way[:-1]:
        target = target[key]
    target[way[-1]] = value
    return json.dumps(graph)


WRONG = {
    "nodes that are no list": (
        changed("nodes", value={}),
        r"a field 'nodes' of another kind.\n  Expected a list, rec",
    ),
    "heads that are no list": (
        changed("heads", value=3),
        r"a field 'heads' of another kind.\n  Expected a list, received 3",
    ),
    "attrs that are no object": (
        changed("attrs", value=[]),
        r"a field 'attrs' of another kind.\n  Expected an object",
    ),
    "a name that is no string": (
        changed("nodes", 0, "name", value=3),
        r"Node 0 of the text .* 'name' of another kind.\n  Expected a string, received 3",
    ),
    "an operator that is a list": (
        changed("nodes", 0, "op", value=[]),
        r"field 'op' of another kind.\n  Expected a string",
    ),
    "inputs that are a number": (
        changed("nodes", 2, "inputs", value=1),
        r"Node 2 .* 'inputs' of another kind.\n  Expected a list",
    ),
    "parameters that are a list": (
        changed("nodes", 0, "attrs", value=[1]),
        r"field 'attrs' of another kind.\n  Expected an object",
    ),
    "too deep": ("[" * 100_000, "is nested too deeply"),
    "a number too long": ('{"nodes": ' + "9" * 5000 + "}", r"is no JSON: .*limit"),
    "a web page": ("<html>", r"is no JSON: .*\n  Expected the text of a symbol, received a web page"),
    "a pointer of Git LFS": ("version https://git-lfs.github.com/spec/v1", r"received a Git LFS pointer"),
    "nothing": ("", r"is no JSON: .*\n.*received an empty file"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_text_of_another_form_is_an_error_that_says_what_was_expected(fault):
    text, message = WRONG[fault]
    with pytest.raises(FileFormatError, match=message):
        sym.load_json(text)


def test_a_node_that_uses_itself_is_an_error():
    node = {"op": "relu", "name": "y", "inputs": [[0, 0, 0]]}
    text = json.dumps({"nodes": [node], "arg_nodes": [], "heads": [[0, 0, 0]]})
    with pytest.raises(FileFormatError, match="refers to an output that does not exist, or comes later"):
        sym.load_json(text)


def test_a_graph_may_be_as_deep_as_it_likes():
    nodes = [{"op": "null", "name": "x", "inputs": []}]
    nodes += [{"op": "relu", "name": f"y{i}", "inputs": [[i, 0, 0]]} for i in range(3000)]
    symbol = sym.load_json(json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[3000, 0, 0]]}))
    assert symbol.infer_shape(x=(2,))[1] == [(2,)]


@pytest.mark.parametrize("count", [65_537, 10**12])
def test_a_number_of_outputs_takes_no_memory_that_the_text_does_not_account_for(count):
    node = {"op": "SliceChannel", "name": "y", "attrs": {"num_outputs": str(count)}, "inputs": [[0, 0, 0]]}
    nodes = [{"op": "null", "name": "x", "inputs": []}, node]
    text = json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[1, 5, 0]]})
    tracemalloc.start()
    try:
        with pytest.raises(
            ArgumentError, match=r"cannot have so many outputs.\n  Expected at most 65536, received"
        ):
            sym.load_json(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1e6


def test_a_text_cut_at_any_length_is_an_error():
    for length in range(len(TEXT.rstrip())):
        with pytest.raises(FileFormatError, match="The text of a symbol is no JSON"):
            sym.load_json(TEXT[:length])


def places(value, way=()):
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*way, key)
        yield from places(inner, (*way, key))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "null", "(1,", "(" * 2000]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "op", "name"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(list(places(GRAPH))), values)
@settings(max_examples=200)
def test_any_value_at_any_place_is_an_error_of_ours_or_another_graph(way, value):
    with contextlib.suppress(GluonishError):
        sym.load_json(changed(*way, value=value)).list_arguments()


# -- files --------------------------------------------------------------------------------------------------


def test_an_error_about_a_file_names_it(tmp_path):
    path = tmp_path / "net-symbol.json"
    path.write_text(changed("heads", value=[[99, 0, 0]]))
    with pytest.raises(
        FileFormatError, match=r"File .*net-symbol.json refers to an output that does not exist"
    ):
        sym.load(path)
    path.write_text(changed("nodes", 0, "name", value=3))
    with pytest.raises(FileFormatError, match=r"Node 0 of file .*net-symbol.json has a field"):
        sym.load(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04\xff", b"\x1f\x8b\xff"], ids=["zip", "gzip"])
def test_a_file_that_is_no_text_is_an_error_that_says_what_it_is(content, tmp_path):
    path = tmp_path / "net-symbol.json"
    path.write_bytes(content)
    with pytest.raises(
        FileFormatError, match=r"it is not a text.\n  Expected JSON, received a (zip archive|gzip file)"
    ):
        sym.load(path)


def test_symbols_are_saved_to_and_loaded_from_streams():
    stream = io.BytesIO()
    symbol = sym.load_json(TEXT)
    symbol.save(stream)
    stream.seek(0)
    assert sym.load(stream).list_arguments() == symbol.list_arguments()
    with pytest.raises(ArgumentTypeError, match="needs a stream of bytes"):
        symbol.save(io.StringIO())
