"""Operators on images: what the table of cases cannot say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError

IMAGE = mx.nd.ones((4, 5, 3))


def test_the_gradient_of_a_tensor_goes_back_to_where_the_pixels_were():
    x = mx.nd.zeros((2, 3, 4, 3))
    x.attach_grad()
    head = mx.nd.arange(72).reshape((2, 3, 3, 4))
    with mx.autograd.record():
        y = mx.nd.image.to_tensor(x)
    y.backward(head)
    np.testing.assert_allclose(x.grad.asnumpy(), head.asnumpy().transpose(0, 2, 3, 1) / 255, rtol=1e-6)


@pytest.mark.parametrize("word", ["left_right", "top_bottom"])
def test_the_gradient_of_a_random_mirror_image_is_mirrored_likewise(word):
    mx.random.seed(3)
    seen = set()
    for _ in range(20):
        x = mx.nd.arange(24).reshape((2, 4, 3))
        x.attach_grad()
        with mx.autograd.record():
            y = getattr(mx.nd.image, f"random_flip_{word}")(x)
        y.backward(y)
        np.testing.assert_array_equal(x.grad.asnumpy(), x.asnumpy())
        seen.add(float(y[0, 0, 0].asscalar()))
    assert len(seen) == 2


def test_random_light_is_a_sum_of_three_colours_in_normal_amounts():
    mx.random.seed(5)
    drawn = np.stack([mx.nd.image.random_lighting(IMAGE, 0.1).asnumpy()[0, 0] for _ in range(500)])
    colours = (
        np.array([mx.nd.image.adjust_lighting(IMAGE, np.eye(3)[i]).asnumpy()[0, 0] for i in range(3)]) - 1
    )
    amounts = (drawn - 1) @ np.linalg.inv(colours)
    np.testing.assert_allclose(amounts.mean(0), 0, atol=0.015)
    np.testing.assert_allclose(amounts.std(0), 0.1, rtol=0.15)


def test_jitter_draws_anew_each_time():
    mx.random.seed(1)
    image = mx.nd.array(np.random.default_rng(0).uniform(0, 1, (3, 3, 3)))
    results = [mx.nd.image.random_color_jitter(image, 0.2, 0.2, 0.2, 0.1).asnumpy() for _ in range(5)]
    assert all(np.abs(a - b).max() > 1e-4 for a, b in pairwise(results))


def test_integers_are_bounded():
    bright = mx.nd.full((1, 1, 3), 200, dtype="uint8")
    doubled = mx.nd.image.random_brightness(bright, 2.0, 2.0)
    assert doubled.asnumpy().tolist() == [[[255, 255, 255]]]


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("crop", {"x": -1, "y": 0, "width": 1, "height": 1}, "cannot cut out such a part"),
        ("crop", {"x": 0, "y": 3, "width": 1, "height": 2}, "a part that ends within its 4 rows"),
        ("crop", {"x": 4, "y": 0, "width": 2, "height": 2}, "a part that ends within its 5 columns"),
        ("resize", {"size": (0, 2)}, "needs a size"),
        ("resize", {"size": 2, "interp": 5}, "does not know this interpolation"),
        ("random_hue", {"min_factor": -1, "max_factor": 1}, "takes no negative factors"),
        ("adjust_lighting", {"alpha": (1, 2)}, "needs three numbers"),
    ],
)
def test_parameters_that_fit_no_image_are_refused(name, params, message):
    with pytest.raises((ArgumentError, ShapeMismatchError), match=message):
        getattr(mx.nd.image, name)(IMAGE, **params)


@pytest.mark.parametrize("name", ["to_tensor", "normalize", "flip_left_right", "random_flip_top_bottom"])
def test_what_is_no_image_is_refused(name):
    with pytest.raises(ShapeMismatchError, match="takes images"):
        getattr(mx.nd.image, name)(mx.nd.ones((4, 5)))


def test_colours_need_one_channel_or_three():
    with pytest.raises(ShapeMismatchError, match="one channel, or three"):
        mx.nd.image.random_saturation(mx.nd.ones((4, 5, 4)), 1, 1)


def test_as_many_means_as_channels_are_needed():
    with pytest.raises(ShapeMismatchError, match="another number of values of mean than channels"):
        mx.nd.image.normalize(mx.nd.ones((3, 4, 5)), mean=(1, 2))
