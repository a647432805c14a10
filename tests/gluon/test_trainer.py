"""gluon.Trainer: stepping on any number of contexts, and following its parameters."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from parameter.helpers import backward, make_params, values

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeferredInitializationError,
    FileFormatError,
    InPlaceError,
    LearningRateError,
    NotInitializedError,
    SavedArrayError,
    StaleGradientError,
    UnknownNameError,
)
from gluonish.gluon import Parameter, ParameterDict, Trainer

SHAPES = [(3, 4), (5,), (2, 2)]
SGD = {"learning_rate": 0.1, "momentum": 0.9}


def trained(params, steps=1, ctx=None, optimizer="sgd", scale=1.0, **kwargs):
    """Return a trainer after some steps on the gradients scale * w."""
    trainer = Trainer(params, optimizer, SGD if optimizer == "sgd" else {"learning_rate": 0.1}, **kwargs)
    for _ in range(steps):
        step(trainer, params, ctx, scale)
    return trainer


def step(trainer, params, contexts=None, scale=1.0, **kwargs):
    for ctx in contexts or [None]:
        backward(params, ctx, scale)
    trainer.step(1, **kwargs)


def assert_equal(first, second):
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


# -- what it can be made of -----------------------------------------------------------------------------


def test_parameters_of_a_dictionary_are_taken_in_the_order_of_their_names():
    params = ParameterDict()
    for name in ("dense2", "dense10", "dense1"):
        params.get(name, shape=(2,)).initialize()
    assert [p.name for p in Trainer(params, "sgd")._params] == ["dense1", "dense10", "dense2"]


def test_a_parameter_listed_twice_is_trained_once():
    params = make_params([(2,)])
    before = values(params)["p0"]
    trainer = Trainer([params["p0"], params["p0"]], "sgd", {"learning_rate": 0.1})
    step(trainer, params)
    np.testing.assert_allclose(params["p0"].data().asnumpy(), 0.9 * before, rtol=1e-6)


@pytest.mark.parametrize("params", [None, 3, "weights"])
def test_anything_but_parameters_is_an_error(params):
    with pytest.raises(ValueError, match=r"cannot train this.*\n.*a ParameterDict, a dictionary or a list"):
        Trainer(params, "sgd")


def test_a_list_with_something_else_in_it_is_an_error():
    with pytest.raises(ValueError, match=r"trains Parameters.*\n.*received NDArray"):
        Trainer([mx.nd.ones(2)], "sgd")


def test_an_unknown_optimizer_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'sdg' is not registered.*\n.*nag, rmsprop, sgd"):
        Trainer(make_params(SHAPES), "sdg")


def test_an_unknown_argument_of_the_optimizer_is_a_type_error():
    with pytest.raises(TypeError, match="lerning_rate"):
        Trainer(make_params(SHAPES), "sgd", {"lerning_rate": 0.1})


def test_arguments_for_an_optimizer_that_exists_are_an_error():
    with pytest.raises(AssertionError, match="cannot give arguments to an optimizer that exists"):
        Trainer(make_params(SHAPES), mx.optimizer.SGD(), {"learning_rate": 0.1})


@pytest.mark.parametrize("store", ["devise", "dist_sync"])
def test_an_unknown_kvstore_is_an_error(store):
    with pytest.raises(ArgumentError, match=f"kvstore '{store}' does not exist"):
        Trainer(make_params(SHAPES), "sgd", kvstore=store)


def test_a_kvstore_that_is_no_name_is_a_type_error():
    with pytest.raises(ArgumentTypeError, match="cannot use this kvstore"):
        Trainer(make_params(SHAPES), "sgd", kvstore=3)


def test_updating_on_a_store_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="cannot update on a store that does not exist"):
        Trainer(make_params(SHAPES), "sgd", kvstore=None, update_on_kvstore=True)


def test_parameters_on_different_contexts_are_an_error_that_names_two():
    first, second = make_params([(2,)])["p0"], Parameter("other", shape=(2,))
    second.initialize(ctx=mx.cpu(1))
    with pytest.raises(AssertionError, match=r"same contexts.*\n.*as 'p0', received cpu\(1\) for 'other'"):
        Trainer([first, second], "sgd")


def test_a_parameter_that_was_never_initialized_is_an_error():
    with pytest.raises(NotInitializedError, match="'w' has not been initialized"):
        Trainer([Parameter("w", shape=(2,))], "sgd")


# -- stepping -------------------------------------------------------------------------------------------


def test_a_step_divides_by_the_batch_size():
    params = make_params(SHAPES)
    before = values(params)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1})
    backward(params)
    trainer.step(4)
    for name, value in values(params).items():
        np.testing.assert_allclose(value, before[name] * (1 - 0.1 / 4), rtol=1e-6)


def test_momentum_is_that_of_the_formula():
    params = make_params(SHAPES)
    weight = values(params)["p0"].astype("float64")
    trained(params, steps=5)
    momentum = 0.0
    for _ in range(5):
        momentum = 0.9 * momentum - 0.1 * weight
        weight = weight + momentum
    np.testing.assert_allclose(params["p0"].data().asnumpy(), weight, rtol=1e-5)


def test_gradients_of_all_replicas_are_added_and_the_replicas_stay_equal(contexts):
    params = make_params(SHAPES, contexts)
    before = values(params, contexts[0])
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1})
    for i, ctx in enumerate(contexts):
        backward(params, ctx, scale=i + 1.0)
    trainer.step(1)
    total = sum(range(1, len(contexts) + 1))
    for ctx in contexts:
        for name, value in values(params, ctx).items():
            np.testing.assert_allclose(value, before[name] * (1 - 0.1 * total), rtol=1e-5)
        assert_equal(values(params, ctx), values(params, contexts[0]))


def test_updating_the_first_replica_leaves_the_gradients_as_they_are(two):
    params = make_params(SHAPES, two)
    trainer = Trainer(params, "sgd", SGD)
    backward(params, two[0], 1.0)
    backward(params, two[1], 2.0)
    before = [g.asnumpy() for g in params["p0"].list_grad()]
    trainer.step(1)
    np.testing.assert_array_equal(params["p0"].grad(two[0]).asnumpy(), before[0])
    np.testing.assert_array_equal(params["p0"].grad(two[1]).asnumpy(), before[1])


def test_updating_every_replica_leaves_the_sum_in_the_gradients(two):
    params = make_params(SHAPES, two)
    trainer = Trainer(params, "sgd", SGD, update_on_kvstore=False)
    backward(params, two[0], 1.0)
    backward(params, two[1], 2.0)
    total = sum(g.asnumpy() for g in params["p0"].list_grad())
    trainer.step(1)
    for gradient in params["p0"].list_grad():
        np.testing.assert_array_equal(gradient.asnumpy(), total)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_both_ways_to_update_replicas_give_the_same_bits(optimizer, two):
    results = []
    for central in (True, False):
        mx.random.seed(1)
        params = make_params(SHAPES, two)
        trained(params, 4, two, optimizer, update_on_kvstore=central)
        results.append(values(params, two[1]))
    assert_equal(*results)


def test_allreduce_and_update_are_what_step_does(two):
    results = []
    for split in (True, False):
        mx.random.seed(1)
        params = make_params(SHAPES, two)
        trainer = Trainer(params, "sgd", SGD, update_on_kvstore=False)
        for _ in range(3):
            for ctx in two:
                backward(params, ctx)
            if split:
                trainer.allreduce_grads()
                trainer.update(1)
            else:
                trainer.step(1)
        results.append(values(params, two[0]))
    assert_equal(*results)


@pytest.mark.parametrize("method", ["allreduce_grads", "update"])
def test_the_halves_of_a_step_are_refused_where_it_is_done_in_one_go(method, two):
    trainer = Trainer(make_params(SHAPES, two), "sgd", SGD)
    with pytest.raises(AssertionError, match=r"not available.*\n.*update_on_kvstore=False"):
        getattr(trainer, method)(*([1] if method == "update" else []))


def test_without_a_store_replicas_go_their_own_ways_with_one_warning(two):
    params = make_params(SHAPES, two)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1}, kvstore=None)
    before = values(params, two[0])
    backward(params, two[0], 1.0)
    backward(params, two[1], 2.0)
    with pytest.warns(UserWarning, match="the replicas drift apart"):
        trainer.step(1)
    np.testing.assert_allclose(params["p1"].data(two[0]).asnumpy(), before["p1"] * 0.9, rtol=1e-6)
    np.testing.assert_allclose(params["p1"].data(two[1]).asnumpy(), before["p1"] * 0.8, rtol=1e-6)
    step(trainer, params, two)


def test_the_environment_variable_of_mxnet_chooses_the_way(two, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    params = make_params(SHAPES, two)
    trainer = Trainer(params, "sgd", SGD)
    for each in params.values():
        for grad in each.list_grad():
            grad[:] = 1
    trainer.allreduce_grads()
    for each in params.values():
        for grad in each.list_grad():
            assert (grad.asnumpy() == len(two)).all()


def test_a_batch_size_of_0_is_a_division_by_0():
    trainer = trained(make_params(SHAPES))
    with pytest.raises(ZeroDivisionError, match=r"cannot divide gradients.*\n.*received 0"):
        trainer.step(0)


@pytest.mark.parametrize("batch_size", [-1, float("nan"), "2", None, [4]])
def test_a_batch_size_that_is_no_positive_number_is_an_error(batch_size):
    trainer = trained(make_params(SHAPES))
    with pytest.raises(ArgumentTypeError, match=r"cannot divide gradients.*\n.*a positive number, received"):
        trainer.step(batch_size)


def test_a_step_while_recording_is_an_error():
    trainer = trained(make_params(SHAPES))
    with mx.autograd.record(), pytest.raises(InPlaceError, match="cannot update parameters while recording"):
        trainer.step(1)


def test_a_backward_pass_after_the_step_is_an_error_that_names_the_parameter():
    params = make_params(SHAPES)
    trainer = Trainer(params, "sgd", SGD)
    with mx.autograd.record():
        late = (params["p0"].data() * params["p0"].data()).sum()
    step(trainer, params)
    with pytest.raises(SavedArrayError, match=r"Parameter 'p0', input '[lr]hs'"):
        late.backward()


def test_parameters_with_grad_req_null_are_passed_over():
    params = make_params(SHAPES)
    params["p1"].grad_req = "null"
    before = values(params)
    trained(params)
    np.testing.assert_array_equal(params["p1"].data().asnumpy(), before["p1"])
    assert not np.array_equal(params["p0"].data().asnumpy(), before["p0"])


def test_pending_parameters_are_an_error_that_names_all_of_them():
    params = ParameterDict()
    params.get("ready", shape=(2,))
    params.get("first", shape=(2, 0), allow_deferred_init=True)
    params.get("second", shape=(0,), allow_deferred_init=True)
    params.initialize()
    trainer = Trainer(params, "sgd", SGD)
    with pytest.raises(
        DeferredInitializationError,
        match=r"2 parameters are needed by the Trainer[\s\S]*first \(2, \?\)[\s\S]*second \(\?,\)",
    ):
        trainer.step(1)


def test_a_trainer_made_before_the_shapes_are_known_trains_once_they_are():
    params = ParameterDict()
    weight = params.get("w", shape=(2, 0), allow_deferred_init=True)
    params.initialize(mx.init.One())
    trainer = Trainer(params, "sgd", {"learning_rate": 0.5})
    weight.shape = (2, 3)
    params.initialize(mx.init.One())
    step(trainer, params)
    assert (weight.data().asnumpy() == 0.5).all()


# -- rates ----------------------------------------------------------------------------------------------


def test_lr_mult_and_wd_mult_count_from_the_next_step_on():
    params = make_params([(4,), (4,), (4,)])
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1, "wd": 0.5})
    step(trainer, params)
    before = values(params)
    params["p0"].lr_mult = 2.0
    params["p1"].wd_mult = 0.0
    step(trainer, params)
    factors = {"p0": 1 - 0.2 * 1.5, "p1": 1 - 0.1, "p2": 1 - 0.1 * 1.5}
    for name, factor in factors.items():
        np.testing.assert_allclose(params[name].data().asnumpy(), before[name] * factor, rtol=1e-5)


def test_a_pattern_sets_a_multiplier_for_many():
    params = ParameterDict()
    for name in ("a_weight", "a_bias", "b_weight", "b_bias"):
        params.get(name, shape=(4,))
    params.initialize(mx.init.One())
    for name, parameter in params.items():
        if name.endswith("bias"):
            parameter.lr_mult = 0.0
    trained(params)
    assert {name: bool((v == 1).all()) for name, v in values(params).items()} == {
        "a_weight": False,
        "a_bias": True,
        "b_weight": False,
        "b_bias": True,
    }


def test_the_learning_rate_can_be_read_and_set():
    trainer = trained(make_params(SHAPES))
    trainer.set_learning_rate(0.25)
    assert trainer.learning_rate == 0.25
    assert trainer.optimizer.lr == 0.25


def test_a_scheduler_is_asked_with_the_number_of_updates():
    params = make_params([(4,)])
    schedule = mx.lr_scheduler.FactorScheduler(step=1, factor=0.5, base_lr=0.8)
    trainer = Trainer(params, "sgd", {"lr_scheduler": schedule})
    rates = []
    for _ in range(4):
        before = values(params)["p0"]
        step(trainer, params)
        rates.append(float(1 - (values(params)["p0"] / before)[0]))
    np.testing.assert_allclose(rates, [0.8, 0.4, 0.2, 0.1], rtol=1e-4)


def test_setting_the_rate_against_a_scheduler_is_an_error():
    schedule = mx.lr_scheduler.FactorScheduler(step=1)
    trainer = Trainer(make_params(SHAPES), "sgd", {"lr_scheduler": schedule})
    with pytest.raises(LearningRateError, match="from a scheduler, so it cannot be set"):
        trainer.set_learning_rate(0.1)
    with pytest.raises(UserWarning):
        trainer.set_learning_rate(0.1)


# -- stale gradients --------------------------------------------------------------------------------------


def test_a_stale_gradient_is_an_error_that_names_every_one_and_its_context(two):
    params = make_params(SHAPES, two)
    trainer = Trainer(params, "sgd", SGD)
    backward(params, two[0])
    with pytest.raises(StaleGradientError) as caught:
        trainer.step(1)
    for name in ("p0", "p1", "p2"):
        assert f"'{name}' on cpu(1)" in str(caught.value)
        assert f"'{name}' on cpu(0)" not in str(caught.value)
    with pytest.raises(UserWarning):
        trainer.step(1)


def test_a_stale_gradient_changes_nothing_and_the_step_can_be_repeated():
    params = make_params(SHAPES)
    trainer = Trainer(params, "sgd", SGD)
    before = values(params)
    backward({name: p for name, p in params.items() if name != "p1"})
    with pytest.raises(StaleGradientError, match="'p1' on"):
        trainer.step(1)
    assert_equal(values(params), before)
    trainer.step(1, ignore_stale_grad=True)
    assert not np.array_equal(params["p0"].data().asnumpy(), before["p0"])
    np.testing.assert_array_equal(params["p1"].data().asnumpy(), before["p1"])


def test_a_second_step_without_a_backward_pass_is_stale(contexts):
    params = make_params(SHAPES, contexts)
    trainer = trained(params, 1, contexts)
    with pytest.raises(StaleGradientError):
        trainer.step(1)


def test_ignoring_stale_gradients_leaves_old_ones_out_of_the_sum(two):
    params = make_params([(4,)], two)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1})
    step(trainer, params, two)
    before = values(params, two[0])["p0"]
    backward(params, two[1])
    trainer.step(1, ignore_stale_grad=True)
    for ctx in two:
        np.testing.assert_allclose(params["p0"].data(ctx).asnumpy(), before * 0.9, rtol=1e-5)


def test_a_parameter_passed_over_counts_fewer_updates():
    params = make_params([(4,), (4,)])
    trainer = Trainer(params, "adam", {"learning_rate": 0.1})
    step(trainer, params)
    backward({"p0": params["p0"]})
    trainer.step(1, ignore_stale_grad=True)
    counts = [s.counts.tolist() for p in params.values() for s in p.core.ready().group.slots.values()]
    assert counts[0] == [2, 1]


def test_zeroing_does_not_make_a_gradient_fresh_and_accumulating_does():
    params = make_params([(4,)], grad_req="add")
    trainer = trained(params)
    params.zero_grad()
    with pytest.raises(StaleGradientError):
        trainer.step(1)
    step(trainer, params)


# -- following the parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "nag", "adam", "adamw", "rmsprop", "adagrad"])
def test_after_moving_there_and_back_the_next_step_is_that_of_a_run_that_never_moved(optimizer, two):
    def run(*, moves):
        mx.random.seed(3)
        params = make_params(SHAPES, two)
        extra = {"momentum": 0.9} if optimizer in ("sgd", "nag") else {}
        trainer = Trainer(params, optimizer, {"learning_rate": 0.05, "wd": 0.01, **extra})
        for _ in range(3):
            step(trainer, params, two)
        if moves:
            params.reset_ctx(mx.cpu(4))
            params.reset_ctx([mx.cpu(5), mx.cpu(6), mx.cpu(7)])
            params.reset_ctx(two)
        for _ in range(2):
            step(trainer, params, two)
        return values(params, two[1])

    assert_equal(run(moves=True), run(moves=False))


def test_momentum_goes_along_to_fewer_and_to_more_contexts():
    """One replica with the whole gradient moves like two with half of it each, whatever their number."""
    results = []
    for plan in ([1, 1, 1], [2, 1, 3]):
        mx.random.seed(3)
        contexts = [mx.cpu(i) for i in range(plan[0])]
        params = make_params(SHAPES, contexts)
        trainer = Trainer(params, "sgd", SGD)
        for number in plan:
            contexts = [mx.cpu(i) for i in range(number)]
            params.reset_ctx(contexts)
            for _ in range(2):
                step(trainer, params, contexts, scale=1.0 / number)
        results.append(values(params, contexts[-1]))
    for name in results[0]:
        np.testing.assert_allclose(results[0][name], results[1][name], rtol=1e-5, atol=1e-7)


def test_every_replica_is_updated_after_growing():
    params = make_params(SHAPES)
    trainer = trained(params, 2)
    contexts = [mx.cpu(i) for i in range(3)]
    params.reset_ctx(contexts)
    step(trainer, params, contexts)
    for ctx in contexts[1:]:
        assert_equal(values(params, ctx), values(params, contexts[0]))


def test_momentum_survives_a_cast():
    results = []
    for dtype in ("float32", "float64"):
        mx.random.seed(3)
        params = make_params(SHAPES)
        trainer = trained(params, 3)
        params.cast(dtype)
        for _ in range(3):
            step(trainer, params)
        results.append(values(params))
    for name in results[0]:
        np.testing.assert_allclose(results[0][name], results[1][name], rtol=1e-5)


def test_after_a_cast_to_half_precision_the_run_agrees_within_its_precision():
    results = []
    for dtype in ("float32", "float16"):
        mx.random.seed(3)
        params = make_params(SHAPES)
        trainer = Trainer(params, "sgd", {**SGD, "multi_precision": True})
        for _ in range(2):
            step(trainer, params)
        params.cast(dtype)
        for _ in range(2):
            step(trainer, params)
        results.append(values(params))
    for name in results[0]:
        np.testing.assert_allclose(results[0][name], results[1][name], rtol=4e-3, atol=2e-3)


def test_a_master_keeps_changes_that_half_precision_would_lose():
    params = make_params([(4,)], dtype="float16", init="ones")
    trainer = Trainer(params, "sgd", {"learning_rate": 1e-4, "multi_precision": True})
    for _ in range(20):
        params["p0"].grad()[:] = 1.0
        params["p0"].grad()._storage.fresh = True
        trainer.step(1)
    np.testing.assert_allclose(params["p0"].data().asnumpy(), 1 - 20e-4, rtol=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_set_data_in_mid_training_is_not_undone_by_a_master(dtype, two):
    params = make_params(SHAPES, two, dtype=dtype)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1, "multi_precision": True})
    step(trainer, params, two)
    params["p0"].set_data(np.full((3, 4), 2.0))
    step(trainer, params, two)
    np.testing.assert_allclose(params["p0"].data(two[1]).asnumpy(), 2 * 0.8, rtol=2e-3)


def test_set_data_keeps_the_momentum():
    params = make_params([(4,)])
    trainer = trained(params, 1, scale=1.0)
    weight = params["p0"].data().asnumpy()
    momentum = weight - weight / 0.9
    params["p0"].set_data(np.ones(4))
    step(trainer, params, scale=0.0)
    np.testing.assert_allclose(params["p0"].data().asnumpy(), 1 + 0.9 * momentum, rtol=1e-5)


def test_freezing_and_thawing_keeps_the_momentum_and_moves_nothing_between():
    params = make_params([(4,), (4,)])
    trainer = trained(params, 2)
    frozen = params["p0"].data().asnumpy()
    params["p0"].grad_req = "null"
    for _ in range(3):
        step(trainer, params)
    np.testing.assert_array_equal(params["p0"].data().asnumpy(), frozen)
    params["p0"].grad_req = "write"
    step(trainer, params, scale=0.0)
    assert not np.array_equal(params["p0"].data().asnumpy(), frozen)


def test_reinitializing_starts_the_momentum_anew():
    params = make_params([(4,)])
    trainer = trained(params, 3)
    params.initialize(mx.init.One(), force_reinit=True)
    step(trainer, params, scale=0.0)
    assert (params["p0"].data().asnumpy() == 1).all()


def test_a_trainer_that_is_gone_leaves_no_slots_behind():
    params = make_params(SHAPES)
    trainer = trained(params, 1)
    group = params["p0"].core.ready().group
    assert group.slots
    del trainer
    gc.collect()
    assert not group.slots
    assert params["p0"].core.trainers == frozenset()


def test_two_trainers_of_one_network_keep_states_of_their_own():
    params = make_params([(4,)])
    first, second = (Trainer(params, "sgd", {"learning_rate": 0.1, "momentum": m}) for m in (0.9, 0.0))
    step(first, params)
    before = params["p0"].data().asnumpy()
    step(second, params)
    np.testing.assert_allclose(params["p0"].data().asnumpy(), 0.9 * before, rtol=1e-6)


# -- optimizers that work on one parameter at a time ------------------------------------------------------


class OneByOne(mx.optimizer.Optimizer):
    """SGD with momentum, written as users of MXNet write optimizers."""

    def create_state(self, index, weight):
        return mx.nd.zeros(weight.shape, ctx=weight.context, dtype=weight.dtype)

    def update(self, index, weight, grad, state):
        self._update_count(index)
        state[:] = 0.9 * state - self._get_lr(index) * self.rescale_grad * grad
        weight[:] = weight + state


@pytest.mark.parametrize("central", [True, False])
def test_an_optimizer_of_the_users_own_gives_what_the_flat_one_gives(central, contexts):
    results = []
    for optimizer in (OneByOne(learning_rate=0.1), mx.optimizer.SGD(**SGD)):
        mx.random.seed(3)
        params = make_params(SHAPES, contexts)
        trainer = Trainer(params, optimizer, update_on_kvstore=central if len(contexts) > 1 else None)
        params["p1"].lr_mult = 0.5
        for _ in range(3):
            step(trainer, params, contexts)
        params.reset_ctx(mx.cpu(7))
        step(trainer, params, [mx.cpu(7)])
        results.append(values(params, mx.cpu(7)))
    for name in results[0]:
        np.testing.assert_allclose(results[0][name], results[1][name], rtol=1e-5, atol=1e-7)


class AdamOneByOne(mx.optimizer.Adam):
    """Adam, but not on flat arrays, because it replaces update()."""

    def update(self, index, weight, grad, state):
        super().update(index, weight, grad, state)


@pytest.mark.parametrize("central", [True, False])
def test_updates_are_counted_per_parameter_not_per_replica(central, two):
    results = []
    for kind in (AdamOneByOne, mx.optimizer.Adam):
        mx.random.seed(3)
        params = make_params(SHAPES, two)
        trainer = Trainer(params, kind(learning_rate=0.1), update_on_kvstore=central)
        for _ in range(3):
            step(trainer, params, two)
        assert trainer.optimizer.num_update == 3
        results.append(values(params, two[1]))
    assert_equal(*results)


# -- states -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_saved_states_go_on_as_if_nothing_had_happened_on_other_contexts(optimizer, tmp_path, two):
    mx.random.seed(3)
    params = make_params(SHAPES, two)
    trainer = trained(params, 3, two, optimizer)
    trainer.save_states(tmp_path / "trainer.states")
    saved = {name: p.data(two[0]).copy() for name, p in params.items()}
    step(trainer, params, two)
    expected = values(params, two[0])

    other = make_params(SHAPES, mx.cpu(3))
    for name, parameter in other.items():
        parameter.set_data(saved[name])
    fresh = Trainer(other, optimizer, SGD if optimizer == "sgd" else {"learning_rate": 0.1})
    fresh.load_states(tmp_path / "trainer.states")
    step(fresh, other, [mx.cpu(3)], scale=2.0)
    assert fresh.optimizer.num_update == 4
    for name, value in values(other, mx.cpu(3)).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-6)


def test_states_of_another_optimizer_are_refused_and_change_nothing(tmp_path):
    params = make_params(SHAPES)
    trained(params, 2, optimizer="adam").save_states(tmp_path / "adam.states")
    trainer = trained(params, 1)
    with pytest.raises(FileFormatError, match=r"another optimizer.*\n.*Expected SGD, received Adam"):
        trainer.load_states(tmp_path / "adam.states")
    assert trainer.optimizer.num_update == 1


def test_states_of_other_parameters_are_refused(tmp_path):
    trained(make_params(SHAPES), 2).save_states(tmp_path / "sgd.states")
    with pytest.raises(FileFormatError, match=r"no state for parameter 'p0' of shape \(7, 7\)"):
        trained(make_params([(7, 7)])).load_states(tmp_path / "sgd.states")


def test_a_file_that_holds_no_states_is_refused(tmp_path):
    (tmp_path / "junk").write_bytes(b"this is no safetensors file at all")
    with pytest.raises(FileFormatError, match="is no safetensors file, or damaged"):
        trained(make_params(SHAPES)).load_states(tmp_path / "junk")


def test_a_missing_file_of_states_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        trained(make_params(SHAPES)).load_states(tmp_path / "nothing")


def test_the_number_of_parameters_does_not_change_what_a_step_touches():
    """A thousand small parameters are one run of memory, as one large one is."""
    params = make_params([(64,)] * 1000)
    trainer = trained(params)
    (piece,) = trainer._plan.pieces
    assert len(piece.runs) == 1
    assert piece.group.size == 64_000
