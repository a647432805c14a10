"""Making symbols: attributes and their scopes, composition, names of aliases, copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish import sym
from gluonish.errors import ArgumentError, ArgumentTypeError, SymbolValueError, UnknownNameError
from gluonish.symbol import Group

var = sym.var


# -- attributes -------------------------------------------------------------------------------------------


def test_an_attribute_is_a_string_also_if_it_was_a_parameter():
    y = sym.FullyConnected(var("x"), num_hidden=4, name="fc", attr={"__mood__": "good"}, __size__=3)
    assert (y.attr("num_hidden"), y.attr("__mood__"), y.attr("__size__")) == ("4", "good", "3")
    assert y.list_attr() == {"num_hidden": "4", "__mood__": "good", "__size__": "3"}


def test_some_attributes_answer_to_two_names():
    """As in MXNet 1.9.1."""
    y = sym.relu(var("x"), lr_mult=3, attr={"ctx_group": "stage1"})
    assert y.list_attr() == {
        "__lr_mult__": "3",
        "lr_mult": "3",
        "__ctx_group__": "stage1",
        "ctx_group": "stage1",
    }
    assert y.attr("lr_mult") == y.attr("__lr_mult__") == "3"


def test_variables_that_an_operator_makes_have_what_it_has_and_their_initializers():
    y = sym.BatchNorm(var("x"), name="bn", eps=0.1, attr={"__mood__": "good"})
    found = y.attr_dict()
    assert found["bn_gamma"] == {"__mood__": "good", "eps": "0.1"}
    assert found["bn_moving_mean"] == {"__mood__": "good", "eps": "0.1", "__init__": '["zero", {}]'}
    assert found["bn_moving_var"]["__init__"] == '["one", {}]'
    assert sym.LeakyReLU(var("x"), act_type="prelu", name="l").attr_dict()["l_gamma"] == {
        "__init__": '["Constant", {"value": 0.25}]',
        "act_type": "prelu",
    }


def test_nodes_without_attributes_are_not_listed():
    assert (var("a") + sym.relu(var("b"), name="r", __k__="v")).attr_dict() == {"r": {"__k__": "v"}}


def test_a_group_has_no_attribute_of_its_own_but_lists_those_of_all():
    group = Group([var("a", __k__="1"), var("b", __k__="2")])
    assert group.attr("__k__") is None
    assert group.attr_dict() == {"a": {"__k__": "1"}, "b": {"__k__": "2"}}


def test_scopes_give_attributes_and_inner_ones_and_own_ones_go_first():
    with mx.AttrScope(ctx_group="g1", __lr_mult__="3", __data__="great"):
        outer = var("outer")
        product = outer * 2
        with mx.AttrScope(ctx_group="g2"):
            inner = var("inner", attr={"__data__": "own"})
            layer = sym.FullyConnected(inner, num_hidden=2, name="fc")
    assert outer.attr("ctx_group") == product.attr("ctx_group") == "g1"
    assert product.attr("__data__") == "great"
    assert (inner.attr("ctx_group"), inner.attr("__data__"), inner.attr("lr_mult")) == ("g2", "own", "3")
    assert layer.attr_dict()["fc_weight"]["ctx_group"] == "g2"
    assert var("after").list_attr() == {}


def test_an_initializer_is_kept_by_its_text():
    assert var("x", init=mx.init.Xavier(magnitude=2)).attr("__init__") == mx.init.Xavier(magnitude=2).dumps()


@pytest.mark.parametrize(("stype", "number"), [("default", "0"), ("row_sparse", "1"), ("csr", "2")])
def test_a_storage_type_is_kept_as_mxnets_number(stype, number):
    assert var("x", stype=stype).attr("__storage_type__") == number


def test_attributes_can_be_set_afterwards():
    x = var("x")
    x._set_attr(lr_mult="3", mood="good")
    assert x.list_attr() == {"__lr_mult__": "3", "lr_mult": "3", "mood": "good"}


@pytest.mark.parametrize(
    "use",
    [
        lambda: var("x", attr={"a": 3}),
        lambda: sym.relu(var("x"), attr={"__a__": 3}),
        lambda: var("x")._set_attr(a=3),
    ],
)
def test_an_attribute_that_is_no_string_is_an_error(use):
    with pytest.raises(
        ValueError, match=r"cannot have this attribute '(__)?a(__)?'.*\n.*a string, received int 3"
    ):
        use()


def test_an_attribute_of_an_operator_is_written_with_underscores():
    with pytest.raises(ArgumentError, match=r"'relu' has no parameter 'k'.*\n.*write it __x__"):
        sym.relu(var("x"), attr={"k": "v"})


def test_attributes_for_an_input_are_an_error_that_says_where_they_go():
    with pytest.raises(
        ArgumentError, match=r"'weight_lr_mult' on to its input.*\n.*lr_mult=2\), and pass weight="
    ):
        sym.FullyConnected(var("x"), num_hidden=3, attr={"weight_lr_mult": "2"})


def test_an_unknown_storage_type_is_an_error():
    with pytest.raises(ArgumentError, match=r"Variable 'x' has an unknown stype.*\n.*received 'dense'"):
        var("x", stype="dense")


def test_attributes_are_not_listed_recursively():
    with pytest.raises(ArgumentError, match=r"list_attr\(\) is not recursive.*\n.*attr_dict"):
        var("x").list_attr(recursive=True)


# -- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compose", "name"),
    [
        (lambda x: sym.flatten(x), "flatten0"),
        (lambda x: sym.identity(x), "identity0"),
        (lambda x: sym.SwapAxis(x, dim1=0, dim2=1), "swapaxis0"),
        (lambda x: sym.swapaxes(x, dim1=0, dim2=1), "swapaxes0"),
        (lambda x: sym.ElementWiseSum(x, x), "elementwisesum0"),
        (lambda x: sym.contrib.div_sqrt_dim(x), "div_sqrt_dim0"),
        (lambda x: sym.linalg.gemm2(x, x), "gemm20"),
        (lambda x: sym._internal._copy(x), "_copy0"),
        (lambda x: sym.Softmax(x), "softmax0"),
        (lambda x: sym.zeros((2,)), "_zeros0"),
        (lambda x: sym.random.normal(), "_random_normal0"),
        (lambda x: sym.random.normal(x, x), "_sample_normal0"),
        (lambda x: sym.maximum(x, x), "_maximum0"),
        (lambda x: sym.maximum(x, 2), "_maximumscalar0"),
        (lambda x: sym.pow(2, x), "_rpowerscalar0"),
    ],
)
def test_nodes_are_named_after_the_function_as_in_mxnet(compose, name):
    assert compose(var("x")).name == name


# -- composing with symbols ---------------------------------------------------------------------------------


def test_a_graph_is_composed_with_other_symbols_in_place_of_its_variables():
    y = sym.FullyConnected(var("x"), num_hidden=4, name="fc")
    z = y(x=sym.relu(var("k"), name="r"), fc_bias=var("b"))
    assert z.list_arguments() == ["k", "fc_weight", "b"]
    assert y.list_arguments() == ["x", "fc_weight", "fc_bias"]
    assert y(var("k")).list_arguments() == ["k", "fc_weight", "fc_bias"]
    assert y(x=var("k"), name="other").list_outputs() == ["other_output"]


def test_one_symbol_may_take_the_place_of_a_variable_that_is_used_twice():
    x = var("x")
    z = (x * x)(x=sym.exp(var("k"), name="e"))
    assert len(z.nodes()) == 3


def test_composing_with_what_is_not_there_is_an_error():
    y = sym.relu(var("x"))
    with pytest.raises(UnknownNameError, match=r"Variable 'nope' is none of.*\n.*one of x"):
        y(nope=var("k"))
    with pytest.raises(UnknownNameError, match="behind the last"):
        y(var("k"), var("j"))
    with pytest.raises(TypeError, match="by position or by name, not both"):
        y(var("k"), x=var("j"))
    with pytest.raises(ArgumentTypeError, match=r"symbols of one output.*\n.*received 3"):
        y(x=3)


# -- structure ----------------------------------------------------------------------------------------------


def test_children_are_what_the_output_takes():
    y = sym.FullyConnected(sym.relu(var("x"), name="r"), num_hidden=4, name="fc")
    assert y.get_children().list_outputs() == ["r_output", "fc_weight", "fc_bias"]
    assert Group([y, var("z")]).get_children().list_outputs() == ["r_output", "fc_weight", "fc_bias"]
    assert var("x").get_children() is None


def test_a_slice_is_a_group():
    parts = sym.split(var("a"), num_outputs=4, axis=1, name="s")
    assert parts[1:3].list_outputs() == ["s_output1", "s_output2"]


def test_a_listing_names_outputs_inputs_and_attributes():
    y = sym.FullyConnected(var("x"), num_hidden=4, name="fc", __k__="v")
    assert y.debug_str() == (
        "Symbol Outputs:\n\toutput[0]=fc(0)\nVariable:x\nVariable:fc_weight\nVariable:fc_bias\n"
        "--------------------\nOp:FullyConnected, Name=fc\nInputs:\n\targ[0]=x(0) version=0\n"
        "\targ[1]=fc_weight(0) version=0\n\targ[2]=fc_bias(0) version=0\nAttrs:\n\t__k__=v\n\tnum_hidden=4\n"
    )


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda symbol: pickle.loads(pickle.dumps(symbol))]
)
def test_a_copy_is_equal_and_independent(copied):
    y = sym.BatchNorm(var("a") + var("b"), name="bn")
    twin = copied(y)
    assert twin.tojson() == y.tojson()
    twin._set_attr(__k__="v")
    assert y.attr("__k__") is None
    assert twin.infer_shape(a=(2, 3), b=(1, 3)) == y.infer_shape(a=(2, 3), b=(1, 3))


def test_there_is_nothing_to_optimize_for():
    y = sym.relu(var("x"))
    assert y.optimize_for("somewhere") is y


@pytest.mark.parametrize("what", ["copy", "asscalar", "wait_to_read"])
def test_more_of_what_only_arrays_have_is_refused(what):
    with pytest.raises(SymbolValueError, match=f"has no {what}"):
        getattr(var("x"), what)


# -- what MXNet 1.9.1 prints --------------------------------------------------------------------------------


LABELS = {
    "det": (sym.linalg.det, {}, ["y_output0"]),
    "slogdet": (sym.linalg.slogdet, {}, ["y_output0", "y_output1"]),
    "gelqf": (sym.linalg.gelqf, {}, ["y_output0", "y_output1"]),
    "syevd": (sym.linalg.syevd, {}, ["y_output0", "y_output1"]),
    "moments": (sym.moments, {}, ["y_output0", "y_output1"]),
    "sort": (sym.sort, {}, ["y_output0"]),
    "topk": (sym.topk, {}, ["y_output"]),
    "topk, both": (sym.topk, {"ret_typ": "both"}, ["y_output0", "y_output1"]),
    "make_loss": (sym.make_loss, {}, ["y_loss"]),
    "MakeLoss": (sym.MakeLoss, {}, ["y_output"]),
    "split": (sym.SliceChannel, {"num_outputs": 1}, ["y_output0"]),
    "multinomial": (sym.sample_multinomial, {}, ["y_output"]),
    "multinomial, probabilities": (sym.sample_multinomial, {"get_prob": True}, ["y_output0", "y_output1"]),
    "CTCLoss": (sym.CTCLoss, {}, ["y_output0"]),
    "RNN": (
        sym.RNN,
        {"state_size": 2, "num_layers": 1, "mode": "lstm", "state_outputs": True},
        ["y_output", "y_state_output", "y_statecell_output"],
    ),
}


@pytest.mark.parametrize(("function", "params", "names"), LABELS.values(), ids=LABELS)
def test_outputs_are_called_as_in_mxnet(function, params, names):
    assert function(name="y", **params).list_outputs() == names


METHODS = {
    "split": lambda x: x.split(num_outputs=2, axis=0),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "flip": lambda x: x.flip(axis=0),
    "_split_v2": lambda x: x.split_v2(2),
    "_mulscalar": lambda x: -x,
}


@pytest.mark.parametrize(("name", "method"), METHODS.items(), ids=METHODS)
def test_nodes_that_methods_make_are_called_after_them(name, method):
    assert method(var("x")).name == f"{name}0"


def test_a_call_that_fails_uses_up_no_name():
    with pytest.raises(ArgumentError, match="'num_hidden'"):
        sym.FullyConnected(var("x"))
    assert sym.FullyConnected(var("x"), num_hidden=1).name == "fullyconnected0"


def test_a_negated_symbol_is_multiplied():
    assert (-var("x")).list_attr() == {"scalar": "-1.0"}


def test_a_number_of_numpy_is_written_with_its_own_digits():
    assert (var("x") + np.float32(0.1)).attr("scalar") == "0.1"


# -- changing symbols ---------------------------------------------------------------------------------------


def test_a_symbol_may_be_composed_in_place():
    y = sym.FullyConnected(var("x"), num_hidden=1, name="fc")
    assert y._compose(x=var("z"), name="named") is None
    assert (y.list_arguments(), y.name) == (["z", "fc_weight", "fc_bias"], "named")


def test_parameters_of_an_operator_may_be_set_as_attributes():
    y = sym.FullyConnected(var("x"), num_hidden=2, name="fc")
    y._set_attr(num_hidden="5", lr_mult="3")
    assert y.infer_shape(x=(2, 3))[1] == [(2, 5)]
    assert y.list_attr() == {"num_hidden": "5", "__lr_mult__": "3", "lr_mult": "3"}


@pytest.mark.parametrize(
    ("attributes", "error", "match"),
    [
        ({"num_hidden": "q"}, ArgumentError, "'num_hidden'"),
        ({"mood": "so"}, ArgumentError, "has no parameter 'mood'"),
        ({"__mood__": 3}, ArgumentTypeError, "cannot have this attribute '__mood__'"),
    ],
)
def test_attributes_that_cannot_be_set_change_nothing(attributes, error, match):
    y = sym.FullyConnected(var("x"), num_hidden=2, name="fc")
    with pytest.raises(error, match=match):
        y._set_attr(**attributes)
    assert y.list_attr() == {"num_hidden": "2"}


def test_a_group_cannot_be_given_attributes():
    with pytest.raises(ArgumentError, match="is a group, which has no attributes"):
        Group([var("x"), var("y")])._set_attr(__a__="1")


def test_recursive_attributes_are_refused_by_a_deprecation_warning_as_in_mxnet():
    with pytest.raises(DeprecationWarning, match=r"list_attr\(\) is not recursive"):
        var("x").list_attr(recursive=True)


def test_an_attribute_is_asked_for_by_its_name():
    with pytest.raises(ArgumentTypeError, match="An attribute has a name"):
        var("x").attr(3)


def test_an_unknown_storage_type_is_caught_as_a_key_error():
    with pytest.raises(KeyError, match="has an unknown stype"):
        var("x", stype="foo")


def test_the_symbol_of_a_gradient_does_not_exist():
    with pytest.raises(NotImplementedError, match=r"has no symbol of its gradient with respect to x"):
        sym.exp(var("x"), name="y").gradient(["x"])


def test_a_symbol_is_of_both_kinds_of_arrays():
    x = var("x")
    assert x.as_np_ndarray() is x
    assert x.as_nd_ndarray() is x
