"""Convolutions and their transposes: values, sizes of outputs, and impossible arguments."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from gluon.nn.golden import assert_golden, filled, ramp
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon import nn

CONVOLUTIONS = {
    "one dimension": (
        partial(nn.Conv1D, 2, 3, strides=2, padding=1),
        (1, 2, 7),
        (1, 2, 4),
        [-1.2, -4.8, -4.3, 2.1, 1.6, -1.8, 2.8, 0],
    ),
    "two dimensions": (
        partial(nn.Conv2D, 2, (2, 3), strides=(1, 2), padding=(1, 0)),
        (1, 2, 3, 5),
        (1, 2, 4, 2),
        [-4.1, 1.4, 3.5, 2, 5.8, -5.6, 1.3, -4.6, 0.7, -2.1, -1.9, -0.2, -1.5, 2.4, 0.9, 2.1],
    ),
    "dilation": (partial(nn.Conv2D, 1, 2, dilation=2), (1, 2, 4, 4), (1, 1, 2, 2), [0.3, -0.5, 4.8, 0.7]),
    "groups": (
        partial(nn.Conv2D, 4, 2, groups=2),
        (1, 4, 3, 3),
        (1, 4, 2, 2),
        [2.8, -3.5, -2.9, -7, 3.6, 0.7, -0.7, -1.4, 1.3, 0.7, -2.7, 1.1, 1.7, 2.3, -2, 3],
    ),
    "activation": (
        partial(nn.Conv2D, 2, 2, activation="relu", use_bias=False),
        (1, 1, 3, 3),
        (1, 2, 2, 2),
        [2.4, 0, 0, 0, 0.9, 1.2, 1.8, 1],
    ),
    "three dimensions": (partial(nn.Conv3D, 1, 2), (1, 2, 3, 2, 3), (1, 1, 2, 1, 2), [1.9, 1.5, -6, -7.5]),
}


@pytest.mark.parametrize(("make", "x", "shape", "values"), CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_convolutions_give_mxnets_numbers(make, x, shape, values):
    assert_golden(make(), x, shape, values)


@pytest.mark.parametrize(
    ("layer", "layout"),
    [
        (nn.Conv1D, "NWC"),
        (nn.Conv2D, "NHWC"),
        (nn.Conv3D, "NDHWC"),
        (nn.Conv1DTranspose, "NWC"),
        (nn.Conv2DTranspose, "NHWC"),
        (nn.Conv3DTranspose, "NDHWC"),
    ],
)
def test_channels_last_is_channels_first_with_the_axes_moved(layer, layout):
    x = ramp(2, 3, *(5, 4, 3)[: layer.ndim])
    first = filled(layer(2, 2), x)
    last = layer(2, 2, layout=layout)
    last.initialize()
    moved = mx.nd.moveaxis(x, 1, -1)
    last(moved)
    last.weight.set_data(mx.nd.moveaxis(first.weight.data(), 1, -1))
    last.bias.set_data(first.bias.data())
    expected = mx.nd.moveaxis(first(x), 1, -1).asnumpy()
    np.testing.assert_allclose(last(moved).asnumpy(), expected, rtol=1e-5, atol=1e-5)


sizes = st.integers(1, 3)


@settings(max_examples=60)
@given(st.integers(1, 9), sizes, sizes, st.integers(0, 2), sizes)
def test_the_size_of_a_convolution_is_the_number_of_places_for_its_kernel(
    size, kernel, stride, padding, dilation
):
    reach = dilation * (kernel - 1) + 1
    places = len(range(0, size + 2 * padding - reach + 1, stride))
    layer = nn.Conv1D(1, kernel, strides=stride, padding=padding, dilation=dilation)
    layer.initialize()
    x = mx.nd.ones((1, 1, size))
    if places:
        assert layer(x).shape == (1, 1, places)
    else:
        with pytest.raises(ShapeMismatchError, match=rf"kernel that covers \({reach},\)"):
            layer(x)
        assert layer.weight.shape == (1, 0, kernel)


TRANSPOSES = {
    "one dimension": (
        partial(nn.Conv1DTranspose, 2, 3, strides=2, padding=1, output_padding=1),
        (1, 2, 3),
        (1, 2, 6),
        [-2, -2.6, -0.6, -2, -1.4, 0.6, -0.6, 0.7, 0.5, -2.6, 0.5, 2.5],
    ),
    "two dimensions": (
        partial(nn.Conv2DTranspose, 1, (2, 3), strides=(1, 2), padding=(1, 0)),
        (1, 2, 2, 2),
        (1, 1, 1, 5),
        [-0.6, -2, -3.6, 0.5, -1.1],
    ),
    "groups": (
        partial(nn.Conv2DTranspose, 4, 2, groups=2),
        (1, 2, 2, 1),
        (1, 4, 3, 2),
        [
            *(1.5, -2, -1, -3.1, -1.4, 0, -0.1, 1.9, -1.4, -0.2, 1.2, 0.4),
            *(0.4, -1, -2.2, 2.1, -0.9, -2.9, 0.6, 1.4, 1, -0.2, 3.5, 1.5),
        ],
    ),
    "dilation and activation": (
        partial(nn.Conv2DTranspose, 1, 2, dilation=2, activation="relu", use_bias=False),
        (1, 1, 2, 2),
        (1, 1, 4, 4),
        [2.5, 0, 0, 0.4, 1, 0, 0, 1, 1, 0, 0, 1, 0.4, 0, 0, 2.5],
    ),
    "three dimensions": (
        partial(nn.Conv3DTranspose, 1, 2, strides=(1, 1, 2)),
        (1, 2, 1, 1, 2),
        (1, 1, 2, 2, 4),
        [2.3, -2.6, -4, 0.9, 0.2, -2.5, -1.9, -2.5, -1.9, 0.9, 0.2, -2.6, -4, -1.2, 2.3, -0.5],
    ),
}


@pytest.mark.parametrize(("make", "x", "shape", "values"), TRANSPOSES.values(), ids=TRANSPOSES)
def test_transposed_convolutions_give_mxnets_numbers(make, x, shape, values):
    assert_golden(make(), x, shape, values)


@settings(max_examples=60)
@given(st.integers(1, 6), sizes, st.tuples(sizes, st.integers(0, 2)), st.integers(0, 2), sizes)
def test_a_transpose_gives_back_the_size_that_a_convolution_started_from(
    size, kernel, stride_and_rest, padding, dilation
):
    stride, rest = stride_and_rest
    rest %= stride
    arguments = {"strides": stride, "padding": padding, "dilation": dilation}
    reach = dilation * (kernel - 1) + 1
    before = (size - 1) * stride - 2 * padding + reach + rest
    layer = nn.Conv1DTranspose(1, kernel, output_padding=rest, **arguments)
    layer.initialize()
    if before < 1:
        with pytest.raises(ShapeMismatchError, match="more padding than its result has pixels"):
            layer(mx.nd.ones((1, 1, size)))
        return
    y = layer(mx.nd.ones((1, 1, size)))
    assert y.shape == (1, 1, before)
    convolution = nn.Conv1D(1, kernel, **arguments)
    convolution.initialize()
    assert convolution(y).shape == (1, 1, size)


def test_the_groups_of_a_transpose_need_no_number_of_channels_beforehand():
    layer = nn.Conv2DTranspose(6, 2, groups=3)
    layer.initialize()
    assert layer(mx.nd.ones((1, 9, 2, 2))).shape == (1, 6, 3, 3)
    assert layer.weight.shape == (9, 2, 2, 2)


def test_arguments_come_in_mxnets_order():
    first = nn.Conv2D(4, 3, (2, 1), (1, 0), (1, 2), 2, "NCHW", "tanh", False, "ones", "zeros", 6)
    assert repr(first) == (
        "Conv2D(6 -> 4, kernel_size=(3, 3), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, "
        "bias=False, Activation(tanh))"
    )
    second = nn.Conv1DTranspose(4, 3, 2, 1, 1, 1, 2, "NCW", "relu", True, "ones", "ones", 6)
    second.initialize()
    assert second.weight.data().asnumpy().min() == second.bias.data().asnumpy().min() == 1
    assert repr(second) == (
        "Conv1DTranspose(6 -> 4, kernel_size=(3,), stride=(2,), padding=(1,), groups=2, Activation(relu))"
    )


# -- texts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv1D(4, 3), "Conv1D(None -> 4, kernel_size=(3,), stride=(1,))"),
        (nn.Conv3D(4, 3, in_channels=2), "Conv3D(2 -> 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))"),
        (
            nn.Conv2D(
                4, (3, 2), 2, 1, groups=2, in_channels=4, dilation=2, use_bias=False, activation="tanh"
            ),
            (
                "Conv2D(4 -> 4, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), dilation=(2, 2), "
                "groups=2, bias=False, Activation(tanh))"
            ),
        ),
        (nn.Conv2DTranspose(4, 3), "Conv2DTranspose(None -> 4, kernel_size=(3, 3), stride=(1, 1))"),
        (
            nn.Conv2DTranspose(4, 3, layout="NHWC", in_channels=2),
            "Conv2DTranspose(2 -> 4, kernel_size=(3, 3), stride=(1, 1))",
        ),
    ],
)
def test_the_repr_has_all_arguments(layer, text):
    assert repr(layer) == text


# -- impossible arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2D(0, 3), r"Conv2D has an impossible number of channels.*\n.*1 or more, received 0"),
        (lambda: nn.Conv2D(3.0, 3), r"impossible number of channels.*\n.*received 3\.0"),
        (lambda: nn.Conv2D(3, (3,)), r"impossible kernel_size.*\n.*or 2 of them, received \(3,\)"),
        (lambda: nn.Conv2D(3, 2.5), r"impossible kernel_size.*\n.*received 2\.5"),
        (lambda: nn.Conv1D(3, 3, strides=0), r"Conv1D has an impossible strides.*\n.*received 0"),
        (
            lambda: nn.Conv3D(3, 3, padding=-1),
            r"Conv3D has an impossible padding.*\n.*0 or more.*received -1",
        ),
        (lambda: nn.Conv2D(3, 3, dilation=(1, 0)), r"impossible dilation.*\n.*received \(1, 0\)"),
        (lambda: nn.Conv2D(3, 3, groups=0), r"impossible number of groups.*\n.*received 0"),
        (
            lambda: nn.Conv2D(3, 3, groups=2),
            r"cannot divide its channels into groups.*\n.*groups=2, received 3",
        ),
        (lambda: nn.Conv2D(4, 3, groups=2, in_channels=3), r"cannot divide its in_channels.*\n.*received 3"),
        (lambda: nn.Conv2D(3, 3, in_channels=-5), r"impossible in_channels.*\n.*0 or more, received -5"),
        (lambda: nn.Conv2D(3, 3, layout="CHWN"), r"unknown layout.*\n.*'NCHW' or 'NHWC', received 'CHWN'"),
        (lambda: nn.Conv2D(3, 3, activation="rleu"), r"'act_type'.*\n.*received 'rleu'"),
        (
            lambda: nn.Conv2DTranspose(4, 3, output_padding=1),
            r"Conv2DTranspose has an impossible output_padding.*\n.*less than strides=\(1, 1\).*\(1, 1\)",
        ),
        (lambda: nn.Conv1DTranspose(4, 3, output_padding=-1), r"impossible output_padding.*\n.*received -1"),
        (lambda: nn.Conv3DTranspose(3, 3, groups=2), r"cannot divide its channels.*\n.*groups=2, received 3"),
        (lambda: nn.Conv1DTranspose(4, 3, layout="NCHW"), r"unknown layout.*\n.*'NCW' or 'NWC'"),
    ],
)
def test_an_impossible_argument_is_an_error(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_channels_that_groups_cannot_share_are_an_error_in_the_first_batch_and_leave_the_layer_pending():
    layer = nn.Conv2D(4, 3, groups=2)
    layer.initialize()
    with pytest.raises(ShapeMismatchError, match="Convolution"):
        layer(mx.nd.ones((1, 3, 5, 5)))
    assert layer.weight.shape == (4, 0, 3, 3)
    assert layer(mx.nd.ones((1, 6, 5, 5))).shape == (1, 4, 3, 3)


def test_an_image_with_too_few_axes_is_an_error_and_leaves_the_layer_pending():
    layer = nn.Conv2D(4, 3)
    layer.initialize()
    with pytest.raises(ShapeMismatchError, match=r"kernel of 2 axes.*\n.*Expected 4 axes"):
        layer(mx.nd.ones((2, 3, 5)))
    assert layer(mx.nd.ones((2, 3, 5, 5))).shape == (2, 4, 3, 3)
