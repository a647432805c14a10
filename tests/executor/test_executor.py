"""Executors: running symbols forwards and backwards over arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish import nd, sym
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DuplicateNameError,
    GradientError,
    ShapeMismatchError,
    SignatureError,
    UnknownNameError,
)

X, Y = sym.var("x"), sym.var("y")
CPU = mx.cpu()


def product(grad_req="write"):
    """Return an executor of x * y, for x = (1, 2) and y = (3, 4)."""
    arrays = {"x": nd.array([1, 2]), "y": nd.array([3, 4])}
    return (X * Y).bind(CPU, arrays, {name: nd.zeros((2,)) for name in arrays}, grad_req)


def dense(units=3, name="fc"):
    return sym.FullyConnected(sym.var("data"), num_hidden=units, name=name)


# -- forward ----------------------------------------------------------------------------------------------


def test_forward_computes_what_the_arrays_hold_now():
    exe = product()
    assert exe.forward()[0].asnumpy().tolist() == [3, 8]
    exe.arg_dict["x"][:] = 10
    assert exe.forward()[0].asnumpy().tolist() == [30, 40]


def test_new_values_are_written_into_the_arguments_and_converted():
    exe = product()
    exe.forward(x=nd.array([5, 6], dtype="float64"), y=np.array([1, 2]))
    assert exe.outputs[0].asnumpy().tolist() == [5, 12]
    assert exe.arg_dict["x"].dtype is np.float32


def test_outputs_are_the_same_arrays_after_every_run():
    exe = product()
    before = exe.outputs
    first = before[0]
    assert first.asnumpy().tolist() == [0, 0]
    assert exe.forward() is before
    assert exe.outputs[0] is first
    assert first.asnumpy().tolist() == [3, 8]


def test_outputs_have_shape_and_dtype_before_the_first_run():
    y = dense()
    exe = sym.Group([y, sym.Cast(y, dtype="int32")]).simple_bind(CPU, data=(4, 2))
    assert [(y.shape, y.dtype) for y in exe.outputs] == [((4, 3), np.float32), ((4, 3), np.int32)]


def test_arrays_are_listed_by_name():
    exe = sym.BatchNorm(dense(), name="bn").simple_bind(CPU, data=(4, 2))
    assert list(exe.arg_dict) == ["data", "fc_weight", "fc_bias", "bn_gamma", "bn_beta"]
    assert list(exe.aux_dict) == ["bn_moving_mean", "bn_moving_var"]
    assert list(exe.output_dict) == ["bn_output"]
    assert exe.arg_arrays[1] is exe.arg_dict["fc_weight"]
    assert exe.grad_arrays[1] is exe.grad_dict["fc_weight"]
    assert exe.aux_arrays[0] is exe.aux_dict["bn_moving_mean"]


def test_a_variable_as_an_output_is_its_array():
    exe = sym.Group([X * 2, X]).simple_bind(CPU, x=(2,))
    exe.forward(x=nd.ones((2,)))
    exe.outputs[1][:] = 7
    assert exe.arg_dict["x"].asnumpy().tolist() == [7, 7]


def test_operators_without_inputs_run_on_the_context_of_the_executor():
    exe = (X + sym.ones((2,))).simple_bind(mx.cpu(1), x=(2,))
    (y,) = exe.forward()
    assert (y.context, y.asnumpy().tolist()) == (mx.cpu(1), [1, 1])


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ({"q": nd.ones((2,))}, SignatureError, "Argument 'q' is none of the executor"),
        ({"x": nd.ones((3,))}, ShapeMismatchError, r"cannot take a value of this shape.\s+Expected \(2,\)"),
        ({"x": "abc"}, ArgumentTypeError, "Argument 'x' cannot take this value"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_none_is_written(values, error, match):
    exe = product()
    with pytest.raises(error, match=match):
        exe.forward(y=nd.zeros((2,)), **values)
    assert exe.arg_dict["y"].asnumpy().tolist() == [3, 4]


def test_an_unknown_argument_of_forward_is_caught_as_a_type_error_as_in_mxnet():
    with pytest.raises(TypeError, match=r"Expected one of x, y"):
        product().forward(q=1)


# -- training ---------------------------------------------------------------------------------------------


def test_training_updates_states_and_prediction_uses_them():
    """The running mean and variance of (1, 3) with momentum 0.5 are half of 2 and of 1, by MXNet's rule."""
    exe = sym.BatchNorm(X, momentum=0.5, fix_gamma=False, name="bn").simple_bind(CPU, x=(2, 1))
    exe.copy_params_from({"x": nd.array([[1], [3]]), "bn_gamma": nd.ones((1,))})
    exe.forward(is_train=False)
    assert exe.aux_dict["bn_moving_mean"].asnumpy().tolist() == [0]
    exe.forward(is_train=True)
    exe.backward(nd.ones((2, 1)))
    assert exe.aux_dict["bn_moving_mean"].asnumpy().tolist() == [1]
    assert exe.aux_dict["bn_moving_var"].asnumpy().tolist() == [0.5]


def test_dropout_drops_in_training_only():
    exe = sym.Dropout(X, p=0.5).simple_bind(CPU, x=(1000,))
    exe.arg_dict["x"][:] = 1
    assert exe.forward()[0].asnumpy().tolist() == [1] * 1000
    assert set(exe.forward(is_train=True)[0].asnumpy().tolist()) == {0.0, 2.0}


# -- backward ---------------------------------------------------------------------------------------------


def test_gradients_are_written():
    exe = product()
    exe.forward(is_train=True)
    exe.backward(nd.array([1, 10]))
    assert exe.grad_dict["x"].asnumpy().tolist() == [3, 40]
    assert exe.grad_dict["y"].asnumpy().tolist() == [1, 20]


def test_backward_may_be_repeated_and_adds_where_that_was_asked_for():
    exe = product({"x": "add", "y": "write"})
    exe.forward(is_train=True)
    for _ in range(2):
        exe.backward([nd.ones((2,))])
    assert exe.grad_dict["x"].asnumpy().tolist() == [6, 8]
    assert exe.grad_dict["y"].asnumpy().tolist() == [1, 2]


def test_arguments_without_a_request_have_no_gradient():
    exe = product({"x": "write"})
    assert exe.grad_dict["y"] is None
    exe.forward(is_train=True)
    exe.backward(nd.ones((2,)))
    assert exe.grad_dict["x"].asnumpy().tolist() == [3, 4]


def test_without_any_gradient_backward_does_nothing():
    exe = product("null")
    exe.forward(is_train=True)
    exe.backward(nd.ones((2,)))
    assert exe.grad_arrays == [None, None]


def test_backward_after_a_prediction_computes_that_again():
    exe = product()
    exe.forward(is_train=False)
    exe.backward(nd.ones((2,)))
    assert exe.grad_dict["x"].asnumpy().tolist() == [3, 4]


def test_backward_of_an_older_run_uses_nothing_of_it():
    exe = product()
    exe.forward(is_train=True)
    exe.forward(is_train=True, x=nd.array([10, 20]))
    exe.backward(nd.ones((2,)))
    assert exe.grad_dict["y"].asnumpy().tolist() == [10, 20]


def test_being_bound_leaves_no_trace_in_the_arrays():
    x = nd.array([1, 2])
    x.attach_grad()
    exe = (X * 3).bind(CPU, [x], [nd.zeros((2,))])
    with mx.autograd.record():
        loss = (x * x).sum()
        exe.forward(is_train=True)
    loss.backward()
    assert x.grad.asnumpy().tolist() == [2, 4]
    exe.backward(nd.ones((2,)))
    assert exe.grad_arrays[0].asnumpy().tolist() == [3, 3]
    assert x.grad.asnumpy().tolist() == [2, 4]


def test_head_gradients_may_be_given_by_the_names_of_outputs():
    exe = sym.Group([sym.identity(X, name="a"), sym.identity(X, name="b")]).simple_bind(CPU, x=(1,))
    exe.forward(is_train=True)
    exe.backward({"b_output": nd.array([5]), "a_output": nd.array([2])})
    assert exe.grad_dict["x"].asnumpy().tolist() == [7]
    with pytest.raises(UnknownNameError, match="Output 'b_output' has no gradient among those given"):
        exe.backward({"a_output": nd.array([2])})


LOSSES = {
    "make_loss": sym.make_loss(X),
    "MakeLoss": sym.MakeLoss(X),
    "SoftmaxOutput": sym.SoftmaxOutput(X),
    "LinearRegressionOutput": sym.LinearRegressionOutput(X),
    "BlockGrad": sym.BlockGrad(X),
    "argmax": sym.argmax(X, axis=1),
    "sum of a loss": sym.sum(sym.make_loss(X)),
    "a loss and what is no loss, but blocked": sym.Group([sym.make_loss(X), sym.BlockGrad(X * 3)]),
}
"""Symbols that MXNet 1.9.1 runs backwards without gradients of their outputs."""


@pytest.mark.parametrize("symbol", LOSSES.values(), ids=LOSSES)
def test_losses_need_no_head_gradients(symbol):
    exe = symbol.simple_bind(CPU, x=(2, 2))
    exe.grad_dict["x"][:] = np.nan
    exe.forward(is_train=True)
    exe.backward()
    assert np.isfinite(exe.grad_dict["x"].asnumpy()).all()


NO_LOSSES = {
    "x": X,
    "square": sym.square(X),
    "softmax_cross_entropy": sym.softmax_cross_entropy(X, sym.var("label", shape=(2,))),
    "a loss and what is none": sym.Group([sym.make_loss(X), X * 3]),
}
"""Symbols that MXNet 1.9.1 does not."""


@pytest.mark.parametrize("symbol", NO_LOSSES.values(), ids=NO_LOSSES)
def test_other_outputs_need_head_gradients(symbol):
    exe = symbol.simple_bind(CPU, x=(2, 2))
    exe.forward(is_train=True)
    with pytest.raises(GradientError, match="is no loss, so its gradient is needed"):
        exe.backward()
    with pytest.raises(mx.base.MXNetError):
        exe.backward([])


def test_head_gradients_are_arrays_like_the_outputs():
    exe = product()
    exe.forward(is_train=True)
    with pytest.raises(ArgumentTypeError, match="A gradient of an output is no array"):
        exe.backward([3])
    with pytest.raises(ShapeMismatchError, match="A head gradient is not shaped like its head"):
        exe.backward(nd.ones((3,)))


def test_a_loss_computes_its_own_gradient():
    """The gradient of the cross entropy is the softmax minus the one-hot label."""
    exe = sym.SoftmaxOutput(sym.var("data"), name="softmax").simple_bind(CPU, data=(1, 3))
    exe.forward(is_train=True, softmax_label=nd.array([2]))
    exe.backward()
    np.testing.assert_allclose(exe.grad_dict["data"].asnumpy(), [[1 / 3, 1 / 3, -2 / 3]], rtol=1e-6)


@given(
    st.lists(st.floats(-2, 2, width=32), min_size=6, max_size=6),
    st.lists(st.floats(-2, 2, width=32), min_size=6, max_size=6),
)
def test_an_executor_computes_what_autograd_does(numbers, heads):
    a, b, g = nd.array(numbers[:3]), nd.array(numbers[3:]), nd.array(heads[:3])
    exe = (sym.sin(X) * Y + X / 3).bind(CPU, [a, b], [nd.zeros((3,)), nd.zeros((3,))])
    exe.forward(is_train=True)
    exe.backward(g)
    x, y = a.copy(), b.copy()
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        z = nd.sin(x) * y + x / 3
    z.backward(g)
    assert exe.outputs[0].asnumpy().tolist() == z.asnumpy().tolist()
    assert exe.grad_dict["x"].asnumpy().tolist() == x.grad.asnumpy().tolist()
    assert exe.grad_dict["y"].asnumpy().tolist() == y.grad.asnumpy().tolist()


# -- parameters -------------------------------------------------------------------------------------------


def test_parameters_are_copied_in_and_converted():
    exe = sym.BatchNorm(X, name="bn").simple_bind(CPU, x=(2, 1))
    exe.copy_params_from({"bn_beta": nd.array([2], dtype="float64")}, {"bn_moving_mean": nd.array([3])})
    assert exe.arg_dict["bn_beta"].asnumpy().tolist() == [2]
    assert exe.aux_dict["bn_moving_mean"].asnumpy().tolist() == [3]


@pytest.mark.parametrize(
    ("arguments", "states", "error", "match"),
    [
        ({"q": nd.ones((1,))}, None, UnknownNameError, "Name 'q' is that of no argument of the executor"),
        ({}, {"q": nd.ones((1,))}, UnknownNameError, "Name 'q' is that of no state of the executor"),
        ({"y": nd.ones((3,))}, None, ShapeMismatchError, "The value for argument 'y' is of another shape"),
        ({"y": np.ones(2)}, None, ArgumentTypeError, "The value for argument 'y' is no array"),
    ],
)
def test_parameters_are_copied_all_or_none(arguments, states, error, match):
    exe = product()
    with pytest.raises(error, match=match):
        exe.copy_params_from({"x": nd.zeros((2,)), **arguments}, states)
    assert exe.arg_dict["x"].asnumpy().tolist() == [1, 2]


def test_parameters_of_other_names_may_be_passed_over():
    exe = product()
    exe.copy_params_from({"x": nd.zeros((2,)), "q": nd.ones((1,))}, {"p": nd.ones((1,))}, True)
    assert exe.arg_dict["x"].asnumpy().tolist() == [0, 0]


# -- other shapes -----------------------------------------------------------------------------------------


def test_a_reshaped_executor_shares_memory():
    exe = dense().simple_bind(CPU, data=(4, 2))
    small = exe.reshape(data=(3, 2))
    exe.arg_dict["fc_weight"][:] = 1
    exe.arg_dict["data"][:] = 5
    exe.grad_dict["data"][:] = 6
    assert small.outputs[0].shape == (3, 3)
    assert small.forward()[0].asnumpy().tolist() == [[10, 10, 10]] * 3
    assert small.grad_dict["data"].asnumpy().tolist() == [[6, 6]] * 3


def test_a_reshaped_executor_keeps_its_requests():
    exe = dense().simple_bind(CPU, grad_req={"data": "add"}, data=(2, 2)).reshape(data=(1, 2))
    assert [each is None for each in exe.grad_arrays] == [False, True, True]
    exe.copy_params_from({"fc_weight": nd.ones((3, 2))})
    exe.forward(is_train=True)
    for _ in range(2):
        exe.backward(nd.ones((1, 3)))
    assert exe.grad_dict["data"].asnumpy().tolist() == [[6, 6]]


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ((8, 2), r"Variable 'data' would become larger.\s+Expected \(4, 2\), received \(8, 2\)"),
        ((4, 1), "Variable 'fc_weight' would change its shape, and is not named"),
        ((0, 0), r"reshape\(\) needs shapes of more inputs"),
    ],
)
def test_shapes_that_grow_or_change_unasked_are_refused(shape, match):
    with pytest.raises(ArgumentError, match=match):
        dense().simple_bind(CPU, data=(4, 2)).reshape(data=shape)


def test_shapes_may_grow_and_change_where_that_is_allowed():
    exe = dense().simple_bind(CPU, data=(4, 2))
    large = exe.reshape(data=(8, 2), allow_up_sizing=True)
    assert large.forward()[0].shape == (8, 3)
    other = exe.reshape(data=(3, 1), partial_shaping=True)
    assert {name: array.shape for name, array in other.arg_dict.items()} == {
        "data": (3, 1),
        "fc_weight": (3, 1),
        "fc_bias": (3,),
    }


# -- watching ---------------------------------------------------------------------------------------------


def small_network():
    return sym.Activation(dense(name="fc"), act_type="relu", name="act").simple_bind(CPU, data=(1, 2))


def test_a_callback_gets_the_outputs_of_all_operators():
    seen = []
    exe = small_network()
    exe.set_monitor_callback(lambda name, array: seen.append((name, array.shape)))
    exe.forward(is_train=True)
    assert seen == [("fc_output", (1, 3)), ("act_output", (1, 3))]


def test_a_callback_gets_inputs_too_and_variables_first_under_their_own_names():
    """MXNet 1.9.1 names them so, but for the input of ``act``, which it only numbers."""
    seen = []
    exe = small_network()
    exe.set_monitor_callback(lambda name, _: seen.append(name), monitor_all=True)
    exe.forward()
    assert seen == [
        *["data", "fc_data", "fc_weight", "fc_weight", "fc_bias", "fc_bias", "fc_output"],
        *["act_data", "act_output"],
    ]


def test_a_callback_must_be_callable():
    with pytest.raises(ArgumentTypeError, match="A monitor's callback cannot be called"):
        small_network().set_monitor_callback(3)


def test_a_monitor_watches_an_executor():
    """MXNet 1.9.1 lists the same of the forward pass."""
    exe = small_network()
    exe.arg_dict["data"][:] = 1
    exe.arg_dict["fc_weight"][:] = 2
    monitor = mx.monitor.Monitor(1)
    monitor.install(exe)
    monitor.tic()
    exe.forward(is_train=True)
    assert monitor.toc() == [
        (1, "fc_output", "4.0\t"),
        (1, "act_output", "4.0\t"),
        (1, "data", "1.0\t"),
        (1, "fc_weight", "2.0\t"),
        (1, "fc_bias", "0.0\t"),
    ]


# -- further ----------------------------------------------------------------------------------------------


def test_two_outputs_of_one_name_cannot_be_listed_by_name():
    y = dense()
    exe = sym.Group([y, y]).simple_bind(CPU, data=(1, 2))
    with pytest.raises(DuplicateNameError, match="The outputs of a symbol have one name twice"):
        exe.output_dict  # noqa: B018


def test_two_variables_of_one_name_cannot_be_bound():
    with pytest.raises(
        DuplicateNameError, match=r"The arguments of a symbol have one name twice.\s+Received x"
    ):
        (sym.var("x") + sym.var("x")).simple_bind(CPU, x=(2,))


def test_the_graph_is_listed_with_the_memory_of_its_arrays():
    exe = dense(256).simple_bind(CPU, data=(1, 2048))
    text = exe.debug_str()
    assert text.startswith("Symbol Outputs:\n\toutput[0]=fc(0)\n")
    assert text.endswith("Total 4 MB allocated\n")
    assert exe.get_optimized_symbol().list_arguments() == ["data", "fc_weight", "fc_bias"]
