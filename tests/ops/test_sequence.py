"""Operators on sequences, beyond the table of cases."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.operator import find_operator
from gluonish.errors import IndexOutOfRangeError, ShapeMismatchError


@pytest.fixture
def x():
    return nd.array(np.arange(6).reshape(3, 2))


def test_lengths_outside_the_axis_mask_all_or_nothing(x):
    masked = nd.SequenceMask(x + 1, nd.array([9, -1]), use_sequence_length=True)
    assert masked.asnumpy().tolist() == [[1, 0], [3, 0], [5, 0]]


def test_what_is_masked_may_be_nan_and_leaves_no_trace(x):
    x[2, 0] = np.nan
    x.attach_grad()
    with autograd.record():
        y = nd.SequenceMask(x, nd.array([2, 3]), use_sequence_length=True).sum()
    y.backward()
    assert y.asscalar() == 0 + 2 + 1 + 3 + 5
    assert x.grad.asnumpy().tolist() == [[1, 1], [1, 1], [0, 1]]


@pytest.mark.parametrize("name", ["SequenceMask", "SequenceReverse", "SequenceLast"])
def test_lengths_that_are_not_to_be_used_are_refused(x, name):
    message = f"Operator '{name}' would ignore its input 'sequence_length'.*use_sequence_length=False"
    with pytest.raises(ShapeMismatchError, match=re.compile(message, re.DOTALL)):
        getattr(nd, name)(x, nd.array([1, 1]))


@pytest.mark.parametrize("lengths", [[0, 1], [1, 4]])
def test_a_sequence_without_a_last_step_is_an_error(x, lengths):
    with pytest.raises(IndexOutOfRangeError, match="'SequenceLast'"):
        nd.SequenceLast(x, nd.array(lengths), use_sequence_length=True)


def test_an_empty_sequence_reversed_is_itself(x):
    turned = nd.SequenceReverse(x, nd.array([0, 3]), use_sequence_length=True)
    assert turned.asnumpy().tolist() == [[0, 5], [2, 3], [4, 1]]


def test_a_length_beyond_the_axis_cannot_be_reversed(x):
    with pytest.raises(IndexOutOfRangeError, match="'SequenceReverse'"):
        nd.SequenceReverse(x, nd.array([1, 4]), use_sequence_length=True)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: nd.SequenceMask(x, axis=2), "steps on axis 0 or 1"),
        (lambda x: nd.SequenceLast(nd.ones((2,))), "needs steps and a batch"),
        (lambda x: nd.SequenceMask(x, nd.ones((3,)), use_sequence_length=True), "has shape"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_a_reason(x, call, reason):
    with pytest.raises(ShapeMismatchError, match=reason):
        call(x)


def test_lengths_that_are_to_be_used_must_be_given(x):
    with pytest.raises(ShapeMismatchError, match="'SequenceMask' needs its input 'sequence_length'"):
        nd.SequenceMask(x, use_sequence_length=True)


def test_the_number_of_sequences_follows_from_that_of_lengths():
    op = find_operator("SequenceLast")
    assert op.infer([(None, None, 4), (5,)], op.fill({"axis": 1, "use_sequence_length": True})) == (
        [(5, None, 4), (5,)],
        [(5, 4)],
    )


def test_running_sums_have_the_dtype_asked_for(x):
    assert nd.cumsum(x, axis=0, dtype="int32").dtype == np.int32
    assert nd.cumsum(x.astype("int8"), axis=0).dtype == np.int8
    assert nd.cumsum(x).shape == (6,)


def test_running_sums_of_halves_are_added_up_in_float32():
    halves = nd.ones((4096,), dtype="float16") / 2
    assert nd.cumsum(halves, axis=0)[-1].asscalar() == 2048


def test_the_gradient_of_a_running_sum_in_another_dtype_has_that_of_the_input(x):
    x.attach_grad()
    with autograd.record():
        y = nd.cumsum(x, axis=0, dtype="float64")
    y.backward()
    assert x.grad.asnumpy().tolist() == [[3, 3], [2, 2], [1, 1]]
