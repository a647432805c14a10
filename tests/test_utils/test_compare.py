"""Comparing arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ComparisonError, ShapeMismatchError

numbers = st.floats(-1e6, 1e6)
arrays = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=numbers)


# -- tolerances -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("float16", "float32"), (1e-2, 1e-1)),
        (("float32", "float64"), (1e-4, 1e-3)),
        (("float64", "float64"), (1e-5, 1e-20)),
        (("int32", "float64"), (1e-5, 1e-20)),
        (("int32", "int64"), (0, 0)),
    ],
)
def test_tolerances_are_those_of_the_coarser_dtype(dtypes, expected):
    """The numbers of MXNet 1.9.1."""
    first, second = (np.ones(2, dtype) for dtype in dtypes)
    assert tu.get_tols(first, second, None, None) == tu.get_tols(second, first, None, None) == expected
    assert tu.get_tols(mx.nd.array(first, dtype=dtypes[0]), second, None, None) == expected


def test_tolerances_may_be_given_by_dtype():
    by_dtype = {np.dtype("float32"): 0.5}
    assert tu.get_tols(np.ones(1, "float32"), np.ones(1), by_dtype, 3) == (0.5, 3)
    assert tu.get_tolerance(np.ones(1), by_dtype, tu.default_rtols()) == 1e-5


def test_defaults_are_taken_for_what_is_not_given():
    assert (tu.get_rtol(), tu.get_atol(), tu.get_etol()) == (1e-5, 1e-20, 0)
    assert (tu.get_rtol(0.1), tu.get_atol(0.2), tu.get_etol(0.3)) == (0.1, 0.2, 0.3)
    assert tu.get_rtol(dtype=np.dtype("float16")) == 1e-2
    assert tu.default_numeric_eps()[np.dtype("float32")] == 2**-9
    assert tu.effective_dtype(mx.nd.ones(1)) == np.float32


# -- telling ----------------------------------------------------------------------------------------------


@given(arrays, st.floats(1e-9, 1e-2), st.floats(1e-9, 1e-2))
def test_almost_equal_is_what_its_inequality_says(b, rtol, atol):
    allowed = atol + rtol * np.abs(b)
    assert tu.almost_equal(b + 0.9 * allowed, b, rtol, atol)
    wrong = b.copy()
    wrong.flat[-1] += 1.1 * allowed.flat[-1] + 1e-9
    assert not tu.almost_equal(wrong, b, rtol, atol) or np.abs(b).max() > 1e5


def test_arrays_of_any_kind_are_compared():
    for first in (mx.nd.ones(2), np.ones(2), [1, 1], 1.0):
        assert tu.almost_equal(first, mx.nd.ones(2))
        tu.assert_almost_equal(first, np.ones(2, "float32"))


def test_same_wants_equal_shapes_and_elements():
    assert tu.same(mx.nd.ones(2), np.ones(2))
    assert not tu.same(np.ones(2), np.ones((1, 2)))
    assert not tu.same(np.array([np.nan]), np.array([np.nan]))
    assert not tu.same(np.ones(2), np.array([1, 1 + 1e-9]))


def test_large_integers_are_compared_exactly():
    with pytest.raises(ComparisonError):
        tu.assert_almost_equal(np.array([2**60]), np.array([2**60 + 1]))


def test_nan_equals_nan_if_that_is_asked_for():
    nan = np.array([np.nan, np.inf])
    tu.assert_almost_equal(nan, nan, equal_nan=True)
    with pytest.raises(ComparisonError, match=r"differ in 1 of 2 elements \(50%\)"):
        tu.assert_almost_equal(nan, nan)


def test_nan_may_be_ignored():
    a, b = np.array([np.nan, 1.0]), np.array([3.0, 1.0])
    assert tu.almost_equal_ignore_nan(a, b)
    tu.assert_almost_equal_ignore_nan(a, b)
    with pytest.raises(ComparisonError):
        tu.assert_almost_equal_ignore_nan(a, np.array([3.0, 2.0]))
    assert np.isnan(a[0])


def test_memory_is_the_same_where_writes_are_shared():
    x = mx.nd.ones((4,))
    assert tu.same_array(x, x[:])
    assert tu.same_array(x, x.detach())
    for other in (x.copy(), x[:2], x.reshape((2, 2)), x[1:]):
        assert not tu.same_array(x, other)


def test_the_worst_place_is_found():
    place, error = tu.find_max_violation(np.array([1.0, 2, 3]), np.array([1, 2.1, 3.5]), 1e-5, 1e-20)
    assert place == (2,)
    assert error == pytest.approx(0.5 / 3.5 / 1e-5)
    assert tu.locationError(np.ones((1, 2)), np.zeros((1, 2)), (0, 1), ("p", "q"), maxError=True) == (
        "Location of maximum error: (0, 1), p=1.00000000, q=0.00000000"
    )


# -- asserting --------------------------------------------------------------------------------------------


def test_a_difference_is_told_with_the_largest_errors_and_their_places():
    with pytest.raises(AssertionError) as caught:
        tu.assert_almost_equal(np.array([1.0, 2, 3]), np.array([1, 2.1, 3.5]), names=("x", "y"))
    assert str(caught.value) == (
        "x and y differ in 2 of 3 elements (66.7%) by more than rtol=1e-05, atol=1e-20.\n"
        "  Expected y [1.  2.1 3.5], received x [1. 2. 3.].\n"
        "  The largest errors, as multiples of what is allowed:\n"
        "    14285.7 at (2,): x=3.00000000, y=3.50000000\n"
        "    4761.9 at (1,): x=2.00000000, y=2.10000000"
    )
    assert isinstance(caught.value, ComparisonError)


def test_as_many_errors_are_listed_as_is_asked_for():
    with pytest.raises(ComparisonError) as caught:
        tu.assert_almost_equal(np.zeros(20), np.arange(20), mismatches=(2, 30))
    assert str(caught.value).count(" at (") == 2


def test_numbers_are_compared_too():
    tu.assert_almost_equal(1.0, 1)
    with pytest.raises(ComparisonError, match=r"1 of 1 elements.*\n.*\n.*\n    50000 at \(\): a=1"):
        tu.assert_almost_equal(1.0, 2.0)


def test_shapes_may_broadcast_unless_that_is_forbidden():
    tu.assert_almost_equal(np.ones((2, 3)), np.ones(3))
    with pytest.raises(
        ComparisonError, match=r"Two arrays have different shapes.\n  Expected \(3,\), received \(2, 3\)"
    ):
        tu.assert_almost_equal(np.ones((2, 3)), np.ones(3), use_broadcast=False)
    with pytest.raises(ValueError, match="their shapes do not broadcast") as caught:
        tu.assert_almost_equal(np.ones(3), np.ones((2, 2)))
    assert isinstance(caught.value, ShapeMismatchError)


def test_a_part_of_the_elements_may_differ():
    a, b = np.array([1.0, 2, 3]), np.array([1, 2.1, 3.5])
    tu.assert_almost_equal_with_err(a, b, etol=0.7)
    for etol in (0.5, None):
        with pytest.raises(ComparisonError):
            tu.assert_almost_equal_with_err(a, b, etol=etol)


def test_tuples_of_arrays_are_compared_one_by_one():
    one, two = mx.nd.ones(2), mx.nd.ones(2) * 2
    tu.compare_ndarray_tuple((one, None, (two,)), (one, two, (two,)))
    with pytest.raises(ComparisonError):
        tu.compare_ndarray_tuple((one, (two,)), (one, (one,)))


def test_allclose_has_the_tolerances_of_numpy():
    tu.assert_allclose(np.array([1.0, np.nan]), np.array([1 + 5e-8, np.nan]))
    with pytest.raises(ComparisonError):
        tu.assert_allclose(np.ones(1), np.ones(1) + 5e-7)


def test_empty_arrays_are_equal():
    tu.assert_almost_equal(np.zeros((0, 2)), np.zeros((0, 2)))


@pytest.mark.gpu
def test_arrays_on_a_gpu_are_compared(gpu):
    x = mx.nd.ones((2,), ctx=gpu)
    tu.assert_almost_equal(x, np.ones(2))
    assert tu.same_array(x, x[:])
    assert not tu.same_array(x, x.copy())
