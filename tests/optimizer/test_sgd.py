"""Gradient descent in all its forms: MXNet's numbers, and the formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.optimizer import NAG, SGD, Signum, ccSGD
from optimizer.helpers import FULL, PLAIN, assert_formula, assert_golden, clipped, problems, run

SGD_GOLDEN = {
    "plain": (
        SGD(**PLAIN),
        [
            [0.8, -1.7, 0.5, 2.975],
            [0.9, -1.75, 0.1, 2.95],
            [0.8875, -1.15, -0.05, 3.15],
            [0.5875, -1.35, 0.0, 3.15],
        ],
    ),
    "decay, rescale, clip": (
        SGD(**FULL),
        [
            [0.89, -1.88, 0.495, 2.9575],
            [0.9311, -1.8862, 0.39005, 2.915425],
            [0.915539, -1.767338, 0.3111495, 2.986271],
            [0.8063836, -1.849665, 0.333038, 2.956408],
        ],
    ),
    "momentum": (
        SGD(momentum=0.9, **PLAIN),
        [
            [0.8, -1.7, 0.5, 2.975],
            [0.72, -1.48, 0.1, 2.9275],
            [0.6355, -0.682, -0.41, 3.08475],
            [0.25945, -0.1638, -0.819, 3.226275],
        ],
    ),
    "momentum, decay, rescale, clip": (
        SGD(momentum=0.9, **FULL),
        [
            [0.89, -1.88, 0.495, 2.9575],
            [0.8321, -1.7782, 0.38555, 2.877175],
            [0.765419, -1.568798, 0.2081895, 2.876111],
            [0.5977519, -1.464648, 0.07148314, 2.846392],
        ],
    ),
}

NAG_GOLDEN = {
    "without momentum it is SGD": (NAG(**FULL), SGD_GOLDEN["decay, rescale, clip"][1]),
    "momentum": (
        NAG(momentum=0.9, **PLAIN),
        [
            [0.62, -1.43, 0.5, 2.9525],
            [0.648, -1.282, -0.26, 2.88475],
            [0.55945, 0.03620005, -0.869, 3.226275],
            [-0.07899505, 0.3025801, -1.1871, 3.353647],
        ],
    ),
    "momentum, decay, rescale, clip": (
        NAG(momentum=0.9, **FULL),
        [
            [0.791, -1.772, 0.4905, 2.91925],
            [0.7835639, -1.690479, 0.2872075, 2.806263],
            [0.712288, -1.389099, 0.05234841, 2.879695],
            [0.4578605, -1.38912, -0.04053216, 2.82573],
        ],
    ),
}


@pytest.mark.parametrize("case", SGD_GOLDEN)
def test_sgd_has_mxnets_numbers(case):
    assert_golden(*SGD_GOLDEN[case])


@pytest.mark.parametrize("case", NAG_GOLDEN)
def test_nag_has_mxnets_numbers(case):
    assert_golden(*NAG_GOLDEN[case])


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (SGD(learning_rate=0.1, wd=0.1, clip_gradient=1, rescale_grad=0.5), [0.7811, -1.7612]),
        (SGD(learning_rate=0.1, wd=0.1, momentum=0.9), [0.3931, -1.0752]),
        (NAG(learning_rate=0.1, wd=0.1, momentum=0.9), [0.042713, -0.541277]),
    ],
    ids=["sgd", "sgd-momentum", "nag"],
)
def test_the_contracts_golden_values_hold(optimizer, expected):
    np.testing.assert_allclose(run(optimizer, "float32", [1, -2], [[2, -3]] * 2)[-1], expected, atol=1e-6)


def sgd(w, gradients, lr, wd, rescale, clip, momentum):
    """Keep the sum of all past changes, each weakened by every later step."""
    changes = []
    for g in gradients:
        changes = [momentum * change for change in changes]
        changes.append(-lr * (clipped(rescale * g, clip) + wd * w))
        w = w + sum(changes)
    return w


def nesterov(w, gradients, lr, wd, rescale, clip, momentum):
    """Step along the momentum, and once more along what it is about to become.

    MXNet's momentum takes the decay from the new weight.
    """
    velocity = np.zeros_like(w)
    for g in gradients:
        push = -lr * clipped(rescale * g, clip)
        ahead = momentum * velocity + push - lr * wd * w
        w = w - momentum * velocity + ahead + momentum * ahead
        velocity = momentum * velocity + push - lr * wd * w
    return w


momenta = st.sampled_from([0.0, 0.5, 0.9, 0.99])


@given(problems(), momenta)
def test_sgd_is_its_formula(problem, momentum):
    assert_formula(SGD(momentum=momentum, **problem[2]), sgd, problem, momentum=momentum)


@given(problems(), momenta.filter(bool))
def test_nag_is_its_formula(problem, momentum):
    assert_formula(NAG(momentum=momentum, **problem[2]), nesterov, problem, momentum=momentum)


@given(problems())
def test_nag_without_decay_is_sutskevers(problem):
    """Moving the weight by the new velocity after a look ahead, in terms of the point looked at."""
    weight, gradients, shared = problem
    shared = {**shared, "wd": 0.0}
    momentum, velocity, point = 0.9, np.zeros_like(weight), weight
    for g in gradients:  # ``point`` is the base point plus momentum times velocity
        base = point - momentum * velocity
        velocity = momentum * velocity - shared["learning_rate"] * clipped(
            shared["rescale_grad"] * g, shared["clip_gradient"]
        )
        base = base + velocity
        point = base + momentum * velocity
    result = run(NAG(momentum=momentum, **shared), "float64", weight, gradients)[-1]
    np.testing.assert_allclose(result, point, rtol=1e-9, atol=1e-9)


def signum(w, gradients, lr, wd, rescale, clip, momentum, wd_lh):
    """Keep a weighted sum of all negative gradients, and follow its sign."""
    past = []
    for g in gradients:
        past.append(clipped(rescale * g, clip) + wd * w)
        ages = range(len(past) - 1, -1, -1)
        total = sum((1 - momentum) * momentum**age * each for age, each in zip(ages, past, strict=True))
        w = w - lr * (wd_lh * w + np.sign(total))
    return w


@given(problems(), st.sampled_from([0.5, 0.9]), st.sampled_from([0.0, 0.1]))
def test_signum_is_its_formula(problem, momentum, wd_lh):
    own = {"momentum": momentum, "wd_lh": wd_lh}
    weight, gradients, shared = problem
    # Signs of sums that cancel depend on the rounding.
    nudged = gradients + np.linspace(0.0123, 0.0321, gradients.size).reshape(gradients.shape)
    assert_formula(Signum(**own, **shared), signum, (weight, nudged, shared), **own)


def sign_descent(w, gradients, lr, wd, rescale, clip):
    for g in gradients:
        w = (1 - lr * wd) * w - lr * np.sign(g)
    return w


@given(problems())
def test_signum_without_momentum_follows_the_sign_of_the_gradient(problem):
    assert_formula(Signum(momentum=0.0, **problem[2]), sign_descent, problem)


def test_the_signs_golden_value_holds():
    optimizer = Signum(learning_rate=0.1, wd=0.1, wd_lh=0.1)
    np.testing.assert_allclose(
        run(optimizer, "float32", [1, -2], [[2, -3]] * 2)[-1], [0.7811, -1.7612], atol=1e-6
    )


def test_ccsgd_is_sgd():
    np.testing.assert_array_equal(run(ccSGD(0.9, **FULL)), run(SGD(0.9, **FULL)))


def test_the_optimizer_for_tests_adds_the_gradient_and_keeps_the_weight():
    optimizer = mx.optimizer.Test(rescale_grad=0.5)
    weight = mx.nd.array([1.0, 2.0])
    state = optimizer.create_state(0, weight)
    optimizer.update(0, weight, mx.nd.array([2.0, -4.0]), state)
    assert weight.tolist() == state.tolist() == [2.0, 0.0]
