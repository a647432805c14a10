"""Symbols as text: MXNet's files of all versions, and what is wrong with others."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish import nd, sym
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    MissingFileError,
    MXNetError,
    UnknownNameError,
)
from gluonish.symbol import Group
from gluonish.symbol.program import Program


def written(symbol):
    return json.loads(symbol.tojson())


def network():
    x = sym.Convolution(sym.var("data"), kernel=(3, 3), num_filter=4, name="conv")
    x = sym.Activation(sym.BatchNorm(x, name="bn", fix_gamma=False, eps=1e-5), act_type="relu", name="act")
    return sym.FullyConnected(sym.concat(x, x, dim=1, name="both"), num_hidden=3, name="fc")


# -- writing ----------------------------------------------------------------------------------------------


def test_a_graph_is_written_as_mxnet_writes_it():
    """MXNet 1.9.1 prints this."""
    x = sym.var("x", shape=(2, 0), dtype="float16", lr_mult=2, init="ones")
    y = sym.Dropout(sym.FullyConnected(x, num_hidden=4, no_bias=True, name="fc"), p=0.5, name="drop")
    assert written(y) == {
        "nodes": [
            {
                "op": "null",
                "name": "x",
                "attrs": {
                    "__dtype__": "2",
                    "__init__": "ones",
                    "__lr_mult__": "2",
                    "__shape__": "(2, 0)",
                },
                "inputs": [],
            },
            {
                "op": "null",
                "name": "fc_weight",
                "attrs": {"no_bias": "True", "num_hidden": "4"},
                "inputs": [],
            },
            {
                "op": "FullyConnected",
                "name": "fc",
                "attrs": {"no_bias": "True", "num_hidden": "4"},
                "inputs": [[0, 0, 0], [1, 0, 0]],
            },
            {"op": "Dropout", "name": "drop", "attrs": {"p": "0.5"}, "inputs": [[2, 0, 0]]},
        ],
        "arg_nodes": [0, 1],
        "node_row_ptr": [0, 1, 2, 3, 5],
        "heads": [[3, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }


def test_inputs_that_are_states_are_marked():
    (bn,) = [node for node in written(network())["nodes"] if node["op"] == "BatchNorm"]
    assert [version for _, _, version in bn["inputs"]] == [0, 0, 0, 1, 1]


def test_an_operator_of_any_number_of_inputs_says_how_many():
    (both,) = [node for node in written(network())["nodes"] if node["op"] == "Concat"]
    assert both["attrs"] == {"dim": "1", "num_args": "2"}


@pytest.mark.parametrize(
    ("value", "text"),
    [("float16", "float16"), (np.float16, "float16"), (np.dtype("int8"), "int8"), (int, "int64")],
)
def test_dtypes_are_written_by_their_names(value, text):
    assert written(sym.cast(sym.var("x"), dtype=value))["nodes"][1]["attrs"] == {"dtype": text}


def test_numpys_numbers_are_written_as_pythons():
    y = sym.Pooling(sym.var("x"), kernel=(np.int64(2), 2), pool_type="max", global_pool=np.bool_(True))
    assert written(y)["nodes"][1]["attrs"] == {"kernel": "(2, 2)", "pool_type": "max", "global_pool": "True"}


# -- there and back -----------------------------------------------------------------------------------------


def test_what_is_read_is_what_was_written():
    group = Group([network(), sym.split(sym.var("z"), num_outputs=2, axis=0, name="s")[1]])
    copy = sym.load_json(group.tojson())
    assert copy.tojson() == group.tojson()
    assert copy.list_outputs() == ["fc_output", "s_output1"]
    assert copy.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert copy.attr_dict() == group.attr_dict()


def test_a_symbol_of_a_file_computes_what_it_computed(tmp_path):
    y = network()
    y.save(tmp_path / "net-symbol.json")
    rng = np.random.default_rng(3)
    shapes, _, states = y.infer_shape(data=(2, 1, 5, 5))
    names = [*y.list_arguments(), *y.list_auxiliary_states()]
    values = {
        name: nd.array(rng.uniform(0.5, 1.5, shape))
        for name, shape in zip(names, [*shapes, *states], strict=True)
    }
    found = []
    for symbol in (y, sym.load(str(tmp_path / "net-symbol.json"))):
        program = Program(symbol.outputs)
        found.append(program.run([values[node.name] for node in program.variables])[0].asnumpy())
    np.testing.assert_array_equal(*found)


def test_a_deep_graph_is_written_and_read():
    y = sym.var("x")
    for _ in range(5000):
        y = y + 1
    assert len(sym.load_json(y.tojson()).nodes()) == 5001


def test_python_arithmetic_is_read_as_operators_of_equal_shapes():
    y = sym.load_json((sym.var("a") + sym.var("b")).tojson())
    assert y.infer_shape(a=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])
    with pytest.raises(ValueError, match="'_plus0'"):
        y.infer_shape(a=(2, 3), b=(1, 3))


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(texts, texts, texts)
def test_names_and_attributes_may_be_any_text(name, key, value):
    x = sym.relu(sym.var(name), attr={f"__{key}__": value}, name=name)
    copy = sym.load_json(x.tojson())
    assert copy.attr(f"__{key}__") == value
    assert [node.name for node in copy.nodes()] == [name, name]


# -- older versions -----------------------------------------------------------------------------------------

OLD = """{"nodes": [
{"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1},
{"op": "null", "param": {}, "name": "fc1_weight", "inputs": [], "backward_source_id": -1,
 "attr": {"lr_mult": "2"}},
{"op": "null", "param": {}, "name": "fc1_bias", "inputs": [], "backward_source_id": -1},
{"op": "FullyConnected", "param": {"no_bias": "False", "num_hidden": "128"}, "name": "fc1",
 "inputs": [[0, 0], [1, 0], [2, 0]], "backward_source_id": -1,
 "attr": {"ctx_group": "g", "weight_wd_mult": "4"}},
{"op": "BatchNorm", "param": {"eps": "0.001", "fix_gamma": "True"}, "name": "bn", "inputs": [[3, 0]],
 "backward_source_id": -1},
{"op": "Activation", "param": {"act_type": "relu"}, "name": "relu1", "inputs": [[4, 0]],
 "backward_source_id": -1}],
"arg_nodes": [0, 1, 2], "heads": [[5, 0]]}"""


def test_files_of_the_first_versions_are_read_as_mxnet_reads_them():
    y = sym.load_json(OLD)
    assert y.list_arguments() == ["data", "fc1_weight", "fc1_bias", "bn_gamma", "bn_beta"]
    assert y.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    attributes = y.attr_dict()
    assert attributes["fc1_weight"] == {
        "__lr_mult__": "2",
        "lr_mult": "2",
        "__wd_mult__": "4",
        "wd_mult": "4",
    }
    assert attributes["fc1"]["__ctx_group__"] == "g"
    assert attributes["bn_moving_var"]["__init__"] == '["one", {}]'
    assert y.infer_shape(data=(2, 5))[1] == [(2, 128)]


@pytest.mark.parametrize(
    ("version", "axis"), [("", None), (', "attrs": {"mxnet_version": ["int", 10901]}', "-1")]
)
def test_an_axis_of_minus_one_was_all_axes_of_argmax_once(version, axis):
    text = (
        '{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "argmax", "name": "a", '
        '"attrs": {"axis": "-1"}, "inputs": [[0, 0, 0]]}], "arg_nodes": [0], "heads": [[1, 0, 0]]'
        f"{version}}}"
    )
    assert sym.load_json(text).attr("axis") == axis


# -- bad files ----------------------------------------------------------------------------------------------

VARIABLE = '{"op": "null", "name": "x", "inputs": []}'


def graph(*nodes, heads="[[0, 0, 0]]", more=""):
    return f'{{"nodes": [{", ".join(nodes)}], "arg_nodes": [0], "heads": {heads}{more}}}'


def operator(op="relu", inputs="[[0, 0, 0]]", attrs="{}"):
    return f'{{"op": "{op}", "name": "y", "attrs": {attrs}, "inputs": {inputs}}}'


BAD = {
    "no JSON": ("xx", r"is no JSON: Expecting value"),
    "a list": ("[]", r"is no JSON object.*\n.*Received list"),
    "nothing": ("{}", r"lacks its field 'nodes'"),
    "a field too many": (graph(VARIABLE, more=', "foo": 1'), r"has an unknown field 'foo'"),
    "a node that is a number": (graph("3"), r"is no JSON object.*\n.*3"),
    "a node without a name": (graph('{"op": "null", "inputs": []}'), r"lacks its field 'name'"),
    "a node with more": (graph('{"op": "null", "name": "x", "inputs": [], "z": 1}'), r"unknown field 'z'"),
    "numbers as attributes": (graph(VARIABLE, operator(attrs='{"a": 1}')), r"attributes that are no strings"),
    "a later input": (
        graph(VARIABLE, operator(inputs="[[1, 0, 0]]")),
        r"an output that does not exist, or comes later.*\n.*a node below 1.*\[1, 0, 0\]",
    ),
    "an output too many": (graph(VARIABLE, operator(inputs="[[0, 1, 0]]")), r"\[0, 1, 0\]"),
    "an input that is a number": (graph(VARIABLE, operator(inputs="[0]")), r"received 0"),
    "a head that is not there": (
        graph(VARIABLE, heads="[[3, 0, 0]]"),
        r"a node below 1.*received \[3, 0, 0\]",
    ),
    "nodes that are no list": (
        '{"nodes": 5, "arg_nodes": [], "heads": [[0, 0, 0]]}',
        r"'nodes' of another kind",
    ),
    "heads that are no list": (
        graph(VARIABLE, heads="5"),
        r"'heads' of another kind.*\n.*a list, received 5",
    ),
    "no heads": (graph(VARIABLE, heads="[]"), r"has no outputs"),
    "attributes that are no object": (
        graph(VARIABLE, more=', "attrs": 5'),
        r"'attrs' of another kind",
    ),
    "a variable that is not there": (
        f'{{"nodes": [{VARIABLE}], "arg_nodes": [1], "heads": [[0, 0, 0]]}}',
        r"lists variables that do not exist.*\n.*numbers below 1, received \[1\]",
    ),
    "a name that is a number": (
        graph('{"op": "null", "name": 5, "inputs": []}'),
        r"'name' of another kind",
    ),
    "inputs that are no list": (
        graph('{"op": "null", "name": "x", "inputs": 5}'),
        r"'inputs' of another kind",
    ),
    "a variable with inputs": (graph('{"op": "null", "name": "x", "inputs": [[0, 0, 0]]}'), r"has inputs"),
    "brackets without end": ("[" * 100_000, r"is nested too deeply"),
    "a negative head": (graph(VARIABLE, heads="[[-1, 0, 0]]"), r"received \[-1, 0, 0\]"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_text_that_describes_no_graph_is_an_error(text, message):
    with pytest.raises(FileFormatError, match=message) as error:
        sym.load_json(text)
    assert isinstance(error.value, MXNetError)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(data=st.data(), value=ANYTHING)
def test_a_file_with_anything_in_any_place_is_a_symbol_or_one_clear_error(data, value):
    described = written(network())
    place, key = described, data.draw(st.sampled_from(sorted(described)))
    while isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[key] = value
    with contextlib.suppress(MXNetError):
        assert sym.load_json(json.dumps(described)).list_outputs()


def test_what_stands_at_an_operator_without_parameters_is_an_attribute():
    """MXNet 1.9.1 reads it too."""
    assert (
        sym.load_json(graph(VARIABLE, operator(attrs='{"mood": "so"}'), heads="[[1, 0, 0]]")).attr("mood")
        == "so"
    )


def test_an_operator_that_does_not_exist_is_an_error_that_names_the_node():
    with pytest.raises(
        UnknownNameError, match=r"Node 'y' has an operator that gluonish does not have: 'nope'"
    ):
        sym.load_json(graph(VARIABLE, operator("nope")))


def test_parameters_that_an_operator_does_not_take_are_errors_that_name_the_node():
    with pytest.raises(ArgumentError, match=r"Node 'y': operator 'FullyConnected' has no parameter 'units'"):
        sym.load_json(graph(VARIABLE, operator("FullyConnected", attrs='{"num_hidden": "1", "units": "2"}')))
    with pytest.raises(ArgumentError, match=r"Node 'y': .*'num_hidden'.*\n.*an integer, received 'a'"):
        sym.load_json(graph(VARIABLE, operator("FullyConnected", attrs='{"num_hidden": "a"}')))


@pytest.mark.parametrize("value", [3, None, b"{}"])
def test_a_text_is_a_string(value):
    with pytest.raises(ArgumentTypeError, match=r"The text of a symbol is no text.*\n.*a string, received"):
        sym.load_json(value)


@pytest.mark.parametrize("use", [sym.load, sym.var("x").save])
def test_a_file_needs_a_path(use):
    with pytest.raises(TypeError, match=r"needs a path.*stream.\n.*received 3"):
        use(3)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(MissingFileError, match=r"none-symbol\.json does not exist"):
        sym.load(tmp_path / "none-symbol.json")
    with pytest.raises(MissingFileError, match=r"none does not exist"):
        sym.var("x").save(tmp_path / "none" / "x.json")


def test_a_file_that_is_no_text_is_an_error(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match=r"holds no symbol: it is not a text"):
        sym.load(path)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "x.json"
    sym.var("old").save(path)
    y = sym.relu(sym.var("\ud800"))
    with pytest.raises(ArgumentError, match="cannot be written as UTF-8"):
        y.save(path)
    assert sym.load(path).list_arguments() == ["old"]
