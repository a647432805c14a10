"""Sparse arrays: what they are, copies, moves, writes, gradients."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gluonish as mx
from gluonish import autograd, nd
from gluonish.base import NotSupportedForSparseNDArray
from gluonish.engine.sparse import CSRNDArray, RowSparseNDArray
from gluonish.engine.stored import rows_of, sum_of_rows
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    InPlaceError,
    MXNetError,
    SavedArrayError,
    ShapeMismatchError,
    UnsupportedError,
)

VALUES = np.array([[0.0, 0, 0], [1, 2, 3], [0, 0, 0], [-1, 0.5, 0]], "float32")
SPARSE = ("row_sparse", "csr")


def stored(stype, values=VALUES, dtype="float32"):
    return nd.array(values, dtype=dtype).tostype(stype)


# -- what they are ----------------------------------------------------------------------------------------


def test_a_row_sparse_array_stores_the_rows_that_are_not_zero():
    x = stored("row_sparse")
    assert isinstance(x, RowSparseNDArray)
    assert (x.shape, x.ndim, len(x), x.dtype, x.stype) == ((4, 3), 2, 4, np.float32, "row_sparse")
    assert x.indices.tolist() == [1, 3]
    assert x.indices.dtype == np.int64
    np.testing.assert_array_equal(x.data.asnumpy(), VALUES[[1, 3]])
    assert (x._num_aux, x._aux_types) == (1, [np.int64])


def test_a_csr_matrix_stores_the_elements_that_are_not_zero():
    x = stored("csr")
    assert isinstance(x, CSRNDArray)
    parts = (x.data, x.indices, x.indptr)
    assert [part.tolist() for part in parts] == [[1, 2, 3, -1, 0.5], [0, 1, 2, 0, 1], [0, 0, 3, 3, 5]]
    assert x._aux_data(0).tolist() == x.indptr.tolist()
    assert x._aux_type(1) is np.int64


@pytest.mark.parametrize("stype", SPARSE)
def test_their_parts_are_copies(stype):
    x = stored(stype)
    x.data[:] = 7
    x.indices[:] = 0
    np.testing.assert_array_equal(x.asnumpy(), VALUES)


def test_they_are_printed_without_content():
    assert repr(stored("csr")) == "\n<CSRNDArray 4x3 @cpu(0)>"


@pytest.mark.parametrize("stype", SPARSE)
@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: x.size, NotImplementedError, "is sparse and has no size"),
        (lambda x: x.asscalar(), UnsupportedError, "is sparse and no number"),
        (lambda x: x.reshape((3, 4)), NotSupportedForSparseNDArray, r"is sparse and has no reshape\(\)"),
        (lambda x: x._slice(0, 1), NotSupportedForSparseNDArray, "has no view of some rows"),
        (lambda x: x._at(0), NotSupportedForSparseNDArray, "has no view of a row"),
        (lambda x: x.__dlpack__(), NotSupportedForSparseNDArray, "has no DLPack form"),
        (lambda x: x.__dlpack_device__(), NotSupportedForSparseNDArray, "has no DLPack form"),
        (lambda x: x.to_dlpack_for_read(), NotSupportedForSparseNDArray, "has no DLPack form"),
        (lambda x: x.to_dlpack_for_write(), NotSupportedForSparseNDArray, "has no DLPack form"),
        (lambda x: x.as_np_ndarray(), ValueError, "cannot become an array of mx.np"),
        (lambda x: np.array(x, copy=False), ArgumentError, "NumPy can only be given a copy"),
        (lambda x: x[nd.array([0])], ValueError, "is (row-sparse|a CSR matrix)"),
        (lambda x: x[0:2, 0:1], ValueError, "is (row-sparse|a CSR matrix)"),
        (lambda x: x[0:3:2], ValueError, "is (row-sparse|a CSR matrix)"),
    ],
)
def test_what_dense_arrays_can_do_alone_is_refused(stype, call, kind, message):
    with pytest.raises(kind, match=message):
        call(stored(stype))


def test_row_sparse_arrays_have_no_parts():
    x = stored("row_sparse")
    assert x[:] is x
    with pytest.raises(ArgumentTypeError, match="has no parts: it is row-sparse"):
        x[1]


@pytest.mark.parametrize("key", [0, 1, -1, slice(1, 3), slice(-2, None), slice(2, 1), slice(0, 99)])
def test_csr_matrices_have_rows(key):
    found = stored("csr")[key]
    assert found.stype == "csr"
    np.testing.assert_array_equal(found.asnumpy(), np.atleast_2d(VALUES[key]).reshape(-1, 3))


def test_a_row_that_a_csr_matrix_does_not_have_is_a_matrix_without_rows():
    assert stored("csr")[5].shape == (0, 3)


@given(
    hnp.arrays(
        "float32", hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.sampled_from([0, 1, 2])
    )
)
def test_converting_forth_and_back_changes_nothing(values):
    for stype in SPARSE:
        x = stored(stype, values)
        x.check_format()
        np.testing.assert_array_equal(x.asnumpy(), values)
        np.testing.assert_array_equal(x.tostype("default").asnumpy(), values)


def test_storage_types_are_refused_that_do_not_exist_or_fit():
    for x, stype, message in (
        (stored("csr"), "row_sparse", "cannot convert csr to row_sparse"),
        (stored("row_sparse"), "csr", "cannot convert row_sparse to csr"),
        (nd.ones((2, 2, 2)), "csr", "makes CSR of matrices only"),
    ):
        with pytest.raises(ValueError, match=message):
            x.tostype(stype)
    with pytest.raises(MXNetError, match="'stype'"):
        nd.ones(2).tostype("dense")


def test_scipy_gets_an_equal_matrix():
    matrix = stored("csr", dtype="float64").asscipy()
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix.toarray(), VALUES)


# -- format -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (([1.0, 2], [1, 0], [0, 2, 2]), "columns that are out of order or out of range"),
        (([1.0, 2], [0, 3], [0, 1, 2]), "columns that are out of order or out of range"),
        (([1.0, 2], [0, -1], [0, 1, 2]), "columns that are out of order or out of range"),
        (([1.0, 2], [0, 1], [0, 2, 1]), "an indptr that does not divide its entries"),
        (([1.0, 2], [0, 1], [1, 2, 2]), "an indptr that does not divide its entries"),
        (([1.0, 2], [0, 1], [0, 1, 3]), "an indptr that does not divide its entries"),
    ],
)
def test_a_malformed_csr_matrix_is_found_by_the_check(parts, problem):
    x = nd.sparse.csr_matrix(parts, shape=(2, 3))
    x.check_format(full_check=False)
    with pytest.raises(MXNetError, match=f"A CSRNDArray has {problem}"):
        x.check_format()


@pytest.mark.parametrize("indices", [[2, 1], [0, 4], [-1, 2], [1, 1]])
def test_malformed_rows_are_found_by_the_check(indices):
    x = nd.sparse.row_sparse_array(([[1.0, 2], [3, 4]], indices), shape=(4, 2))
    x.check_format(full_check=False)
    with pytest.raises(
        MXNetError, match="A RowSparseNDArray has indices that are out of order or out of range"
    ):
        x.check_format()


def test_rows_out_of_order_are_usable_and_rows_out_of_range_are_an_error():
    x = nd.sparse.row_sparse_array(([[1.0, 2], [3, 4]], [2, 0]), shape=(3, 2))
    assert x.asnumpy().tolist() == [[3, 4], [0, 0], [1, 2]]
    assert x.retain([0]).data.tolist() == [[3, 4]]
    with pytest.raises(MXNetError, match="out of order or out of range"):
        nd.sparse.row_sparse_array(([[1.0, 2]], [4]), shape=(3, 2)).asnumpy()


# -- copies and moves -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stype", SPARSE)
def test_copies_are_equal_and_independent(stype):
    x = stored(stype)
    for twin in (
        x.copy(),
        copy.copy(x),
        copy.deepcopy(x),
        pickle.loads(pickle.dumps(x)),
        x.copyto(mx.cpu(1)),
    ):
        assert (type(twin), twin.dtype) == (type(x), x.dtype)
        np.testing.assert_array_equal(twin.asnumpy(), VALUES)
        twin[:] = nd.zeros((4, 3))
    np.testing.assert_array_equal(x.asnumpy(), VALUES)


@pytest.mark.parametrize("stype", SPARSE)
def test_a_detached_twin_shares_the_content(stype):
    x = stored(stype)
    twin = x.detach()
    x[:] = nd.ones((4, 3))
    np.testing.assert_array_equal(twin.asnumpy(), np.ones((4, 3)))


@pytest.mark.parametrize("stype", SPARSE)
def test_moving_keeps_the_storage(stype):
    x = stored(stype)
    assert x.as_in_context(x.context) is x
    moved = x.as_in_context(mx.cpu(1))
    assert (moved.context, moved.stype, moved.data.context) == (mx.cpu(1), stype, mx.cpu(1))


@pytest.mark.parametrize("stype", SPARSE)
def test_another_dtype_keeps_the_storage(stype):
    x = stored(stype)
    assert x.astype("float32", copy=False) is x
    assert x.astype("float32") is not x
    found = x.astype("int32")
    assert (found.stype, found.dtype) == (stype, np.int32)
    np.testing.assert_array_equal(found.asnumpy(), VALUES.astype("int32"))


@pytest.mark.parametrize("stype", SPARSE)
def test_copying_converts_between_dense_and_sparse(stype):
    dense = nd.zeros((4, 3))
    stored(stype).copyto(dense)
    np.testing.assert_array_equal(dense.asnumpy(), VALUES)
    target = nd.zeros((4, 3), stype=stype)
    assert nd.array(VALUES).copyto(target) is target
    np.testing.assert_array_equal(target.asnumpy(), VALUES)


# -- writing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stype", SPARSE)
@pytest.mark.parametrize(
    "make", [nd.array, np.asarray, np.ndarray.tolist, lambda v: nd.array(v, dtype="float64")]
)
def test_arrays_of_any_kind_are_written_whole(stype, make):
    x = nd.zeros((4, 3), stype=stype)
    x[:] = make(VALUES)
    assert (x.stype, x.dtype) == (stype, np.float32)
    np.testing.assert_array_equal(x.asnumpy(), VALUES)


def test_numbers_fill_rows_and_not_csr_matrices():
    x = nd.zeros((2, 3), stype="row_sparse")
    x[:] = 2
    assert x.asnumpy().tolist() == [[2] * 3] * 2
    with pytest.raises(ValueError, match="cannot be filled with a number"):
        nd.zeros((2, 3), stype="csr")[:] = 2


@pytest.mark.parametrize("stype", SPARSE)
@pytest.mark.parametrize("key", [0, slice(0, 2), (0, 1)])
def test_parts_cannot_be_written(stype, key):
    with pytest.raises(
        ArgumentTypeError, match=r"can only be written as a whole.\n  Expected x\[:\] = value"
    ):
        stored(stype)[key] = 1


def test_other_shapes_and_the_other_sparse_storage_cannot_be_written():
    x = stored("row_sparse")
    with pytest.raises(ShapeMismatchError, match="An array of shape"):
        x[:] = nd.ones((2, 3))
    with pytest.raises(TypeError, match="cannot take an array of another sparse storage"):
        x[:] = stored("csr")
    np.testing.assert_array_equal(x.asnumpy(), VALUES)


@pytest.mark.parametrize("stype", SPARSE)
def test_augmented_assignment_keeps_object_and_storage(stype):
    x = same = stored(stype)
    x += x
    x *= 2
    x -= nd.ones((4, 3))
    assert x is same
    assert x.stype == stype
    np.testing.assert_array_equal(x.asnumpy(), VALUES * 4 - 1)


# -- gradients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stype", SPARSE)
@pytest.mark.parametrize("grad_stype", [None, "default", "row_sparse", "csr"])
def test_gradients_have_the_storage_that_is_asked_for(stype, grad_stype):
    x = stored(stype)
    x.attach_grad(stype=grad_stype)
    assert x.grad.stype == (grad_stype or stype)
    assert x.grad.asnumpy().tolist() == np.zeros((4, 3)).tolist()
    with autograd.record():
        y = (x * x).sum()
    y.backward()
    assert x.grad.stype == (grad_stype or stype)
    np.testing.assert_array_equal(x.grad.asnumpy(), 2 * VALUES)


def test_an_unknown_storage_of_gradients_is_an_error():
    with pytest.raises(ArgumentError, match="The storage type is unknown"):
        nd.ones(2).attach_grad(stype="dense")


def looked_up(weight, ids):
    return nd.Embedding(nd.array(ids), weight, input_dim=5, output_dim=2, sparse_grad=True)


@pytest.mark.parametrize("stype", ["default", "row_sparse", "csr"])
def test_gradients_add_up_over_passes_in_every_storage(stype):
    weight = nd.ones((5, 2))
    weight.attach_grad("add", stype=stype)
    for ids in ([1, 1], [1, 4], [0]):
        with autograd.record():
            y = looked_up(weight, ids).sum()
        y.backward()
    assert weight.grad.asnumpy()[:, 0].tolist() == [1, 3, 0, 0, 1]


def test_a_pass_adds_up_sparse_and_dense_contributions():
    weight = nd.ones((5, 2))
    for stype in ("default", "row_sparse"):
        weight.attach_grad(stype=stype)
        with autograd.record():
            y = looked_up(weight, [1]).sum() + looked_up(weight, [1, 3]).sum() + (weight * 10).sum()
        y.backward()
        assert weight.grad.asnumpy()[:, 0].tolist() == [10, 12, 10, 11, 10]


def test_the_next_pass_replaces_the_rows():
    weight = nd.ones((5, 2))
    weight.attach_grad(stype="row_sparse")
    for ids in ([1, 2], [4]):
        with autograd.record():
            y = looked_up(weight, ids).sum()
        y.backward()
        assert weight.grad.indices.tolist() == ids


def test_grad_returns_rows():
    weight = nd.ones((5, 2))
    weight.attach_grad()
    with autograd.record():
        y = looked_up(weight, [3, 1]).sum()
    (found,) = autograd.grad(y, [weight])
    assert found.stype == "row_sparse"
    assert found.indices.tolist() == [1, 3]


def test_lookups_with_sparse_gradients_have_gradients_of_gradients():
    weight = nd.array(np.arange(10.0).reshape(5, 2))
    weight.attach_grad()
    with autograd.record():
        y = (looked_up(weight, [3, 3, 1]) ** 3).sum()
        (first,) = autograd.grad(y, [weight], create_graph=True)
        z = (first * first).sum()
    z.backward()
    w, times = np.arange(10.0).reshape(5, 2), np.array([[0], [1], [0], [2], [0]])
    np.testing.assert_allclose(weight.grad.asnumpy(), 2 * (times * 3 * w**2) * (times * 6 * w))


def test_gradients_go_through_conversions_moves_and_rows():
    x = nd.array(VALUES)
    x.attach_grad()
    with autograd.record():
        y = (x.tostype("csr")[1:4].as_in_context(mx.cpu(1)) * 3).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[0] * 3] + [[3] * 3] * 3)


def test_writing_while_recording_takes_over_the_history():
    x, target = nd.array(VALUES), nd.zeros((4, 3), stype="row_sparse")
    x.attach_grad()
    with autograd.record():
        target[:] = x * 2
        y = target.sum()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), np.full((4, 3), 2))


def test_a_sparse_array_in_a_graph_cannot_be_written():
    x = stored("row_sparse")
    x.attach_grad()
    with autograd.record(), pytest.raises(InPlaceError, match="cannot be written while recording"):
        x[:] = 0


def test_a_sparse_array_that_was_written_since_is_not_differentiated_with():
    x = stored("row_sparse")
    x.attach_grad()
    with autograd.record():
        y = (x * x).sum()
    x[:] = 1
    with pytest.raises(SavedArrayError, match="was written after it was recorded"):
        y.backward()


# -- values -----------------------------------------------------------------------------------------------


@given(
    st.lists(
        hnp.arrays("float64", (4, 2), elements=st.sampled_from([0.0, 1.0, -2.0])), min_size=1, max_size=4
    )
)
def test_sums_of_rows_have_every_row_that_one_of_them_has(arrays):
    found = sum_of_rows([rows_of(np, each) for each in arrays])
    np.testing.assert_array_equal(found.dense(), sum(arrays))
    assert found.indices.tolist() == sorted(
        {int(i) for each in arrays for i in np.flatnonzero(each.any(axis=1))}
    )


def test_values_compute_with_anything_by_way_of_dense_memory():
    rows = rows_of(np, VALUES)
    np.testing.assert_array_equal(np.ones((4, 3), "float32") * rows, VALUES)
    np.testing.assert_array_equal(2 - rows, 2 - VALUES)
    np.testing.assert_array_equal(rows > 0, VALUES > 0)
    np.testing.assert_array_equal((-rows).dense(), -VALUES)
    np.testing.assert_array_equal(rows + 1, VALUES + 1)


@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
@pytest.mark.parametrize("value", [None, "abc"])
def test_what_is_no_number_cannot_be_written(stype, value):
    array = nd.ones((2, 2)).tostype(stype)
    with pytest.raises(ArgumentTypeError, match="cannot be written with this"):
        array[:] = value
    assert array.asnumpy().tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_whether_a_sparse_array_is_true_is_ambiguous(stype):
    with pytest.raises(ValueError, match="whether it is true is ambiguous"):
        bool(nd.ones((2, 2)).tostype(stype))
