"""The functions of mx.nd that are written in Python."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError

LEFT, RIGHT = [[3.0], [0.0]], [2.0, 0.0]

NUMPY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "modulo": np.mod,
    "power": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "hypot": np.hypot,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "lesser": np.less,
    "lesser_equal": np.less_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}


@pytest.mark.parametrize("name", NUMPY)
def test_two_arrays_are_computed_with_broadcasting(name):
    right = [2.0, 3.0]
    result = getattr(nd, name)(nd.array(LEFT), nd.array(right))
    assert result.dtype is np.float32
    np.testing.assert_allclose(result.asnumpy(), NUMPY[name](LEFT, right), rtol=1e-6)


@pytest.mark.parametrize("name", NUMPY)
def test_a_number_may_stand_on_either_side(name):
    function = getattr(nd, name)
    array = nd.array([3.0, 1.0, 2.0])
    np.testing.assert_allclose(function(array, 2).asnumpy(), NUMPY[name]([3.0, 1.0, 2.0], 2.0), rtol=1e-6)
    np.testing.assert_allclose(function(2, array).asnumpy(), NUMPY[name](2.0, [3.0, 1.0, 2.0]), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),  # what MXNet 1.9.1 returns for (3, 2)
    [
        ("add", 5),
        ("subtract", 1),
        ("multiply", 6),
        ("divide", 1.5),
        ("true_divide", 1.5),
        ("modulo", 1),
        ("power", 9),
        ("maximum", 3),
        ("minimum", 2),
        ("hypot", math.sqrt(13)),
        ("equal", 0),
        ("not_equal", 1),
        ("greater", 1),
        ("greater_equal", 1),
        ("lesser", 0),
        ("lesser_equal", 0),
        ("logical_and", 1),
        ("logical_or", 1),
        ("logical_xor", 0),
    ],
)
def test_two_numbers_give_a_number(name, expected):
    result = getattr(nd, name)(3, 2)
    assert result == pytest.approx(expected)
    assert isinstance(result, (int, float))
    assert not isinstance(result, bool)


def test_division_of_integers_is_that_of_c():
    x = nd.array([7, -7], dtype="int32")
    np.testing.assert_array_equal(nd.divide(x, 2).asnumpy(), [3, -3])
    assert nd.true_divide is nd.divide


def test_scalars_of_numpy_are_numbers():
    np.testing.assert_array_equal(nd.maximum(nd.array([1, 5]), np.float64(3)).asnumpy(), [3, 5])


def test_power_takes_its_arguments_by_name():
    np.testing.assert_array_equal(nd.power(base=nd.array([2, 3]), exp=2).asnumpy(), [4, 9])


def test_gradients_flow_through_functions_of_arrays_and_numbers():
    x = nd.array([1.0, 4.0])
    x.attach_grad()
    with autograd.record():
        y = nd.maximum(x, 2) * 3 + nd.power(2, x)
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [2 * np.log(2), 3 + 16 * np.log(2)], rtol=1e-6)


@pytest.mark.parametrize("value", [None, "2", [1, 2], np.ones(2)])
def test_anything_but_arrays_and_numbers_is_refused(value):
    with pytest.raises(ArgumentTypeError, match="takes arrays and numbers"):
        nd.add(nd.ones(2), value)


# -- special values -------------------------------------------------------------------------------------

SPECIAL = [1.0, np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_special_values_are_told_apart_in_the_dtype_of_the_array(dtype):
    x = nd.array(SPECIAL, dtype=dtype)
    for function, expected in (
        (nd.contrib.isnan, [0, 1, 0, 0]),
        (nd.contrib.isinf, [0, 0, 1, 1]),
        (nd.contrib.isfinite, [1, 0, 0, 0]),
    ):
        result = function(x)
        assert result.dtype == x.dtype
        np.testing.assert_array_equal(result.asnumpy(), expected)


def test_integers_are_finite():
    x = nd.array([0, 2**31 - 1], dtype="int32")
    np.testing.assert_array_equal(nd.contrib.isnan(x).asnumpy(), [0, 0])
    np.testing.assert_array_equal(nd.contrib.isinf(x).asnumpy(), [0, 0])
    np.testing.assert_array_equal(nd.contrib.isfinite(x).asnumpy(), [1, 1])


# -- moveaxis, split_v2 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "destination"), [(0, -1), (2, 0), ([0, 1], [-1, 0]), ((-1, 0), (0, 1)), ([], [])]
)
def test_moveaxis_moves_axes_as_numpy_does(source, destination):
    x = np.arange(24.0).reshape(2, 3, 4)
    moved = nd.moveaxis(nd.array(x), source, destination)
    np.testing.assert_array_equal(moved.asnumpy(), np.moveaxis(x, source, destination))


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        ([0, 1], [-1], "needs a destination for each source"),
        ([0, 0], [0, 1], "cannot use this source"),
        (0, 3, "cannot use this destination"),
    ],
)
def test_moveaxis_refuses_axes_that_do_not_go_together(source, destination, message):
    with pytest.raises(ArgumentError, match=message):
        nd.moveaxis(nd.zeros((2, 3, 4)), source, destination)


def lists(parts):
    return [part.asnumpy().tolist() for part in parts]


def test_split_v2_cuts_into_equal_parts():
    assert lists(nd.split_v2(nd.arange(6), 3)) == [[0, 1], [2, 3], [4, 5]]


def test_split_v2_cuts_at_positions():
    assert lists(nd.split_v2(nd.arange(5), (0, 1, 3))) == [[], [0], [1, 2], [3, 4]]


def test_split_v2_can_drop_the_axis():
    parts = nd.split_v2(nd.arange(6).reshape(3, 2), 2, axis=1, squeeze_axis=True)
    assert lists(parts) == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize("whole", [1, ()])
def test_split_v2_into_one_part_gives_the_array(whole):
    assert nd.split_v2(nd.arange(3), whole).shape == (3,)


def test_split_v2_is_differentiable():
    x = nd.arange(4)
    x.attach_grad()
    with autograd.record():
        first, second = nd.split_v2(x, (1,))
        y = first.sum() * 2 + (second * second).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [2, 2, 4, 6])


@pytest.mark.parametrize("sections", [4, 0, -1])
def test_split_v2_refuses_parts_that_are_not_equal(sections):
    with pytest.raises(ArgumentError, match="cannot cut an axis of 6"):
        nd.split_v2(nd.arange(6), sections)


# -- histogram, onehot_encode -----------------------------------------------------------------------------


def test_a_histogram_takes_its_range_from_the_data():
    counts, edges = nd.histogram(nd.arange(10), 5)
    np.testing.assert_array_equal(counts.asnumpy(), [2] * 5)
    np.testing.assert_allclose(edges.asnumpy(), [0, 1.8, 3.6, 5.4, 7.2, 9], rtol=1e-6)


def test_a_histogram_of_equal_numbers_has_a_range_around_them():
    counts, edges = nd.histogram(nd.ones(2), 3)
    np.testing.assert_array_equal(counts.asnumpy(), [0, 2, 0])
    np.testing.assert_allclose(edges.asnumpy(), [0.5, 0.8333333, 1.1666666, 1.5], rtol=1e-6)


def test_a_histogram_counts_within_a_range():
    counts, edges = nd.histogram(nd.array([0, 1, 2, 2.5, 3, 9, np.nan]), 3, range=(0, 3))
    np.testing.assert_array_equal(counts.asnumpy(), [1, 1, 3])
    np.testing.assert_array_equal(edges.asnumpy(), [0, 1, 2, 3])


def test_a_histogram_takes_edges():
    counts, edges = nd.histogram(nd.arange(10), nd.array([0, 1, 5, 9]))
    np.testing.assert_array_equal(counts.asnumpy(), [1, 4, 5])
    np.testing.assert_array_equal(edges.asnumpy(), [0, 1, 5, 9])


def test_the_dtypes_of_a_histogram_are_those_of_mxnet():
    x = nd.arange(4, dtype="float64")
    assert [each.dtype for each in nd.histogram(x, 2)] == [np.float32, np.float64]
    assert [each.dtype for each in nd.histogram(x, 2, range=(0, 1))] == [np.int64, np.float64]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: nd.histogram(x, [0, 1]), ArgumentTypeError, "cannot use these bins"),
        (lambda x: nd.histogram(x, 0, range=(0, 1)), ArgumentError, "one bin or more"),
        (lambda x: nd.histogram(x, 2, range=(1, 0)), ArgumentError, "range=.1.0, 0.0."),
        (lambda x: nd.histogram(x, 2, range=(1,)), ArgumentError, "a range .low, high."),
        (lambda x: nd.histogram(x, nd.array([0, 3, 1])), ArgumentError, "in increasing order"),
        (lambda x: nd.histogram(x, nd.array([[0, 3]])), ShapeMismatchError, "one row of edges"),
        (lambda x: nd._internal._histogram(x, bin_cnt=3), ArgumentError, "both bin_cnt and range"),
    ],
)
def test_bins_that_make_no_histogram_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(nd.arange(4))


def test_onehot_encode_writes_into_out_and_returns_it():
    out = nd.full((2, 3), 7)
    result = nd.onehot_encode(nd.array([1, 2]), out)
    assert result is out
    np.testing.assert_array_equal(out.asnumpy(), [[0, 1, 0], [0, 0, 1]])


# -- methods --------------------------------------------------------------------------------------------


def test_methods_take_out():
    out = nd.zeros(2)
    result = nd.array([1, 4]).sqrt(out=out)
    assert result is out
    np.testing.assert_array_equal(out.asnumpy(), [1, 2])


@pytest.mark.parametrize("space", ["_internal", "contrib", "random"])
def test_sub_namespaces_are_modules_that_can_be_imported(space):
    assert importlib.import_module(f"gluonish.nd.{space}") is getattr(nd, space)


def test_names_and_attributes_are_for_symbols_and_ignored_by_arrays():
    assert nd.zeros((2, 3), name="start", __layout__="NC").shape == (2, 3)
    assert nd.relu(nd.ones(2), name="relu", __group__="a").shape == (2,)
