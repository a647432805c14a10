"""Softmax, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.errors import ArgumentError, DTypeError, IndexOutOfRangeError, ShapeMismatchError
from ops.nn_support import gradient, infer

X = [[1.0, 2, 3], [4, 1, 0]]


def test_lengths_cut_off_as_in_mxnet():
    y = nd.softmax(nd.array(X), nd.array([2, 1], dtype="int32"), use_length=True)
    np.testing.assert_allclose(y.asnumpy(), [[0.26894143, 0.7310586, 0], [1, 0, 0]], rtol=1e-6)


def test_a_length_of_0_gives_zeros_and_one_beyond_the_end_gives_all():
    y = nd.softmax(nd.array(X), nd.array([0, 5], dtype="int32"), use_length=True).asnumpy()
    assert y[0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(y[1], nd.softmax(nd.array(X)).asnumpy()[1])


def test_what_is_cut_off_has_no_gradient():
    head = nd.array([[1.0, 2, 5], [1, 2, 3]])
    lengths = nd.array([2, 1], dtype="int32")
    found = gradient(lambda x: nd.softmax(x, lengths, use_length=True), nd.array(X), head)
    np.testing.assert_allclose(found, [[-0.19661194, 0.19661193, 0], [0, 0, 0]], atol=1e-7)


def test_infinities_that_are_cut_off_do_not_count():
    x = nd.array([[0.0, 0, np.inf]])
    y = nd.softmax(x, nd.array([2], dtype="int32"), use_length=True)
    assert y.asnumpy().tolist() == [[0.5, 0.5, 0]]


@pytest.mark.parametrize("function", [nd.softmax, nd.softmin, nd.log_softmax])
def test_large_numbers_do_not_overflow(function):
    assert np.isfinite(function(nd.array([[1000.0, 0], [-1000, 0]])).asnumpy()).all()


def test_the_dtype_that_is_asked_for_is_computed_in():
    x = nd.array(X, dtype="float16")
    y = nd.softmax(x, dtype="float32")
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.asnumpy(), nd.softmax(nd.array(X)).asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("function", [nd.softmax, nd.softmin, nd.log_softmax])
def test_gradients_come_back_in_the_dtype_of_the_data(function, dtype):
    x = nd.array(X)
    x.attach_grad()
    with autograd.record():
        y = function(x, dtype=dtype)
    (found,) = autograd.grad(y, [x], create_graph=True)
    assert found.dtype == np.float32


def test_arrays_have_them_as_methods():
    x = nd.array(X)
    np.testing.assert_array_equal(x.softmax(axis=0).asnumpy(), nd.softmax(x, axis=0).asnumpy())
    np.testing.assert_array_equal(x.log_softmax().asnumpy(), nd.log_softmax(x).asnumpy())


def test_the_axis_of_log_softmax_is_its_second_argument():
    """Gluon's losses pass it by position."""
    x = nd.array(X)
    np.testing.assert_array_equal(nd.log_softmax(x, 0).asnumpy(), nd.log_softmax(x, axis=0).asnumpy())


def test_the_softmax_of_a_float16_row_adds_up_to_1():
    x = nd.zeros((1, 4096), dtype="float16")
    assert nd.softmax(x).asnumpy().astype("float64").sum() == 1


def test_cross_entropy_of_large_numbers_is_exact():
    """MXNet stops at -log(1e-8) = 18.42."""
    assert nd.softmax_cross_entropy(nd.array([[0, 1000]]), nd.array([0])).asscalar() == 1000


def test_the_gradient_of_the_cross_entropy_is_that_of_mxnet():
    label = nd.array([2, 0])
    found = gradient(lambda x: nd.softmax_cross_entropy(x, label), nd.array(X), nd.array([2]))
    wanted = [[0.18006115, 0.48945695, -0.6695181], [-0.12752092, 0.09322524, 0.03429565]]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_is_refused(label):
    with pytest.raises(IndexOutOfRangeError, match=f"(?s)softmax_cross_entropy.*received {label}"):
        nd.softmax_cross_entropy(nd.array(X), nd.array([label, 0]))


def test_the_shape_of_lengths_follows_from_the_data():
    inputs, _ = infer("softmax", [(2, 3, 4), None], axis=1, use_length=True)
    assert inputs[1] == (2, 4)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: nd.softmax(x, axis=2), ArgumentError, "no axis 2"),
        (lambda x: nd.softmax(x, temperature=0), ArgumentError, "temperature 0"),
        (lambda x: nd.softmax(x, use_length=True), ShapeMismatchError, "needs its input 'length'"),
        (lambda x: nd.softmax(x, nd.ones((2,))), ShapeMismatchError, "would ignore its input 'length'"),
        (lambda x: nd.log_softmax(x, use_length=True), ShapeMismatchError, "takes no lengths"),
        (lambda x: nd.softmax(x, nd.ones((3,)), use_length=True), ShapeMismatchError, "'length'"),
        (lambda x: nd.softmax(x.astype("int32")), DTypeError, "real numbers only"),
        (lambda x: nd.SoftmaxActivation(x, mode="channel"), ShapeMismatchError, "softmax by channel"),
        (lambda x: nd.softmax_cross_entropy(x.reshape((2, 3, 1)), x), ShapeMismatchError, "takes a matrix"),
    ],
)
def test_impossible_calls_are_refused(call, error, match):
    with pytest.raises(error, match=match):
        call(nd.array(X))
