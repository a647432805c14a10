"""Batches, descriptions, and iterators that change others."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish.io import DataBatch, DataDesc, DataIter, NDArrayIter, PrefetchingIter, ResizeIter


def counting(count, batch_size=2, **options):
    return NDArrayIter(mx.nd.arange(count), mx.nd.arange(count) * 10, batch_size, **options)


def firsts(batches):
    """Return the first input of each batch."""
    return [batch.data[0].asnumpy().tolist() for batch in batches]


# -- descriptions and batches -----------------------------------------------------------------------------


def test_a_description_is_a_pair_of_name_and_shape():
    description = DataDesc("data", (2, 3))
    name, shape = description
    assert (name, shape) == ("data", (2, 3)) == description
    assert (description.dtype, description.layout) == (np.float32, "NCHW")
    assert repr(description) == "DataDesc[data,(2, 3),<class 'numpy.float32'>,NCHW]"


def test_a_pickled_description_keeps_dtype_and_layout():
    again = pickle.loads(pickle.dumps(DataDesc("data", (2, 3), "float16", "NTC")))
    assert (again, again.dtype, again.layout) == (("data", (2, 3)), "float16", "NTC")


@pytest.mark.parametrize(("layout", "axis"), [("NCHW", 0), ("TNC", 1), (None, 0), ("CHW", -1)])
def test_the_layout_says_which_axis_is_the_batch(layout, axis):
    assert DataDesc.get_batch_axis(layout) == axis


def test_descriptions_are_made_from_shapes_and_dtypes():
    assert [
        each.dtype for each in DataDesc.get_list([("a", (1,)), ("b", (2,))], [("b", "int32"), ("a", "int8")])
    ] == [
        "int8",
        "int32",
    ]
    assert DataDesc.get_list([("a", (1,))], None)[0].dtype is np.float32


@pytest.mark.parametrize("arguments", [{"data": mx.nd.ones(2)}, {"data": [], "label": mx.nd.ones(2)}])
def test_a_batch_takes_lists(arguments):
    with pytest.raises(AssertionError, match="as a list"):
        DataBatch(**arguments)


def test_a_batch_shows_its_shapes():
    batch = DataBatch([mx.nd.ones((2, 3))], [mx.nd.ones(2)], pad=1)
    assert str(batch) == "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"
    assert (batch.pad, batch.index, batch.bucket_key) == (1, None, None)


def test_an_iterator_without_a_body_is_empty():
    assert list(DataIter(3)) == []
    assert DataIter(3).batch_size == 3


# -- resizing and prefetching -----------------------------------------------------------------------------


def test_resizing_begins_again_within_an_epoch():
    assert firsts(ResizeIter(counting(4), 3)) == [[0, 1], [2, 3], [0, 1]]


@pytest.mark.parametrize(("reset_internal", "second"), [(True, [0, 1]), (False, [2, 3])])
def test_a_resized_epoch_begins_where_it_is_told_to(reset_internal, second):
    batches = ResizeIter(counting(4), 1, reset_internal=reset_internal)
    assert firsts(batches) == [[0, 1]]
    batches.reset()
    assert firsts(batches) == [second]


@pytest.mark.parametrize("wrap", [lambda it: ResizeIter(it, 2), PrefetchingIter])
def test_a_wrapped_iterator_gives_the_parts_of_its_batch(wrap):
    batches = wrap(counting(3))
    assert (batches.provide_data, batches.provide_label) == ([("data", (2,))], [("softmax_label", (2,))])
    assert batches.iter_next()
    assert batches.iter_next()
    assert batches.getdata()[0].asnumpy().tolist() == [2, 0]
    assert batches.getlabel()[0].asnumpy().tolist() == [20, 0]
    assert (batches.getpad(), batches.getindex()) == (1, None)
    assert not batches.iter_next()


def test_prefetching_changes_nothing_but_when():
    batches = PrefetchingIter(counting(4))
    for _ in range(3):
        assert firsts(batches) == [[0, 1], [2, 3]]
        batches.reset()


def test_prefetching_begins_again_in_the_middle_of_an_epoch():
    batches = PrefetchingIter(counting(6))
    batches.next()
    batches.reset()
    assert firsts(batches) == [[0, 1], [2, 3], [4, 5]]


def test_several_iterators_are_put_together_under_new_names():
    batches = PrefetchingIter(
        [counting(2), counting(2)],
        rename_data=[{"data": "a"}, {"data": "b"}],
        rename_label=[{"softmax_label": "la"}, {"softmax_label": "lb"}],
    )
    assert [each.name for each in batches.provide_data + batches.provide_label] == ["a", "b", "la", "lb"]
    assert [len(batch.data) for batch in batches] == [2]


def test_iterators_that_end_at_different_times_do_not_go_together():
    batches = PrefetchingIter([counting(2), counting(4)])
    batches.next()
    with pytest.raises(AssertionError, match="iterators with different numbers of batches"):
        batches.next()


def test_every_iterator_needs_its_names():
    with pytest.raises(AssertionError, match="needs a dictionary in rename_data"):
        PrefetchingIter(counting(2), rename_data=[])


def test_prefetching_needs_an_iterator():
    with pytest.raises(AssertionError, match="PrefetchingIter has no iterators"):
        PrefetchingIter([])


def test_an_error_of_a_prefetched_batch_is_raised_when_it_is_asked_for():
    class Broken(DataIter):
        provide_data, provide_label = [DataDesc("data", (1,))], []

        def next(self):
            raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="the disk is gone"):
        PrefetchingIter(Broken()).next()
