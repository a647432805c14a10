"""Symbols: composition, names, structure, and what they refuse."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from gluonish import nd, sym
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    IndexOutOfRangeError,
    SymbolValueError,
    UnknownNameError,
)
from gluonish.symbol import Group, Symbol

var = sym.var


def network():
    x = sym.Convolution(var("data"), kernel=(3, 3), num_filter=4, name="conv")
    x = sym.Activation(sym.BatchNorm(x, name="bn"), act_type="relu")
    x = sym.Pooling(x, kernel=(2, 2), pool_type="max", stride=(2, 2))
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=3), name="softmax")


# -- structure --------------------------------------------------------------------------------------------


def test_inputs_that_are_not_given_become_variables():
    """MXNet 1.9.1 prints this list, and those below."""
    assert network().list_arguments() == [
        *("data", "conv_weight", "conv_bias", "bn_gamma", "bn_beta"),
        *("fullyconnected0_weight", "fullyconnected0_bias", "softmax_label"),
    ]


def test_states_of_operators_are_no_arguments():
    assert network().list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]


def test_inputs_are_arguments_and_states_in_the_order_of_computation():
    assert network().list_inputs() == [
        *("data", "conv_weight", "conv_bias", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"),
        *("fullyconnected0_weight", "fullyconnected0_bias", "softmax_label"),
    ]


def test_outputs_are_named_after_their_node():
    assert network().list_outputs() == ["softmax_output"]
    assert var("a").list_outputs() == ["a"]
    assert sym.split(var("a"), num_outputs=2, axis=1, name="s").list_outputs() == ["s_output0", "s_output1"]


def test_internals_are_all_outputs_that_a_caller_may_see():
    internals = network().get_internals()
    assert internals.list_outputs() == [
        *("data", "conv_weight", "conv_bias", "conv_output", "bn_gamma", "bn_beta", "bn_moving_mean"),
        *("bn_moving_var", "bn_output", "activation0_output", "pooling0_output", "fullyconnected0_weight"),
        *("fullyconnected0_bias", "fullyconnected0_output", "softmax_label", "softmax_output"),
    ]
    assert internals["conv_output"].list_arguments() == ["data", "conv_weight", "conv_bias"]


def test_an_input_that_the_parameters_switch_off_is_not_made():
    assert sym.FullyConnected(var("x"), num_hidden=4, no_bias=True, name="f").list_arguments() == [
        "x",
        "f_weight",
    ]
    assert sym.LeakyReLU(var("x"), act_type="leaky", name="f").list_arguments() == ["x"]
    assert sym.LeakyReLU(var("x"), act_type="prelu", name="f").list_arguments() == ["x", "f_gamma"]


def test_inputs_may_be_given_by_name():
    y = sym.FullyConnected(bias=var("b"), data=var("x"), num_hidden=4, name="f")
    assert y.list_arguments() == ["x", "f_weight", "b"]


def test_a_variable_used_twice_is_listed_once():
    w = var("w")
    y = sym.FullyConnected(var("x"), weight=w, num_hidden=4, no_bias=True)
    assert sym.FullyConnected(y, weight=w, num_hidden=4, no_bias=True).list_arguments() == ["x", "w"]


def test_nodes_come_after_those_that_they_use():
    y = network()
    order = y.nodes()
    place = {id(node): i for i, node in enumerate(order)}
    assert all(place[id(child)] < place[id(node)] for node in order for child, _ in node.inputs)
    assert len(place) == len(order) == 16


def test_a_graph_may_be_deep():
    y = var("x")
    for _ in range(20_000):
        y = y + 1
    assert len(y.nodes()) == 20_001
    assert y.list_arguments() == ["x"]


def test_the_parameters_given_are_kept_beside_the_complete_ones():
    (node, _) = sym.FullyConnected(var("x"), num_hidden="4").outputs[0]
    assert node.given == {"num_hidden": "4"}
    assert node.params == {"num_hidden": 4, "no_bias": False, "flatten": True}


# -- several outputs --------------------------------------------------------------------------------------


def test_a_symbol_of_several_outputs_is_a_sequence_of_them():
    parts = sym.split(var("a"), num_outputs=3, axis=1, name="s")
    assert len(parts) == 3
    assert [part.list_outputs() for part in parts] == [["s_output0"], ["s_output1"], ["s_output2"]]
    assert parts[1].list_outputs() == parts[-2].list_outputs() == parts["s_output1"].list_outputs()


def test_hidden_outputs_are_not_seen():
    assert len(sym.BatchNorm(var("x"))) == 1


def test_a_group_has_the_outputs_of_its_members():
    group = Group([var("a") * 2, sym.split(var("b"), num_outputs=2, axis=0, name="s")])
    assert group.list_outputs() == ["_mulscalar0_output", "s_output0", "s_output1"]
    assert group.list_arguments() == ["a", "b"]
    assert group.name is None


def test_the_text_says_what_the_symbol_is():
    """As in MXNet 1.9.1."""
    assert repr(var("a")) == "<Symbol a>"
    assert repr(Group([var("a") * 2, var("b")])) == "<Symbol group [_mulscalar0, b]>"


@pytest.mark.parametrize("members", [[], [1], [var("a"), None]])
def test_a_group_is_made_of_symbols(members):
    with pytest.raises(ArgumentTypeError, match=r"Group\(\) needs symbols.\n  Expected a list of Symbols"):
        Group(members)


def test_an_output_that_does_not_exist_is_an_error():
    with pytest.raises(UnknownNameError, match=r"Output 'nope' does not exist once.\n  Expected one of a"):
        var("a")["nope"]
    with pytest.raises(IndexOutOfRangeError, match=r"<Symbol a> has 1 outputs.\n  Received index 3"):
        var("a")[3]
    with pytest.raises(
        ArgumentTypeError, match=r"<Symbol a> is indexed by its outputs.\n  Expected an int or a name"
    ):
        var("a")[1.5]


# -- names ------------------------------------------------------------------------------------------------

ARITHMETIC = {
    "_plus": lambda a, b: a + b,
    "_minus": lambda a, b: a - b,
    "_mul": lambda a, b: a * b,
    "_div": lambda a, b: a / b,
    "_mod": lambda a, b: a % b,
    "_power": lambda a, b: a**b,
    "_equal": lambda a, b: a == b,
    "_not_equal": lambda a, b: a != b,
    "_greater": lambda a, b: a > b,
    "_greater_equal": lambda a, b: a >= b,
    "_lesser": lambda a, b: a < b,
    "_lesser_equal": lambda a, b: a <= b,
    "_plusscalar": lambda a, b: a + 2,
    "_minusscalar": lambda a, b: a - 2,
    "_rminusscalar": lambda a, b: 2 - a,
    "_mulscalar": lambda a, b: 2 * a,
    "_divscalar": lambda a, b: a / 2,
    "_rdivscalar": lambda a, b: 2 / a,
    "_modscalar": lambda a, b: a % 2,
    "_rmodscalar": lambda a, b: 2 % a,
    "_powerscalar": lambda a, b: a**2,
    "_rpower_scalar": lambda a, b: 2**a,
    "_equal_scalar": lambda a, b: a == 2,
    "_not_equal_scalar": lambda a, b: 2 != a,  # noqa: SIM300  the number is on the left
    "_greater_scalar": lambda a, b: 2 < a,  # noqa: SIM300
    "_lesser_equal_scalar": lambda a, b: 2 >= a,  # noqa: SIM300
    "abs": lambda a, b: abs(a),
}
"""Names of the nodes that MXNet 1.9.1 makes for Python's operators."""


@pytest.mark.parametrize(("hint", "compute"), ARITHMETIC.items(), ids=ARITHMETIC)
def test_pythons_operators_make_nodes_named_as_in_mxnet(hint, compute):
    y = compute(var("a"), var("b"))
    assert isinstance(y, Symbol)
    assert y.name == f"{hint}0"
    assert y.list_outputs() == [f"{hint}0_output"]


def test_negation_is_named_like_a_product():
    assert (-var("a")).name == "_mulscalar0"


def test_nodes_of_one_kind_are_numbered():
    x = var("a")
    assert [sym.relu(x).name, sym.relu(x).name, sym.softmax(x).name] == ["relu0", "relu1", "softmax0"]


def test_a_given_name_names_the_variables_made_for_it():
    assert sym.FullyConnected(var("x"), num_hidden=4, name="fc").list_arguments() == [
        "x",
        "fc_weight",
        "fc_bias",
    ]


def test_methods_compose_like_functions():
    assert var("a").sum(axis=1).name == "sum0"
    assert var("a").reshape(2, -1).list_arguments() == ["a"]
    assert var("a").T.name == "transpose0"
    assert var("a").astype("float16").name == "cast0"
    assert var("a").detach().name == "blockgrad0"


# -- variables --------------------------------------------------------------------------------------------


def test_a_variable_keeps_its_attributes():
    x = var(
        "x", shape=(2, 0), lr_mult=2, wd_mult=0, dtype="float16", init="zeros", attr={"a": "b"}, __mine__="c"
    )
    assert x.list_attr() == {
        "a": "b",
        "__shape__": "(2, 0)",
        "__lr_mult__": "2",
        "lr_mult": "2",
        "__wd_mult__": "0",
        "wd_mult": "0",
        "__dtype__": "2",
        "__init__": "zeros",
        "__mine__": "c",
    }
    assert x.attr("__lr_mult__") == x.attr("lr_mult") == "2"
    assert x.attr("missing") is None


def test_an_operator_can_be_given_attributes():
    assert sym.relu(var("a"), attr={"__k__": "v"}, __m__=3).list_attr() == {"__k__": "v", "__m__": "3"}


def test_attributes_handed_out_are_a_copy():
    x = var("x", attr={"a": "b"})
    x.list_attr().clear()
    assert x.attr("a") == "b"


def test_a_variable_needs_a_name():
    with pytest.raises(ArgumentTypeError, match=r"A variable needs a name.\n  Expected a string, received 3"):
        var(3)


def test_attributes_of_a_variable_are_written_with_underscores():
    with pytest.raises(ArgumentError, match=r"Variable 'x' has no attribute 'colour'.\n  Write it __x__"):
        var("x", colour="red")


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compose", "text"),
    [
        (
            lambda x: sym.FullyConnected(x, x, x, 3, False, True, 7),
            "got too many arguments.\n  Expected at most 6",
        ),
        (lambda x: sym.FullyConnected(x, data=x, num_hidden=3), "got its argument 'data' twice"),
        (lambda x: sym.FullyConnected(x, x, x, 3, num_hidden=3), "got its argument 'num_hidden' twice"),
        (lambda x: sym.FullyConnected(x), "needs its parameter 'num_hidden'"),
        (lambda x: sym.FullyConnected(x, num_hidden=3, hidden=3), "has no parameter 'hidden'"),
        (lambda x: sym.concat(), "needs at least one array"),
    ],
)
def test_arguments_that_are_missing_unknown_or_given_twice_are_errors(compose, text):
    with pytest.raises(ArgumentError, match=text):
        compose(var("x"))


@pytest.mark.parametrize("value", [nd.ones(2), np.ones(2), 3, "x"], ids=lambda value: type(value).__name__)
def test_an_input_that_is_no_symbol_is_an_error(value):
    with pytest.raises(
        ArgumentTypeError, match=r"Operator 'dot' takes symbols here.\n  Expected a Symbol, received"
    ) as error:
        sym.dot(var("a"), value)
    assert type(value).__name__ in str(error.value)


def test_an_input_has_one_output():
    parts = sym.split(var("a"), num_outputs=3, axis=1, name="s")
    with pytest.raises(
        ArgumentTypeError, match=r"Operator 'relu' takes one output per input.\n  Received <Symbol s> with 3"
    ):
        sym.relu(parts)


@pytest.mark.parametrize(
    "mix", [lambda x: x + np.ones(2), lambda x: x + "a", lambda x: x + nd.ones(2), lambda x: None - x]
)
def test_pythons_operators_take_symbols_and_numbers(mix):
    with pytest.raises(TypeError, match=r"unsupported operand|does not support ufuncs|can only concatenate"):
        mix(var("a"))


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (bool, "truth value"),
        (float, "number"),
        (int, "number"),
        (np.asarray, "values"),
        (lambda x: x.shape, "shape"),
        (lambda x: x.asnumpy(), "asnumpy"),
        (lambda x: x.context, "context"),
        (lambda x: x.backward(), "backward"),
    ],
)
def test_what_only_an_array_has_is_refused_with_a_way_out(ask, what):
    with pytest.raises(
        SymbolValueError, match=f"<Symbol a> has no {what}: it stands for an array that is not"
    ) as error:
        ask(var("a"))
    assert "F.reshape_like" in error.value.fix


def test_asking_whether_a_symbol_has_a_shape_is_allowed():
    assert not hasattr(var("a"), "shape")
    assert not hasattr(var("a"), "colour")
    with pytest.raises(AttributeError, match="'Symbol' object has no attribute 'colour'"):
        _ = var("a").colour


def test_a_symbol_is_a_key_by_identity():
    a, b = var("a"), var("a")
    assert {a: 1, b: 2}[a] == 1


def test_a_copied_symbol_describes_the_same_graph():
    y = network()
    assert copy.copy(y).list_arguments() == y.list_arguments()


def test_the_name_is_an_attribute():
    x = sym.var("x")
    assert (x.attr("name"), Group([x, sym.var("y")]).attr("name")) == ("x", None)


def test_a_listing_gives_versions_of_variables_only():
    net = sym.BatchNorm(sym.exp(sym.var("x"), name="e"), name="bn")
    listing = net.debug_str()
    assert "\targ[0]=x(0) version=0\n" in listing
    assert "\targ[0]=e(0)\n" in listing
    assert "\targ[3]=bn_moving_mean(0) version=1\n" in listing
