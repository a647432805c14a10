"""The checks of arguments that layers share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.errors import ArgumentError
from gluonish.gluon.nn.arguments import as_count, as_sizes, check_number


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_count_is_returned_or_refused_by_its_bound(value, least):
    if value >= least:
        assert as_count("Layer", "size", value, least) == value
    else:
        with pytest.raises(
            ArgumentError, match=rf"Layer has an impossible size.*\n.*{least} or more, received"
        ):
            as_count("Layer", "size", value, least)


@pytest.mark.parametrize("value", [1.0, "1", None, (1,)])
def test_what_is_no_integer_is_no_count(value):
    with pytest.raises(ArgumentError, match="impossible size"):
        as_count("Layer", "size", value, 0)


@pytest.mark.parametrize("value", [2, [2, 2], (2, 2), (np.int32(2), 2)])
def test_sizes_are_given_for_all_dimensions_or_for_each(value):
    assert as_sizes("Layer", "kernel", value, 2, 1) == (2, 2)


@pytest.mark.parametrize("value", [0, (2,), (2, 2, 2), (2, 0), 1.5, "ab", None, ()])
def test_impossible_sizes_are_an_error_that_shows_them(value):
    with pytest.raises(ArgumentError, match=r"impossible kernel.*\n.*1 or more, or 2 of them, received"):
        as_sizes("Layer", "kernel", value, 2, 1)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.25)])
def test_a_number_within_its_bounds_passes(value):
    check_number("Layer", "rate", value, 0, 1)


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), "0.5", None, [0.5]])
def test_a_number_out_of_its_bounds_is_an_error(value):
    with pytest.raises(ArgumentError, match=r"Layer has an impossible rate.*\n.*from 0 to 1, received"):
        check_number("Layer", "rate", value, 0, 1)


def test_bounds_are_optional():
    check_number("Layer", "rate", -1e9)
    check_number("Layer", "rate", 1e9, 0)
    with pytest.raises(ArgumentError, match="Expected a number, received 'a'"):
        check_number("Layer", "rate", "a")
