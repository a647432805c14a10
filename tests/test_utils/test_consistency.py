"""The same computation in several ways."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ArgumentError, ComparisonError
from gluonish.gluon import nn

X = mx.sym.var("x")


def settings(*dtypes):
    return [{"ctx": mx.cpu(i), "x": (2, 3), "type_dict": {"x": dtype}} for i, dtype in enumerate(dtypes)]


@pytest.fixture
def dense():
    return mx.sym.FullyConnected(X, num_hidden=2, name="fc")


def test_results_agree_on_several_contexts_and_in_several_dtypes(dense):
    truth = tu.check_consistency(dense, settings(np.float64, np.float32, np.float16))
    assert sorted(truth) == ["fc_bias", "fc_output", "fc_weight", "x"]
    assert truth["fc_output"].dtype == np.float64


def test_different_symbols_are_told_apart():
    with pytest.raises(ComparisonError, match="y_output of setting 1 and what it should be differ"):
        tu.check_consistency(
            [mx.sym.sin(X, name="y"), mx.sym.cos(X, name="y")], settings(np.float64, np.float32)
        )


def test_outputs_of_several_symbols_correspond_by_position_whatever_they_are_called():
    symbols = [mx.sym.square(X, name="y"), X * X]
    truth = tu.check_consistency(symbols, settings(np.float64, np.float32))
    assert sorted(truth) == ["x", "y_output"]
    with pytest.raises(ComparisonError, match="y_output of setting 1"):
        tu.check_consistency([symbols[0], X * 2], settings(np.float64, np.float32))


def test_a_difference_may_be_printed(capsys):
    pair = [mx.sym.sin(X, name="y"), mx.sym.cos(X, name="y")]
    tu.check_consistency(pair, settings(np.float64, np.float32), raise_on_err=False)
    assert "y_output of setting 1" in capsys.readouterr().out


def test_values_and_truth_may_be_given():
    y = mx.sym.square(X, name="y")
    values = {"x": np.full((2, 3), 3.0)}
    tu.check_consistency(
        y,
        settings(np.float32, np.float32),
        arg_params=values,
        ground_truth={"y_output": np.full((2, 3), 9.0)},
    )
    with pytest.raises(ComparisonError):
        tu.check_consistency(
            y,
            settings(np.float32, np.float32),
            arg_params=values,
            ground_truth={"y_output": np.zeros((2, 3))},
        )


def test_gradients_may_be_left_out():
    truth = tu.check_consistency(
        mx.sym.argmax(X, axis=1, name="y"),
        settings(np.float32, np.float32),
        grad_req="null",
        use_uniform=True,
    )
    assert list(truth) == ["y_output"]


def test_states_are_zeros_or_given():
    y = mx.sym.BatchNorm(X, name="bn", use_global_stats=True)
    given = {"bn_moving_mean": np.ones(3), "bn_moving_var": np.ones(3)}
    first = tu.check_consistency(y, settings(np.float64, np.float32), aux_params=given)
    assert "bn_output" in first


def test_one_setting_has_nothing_to_be_compared_with(dense):
    with pytest.raises(AssertionError, match="compares settings") as caught:
        tu.check_consistency(dense, settings(np.float32))
    assert isinstance(caught.value, ArgumentError)


def test_shapes_must_be_determined(dense):
    with pytest.raises(ArgumentError, match="cannot work out all shapes"):
        tu.check_consistency(dense, [{"ctx": mx.cpu()}, {"ctx": mx.cpu()}])


def test_a_block_gives_the_same_hybridized():
    tu.check_gluon_hybridize_consistency(
        lambda: nn.Dense(2, activation="tanh"), [mx.nd.array([[1.0, -2.0]])], rtol=1e-5, atol=1e-5
    )
    tu.check_gluon_hybridize_consistency(
        lambda: nn.HybridLambda("relu"),
        [mx.nd.array([1.0, -2.0])],
        lambda x: np.maximum(x, 0),
        test_grad=False,
    )


def test_a_block_that_does_not_do_what_numpy_does_is_found():
    with pytest.raises(ComparisonError):
        tu.check_gluon_hybridize_consistency(nn.Flatten, [mx.nd.ones((1, 2))], lambda x: x + 1)


def test_equal_optimizers_agree():
    make = [mx.optimizer.create("sgd", momentum=0.9, learning_rate=0.1) for _ in range(2)]
    tu.compare_optimizer(*make, (2, 3), "float32", ntensors=2)


def test_given_a_list_of_shapes_the_second_optimizer_updates_all_weights_at_once():
    calls = []

    class Spied(mx.optimizer.SGD):
        def update_multi_precision(self, index, weight, grad, state):
            calls.append(
                (index, [each.shape for each in weight] if isinstance(index, list) else weight.shape)
            )
            super().update_multi_precision(index, weight, grad, state)

    tu.compare_optimizer(Spied(momentum=0.9), Spied(momentum=0.9), [(2, 3), (4,)], "float32", ntensors=2)
    assert calls == [(0, (2, 3)), (1, (4,)), ([0, 1], [(2, 3), (4,)])]


def test_shapes_are_as_many_as_weights():
    with pytest.raises(ArgumentError, match=r"a shape for each weight.\s+Expected 2, received 1"):
        tu.compare_optimizer(mx.optimizer.SGD(), mx.optimizer.SGD(), [(2, 3)], "float32", ntensors=2)


def test_optimizers_that_differ_are_told_apart():
    with pytest.raises(ComparisonError):
        tu.compare_optimizer(
            mx.optimizer.create("sgd", learning_rate=0.1),
            mx.optimizer.create("sgd", learning_rate=0.2),
            (2, 3),
            "float32",
        )
