"""nn.init: distributions, bounds, all contexts, nothing on the tape."""

from __future__ import annotations

import math

import numpy as np
import pytest

import gluonish as torch
from gluonish import nn
from gluonish.errors import ArgumentError
from gluonish.nn import init

SHAPE = (40, 30, 5)
FAN_IN, FAN_OUT = 150, 200

UNIFORM = {
    "xavier_uniform_": (lambda w: init.xavier_uniform_(w, 2.0), 2 * math.sqrt(6 / (FAN_IN + FAN_OUT))),
    "kaiming_uniform_": (lambda w: init.kaiming_uniform_(w, math.sqrt(5)), 1 / math.sqrt(FAN_IN)),
    "kaiming_uniform_ out": (
        lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
        math.sqrt(6 / FAN_OUT),
    ),
    "uniform_": (lambda w: init.uniform_(w, -0.3, 0.3), 0.3),
}
NORMAL = {
    "xavier_normal_": (init.xavier_normal_, math.sqrt(2 / (FAN_IN + FAN_OUT))),
    "kaiming_normal_": (lambda w: init.kaiming_normal_(w, nonlinearity="tanh"), 5 / 3 / math.sqrt(FAN_IN)),
    "normal_": (lambda w: init.normal_(w, std=0.2), 0.2),
}


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_draws_fill_their_range(name):
    fill, bound = UNIFORM[name]
    w = np.asarray(fill(torch.zeros(SHAPE)))
    assert np.abs(w).max() <= bound * (1 + 1e-6)
    assert abs(w.std() - bound / math.sqrt(3)) < 0.03 * bound


@pytest.mark.parametrize("name", NORMAL)
def test_normal_draws_have_their_deviation(name):
    fill, deviation = NORMAL[name]
    w = np.asarray(fill(torch.zeros(SHAPE)))
    assert abs(w.std() - deviation) < 0.05 * deviation
    assert abs(w.mean()) < 0.05 * deviation


def test_truncated_draws_stay_inside_their_bounds():
    w = np.asarray(init.trunc_normal_(torch.zeros(1000), std=3.0, a=-1.0, b=2.0))
    assert w.min() >= -1
    assert w.max() <= 2
    far = np.asarray(init.trunc_normal_(torch.zeros(200), a=4.0, b=9.0))
    assert far.min() >= 4
    assert far.mean() < 4.6  # the tail of a normal distribution falls off quickly


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 2)])
def test_orthogonal_matrices_are_orthogonal(shape):
    w = np.asarray(init.orthogonal_(torch.zeros(shape, dtype="float64"), gain=2.0)).reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_sparse_columns_have_their_share_of_zeros():
    w = np.asarray(init.sparse_(torch.zeros(10, 6), 0.25))
    assert (np.count_nonzero(w == 0, axis=0) == 3).all()


@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_with_dirac_filters_hands_on_its_channels(groups):
    layer = nn.Conv1d(4, 4, 3, padding=1, groups=groups, bias=False)
    init.dirac_(layer.weight, groups)
    x = torch.randn(2, 4, 5)
    np.testing.assert_array_equal(np.asarray(layer(x)), np.asarray(x))


def test_constants_fill_and_the_identity_is_one():
    assert init.constant_(torch.zeros(2), 3.0).tolist() == [3.0, 3.0]
    assert init.ones_(torch.zeros(1)).tolist() == [1.0]
    assert init.zeros_(torch.ones(1)).tolist() == [0.0]
    assert init.eye_(torch.zeros(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_replicas_get_the_same_values_and_the_parameter_stays_a_leaf():
    p = nn.Parameter(torch.zeros(4, 3), device=[torch.cpu(0), torch.cpu(1)])
    assert init.xavier_uniform_(p) is p
    first, second = (np.asarray(each) for each in p.list_data())
    assert first.any()
    np.testing.assert_array_equal(first, second)
    assert p.is_leaf
    assert p.requires_grad
    assert p.grad is None


def test_the_same_seed_draws_the_same():
    draws = []
    for _ in range(2):
        torch.manual_seed(7)
        draws.append(init.normal_(torch.zeros(3)).tolist())
    assert draws[0] == draws[1]
    generator = np.random.default_rng(0)
    assert init.normal_(torch.zeros(1), generator=generator).tolist() != draws[0][:1]


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", 0.2, math.sqrt(2 / 1.04)),
        ("selu", None, 0.75),
    ],
)
def test_gains_are_those_of_torch(name, param, gain):
    assert init.calculate_gain(name, param) == pytest.approx(gain)


REFUSED = {
    "vector": (lambda: init.xavier_uniform_(torch.zeros(3)), "cannot fill a tensor of this shape"),
    "matrix": (lambda: init.eye_(torch.zeros(3)), "cannot fill a tensor of this shape"),
    "filters": (lambda: init.dirac_(torch.zeros(3, 1, 1), groups=2), "cannot share out its filters"),
    "mode": (lambda: init.kaiming_normal_(torch.zeros(3, 3), mode="fan"), "knows no mode"),
    "gain": (lambda: init.calculate_gain("swish"), "does not know this nonlinearity"),
    "bounds": (lambda: init.trunc_normal_(torch.zeros(3), a=2.0, b=1.0), "nothing to draw between"),
    "list": (lambda: init.zeros_([1.0]), "fills tensors in place"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_filled_is_refused(name):
    call, message = REFUSED[name]
    with pytest.raises((ArgumentError, TypeError), match=message):
        call()
