"""Symbols of new arrays compute what the functions of mx.nd return."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import nd, sym
from gluonish.errors import ArgumentTypeError
from gluonish.symbol.program import Program

CASES = {
    "zeros": lambda F: F.zeros((2, 3)),
    "zeros of a size and dtype": lambda F: F.zeros(3, dtype="int32"),
    "ones": lambda F: F.ones((2,), dtype="float16"),
    "full": lambda F: F.full((2, 2), 7),
    "arange": lambda F: F.arange(1, 7, 2, repeat=2),
    "arange up to": lambda F: F.arange(4, dtype="int64"),
    "linspace": lambda F: F.linspace(0, 1, 5, endpoint=False),
    "eye": lambda F: F.eye(2, 3, 1),
}


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_new_arrays_are_those_of_nd(make):
    (found,) = Program(make(sym).outputs).run([])
    expected = make(nd)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.asnumpy(), expected.asnumpy())
    assert make(sym).infer_shape()[1] == [expected.shape]


@pytest.mark.parametrize("cut", [3, (1, 3), [2]])
def test_an_array_is_cut_as_by_nd(cut):
    x = nd.array(np.arange(12).reshape(6, 2))
    parts = sym.split_v2(sym.var("x"), cut)
    found = Program(parts.outputs).run([x])
    for ours, theirs in zip(found, nd.split_v2(x, cut), strict=True):
        np.testing.assert_array_equal(ours.asnumpy(), theirs.asnumpy())


def test_elements_are_counted_as_by_nd():
    x = nd.array([0.5, 1.5, 1.7, 3.0])
    counts, edges = Program(sym.histogram(sym.var("x"), bins=3, range=(0, 3)).outputs).run([x])
    assert counts.asnumpy().tolist() == [1, 2, 1]
    given = Program(sym.histogram(sym.var("x"), sym.var("bins")).outputs)
    again, _ = given.run([{"x": x, "bins": edges}[node.name] for node in given.variables])
    assert again.asnumpy().tolist() == [1, 2, 1]


def test_bins_of_unknown_range_are_an_error():
    with pytest.raises(
        ArgumentTypeError, match=r"histogram\(\) of a symbol needs its bins.*\n.*bins=5, range=None"
    ):
        sym.histogram(sym.var("x"), bins=5)


def test_nodes_have_the_name_and_attributes_they_are_given():
    x = sym.zeros((2,), name="nil", attr={"__k__": "v"})
    assert (x.name, x.attr("__k__"), x.attr("dtype")) == ("nil", "v", "float32")


def test_new_arrays_are_where_they_are_said_to_be():
    (x,) = Program(sym.ones((2,), ctx=mx.cpu(3)).outputs).run([])
    assert x.context == mx.cpu(3)
