"""RMSProp, plain and centred: MXNet's numbers, and the formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.optimizer import RMSProp
from optimizer.helpers import FULL, PLAIN, assert_formula, assert_golden, clipped, problems, run

GOLDEN = {
    "plain": (
        RMSProp(**PLAIN),
        [
            [0.6837722, -1.683772, 0.5, 2.683773],
            [0.8312141, -1.73849, 0.1837722, 2.454357],
            [0.8118235, -1.450861, 0.0675246, 2.766443],
            [0.5460354, -1.547127, 0.1080333, 2.766443],
        ],
    ),
    "decay, rescale, clip": (
        RMSProp(**FULL),
        [
            [0.6837723, -1.683772, 0.1837786, 2.683772],
            [0.8147296, -1.71088, -0.132094, 2.462937],
            [0.7691649, -1.476218, -0.3259268, 2.720903],
            [0.5396619, -1.651642, -0.2498624, 2.627152],
        ],
    ),
    "other gamma and epsilon": (
        RMSProp(gamma1=0.8, epsilon=1e-3, **FULL),
        [
            [0.7769501, -1.77695, 0.3709006, 2.779425],
            [0.8721769, -1.794912, 0.1480723, 2.618084],
            [0.8349813, -1.620791, 0.003098115, 2.803163],
            [0.6608546, -1.75254, 0.05457091, 2.729082],
        ],
    ),
    "centred": (
        RMSProp(centered=True, **PLAIN),
        [
            [0.6666667, -1.666667, 0.5, 2.666667],
            [0.5151452, -1.423043, 0.1666667, 2.111761],
            [0.3592165, -0.8924733, -0.2598851, 1.934274],
            [-0.06301236, -0.5143685, -0.6008474, 1.774535],
        ],
    ),
    "centred, other gamma, decay, rescale, clip": (
        RMSProp(centered=True, gamma2=0.5, **FULL),
        [
            [0.6666667, -1.666667, 0.1666741, 2.666667],
            [0.6327223, -1.528749, -0.3346172, 2.255224],
            [0.5752631, -1.202891, -0.7974018, 2.310049],
            [0.3020466, -1.22097, -0.9354438, 2.258066],
        ],
    ),
    "clipped weights": (
        RMSProp(clip_weights=1.5, **FULL),
        [
            [0.6837723, -1.5, 0.1837786, 1.5],
            [0.8147296, -1.5, -0.132094, 1.321814],
            [0.7691649, -1.265532, -0.3259268, 1.5],
            [0.5396619, -1.443823, -0.2498624, 1.449811],
        ],
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_rmsprop_has_mxnets_numbers(case):
    assert_golden(*GOLDEN[case])


def test_the_contracts_golden_value_holds():
    result = run(RMSProp(learning_rate=0.1, wd=0.1), "float32", [1, -2], [[2, -3]] * 2)[-1]
    np.testing.assert_allclose(result, [0.456013, -1.455439], atol=1e-6)


def rmsprop(w, gradients, lr, wd, rescale, clip, gamma1, epsilon):
    square = np.zeros_like(w)
    for gradient in gradients:
        g = clipped(rescale * gradient + wd * w, clip)
        square = gamma1 * square + (1 - gamma1) * g**2
        w = w - lr * g / np.sqrt(square + epsilon)
    return w


def centred(w, gradients, lr, wd, rescale, clip, gamma1, gamma2, epsilon):
    """Divide by the running standard deviation, with momentum."""
    square, mean, change = (np.zeros_like(w) for _ in range(3))
    for gradient in gradients:
        g = clipped(rescale * gradient + wd * w, clip)
        square = gamma1 * square + (1 - gamma1) * g**2
        mean = gamma1 * mean + (1 - gamma1) * g
        change = gamma2 * change - lr * g / np.sqrt(square - mean**2 + epsilon)
        w = w + change
    return w


gammas = st.sampled_from([0.9, 0.5, 0.99])


@given(problems(), gammas)
def test_rmsprop_is_its_formula(problem, gamma1):
    own = {"gamma1": gamma1, "epsilon": 1e-3}
    assert_formula(RMSProp(**own, **problem[2]), rmsprop, problem, **own)


@given(problems(), gammas, gammas)
def test_centred_rmsprop_is_its_formula(problem, gamma1, gamma2):
    own = {"gamma1": gamma1, "gamma2": gamma2, "epsilon": 1e-3}
    assert_formula(RMSProp(centered=True, **own, **problem[2]), centred, problem, **own)


def test_the_rate_is_a_thousandth_unless_it_or_a_scheduler_is_given():
    schedule = mx.lr_scheduler.FactorScheduler(5, 0.5, base_lr=0.3)
    assert RMSProp().lr == 0.001
    assert RMSProp(learning_rate=0.5).lr == 0.5
    assert RMSProp(lr_scheduler=schedule).learning_rate == 0.3
