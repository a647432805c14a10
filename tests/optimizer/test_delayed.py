"""DCASGD, SGLD and LBSGD: the formulas, noise, and batches of several updates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.gluon import Trainer
from gluonish.optimizer import DCASGD, LBSGD, SGLD
from optimizer.helpers import FULL, assert_formula, clipped, parameters, problems, run, step

# -- DCASGD -------------------------------------------------------------------------------------------------


def dcasgd(w, gradients, lr, wd, rescale, clip, momentum, lamda):
    points, changes = [w, w], []
    for gradient in gradients:
        g = clipped(rescale * gradient, clip)
        compensated = g + wd * points[-1] + lamda * g**2 * (points[-1] - points[-2])
        changes = [momentum * change for change in changes] + [-lr * compensated]
        points.append(points[-1] + sum(changes))
    return points[-1]


@given(problems(), st.sampled_from([0.0, 0.9]), st.sampled_from([0.04, 0.5]))
def test_dcasgd_is_its_formula_with_momentum_too(problem, momentum, lamda):
    """MXNet's fails with momentum."""
    own = {"momentum": momentum, "lamda": lamda}
    assert_formula(DCASGD(**own, **problem[2]), dcasgd, problem, **own)


def test_the_weight_that_was_is_not_renewed_when_a_program_writes_the_parameter():
    params = parameters(shapes=[(3,)])
    trainer = Trainer(params, DCASGD(learning_rate=0.5, lamda=1.0))
    before = params[0].data().asnumpy()
    step(params, trainer, [np.zeros(3)])
    params[0].set_data(before + 1)
    step(params, trainer, [np.ones(3)])
    np.testing.assert_allclose(params[0].data().asnumpy(), before + 1 - 0.5 * (1 + 1), rtol=1e-5)


# -- SGLD ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sgld_goes_half_a_step_and_adds_noise_of_its_context(dtype):
    gradients = [[2.0, -1.0, 0.5]] * 3
    mx.random.seed(4)
    result = run(SGLD(**FULL), dtype, [1.0, -2.0, 0.5], gradients)
    mx.random.seed(4)
    w = np.array([1.0, -2.0, 0.5])
    for gradient, row in zip(gradients, result, strict=True):
        noise = mx.nd.random.normal(0, math.sqrt(0.1), shape=(3,), dtype=dtype).asnumpy()
        w = w - 0.05 * (np.clip(0.5 * np.array(gradient), -1, 1) + 0.1 * w) + noise
        np.testing.assert_allclose(row, w, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:accumulating in half precision")
@pytest.mark.parametrize("masters", [True, False])
@pytest.mark.parametrize("shape", [(2000,), (), (0,)])
def test_the_variance_of_the_noise_is_the_learning_rate(shape, masters):
    mx.random.seed(4)
    weight = mx.nd.zeros(shape, dtype="float16")
    sgld = SGLD(learning_rate=0.25, multi_precision=masters)
    sgld.update_multi_precision(
        0, weight, mx.nd.zeros(shape, dtype="float16"), sgld.create_state_multi_precision(0, weight)
    )
    assert weight.shape == shape
    if shape == (2000,):
        assert weight.asnumpy().astype("float64").std() == pytest.approx(0.5, rel=0.1)
        assert abs(weight.asnumpy().astype("float64").mean()) < 0.05


def test_replicas_get_the_same_noise_where_they_are_updated_as_one(two):
    params = parameters(ctx=two)
    trainer = Trainer(params, SGLD(learning_rate=0.1))
    for _ in range(2):
        step(params, trainer, [np.ones(p.shape) for p in params])
    for parameter in params:
        np.testing.assert_array_equal(*[array.asnumpy() for array in parameter.list_data()])


def test_several_parameters_in_one_call_get_noise_of_their_own():
    weights, grads = [mx.nd.zeros(3), mx.nd.zeros(3)], [mx.nd.zeros(3), mx.nd.zeros(3)]
    SGLD(learning_rate=1.0).update([0, 1], weights, grads, [None, None])
    assert weights[0].tolist() != weights[1].tolist()


# -- LBSGD --------------------------------------------------------------------------------------------------


def steps(count, **arguments):
    """Return by how much a weight moves in each update, on gradients of 1 and with rate 1."""
    optimizer = LBSGD(learning_rate=1.0, **arguments)
    rows = run(optimizer, "float64", [0.0], [[1.0]] * count)[:, 0]
    return (-np.diff(rows, prepend=0.0)).round(5).tolist()


WARM_UPS = {
    ("linear", 1): [1.0] * 10,
    ("linear", 2): [0, 1.25, 0, 1.5, 0, 1.75, 0, 2, 0, 2],
    ("linear", 4): [0, 0, 0, 2.5, 0, 0, 0, 4, 0, 0],
    ("power2", 2): [0, 1.0625, 0, 1.25, 0, 1.5625, 0, 2, 0, 2],
    ("sqrt", 2): [0, 1.5, 0, 1.70711, 0, 1.86603, 0, 2, 0, 2],
    ("sqrt", 4): [0, 0, 0, 3.12132, 0, 0, 0, 4, 0, 0],
    ("other", 2): [0, 1, 0, 1, 0, 1, 0, 2, 0, 2],
}
"""MXNet's steps of a warm-up over two epochs of four updates, by strategy and scale of the batch."""


@pytest.mark.parametrize("row", WARM_UPS, ids=str)
def test_rates_of_large_batches_warm_up_as_mxnets(row):
    strategy, scale = row
    result = steps(10, warmup_strategy=strategy, warmup_epochs=2, updates_per_epoch=4, batch_scale=scale)
    assert result == WARM_UPS[row]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"begin_epoch": 1, "updates_per_epoch": 4}, [0, 1.75, 0, 2, 0, 2]),
        ({"begin_epoch": 1, "updates_per_epoch": 3}, [0.83333, 0, 2, 0, 2, 0]),
        ({"begin_num_update": 3, "updates_per_epoch": 4}, [0, 1.25, 0, 1.5, 0, 1.75]),
    ],
)
def test_counting_may_begin_later_as_in_mxnet(arguments, expected):
    assert steps(6, warmup_epochs=2, batch_scale=2, **arguments) == expected


def test_the_average_gradient_is_clipped_and_the_momentum_moves_once_per_batch():
    optimizer = LBSGD(momentum=0.5, batch_scale=2, warmup_epochs=0, learning_rate=0.25, clip_gradient=1.0)
    result = run(optimizer, "float64", [0.0], [[3.0], [-2.0], [5.0], [5.0]])
    assert result[:, 0].tolist() == [0, -0.25, -0.25, -0.25 - 0.125 - 0.5]


@pytest.mark.parametrize(
    ("weight", "gradient", "factor"),
    [
        ([3.0, 4.0], [6.0, 8.0], 0.5),
        ([1e-4, 0], [1e3, 1e3], 0.01),
        ([1e4, 1], [1e-3, 0], 100),
        ([0, 0], [1, 1], 0.01),
    ],
)
def test_the_layerwise_factor_is_the_quotient_of_norms_within_bounds(weight, gradient, factor):
    optimizer = LBSGD(learning_rate=0.125, warmup_strategy="lars")
    result = run(optimizer, "float64", weight, [gradient])[0]
    np.testing.assert_allclose(result, np.array(weight) - 0.125 * factor * np.array(gradient), rtol=1e-6)


def test_the_layerwise_factor_of_no_gradient_changes_nothing():
    assert run(LBSGD(warmup_strategy="lars"), "float32", [1.0, 2.0], [[0.0, 0.0]]).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("central", [True, False])
def test_replicas_collect_their_batches_for_themselves(central, two):
    params = parameters(ctx=two, shapes=[(3,)])
    before = params[0].data(two[0]).asnumpy()
    optimizer = LBSGD(learning_rate=0.25, batch_scale=2, warmup_epochs=0)
    trainer = Trainer(params, optimizer, update_on_kvstore=central)
    for expected in (0, 1, 1, 2):
        step(params, trainer, [np.ones(3)])
        for array in params[0].list_data():
            np.testing.assert_allclose(
                array.asnumpy(), before - expected * 0.25 * 2 * 2, rtol=1e-5, atol=1e-6
            )
