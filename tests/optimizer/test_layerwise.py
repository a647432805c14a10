"""LAMB and LARS: the formulas, norms of whole parameters, and what LARS makes of names and schedules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.gluon import Trainer
from gluonish.lr_scheduler import FactorScheduler
from gluonish.optimizer import LAMB, LARS
from gluonish.parameter import step as step_module
from optimizer.helpers import FULL, assert_formula, clipped, gradients_of, parameters, problems, run, step


def length(values):
    return math.sqrt(math.fsum(float(value) ** 2 for value in values))


def lamb(
    w, gradients, lr, wd, rescale, clip, beta1, beta2, epsilon, lower_bound, upper_bound, bias_correction
):
    """Write algorithm 2 with sums over the past."""

    def mean(values, beta):
        ages = range(len(values) - 1, -1, -1)
        total = sum((1 - beta) * beta**age * value for age, value in zip(ages, values, strict=True))
        return total / (1 - beta ** len(values)) if bias_correction else total

    past = []
    for gradient in gradients:
        past.append(clipped(rescale * gradient, clip))
        ratio = mean(past, beta1) / (np.sqrt(mean([g * g for g in past], beta2)) + epsilon)
        direction = ratio + wd * w
        of_weight = length(w)
        if lower_bound is not None:
            of_weight = max(of_weight, lower_bound)
        if upper_bound is not None:
            of_weight = min(of_weight, upper_bound)
        of_direction = length(direction)
        trust = of_weight / of_direction if of_weight and of_direction else 1.0
        w = w - lr * trust * direction
    return w


@given(
    problems(),
    st.sampled_from([(0.9, 0.999), (0.5, 0.9)]),
    st.sampled_from([None, 0.5]),
    st.sampled_from([None, 2.0]),
    st.booleans(),
)
def test_lamb_is_its_formula(problem, beta, lower, upper, correct):
    own = {"beta1": beta[0], "beta2": beta[1], "epsilon": 1e-3}
    own |= {"lower_bound": lower, "upper_bound": upper, "bias_correction": correct}
    assert_formula(LAMB(**own, **problem[2]), lamb, problem, **own)


def lars(w, gradients, lr, wd, rescale, clip, momentum, eta, eps):
    change = 0.0
    for gradient in gradients:
        of_weight, of_gradient = length(w), rescale * length(gradient)
        rate = lr
        if of_weight and of_gradient:
            rate = lr * eta * of_weight / (of_gradient + wd * of_weight + eps)
        change = momentum * change - rate * (clipped(rescale * gradient, clip) + wd * w)
        w = w + change
    return w


@given(problems(), st.sampled_from([0.0, 0.9]), st.sampled_from([0.001, 0.5]), st.sampled_from([0, 0.1]))
def test_lars_is_its_formula(problem, momentum, eta, eps):
    own = {"momentum": momentum, "eta": eta, "eps": eps}
    assert_formula(LARS(**own, **problem[2]), lars, problem, **own)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (LAMB(learning_rate=0.1, wd=0.1), [0.712272, -1.686115]),
        (LARS(learning_rate=0.1, wd=0.1, momentum=0.9), [0.999644, -1.999458]),
    ],
    ids=["lamb", "lars"],
)
def test_the_contracts_golden_values_hold(optimizer, expected):
    np.testing.assert_allclose(run(optimizer, "float32", [1, -2], [[2, -3]] * 2)[-1], expected, atol=2e-6)


# -- whole parameters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LAMB, LARS])
def test_norms_are_those_of_whole_parameters_however_large(kind, monkeypatch):
    """Blocks, in which other optimizers walk, do not cut a parameter."""
    results = []
    for block in (8, 1 << 20):
        monkeypatch.setattr(step_module, "BLOCK", block)
        mx.random.seed(1)
        params = parameters(shapes=[(5, 7), (3,), (40,)])
        trainer = Trainer(params, kind(**FULL))
        for gradients in gradients_of(params, 3):
            step(params, trainer, gradients)
        results.append([p.data().asnumpy() for p in params])
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


# -- LARS: momentum and names -------------------------------------------------------------------------------

MOVED = {
    True: [[0.8894336, 1.983415], [0.8917297, 1.9603364], [0.8696789, 1.9361007], [0.8465565, 1.9238747]],
    False: [[0.8894336, 1.983415], [0.8419747, 1.9528732], [0.776467, 1.9117087], [0.7046779, 1.8733774]],
}
"""MXNet's weights under a rate that halves at every update, with and without the momentum's correction."""


@pytest.mark.parametrize("corrects", MOVED)
def test_lars_corrects_the_momentum_when_the_rate_changes(corrects):
    schedule = FactorScheduler(1, 0.5, base_lr=0.1)
    optimizer = LARS(momentum=0.9, eta=0.5, momentum_correction=corrects, lr_scheduler=schedule)
    result = run(optimizer, "float32", [1.0, 2.0], [[g, 0.3] for g in (2.0, -1.0, 0.5, 3.0)])
    np.testing.assert_allclose(result, MOVED[corrects], atol=1e-6)
    assert (optimizer.last_lr, optimizer.cur_lr) == (0.025, 0.0125)


def test_the_momentum_of_all_parameters_is_corrected():
    """MXNet corrects it for the first few parameters of a step only."""
    schedule = FactorScheduler(1, 0.5, base_lr=0.1)
    optimizer = LARS(momentum=0.9, eta=0.5, lr_scheduler=schedule)
    weights = [mx.nd.array([1.0, 2.0]) for _ in range(6)]
    states = [optimizer.create_state(i, w) for i, w in enumerate(weights)]
    for g in (2.0, -1.0, 0.5, 3.0):
        for i, w in enumerate(weights):
            optimizer.update(i, w, mx.nd.array([g, 0.3]), states[i])
    for w in weights:
        np.testing.assert_allclose(w.asnumpy(), MOVED[True][-1], atol=1e-6)


NAMED = {
    "a_weight": [0.6569101, -1.6114949, 0.215606, 2.831708],
    "a_bias": [0.679725, -1.6338501, 0.1115, 3.1131372],
}
"""MXNet's weights after the four updates with all options, eta 0.5 and momentum, by the parameter's name."""


@pytest.mark.parametrize("name", NAMED)
def test_a_bias_known_by_name_keeps_its_rate_and_does_not_decay(name):
    optimizer = LARS(eta=0.5, momentum=0.9, param_idx2name={0: name}, **FULL)
    np.testing.assert_allclose(run(optimizer)[-1], NAMED[name], atol=2e-6)


def test_only_weights_decay_among_parameters_known_by_name():
    optimizer = LARS(wd=0.1, param_idx2name={0: "a_weight", 1: "a_gamma", 2: "a_bias"})
    assert optimizer._get_wds([0, 1, 2]) == [0.1, 0.0, 0.0]


def test_names_count_under_a_trainer_too():
    names = {0: "a_weight", 1: "a_bias"}
    results = []
    for flat in (True, False):
        mx.random.seed(1)
        params = parameters(shapes=[(3,), (3,)])
        trainer = Trainer(params, LARS(eta=0.5, param_idx2name={} if flat else names, learning_rate=0.1))
        before = params[1].data().asnumpy()
        step(params, trainer, [np.ones(3), np.ones(3)])
        results.append((params[0].data().asnumpy(), params[1].data().asnumpy() - before))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_allclose(results[1][1], -0.1, rtol=1e-5)
    assert not np.allclose(results[0][1], -0.1)
