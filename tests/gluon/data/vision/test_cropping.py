"""Transformations that choose, scale and mirror pixels. Golden numbers were printed by MXNet 1.9.1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.gluon.data.vision.transforms import (
    CenterCrop,
    Compose,
    CropResize,
    RandomFlipLeftRight,
    RandomFlipTopBottom,
    RandomResizedCrop,
    Resize,
    ToTensor,
)

ALL = [Resize(2), CropResize(0, 0, 1, 1), CenterCrop(2), RandomResizedCrop(2), RandomFlipLeftRight()]


def ramp(rows, columns, channels=1, dtype="float32"):
    """Return an image whose values count up along rows, the same in all channels."""
    values = np.arange(rows * columns).reshape(rows, columns, 1) * 10
    return mx.nd.array(np.repeat(values, channels, 2), dtype=dtype)


def plane(image):
    return image[..., 0].asnumpy()


# -- resizing -------------------------------------------------------------------------------------------

RESIZED = {
    0: [[0, 10, 30, 40], [0, 10, 30, 40], [60, 70, 90, 100]],
    1: [[2.5, 17.5, 32.5, 47.5], [32.5, 47.5, 62.5, 77.5], [62.5, 77.5, 92.5, 107.5]],
    2: [
        [-3.294, 11.823, 27.76, 42.878],
        [31.914, 47.031, 62.969, 78.086],
        [67.122, 82.24, 98.177, 113.294],
    ],
    3: [
        [3.333, 16.667, 33.333, 46.667],
        [33.333, 46.667, 63.333, 76.667],
        [63.333, 76.667, 93.333, 106.667],
    ],
}
"""By interpolation, (2, 6) pixels as (3, 4)."""


@pytest.mark.parametrize("interpolation", RESIZED)
def test_images_are_resized_as_in_mxnet(interpolation):
    result = Resize((4, 3), interpolation=interpolation)(ramp(2, 6, 3))
    np.testing.assert_allclose(plane(result), RESIZED[interpolation], atol=1e-3)


def test_integers_are_rounded_and_bounded():
    result = Resize((4, 3))(ramp(2, 6, dtype="uint8"))
    assert result.dtype == np.uint8
    np.testing.assert_allclose(plane(result), RESIZED[1], atol=0.5 + 1e-6)
    steep = mx.nd.array([[[0], [255], [255], [0]]], dtype="uint8")  # a cubic curve overshoots
    assert plane(Resize((8, 1), interpolation=2)(steep)).max() == 255


@given(st.sampled_from(range(4)), *[st.integers(1, 9)] * 4)
def test_an_image_of_one_colour_keeps_it_at_every_size(interpolation, rows, columns, height, width):
    image = mx.nd.full((rows, columns, 2), 7.0)
    result = Resize((width, height), interpolation=interpolation)(image).asnumpy()
    np.testing.assert_allclose(result, np.full((height, width, 2), 7.0), rtol=1e-5)


def test_each_image_of_a_batch_is_resized():
    images = [ramp(3, 5, 3), ramp(3, 5, 3) + 1]
    batch = Resize((2, 4))(mx.nd.stack(*images))
    for one, image in zip(batch, images, strict=True):
        np.testing.assert_allclose(one.asnumpy(), Resize((2, 4))(image).asnumpy(), rtol=1e-6)


@pytest.mark.parametrize(("shape", "wanted"), [((8, 12), (4, 6)), ((12, 8), (6, 4)), ((5, 5), (4, 4))])
def test_the_shorter_side_may_be_given_and_proportions_kept(shape, wanted):
    assert Resize(4, keep_ratio=True)(ramp(*shape)).shape[:2] == wanted


# -- cutting out ----------------------------------------------------------------------------------------


def test_a_rectangle_is_cut_out_and_resized():
    image = ramp(2, 4)
    np.testing.assert_array_equal(plane(CropResize(1, 0, 2, 2)(image)), [[10, 20], [50, 60]])
    part = CropResize(1, 0, 2, 2, size=(1, 1))(image)
    assert plane(part).tolist() == [[35]]


def test_a_rectangle_outside_the_image_is_refused():
    message = r"cannot cut out what is not in the image.\s+Expected a part that ends within its 4 columns"
    with pytest.raises(ShapeMismatchError, match=message):
        CropResize(1, 0, 4, 2)(ramp(2, 4))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((2, 2), [[10, 20], [50, 60]]),
        ((6, 2), [[0, 5, 35 / 3, 55 / 3, 25, 30]] * 2),
        ((2, 4), [[10, 10], [20, 20], [40, 40], [50, 50]]),
    ],
)
def test_the_middle_is_cut_out_and_scaled_up_where_the_image_is_too_small(size, wanted):
    np.testing.assert_allclose(plane(CenterCrop(size)(ramp(2, 4))), wanted, atol=1e-4)


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 20))
def test_a_random_part_has_the_size_asked_for_and_only_values_of_the_image(seed, rows, columns):
    mx.random.seed(seed)
    image = ramp(rows, columns)
    result = RandomResizedCrop((3, 2))(image).asnumpy()
    assert result.shape == (2, 3, 1)
    assert -1e-3 <= result.min() <= result.max() <= plane(image).max() + 1e-3


def test_the_middle_is_cut_out_where_no_part_has_the_proportions():
    image = ramp(4, 4)
    result = RandomResizedCrop((2, 2), ratio=(50, 60))(image)
    np.testing.assert_array_equal(plane(result), plane(CenterCrop((2, 2))(image)))


# -- mirroring ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("transform", "axis"), [(RandomFlipLeftRight(), 1), (RandomFlipTopBottom(), 0)])
def test_about_half_of_the_images_are_mirrored(transform, axis):
    mx.random.seed(0)
    image = ramp(2, 3)
    results = [plane(transform(image)) for _ in range(100)]
    mirrored = [np.array_equal(each, np.flip(plane(image), axis)) for each in results]
    untouched = [np.array_equal(each, plane(image)) for each in results]
    assert 30 < sum(mirrored) < 70
    assert sum(mirrored) + sum(untouched) == 100


def test_random_transformations_repeat_after_a_seed():
    transform = Compose([RandomResizedCrop(4), RandomFlipLeftRight(), ToTensor()])
    image = ramp(9, 9, 3)
    results = []
    for _ in range(2):
        mx.random.seed(5)
        results.append(transform(image).asnumpy())
    np.testing.assert_array_equal(*results)


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("transform", ALL)
def test_what_is_no_image_is_refused(transform):
    with pytest.raises(ShapeMismatchError, match=r"takes images.\s+Expected (shape )?\(height, width"):
        transform(mx.nd.ones((3, 3)))
    with pytest.raises(
        ArgumentTypeError, match=r"(works on arrays|called with an array).*\s+Expected an NDArray"
    ):
        transform(np.ones((3, 3, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Resize((1, 2, 3)), r"Resize needs a size.\s+Expected a number, or \(width, height\)"),
        (lambda: CenterCrop(0), "CenterCrop needs a size"),
        (lambda: Resize(2, interpolation=7), r"does not know this interpolation.\s+Expected 0 nearest"),
        (lambda: RandomResizedCrop(2, scale=(1, 0.5)), "needs a scale from less to more"),
    ],
)
def test_impossible_arguments_are_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
