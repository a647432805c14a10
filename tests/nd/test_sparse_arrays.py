"""Making sparse arrays."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

import gluonish as mx
from gluonish import nd
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError

VALUES = np.array([[0, 1.0], [2, 0], [0, 0]])
S = nd.sparse

CSR = {
    "numpy": VALUES,
    "lists": VALUES.tolist(),
    "dense": nd.array(VALUES, dtype="float64"),
    "csr": S.csr_matrix(VALUES),
    "scipy": scipy.sparse.csr_matrix(VALUES),
    "scipy, by coordinates": scipy.sparse.coo_matrix(VALUES),
    "definition": ([1.0, 2.0], [1, 0], [0, 1, 2, 2]),
    "coordinates": ([2.0, 1.0], ([1, 0], [0, 1])),
    "arrays": (nd.array([1, 2]), nd.array([1, 0], dtype="int32"), np.array([0, 1, 2, 2])),
}


@pytest.mark.parametrize("given", CSR.values(), ids=CSR)
def test_csr_matrices_are_made_of(given):
    x = S.csr_matrix(given, shape=(3, 2), ctx=mx.cpu(1))
    assert (x.stype, x.shape, x.context) == ("csr", (3, 2), mx.cpu(1))
    assert x.indices.dtype == x.indptr.dtype == np.int64
    x.check_format()
    np.testing.assert_array_equal(x.asnumpy(), VALUES)
    assert S.csr_matrix(given, shape=(3, 2), dtype="float16").dtype == np.float16


ROWS = {
    "numpy": VALUES,
    "lists": VALUES.tolist(),
    "dense": nd.array(VALUES, dtype="float64"),
    "row_sparse": S.row_sparse_array(VALUES),
    "definition": ([[0, 1.0], [2, 0]], [0, 1]),
    "arrays": (np.array([[0, 1.0], [2, 0]]), nd.array([0, 1])),
}


@pytest.mark.parametrize("given", ROWS.values(), ids=ROWS)
def test_row_sparse_arrays_are_made_of(given):
    x = S.row_sparse_array(given, shape=(3, 2), ctx=mx.cpu(1))
    assert (x.stype, x.shape, x.context, x.indices.dtype) == ("row_sparse", (3, 2), mx.cpu(1), np.int64)
    np.testing.assert_array_equal(x.asnumpy(), VALUES)
    assert S.row_sparse_array(given, shape=(3, 2), dtype="int32").dtype == np.int32


def test_the_element_type_is_that_of_arrays_and_float32_of_lists():
    assert S.csr_matrix(VALUES).dtype == S.row_sparse_array(VALUES).dtype == np.float64
    assert S.csr_matrix(VALUES.tolist()).dtype == S.row_sparse_array(([[1, 2]], [0])).dtype == np.float32
    assert S.csr_matrix((2, 3)).dtype == np.float32


def test_shapes_are_inferred_from_definitions():
    assert S.csr_matrix(([1, 2], [0, 4], [0, 1, 2])).shape == (2, 5)
    assert S.row_sparse_array(([[1, 2, 3]], [6])).shape == (7, 3)
    with pytest.raises(ArgumentError, match="cannot be inferred from empty indices"):
        S.row_sparse_array((np.zeros((0, 2)), []))


def test_a_shape_gives_zeros():
    for x, shape in ((S.csr_matrix((2, 3)), (2, 3)), (S.row_sparse_array((2, 3, 4)), (2, 3, 4))):
        assert (x.shape, x.data.size) == (shape, 0)
    assert S.row_sparse_array(([], []), shape=(2, 3)).data.shape == (0, 3)


@pytest.mark.parametrize("make", [S.zeros, S.empty])
@pytest.mark.parametrize("stype", ["default", "row_sparse", "csr"])
def test_zeros_have_the_storage_that_is_asked_for(make, stype):
    x = make(stype, (2, 3), mx.cpu(1), "float64")
    assert (x.stype, x.context, x.dtype) == (stype, mx.cpu(1), np.float64)
    assert nd.zeros((2, 3), stype=stype).stype == nd.empty((2, 3), stype=stype).stype == stype
    out = nd.ones((2, 3)).tostype(stype)
    assert S.zeros(stype, (2, 3), out=out) is out
    assert not out.asnumpy().any()


def test_sparse_arrays_are_copied_and_converted():
    source = S.csr_matrix(VALUES)
    for make in (S.array, nd.array):
        x = make(source, ctx=mx.cpu(1), dtype="float32")
        assert (x.stype, x.context, x.dtype) == ("csr", mx.cpu(1), np.float32)
        np.testing.assert_array_equal(make(scipy.sparse.csc_matrix(VALUES)).asnumpy(), VALUES)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: S.zeros("dense", (2, 2)), ArgumentError, "The storage type is unknown"),
        (
            lambda: S.csr_matrix(nd.ones((2, 2)), shape=(3, 2)),
            ShapeMismatchError,
            "has another shape than given",
        ),
        (lambda: S.csr_matrix((2, 2), shape=(3, 2)), ShapeMismatchError, "has another shape than given"),
        (
            lambda: S.row_sparse_array((2, 2), shape=(3, 2)),
            ShapeMismatchError,
            "has another shape than given",
        ),
        (lambda: S.csr_matrix(nd.ones((2, 2, 2))), ArgumentError, r"csr_matrix\(\) needs a matrix"),
        (lambda: S.csr_matrix(3), ArgumentTypeError, "A csr array cannot be made of this"),
        (lambda: S.csr_matrix(None), ArgumentTypeError, "A csr array cannot be made of this"),
        (lambda: S.csr_matrix("abc"), ArgumentTypeError, "A csr array cannot be made of this"),
        (lambda: S.csr_matrix((2, 3, 4)), ArgumentError, r"csr_matrix\(\) makes matrices only"),
        (lambda: S.zeros("csr", (2, 3, 4)), ShapeMismatchError, "A CSR array is a matrix"),
        (lambda: S.zeros("csr", 4), ShapeMismatchError, "A CSR array is a matrix"),
        (lambda: S.csr_matrix(S.zeros("row_sparse", (2, 2))), ArgumentError, "A csr array cannot be made"),
        (
            lambda: S.row_sparse_array(S.zeros("csr", (2, 2))),
            ArgumentError,
            "A row_sparse array cannot be made",
        ),
        (lambda: S.csr_matrix(([1], [0], [0, 1], 4)), ArgumentError, "knows no such definition"),
        (lambda: S.row_sparse_array(([1],)), ArgumentError, "knows no such definition"),
        (
            lambda: S.csr_matrix(([1, 2], [0], [0, 1]), shape=(1, 2)),
            ShapeMismatchError,
            "do not belong together",
        ),
        (
            lambda: S.row_sparse_array(([[1, 2]], [1, 2]), shape=(4, 2)),
            ShapeMismatchError,
            "do not belong together",
        ),
        (lambda: S.array(VALUES), ArgumentTypeError, r"takes sparse arrays only(.|\n)*Use x.tostype"),
        (lambda: S.array([1.0]), ArgumentTypeError, "takes sparse arrays only"),
    ],
)
def test_what_is_no_sparse_array_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_arithmetic_by_name():
    x, ones = S.csr_matrix(VALUES), nd.ones((3, 2), dtype="float64")
    found = {"add": S.add(x, x), "subtract": S.subtract(x, x), "multiply": S.multiply(x, ones)}
    assert {each.stype for each in found.values()} == {"csr"}
    assert S.add(1, x).stype == S.add(x, ones).stype == "default"
    np.testing.assert_array_equal(
        S.divide(x, nd.array([[2.0], [4], [8]], dtype="float64")).asnumpy(), VALUES / [[2], [4], [8]]
    )


def test_the_namespaces_have_what_mxnet_has_there():
    for name in (
        "dot",
        "retain",
        "cast_storage",
        "Embedding",
        "sgd_update",
        "adagrad_update",
        "where",
        "norm",
    ):
        assert hasattr(S, name)
        assert hasattr(mx.sym.sparse, name)


def test_symbols_run_on_sparse_arrays():
    x, w = mx.sym.var("x", stype="csr"), mx.sym.var("w")
    total = mx.sym.sparse.dot(x, w)
    found = total.eval(x=S.csr_matrix(VALUES), w=nd.ones((2, 2), dtype="float64"))[0]
    np.testing.assert_array_equal(found.asnumpy(), VALUES @ np.ones((2, 2)))


def test_lists_by_coordinates_have_the_element_type_that_numpy_gives_them():
    assert S.csr_matrix(([1, 2], ([0, 1], [1, 0]))).dtype == np.int64
    assert S.csr_matrix(([1.0, 2], ([0, 1], [1, 0]))).dtype == np.float64


@pytest.mark.parametrize(
    ("name", "kinds", "stype"),
    [
        ("multiply", ("default", "csr"), "csr"),
        ("multiply", ("default", "row_sparse"), "row_sparse"),
        ("divide", ("csr", "default"), "default"),
        ("add", ("csr", "csr"), "csr"),
        ("subtract", ("row_sparse", "default"), "default"),
    ],
)
def test_arithmetic_by_name_has_the_storage_that_mxnet_gives_it(name, kinds, stype):
    dense = [nd.array([[0, 2], [3, 1]]), nd.array([[1, 1], [4, 2]])]
    found = getattr(S, name)(*[each.tostype(kind) for each, kind in zip(dense, kinds, strict=True)])
    assert found.stype == stype
    np.testing.assert_array_equal(found.asnumpy(), getattr(np, name)(*[each.asnumpy() for each in dense]))
