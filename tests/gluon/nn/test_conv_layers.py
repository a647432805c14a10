"""Convolution and pooling: values, sizes of outputs, and impossible arguments."""

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


@pytest.mark.parametrize(("ndim", "layout"), [(1, "NWC"), (2, "NHWC"), (3, "NDHWC")])
def test_channels_last_is_channels_first_with_the_axes_moved(ndim, layout):
    layer = {1: nn.Conv1D, 2: nn.Conv2D, 3: nn.Conv3D}[ndim]
    x = ramp(2, 3, *(5, 4, 3)[:ndim])
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


@settings(max_examples=60, deadline=None)
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


POOLS = {
    "max 1D": (partial(nn.MaxPool1D, 3, 2, 1), (1, 2, 6), (1, 2, 3), [2, 5, 5, 4, 3, 3]),
    "max 2D": (partial(nn.MaxPool2D, 2, strides=1), (1, 1, 3, 4), (1, 1, 2, 3), [2, 4, 5, 3, 4, 4]),
    "max 2D, last window incomplete": (nn.MaxPool2D, (1, 1, 3, 5), (1, 1, 1, 2), [4, 5]),
    "max 2D, last window counted": (
        partial(nn.MaxPool2D, 2, ceil_mode=True),
        (1, 1, 3, 5),
        (1, 1, 2, 3),
        [4, 5, 3, -1, 2, 5],
    ),
    "max 3D": (nn.MaxPool3D, (1, 1, 2, 4, 4), (1, 1, 1, 2, 2), [4, 5, 5, 5]),
    "average 1D": (
        partial(nn.AvgPool1D, 3, 2, 1),
        (1, 2, 6),
        (1, 2, 3),
        [-1, 1.66667, 1, 1.33333, -0.33333, -1],
    ),
    "average 2D with padding": (
        partial(nn.AvgPool2D, 2, padding=1),
        (1, 1, 3, 3),
        (1, 1, 2, 2),
        [-1.25, 0, 2.25, -1.5],
    ),
    "average 2D without counting it": (
        partial(nn.AvgPool2D, 2, padding=1, count_include_pad=False),
        (1, 1, 3, 3),
        (1, 1, 2, 2),
        [-5, 0, 4.5, -1.5],
    ),
    "average 2D, last window counted": (
        partial(nn.AvgPool2D, 2, ceil_mode=True),
        (1, 1, 3, 5),
        (1, 1, 2, 3),
        [-0.5, -0.25, 2, -3, 0, 5],
    ),
    "average 3D": (nn.AvgPool3D, (1, 1, 2, 4, 4), (1, 1, 1, 2, 2), [-0.25, 0, 0.75, -0.375]),
    "global max 1D": (nn.GlobalMaxPool1D, (1, 2, 3), (1, 2, 1), [2, 5]),
    "global max 2D": (nn.GlobalMaxPool2D, (1, 2, 3, 2), (1, 2, 1, 1), [5, 4]),
    "global max 3D": (nn.GlobalMaxPool3D, (1, 2, 3, 2, 2), (1, 2, 1, 1, 1), [5, 5]),
    "global average 1D": (nn.GlobalAvgPool1D, (1, 2, 3), (1, 2, 1), [-1.66667, 1]),
    "global average 2D": (nn.GlobalAvgPool2D, (1, 2, 3, 2), (1, 2, 1, 1), [-0.33333, -0.5]),
    "global average 3D": (nn.GlobalAvgPool3D, (1, 2, 3, 2, 2), (1, 2, 1, 1, 1), [-0.41667, 0.16667]),
}


@pytest.mark.parametrize(("make", "x", "shape", "values"), POOLS.values(), ids=POOLS)
def test_pools_give_mxnets_numbers(make, x, shape, values):
    assert_golden(make(), x, shape, values)


def test_windows_do_not_overlap_unless_strides_say_so():
    assert nn.MaxPool2D(3)(mx.nd.ones((1, 1, 9, 9))).shape == (1, 1, 3, 3)


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
        (
            nn.MaxPool2D((3, 2), 2, 1, ceil_mode=True),
            (
                "MaxPool2D(size=(3, 2), stride=(2, 2), padding=(1, 1), ceil_mode=True, global_pool=False, "
                "pool_type=max, layout=NCHW)"
            ),
        ),
        (
            nn.GlobalAvgPool1D(),
            (
                "GlobalAvgPool1D(size=(1,), stride=(1,), padding=(0,), ceil_mode=True, global_pool=True, "
                "pool_type=avg, layout=NCW)"
            ),
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
        (lambda: nn.MaxPool2D((2, 3, 4)), r"MaxPool2D has an impossible pool_size.*\n.*or 2 of them"),
        (lambda: nn.MaxPool1D(0), r"impossible pool_size.*\n.*1 or more.*received 0"),
        (lambda: nn.AvgPool2D(2, strides=0), r"impossible strides"),
        (lambda: nn.AvgPool2D(2, padding=-1), r"impossible padding"),
        (lambda: nn.MaxPool2D(layout="NCW"), r"unknown layout.*\n.*'NCHW' or 'NHWC', received 'NCW'"),
        (lambda: nn.GlobalAvgPool3D(layout="x"), r"unknown layout.*\n.*'NCDHW' or 'NDHWC'"),
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
