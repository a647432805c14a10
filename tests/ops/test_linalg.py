"""Products and linear algebra, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.operator import find_operator
from gluonish.errors import DTypeError, OperatorError, ShapeMismatchError
from gluonish.testing import check_gradient


def infer(name, inputs, outputs=None, **params):
    op = find_operator(name)
    return op.infer(inputs, op.fill(params), outputs)


def positive_definite(x):
    """Make a symmetric, positive definite matrix of any square one."""
    return nd.linalg.syrk(x) + nd.eye(x.shape[-1], dtype="float64")


SQUARE = nd.array([[0.3, -0.8, 0.2], [0.5, 0.1, 0.9], [-0.4, 0.7, 0.6]], dtype="float64")


# -- gradients through symmetric matrices -----------------------------------------------------------------


def test_the_gradient_of_potrf_is_that_on_symmetric_matrices():
    check_gradient(lambda x: nd.linalg.potrf(positive_definite(x)), [SQUARE], order=2)


def test_the_gradient_of_potrf_of_stacked_matrices_is_that_on_symmetric_matrices():
    stack = nd.stack(SQUARE, SQUARE.T * 2)
    check_gradient(lambda x: nd.linalg.potrf(nd.linalg.syrk(x)), [stack], order=2)


def test_the_gradient_of_syevd_is_that_on_symmetric_matrices():
    check_gradient(lambda x: nd.linalg.syevd(positive_definite(x)), [SQUARE], order=2)


def test_the_gradient_of_potrf_is_the_symmetric_one_of_mxnet():
    a = nd.array([[4.0, 2.0], [2.0, 5.0]])
    a.attach_grad()
    with autograd.record():
        y = nd.linalg.potrf(a)
    y.backward()
    np.testing.assert_allclose(a.grad.asnumpy(), [[0.1875, 0.125], [0.125, 0.25]], rtol=1e-6)


def test_the_gradient_of_potrf_ignores_what_is_asked_of_the_zeros_above_the_diagonal():
    a = nd.array([[4.0, 2.0], [2.0, 5.0]])
    a.attach_grad()
    with autograd.record():
        y = nd.linalg.potrf(a)
    y.backward(nd.array([[1.0, 5.0], [2.0, 3.0]]))
    np.testing.assert_allclose(a.grad.asnumpy(), [[0.1875, 0.125], [0.125, 0.75]], rtol=1e-6)


def test_the_gradient_of_syevd_is_the_symmetric_one_of_mxnet():
    a = nd.array([[4.0, 2.0], [2.0, 5.0]])
    a.attach_grad()
    with autograd.record():
        vectors, values = nd.linalg.syevd(a)
    autograd.backward([vectors, values], [nd.array([[1.0, 2.0], [0.0, 1.0]]), nd.array([1.0, 2.0])])
    of_values = [[1.3787322, 0.48507127], [0.48507127, 1.6212678]]
    of_vectors = [[-0.330263, -0.08256572], [-0.08256572, 0.330263]]
    np.testing.assert_allclose(a.grad.asnumpy(), np.add(of_values, of_vectors), rtol=1e-5)


def test_equal_eigenvalues_leave_the_gradient_finite():
    a = nd.array(np.eye(3))
    a.attach_grad()
    with autograd.record():
        vectors, values = nd.linalg.syevd(a)
        y = vectors.sum() + values.sum()
    y.backward()
    np.testing.assert_array_equal(a.grad.asnumpy(), np.eye(3))


# -- conventions of LAPACK and MXNet --------------------------------------------------------------------


def test_eigenvectors_are_rows_with_their_largest_element_positive():
    vectors, values = nd.linalg.syevd(nd.array([[4.0, 2.0], [2.0, 5.0]]))
    np.testing.assert_allclose(
        vectors.asnumpy(), [[0.78820544, -0.61541224], [0.61541224, 0.78820544]], rtol=1e-6
    )
    np.testing.assert_allclose(values.asnumpy(), [2.4384472, 6.561553], rtol=1e-6)


def test_symmetric_matrices_are_read_from_their_lower_triangle():
    a, garbage = nd.array([[4.0, 2.0], [2.0, 5.0]]), nd.array([[4.0, 99.0], [2.0, 5.0]])
    for function in (nd.linalg.potrf, lambda x: nd.linalg.syevd(x)[1]):
        np.testing.assert_array_equal(function(garbage).asnumpy(), function(a).asnumpy())


def test_gelqf_has_the_signs_of_lapack():
    q, lower = nd.linalg.gelqf(nd.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]))
    np.testing.assert_allclose(
        lower.asnumpy(), [[-3.7416575, 0], [-9.354142, 1.5811383]], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose((nd.dot(lower, q)).asnumpy(), [[1, 2, 3], [4, 5, 7]], rtol=1e-5)


def test_an_upper_triangle_is_packed_column_by_column():
    a = nd.array(np.arange(9).reshape(3, 3))
    assert nd.linalg.extracttrian(a, lower=False).asnumpy().tolist() == [0, 1, 4, 2, 5, 8]


def test_a_single_matrix_gives_numbers_of_shape_one():
    a = nd.array([[2.0, 0.0], [0.0, 3.0]])
    sign, logabsdet = nd.linalg.slogdet(a)
    shapes = {x.shape for x in (nd.linalg.det(a), nd.linalg.sumlogdiag(a), sign, logabsdet)}
    assert shapes == {(1,)}


def test_the_aliases_of_mxnet_exist():
    names = (
        "gemm gemm2 potrf potri trsm trmm syrk sumlogdiag extractdiag makediag extracttrian maketrian gelqf "
        "det slogdet inverse"
    )
    for name in names.split():
        assert find_operator(f"linalg_{name}") is find_operator(f"_linalg_{name}")
        assert getattr(nd.linalg, name).__name__ == f"_linalg_{name}"


def test_products_of_halves_add_up_in_float32():
    a = nd.ones((1, 4096), dtype="float16")
    assert nd.dot(a, a.T + 1).asscalar() == 8192
    assert nd.dot(a, a.T, transpose_b=False).dtype == np.float16


def test_bfloat16_matrices_can_be_multiplied():
    a = nd.ones((2, 3)).astype("bfloat16")
    product = nd.dot(a, a.T)
    assert product.dtype == a.dtype
    assert product.astype("float32").asnumpy().tolist() == [[3, 3], [3, 3]]


# -- shapes in both directions --------------------------------------------------------------------------


def test_dot_settles_an_unknown_axis_of_a_weight_from_the_data():
    assert infer("dot", [(5, 3), (None, 4)]) == ([(5, 3), (3, 4)], [(5, 4)])


def test_dot_settles_an_unknown_axis_of_the_data_from_the_output():
    inputs, _ = infer("dot", [(None, 3), (None, None)], [(5, 4)], transpose_b=True)
    assert inputs == [(5, 3), (4, 3)]


def test_dot_of_many_axes_keeps_what_is_unknown():
    assert infer("dot", [(2, None, 3), (3, None)])[1] == [(2, None, None)]


def test_batch_dot_settles_stack_and_columns():
    inputs, outputs = infer("batch_dot", [None, (2, 4, None)], [(None, 3, 5)], transpose_a=True)
    assert inputs == [(2, 4, 3), (2, 4, 5)]
    assert outputs == [(2, 3, 5)]


def test_gemm2_settles_what_is_summed_over():
    assert infer("_linalg_gemm2", [(2, 3), (None, 4)])[0] == [(2, 3), (3, 4)]


def test_trsm_settles_the_triangular_matrix():
    assert infer("_linalg_trsm", [None, (2, 3, 4)])[0] == [(2, 3, 3), (2, 3, 4)]


def test_maketrian_settles_the_side():
    assert infer("_linalg_maketrian", [(2, 6)], offset=1)[1] == [(2, 4, 4)]


# -- what is refused ------------------------------------------------------------------------------------


def test_dot_refuses_matrices_that_do_not_fit():
    with pytest.raises(ShapeMismatchError, match=r"'dot'.*'rhs' has shape"):
        nd.dot(nd.ones((2, 3)), nd.ones((2, 3)))


def test_dot_refuses_numbers():
    with pytest.raises(ShapeMismatchError, match="needs at least one axis"):
        nd.dot(nd.array(1.0), nd.ones((2,)))


def test_batch_dot_does_not_broadcast_its_stacks():
    with pytest.raises(ShapeMismatchError, match="batch_dot"):
        nd.batch_dot(nd.ones((1, 2, 3)), nd.ones((2, 3, 2)))


def test_batch_dot_refuses_single_matrices():
    with pytest.raises(ShapeMismatchError, match="needs stacks of matrices"):
        nd.batch_dot(nd.ones((2, 3)), nd.ones((3, 2)))


def test_gemm2_refuses_rows_on_the_axis_of_columns():
    with pytest.raises(ShapeMismatchError, match="columns on the last axis"):
        nd.linalg.gemm2(nd.ones((2, 3)), nd.ones((3, 2)), axis=-1)


def test_a_matrix_that_is_not_positive_definite_is_an_error_that_says_so():
    with pytest.raises(OperatorError, match=r"_linalg_potrf.*[Pp]ositive definite") as caught:
        nd.linalg.potrf(nd.array([[-1.0, 0.0], [0.0, 1.0]]))
    assert isinstance(caught.value.__cause__, np.linalg.LinAlgError)


def test_a_singular_matrix_has_no_inverse():
    with pytest.raises(OperatorError, match=r"_linalg_inverse.*[Ss]ingular"):
        nd.linalg.inverse(nd.zeros((2, 2)))


def test_integers_have_no_decomposition():
    with pytest.raises(DTypeError, match="floating-point"):
        nd.linalg.det(nd.ones((2, 2), dtype="int32"))


def test_a_matrix_that_is_not_square_has_no_determinant():
    with pytest.raises(ShapeMismatchError, match="_linalg_det"):
        nd.linalg.det(nd.ones((2, 3)))


def test_gelqf_refuses_matrices_taller_than_wide():
    with pytest.raises(ShapeMismatchError, match="no taller than wide"):
        nd.linalg.gelqf(nd.ones((3, 2)))


def test_a_diagonal_outside_the_matrix_is_an_error():
    with pytest.raises(ShapeMismatchError, match="has no diagonal 2"):
        nd.linalg.extractdiag(nd.ones((2, 2)), offset=2)


def test_a_number_of_elements_that_fills_no_triangle_is_an_error():
    with pytest.raises(ShapeMismatchError, match="cannot unpack 4 elements"):
        nd.linalg.maketrian(nd.ones((4,)))


def test_l2_normalization_needs_channels_in_mode_channel():
    with pytest.raises(ShapeMismatchError, match="needs more axes in mode 'channel'"):
        nd.L2Normalization(nd.ones((2, 3)), mode="channel")
