"""AdaGrad and AdaDelta: MXNet's numbers, and the formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.optimizer import AdaDelta, AdaGrad
from optimizer.helpers import FULL, PLAIN, assert_formula, assert_golden, clipped, problems, run

GOLDEN = {
    "plain": (
        AdaGrad(**PLAIN),
        [
            [0.9, -1.9, 0.5, 2.9],
            [0.9447213, -1.91644, 0.4, 2.829289],
            [0.9391399, -1.827245, 0.3648877, 2.927763],
            [0.8590062, -1.855743, 0.3765124, 2.927763],
        ],
    ),
    "decay, rescale, clip": (
        AdaGrad(**FULL),
        [
            [0.89, -1.88, 0.495, 2.87],
            [0.9258214, -1.885454, 0.39005, 2.77059],
            [0.9109817, -1.796968, 0.3261495, 2.841357],
            [0.835263, -1.836141, 0.3424996, 2.812944],
        ],
    ),
    "other epsilon": (
        AdaGrad(eps=1e-2, **FULL),
        [
            [0.8904963, -1.880496, 0.495, 2.891913],
            [0.9261349, -1.885831, 0.3905463, 2.801448],
            [0.9113142, -1.79751, 0.3268319, 2.871433],
            [0.8357394, -1.836585, 0.3431152, 2.842719],
        ],
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_adagrad_has_mxnets_numbers(case):
    assert_golden(*GOLDEN[case])


def test_the_contracts_golden_value_holds():
    result = run(AdaGrad(learning_rate=0.1, wd=0.1), "float32", [1, -2], [[2, -3]] * 2)[-1]
    np.testing.assert_allclose(result, [0.810389, -1.790490], atol=1e-6)


def adagrad(w, gradients, lr, wd, rescale, clip, eps):
    past = [clipped(rescale * g, clip) for g in gradients]
    for t, g in enumerate(past):
        history = sum(p**2 for p in past[: t + 1])
        w = w - lr * (g / np.sqrt(history + eps) + wd * w)
    return w


@given(problems(), st.sampled_from([1e-7, 1e-2]))
def test_adagrad_is_its_formula(problem, eps):
    assert_formula(AdaGrad(eps=eps, **problem[2]), adagrad, problem, eps=eps)


def test_the_first_change_has_the_size_of_the_rate_whatever_the_gradient():
    result = run(AdaGrad(learning_rate=0.1, eps=0.0), "float64", [0.0, 0.0, 0.0], [[1e-6, -7.0, 1e6]])[-1]
    np.testing.assert_allclose(result, [-0.1, 0.1, -0.1], rtol=1e-12)


def adadelta(w, gradients, lr, wd, rescale, clip, rho, epsilon):
    """Divide by the root mean square of gradients, multiply with that of changes; the rate means nothing."""

    def root_mean(values):
        ages = range(len(values) - 1, -1, -1)
        total = sum((1 - rho) * rho**age * value**2 for age, value in zip(ages, values, strict=True))
        return np.sqrt(total + epsilon)

    past, changes = [], []
    for gradient in gradients:
        past.append(clipped(rescale * gradient, clip))
        change = root_mean(changes) / root_mean(past) * past[-1]
        changes.append(change)
        w = w - change - wd * w
    return w


@given(problems(), st.sampled_from([0.9, 0.5]), st.sampled_from([1e-5, 1e-2]))
def test_adadelta_is_its_formula(problem, rho, epsilon):
    own = {"rho": rho, "epsilon": epsilon}
    assert_formula(AdaDelta(**own, **problem[2]), adadelta, problem, **own)


def test_adadeltas_golden_value_holds():
    result = run(AdaDelta(wd=0.1), "float32", [1, -2], [[2, -3]] * 2)[-1]
    np.testing.assert_allclose(result, [0.790740, -1.600740], atol=1e-6)
