"""Random changes of colours."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon.data.vision.transforms import (
    Cast,
    RandomApply,
    RandomBrightness,
    RandomColorJitter,
    RandomContrast,
    RandomHue,
    RandomLighting,
    RandomSaturation,
)

RGB = np.random.default_rng(1).uniform(0, 255, (4, 5, 3)).astype("float32")
LUMINANCE = np.array([0.299, 0.587, 0.114])
KINDS = [RandomBrightness, RandomContrast, RandomSaturation, RandomHue, RandomLighting]


@pytest.mark.parametrize("transform", [kind(0.4) for kind in KINDS] + [RandomColorJitter(0.1, 0.2, 0.3, 0.1)])
def test_hybridized_transformations_draw_anew_each_time(transform):
    transform.hybridize()
    image = mx.nd.array(RGB)
    assert not np.allclose(transform(image).asnumpy(), transform(image).asnumpy())


@pytest.fixture(autouse=True)
def seeded():
    mx.random.seed(2)


@pytest.mark.parametrize("kind", KINDS)
def test_an_amount_of_zero_changes_nothing(kind):
    np.testing.assert_allclose(kind(0)(mx.nd.array(RGB)).asnumpy(), RGB, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_colours_change_differently_each_time_and_repeat_after_a_seed(kind):
    transform, image = kind(0.4), mx.nd.array(RGB)
    first, second = (transform(image).asnumpy() for _ in range(2))
    assert not np.allclose(first, second)
    mx.random.seed(2)
    np.testing.assert_array_equal(transform(image).asnumpy(), first)


def factors(changed, image):
    """Return the numbers f with ``changed = f image``."""
    return changed / image


def test_brightness_is_one_factor_within_its_bounds():
    for _ in range(20):
        found = factors(RandomBrightness(0.3)(mx.nd.array(RGB)).asnumpy(), RGB)
        np.testing.assert_allclose(found, found[0, 0, 0], rtol=1e-4)
        assert 0.7 <= found[0, 0, 0] <= 1.3


def test_contrast_mixes_with_the_mean_gray():
    gray = (RGB @ LUMINANCE).mean()
    found = factors(RandomContrast(0.5)(mx.nd.array(RGB)).asnumpy() - gray, RGB - gray)
    np.testing.assert_allclose(found, np.median(found), rtol=1e-2)
    assert 0.5 <= np.median(found) <= 1.5


def test_saturation_mixes_each_pixel_with_its_gray():
    gray = (RGB @ LUMINANCE)[..., None]
    found = factors(RandomSaturation(0.5)(mx.nd.array(RGB)).asnumpy() - gray, RGB - gray)
    np.testing.assert_allclose(found, np.median(found), rtol=1e-2)
    assert 0.5 <= np.median(found) <= 1.5


def test_hue_keeps_the_lightest_and_the_darkest_colour_of_each_pixel():
    changed = RandomHue(0.5)(mx.nd.array(RGB)).asnumpy()
    assert np.abs(changed - RGB).max() > 1
    for extreme in (np.max, np.min):
        np.testing.assert_allclose(extreme(changed, -1), extreme(RGB, -1), rtol=1e-5)


def test_hues_turn_by_no_more_than_the_amount():
    def hues(image):
        return np.array([colorsys.rgb_to_hsv(*pixel)[0] for pixel in image.reshape(-1, 3)])

    for _ in range(10):
        turns = (hues(RandomHue(0.1)(mx.nd.array(RGB)).asnumpy()) - hues(RGB) + 0.5) % 1 - 0.5
        np.testing.assert_allclose(turns, turns[0], atol=1e-4)
        assert abs(turns[0]) <= 0.1


def test_lighting_adds_one_colour_to_all_pixels():
    light = RandomLighting(0.5)(mx.nd.array(RGB)).asnumpy() - RGB
    np.testing.assert_allclose(light, np.broadcast_to(light[0, 0], light.shape), atol=1e-3)
    # Three colours of light span the directions of the colours of ImageNet, the first of which is gray.
    assert np.ptp(light[0, 0]) < np.abs(light[0, 0]).max()


def test_integers_stay_between_their_bounds():
    bright = mx.nd.full((2, 2, 3), 250, dtype="uint8")
    results = [RandomBrightness(0.9)(bright).asnumpy() for _ in range(10)]
    assert {each.dtype for each in results} == {np.dtype("uint8")}
    assert max(each.max() for each in results) == 255


def test_jitter_applies_what_is_asked_for():
    np.testing.assert_array_equal(RandomColorJitter()(mx.nd.array(RGB)).asnumpy(), RGB)
    assert not np.allclose(RandomColorJitter(0.4, 0.4, 0.4, 0.1)(mx.nd.array(RGB)).asnumpy(), RGB)


def test_transformations_are_applied_together_or_not():
    transform = RandomApply([Cast("float64"), RandomBrightness(0)], p=0.5)
    found = [transform(mx.nd.ones((1, 1, 3))).dtype for _ in range(60)]
    assert 10 < found.count(np.float64) < 50
    assert RandomApply(Cast("float64"), p=1.0)(mx.nd.ones((1, 1, 3))).dtype == np.float64


def test_what_has_no_colours_is_refused():
    with pytest.raises(ShapeMismatchError, match="takes images of one channel, or three"):
        RandomHue(0.1)(mx.nd.ones((2, 2, 4)))
    with pytest.raises(ArgumentError, match=r"RandomContrast needs 0 or more"):
        RandomContrast(-1)
