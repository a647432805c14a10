"""Samplers: their order, their lengths, and that the seed decides on both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon.data import (
    BatchSampler,
    FilterSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SimpleDataset,
)

lengths = st.integers(0, 40)
sizes = st.integers(1, 12)


def test_indices_are_in_order_from_the_start_given():
    sampler = SequentialSampler(3, 2)
    assert (list(sampler), len(sampler)) == ([2, 3, 4], 3)


@given(lengths)
def test_random_order_holds_every_index_once(length):
    sampler = RandomSampler(length)
    assert sorted(sampler) == list(range(length))
    assert len(sampler) == length


def test_random_order_is_another_one_each_time():
    sampler = RandomSampler(50)
    assert list(sampler) != list(sampler)


def test_the_seed_makes_random_orders_repeatable():
    mx.random.seed(5)
    first = [list(RandomSampler(50)) for _ in range(2)]
    mx.random.seed(5)
    assert [list(RandomSampler(50)) for _ in range(2)] == first


def test_another_seed_gives_another_order():
    mx.random.seed(5)
    first = list(RandomSampler(50))
    mx.random.seed(6)
    assert list(RandomSampler(50)) != first


def test_random_indices_are_python_integers():
    """Some datasets test the type of what they are indexed with."""
    assert {type(i) for i in RandomSampler(5)} == {int}


def test_filtered_indices_are_those_for_which_the_function_is_true():
    sampler = FilterSampler(lambda sample: sample > 6, SimpleDataset(list(range(10))))
    assert (list(sampler), len(sampler)) == ([7, 8, 9], 3)


def test_a_filter_gets_a_tuple_in_one_piece():
    sampler = FilterSampler(lambda sample: isinstance(sample, tuple), SimpleDataset([(1, 2), 3]))
    assert list(sampler) == [0]


def test_a_short_last_batch_is_kept_by_default():
    assert list(BatchSampler(SequentialSampler(5), 2)) == [[0, 1], [2, 3], [4]]


def test_a_short_last_batch_can_be_discarded():
    assert list(BatchSampler(SequentialSampler(5), 2, "discard")) == [[0, 1], [2, 3]]


def test_a_short_last_batch_can_roll_over_into_the_next_epoch():
    """What MXNet 1.9.1 yields in four epochs."""
    batches = BatchSampler(SequentialSampler(10), 4, "rollover")
    short, full = [[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9]]
    assert [list(batches) for _ in range(4)] == [short, full, short, full]


@given(lengths, sizes)
def test_the_indices_of_kept_batches_are_those_of_the_sampler(length, size):
    batches = list(BatchSampler(SequentialSampler(length), size))
    assert [i for batch in batches for i in batch] == list(range(length))
    assert all(len(batch) == size for batch in batches[:-1])


@given(lengths, sizes, st.sampled_from(["keep", "discard", "rollover"]))
def test_the_length_is_the_number_of_batches_that_come(length, size, last_batch):
    batches = BatchSampler(SequentialSampler(length), size, last_batch)
    for _ in range(3):
        assert len(batches) == len(list(batches))


@given(lengths, sizes)
def test_rolling_over_loses_no_index(length, size):
    batches = BatchSampler(SequentialSampler(length), size, "rollover")
    seen = [i for _ in range(size) for batch in batches for i in batch]
    assert seen == list(range(length)) * size


def test_an_epoch_that_is_broken_off_carries_nothing_over():
    batches = BatchSampler(SequentialSampler(5), 2, "rollover")
    list(batches)
    next(iter(batches))
    assert list(batches) == [[0, 1], [2, 3]]


def test_batches_are_made_of_any_iterable_of_indices():
    assert list(BatchSampler(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("call", [len, list])
def test_the_base_class_asks_for_what_is_missing(call):
    with pytest.raises(NotImplementedError, match="Sampler does not say"):
        call(Sampler())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BatchSampler([], 2, "drop"), ArgumentError, r"last_batch is unknown.*\n.*'keep', 'discard'"),
        (lambda: BatchSampler([], 0), ArgumentError, r"batch_size is too small.*\n.*1 or more, received 0"),
        (lambda: BatchSampler([], 2.5), ArgumentTypeError, "batch_size is no integer"),
        (lambda: SequentialSampler(-1), ArgumentError, "The length of a sampler is too small"),
        (lambda: RandomSampler(2.0), ArgumentTypeError, "The length of a sampler is no integer"),
    ],
)
def test_impossible_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
