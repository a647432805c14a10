"""The modules inside ``mx.nd``, and methods that are functions of it."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.errors import ArgumentTypeError, FileFormatError, ShapeMismatchError


@pytest.mark.parametrize("name", ["ndarray", "utils", "op", "random", "contrib", "linalg", "_internal"])
def test_modules_can_be_imported(name):
    module = importlib.import_module(f"gluonish.nd.{name}")
    assert module is getattr(nd, name)


def test_modules_offer_the_same_objects():
    assert nd.ndarray.NDArray is nd.NDArray
    assert nd.ndarray.array is nd.utils.array is nd.array
    assert nd.utils.load is nd.load
    assert nd.op.FullyConnected is nd.FullyConnected
    assert mx.sym.op.FullyConnected is mx.sym.FullyConnected


def test_op_has_operators_only():
    assert not hasattr(nd.op, "moveaxis")
    assert nd.op.concat(nd.ones((1, 2)), nd.ones((1, 2)), dim=0).shape == (2, 2)


def test_operators_have_their_oldest_names_too():
    x = nd.array([1.0, 5.0])
    internal = nd._internal
    assert internal._PlusScalar(x, scalar=3).tolist() == [4, 8]
    assert internal._RMinusScalar(x, scalar=3).tolist() == [2, -2]
    assert internal._GreaterEqualScalar(x, scalar=3).tolist() == [0, 1]
    assert internal._Plus(x, x).tolist() == internal._grad_add(x, x).tolist() == [2, 10]
    assert internal._random_uniform is nd.random_uniform


def test_the_content_of_a_file_can_be_read(tmp_path):
    path = tmp_path / "x.params"
    nd.save(path, {"a": nd.ones((2,))})
    assert nd.load_frombuffer(path.read_bytes())["a"].tolist() == [1, 1]
    for bad in (b"abc", "abc", b""):
        with pytest.raises(FileFormatError, match="The buffer cannot be read"):
            nd.load_frombuffer(bad)
    with pytest.raises(ArgumentTypeError, match=r"load_frombuffer\(\) needs bytes"):
        nd.load_frombuffer(3)


def test_the_function_reshape_copies_and_the_method_does_not():
    x = nd.zeros((2, 3))
    nd.reshape(x, (6,))[:] = 1
    assert x.sum().asscalar() == 0
    x.reshape((6,))[:] = 1
    assert x.sum().asscalar() == 6


def test_split_v2_is_a_method_too():
    assert [part.tolist() for part in nd.arange(5).split_v2((2,))] == [[0, 1], [2, 3, 4]]


def test_a_block_can_be_assigned_to_a_copy():
    x = nd.zeros((2, 3))
    x.attach_grad()
    block = nd.ones((1, 2))
    block.attach_grad()
    with autograd.record():
        y = x.slice_assign(block, (0, 1), (1, 3), (None, None)).slice_assign_scalar(5, (1,), (2,), (None,))
    assert y.tolist() == [[0, 1, 1], [5, 5, 5]]
    y.backward()
    assert x.grad.tolist() == [[1, 0, 0], [0, 0, 0]]
    assert block.grad.tolist() == [[1, 1]]
    with pytest.raises(ShapeMismatchError, match="got bounds for more axes than there are"):
        x.slice_assign_scalar(5, (1, 1, 1), (2, 2, 2))


def test_an_array_is_writable():
    assert nd.zeros((1,)).writable


def test_private_numbers_are_those_of_mxnet():
    found = mx.nd.ndarray
    assert found._DTYPE_NP_TO_MX[np.float32] == 0
    assert found._DTYPE_MX_TO_NP[6] is np.int64
    assert found._DTYPE_NP_TO_MX[None] == -1
    assert found._GRAD_REQ_MAP == {"null": 0, "write": 1, "add": 3}
    assert found._STORAGE_TYPE_ID_TO_STR[1] == "row_sparse"
