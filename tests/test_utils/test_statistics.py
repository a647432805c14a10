"""Testing random generators by their statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ArgumentError, ComparisonError

N = 20000


def normal(n):
    return mx.nd.random.normal(shape=(n,))


def test_the_mean_and_variance_of_a_normal_generator_are_right():
    assert tu.mean_check(normal, 0, 1, N)
    assert tu.var_check(normal, 1, N)
    assert not tu.mean_check(normal, 0.1, 1, N)
    assert not tu.var_check(normal, 1.1, N)


def test_intervals_are_hit_equally_often():
    buckets, probs = tu.gen_buckets_probs_with_ppf(stats.norm.ppf, 4)
    assert probs == [0.25] * 4
    assert buckets[0][0] == -np.inf
    assert buckets[1] == pytest.approx((stats.norm.ppf(0.25), 0))
    with pytest.raises(ArgumentError, match="Intervals are needed"):
        tu.gen_buckets_probs_with_ppf(stats.norm.ppf, 0)


def test_a_p_value_is_pearsons():
    def fixed(n):
        return np.repeat([0, 1], [n // 4, n - n // 4])

    p, found, expected = tu.chi_square_check(fixed, [0, 1], [0.5, 0.5], 100)
    assert found.tolist() == [25, 75]
    assert expected.tolist() == [50, 50]
    assert p == pytest.approx(stats.chisquare([25, 75]).pvalue)


def test_a_right_generator_is_verified():
    buckets, probs = tu.gen_buckets_probs_with_ppf(stats.norm.ppf, 5)
    found = tu.verify_generator(normal, buckets, probs, N, nrepeat=3)
    assert len(found) == 3


def test_a_wrong_generator_is_found():
    buckets, probs = tu.gen_buckets_probs_with_ppf(stats.norm(0, 1.2).ppf, 5)
    with pytest.raises(ComparisonError, match="The generator does not follow the distribution: 0 of 3"):
        tu.verify_generator(normal, buckets, probs, N, nrepeat=3)


def test_buckets_need_probabilities():
    with pytest.raises(ArgumentError, match="needs buckets, each with a probability"):
        tu.chi_square_check(normal, [0, 1], [1.0], 10)
