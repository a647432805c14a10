"""Choosing, replacing and placing elements, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError, DTypeError, IndexOutOfRangeError, ShapeMismatchError


def infer(name, inputs, outputs=None, **params):
    op = find_operator(name)
    return op.infer(inputs, op.fill(params), outputs)


@pytest.fixture
def x():
    return nd.array(np.arange(12).reshape(3, 4))


# -- modes ----------------------------------------------------------------------------------------------


def test_take_clips_as_in_mxnet_where_negative_is_out_of_range(x):
    assert x.take(nd.array([-1, 5, 1.9])).asnumpy()[:, 0].tolist() == [0, 8, 4]


def test_take_goes_round_in_mode_wrap(x):
    assert x.take(nd.array([-1, 5]), mode="wrap").asnumpy()[:, 0].tolist() == [8, 8]


@pytest.mark.parametrize("index", [-1, 3])
def test_take_refuses_what_is_out_of_range_in_mode_raise(x, index):
    with pytest.raises(IndexOutOfRangeError, match=f"'take' got an index out of range.*\n.*received {index}"):
        x.take(nd.array([0, index]), mode="raise")


def test_nothing_can_be_taken_from_an_axis_without_elements():
    with pytest.raises(IndexOutOfRangeError, match="none, for an axis of size 0"):
        nd.zeros((0, 2)).take(nd.array([0]))


def test_the_gradient_of_a_clipped_index_goes_to_the_end_it_was_clipped_to():
    x = nd.ones((3, 2))
    x.attach_grad()
    with autograd.record():
        y = x.take(nd.array([-1, 0, 7]))
    y.backward()
    assert x.grad.asnumpy().tolist() == [[2, 2], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: nd.gather_nd(x, nd.array([[3], [0]])),
        lambda x: nd.gather_nd(x, nd.array([[0], [-5]])),
        lambda x: nd.scatter_nd(nd.array([1]), nd.array([[3], [0]]), shape=(3, 2)),
        lambda x: nd.contrib.index_copy(x, nd.array([3]), nd.ones((1, 4))),
        lambda x: nd.contrib.index_copy(x, nd.array([-1]), nd.ones((1, 4))),
        lambda x: nd.fill_element_0index(x, nd.ones((3,)), nd.array([0, 1, 4])),
        lambda x: nd.unravel_index(nd.array([42]), shape=(7, 6)),
        lambda x: nd.unravel_index(nd.array([-1]), shape=(-1, 6)),
        lambda x: nd.ravel_multi_index(nd.array([[3], [9]]), shape=(7, 6)),
        lambda x: nd.ravel_multi_index(nd.array([[-1], [0]]), shape=(7, 6)),
    ],
)
def test_indices_out_of_range_are_errors_where_there_is_no_mode(x, call):
    with pytest.raises(IndexError, match="got an index out of range"):
        call(x)


# -- adding up ------------------------------------------------------------------------------------------


def test_gradients_of_halves_are_added_up_in_float32():
    x = nd.zeros((2, 1), dtype="float16")
    x.attach_grad()
    with autograd.record():
        y = x.take(nd.zeros((4096,)))
    y.backward(nd.ones((4096, 1), dtype="float16") / 2)
    assert x.grad.asnumpy().tolist() == [[2048], [0]]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "bool"])
def test_integers_are_added_up_too(dtype):
    values = nd.array([[1], [1], [0]], dtype=dtype)
    added = nd._internal._index_add(values, nd.array([1, 0, 0]), size=2)
    assert added.dtype == values.dtype
    assert added.asnumpy().tolist() == [[1], [1]]


def test_many_rows_are_added_up_as_by_a_matrix():
    rng = np.random.default_rng(0)
    values, rows = rng.standard_normal((500, 7)), rng.integers(0, 20, 500)
    added = nd._internal._index_add(nd.array(values, dtype="float64"), nd.array(rows), size=20)
    np.testing.assert_allclose(added.asnumpy(), np.eye(20)[:, rows] @ values, rtol=1e-12)


# -- places ---------------------------------------------------------------------------------------------


def test_of_several_at_one_place_scatter_nd_keeps_the_last():
    placed = nd.scatter_nd(nd.array([1, 2, 3]), nd.array([[0, 0, 2], [1, 1, 0]]), shape=(3, 2))
    assert placed.asnumpy().tolist() == [[0, 2], [0, 0], [3, 0]]


def test_of_several_rows_for_one_index_index_copy_keeps_the_last():
    copied = nd.contrib.index_copy(nd.zeros((2, 1)), nd.array([1, 1]), nd.array([[9], [7]]))
    assert copied.asnumpy().tolist() == [[0], [7]]


def test_index_copy_takes_the_gradient_from_the_rows_it_replaced():
    old, new = nd.ones((3, 2)), nd.ones((2, 2))
    old.attach_grad()
    new.attach_grad()
    with autograd.record():
        y = nd.contrib.index_copy(old, nd.array([2, 0], dtype="int32"), new)
    y.backward()
    assert old.grad.asnumpy().tolist() == [[0, 0], [1, 1], [0, 0]]
    assert new.grad.asnumpy().tolist() == [[1, 1], [1, 1]]


def test_a_mask_without_true_elements_chooses_nothing(x):
    x.attach_grad()
    with autograd.record():
        y = nd.contrib.boolean_mask(x, nd.zeros((3,)))
    y.backward()
    assert y.shape == (0, 4)
    assert x.grad.asnumpy().max() == 0


def test_one_hot_rows_have_the_dtype_asked_for():
    indices = nd.array([0, 1])
    assert [indices.one_hot(2, dtype=dtype).dtype for dtype in ("float16", "uint8")] == [np.float16, np.uint8]
    assert indices.one_hot(2).dtype == np.float32


def test_coordinates_and_positions_are_the_reverse_of_each_other():
    positions = nd.arange(24, dtype="int32")
    coordinates = nd.unravel_index(positions, shape=(2, 3, 4))
    assert coordinates.shape == (3, 24)
    back = nd.ravel_multi_index(coordinates, shape=(-1, 3, 4))
    assert back.dtype == np.int32
    assert back.asnumpy().tolist() == list(range(24))


def test_the_dtype_of_indices_does_not_matter(x):
    for dtype in ("int8", "uint8", "int32", "int64", "float16", "float32", "float64"):
        index = nd.array([0, 2, 1], dtype=dtype)
        assert x.pick(index).asnumpy().tolist() == [0, 6, 9]
        assert nd.batch_take(x, index).asnumpy().tolist() == [0, 6, 9]
        assert x.take(index).dtype == x.dtype


def test_pick_of_a_single_line_has_shape_one():
    line = nd.array([1, 2, 3])
    assert line.pick(nd.array([2])).asnumpy().tolist() == [3]
    assert line.pick(nd.array(2.0)).asnumpy().tolist() == [3]


@pytest.mark.parametrize("index", [-1, 3])
def test_pick_refuses_what_is_out_of_range_where_it_is_asked_to(index):
    with pytest.raises(IndexOutOfRangeError, match="'pick' got an index out of range"):
        nd.array([1, 2, 3]).pick(nd.array([index]), mode="raise")


# -- shapes in both directions --------------------------------------------------------------------------


def test_take_settles_a_table_from_what_was_taken():
    inputs, _ = infer("take", [(10, None), (None, 3)], [(2, 3, 5)])
    assert inputs == [(10, 5), (2, 3)]


def test_pick_settles_index_and_data_from_each_other():
    assert infer("pick", [(2, None, 4), (None, None)], [(2, 3)], axis=-1)[0] == [(2, 3, 4), (2, 3)]


def test_one_hot_settles_indices_from_the_output():
    assert infer("one_hot", [None], [(2, 3, 5)], depth=5)[0] == [(2, 3)]


def test_the_size_of_a_masked_axis_stays_unknown():
    assert infer("_contrib_boolean_mask", [(3, 4), None]) == ([(3, 4), (3,)], [(None, 4)])


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: x.pick(nd.array([0, 1])), "has shape"),
        (lambda x: nd.batch_take(x, nd.array([0, 1])), "needs one index per row"),
        (lambda x: nd.gather_nd(x, nd.array([0, 1])), "needs indices of two axes or more"),
        (lambda x: nd.gather_nd(x, nd.zeros((3, 1))), "more indices per place than there are axes"),
        (lambda x: nd.scatter_nd(nd.ones((2,)), nd.zeros((2, 1)), shape=(3, 2)), "has shape"),
        (lambda x: nd.contrib.boolean_mask(x, nd.ones((2,))), "has shape"),
        (lambda x: nd.contrib.boolean_mask(x, nd.ones((3, 4))), "has shape"),
        (lambda x: nd.contrib.index_copy(x, nd.array([0]), nd.ones((2, 4))), "has shape"),
        (lambda x: nd.fill_element_0index(x, nd.ones((2,)), nd.ones((2,))), "has shape"),
        (lambda x: nd.ravel_multi_index(nd.ones((3, 1)), shape=(7, 6)), "has shape"),
        (lambda x: nd.one_hot(nd.ones((2,)), -1), "needs a depth"),
        (lambda x: nd.contrib.arange_like(x, repeat=0), "each number at least once"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_a_reason(x, call, reason):
    with pytest.raises(ShapeMismatchError, match=reason):
        call(x)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: x.take(nd.array([0]), axis=2), "has no axis 2"),
        (lambda x: x.take(nd.array([0]), mode="nearest"), "cannot take this for its parameter 'mode'"),
        (lambda x: x.pick(nd.array([0]), axis=None), "needs an axis"),
        (lambda x: nd.unravel_index(nd.array([0]), shape=(2, -1)), "the first may be -1"),
        (lambda x: nd.unravel_index(nd.array([0]), shape=()), "needs the shape"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(x, call, reason):
    with pytest.raises(ArgumentError, match=reason):
        call(x)


def test_what_replaces_elements_has_their_dtype(x):
    with pytest.raises(DTypeError, match="index_copy"):
        nd.contrib.index_copy(x, nd.array([0]), nd.ones((1, 4), dtype="int32"))
