"""Pooling: values, texts, and impossible arguments."""

from __future__ import annotations

from functools import partial

import pytest
from gluon.nn.golden import assert_golden

import gluonish as mx
from gluonish.errors import ArgumentError
from gluonish.gluon import nn

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
