"""Operators of a program's own in their older form."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.errors import ArgumentError, OperatorError, UnknownNameError
from gluonish.gluon import SymbolBlock

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated. Please use CustomOp")


def made(base, kind):
    """Return an operator that divides its inputs, and checks what it gets."""

    class Quotient(base):
        def list_arguments(self):
            return ["a", "b"]

        def forward(self, in_data, out_data):
            assert {type(x) for x in (*in_data, *out_data)} == {kind}
            out_data[0][:] = in_data[0] / in_data[1]

        def backward(self, out_grad, in_data, out_data, in_grad):
            assert {type(x) for x in (*out_grad, *in_data, *out_data, *in_grad)} == {kind}
            in_grad[0][:] = out_grad[0] / in_data[1]
            in_grad[1][:] = -out_grad[0] * out_data[0] / in_data[1]

    return Quotient()


BOTH = pytest.mark.parametrize(
    ("base", "kind"), [(mx.operator.NumpyOp, np.ndarray), (mx.operator.NDArrayOp, nd.NDArray)]
)


@BOTH
def test_such_an_operator_computes_and_has_a_gradient(base, kind):
    a, b = nd.array([6.0, 1.0]), nd.array([2.0, 4.0])
    block = SymbolBlock(
        made(base, kind)(mx.sym.var("a"), b=mx.sym.var("b")), [mx.sym.var("a"), mx.sym.var("b")]
    )
    a.attach_grad()
    b.attach_grad()
    with autograd.record():
        y = block(a, b)
    y.backward(nd.array([1.0, 2.0]))
    assert y.asnumpy().tolist() == [3.0, 0.25]
    assert a.grad.asnumpy().tolist() == [0.5, 0.5]
    assert b.grad.asnumpy().tolist() == [-1.5, -0.125]


@BOTH
def test_inputs_that_are_not_given_become_variables(base, kind):
    symbol = made(base, kind).get_symbol(mx.sym.var("x"), name="quotient")
    assert symbol.list_arguments() == ["x", "quotient_b"]
    assert symbol.list_outputs() == ["quotient_output"]


def test_nodes_are_named_as_mxnet_names_them():
    with mx.name.NameManager():
        assert made(mx.operator.NumpyOp, np.ndarray)().name == "_native0"
        assert made(mx.operator.NDArrayOp, nd.NDArray)().name == "_ndarray0"


def test_unless_defined_the_output_is_the_first_input_and_its_gradient_is_1():
    x = nd.array([3.0, 4.0])
    x.attach_grad()
    op = mx.operator.NumpyOp()
    with autograd.record():
        y = SymbolBlock(op(mx.sym.var("x")), [mx.sym.var("x")])(x)
    y.backward(nd.array([5.0, 6.0]))
    assert y.asnumpy().tolist() == [3.0, 4.0]
    assert x.grad.asnumpy().tolist() == [1.0, 1.0]


def test_a_loss_depends_on_no_gradients_of_outputs():
    op = mx.operator.NDArrayOp(need_top_grad=False)
    assert not op.need_top_grad()
    assert op.declare_backward_dependency([0], [1], [2]) == [1, 2]
    assert mx.operator.NDArrayOp().declare_backward_dependency([0], [1], [2]) == [0, 1, 2]


def test_making_one_says_that_the_form_is_old():
    with pytest.warns(UserWarning, match=r"NumpyOp is an operator .* deprecated. Please use CustomOp"):
        mx.operator.NumpyOp()


def test_its_own_error_is_told():
    class Broken(mx.operator.NumpyOp):
        def forward(self, in_data, out_data):
            raise RuntimeError("out of paper")

    block = SymbolBlock(Broken()(mx.sym.var("x")), [mx.sym.var("x")])
    with pytest.raises(OperatorError, match=r"Custom operator 'Broken' failed in forward\(\).*out of paper"):
        block(nd.ones(2))


def test_it_refuses_inputs_that_it_does_not_have():
    with pytest.raises(ArgumentError, match="'c'"):
        made(mx.operator.NumpyOp, np.ndarray)(c=mx.sym.var("x"))


def test_a_file_cannot_hold_it():
    text = made(mx.operator.NumpyOp, np.ndarray)(mx.sym.var("x")).tojson()
    with pytest.raises(UnknownNameError, match="_Native"):
        mx.sym.load_json(text)
