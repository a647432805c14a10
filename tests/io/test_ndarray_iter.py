"""Batches of arrays in memory. How batches follow each other is compared with MXNet in tests/module."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.io import NDArrayIter


def table(count):
    return np.arange(count * 2, dtype=np.float32).reshape(count, 2)


def rows(batches):
    return [row for batch in batches for row in batch.data[0].asnumpy()[:, 0].astype(int) // 2]


@given(st.integers(1, 20), st.integers(1, 8), st.booleans())
def test_padded_batches_hold_every_example_once(count, batch_size, shuffle):
    batches = NDArrayIter(table(count), batch_size=batch_size, shuffle=shuffle)
    for _ in range(2):
        found, pad = [], 0
        for batch in batches:
            assert batch.data[0].shape == (batch_size, 2)
            found += (batch.data[0].asnumpy()[:, 0].astype(int) // 2)[: batch_size - batch.pad].tolist()
            pad += batch.pad
        assert sorted(found) == list(range(count))
        assert pad == -count % batch_size
        batches.reset()


@given(st.integers(1, 20), st.integers(1, 8))
def test_rolling_over_leaves_out_nothing_in_the_long_run(count, batch_size):
    batches = NDArrayIter(table(count), batch_size=batch_size, last_batch_handle="roll_over")
    found = []
    for _ in range(6):
        found += rows(batches)
        batches.reset()
    assert found == [i % count for i in range(len(found))]
    assert 0 <= 6 * count - len(found) < batch_size


@given(st.integers(1, 20), st.integers(1, 8))
def test_discarding_gives_whole_batches(count, batch_size):
    batches = NDArrayIter(table(count), batch_size=batch_size, last_batch_handle="discard")
    assert rows(batches) == list(range(count - count % batch_size))


def test_labels_stay_with_their_examples():
    batches = NDArrayIter(table(7), np.arange(7), 3, shuffle=True)
    for batch in batches:
        np.testing.assert_array_equal(batch.data[0].asnumpy()[:, 0] / 2, batch.label[0].asnumpy())


def test_the_arrays_of_a_shuffled_iterator_come_in_the_order_of_the_epoch():
    batches = NDArrayIter(table(6), np.arange(6), 3, shuffle=True)
    order = np.concatenate([batch.label[0].asnumpy() for batch in batches])
    np.testing.assert_array_equal(batches.label[0][1].asnumpy(), order)
    np.testing.assert_array_equal(batches.data_list[0].asnumpy()[:, 0] / 2, order)


def test_a_hard_reset_forgets_what_rolls_over():
    batches = NDArrayIter(table(5), batch_size=2, last_batch_handle="roll_over")
    rows(batches)
    batches.hard_reset()
    assert rows(batches) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (table(2), ["data"]),
        ([table(2)], ["data"]),
        ([table(2), mx.nd.ones((2, 3))], ["_0_data", "_1_data"]),
        ({"b": table(2), "a": table(2)}, ["a", "b"]),
    ],
)
def test_inputs_have_names(data, names):
    batches = NDArrayIter(data, batch_size=1)
    assert [each.name for each in batches.provide_data] == names
    assert (batches.provide_label, batches.next().label) == ([], [])


def test_names_layout_and_dtype_are_stated():
    batches = NDArrayIter(
        mx.nd.ones((2, 3), dtype="int32"), np.ones(2), 2, data_name="x", label_name="y", layout="NC"
    )
    (data,), (label,) = batches.provide_data, batches.provide_label
    assert (data, data.dtype, data.layout) == (("x", (2, 3)), np.int32, "NC")
    assert (label, label.dtype) == (("y", (2,)), np.float32)
    assert (batches.num_data, batches.num_source, batches.batch_size) == (2, 2, 2)


@pytest.mark.parametrize("data", [None, [], {}])
def test_there_must_be_data(data):
    with pytest.raises(AssertionError, match="The iterator has no data"):
        NDArrayIter(data)


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError, match="Input 'data' is no array"):
        NDArrayIter("abc")


def test_arrays_have_one_length():
    with pytest.raises(ValueError, match=r"arrays of one length.\n  Received data: 2, softmax_label: 3"):
        NDArrayIter(table(2), np.ones(3))


def test_an_unknown_way_to_end_is_refused():
    with pytest.raises(
        ValueError, match=r"no such last_batch_handle.\n  Expected one of pad, discard, roll_over"
    ):
        NDArrayIter(table(2), last_batch_handle="drop")


@pytest.mark.parametrize("method", ["getdata", "getlabel"])
def test_there_is_no_batch_before_the_first(method):
    with pytest.raises(mx.MXNetError, match=r"has no batch yet.\n  Call next"):
        getattr(NDArrayIter(table(2)), method)()


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_of_a_csr_matrix_are_csr_matrices(shuffle):
    dense = np.where(np.arange(21).reshape(7, 3) % 2, np.arange(21).reshape(7, 3), 0).astype(np.float32)
    batches = NDArrayIter(
        mx.nd.array(dense).tostype("csr"), np.arange(7), 3, shuffle=shuffle, last_batch_handle="discard"
    )
    found = list(batches)
    assert [batch.data[0].stype for batch in found] == ["csr", "csr"]
    for batch in found:
        np.testing.assert_array_equal(batch.data[0].asnumpy(), dense[batch.label[0].asnumpy().astype(int)])


def test_sparse_batches_are_not_put_together():
    with pytest.raises(
        NotImplementedError, match="sparse input 'data' does not put parts of batches together"
    ):
        NDArrayIter(mx.nd.ones((3, 2)).tostype("csr"), batch_size=2)
