"""Random arrays, shapes and matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ArgumentError


def test_one_shape_gives_an_array_and_several_a_list():
    assert tu.random_arrays((2, 3)).shape == (2, 3)
    assert [each.shape for each in tu.random_arrays((2,), ())] == [(2,), ()]
    assert tu.random_arrays(()).dtype == np.float32


def test_normal_arrays_have_mean_0_and_variance_1():
    x = tu.random_arrays((10000,))
    assert abs(x.mean()) < 0.05
    assert abs(x.var() - 1) < 0.05


def test_uniform_arrays_come_in_a_list():
    (x,) = tu.random_uniform_arrays((1000,), low=2, high=3, dtype="float64")
    assert x.dtype == np.float64
    assert 2 <= x.min() < 2.1
    assert 2.9 < x.max() < 3


def test_a_seed_of_numpy_makes_them_repeat():
    np.random.seed(3)  # noqa: NPY002  the stream that is drawn from
    first = tu.rand_ndarray((2, 2)).asnumpy()
    np.random.seed(3)  # noqa: NPY002  the stream that is drawn from
    assert tu.same(first, tu.rand_ndarray((2, 2)))


def test_a_sample_holds_different_elements():
    assert sorted(tu.random_sample(range(5), 5)) == [0, 1, 2, 3, 4]
    assert len(set(tu.random_sample(range(100), 3))) == 3


def test_an_ndarray_is_where_and_what_it_is_asked_to_be():
    x = tu.rand_ndarray((2, 50), dtype="float64", ctx=mx.cpu(1))
    assert (x.shape, x.dtype, x.context) == ((2, 50), np.float64, mx.cpu(1))
    assert -1 <= x.min().asscalar() < -0.5
    with pytest.raises(ArgumentError, match="knows no such arrays"):
        tu.rand_ndarray((2,), "dense")


@given(st.integers(1, 4), st.integers(1, 5))
def test_sizes_are_up_to_the_largest(count, largest):
    shape = tu.rand_shape_nd(count, largest)
    assert len(shape) == count
    assert all(1 <= size <= largest for size in shape)


def test_sizes_may_be_0_if_that_is_allowed():
    sizes = {tu.rand_shape_nd(1, 2, allow_zero_size=True)[0] for _ in range(100)}
    assert sizes == {0, 1, 2}
    assert {tu.rand_shape_2d(2, 1)[0] for _ in range(100)} == {1, 2}
    assert tu.rand_shape_3d(1, 1, 1) == (1, 1, 1)


def test_a_place_is_below_the_high_numbers():
    places = {tu.rand_coord_2d(1, 3, 4, 6) for _ in range(200)}
    assert places == {(x, y) for x in (1, 2) for y in (4, 5)}


def test_counting_arrays():
    assert tu.create_vector(3).asnumpy().tolist() == [0, 1, 2]
    assert tu.create_vector(3).dtype == np.int64
    assert tu.create_2d_tensor(2, 3).asnumpy().tolist() == [[0, 0, 0], [1, 1, 1]]
    assert tu.get_identity_mat(2).asnumpy().tolist() == [[1, 0], [0, 1]]
    assert tu.get_identity_mat_batch(2).shape == (2, 2, 2)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), [1]])
@pytest.mark.parametrize("keepdims", [True, False])
def test_a_reduction_along_several_axes_is_numpys(axis, keepdims):
    x = tu.random_arrays((2, 3, 4))
    wanted = x.sum(axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    np.testing.assert_allclose(tu.np_reduce(x, axis, keepdims, np.sum), wanted, rtol=1e-5)


@pytest.mark.parametrize("shape", [(2, 3), (3,), (1, 3), (2, 1), ()])
def test_summing_like_a_shape_undoes_broadcasting(shape):
    summed = tu.collapse_sum_like(np.ones((2, 3)), shape)
    assert summed.shape == shape
    assert summed.sum() == 6


@pytest.mark.parametrize("shape", [(2,), (1, 2, 3)])
def test_a_shape_that_does_not_broadcast_is_an_error(shape):
    with pytest.raises(ArgumentError, match="needs a shape that broadcasts"):
        tu.collapse_sum_like(np.ones((2, 3)), shape)


def test_functions_of_elements():
    x = np.array([[1.0, 2], [3, 4]])
    assert tu.assign_each(x, lambda v: v * 2).tolist() == [[2, 4], [6, 8]]
    assert tu.assign_each2(x, x, lambda v, w: v * w).tolist() == [[1, 4], [9, 16]]
    for copy in (tu.assign_each(x, None), tu.assign_each2(x, x, None)):
        assert tu.same(copy, x)
        assert copy is not x


def test_matrices_have_real_eigenvalues_below_1():
    for matrix in (tu.new_matrix_with_real_eigvals_2d(5), tu.new_sym_matrix_with_real_eigvals_2d(5)):
        values = np.linalg.eigvals(matrix)
        assert np.abs(values.imag).max() < 1e-9
        assert np.abs(values).max() <= 1 + 1e-9
    assert tu.new_matrix_with_real_eigvals_nd((2, 3, 4, 4)).shape == (2, 3, 4, 4)
    symmetric = tu.new_sym_matrix_with_real_eigvals_nd((3, 4, 4))
    np.testing.assert_allclose(symmetric, symmetric.transpose(0, 2, 1), atol=1e-12)
    basis = tu.new_orthonormal_matrix_2d(4)
    np.testing.assert_allclose(basis @ basis.T, np.eye(4), atol=1e-12)
