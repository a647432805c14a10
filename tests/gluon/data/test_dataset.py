"""Datasets: what can be made of one, and what arrays become as samples."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.gluon.data import ArrayDataset, Dataset, SequentialSampler, SimpleDataset

TEN = SimpleDataset(list(range(10)))
PAIRS = SimpleDataset([(1, 2), (3, 4)])


def negative(x):
    return -x


class Counting(Dataset):
    """Counts how often it is read."""

    def __init__(self):
        self.reads = 0

    def __len__(self):
        return 3

    def __getitem__(self, idx):
        self.reads += 1
        return idx


def test_a_dataset_is_iterated_to_its_length():
    assert list(Counting()) == [0, 1, 2]


def test_filter_keeps_the_samples_for_which_the_function_is_true():
    assert list(TEN.filter(lambda x: x % 2)) == [1, 3, 5, 7, 9]


@pytest.mark.parametrize(
    ("shards", "expected"),
    [
        (3, [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        (4, [[0, 1, 2], [3, 4, 5], [6, 7], [8, 9]]),
        (12, [[i] for i in range(10)] + [[], []]),
    ],
)
def test_shards_are_those_of_mxnet(shards, expected):
    assert [list(TEN.shard(shards, i)) for i in range(shards)] == expected


@given(st.integers(0, 50), st.integers(1, 60))
def test_shards_together_are_the_dataset_and_equally_long(length, shards):
    dataset = SimpleDataset(range(length))
    parts = [list(dataset.shard(shards, i)) for i in range(shards)]
    assert [x for part in parts for x in part] == list(range(length))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(("count", "expected"), [(None, 10), (0, 0), (3, 3), (20, 10)])
def test_take_returns_the_first_samples(count, expected):
    assert list(TEN.take(count)) == list(range(expected))


def test_sample_reads_the_dataset_in_the_order_of_a_sampler():
    chosen = TEN.sample(SequentialSampler(3, 2))
    assert (len(chosen), list(chosen)) == (3, [2, 3, 4])


def test_negative_indices_count_from_the_end_of_what_was_chosen():
    assert (TEN.take(3)[-1], TEN.shard(2, 0)[-1], TEN.transform(negative)[-1]) == (2, 4, -9)


def test_a_transformation_gets_the_parts_of_a_tuple():
    assert list(PAIRS.transform(lambda a, b: a + b)) == [3, 7]


def test_a_transformation_gets_a_list_in_one_piece():
    assert list(SimpleDataset([[1, 2]]).transform(lambda sample: sample)) == [[1, 2]]


def test_a_lazy_transformation_runs_when_a_sample_is_read():
    dataset = Counting()
    transformed = dataset.transform(negative)
    assert dataset.reads == 0
    assert (transformed[2], transformed[2], dataset.reads) == (-2, -2, 2)


def test_an_eager_transformation_runs_once_for_every_sample():
    dataset = Counting()
    transformed = dataset.transform(negative, lazy=False)
    assert (list(transformed), transformed[1], dataset.reads) == ([0, -1, -2], -1, 3)


def test_transform_first_leaves_the_other_parts_alone():
    assert SimpleDataset([(1, 2, 3)]).transform_first(negative)[0] == (-1, 2, 3)


def test_transform_first_takes_a_sample_that_is_no_tuple():
    assert list(TEN.take(3).transform_first(negative)) == [0, -1, -2]


def test_transform_first_can_be_eager():
    assert list(PAIRS.transform_first(negative, lazy=False)) == [(-1, 2), (-3, 4)]


def test_derived_datasets_pickle():
    derived = PAIRS.transform_first(negative).take(1).shard(1, 0)
    assert list(pickle.loads(pickle.dumps(derived))) == [(-1, 2)]


def test_samples_of_several_arrays_are_tuples():
    dataset = ArrayDataset(mx.nd.array([1, 2, 3]), np.array([[1, 2], [3, 4], [5, 6]]), [7, 8, 9])
    number, row, element = dataset[1]
    assert (len(dataset), number, row.tolist(), element) == (3, 2.0, [3, 4], 8)


def test_samples_of_a_single_array_are_its_elements():
    row = ArrayDataset(mx.nd.array([[1, 2], [3, 4]]))[1]
    assert isinstance(row, mx.nd.NDArray)
    assert row.asnumpy().tolist() == [3, 4]


def test_an_ndarray_with_one_axis_gives_numbers():
    assert type(ArrayDataset(mx.nd.array([1, 2]))[1]) is np.float32


def test_a_slice_of_an_array_dataset_slices_every_array():
    numbers, elements = ArrayDataset(mx.nd.array([1, 2, 3]), [7, 8, 9])[:2]
    assert (numbers.tolist(), elements) == ([1.0, 2.0], [7, 8])


def test_an_array_dataset_takes_datasets():
    assert ArrayDataset(TEN, TEN.transform(negative))[4] == (4, -4)


@pytest.mark.parametrize("call", [len, lambda dataset: dataset[0]])
def test_the_base_class_asks_for_what_is_missing(call):
    with pytest.raises(NotImplementedError, match="Dataset does not say"):
        call(Dataset())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: TEN.shard(3, 3),
            ArgumentError,
            r"Shard 3 does not exist.*\n.*from 0 to 2, received index=3",
        ),
        (lambda: TEN.shard(3, -1), ArgumentError, "Shard -1 does not exist"),
        (lambda: TEN.shard(0, 0), ArgumentError, "a num_shards of 1 or more"),
        (lambda: TEN.shard(3.0, 1), ArgumentTypeError, "num_shards is no integer"),
        (lambda: TEN.take(-1), ArgumentError, "count is too small"),
        (lambda: TEN.sample([1, 2]), ArgumentTypeError, r"sample\(\) takes a sampler.*\n.*received list \[1"),
        (lambda: ArrayDataset(), ArgumentError, "ArrayDataset needs at least one array"),
        (
            lambda: ArrayDataset([1, 2], [1, 2], [1]),
            ShapeMismatchError,
            r"differ in their lengths.*\n.*2 elements, as array 0 has, received 1 in array 2",
        ),
    ],
)
def test_impossible_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
