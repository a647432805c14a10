"""Making executors: from arrays, from shapes, with shared memory, and over several contexts."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import nd, sym
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    DTypeError,
    ShapeInferenceError,
    ShapeMismatchError,
    UnknownNameError,
)

X, Y = sym.var("x"), sym.var("y")
CPU = mx.cpu()
TWO = nd.array([1, 2])


def shapes(arrays):
    return {name: None if array is None else array.shape for name, array in arrays.items()}


# -- from arrays ------------------------------------------------------------------------------------------


def test_arrays_are_given_in_order_or_by_name_and_other_names_are_passed_over():
    x, y = nd.array([1, 2]), nd.array([3, 4])
    for args in ([x, y], (x, y), {"y": y, "x": x, "other": x}):
        exe = (X * Y).bind(CPU, args)
        assert exe.arg_arrays == [x, y] or exe.arg_dict["x"] is x
        assert exe.forward()[0].asnumpy().tolist() == [3, 8]


def test_buffers_may_be_given_for_some_arguments_only():
    exe = (X * Y).bind(CPU, [TWO, TWO], {"y": nd.zeros((2,))})
    assert shapes(exe.grad_dict) == {"x": None, "y": (2,)}
    exe = (X * Y).bind(CPU, [TWO, TWO], [None, nd.zeros((2,))])
    assert shapes(exe.grad_dict) == {"x": None, "y": (2,)}
    assert (X * Y).bind(CPU, [TWO, TWO]).grad_arrays == [None, None]


def test_requests_are_one_for_all_or_a_list_or_by_name():
    buffers = [nd.zeros((2,)), nd.zeros((2,))]
    for grad_req in (["write", "null"], {"x": "write"}):
        exe = (X * Y).bind(CPU, [TWO, TWO], buffers, grad_req)
        assert [each is None for each in exe.grad_arrays] == [False, True]


@pytest.mark.parametrize(
    ("args", "error", "match"),
    [
        ([TWO], ValueError, r"The arrays in args are not as many as the symbol has.\s+Expected 2: x, y, rec"),
        ({"x": TWO}, ValueError, "Variable 'y' has no array in args"),
        (3, TypeError, "args holds no arrays"),
        ([TWO, 3], TypeError, "What args has for 'y' is no array"),
        ([TWO, None], TypeError, "What args has for 'y' is no array"),
        ([TWO, nd.ones((3,))], ShapeMismatchError, "got shapes that cannot be broadcast together"),
        ([TWO, nd.ones((2,), dtype="int32")], DTypeError, "got arrays of different dtypes"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(args, error, match):
    with pytest.raises(error, match=match) as caught:
        (X * Y).bind(CPU, args)
    assert isinstance(caught.value, mx.base.MXNetError)


@pytest.mark.parametrize(
    ("grad_req", "error", "match"),
    [
        ("foo", UnknownNameError, "grad_req 'foo' does not exist"),
        (["write"], ArgumentError, r"grad_req is not given for every argument.\s+Expected 2, received 1"),
        (3, ArgumentTypeError, "grad_req cannot be read"),
    ],
)
def test_requests_that_do_not_exist_are_refused(grad_req, error, match):
    with pytest.raises(error, match=match):
        (X * Y).bind(CPU, [TWO, TWO], [TWO, TWO], grad_req)
    with pytest.raises(error, match=match):
        (X * Y).simple_bind(CPU, grad_req, x=(2,))


def test_a_context_is_needed():
    for make in (lambda: X.bind("cpu", [TWO]), lambda: X.simple_bind("cpu", x=(2,))):
        with pytest.raises(TypeError, match="A symbol is bound to a context"):
            make()


def test_arrays_on_another_context_are_refused():
    with pytest.raises(
        ContextError,
        match=r"The array for 'y' is not where its variable is computed with.\s+Expected cpu\(0\)",
    ):
        (X * Y).bind(CPU, [TWO, TWO.as_in_context(mx.cpu(1))])
    with pytest.raises(mx.base.MXNetError, match="The array for 'x'"):
        (X * Y).bind(CPU, [TWO, TWO], {"x": nd.zeros((2,), ctx=mx.cpu(1))})


def test_states_are_needed():
    bn = sym.BatchNorm(X, name="bn")
    arrays = [nd.ones((2, 2)), TWO, TWO]
    with pytest.raises(ValueError, match="The arrays in aux_states are not as many as the symbol has"):
        bn.bind(CPU, arrays)
    with pytest.raises(ValueError, match="Variable 'bn_moving_var' has no array in aux_states"):
        bn.bind(CPU, arrays, aux_states={"bn_moving_mean": TWO})


# -- evaluation -------------------------------------------------------------------------------------------


def test_a_symbol_is_evaluated_for_arrays_by_name():
    (z,) = (X * Y).eval(x=TWO, y=TWO)
    assert z.asnumpy().tolist() == [1, 4]


def test_states_are_given_by_name_too():
    (z,) = sym.BatchNorm(X, name="bn", eps=0).eval(
        x=nd.array([[3]]), bn_gamma=nd.ones((1,)), bn_beta=nd.ones((1,)), bn_moving_mean=nd.ones((1,)),
        bn_moving_var=nd.ones((1,)) * 4,
    )  # fmt: skip
    assert z.asnumpy().tolist() == [[2]]


def test_an_array_that_is_missing_is_named():
    with pytest.raises(ArgumentError, match="Variable 'y' has no array in args"):
        (X * Y).eval(x=TWO)


# -- from shapes ------------------------------------------------------------------------------------------


def test_arrays_and_buffers_are_zeros_of_the_shapes_that_follow():
    exe = sym.FullyConnected(X, num_hidden=3, name="fc").simple_bind(CPU, x=(4, 2))
    assert shapes(exe.arg_dict) == {"x": (4, 2), "fc_weight": (3, 2), "fc_bias": (3,)}
    assert shapes(exe.grad_dict) == shapes(exe.arg_dict)
    assert all(not array.asnumpy().any() for array in [*exe.arg_arrays, *exe.grad_arrays])


def test_dtypes_follow_from_those_that_are_given_and_are_float32_otherwise():
    pair = sym.Group([X * Y, sym.var("z")])
    exe = pair.simple_bind(CPU, type_dict={"x": "float16", "other": "int32"}, x=(2,), z=(1,))
    assert [array.dtype for array in exe.arg_arrays] == [np.float16, np.float16, np.float32]
    assert exe.grad_dict["x"].dtype is np.float16


def test_shapes_of_names_that_the_symbol_does_not_have_are_passed_over():
    assert list((X * Y).simple_bind(CPU, x=(2,), label=(7,)).arg_dict) == ["x", "y"]


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({}, ShapeInferenceError, r"The shape of 'x', 'y' does not follow from those that are given"),
        ({"x": (0,)}, ShapeInferenceError, "The shape of 'x', 'y' does not follow"),
        ({"x": (2,), "y": (3,)}, ShapeMismatchError, "got shapes that cannot be broadcast together"),
        ({"x": 2}, ArgumentTypeError, "The shape of 'x' is none"),
    ],
)
def test_shapes_that_do_not_suffice_are_refused_by_a_runtime_error(given, error, match):
    with pytest.raises(RuntimeError, match=match) as caught:
        (X * Y).simple_bind(CPU, **given)
    assert isinstance(caught.value, error)


def test_with_numpys_semantics_arrays_may_be_empty_or_without_axes():
    with mx.util.np_shape():
        assert (X + 1).simple_bind(CPU, x=()).forward()[0].shape == ()
        assert (X + 1).simple_bind(CPU, x=(0, 2)).forward()[0].shape == (0, 2)


# -- shared memory ----------------------------------------------------------------------------------------


def test_executors_of_one_buffer_use_its_memory_in_turn():
    shared = {}
    large = (X * Y).simple_bind(CPU, shared_buffer=shared, x=(4,))
    assert sorted(shared) == ["grad of x", "grad of y", "x", "y"]
    small = (X * Y).simple_bind(CPU, shared_buffer=shared, x=(2,))
    large.arg_dict["x"][:] = 5
    assert small.arg_dict["x"].asnumpy().tolist() == [5, 5]


def test_a_buffer_that_is_too_small_is_replaced():
    shared = {}
    small = (X * Y).simple_bind(CPU, shared_buffer=shared, x=(2,))
    large = (X * Y).simple_bind(CPU, shared_buffer=shared, x=(4,))
    assert shared["x"].shape == (4,)
    large.arg_dict["x"][:] = 5
    assert small.arg_dict["x"].asnumpy().tolist() == [0, 0]


def test_named_arguments_with_their_gradients_and_states_are_lent_by_another_executor():
    y = sym.BatchNorm(sym.FullyConnected(X, num_hidden=3, name="fc"), name="bn")
    lender = y.simple_bind(CPU, shared_buffer={}, x=(4, 2))
    exe = y.simple_bind(CPU, shared_exec=lender, shared_arg_names=["fc_weight"], shared_buffer={}, x=(2, 2))
    assert exe.arg_dict["fc_weight"] is lender.arg_dict["fc_weight"]
    assert exe.grad_dict["fc_weight"] is lender.grad_dict["fc_weight"]
    assert exe.aux_dict["bn_moving_mean"] is lender.aux_dict["bn_moving_mean"]
    assert exe.arg_dict["fc_bias"] is not lender.arg_dict["fc_bias"]


def test_nothing_is_lent_without_a_buffer():
    lender = (X * Y).simple_bind(CPU, x=(2,))
    exe = (X * Y).simple_bind(CPU, shared_exec=lender, shared_arg_names=["x"], x=(2,))
    assert exe.arg_dict["x"] is not lender.arg_dict["x"]


def test_a_shared_buffer_is_a_dictionary():
    with pytest.raises(TypeError, match="shared_buffer holds arrays by name"):
        X.simple_bind(CPU, shared_buffer=[], x=(2,))


# -- several contexts -------------------------------------------------------------------------------------


def two_groups():
    with mx.AttrScope(ctx_group="one"):
        first = sym.FullyConnected(X, num_hidden=3, name="first")
    with mx.AttrScope(ctx_group="two"):
        return sym.FullyConnected(sym.relu(first, name="between"), num_hidden=2, name="second")


def test_nodes_of_a_group_run_on_its_context_with_their_parameters():
    places = {"one": mx.cpu(1), "two": mx.cpu(2)}
    exe = two_groups().simple_bind(CPU, group2ctx=places, x=(4, 5))
    where = {name: array.context for name, array in exe.arg_dict.items()}
    assert where["first_weight"] == where["first_bias"] == mx.cpu(1)
    assert where["second_weight"] == where["second_bias"] == mx.cpu(2)
    assert exe.forward()[0].context == mx.cpu(2)


def test_gradients_flow_between_contexts():
    exe = two_groups().simple_bind(CPU, group2ctx={"one": mx.cpu(1), "two": mx.cpu(2)}, x=(4, 5))
    plain = two_groups().simple_bind(CPU, x=(4, 5))
    for number, (name, array) in enumerate(exe.arg_dict.items()):
        array[:] = plain.arg_dict[name][:] = nd.array(
            np.cos(np.arange(array.size) + number).reshape(array.shape)
        )
    for each in (exe, plain):
        (y,) = each.forward(is_train=True)
        each.backward(nd.ones(y.shape, ctx=y.context))
    for name, gradient in plain.grad_dict.items():
        assert exe.grad_dict[name].context == exe.arg_dict[name].context
        assert exe.grad_dict[name].asnumpy().tolist() == gradient.asnumpy().tolist()


def test_groups_without_a_context_run_where_the_executor_does():
    exe = two_groups().simple_bind(mx.cpu(3), group2ctx={"one": mx.cpu(1)}, x=(4, 5))
    assert exe.arg_dict["first_weight"].context == mx.cpu(1)
    assert exe.forward()[0].context == mx.cpu(1)  # what has no place goes where its first input is
    exe = two_groups().simple_bind(mx.cpu(3), x=(4, 5))
    assert {array.context for array in exe.arg_arrays} == {mx.cpu(3)}
