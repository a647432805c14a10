"""What a Trainer does about gradients that no backward pass has written: error, warn, skip, zero."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import gluonish as mx
from gluonish import gluon
from gluonish.errors import ArgumentError, StaleGradientError

SGD = {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.1}


def pair(contexts, policy="error", update_on_kvstore=None):
    """Two parameters and their trainer, after a first step of both with gradients of 1."""
    params = gluon.ParameterDict()
    for name in ("used", "unused"):
        params.get(name, shape=(2,), init=mx.init.One())
    params.initialize(ctx=contexts)
    trainer = gluon.Trainer(params, "sgd", SGD, update_on_kvstore=update_on_kvstore, stale_grad=policy)
    backward(params, "used", "unused")
    trainer.step(1)
    return params, trainer


def backward(params, *names, contexts=None):
    """Run a backward pass in which some parameters take part, on all contexts or on some."""
    for ctx in contexts or params["used"].list_ctx():
        with mx.autograd.record():
            loss = sum(params[name].data(ctx).sum() for name in names)
        loss.backward()


def values(params):
    return {name: [a.asnumpy() for a in p.list_data()] for name, p in params.items()}


def sgd(weight, momentum, gradient):
    """One step of SGD with momentum and decay, on numbers."""
    momentum = SGD["momentum"] * momentum - SGD["learning_rate"] * (gradient + SGD["wd"] * weight)
    return weight + momentum, momentum


everywhere = pytest.mark.parametrize("update_on_kvstore", [None, False], ids=["central", "each"])


@everywhere
def test_by_default_all_of_them_are_named_and_nothing_changes(two, update_on_kvstore):
    params, trainer = pair(two, update_on_kvstore=update_on_kvstore)
    backward(params, "used", contexts=two[:1])
    before = values(params)
    with pytest.raises(
        StaleGradientError,
        match=r"'unused' on cpu\(0\), 'unused' on cpu\(1\), 'used' on cpu\(1\)",
    ):
        trainer.step(1)
    after = values(params)
    for name, arrays in before.items():
        np.testing.assert_array_equal(after[name], arrays)
    backward(params, "used", "unused")
    trainer.step(1)  # the error has used up nothing


@everywhere
@pytest.mark.parametrize("policy", ["skip", "warn"])
def test_what_has_no_fresh_gradient_is_passed_over(two, policy, update_on_kvstore):
    params, trainer = pair(two, policy, update_on_kvstore)
    before = values(params)
    backward(params, "used")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.step(1)
    after = values(params)
    np.testing.assert_array_equal(after["unused"], before["unused"])
    assert (np.array(after["used"]) != np.array(before["used"])).all()


def test_a_warning_names_all_of_them_once(two):
    params, trainer = pair(two, "warn")
    backward(params, "used")
    with pytest.warns(
        UserWarning, match=r"passes over.*'unused' on cpu\(0\), 'unused' on cpu\(1\)"
    ) as caught:
        trainer.step(1)
    assert len(caught) == 1
    assert caught[0].filename == __file__


@everywhere
def test_taken_as_zero_momentum_and_decay_go_on(contexts, update_on_kvstore):
    params, trainer = pair(contexts, "zero", update_on_kvstore)
    first = float(len(contexts))  # gradients of all replicas are added
    weight, momentum = sgd(1.0, 0.0, first)
    backward(params, "used")
    trainer.step(1)
    unused, _ = sgd(weight, momentum, 0.0)
    used, _ = sgd(weight, momentum, first)
    np.testing.assert_allclose(values(params)["unused"], np.full((len(contexts), 2), unused), rtol=1e-6)
    np.testing.assert_allclose(values(params)["used"], np.full((len(contexts), 2), used), rtol=1e-6)


@everywhere
def test_a_replica_without_a_fresh_gradient_adds_zero(two, update_on_kvstore):
    params, trainer = pair(two, "zero", update_on_kvstore)
    weight, momentum = sgd(1.0, 0.0, 2.0)
    backward(params, "used", "unused", contexts=two[1:])
    trainer.step(1)
    expected, _ = sgd(weight, momentum, 1.0)
    np.testing.assert_allclose(values(params)["used"], np.full((2, 2), expected), rtol=1e-6)


def test_adding_up_gradients_makes_none_of_them_fresh(two):
    params, trainer = pair(two, update_on_kvstore=False)
    backward(params, "used", "unused", contexts=two[:1])
    trainer.allreduce_grads()
    before = values(params)
    with pytest.raises(StaleGradientError, match=r": 'unused' on cpu\(1\), 'used' on cpu\(1\)\."):
        trainer.update(1)
    np.testing.assert_array_equal(values(params)["used"], before["used"])


@everywhere
def test_where_stale_gradients_are_left_out_all_replicas_follow_the_fresh_one(two, update_on_kvstore):
    params, trainer = pair(two, "skip", update_on_kvstore)
    weight, momentum = sgd(1.0, 0.0, 2.0)
    backward(params, "used", contexts=two[1:])
    trainer.step(1)
    expected, _ = sgd(weight, momentum, 1.0)
    np.testing.assert_allclose(values(params)["used"], np.full((2, 2), expected), rtol=1e-6)


def test_without_stale_gradients_no_policy_matters(two):
    results = []
    for policy in ("error", "warn", "skip", "zero"):
        params, trainer = pair(two, policy)
        backward(params, "used", "unused")
        trainer.step(1)
        results.append(values(params))
    for result in results[1:]:
        np.testing.assert_array_equal(result["used"], results[0]["used"])


@pytest.mark.parametrize("policy", ["error", "warn", "zero"])
def test_ignoring_them_in_one_step_comes_before_the_policy(two, policy):
    params, trainer = pair(two, policy)
    backward(params, "used")
    before = values(params)
    trainer.step(1, ignore_stale_grad=True)
    np.testing.assert_array_equal(values(params)["unused"], before["unused"])


def test_the_policy_can_be_changed(two):
    params, trainer = pair(two)
    trainer.stale_grad = "skip"
    backward(params, "used")
    trainer.step(1)
    assert trainer.stale_grad == "skip"


def test_an_unknown_policy_is_an_error_and_keeps_the_one_before(two):
    _, trainer = pair(two, "zero")
    with pytest.raises(ArgumentError, match=r"no such policy.*\n.*skip, zero, received 'ignore'"):
        trainer.stale_grad = "ignore"
    assert trainer.stale_grad == "zero"


def test_pending_parameters_are_an_error_where_stale_gradients_become_zero():
    net = gluon.nn.Dense(2, prefix="fc_")
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", stale_grad="zero")
    with pytest.raises(mx.errors.DeferredInitializationError, match="'fc_weight'"):
        trainer.step(1)
