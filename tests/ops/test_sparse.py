"""Kernels for sparse arrays: the same numbers as dense ones give, in the storage that MXNet gives them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.operator import operators
from gluonish.errors import ArgumentError, IndexOutOfRangeError, ShapeMismatchError

VALUES = np.array([[0.0, 0, 0], [1, 2, 3], [0, 0, 0], [-1, 0.5, 0]])
OTHERS = np.array([[2.0, 0, 1], [0, 0, 0], [0, 0, 0], [1, -1, 4]])
ANSWERS = json.loads((Path(__file__).parent.parent / "data/mxnet/sparse_answers.json").read_text())

SPARSE = ("row_sparse", "csr")


def stored(values, stype, dtype="float64"):
    return nd.array(values, dtype=dtype).tostype(stype)


def holed(shape=(4, 3)):
    """Return a strategy for matrices with many zeros."""
    return hnp.arrays("float64", shape, elements=st.sampled_from([0.0, 0.0, 0.0, 1.0, -2.0, 0.5]))


ANSWERED = [
    (left, right, expression, stype)
    for key, found in ANSWERS["storages"].items()
    for left, right in [key.split(", ")]
    for expression, stype in found.items()
]


@pytest.mark.parametrize(("left", "right", "expression", "stype"), ANSWERED)
def test_results_have_the_storage_that_mxnet_gives_them(left, right, expression, stype):
    x, y = stored(VALUES, left, "float32"), stored(VALUES, right, "float32")
    assert eval(expression, {"nd": nd, "x": x, "y": y}).stype == stype


@pytest.mark.parametrize(("left", "right", "expression", "stype"), ANSWERED)
def test_results_are_those_of_dense_arrays(left, right, expression, stype):
    del stype
    if "retain" in expression or "x[" in expression or expression == "x / 0":
        pytest.skip("dense arrays have no such rows, and NaN where 0 is divided by 0")
    names = [
        {"nd": nd, "x": stored(VALUES, a), "y": stored(OTHERS, b)}
        for a, b in ((left, right), ("default",) * 2)
    ]
    for each in names:
        each["nd"] = _InDouble()
    sparse, dense = (eval(expression, each).asnumpy() for each in names)
    np.testing.assert_allclose(sparse, dense, rtol=1e-6)


class _InDouble:
    """``mx.nd`` with arrays of ones, zeros and indices in double precision."""

    sparse = nd.sparse

    def __getattr__(self, name):
        made = getattr(nd, name)
        return (lambda data: made(data, dtype="float64")) if name in ("ones", "zeros", "array") else made


@pytest.mark.parametrize(
    "stypes", [("csr", "csr"), ("row_sparse", "row_sparse"), ("csr", "default"), ("default", "csr")]
)
@given(left=holed(), right=holed())
def test_arithmetic_agrees_with_numpy(stypes, left, right):
    x, y = (stored(values, stype) for values, stype in zip((left, right), stypes, strict=True))
    for result, wanted in ((x + y, left + right), (x - y, left - right), (x * y, left * right)):
        np.testing.assert_array_equal(result.asnumpy(), wanted)
    np.testing.assert_array_equal(nd.maximum(x, y).asnumpy(), np.maximum(left, right))


# -- products ---------------------------------------------------------------------------------------------


PRODUCTS = [
    (a, b, ta, tb)
    for a in ("default", *SPARSE)
    for b in ("default", *SPARSE)
    for ta in (False, True)
    for tb in (False, True)
]


@pytest.mark.parametrize(("a", "b", "ta", "tb"), PRODUCTS)
@settings(max_examples=15)
@given(left=holed(), right=holed((3, 5)))
def test_dot_takes_every_storage_and_transposition(a, b, ta, tb, left, right):
    x = stored(left.T if ta else left, a)
    y = stored(right.T if tb else right, b)
    found = nd.dot(x, y, transpose_a=ta, transpose_b=tb)
    np.testing.assert_allclose(found.asnumpy(), left @ right, atol=1e-12)


@pytest.mark.parametrize(("a", "b", "ta", "tb"), PRODUCTS)
def test_dot_has_gradients_for_every_storage(a, b, ta, tb):
    left, right = VALUES, OTHERS.T
    x, y = stored(left.T if ta else left, a), stored(right.T if tb else right, b)
    for each in (x, y):
        each.attach_grad(stype="default")
    with autograd.record():
        total = (
            nd.dot(x, y, transpose_a=ta, transpose_b=tb) * nd.array(np.eye(4) + 2, dtype="float64")
        ).sum()
    total.backward()
    seed = np.eye(4) + 2
    of_left, of_right = seed @ right.T, left.T @ seed
    np.testing.assert_allclose(x.grad.asnumpy(), of_left.T if ta else of_left)
    np.testing.assert_allclose(y.grad.asnumpy(), of_right.T if tb else of_right)


def test_the_gradient_of_a_weight_beside_a_csr_matrix_has_the_rows_that_are_used():
    weight = nd.ones((5, 2))
    weight.attach_grad(stype="row_sparse")
    data = nd.sparse.csr_matrix(([1.0, 2.0], [3, 1], [0, 1, 2]), shape=(2, 5))
    with autograd.record():
        total = nd.dot(data, weight).sum()
    total.backward()
    assert weight.grad.indices.tolist() == [1, 3]
    assert weight.grad.data.tolist() == [[2, 2], [1, 1]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32", "int64"])
def test_products_keep_the_dtype(dtype):
    x, y = stored(VALUES * 2, "csr", dtype), nd.array(OTHERS.T, dtype=dtype)
    found = nd.dot(x, y)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found.asnumpy(), (VALUES * 2) @ OTHERS.T)


@pytest.mark.parametrize("left", ["default", "row_sparse", "csr"])
@pytest.mark.parametrize("right", ["default", "row_sparse", "csr"])
@pytest.mark.parametrize("stype", ["default", "row_sparse", "csr"])
def test_forward_stype_says_what_storage_a_product_has(left, right, stype):
    found = nd.dot(stored(VALUES, left), stored(OTHERS.T, right), forward_stype=stype)
    assert found.stype == stype
    np.testing.assert_array_equal(found.asnumpy(), VALUES @ OTHERS.T)


def test_a_product_checks_its_shapes():
    with pytest.raises(ShapeMismatchError, match="Operator 'dot'"):
        nd.dot(stored(VALUES, "csr"), nd.ones((4, 2), dtype="float64"))


# -- rows and blocks --------------------------------------------------------------------------------------


@given(values=holed((6, 4)), begin=st.integers(-7, 7), end=st.integers(-7, 7), left=st.integers(0, 4))
def test_blocks_of_csr_matrices_are_those_of_numpy(values, begin, end, left):
    found = nd.slice(stored(values, "csr"), begin=(begin, left), end=(end, None))
    assert found.stype == "csr"
    found.check_format()
    np.testing.assert_array_equal(found.asnumpy(), values[begin:end, left:])


@given(values=holed((5, 3)), rows=st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_rows_of_csr_matrices_come_in_any_order(values, rows):
    np.testing.assert_array_equal(
        nd.take(stored(values, "csr"), nd.array(rows), mode="raise").asnumpy(), values[rows]
    )


@given(values=holed((5, 3)), rows=st.lists(st.integers(0, 4), unique=True))
def test_retaining_rows_leaves_the_others_zero(values, rows):
    wanted = np.zeros_like(values)
    wanted[rows] = values[rows]
    found = stored(values, "row_sparse").retain(rows)
    np.testing.assert_array_equal(found.asnumpy(), wanted)
    assert found.indices.tolist() == rows


def test_only_row_sparse_arrays_retain_rows():
    with pytest.raises(ArgumentError, match="'_sparse_retain' chooses rows of row-sparse arrays"):
        nd.sparse.retain(stored(VALUES, "csr"), nd.array([1]))
    with pytest.raises(IndexOutOfRangeError, match="got an index out of range"):
        stored(VALUES, "row_sparse").retain([4])


def test_the_gradient_of_retaining_has_the_rows_that_were_retained():
    x = stored(VALUES, "row_sparse")
    x.attach_grad()
    with autograd.record():
        total = (x.retain([3, 1]) * 2).sum()
    total.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[0] * 3, [2] * 3, [0] * 3, [2] * 3])


def test_getnnz_counts_what_is_stored_even_zeros():
    x = nd.sparse.csr_matrix(([1.0, 0.0, 2.0], [0, 1, 1], [0, 2, 3]), shape=(2, 4))
    counted = [nd.contrib.getnnz(x, axis=axis).tolist() for axis in (None, 0, 1)]
    assert counted == [[3], [1, 2, 0, 0], [2, 1]]


def test_square_sum_within_rows_stays_row_sparse_with_keepdims():
    x = stored(VALUES, "row_sparse")
    found = nd._internal._square_sum(x, axis=1, keepdims=True)
    assert (found.stype, found.indices.tolist()) == ("row_sparse", [1, 3])
    np.testing.assert_array_equal(found.asnumpy()[:, 0], (VALUES**2).sum(1))
    np.testing.assert_array_equal(nd._internal._square_sum(x, axis=1).asnumpy(), (VALUES**2).sum(1))


@pytest.mark.parametrize("stype", SPARSE)
def test_scatter_operators_act_on_what_is_stored(stype):
    x = stored(VALUES, stype)
    found = nd._internal._scatter_plus_scalar(x, scalar=2.0)
    assert found.stype == stype
    np.testing.assert_array_equal(found.data.asnumpy(), x.data.asnumpy() + 2)


# -- lookups ----------------------------------------------------------------------------------------------


@given(ids=st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_the_sparse_gradient_of_a_lookup_is_the_dense_one(ids):
    grads = []
    for sparse in (False, True):
        weight = nd.array(np.arange(10).reshape(5, 2), dtype="float64")
        weight.attach_grad(stype="row_sparse" if sparse else "default")
        with autograd.record():
            rows = nd.Embedding(nd.array(ids), weight, input_dim=5, output_dim=2, sparse_grad=sparse)
            total = (rows * rows).sum()
        total.backward()
        grads.append(weight.grad)
    assert grads[1].indices.tolist() == sorted(set(ids))
    np.testing.assert_array_equal(grads[0].asnumpy(), grads[1].asnumpy())


def test_rows_that_are_not_stored_are_looked_up_as_zeros():
    weight = nd.sparse.row_sparse_array(([[1, 2]], [3]), shape=(5, 2))
    found = nd.Embedding(nd.array([3, 0]), weight, input_dim=5, output_dim=2)
    assert found.tolist() == [[1, 2], [0, 0]]


def test_a_sparse_gradient_goes_on_as_a_dense_one():
    weight = nd.array(np.ones((4, 2)))
    weight.attach_grad()
    with autograd.record():
        rows = nd.Embedding(nd.array([1, 1]), weight * 3, input_dim=4, output_dim=2, sparse_grad=True)
        total = rows.sum() + weight.sum()
    total.backward()
    assert weight.grad[:, 0].tolist() == [1, 7, 1, 1]


# -- updates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize("name", ["sgd_mom_update", "adam_update", "adagrad_update"])
def test_updates_by_rows_are_those_of_the_rows(name, stype):
    rng = np.random.default_rng(3)
    n_states = {"sgd_mom_update": 1, "adam_update": 2, "adagrad_update": 1}[name]
    update = getattr(nd.sparse, name)
    weight, *states = (rng.uniform(0.5, 1, (5, 2)) for _ in range(1 + n_states))
    grad = rng.normal(size=(2, 2))
    params = {"lr": 0.1, "wd": 0.2} if name != "adagrad_update" else {"lr": 0.1}
    part = [nd.array(each[[1, 4]], dtype="float64") for each in (weight, *states)]
    update(part[0], nd.array(grad, dtype="float64"), *part[1:], out=part[0], **params)
    whole = [stored(each, stype) for each in (weight, *states)]
    sparse = nd.sparse.row_sparse_array((grad, [1, 4]), shape=(5, 2))
    assert update(whole[0], sparse, *whole[1:], out=whole[0], **params) is whole[0]
    for before, rows, after in zip((weight, *states), part, whole, strict=True):
        wanted = before.copy()
        wanted[[1, 4]] = rows.asnumpy()
        np.testing.assert_allclose(after.asnumpy(), wanted, rtol=1e-12)
        assert after.stype == stype


def test_an_update_without_out_leaves_the_weight_alone():
    weight, grad = nd.ones((3, 2)), nd.sparse.row_sparse_array(([[1, 1]], [2]), shape=(3, 2))
    found = nd.sgd_update(weight, grad, lr=0.5)
    assert (found[:, 0].tolist(), weight[:, 0].tolist()) == ([1, 1, 0.5], [1, 1, 1])


def test_an_update_that_is_not_lazy_moves_every_row():
    weight, grad = nd.ones((3, 2)), nd.sparse.row_sparse_array(([[1, 1]], [2]), shape=(3, 2))
    nd.sgd_update(weight, grad, lr=0.5, wd=0.2, lazy_update=False, out=weight)
    np.testing.assert_allclose(weight[:, 0].asnumpy(), [0.9, 0.9, 0.4], rtol=1e-6)


def test_what_falls_back_to_dense_arrays_writes_its_states_back():
    weight, mom = (
        stored(np.ones((3, 2)), "row_sparse"),
        nd.sparse.zeros("row_sparse", (3, 2), dtype="float64"),
    )
    nd.nag_mom_update(weight, stored(np.ones((3, 2)), "row_sparse"), mom, lr=0.5, momentum=0.9, out=weight)
    assert mom.stype == "row_sparse"
    np.testing.assert_allclose(mom.asnumpy(), -0.5)


# -- the table --------------------------------------------------------------------------------------------


def test_kernels_are_declared_for_as_many_arrays_as_their_operators_take():
    for op in set(operators().values()):
        for kernel in op.storages:
            if op.variadic is None:
                assert op.required <= len(kernel.storages) <= len(op.input_names), op


@pytest.mark.parametrize("stype", SPARSE)
def test_an_operator_without_a_kernel_computes_from_dense_arrays(stype):
    x = stored(VALUES, stype)
    x.attach_grad(stype="default")
    with autograd.record():
        y = nd.softmax(x)
    y.backward(nd.array(OTHERS, dtype="float64"))
    probabilities = np.exp(VALUES) / np.exp(VALUES).sum(1, keepdims=True)
    np.testing.assert_allclose(y.asnumpy(), probabilities)
    wanted = probabilities * (OTHERS - (OTHERS * probabilities).sum(1, keepdims=True))
    np.testing.assert_allclose(x.grad.asnumpy(), wanted)


@pytest.mark.parametrize("stype", SPARSE)
def test_results_go_into_sparse_arrays(stype):
    out = nd.sparse.zeros(stype, (4, 3), dtype="float64")
    assert (
        nd.elemwise_add(nd.array(VALUES, dtype="float64"), nd.array(OTHERS, dtype="float64"), out=out) is out
    )
    np.testing.assert_array_equal(out.asnumpy(), VALUES + OTHERS)


def test_results_go_into_arrays_of_the_other_sparse_storage():
    out = nd.sparse.zeros("csr", (4, 3), dtype="float64")
    nd.elemwise_add(stored(VALUES, "row_sparse"), stored(OTHERS, "row_sparse"), out=out)
    assert out.stype == "csr"
    np.testing.assert_array_equal(out.asnumpy(), VALUES + OTHERS)


@pytest.mark.parametrize("stype", ["default", *SPARSE])
def test_rows_are_divided_by_arrays_of_any_storage(stype):
    found = nd._internal._scatter_elemwise_div(stored(VALUES, "row_sparse"), stored(OTHERS + 9, stype))
    assert found.stype == "row_sparse"
    np.testing.assert_allclose(found.asnumpy(), VALUES / (OTHERS + 9))


def test_mixed_sparse_products_agree_with_scipy():
    x, y = (scipy.sparse.random(7, 9, 0.3, format="csr", random_state=seed) for seed in (1, 2))
    found = nd.dot(nd.sparse.array(x), nd.sparse.array(y), transpose_b=True)
    np.testing.assert_allclose(found.asnumpy(), (x @ y.T).toarray())
    assert math.isclose(nd.sparse.norm(nd.sparse.array(x)).asscalar(), np.linalg.norm(x.toarray()))


def test_explain_tells_of_sparse_arrays_too():
    assert mx.kernels.explain("dot", stored(VALUES, "csr"), stored(OTHERS.T, "default")).provider == "generic"
