"""Learning rates, multipliers and counts."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentTypeError, LearningRateError
from gluonish.gluon import Parameter
from gluonish.lr_scheduler import FactorScheduler
from gluonish.optimizer import SGD
from optimizer.helpers import PLAIN, run

# -- multipliers and counts ---------------------------------------------------------------------------------


def test_multipliers_are_those_of_the_parameter_then_of_the_index_then_of_the_name():
    parameter = Parameter("w", lr_mult=3.0, wd_mult=4.0)
    names = {0: "a_weight", 1: "b_weight", 2: "c_weight"}
    sgd = SGD(learning_rate=1.0, wd=1.0, param_idx2name=names, param_dict={0: parameter})
    sgd.set_lr_mult({0: 9.0, 1: 5.0, "b_weight": 8.0, "c_weight": 6.0})
    sgd.set_wd_mult({0: 9.0, 1: 5.5, "b_weight": 8.0, "c_weight": 6.5})
    assert [sgd._get_lr(i) for i in range(4)] == [3.0, 5.0, 6.0, 1.0]
    assert [sgd._get_wd(i) for i in range(4)] == [4.0, 5.5, 6.5, 1.0]


def test_multipliers_of_parameters_are_read_live():
    parameter = Parameter("w")
    sgd = SGD(learning_rate=1.0, param_dict={0: parameter})
    parameter.lr_mult = 0.25
    assert sgd._get_lr(0) == 0.25


def test_parameters_known_by_name_decay_only_if_they_are_weights_or_gammas():
    names = {0: "a_weight", 1: "a_bias", 2: "a_gamma", 3: "a_beta"}
    sgd = SGD(wd=0.1, param_idx2name=names)
    assert [sgd._get_wd(i) for i in range(4)] == [0.1, 0.0, 0.1, 0.0]
    sgd.set_wd_mult({"a_bias": 3})
    assert [sgd._get_wd(i) for i in range(4)] == pytest.approx([0.1, 0.3, 0.1, 0.0])


def test_the_number_of_updates_is_the_largest_of_any_parameter():
    sgd = SGD(**PLAIN)
    weight, gradient = mx.nd.ones((1,)), mx.nd.ones((1,))
    for index in (0, 1, 0, 0):
        sgd.update(index, weight, gradient, None)
    assert sgd.num_update == 3
    assert [sgd.update_count(index) for index in (0, 1, 2)] == [3, 1, 0]


def test_counts_are_kept_per_device():
    """An updater of MXNet says on which device it works; each device counts from the beginning."""
    sgd = SGD(begin_num_update=10)
    sgd._update_count([0, 1, 0])
    sgd._set_current_context(3)
    assert [sgd.update_count(index) for index in (0, 1)] == [10, 10]
    sgd._update_count(1)
    sgd._set_current_context(0)
    assert [sgd.update_count(index) for index in (0, 1)] == [12, 11]
    assert sgd.num_update == 12


def test_lists_of_indices_give_lists_of_rates():
    sgd = SGD(learning_rate=0.5, wd=0.1)
    sgd.set_lr_mult({1: 3.0})
    sgd.set_wd_mult({0: 2.0})
    assert sgd._get_lrs([0, 1]) == [0.5, 1.5]
    assert sgd._get_wds([0, 1]) == [0.2, 0.1]


class Symbol:
    """What an optimizer asks of a symbol."""

    def list_arguments(self):
        return ["data", "fc_weight", "fc_bias"]

    def attr_dict(self):
        return {
            "data": {"__lr_mult__": "3.0"},
            "fc_weight": {"__lr_mult__": "2.0", "__wd_mult__": "0.5"},
            "fc_bias": {"__lr_mult__": "0.1"},
            "fc": {"__lr_mult__": "7.0"},
        }


def test_the_variables_of_a_symbol_may_state_multipliers():
    """As MXNet printed them."""
    sgd = SGD(param_idx2name={0: "fc_weight", 1: "fc_bias"}, wd=0.1, sym=Symbol())
    assert sgd.lr_mult == {"data": 3.0, "fc_weight": 2.0, "fc_bias": 0.1}
    assert sgd.wd_mult == {"fc_bias": 0.0, "fc_weight": 0.5}
    sgd.set_lr_mult({"fc_bias": 5})
    sgd.set_wd_mult({"fc_bias": 5})
    assert sgd.lr_mult == {"data": 3.0, "fc_weight": 2.0, "fc_bias": 5}
    assert sgd.wd_mult == {"fc_bias": 5, "fc_weight": 0.5}


def test_the_old_name_of_set_lr_mult_is_an_error_that_names_the_new_one():
    sgd = SGD(learning_rate=1.0)
    with pytest.raises(DeprecationWarning, match=r"is no more.*\n.*Call set_lr_mult\(\{0: 0\.5\}\)"):
        sgd.set_lr_scale({0: 0.5})
    assert sgd._get_lr(0) == 1


AGGREGATES = {None: (4, 4, 45, 0, 0), "7": (7, 7, 7, 0, 0), "60": (60, 60, 45, 0, 0), "0": (0, 0, 1, 0, 0)}
"""``aggregate_num`` as MXNet has it, by the environment variable, for the optimizers below."""


@pytest.mark.parametrize("size", AGGREGATES)
def test_the_number_of_parameters_in_one_call_is_mxnets(size, monkeypatch):
    monkeypatch.delenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", raising=False)
    if size is not None:
        monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", size)
    made = [mx.optimizer.create(name) for name in ("sgd", "lars", "lamb", "adam", "nag")]
    assert tuple(each.aggregate_num for each in made) == AGGREGATES[size]


# -- the learning rate --------------------------------------------------------------------------------------


def test_the_rate_is_a_hundredth_unless_it_is_given():
    assert SGD().learning_rate == 0.01


def test_a_schedule_is_asked_after_the_count_was_raised():
    """MXNet's numbers for FactorScheduler(2, 0.5), base_lr 0.4."""
    sgd = SGD(lr_scheduler=FactorScheduler(2, 0.5, base_lr=0.4))
    expected = [
        [0.2, -0.8, 0.5, 2.9],
        [0.6, -1.0, -1.1, 2.8],
        [0.575, 0.2, -1.4, 3.2],
        [-0.025, -0.2, -1.3, 3.2],
    ]
    np.testing.assert_allclose(run(sgd), expected, atol=3e-7)
    assert sgd.learning_rate == 0.2


def test_a_rate_that_is_given_takes_the_place_of_the_schedules():
    schedule = FactorScheduler(2, 0.5, base_lr=0.4)
    result = run(SGD(lr_scheduler=schedule, learning_rate=0.2))[-1]
    np.testing.assert_allclose(result, [0.4875, -1.1, -0.4, 3.1], atol=3e-7)


def test_a_function_is_a_schedule_too():
    sgd = SGD(lr_scheduler=lambda count: 0.5**count)
    np.testing.assert_allclose(run(sgd, weight=[0.0], gradients=[[1.0]] * 3)[:, 0], [-0.5, -0.75, -0.875])


def test_the_rate_can_be_set_unless_a_schedule_is_in_charge():
    sgd = SGD()
    sgd.set_learning_rate(0.5)
    assert sgd.learning_rate == 0.5
    scheduled = SGD(lr_scheduler=FactorScheduler(2, 0.5, base_lr=0.4))
    with pytest.raises(
        LearningRateError, match="SGD has its learning rate from a scheduler, so it cannot be"
    ):
        scheduled.set_learning_rate(0.5)
    assert scheduled.learning_rate == 0.4


def test_a_schedule_that_cannot_be_called_is_an_error():
    with pytest.raises(
        ArgumentTypeError, match=r"SGD cannot use this lr_scheduler.\n  Expected an LRSch.* 0.1"
    ):
        SGD(lr_scheduler=0.1)


def test_names_that_are_no_dictionary_are_an_error():
    with pytest.raises(
        AssertionError, match=r"cannot use this param_idx2name.\n  Expected a dictionary from"
    ):
        SGD(param_idx2name=["w"])


RATES = {
    "adam": 0.001,
    "adamax": 0.002,
    "nadam": 0.001,
    "rmsprop": 0.001,
    "lamb": 0.001,
    "ftrl": 0.1,
    "signum": 0.01,
}


@pytest.mark.parametrize("name", RATES)
def test_some_optimizers_have_a_rate_of_their_own_that_a_schedule_does_not_lose(name):
    """MXNet overwrites the schedule's rate with it."""
    schedule = FactorScheduler(5, 0.5, base_lr=0.3)
    assert mx.optimizer.create(name).learning_rate == RATES[name]
    assert mx.optimizer.create(name, lr_scheduler=schedule).learning_rate == 0.3
    assert mx.optimizer.create(name, lr_scheduler=schedule, learning_rate=0.2).learning_rate == 0.2
