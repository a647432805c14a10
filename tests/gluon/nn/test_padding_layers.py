"""ReflectionPad2D: values and impossible arguments."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.nn.golden import assert_golden

import gluonish as mx
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon import nn


def test_one_number_pads_all_four_sides_as_mxnet_does():
    rows = [[1, 5, 1, -3, 1], [2, -5, 2, -2, 2], [1, 5, 1, -3, 1], [2, -5, 2, -2, 2]]
    assert_golden(nn.ReflectionPad2D(1), (1, 1, 2, 3), (1, 1, 4, 5), np.ravel(rows))


def test_eight_numbers_pad_each_side_by_its_own():
    rows = [[5, 1, -3, 1, 5], [-5, 2, -2, 2, -5], [5, 1, -3, 1, 5]]
    layer = nn.ReflectionPad2D((0, 0, 0, 0, 1, 0, 0, 2))
    assert_golden(layer, (1, 1, 2, 3), (1, 1, 3, 5), np.ravel(rows))


def test_images_that_are_too_small_are_an_error():
    with pytest.raises(ShapeMismatchError, match="cannot pad an axis of 3 by 3 in mode 'reflect'"):
        nn.ReflectionPad2D(3)(mx.nd.ones((1, 1, 3, 4)))


@pytest.mark.parametrize(
    ("padding", "message"),
    [
        (-1, r"impossible padding.*\n.*received -1"),
        (1.5, r"impossible padding.*\n.*received 1\.5"),
        ((1, 2), r"impossible padding.*\n.*or 8 of them, received \(1, 2\)"),
        ((0, 1, 0, 0, 1, 1, 1, 1), r"pads height and width only.*\n.*four zeros first, received \(0, 1, 0"),
    ],
)
def test_an_impossible_padding_is_an_error(padding, message):
    with pytest.raises(ArgumentError, match=message):
        nn.ReflectionPad2D(padding)


def test_the_repr_has_the_widths():
    assert repr(nn.ReflectionPad2D(2)) == "ReflectionPad2D((0, 0, 0, 0, 2, 2, 2, 2))"
