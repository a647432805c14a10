"""``x[key]`` and ``x[key] = value``, by MXNet's table of key forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.ndarray import NDArray
from gluonish.engine.storage import Segment, Slab
from gluonish.errors import (
    ArgumentTypeError,
    BroadcastError,
    ContextError,
    IndexOutOfRangeError,
    InPlaceError,
    SavedArrayError,
    ShapeMismatchError,
)
from gluonish.testing import check_gradient

ALL = slice(None)


@pytest.fixture
def x():
    return nd.array(np.arange(12).reshape(3, 4))


# -- what a key returns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        (1, [4, 5, 6, 7]),
        (-1, [8, 9, 10, 11]),
        (np.int64(1), [4, 5, 6, 7]),
        ((), np.arange(12).reshape(3, 4)),
        (..., np.arange(12).reshape(3, 4)),
        (None, np.arange(12).reshape(1, 3, 4)),
        ((1, None), [[4, 5, 6, 7]]),
        ((..., 1), [1, 5, 9]),
        ((1, ...), [4, 5, 6, 7]),
        (slice(1, 9), [[4, 5, 6, 7], [8, 9, 10, 11]]),
        (slice(None, None, 2), [[0, 1, 2, 3], [8, 9, 10, 11]]),
        (slice(None, None, -1), [[8, 9, 10, 11], [4, 5, 6, 7], [0, 1, 2, 3]]),
        ((ALL, slice(1, 2)), [[1], [5], [9]]),
        ((slice(np.int64(0), 1), -1), [3]),
        ([0, 2], [[0, 1, 2, 3], [8, 9, 10, 11]]),
        ([-1, 0], [[8, 9, 10, 11], [0, 1, 2, 3]]),
        (range(2), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (([0, 2], [1, 3]), [1, 11]),
        (((0, 1), (1, 2)), [1, 6]),
        ((ALL, [1, 0]), [[1, 0], [5, 4], [9, 8]]),
        ((np.array([0, 1]), slice(1, 3)), [[1, 2], [5, 6]]),
        ((1, [0, 1]), [4, 5]),
        ([[0, 1], [1, 2]], np.arange(12).reshape(3, 4)[[[0, 1], [1, 2]]]),
        ([True, False, True], [[0, 1, 2, 3], [8, 9, 10, 11]]),
        (np.array([True, False, True]), [[0, 1, 2, 3], [8, 9, 10, 11]]),
        ((ALL, [False, True, True, False]), [[1, 2], [5, 6], [9, 10]]),
        (np.arange(12).reshape(3, 4) % 5 == 0, [0, 5, 10]),
    ],
    ids=str,
)
def test_a_key_chooses_what_it_does_in_mxnet(x, key, rows):
    np.testing.assert_array_equal(x[key].asnumpy(), np.asarray(rows, "float32"))


@pytest.mark.parametrize("key", [(1, 2), (1, 2, ...), (..., -2, -2), (np.int32(1), 2)])
def test_a_full_key_of_integers_gives_shape_one(x, key):
    assert x[key].shape == (1,)
    assert x[key].asscalar() == 6


def test_an_element_of_a_vector_has_shape_one():
    elements = list(nd.array([3, 4]))
    assert [(e.shape, e.asscalar()) for e in elements] == [((1,), 3), ((1,), 4)]
    assert nd.array([3, 4])[-1].asscalar() == 4


def test_slices_out_of_range_give_empty_arrays(x):
    assert x[5:9].shape == (0, 4)
    assert x[2:1].shape == (0, 4)


def test_an_empty_list_gives_an_empty_array(x):
    assert x[[]].shape == (0, 4)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8", "uint8", "int64"])
def test_index_arrays_of_any_dtype_are_truncated_to_integers(x, dtype):
    index = nd.array([0, 2.9], dtype=dtype)
    assert x[index].asnumpy().tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]


def test_a_mask_array_is_a_mask(x):
    mask = nd.array([True, False, True], dtype="bool")
    assert x[mask].asnumpy().tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]
    assert x[mask, 1].asnumpy().tolist() == [1, 9]


def test_a_comparison_is_a_mask_though_it_has_the_dtype_of_its_operands(x):
    mask = x > 2
    assert mask.dtype == x.dtype
    assert x[mask].asnumpy().tolist() == list(range(3, x.size))


def test_a_negated_comparison_is_a_mask(x):
    assert x[nd.logical_not(x > 2)].asnumpy().tolist() == [0, 1, 2]


def test_zeros_and_ones_that_no_comparison_made_are_indices(x):
    assert x[nd.array([0, 1])].asnumpy().tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_an_index_array_of_no_axes_is_an_integer(x):
    assert x[nd.array(1)].asnumpy().tolist() == [4, 5, 6, 7]
    assert x[np.array(1), 2].asnumpy().tolist() == [6]


@given(
    st.data(),
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
)
def test_basic_keys_choose_what_numpy_chooses(data, shape):
    key = data.draw(hnp.basic_indices(shape, allow_ellipsis=True, allow_newaxis=True))
    host = np.arange(np.prod(shape)).reshape(shape)
    wanted = host[key]
    found = nd.array(host, dtype="int64")[key].asnumpy()
    np.testing.assert_array_equal(found, wanted if np.ndim(wanted) else [wanted])


@given(st.data(), hnp.array_shapes(min_dims=1, max_dims=4, max_side=4))
def test_index_arrays_choose_what_numpy_chooses(data, shape):
    key = data.draw(hnp.integer_array_indices(shape))
    host = np.arange(np.prod(shape)).reshape(shape)
    wanted = host[key]
    found = nd.array(host, dtype="int64")[key].asnumpy()
    np.testing.assert_array_equal(found, wanted if np.ndim(wanted) else [wanted])


# -- views and copies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [1, slice(1, 3), (1, 2), (1, slice(1, 3)), None, (None, 1), ..., (), ALL, (slice(0, 1), slice(0, 2))],
    ids=str,
)
def test_a_contiguous_block_is_a_view(x, key):
    view = x[key]
    before = x._storage.version
    view[:] = -1
    assert (x.asnumpy() == -1).sum() == view.size
    assert view._storage is x._storage
    assert x._storage.version == before + 1


@pytest.mark.parametrize(
    "key",
    [(ALL, 1), slice(None, None, 2), slice(None, None, -1), [0, 1], (ALL, slice(1, 3)), [True, True, False]],
    ids=str,
)
def test_any_other_key_copies(x, key):
    before = x.asnumpy()
    x[key][:] = -1
    np.testing.assert_array_equal(x.asnumpy(), before)


def test_views_of_views_share_memory(x):
    x[1:][0][2:] = -1
    assert x.asnumpy()[1].tolist() == [4, 5, -1, -1]


def test_a_view_follows_a_parameter_whose_memory_moves():
    old, new = (Slab(np.zeros(8, "float32"), mx.cpu(0), 1) for _ in range(2))
    segment = Segment(old, 0, old.flat[:6].reshape(2, 3))
    array = NDArray(segment.raw, mx.cpu(0), segment)
    row = array[1]
    segment.move(new, 0, new.flat[2:8].reshape(2, 3))
    row[:] = 7
    assert array.asnumpy().tolist() == [[0, 0, 0], [7, 7, 7]]
    assert new.flat.tolist() == [0, 0, 0, 0, 0, 7, 7, 7]


# -- writing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (1, 7),
        (ALL, 7.5),
        ((1, 2), 9),
        ((1, 2), nd.array([3])),
        (..., np.arange(12).reshape(3, 4)),
        (slice(0, 2), np.zeros((2, 4))),
        (slice(None, None, -2), [[1, 2, 3, 4], [5, 6, 7, 8]]),
        (None, 3),
        (slice(5, 9), 3),
        ([0, 2], [[5.0]]),
        ((ALL, [1, 3]), np.ones((3, 2))),
        ([True, False, True], 5),
        (np.arange(12).reshape(3, 4) > 4, 0),
        (1, np.ones((1, 1, 4))),
        (-1, True),
    ],
    ids=str,
)
def test_writing_does_what_numpy_does(x, key, value):
    wanted = x.asnumpy()
    wanted[key] = value.asnumpy()[0] if isinstance(value, NDArray) else value
    x[key] = value
    np.testing.assert_array_equal(x.asnumpy(), wanted)


def test_writing_through_an_index_array_truncates_it(x):
    x[nd.array([0, 2.7])] = 1
    assert x.asnumpy().tolist() == [[1, 1, 1, 1], [4, 5, 6, 7], [1, 1, 1, 1]]


def test_writing_converts_the_dtype():
    a = nd.array([1, 2, 3], dtype="int32")
    a[1:] = nd.array([2.9, -2.9])
    assert a.asnumpy().tolist() == [1, 2, -2]


@pytest.mark.parametrize(("value", "kept"), [(300, 44), (-1, 255), (2.9, 2), (np.int64(300), 44)])
def test_integers_wrap_around_where_they_are_written(value, kept):
    a = nd.zeros((2,), dtype="uint8")
    a[1] = value
    assert a.asnumpy().tolist() == [0, kept]


def test_in_place_operators_write_through_keys(x):
    x[1] += 10
    x[:, 0] *= 2
    assert x.asnumpy().tolist() == [[0, 1, 2, 3], [28, 15, 16, 17], [16, 9, 10, 11]]


def test_each_write_counts(x):
    before = x._storage.version
    x[0] = 1
    x[:] = 2
    assert x._storage.version == before + 2


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (3, "has no element 3 on axis 0"),
        (-4, "has no element -4 on axis 0"),
        ((0, 9), "has no element 9 on axis 1"),
        ([3], "got an index out of range"),
        ((ALL, [-5]), "got an index out of range"),
        ((0, 0, 0), "got too many indices"),
        ((ALL, ALL, ALL), "got too many indices"),
        ((..., ...), "two Ellipses"),
        (1.0, "cannot be indexed with this"),
        (True, "cannot be indexed with this"),
        (np.array(True), "cannot be indexed with this"),
        ("a", "cannot be indexed with this"),
        ([None], "cannot be indexed with this"),
        ([[0, 1], [2]], "cannot be indexed with this"),
        (slice(1.5, 2), "cannot be indexed with this"),
        (slice(None, None, 0), "cannot be indexed with this"),
        ([True, False], "got a mask of another shape"),
    ],
    ids=str,
)
def test_a_key_that_does_not_fit_is_an_index_error(x, key, reason):
    with pytest.raises(IndexError, match=reason) as reading:
        x[key]
    with pytest.raises(IndexError, match=reason):
        x[key] = 0
    assert isinstance(reading.value, (IndexOutOfRangeError, ValueError))


def test_index_arrays_that_do_not_broadcast_are_an_error(x):
    with pytest.raises(BroadcastError, match="cannot be broadcast together"):
        x[[0, 1, 2], [0, 1]]


def test_an_index_array_on_another_context_is_an_error(x):
    with pytest.raises(ContextError, match=r"its index array on cpu.1."):
        x[nd.array([0], ctx=mx.cpu(1))]


def test_a_value_that_does_not_broadcast_is_an_error(x):
    with pytest.raises(ShapeMismatchError, match="cannot take this value"):
        x[:] = nd.array([1, 2, 3])


@pytest.mark.parametrize("value", [None, "a", object()])
def test_a_value_that_is_no_number_is_an_error(x, value):
    with pytest.raises(ArgumentTypeError, match="cannot take this value"):
        x[1] = value


def test_a_recorded_array_cannot_be_written_by_key(x):
    x.attach_grad()
    with autograd.record(), pytest.raises(InPlaceError, match="cannot be written while recording"):
        x[0] = 1


def test_writing_a_view_of_what_a_gradient_needs_is_found_out(x):
    x.attach_grad()
    with autograd.record():
        y = (x * x).sum()
    x.detach()[0][:] = 5
    with pytest.raises(SavedArrayError, match="was written after it was recorded"):
        y.backward()


# -- gradients ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [1, (1, 2), (ALL, 1), slice(None, None, -1), None, ([0, 0, 2], [1, 1, 3]), [True, False, True], []],
    ids=str,
)
def test_gradients_flow_through_a_key(key):
    array = nd.array(np.linspace(-1, 1, 12).reshape(3, 4), dtype="float64")
    check_gradient(lambda x: x[key] * x[key], [array], order=2)


def test_gradients_flow_through_a_view_of_a_view():
    x = nd.array([[1.0, 2.0], [3.0, 4.0]])
    x.attach_grad()
    with autograd.record():
        y = x[1][1:] * 3
    y.backward()
    assert x.grad.asnumpy().tolist() == [[0, 0], [0, 3]]


def test_an_index_that_occurs_twice_receives_both_gradients():
    x = nd.array([1.0, 2.0, 3.0])
    x.attach_grad()
    with autograd.record():
        y = x[[0, 0, 2]]
    y.backward(nd.array([1, 10, 100]))
    assert x.grad.asnumpy().tolist() == [11, 0, 100]


@pytest.mark.gpu
def test_index_arrays_out_of_range_are_errors_on_the_gpu_too(gpu):
    with pytest.raises(IndexOutOfRangeError, match="got an index out of range"):
        nd.zeros((3,), ctx=gpu)[[3]]
