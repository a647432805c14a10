"""Sorting and the largest elements, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.errors import ArgumentError, ShapeMismatchError


@pytest.fixture
def x():
    return nd.array([[3.0, 1.0, 2.0, 1.0], [0.0, 5.0, 5.0, 4.0]])


def test_among_equal_elements_the_first_comes_first_in_either_order():
    equal = nd.ones((5,))
    assert equal.argsort().asnumpy().tolist() == [0, 1, 2, 3, 4]
    assert equal.argsort(is_ascend=False).asnumpy().tolist() == [0, 1, 2, 3, 4]
    assert equal.topk(k=3).asnumpy().tolist() == [0, 1, 2]
    assert equal.topk(k=3, is_ascend=True).asnumpy().tolist() == [0, 1, 2]


def test_topk_of_a_long_axis_is_that_of_sorting_it():
    rng = np.random.default_rng(0)
    for values in (rng.standard_normal((3, 5000)), rng.integers(0, 50, (3, 5000))):
        found = nd.array(values).topk(k=20, dtype="int64").asnumpy()
        np.testing.assert_array_equal(found, np.argsort(-values, 1, kind="stable")[:, :20])


def test_nan_counts_as_the_largest_element_on_axes_of_any_length():
    for length in (4, 400):
        values = nd.arange(length)
        values[1] = np.nan
        assert values.topk(k=2).asnumpy().tolist() == [1, length - 1]
        assert values.topk(k=2, is_ascend=True).asnumpy().tolist() == [0, 2]


def test_the_largest_elements_of_long_columns_are_found():
    columns = np.random.default_rng(1).standard_normal((2, 100, 3))
    values, indices = nd.array(columns, dtype="float64").topk(k=2, axis=1, ret_typ="both")
    wanted = np.argsort(-columns, 1)[:, :2]
    np.testing.assert_array_equal(indices.asnumpy(), wanted)
    np.testing.assert_array_equal(values.asnumpy(), np.take_along_axis(columns, wanted, 1))


def test_bfloat16_is_sorted():
    values = nd.array(np.arange(40)).astype("bfloat16")
    assert values.topk(k=2).astype("float32").asnumpy().tolist() == [39, 38]
    assert values.sort(is_ascend=False)[0].astype("float32").asscalar() == 39


def test_both_are_values_and_indices_of_their_own_dtypes(x):
    values, indices = x.astype("float16").topk(k=2, ret_typ="both", dtype="int32")
    assert values.dtype == np.float16
    assert indices.dtype == np.int32
    assert values.asnumpy().tolist() == [[3, 2], [5, 5]]
    assert indices.asnumpy().tolist() == [[0, 2], [1, 2]]


def test_indices_are_float32_unless_told_otherwise(x):
    integers = x.astype("int32")
    assert integers.topk().dtype == integers.argsort().dtype == np.float32
    assert integers.topk(ret_typ="mask").dtype == integers.sort().dtype == np.int32


def test_unsigned_integers_are_sorted_downwards():
    values = nd.array([0, 255, 3], dtype="uint8")
    assert values.sort(is_ascend=False).asnumpy().tolist() == [255, 3, 0]
    assert values.argsort(is_ascend=False).asnumpy().tolist() == [1, 2, 0]


def test_topk_without_an_axis_looks_at_the_flat_array(x):
    assert x.topk(k=3, axis=None).asnumpy().tolist() == [5, 6, 7]
    assert x.topk(k=3, axis=None, ret_typ="mask").shape == x.shape


def test_the_gradient_of_topk_goes_to_the_chosen_elements(x):
    x.attach_grad()
    with autograd.record():
        values, _ = x.topk(k=2, ret_typ="both")
    values.backward(nd.array([[1, 2], [3, 4]]))
    assert x.grad.asnumpy().tolist() == [[1, 0, 2, 0], [0, 3, 4, 0]]


def test_the_gradient_of_sort_goes_back_to_where_elements_came_from(x):
    x.attach_grad()
    with autograd.record():
        y = x.sort(is_ascend=False)
    y.backward(nd.array([[1, 2, 3, 4], [5, 6, 7, 8]]))
    assert x.grad.asnumpy().tolist() == [[1, 3, 2, 4], [8, 5, 6, 7]]


def test_masks_and_indices_have_gradient_zero(x):
    x.attach_grad()
    with autograd.record():
        y = x.topk(k=2, ret_typ="mask") * 3
    y.backward()
    assert x.grad.asnumpy().max() == 0


def test_more_elements_than_there_are_is_an_error(x):
    with pytest.raises(ShapeMismatchError, match="cannot choose 9 of 4 elements"):
        x.topk(k=9)


def test_an_axis_that_is_not_there_is_an_error(x):
    for call in (x.sort, x.argsort, x.topk):
        with pytest.raises(ArgumentError, match="has no axis 2"):
            call(axis=2)
