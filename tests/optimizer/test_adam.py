"""Adam and its relatives: MXNet's numbers, the formulas, and the algorithm of AdamW's paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.optimizer import Adam, Adamax, AdamW, Nadam
from optimizer.helpers import FULL, GRADIENTS, PLAIN, assert_formula, assert_golden, clipped, problems, run

GOLDEN = {
    "plain": (
        Adam(**PLAIN),
        [
            [0.8999994, -1.899999, 0.5, 2.899999],
            [0.8733655, -1.846145, 0.4255858, 2.799999],
            [0.8492409, -1.770347, 0.3492891, 2.84946],
            [0.7908384, -1.727409, 0.2939777, 2.889976],
        ],
    ),
    "decay, rescale, clip": (
        Adam(**FULL),
        [
            [0.8999994, -1.899999, 0.4, 2.899999],
            [0.8662475, -1.837573, 0.3223341, 2.800068],
            [0.8316631, -1.758283, 0.2356926, 2.800221],
            [0.7714959, -1.731433, 0.1760274, 2.783631],
        ],
    ),
    "other betas and epsilon": (
        Adam(beta1=0.8, beta2=0.99, epsilon=1e-3, **FULL),
        [
            [0.9009901, -1.90099, 0.4166666, 2.902299],
            [0.8728417, -1.843379, 0.3360667, 2.804086],
            [0.8429447, -1.764101, 0.2467404, 2.812754],
            [0.7806684, -1.745595, 0.1911594, 2.799756],
        ],
    ),
}

KERNEL_ROUNDING = 3e-6
"""MXNet's kernel rounds 1 - 0.999 to single precision, which makes every step 6e-6 of itself longer."""

betas = st.sampled_from([(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)])
epsilons = st.sampled_from([1e-8, 1e-3])


@pytest.mark.parametrize("case", GOLDEN)
def test_adam_has_mxnets_numbers(case):
    assert_golden(*GOLDEN[case], atol=KERNEL_ROUNDING)


def test_the_contracts_golden_value_holds():
    result = run(Adam(learning_rate=0.1, wd=0.1, clip_gradient=1), "float32", [1, -2], [[2, -3]] * 2)[-1]
    np.testing.assert_allclose(result, [0.799999, -1.799999], atol=KERNEL_ROUNDING)


def test_counting_may_begin_later():
    adam = Adam(learning_rate=0.1, begin_num_update=10)
    np.testing.assert_allclose(
        run(adam)[-1], [0.8677538, -1.824023, 0.3482632, 2.958124], atol=KERNEL_ROUNDING
    )
    assert adam.num_update == 14


def weighted(past, beta):
    """Return the sum of values with weights that shrink by beta with age: an exponential mean unrolled."""
    ages = range(len(past) - 1, -1, -1)
    return sum((1 - beta) * beta**age * value for age, value in zip(ages, past, strict=True))


def adam(w, gradients, lr, wd, rescale, clip, beta1, beta2, epsilon):
    past = []
    for g in gradients:
        past.append(clipped(rescale * g + wd * w, clip))
        t = len(past)
        mean, square = weighted(past, beta1), weighted([p * p for p in past], beta2)
        step = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        w = w - step * mean / (np.sqrt(square) + epsilon)
    return w


@given(problems(), betas, epsilons)
def test_adam_is_its_formula(problem, beta, epsilon):
    own = {"beta1": beta[0], "beta2": beta[1], "epsilon": epsilon}
    assert_formula(Adam(**own, **problem[2]), adam, problem, **own)


def algorithm_2(w, gradients, lr, wd, rescale, clip, beta1, beta2, epsilon):
    """Write Loshchilov and Hutter's algorithm 2 line by line; their multiplier eta is the learning rate."""
    m, v, t = 0.0, 0.0, 0
    for gradient in gradients:
        t = t + 1
        g = clipped(rescale * gradient, clip)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        w = w - lr * (m_hat / (np.sqrt(v_hat) + epsilon) + wd * w)
    return w


@given(problems(), betas, epsilons)
def test_adamw_is_the_algorithm_of_its_paper(problem, beta, epsilon):
    own = {"beta1": beta[0], "beta2": beta[1], "epsilon": epsilon}
    assert_formula(AdamW(**own, **problem[2]), algorithm_2, problem, **own)


def test_adamw_may_leave_out_the_correction():
    result = run(AdamW(learning_rate=0.1, correct_bias=False), "float64", [1.0], [[0.5]])[-1]
    assert result[0] == pytest.approx(1 - 0.1 * 0.05 / (math.sqrt(0.001 * 0.25) + 1e-8), rel=1e-12)


def test_decoupled_decay_does_not_depend_on_the_gradient():
    result = run(AdamW(learning_rate=0.1, wd=0.5), "float64", [2.0, -4.0], [[0.0, 0.0]] * 3)[-1]
    np.testing.assert_allclose(result, np.array([2.0, -4.0]) * 0.95**3, rtol=1e-12)


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_the_rate_is_a_thousandth_unless_it_is_given(kind):
    assert kind().lr == 0.001
    assert kind(learning_rate=0.5).lr == 0.5


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_a_scheduler_keeps_its_rate_unless_one_is_given(kind):
    def schedule():
        return mx.lr_scheduler.FactorScheduler(5, 0.5, base_lr=0.3)

    assert kind(lr_scheduler=schedule()).learning_rate == 0.3
    assert kind(lr_scheduler=schedule(), learning_rate=0.2).learning_rate == 0.2


# -- Adamax -----------------------------------------------------------------------------------------------


def adamax(w, gradients, lr, wd, rescale, clip, beta1, beta2):
    past = []
    for g in gradients:
        past.append(clipped(rescale * g + wd * w, clip))
        t = len(past)
        largest = np.max([beta2 ** (t - 1 - i) * np.abs(each) for i, each in enumerate(past)], axis=0)
        change = weighted(past, beta1) / np.where(largest > 0, largest, np.inf)
        w = w - lr / (1 - beta1**t) * change
    return w


@given(problems(), betas)
def test_adamax_is_its_formula(problem, beta):
    own = {"beta1": beta[0], "beta2": beta[1]}
    assert_formula(Adamax(**own, **problem[2]), adamax, problem, **own)


def test_adamax_leaves_a_weight_without_gradients_alone():
    """MXNet's becomes NaN."""
    result = run(Adamax(learning_rate=0.1), "float32", [1.0, 1.0], [[0.0, 1.0]] * 2)
    np.testing.assert_allclose(result, [[1, 0.9], [1, 0.8]], rtol=1e-6)


# -- Nadam ------------------------------------------------------------------------------------------------


def nadam(w, gradients, lr, wd, rescale, clip, beta1, beta2, epsilon, schedule_decay):
    """Write Dozat's algorithm with a list of momenta and their products."""
    momenta = [beta1 * (1 - 0.5 * 0.96 ** (t * schedule_decay)) for t in range(1, len(gradients) + 2)]
    past = []
    for t, gradient in enumerate(gradients, 1):
        g = clipped(rescale * gradient + wd * w, clip)
        past.append(g)
        of_gradient = (1 - momenta[t - 1]) / (1 - math.prod(momenta[:t]))
        of_mean = momenta[t] / (1 - math.prod(momenta[: t + 1]))
        square = weighted([p * p for p in past], beta2) / (1 - beta2**t)
        w = w - lr * (of_gradient * g + of_mean * weighted(past, beta1)) / (np.sqrt(square) + epsilon)
    return w


@given(problems(), st.sampled_from([(0.9, 0.999), (0.5, 0.9)]), st.sampled_from([0.004, 0.5]))
def test_nadam_is_its_formula(problem, beta, schedule_decay):
    own = {"beta1": beta[0], "beta2": beta[1], "epsilon": 1e-3, "schedule_decay": schedule_decay}
    assert_formula(Nadam(**own, **problem[2]), nadam, problem, **own)


def test_nadams_schedule_belongs_to_each_parameter():
    """MXNet has one for all of them, so that a second parameter changes the steps of the first."""
    alone, together = Nadam(**FULL), Nadam(**FULL)
    expected = run(alone)
    weights = [mx.nd.array([1.0, -2.0, 0.5, 3.0]), mx.nd.ones(4)]
    states = [together.create_state(i, w) for i, w in enumerate(weights)]
    for gradient in GRADIENTS:
        for i, w in enumerate(weights):
            together.update(i, w, mx.nd.array(gradient), states[i])
    np.testing.assert_array_equal(weights[0].asnumpy(), expected[-1])


def test_nadams_schedule_starts_where_counting_does():
    """MXNet's numbers after counting from 10: the momenta are those of updates 11 to 14."""
    result = run(Nadam(learning_rate=0.1, begin_num_update=10, schedule_decay=0.5))[-1]
    np.testing.assert_allclose(result, [0.5485781, -1.5009123, 0.1609349, 2.6770048], atol=2e-6)


def test_nadam_tells_its_schedule():
    nadam = Nadam(beta1=0.8, schedule_decay=0.5)
    assert nadam.m_schedule == 1
    run(nadam, gradients=GRADIENTS[:2])
    assert nadam.m_schedule == pytest.approx(0.8 * (1 - 0.5 * 0.96**0.5) * 0.8 * (1 - 0.5 * 0.96), rel=1e-12)
