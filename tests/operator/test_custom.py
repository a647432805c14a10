"""Operators that a program defines itself."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    MXNetError,
    OperatorError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.operator import CustomOp, CustomOpProp, register
from gluonish.testing import check_gradient

SEEN = []
"""What the operators below were called with."""


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


class Power(CustomOp):
    def __init__(self, exponent):
        self.exponent = exponent

    def forward(self, is_train, req, in_data, out_data, aux):
        SEEN.append((is_train, autograd.is_recording(), list(req)))
        self.assign(out_data[0], req[0], in_data[0] ** self.exponent)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        SEEN.append(list(req))
        self.assign(in_grad[0], req[0], self.exponent * in_data[0] ** (self.exponent - 1) * out_grad[0])


@register("test_power")
class PowerProp(CustomOpProp):
    def __init__(self, exponent="2"):
        super().__init__()
        SEEN.append(exponent)
        self.exponent = float(exponent)

    def create_operator(self, ctx, in_shapes, in_dtypes):
        SEEN.append((ctx, in_shapes, in_dtypes))
        return Power(self.exponent)


class SumAndCount(CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] + in_data[1])
        self.assign(out_data[1], req[1], in_data[0] - in_data[1])
        aux[0][:] = aux[0] + 1

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        SEEN.append((list(req), [g.asnumpy().tolist() for g in out_grad], aux[0].asscalar()))
        self.assign(in_grad[0], req[0], out_grad[0] + out_grad[1])
        self.assign(in_grad[1], req[1], out_grad[0] - out_grad[1])


@register("test_two")
class TwoProp(CustomOpProp):
    """Sum and difference, and how often they were asked for."""

    def list_arguments(self):
        return ["lhs", "rhs"]

    def list_outputs(self):
        return ["total", "difference"]

    def list_auxiliary_states(self):
        return ["calls"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0]], [in_shape[0], in_shape[0]], [(1,)]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return SumAndCount()


class Remember(CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.seen = in_data[0].asnumpy()
        self.assign(out_data[0], req[0], in_data[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], mx.nd.array(self.seen))


@register("test_remember")
class RememberProp(CustomOpProp):
    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Remember()


def variable(values, grad_req="write", ctx=None, dtype=None):
    x = mx.nd.array(values, ctx=ctx, dtype=dtype)
    x.attach_grad(grad_req)
    return x


# -- on arrays --------------------------------------------------------------------------------------------


def test_the_forward_function_gives_the_output():
    y = mx.nd.Custom(mx.nd.array([1, 2, 3]), op_type="test_power", exponent=3)
    assert y.asnumpy().tolist() == [1, 8, 27]


def test_parameters_arrive_as_strings_and_the_operator_learns_where_it_is():
    mx.nd.Custom(mx.nd.ones((2, 3), ctx=mx.cpu(1), dtype="float64"), op_type="test_power", exponent=3.5)
    assert SEEN[:2] == ["3.5", (mx.cpu(1), [[2, 3]], [np.float64])]


def test_an_operator_runs_unrecorded_and_knows_whether_it_trains():
    x = variable([1.0])
    mx.nd.Custom(x, op_type="test_power")
    assert SEEN[-1] == (False, False, ["write"])
    with autograd.record():
        mx.nd.Custom(x, op_type="test_power")
    assert SEEN[-1] == (True, False, ["write"])


@pytest.mark.parametrize(("grad_req", "expected"), [("write", [2, 4]), ("add", [4, 8])])
def test_the_backward_function_gives_the_gradient(grad_req, expected):
    x = variable([1.0, 2.0], grad_req)
    for _ in range(2):
        with autograd.record():
            y = mx.nd.Custom(x, op_type="test_power")
        y.backward()
    assert x.grad.asnumpy().tolist() == expected


def test_gradients_are_right_to_the_second_order():
    x = mx.nd.array([0.5, -1.5], dtype="float64")
    check_gradient(lambda x: mx.nd.Custom(x, op_type="test_power", exponent=3), [x], order=2)


def test_several_outputs_come_in_a_list_and_states_are_written():
    a, b, calls = variable([5.0, 6.0]), variable([1.0, 2.0], "null"), mx.nd.zeros(1)
    with autograd.record():
        total, difference = mx.nd.Custom(a, b, calls, op_type="test_two")
    assert total.asnumpy().tolist() == [6, 8]
    assert difference.asnumpy().tolist() == [4, 4]
    assert calls.asscalar() == 1
    total.backward()
    assert a.grad.asnumpy().tolist() == [1, 1]
    assert SEEN == [(["write", "write"], [[1, 1], [0, 0]], 1)]


def test_an_input_that_needs_no_gradient_is_told_so():
    a, b = variable([1.0]), mx.nd.ones(1)
    with autograd.record():
        total, _ = mx.nd.Custom(a, b, mx.nd.zeros(1), op_type="test_two")
    total.backward()
    assert SEEN[0][0] == ["write", "null"]


def test_a_state_may_be_written_again_before_the_backward_pass():
    a, calls = variable([1.0]), mx.nd.zeros(1)
    with autograd.record():
        total, _ = mx.nd.Custom(a, a, calls, op_type="test_two")
    mx.nd.Custom(a, a, calls, op_type="test_two")
    total.backward()
    assert a.grad.asscalar() == 2


def test_each_call_has_an_object_of_its_own_that_the_gradient_meets_again():
    x = variable([1.0])
    with autograd.record():
        first = mx.nd.Custom(x, op_type="test_remember")
        mx.nd.Custom(x + 8, op_type="test_remember")
    first.backward()
    assert x.grad.asscalar() == 1


def test_what_a_call_keeps_is_freed_with_its_graph():
    x = variable([1.0])
    with autograd.record():
        y = mx.nd.Custom(x, op_type="test_power")
    node = weakref.ref(y._node.op)
    del y
    gc.collect()
    assert node() is None


def test_a_loss_has_its_own_gradient():
    class Loss(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], out_data[0] - 1)

    @register("test_loss")
    class LossProp(CustomOpProp):
        def __init__(self):
            super().__init__(need_top_grad=False)

        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Loss()

    x = variable([3.0])
    with autograd.record():
        y = mx.nd.Custom(x, op_type="test_loss")
    y.backward(mx.nd.array([100.0]))
    assert x.grad.asscalar() == 2
    assert LossProp().declare_backward_dependency([0], [1], [2]) == [1, 2]


def test_inputs_may_be_given_by_name():
    y = mx.nd.Custom(data=mx.nd.array([2]), op_type="test_power")
    assert y.asscalar() == 4


def test_a_block_may_use_one():
    class Net(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.Custom(x, op_type="test_power", exponent=2)

    assert Net()(mx.nd.array([3])).asscalar() == 9


# -- as symbols -------------------------------------------------------------------------------------------


def test_a_symbol_has_the_names_that_the_operator_lists():
    y = mx.sym.Custom(mx.sym.var("a"), op_type="test_two", name="t")
    assert y.list_arguments() == ["a", "t_rhs"]
    assert y.list_outputs() == ["t_total", "t_difference"]
    assert y.list_auxiliary_states() == ["t_calls"]


def test_shapes_and_dtypes_of_a_symbol_are_worked_out():
    y = mx.sym.Custom(mx.sym.var("a"), op_type="test_two", name="t")
    assert y.infer_shape(a=(3,)) == ([(3,), (3,)], [(3,), (3,)], [(1,)])
    square = mx.sym.Custom(mx.sym.var("a"), op_type="test_power")
    assert square.infer_type(a="float64") == ([np.float64], [np.float64], [])


def test_a_symbol_of_unknown_shape_stays_unknown():
    y = mx.sym.Custom(mx.sym.var("a"), op_type="test_two", name="t")
    assert y.infer_shape_partial() == ([(), ()], [(), ()], [(1,)])


def test_a_symbol_without_inputs_makes_variables():
    with mx.name.NameManager():
        assert mx.sym.Custom(op_type="test_power").list_arguments() == ["custom0_data"]
    y = mx.sym.Custom(data=mx.sym.var("q"), op_type="test_power", exponent=3)
    assert y.list_arguments() == ["q"]
    assert y.outputs[0][0].given == {"op_type": "test_power", "exponent": 3}


def test_a_symbol_is_written_to_text_and_read_again():
    y = mx.sym.Custom(mx.sym.var("a"), op_type="test_two", name="t", attr={"__group__": "1"})
    z = mx.sym.Custom(y[0] + y[1], op_type="test_power", exponent=3, name="p")
    read = mx.sym.load_json(z.tojson())
    assert read.tojson() == z.tojson()
    assert read.list_auxiliary_states() == ["t_calls"]
    assert mx.test_utils.simple_forward(read, a=[1.0], t_rhs=[5.0], t_calls=[0.0]).tolist() == [8]


def test_a_text_with_an_operator_that_is_not_registered_names_it():
    text = mx.sym.Custom(mx.sym.var("a"), op_type="test_power").tojson().replace("test_power", "gone")
    with pytest.raises(MXNetError, match=r"Node 'custom[0-9]+': custom operator 'gone' is not registered"):
        mx.sym.load_json(text)


def test_a_hybridized_block_runs_one_and_its_gradient():
    class Net(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.Custom(F.Custom(x, op_type="test_power", exponent=2), op_type="test_power", exponent=3)

    net = Net()
    net.hybridize()
    for value in (2.0, 3.0):
        x = variable([value])
        with autograd.record():
            y = net(x)
        y.backward()
        assert y.asscalar() == pytest.approx(value**6)
        assert x.grad.asscalar() == pytest.approx(6 * value**5)


def test_each_call_of_a_hybridized_block_has_an_object_of_its_own_too():
    class Net(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.Custom(x, op_type="test_remember")

    net = Net()
    net.hybridize()
    xs = [variable([value]) for value in (1.0, 2.0)]
    with autograd.record():
        ys = [net(x) for x in xs]
    autograd.backward(ys)
    assert [x.grad.asscalar() for x in xs] == [1, 2]


# -- errors -----------------------------------------------------------------------------------------------


def test_an_operator_that_is_not_registered_is_named():
    with pytest.raises(MXNetError, match="Custom operator 'nowhere' is not registered") as caught:
        mx.nd.Custom(mx.nd.ones(1), op_type="nowhere")
    assert isinstance(caught.value, UnknownNameError)
    assert "test_power" in str(caught.value)


def test_a_call_without_a_name_is_an_error():
    with pytest.raises(MXNetError, match="Custom operator None is not registered"):
        mx.nd.Custom(mx.nd.ones(1))


def test_parameters_that_it_does_not_take_are_an_error():
    with pytest.raises(ArgumentError, match=r"'test_power' cannot be made with these parameters: .*'colour'"):
        mx.nd.Custom(mx.nd.ones(1), op_type="test_power", colour=1)


@pytest.mark.parametrize("count", [0, 2])
def test_another_number_of_inputs_is_an_error(count):
    with pytest.raises(MXNetError, match="Custom"):
        mx.nd.Custom(*[mx.nd.ones(1)] * count, op_type="test_power")


def test_shapes_that_the_operator_refuses_are_an_error():
    with pytest.raises(ShapeMismatchError, match="'rhs'"):
        mx.nd.Custom(mx.nd.ones(2), mx.nd.ones(3), mx.nd.ones(1), op_type="test_two")


def failing(name, **methods):
    """Register an operator some of whose methods raise."""

    def fail(*args, **kwargs):
        raise RuntimeError("out of cheese")

    computes = type("Computes", (CustomOp,), dict.fromkeys(methods.get("of_op", ()), fail))
    own = dict.fromkeys(methods.get("of_prop", ()), fail)
    prop = type("Prop", (CustomOpProp,), {"create_operator": lambda *args: computes(), **own})
    register(name)(prop)


def test_an_error_in_forward_is_ours_with_the_original_as_its_cause():
    failing("test_failing", of_op=["forward"])
    message = r"Custom operator 'test_failing' failed in fail\(\): RuntimeError\('out of cheese'\)"
    with pytest.raises(MXNetError, match=message) as caught:
        mx.nd.Custom(mx.nd.ones(1), op_type="test_failing")
    assert isinstance(caught.value, OperatorError)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_error_in_backward_is_ours_too():
    failing("test_failing_back", of_op=["backward"])
    x = variable([1.0])
    with autograd.record():
        y = mx.nd.Custom(x, op_type="test_failing_back")
    with pytest.raises(OperatorError, match="'test_failing_back' failed in"):
        y.backward()


def test_an_error_in_infer_shape_is_ours_too():
    failing("test_failing_shape", of_prop=["infer_shape"])
    with pytest.raises(OperatorError, match="'test_failing_shape' failed in"):
        mx.nd.Custom(mx.nd.ones(1), op_type="test_failing_shape")


def test_errors_of_operators_inside_come_through_as_they_are():
    class Bad(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            mx.nd.dot(in_data[0], mx.nd.ones((7, 7)))

    @register("test_bad")
    class BadProp(CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Bad()

    with pytest.raises(ShapeMismatchError, match="Operator 'dot'"):
        mx.nd.Custom(mx.nd.ones((2, 2)), op_type="test_bad")


def test_too_few_answers_of_infer_shape_are_an_error():
    @register("test_few")
    class Few(CustomOpProp):
        def infer_shape(self, in_shape):
            return in_shape, []

    with pytest.raises(ArgumentError, match=r"got other numbers of answers from infer_shape\(\)"):
        mx.nd.Custom(mx.nd.ones(1), op_type="test_few")


def test_only_properties_are_registered():
    with pytest.raises(ArgumentTypeError, match="Custom operator 'x' is declared by its properties"):
        register("x")(int)


def test_assigning_follows_the_request():
    x = mx.nd.array([1.0])
    for request, expected in (("null", 1), ("write", 5), ("add", 10), ("inplace", 5)):
        CustomOp().assign(x, request, mx.nd.array([5.0]))
        assert x.asscalar() == expected
    with pytest.raises(ArgumentError, match="knows no such request"):
        CustomOp().assign(x, "sometimes", 0)


def test_what_is_not_defined_has_mxnets_defaults():
    prop = CustomOpProp()
    assert (prop.list_arguments(), prop.list_outputs(), prop.list_auxiliary_states()) == (
        ["data"],
        ["output"],
        [],
    )
    assert prop.infer_shape([[1, 2]]) == ([[1, 2]], [[1, 2]], [])
    assert prop.infer_type([np.float32]) == ([np.float32], [np.float32], [])
    assert prop.infer_storage_type(["default"]) == (["default"], ["default"], [])
    assert prop.infer_storage_type_backward(["default"], ["default"], [], [], []) == (
        ["default"],
        ["default"],
        [],
        [],
        [],
    )
    assert prop.declare_backward_dependency([0], [1], [2]) == [0, 1, 2]


# -- which operators there are ----------------------------------------------------------------------------


def test_operators_are_listed_with_what_they_take():
    assert {"Convolution", "dot", "add_n"} <= set(mx.operator.get_all_registered_operators())
    found = mx.operator.get_operator_arguments("Activation")
    assert (found.narg, found.names, found.types[0]) == (2, ["data", "act_type"], "NDArray-or-Symbol")
    assert mx.operator.get_operator_arguments("add_n").types == ["NDArray-or-Symbol[]"]
    with pytest.raises(MXNetError, match="Operator 'nosuch' does not exist"):
        mx.operator.get_operator_arguments("nosuch")


def test_a_symbol_of_it_refuses_inputs_that_it_does_not_have():
    with pytest.raises(ArgumentError, match="Custom operator 'test_power' has no input 'power'"):
        mx.sym.Custom(mx.sym.var("x"), power=mx.sym.var("y"), op_type="test_power")
