"""Rotated images. Golden numbers were printed by MXNet 1.9.1."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, DTypeError, ShapeMismatchError
from gluonish.gluon.data.vision.transforms import RandomRotation, Rotate

RAMP = np.arange(15.0).reshape(1, 3, 5).astype("float32")

ROTATED = {
    (90, ""): [[0, 3, 8, 13, 0], [0, 2, 7, 12, 0], [0, 1, 6, 11, 0]],
    (30, ""): [
        [0.103, 1.036, 3.17, 6.536, 7.426],
        [0.268, 3.634, 7, 10.366, 13.732],
        [3.325, 7.464, 10.83, 7.84, 1.773],
    ],
    (30, "zoom_in"): [
        [1.15, 2.765, 4.746, 6.727, 8.708],
        [3.038, 5.019, 7, 8.981, 10.962],
        [5.292, 7.273, 9.254, 11.235, 11.477],
    ],
    (30, "zoom_out"): [[0, 0, 1.506, 3.997, 0], [0, 1.28, 7, 12.72, 0.238], [0, 5.504, 5.891, 0, 0]],
}


@pytest.mark.parametrize(("degrees", "zoom"), ROTATED)
def test_images_are_rotated_as_in_mxnet(degrees, zoom):
    transform = Rotate(degrees, **({zoom: True} if zoom else {}))
    result = transform(mx.nd.array(RAMP))
    np.testing.assert_allclose(result[0].asnumpy(), ROTATED[degrees, zoom], atol=1e-3)


def test_each_image_and_channel_of_a_batch_is_rotated():
    batch = mx.nd.array(np.stack([np.concatenate([RAMP, RAMP + 1]), np.concatenate([RAMP, RAMP * 2])]))
    result = Rotate(30)(batch)
    assert result.shape == batch.shape
    for i in range(2):
        for j in range(2):
            alone = Rotate(30)(batch[i, j].expand_dims(0))
            np.testing.assert_allclose(result[i, j].asnumpy(), alone[0].asnumpy(), rtol=1e-5)


def test_random_angles_are_between_their_limits_and_repeat_after_a_seed():
    mx.random.seed(4)
    line = np.zeros((1, 41, 41), "float32")
    line[0, 20, 20:] = 1  # a hand of a clock
    transform, image = RandomRotation((10, 40)), mx.nd.array(line)
    found = []
    for _ in range(20):
        rows, columns = np.nonzero(transform(image)[0].asnumpy() > 0.5)
        far = columns.argmax()
        found.append(np.degrees(np.arctan2(20 - rows[far], columns[far] - 20)))
    assert 7 < min(found) < 20 < max(found) < 43
    mx.random.seed(4)
    first = transform(image).asnumpy()
    mx.random.seed(4)
    np.testing.assert_array_equal(transform(image).asnumpy(), first)


def test_images_of_a_batch_are_rotated_by_different_angles():
    mx.random.seed(0)
    batch = RandomRotation((-60, 60))(mx.nd.array(np.stack([RAMP, RAMP]))).asnumpy()
    assert not np.allclose(batch[0], batch[1])


def test_an_image_may_be_left_as_it_is():
    image = mx.nd.array(RAMP)
    assert RandomRotation((1, 2), rotate_with_proba=0)(image) is image


def test_what_cannot_be_rotated_is_refused():
    with pytest.raises(DTypeError, match=r"Rotate needs floating-point numbers.\s+Received uint8"):
        Rotate(3)(mx.nd.array(RAMP, dtype="uint8"))
    with pytest.raises(ShapeMismatchError, match=r"Rotate takes images.\s+Expected shape \(channels"):
        Rotate(3)(mx.nd.ones((3, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rotate(3, True, True), "Rotate cannot zoom in and out at once"),
        (lambda: RandomRotation((3, 1)), r"RandomRotation needs limits.\s+Expected \(smallest, largest\)"),
        (lambda: RandomRotation(3), "RandomRotation needs limits"),
        (lambda: RandomRotation((1, 3), rotate_with_proba=2), "RandomRotation needs a probability"),
    ],
)
def test_impossible_arguments_are_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
