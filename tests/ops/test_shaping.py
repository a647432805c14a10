"""Operators that rearrange arrays, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError, BroadcastError, ShapeMismatchError


def infer(name, inputs, outputs=None, **params):
    op = find_operator(name)
    return op.infer(inputs, op.fill(params), outputs)


@pytest.fixture
def x():
    return nd.array(np.arange(6).reshape(2, 3))


def test_an_array_without_elements_can_be_reshaped():
    empty = nd.zeros((0, 3))
    assert nd._internal._reshape_to(empty, shape=(3, 0)).shape == (3, 0)


def test_the_gradient_of_an_empty_array_is_empty():
    x = nd.zeros((0, 3))
    x.attach_grad()
    with autograd.record():
        y = nd.expand_dims(x, axis=0)
    y.backward()
    assert x.grad.shape == (0, 3)


# -- methods of arrays ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x: x.T, (3, 2)),
        (lambda x: x.transpose(), (3, 2)),
        (lambda x: x.transpose(1, 0), (3, 2)),
        (lambda x: x.transpose((1, 0)), (3, 2)),
        (lambda x: x.transpose(axes=(1, 0)), (3, 2)),
        (lambda x: x.swapaxes(0, 1), (3, 2)),
        (lambda x: x.expand_dims(0), (1, 2, 3)),
        (lambda x: x.expand_dims(axis=-1, inplace=True), (2, 3, 1)),
        (lambda x: x.expand_dims(0).squeeze(axis=0), (2, 3)),
        (lambda x: x.flatten(), (2, 3)),
        (lambda x: x.reshape_like(nd.zeros((3, 2))), (3, 2)),
        (lambda x: x.expand_dims(0).broadcast_axes(axis=0, size=4), (4, 2, 3)),
        (lambda x: x.expand_dims(0).broadcast_like(nd.zeros((4, 2, 3))), (4, 2, 3)),
        (lambda x: x.flip(axis=0), (2, 3)),
        (lambda x: x.reshape((1, 6, 1, 1)).pad("edge", (0, 0, 0, 0, 1, 1, 0, 2)), (1, 6, 3, 3)),
        (lambda x: nd.zeros((1, 4, 1, 1)).depth_to_space(2), (1, 1, 2, 2)),
        (lambda x: nd.zeros((1, 1, 2, 2)).space_to_depth(2), (1, 4, 1, 1)),
        (lambda x: x.diag(), (2,)),
        (lambda x: x.shape_array(), (2,)),
        (lambda x: x.size_array(), (1,)),
        (lambda x: x.slice_like(nd.zeros((1, 2))), (1, 2)),
        (lambda x: x.slice(begin=(0, 1), end=(2, 3)), (2, 2)),
        (lambda x: x.slice_axis(axis=1, begin=0, end=2), (2, 2)),
        (lambda x: x.tile(reps=(2, 1)), (4, 3)),
        (lambda x: x.repeat(repeats=2, axis=0), (4, 3)),
        (lambda x: x.split(num_outputs=3, axis=1)[0], (2, 1)),
    ],
)
def test_arrays_have_the_methods_of_mxnet(x, call, shape):
    assert call(x).shape == shape


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.T,
        lambda x: x.expand_dims(0),
        lambda x: x.flatten(),
        lambda x: x.squeeze(),
        lambda x: x.reshape_like(x),
        lambda x: nd.slice(x, begin=0, end=1),
        lambda x: nd.split(x, num_outputs=1, axis=1),
    ],
)
def test_operators_other_than_reshape_copy_as_in_mxnet(x, call):
    call(x)[:] = -1
    assert x.asnumpy().min() == 0


def test_shapes_as_arrays_are_int64(x):
    assert x.shape_array().dtype == x.size_array().dtype == np.int64


# -- shapes in both directions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "data", "output"),
    [
        ("transpose", {"axes": (2, 0, 1)}, (3, 4, 2), (2, 3, 4)),
        ("transpose", {}, (4, 3), (3, 4)),
        ("SwapAxis", {"dim1": 0, "dim2": -1}, (4, 3, 2), (2, 3, 4)),
        ("expand_dims", {"axis": 1}, (2, 3), (2, 1, 3)),
        ("reverse", {"axis": 0}, (2, 3), (2, 3)),
        ("depth_to_space", {"block_size": 2}, (1, 8, 2, 3), (1, 2, 4, 6)),
        ("space_to_depth", {"block_size": 2}, (1, 2, 4, 6), (1, 8, 2, 3)),
        ("Pad", {"mode": "edge", "pad_width": (0, 0, 1, 2)}, (2, 3), (2, 6)),
    ],
)
def test_the_shape_of_the_data_follows_from_that_of_the_output(name, params, data, output):
    assert infer(name, [None], [output], **params) == ([data], [output])
    assert infer(name, [data], None, **params) == ([data], [output])


def test_flatten_settles_the_one_unknown_axis():
    assert infer("Flatten", [(None, 3, None)], [(2, 12)])[0] == [(2, 3, 4)]


def test_squeeze_of_unknown_axes_says_nothing_yet():
    assert infer("squeeze", [(1, None)])[1] == [None]
    assert infer("squeeze", [(None, None)], axis=0) == ([(1, None)], [(None,)])


def test_reshape_like_settles_the_one_unknown_axis():
    assert infer("reshape_like", [(3, 4), (2, None)])[1] == [(2, 6)]


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: x.transpose(0, 0), "names an axis twice"),
        (lambda x: x.transpose(0, 2), "has no axis 2"),
        (lambda x: x.transpose(0), "order of another number of axes"),
        (lambda x: x.swapaxes(0, 2), "has no axis 2"),
        (lambda x: x.expand_dims(3), "has no axis 3"),
        (lambda x: x.squeeze(axis=1), "can drop axes of size 1 only"),
        (lambda x: nd.flatten(nd.array(1.0)), "needs at least one axis"),
        (lambda x: x.reshape_like(nd.zeros((5, 2))), "cannot fill the shape"),
        (lambda x: x.flip(axis=2), "has no axis 2"),
        (lambda x: nd.zeros((1, 6, 1, 1)).depth_to_space(2), "cannot make blocks of these channels"),
        (lambda x: nd.zeros((1, 4, 1, 1)).depth_to_space(0), "blocks of at least one pixel"),
        (lambda x: nd.zeros((1, 1, 3, 2)).space_to_depth(2), "cannot make blocks of these images"),
        (lambda x: x.space_to_depth(2), "images of 4 axes"),
        (lambda x: x.pad("constant", (1, 1)), "widths for another number of axes"),
        (lambda x: x.pad("constant", (1, -1, 0, 0)), "not negative"),
        (lambda x: x.pad("reflect", (2, 0, 0, 0)), "cannot pad an axis of 2 by 2 in mode 'reflect'"),
        (lambda x: x.diag(k=3), "has no diagonal 3"),
        (lambda x: x.diag(axis1=1, axis2=-1), "names an axis twice"),
        (lambda x: x.slice_like(nd.zeros((4, 3))), "more elements than it has"),
        (lambda x: x.slice_like(nd.zeros((1,))), "equally many axes"),
        (lambda x: nd.slice(x, begin=(0, 0, 0), end=(1, 1, 1)), "bounds for more axes"),
        (lambda x: nd.slice_axis(x, axis=1, begin=0, end=4), "cannot take elements 0 to 4"),
        (lambda x: nd.slice_axis(x, axis=1, begin=-4, end=2), "cannot take elements -4 to 2"),
        (lambda x: nd.slice_axis(x, axis=1, begin=2, end=1), "cannot take elements 2 to 1"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_a_reason(x, call, reason):
    with pytest.raises((ShapeMismatchError, ArgumentError), match=reason):
        call(x)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: x.broadcast_axes(axis=1, size=4), "cannot stretch axis 1"),
        (lambda x: x.broadcast_like(nd.zeros((4, 3))), "cannot bring an array of shape .2, 3. to .4, 3."),
        (lambda x: x.broadcast_like(nd.zeros((2, 2, 3))), "as many axes"),
    ],
)
def test_only_axes_of_size_one_are_stretched(x, call, reason):
    with pytest.raises(BroadcastError, match=reason):
        call(x)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: x.broadcast_axes(axis=(0, 1), size=4), "one size per axis"),
        (lambda x: x.broadcast_like(x, lhs_axes=(0,)), "both of lhs_axes and rhs_axes"),
        (lambda x: nd.slice(x, begin=(0, 0), end=(1,)), "equally many bounds"),
        (lambda x: nd.slice(x, begin=0, end=1, step=0), "steps of 0"),
        (lambda x: x.pad("wrap", (0, 0, 0, 0)), "cannot take this for its parameter 'mode'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(x, call, reason):
    with pytest.raises(ArgumentError, match=reason):
        call(x)
