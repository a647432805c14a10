"""Joining, cutting and repeating, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError, DTypeError, ShapeMismatchError


def infer(name, inputs, outputs=None, **params):
    op = find_operator(name)
    return op.infer(inputs, op.fill(params), outputs)


# -- how they are called --------------------------------------------------------------------------------


def test_arrays_come_one_by_one_or_as_a_list():
    a, b = nd.ones((2, 1)), nd.zeros((2, 1))
    for joined in (nd.concat(a, b), nd.concat([a, b]), nd.concat(a, b, num_args=2, dim=1)):
        assert joined.asnumpy().tolist() == [[1, 0], [1, 0]]


def test_one_part_comes_without_a_list():
    assert nd.split(nd.ones((2, 3)), num_outputs=1).shape == (2, 3)


def test_several_parts_come_as_a_list():
    parts = nd.split(nd.ones((2, 3)), num_outputs=3, squeeze_axis=True)
    assert [part.shape for part in parts] == [(2,)] * 3


def test_a_part_that_is_not_used_has_gradient_zero():
    x = nd.ones((2, 2))
    x.attach_grad()
    with autograd.record():
        left, _ = nd.split(x, num_outputs=2)
        y = left * 2
    y.backward()
    assert x.grad.asnumpy().tolist() == [[2, 0], [2, 0]]


def test_parts_are_copies():
    x = nd.ones((2, 2))
    nd.split(x, num_outputs=2)[0][:] = 5
    assert x.asnumpy().max() == 1


def test_adding_many_leaves_the_first_alone():
    x = nd.ones((2,))
    assert nd.add_n(x, x, x).asnumpy().tolist() == [3, 3]
    assert nd.ElementWiseSum(x, x).asnumpy().tolist() == [2, 2]
    assert x.asnumpy().tolist() == [1, 1]


# -- shapes in both directions --------------------------------------------------------------------------


def test_concat_settles_other_axes_from_any_array():
    inputs, outputs = infer("Concat", [(None, 2), (3, 4), None])
    assert inputs == [(3, 2), (3, 4), (3, None)]
    assert outputs == [(3, None)]


def test_concat_settles_the_one_unknown_size_from_the_output():
    inputs, _ = infer("_rnn_param_concat", [(6,), (None,), (2,)], [(12,)], dim=0)
    assert inputs == [(6,), (4,), (2,)]


def test_parameters_of_unknown_size_share_the_rest_of_their_vector():
    inputs, _ = infer("_rnn_param_concat", [(None,), (2,), (None,)], [(12,)], dim=0)
    assert inputs == [(5,), (2,), (5,)]
    with pytest.raises(ShapeMismatchError, match="cannot fill 12 entries of axis 0 with 3 or more"):
        infer("_rnn_param_concat", [(None,), (3,), (None,)], [(12,)], dim=0)
    assert infer("Concat", [(None,), (2,), (None,)], [(12,)], dim=0)[0] == [(None,), (2,), (None,)]


def test_stack_settles_its_arrays_from_the_output():
    assert infer("stack", [None, None], [(3, 2)], axis=-1)[0] == [(3,), (3,)]


def test_split_settles_the_data_from_its_parts():
    assert infer("SliceChannel", [(None, None)], [(2, 3), None], num_outputs=2)[0] == [(2, 6)]
    assert infer("SliceChannel", [(None, None)], [(2,), None], num_outputs=2, squeeze_axis=True)[0] == [
        (2, 2)
    ]


def test_an_unknown_axis_cannot_be_cut_yet():
    assert infer("SliceChannel", [(2, None)], num_outputs=2)[1] == [(2, None)] * 2
    assert infer("_split_v2", [(2, None)], indices=(0, 1))[1] == [None] * 2


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: nd.concat(nd.ones((2, 1)), nd.ones((3, 1))), "would have shape"),
        (lambda: nd.stack(nd.ones((2,)), nd.ones((3,))), "has shape"),
        (lambda: nd.add_n(nd.ones((2,)), nd.ones((2, 1))), "has shape"),
        (lambda: nd.add_n(nd.ones((2,)), nd.ones((1,))), "has shape"),
        (lambda: nd.split(nd.ones((2, 4)), num_outputs=3), "cannot cut an axis of 4 into 3 equal parts"),
        (lambda: nd.split(nd.ones((2, 4)), num_outputs=0), "less than one part"),
        (lambda: nd.split(nd.ones((2, 4)), num_outputs=2, squeeze_axis=True), "has shape"),
        (lambda: nd._internal._split_v2(nd.ones((2, 4)), indices=(0, 5)), "do not cut the axis"),
        (lambda: nd._internal._split_v2(nd.ones((2, 4)), indices=(0, 3, 2)), "do not cut the axis"),
        (lambda: nd._internal._split_v2(nd.ones((2, 4)), indices=(1, 2)), "do not cut the axis"),
        (lambda: nd._internal._split_v2(nd.ones((2, 4)), indices=(0, 2), squeeze_axis=True), "not of size 1"),
        (lambda: nd.tile(nd.ones((2,)), reps=(-1,)), "negative number of times"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_a_reason(call, reason):
    with pytest.raises(ShapeMismatchError, match=reason):
        call()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: nd.concat(nd.ones((2,)), nd.ones((2,))), "has no axis 1"),
        (lambda: nd.concat(), "needs at least one array"),
        (lambda: nd.stack(nd.ones((2,)), axis=2), "has no axis 2"),
        (lambda: nd.repeat(nd.ones((2,)), repeats=-1), "negative number of times"),
        (lambda: nd.repeat(nd.ones((2,)), repeats=2, axis=1), "has no axis 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call, reason):
    with pytest.raises(ArgumentError, match=reason):
        call()


def test_arrays_of_different_dtypes_are_not_joined():
    with pytest.raises(DTypeError, match="different dtypes"):
        nd.concat(nd.ones((2, 1)), nd.ones((2, 1), dtype="int32"))


def test_an_output_smaller_than_what_is_joined_is_refused():
    with pytest.raises(ShapeMismatchError, match="cannot fill 5 entries"):
        infer("Concat", [(2, 4), (2, 4), (2, None)], [(2, 5)])


def test_halves_can_be_repeated():
    x = nd.array([1, 2], dtype="float16")
    assert x.tile(reps=2).dtype == x.repeat(repeats=2).dtype == np.float16
