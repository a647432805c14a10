"""Ftrl and FTML: the formulas of their papers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.optimizer import FTML, Ftrl
from optimizer.helpers import assert_formula, clipped, problems, run


def ftrl(w, gradients, lr, wd, rescale, clip, lamda1, beta):
    """Write McMahan's algorithm 1 with alpha = lr and lambda2 = wd, for one coordinate after the other."""
    result = w.copy()
    for i in range(len(w)):
        z = n = 0.0
        for gradient in gradients:
            g = float(clipped(rescale * gradient[i], clip))
            sigma = (np.sqrt(n + g * g) - np.sqrt(n)) / lr
            z += g - sigma * result[i]
            n += g * g
            shrunk = 0.0 if abs(z) <= lamda1 else z - np.sign(z) * lamda1
            result[i] = -shrunk / ((beta + np.sqrt(n)) / lr + wd)
    return result


@given(problems(), st.sampled_from([0.01, 0.5]), st.sampled_from([1.0, 2.0]))
def test_ftrl_is_its_formula(problem, lamda1, beta):
    own = {"lamda1": lamda1, "beta": beta}
    assert_formula(Ftrl(**own, **problem[2]), ftrl, problem, **own)


def test_ftrl_sets_a_weight_that_never_had_a_gradient_to_zero():
    assert run(Ftrl(), "float32", [3.0], [[0.0]]).tolist() == [[0.0]]


@given(problems(), st.sampled_from([(0.6, 0.999), (0.9, 0.99)]), st.sampled_from([1e-8, 1e-3]))
def test_ftml_is_its_formula(problem, beta, epsilon):
    own = {"beta1": beta[0], "beta2": beta[1], "epsilon": epsilon}

    def ftml(w, gradients, lr, wd, rescale, clip, beta1, beta2, epsilon):
        """Write algorithm 1 with all weights of the past: the minimum of a sum of quadratic functions."""
        past, sigmas, points, before = [], [], [w], 0.0
        for t, gradient in enumerate(gradients, 1):
            past.append(clipped(rescale * gradient + wd * points[-1], clip))
            ages = range(t - 1, -1, -1)
            v = sum((1 - beta2) * beta2**age * g**2 for age, g in zip(ages, past, strict=True))
            d = (1 - beta1**t) / lr * (np.sqrt(v / (1 - beta2**t)) + epsilon)
            sigmas.append(d - beta1 * before)
            before = d
            terms = zip(ages, past, sigmas, points, strict=True)
            z = sum(beta1**age * ((1 - beta1) * g - sigma * point) for age, g, sigma, point in terms)
            points.append(-z / d)
        return points[-1]

    weight, gradients, shared = problem
    # With neither gradient nor epsilon the quotient is 0 / 0.
    nudged = gradients + np.linspace(0.01, 0.02, gradients.size).reshape(gradients.shape)
    assert_formula(FTML(**own, **shared), ftml, (weight, nudged, shared), **own)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (FTML(learning_rate=0.1, wd=0.1), [0.837649, -1.837598]),
        (Ftrl(wd=0.1), [0.545570, -1.364083]),
    ],
    ids=["ftml", "ftrl"],
)
def test_the_contracts_golden_values_hold(optimizer, expected):
    np.testing.assert_allclose(run(optimizer, "float32", [1, -2], [[2, -3]] * 2)[-1], expected, atol=3e-6)
