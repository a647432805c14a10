"""Which storage the gradients of a bound symbol get."""

import json
from pathlib import Path

import numpy as np
import pytest

import gluonish as mx
from gluonish import sym

DATA = Path(__file__).parents[1] / "data" / "mxnet"
ANSWERS = json.loads((DATA / "sparse_answers.json").read_text())["gradients"]
ANSWERED = [
    (*key.split(", "), expression, stype)
    for key, found in ANSWERS.items()
    for expression, stype in found.items()
]


def variables(left, right):
    return sym.var("x", stype=left), sym.var("y", stype=right)


@pytest.mark.parametrize(("left", "right", "expression", "stype"), ANSWERED)
def test_gradients_have_the_storage_that_mxnet_gives_them(left, right, expression, stype):
    x, y = variables(left, right)
    symbol = eval(expression, {"sym": sym, "x": x, "y": y})
    shapes = {
        name: (3,) if "retain" in expression and name == "y" else (3, 3) for name in symbol.list_arguments()
    }
    bound = symbol.simple_bind(mx.cpu(), grad_req={"x": "write"}, **shapes)
    assert bound.grad_dict["x"].stype == stype


def test_a_dense_table_that_is_looked_up_gets_the_rows_of_the_batch():
    ids, table = sym.var("ids"), sym.var("table")
    looked_up = sym.Embedding(ids, table, input_dim=5, output_dim=2, sparse_grad=True)
    bound = looked_up.simple_bind(mx.cpu(), grad_req={"table": "write"}, ids=(3,))
    bound.forward(is_train=True, ids=mx.nd.array([4, 1, 4]))
    bound.backward(mx.nd.ones((3, 2)))
    assert bound.grad_dict["table"].indices.tolist() == [1, 4]
    assert bound.grad_dict["table"].data.tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_pythons_operators_between_symbols_keep_sparse_arrays_of_one_shape_sparse(stype):
    x, y = variables(stype, stype)
    array = mx.nd.array([[0, 1], [0, 0], [2, 3]])
    for made, wanted in ((x + y, 2 * array), (x - y, 0 * array), (x * y, array * array)):
        (found,) = made.eval(x=array.tostype(stype), y=array.tostype(stype))
        assert found.stype == stype
        np.testing.assert_array_equal(found.asnumpy(), wanted.asnumpy())


def test_pythons_operators_between_symbols_broadcast_sparse_arrays_of_other_shapes():
    x, y = variables("csr", "default")
    array = mx.nd.array([[0, 1], [2, 3]])
    (found,) = (x + y).eval(x=array.tostype("csr"), y=mx.nd.array([[1, 1]]))
    np.testing.assert_array_equal(found.asnumpy(), array.asnumpy() + 1)
