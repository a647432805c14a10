"""The methods of arrays and symbols that come from the operator table."""

from __future__ import annotations

import pytest

from gluonish import nd, sym
from gluonish.engine.methods import OperatorMethods, install_methods
from gluonish.engine.operator import operators
from gluonish.errors import ArgumentError


def test_every_declared_method_is_there_with_its_documentation():
    for op in operators().values():
        if op.method is not None:
            method = getattr(OperatorMethods, op.method)
            assert (method.__name__, method.__doc__) == (op.method, op.doc)


def test_installing_again_changes_nothing():
    before = dict(vars(OperatorMethods))
    install_methods()
    assert dict(vars(OperatorMethods)) == before


def test_a_method_takes_the_array_as_the_first_input():
    x = nd.array([[1, 2], [3, 4]])
    assert x.sum(axis=0).tolist() == nd.sum(x, axis=0).tolist() == [4, 6]
    assert x.exp(out=nd.zeros((2, 2))).shape == (2, 2)


@pytest.mark.parametrize(
    "reshape",
    [
        lambda x: x.reshape(3, 2),
        lambda x: x.reshape((3, 2)),
        lambda x: x.reshape([3, -1]),
        lambda x: x.reshape(shape=(3, 2)),
        lambda x: x.reshape(-1, 2),
    ],
)
def test_a_shape_is_given_in_any_of_mxnets_ways(reshape):
    assert reshape(nd.arange(6)).shape == (3, 2)
    assert reshape(sym.var("x", shape=(6,))).infer_shape()[1] == [(3, 2)]


def test_reshape_can_match_from_the_right():
    """MXNet 1.9.1 gives (40, 5) and (50, 4)."""
    x = nd.zeros((10, 5, 4))
    assert x.reshape(-1, 0).shape == (40, 5)
    assert x.reshape(-1, 0, reverse=True).shape == (50, 4)


def test_a_shape_given_twice_is_an_error():
    with pytest.raises(ArgumentError, match=r"reshape\(\) got its shape twice"):
        nd.arange(6).reshape(3, 2, shape=(2, 3))


@pytest.mark.parametrize(
    ("transpose", "shape"),
    [
        (lambda x: x.T, (4, 3, 2)),
        (lambda x: x.transpose(), (4, 3, 2)),
        (lambda x: x.transpose(None), (4, 3, 2)),
        (lambda x: x.transpose(1, 0, 2), (3, 2, 4)),
        (lambda x: x.transpose((1, 0, 2)), (3, 2, 4)),
        (lambda x: x.transpose(axes=(1, 0, 2)), (3, 2, 4)),
    ],
)
def test_axes_are_given_in_any_of_mxnets_ways(transpose, shape):
    assert transpose(nd.zeros((2, 3, 4))).shape == shape
    assert transpose(sym.var("x", shape=(2, 3, 4))).infer_shape()[1] == [shape]


def test_the_base_class_alone_computes_nothing():
    with pytest.raises(NotImplementedError):
        OperatorMethods().sum()
