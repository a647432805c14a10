"""Dense, Dropout, Embedding, Flatten, Lambda: values and impossible arguments."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from gluon.nn.golden import assert_golden, ramp

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    IndexOutOfRangeError,
    NotInitializedError,
    ShapeMismatchError,
)
from gluonish.gluon import nn

# -- Dense ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "x", "shape", "values"),
    [
        (partial(nn.Dense, 2, activation="relu"), (2, 3), (2, 2), [2.3, 0, 0, 3.9]),
        (partial(nn.Dense, 2), (1, 2, 3), (1, 2), [5.8, 2.1]),
        (partial(nn.Dense, 2, flatten=False), (1, 2, 3), (1, 2, 2), [2.3, -1.3, -2.7, 3.9]),
    ],
    ids=["activated", "flattened", "last axis"],
)
def test_dense_gives_mxnets_numbers(make, x, shape, values):
    assert_golden(make(), x, shape, values)


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 3), (4, 1, 3, 2)])
def test_dense_is_a_product_and_a_sum(shape):
    layer = nn.Dense(5)
    layer.initialize(mx.init.Normal(1.0))
    x = mx.random.normal(shape=shape)
    y = layer(x).asnumpy()
    flat = x.asnumpy().reshape(4, -1).astype("float64")
    expected = flat @ layer.weight.data().asnumpy().T + layer.bias.data().asnumpy()
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_dense_without_bias_has_none():
    layer = nn.Dense(5, use_bias=False)
    assert layer.bias is None
    assert list(layer.params) == [layer.weight.name]


def test_the_bias_starts_at_zero_whatever_the_network_is_initialized_with():
    layer = nn.Dense(5, in_units=2)
    layer.initialize(mx.init.One())
    assert layer.bias.data().asnumpy().tolist() == [0] * 5
    assert (layer.weight.data().asnumpy() == 1).all()


def test_initializers_of_the_layer_come_before_that_of_the_network():
    layer = nn.Dense(2, in_units=1, weight_initializer=mx.init.Constant(3), bias_initializer="ones")
    layer.initialize(mx.init.Zero())
    assert layer.weight.data().asnumpy().tolist() == [[3], [3]]
    assert layer.bias.data().asnumpy().tolist() == [1, 1]


def test_numpy_integers_are_sizes():
    layer = nn.Dense(np.int64(3), in_units=np.prod((2, 3)))
    assert layer.weight.shape == (3, 6)


def test_a_batch_without_examples_settles_a_layer():
    layer = nn.Dense(3)
    layer.initialize()
    assert layer(mx.nd.zeros((0, 4))).shape == (0, 3)
    assert layer.weight.shape == (3, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, r"Dense has an impossible units.*\n.*an integer of 1 or more, received 0"),
        ({"units": -3}, r"impossible units.*\n.*received -3"),
        ({"units": 2.5}, r"impossible units.*\n.*received 2\.5"),
        ({"units": "3"}, r"impossible units.*\n.*received '3'"),
        ({"units": 3, "in_units": -1}, r"impossible in_units.*\n.*an integer of 0 or more, received -1"),
        ({"units": 3, "activation": "rleu"}, r"'act_type'.*\n.*'relu', 'sigmoid'.*received 'rleu'"),
    ],
)
def test_an_impossible_argument_of_dense_is_an_error(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        nn.Dense(**arguments)


def test_an_unknown_dtype_is_an_error():
    with pytest.raises(DTypeError, match="'float33' is not supported"):
        nn.Dense(3, dtype="float33")


def test_a_layer_that_was_never_initialized_says_so():
    with pytest.raises(
        NotInitializedError, match=r"'fc_weight' has not been initialized.*\n.*Call initialize"
    ):
        nn.Dense(3, prefix="fc_")(mx.nd.ones((2, 4)))


def test_an_input_of_another_dtype_is_an_error_that_names_both():
    layer = nn.Dense(3)
    layer.initialize()
    with pytest.raises(DTypeError, match=r"'weight' does not fit.*\n.*Expected float64, received float32"):
        layer(mx.nd.ones((2, 4), dtype="float64"))
    assert layer(mx.nd.ones((2, 4))).shape == (2, 3)


def test_a_declared_size_that_the_input_contradicts_is_an_error_and_changes_nothing():
    layer = nn.Dense(3, in_units=5, prefix="fc_")
    layer.initialize()
    before = layer.weight.data().asnumpy()
    with pytest.raises(
        ShapeMismatchError,
        match=r"'weight', Parameter 'fc_weight', has shape \(3, 5\).*\n.*expected 4, rec",
    ):
        layer(mx.nd.ones((2, 4)))
    np.testing.assert_array_equal(layer.weight.data().asnumpy(), before)


# -- Dropout --------------------------------------------------------------------------------------------


def dropped(layer, shape):
    with mx.autograd.train_mode():
        return layer(mx.nd.ones(shape)).asnumpy()


def test_dropout_does_nothing_outside_of_training():
    x = ramp(4, 5)
    np.testing.assert_array_equal(nn.Dropout(0.5)(x).asnumpy(), x.asnumpy())


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_zeroes_its_rate_and_scales_the_rest(rate):
    y = dropped(nn.Dropout(rate), (200, 500))
    kept = y[y != 0]
    np.testing.assert_allclose(kept, 1 / (1 - rate), rtol=1e-6)
    # The number that is kept is binomial: five standard deviations around its mean.
    spread = 5 * np.sqrt(rate * (1 - rate) / y.size)
    assert abs(kept.size / y.size - (1 - rate)) < spread


def test_elements_along_the_shared_axes_have_one_fate():
    y = dropped(nn.Dropout(0.5, axes=(1,)), (40, 6, 3))
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0, 2}
    assert (y[:, 0, 0] != y[:, 0, 1]).any()


def test_a_rate_of_zero_drops_nothing_and_a_rate_of_one_everything():
    assert (dropped(nn.Dropout(0), (5, 5)) == 1).all()
    assert (dropped(nn.Dropout(1), (5, 5)) == 0).all()


def test_two_passes_drop_different_elements_and_one_seed_the_same():
    layer = nn.Dropout(0.5)
    first, second = dropped(layer, (50,)), dropped(layer, (50,))
    assert (first != second).any()
    mx.random.seed(20)
    np.testing.assert_array_equal(dropped(layer, (50,)), first)


@pytest.mark.parametrize("rate", [-0.1, 1.5, "a", None, float("nan")])
def test_a_rate_that_is_no_probability_is_an_error(rate):
    with pytest.raises(ArgumentError, match=r"Dropout has an impossible rate.*\n.*a number from 0 to 1"):
        nn.Dropout(rate)


# -- Embedding ------------------------------------------------------------------------------------------


def test_embedding_gives_mxnets_numbers():
    values = [-0.5, 0.2, -0.4, 0.3, 0.1, -0.3, -0.2, 0.5]
    assert_golden(nn.Embedding(5, 2), mx.nd.array([[0, 4], [2, 1]]), (2, 2, 2), values)


def test_only_rows_that_were_looked_up_get_a_gradient_once_for_each_use():
    layer = nn.Embedding(4, 2)
    layer.initialize()
    with mx.autograd.record():
        loss = layer(mx.nd.array([1, 3, 1], dtype="int32")).sum()
    loss.backward()
    assert layer.weight.grad().asnumpy().tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


@pytest.mark.parametrize("index", [4, -1])
def test_an_index_out_of_range_is_an_error(index):
    layer = nn.Embedding(4, 2)
    layer.initialize()
    with pytest.raises(IndexOutOfRangeError, match=rf"index out of range.*\n.*0 to 3, received {index}"):
        layer(mx.nd.array([1, index]))


@pytest.mark.parametrize(
    ("sizes", "name"), [((0, 3), "input_dim"), ((3, 0), "output_dim"), ((2.5, 3), "input_dim")]
)
def test_an_impossible_size_of_a_table_is_an_error(sizes, name):
    with pytest.raises(ArgumentError, match=f"Embedding has an impossible {name}"):
        nn.Embedding(*sizes)


# -- Flatten and Lambda ---------------------------------------------------------------------------------


def test_flatten_keeps_the_batch_and_the_order():
    x = ramp(2, 3, 4)
    np.testing.assert_array_equal(nn.Flatten()(x).asnumpy(), x.asnumpy().reshape(2, 12))


def test_a_lambda_calls_its_function_with_everything_it_gets():
    layer = nn.Lambda(lambda x, y: x * 10 + y)
    assert layer(mx.nd.array([1.0]), mx.nd.array([2.0])).asscalar() == 12


def test_a_lambda_of_a_name_finds_the_function_in_nd():
    assert nn.Lambda("relu")(mx.nd.array([-1.0, 2.0])).asnumpy().tolist() == [0, 2]


def test_a_hybrid_lambda_gets_the_namespace_of_its_input():
    seen = []

    def function(F, x, y):
        seen.append(F)
        return F.broadcast_add(x, y)

    layer = nn.HybridLambda(function)
    layer(mx.nd.ones(2), mx.nd.ones(2))
    layer(mx.sym.var("x"), mx.sym.var("y"))
    assert seen == [mx.nd, mx.sym]


def test_the_repr_of_a_lambda_names_its_function():
    assert repr(nn.Lambda("relu")) == "Lambda(relu)"
    assert repr(nn.HybridLambda(ramp)) == "HybridLambda(ramp)"
    assert "partial" in repr(nn.Lambda(partial(mx.nd.clip, a_min=0, a_max=1)))


def test_an_unknown_function_is_an_error_that_says_where_it_was_looked_for():
    with pytest.raises(AssertionError, match=r"Lambda finds no function 'relv' in mx\.nd"):
        nn.Lambda("relv")
    with pytest.raises(AssertionError, match=r"HybridLambda finds no function 'array' in mx\.sym"):
        nn.HybridLambda("array")


@pytest.mark.parametrize("layer", [nn.Lambda, nn.HybridLambda])
def test_a_lambda_of_something_else_is_an_error(layer):
    with pytest.raises(
        ArgumentTypeError, match=r"cannot be made of this.*\n.*a function or its name, received int"
    ):
        layer(3)
