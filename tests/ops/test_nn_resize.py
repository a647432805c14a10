"""Upsampling, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import nd
from gluonish.errors import ArgumentError, ShapeMismatchError
from ops.nn_support import infer


def test_bilinear_upsampling_gives_what_mxnet_does():
    x = nd.arange(4).reshape((1, 1, 2, 2))
    w = nd.arange(1, 17).reshape((1, 1, 4, 4))
    y = nd.UpSampling(x, w, scale=2, sample_type="bilinear", num_args=2, num_filter=1)
    wanted = [[0, 5, 6, 7], [4, 18, 24, 20], [12, 42, 48, 36], [20, 49, 54, 33]]
    assert y.asnumpy()[0, 0].tolist() == wanted


def test_images_of_several_sizes_are_brought_to_the_first_ones_as_in_mxnet():
    x, y = nd.arange(4).reshape((1, 1, 2, 2)), nd.arange(1, 17).reshape((1, 1, 4, 4))
    z = nd.UpSampling(x, y, scale=2, sample_type="nearest", num_args=2, multi_input_mode="sum")
    assert z.asnumpy()[0, 0].tolist() == [[1, 2, 4, 5], [5, 6, 8, 9], [11, 12, 14, 15], [15, 16, 18, 19]]


def test_channels_are_joined_in_order():
    shapes = [(1, 2, 2, 2), (1, 3, 4, 4)]
    images = [nd.ones(shape) * (i + 1) for i, shape in enumerate(shapes)]
    y = nd.UpSampling(*images, scale=2, sample_type="nearest")
    assert y.asnumpy()[0, :, 0, 0].tolist() == [1, 1, 2, 2, 2]


def test_the_weight_follows_from_scale_and_channels():
    inputs, outputs = infer(
        "UpSampling", [(1, None, 4, None), None], scale=3, sample_type="bilinear", num_filter=2
    )
    assert (inputs, outputs) == ([(1, 2, 4, None), (2, 1, 5, 5)], [(1, 2, 12, None)])


def test_unknown_sizes_stay_unknown():
    _, outputs = infer("UpSampling", [(1, 2, None, 3), (None, None, None, 6)], scale=2, sample_type="nearest")
    assert outputs == [(1, None, None, 6)]


IMAGE = np.zeros((1, 1, 2, 2))


@pytest.mark.parametrize(
    ("images", "params", "match"),
    [
        ([IMAGE], {"scale": 0, "sample_type": "nearest"}, "cannot make images smaller"),
        ([IMAGE[0]], {"scale": 2, "sample_type": "nearest"}, "4 axes"),
        (
            [IMAGE, np.zeros((1, 1, 3, 3))],
            {"scale": 2, "sample_type": "nearest"},
            "by repeating pixels",
        ),
        (
            [IMAGE, np.zeros((1, 1, 2, 4))],
            {"scale": 2, "sample_type": "nearest"},
            "by repeating pixels",
        ),
        (
            [IMAGE, np.zeros((1, 2, 2, 2))],
            {"scale": 2, "sample_type": "nearest", "multi_input_mode": "sum"},
            "'arg1' has shape",
        ),
        ([IMAGE], {"scale": 2, "sample_type": "bilinear", "num_filter": 1}, "needs images and a weight"),
        (
            [IMAGE, np.zeros((1, 1, 3, 3))],
            {"scale": 2, "sample_type": "bilinear"},
            "'arg1' has shape",
        ),
        (
            [IMAGE, np.zeros((1, 1, 4, 4))],
            {"scale": 2, "sample_type": "bilinear", "num_filter": 2},
            "'arg0' has shape",
        ),
    ],
)
def test_impossible_calls_are_refused(images, params, match):
    with pytest.raises(ShapeMismatchError, match=match):
        nd.UpSampling(*(nd.array(image) for image in images), **params)


def test_the_sample_type_must_be_given():
    with pytest.raises(ArgumentError, match="sample_type"):
        nd.UpSampling(nd.array(IMAGE), scale=2)
