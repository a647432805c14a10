"""Partial shapes, and the one function that merges two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.shape import as_shape, format_shape, from_mxnet, is_known, merge_shapes, shape_size

dims = st.one_of(st.none(), st.integers(0, 3))
shapes = st.one_of(st.none(), st.lists(dims, max_size=3).map(tuple))
pairs = st.tuples(shapes, shapes)


def merge(first, second):
    return merge_shapes(first, second, owner="The shape")


def agree(first, second):
    """Whether some complete shape fits both: said without merging."""
    if first is None or second is None:
        return True
    return len(first) == len(second) and all(
        a is None or b is None or a == b for a, b in zip(first, second, strict=True)
    )


def fits(complete, partial):
    return partial is None or (
        len(complete) == len(partial) and all(b in (None, a) for a, b in zip(complete, partial, strict=True))
    )


# -- merging ----------------------------------------------------------------------------------------------


@given(shapes, shapes)
def test_shapes_merge_exactly_if_they_agree(first, second):
    if agree(first, second):
        merge(first, second)
    else:
        with pytest.raises(ShapeMismatchError):
            merge(first, second)


@given(pairs.filter(lambda pair: agree(*pair)), st.lists(st.integers(0, 3), max_size=3).map(tuple))
def test_a_shape_fits_the_merged_one_exactly_if_it_fits_both(pair, complete):
    assert fits(complete, merge(*pair)) == (fits(complete, pair[0]) and fits(complete, pair[1]))


@given(pairs.filter(lambda pair: agree(*pair)))
def test_the_order_of_statements_does_not_matter(pair):
    assert merge(*pair) == merge(*reversed(pair))


@given(shapes)
def test_a_statement_twice_or_beside_nothing_says_nothing_new(shape):
    assert merge(shape, shape) == merge(shape, None) == merge(None, shape) == shape


def test_zero_is_a_size_like_any_other():
    assert merge((0, None), (None, 2)) == (0, 2)
    with pytest.raises(ShapeMismatchError):
        merge((0,), (1,))


def test_a_contradiction_names_the_owner_the_axis_and_both_sizes():
    with pytest.raises(ShapeMismatchError) as error:
        merge_shapes((64, None), (32, 100), owner="Parameter 'net.weight'", fix="Change units.")
    assert str(error.value) == (
        "Parameter 'net.weight' was declared (64, ?) and cannot become (32, 100).\n"
        "  Axis 0: expected 64, received 32. Change units."
    )


def test_shapes_of_different_rank_are_a_contradiction():
    with pytest.raises(ShapeMismatchError, match=r"It has 2 axes: expected 2, received 1\."):
        merge((1, None), (1,))


# -- reading and writing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "text"),
    [(None, "?"), ((), "()"), ((3,), "(3,)"), ((None,), "(?,)"), ((64, None, 0), "(64, ?, 0)")],
)
def test_unknown_axes_are_written_as_question_marks(shape, text):
    assert format_shape(shape) == text


@pytest.mark.parametrize(("shape", "known"), [(None, False), ((2, None), False), ((0, 2), True), ((), True)])
def test_a_shape_is_known_if_every_axis_is(shape, known):
    assert is_known(shape) is known


@given(st.lists(st.integers(0, 9), max_size=4).map(tuple))
def test_the_size_is_that_of_an_array(shape):
    assert shape_size(shape) == np.empty(shape).size


@pytest.mark.parametrize("value", [3, [3], (3,), np.int64(3), np.array([3]), range(3, 4)])
def test_a_shape_can_be_spelled(value):
    assert as_shape(value) == (3,)


@pytest.mark.parametrize(
    "value", ["3", 2.0, [2.5], None, [None], object()], ids=lambda value: type(value).__name__
)
def test_a_shape_is_made_of_integers(value):
    with pytest.raises(ArgumentTypeError, match="The shape of 'w' is not made of integers"):
        as_shape(value, owner="The shape of 'w'")


def test_a_complete_shape_has_no_negative_axis():
    with pytest.raises(ArgumentError, match=r"The shape has a negative axis.\n  Received \(2, -1\)"):
        as_shape((2, -1))


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, None),
        (5, (5,)),
        (0, (None,)),
        ((), ()),
        ((64, 0, -1, None), (64, None, None, None)),
        ([2], (2,)),
    ],
)
def test_mxnets_unknown_axes_are_0_and_minus_1(value, shape):
    assert from_mxnet(value) == shape


def test_zero_can_be_a_size_in_mxnets_spelling_too():
    assert from_mxnet((0, -1), zero_is_unknown=False) == (0, None)


@pytest.mark.parametrize(
    ("value", "error"), [((2, -2), ArgumentError), (("a",), ArgumentTypeError), (1.5, ArgumentTypeError)]
)
def test_what_mxnet_could_not_mean_is_refused(value, error):
    with pytest.raises(error, match=r"Parameter 'w' .*\n  Expected .*0 or -1 for an unknown axis, received"):
        from_mxnet(value, owner="Parameter 'w'")
