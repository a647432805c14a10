"""``mx.np.random``: shapes, dtypes, distributions and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentError, ArgumentTypeError

DRAWN = 20_000

DISTRIBUTIONS = {
    "uniform": (lambda r, n: r.uniform(-1.0, 2.0, n), scipy.stats.uniform(-1, 3)),
    "normal": (lambda r, n: r.normal(1.0, 2.0, n), scipy.stats.norm(1, 2)),
    "standard_normal": (lambda r, n: r.standard_normal(n), scipy.stats.norm()),
    "rand": (lambda r, n: r.rand(n), scipy.stats.uniform()),
    "randn": (lambda r, n: r.randn(n), scipy.stats.norm()),
    "lognormal": (lambda r, n: r.lognormal(0.2, 0.5, n), scipy.stats.lognorm(0.5, scale=np.exp(0.2))),
    "gamma": (lambda r, n: r.gamma(2.0, 3.0, n), scipy.stats.gamma(2, scale=3)),
    "beta": (lambda r, n: r.beta(2.0, 3.0, n), scipy.stats.beta(2, 3)),
    "chisquare": (lambda r, n: r.chisquare(3.0, n), scipy.stats.chi2(3)),
    "f": (lambda r, n: r.f(3.0, 8.0, n), scipy.stats.f(3, 8)),
    "exponential": (lambda r, n: r.exponential(2.0, n), scipy.stats.expon(scale=2)),
    "gumbel": (lambda r, n: r.gumbel(1.0, 2.0, n), scipy.stats.gumbel_r(1, 2)),
    "logistic": (lambda r, n: r.logistic(1.0, 2.0, n), scipy.stats.logistic(1, 2)),
    "laplace": (lambda r, n: r.laplace(1.0, 2.0, n), scipy.stats.laplace(1, 2)),
    "pareto": (lambda r, n: r.pareto(3.0, n), scipy.stats.lomax(3)),
    "power": (lambda r, n: r.power(3.0, n), scipy.stats.powerlaw(3)),
    "rayleigh": (lambda r, n: r.rayleigh(2.0, n), scipy.stats.rayleigh(scale=2)),
    "weibull": (lambda r, n: r.weibull(2.0, n), scipy.stats.weibull_min(2)),
    "gamma of arrays": (
        lambda r, n: r.gamma(mx.np.full((n,), 2.0), 3.0),
        scipy.stats.gamma(2, scale=3),
    ),
}


@pytest.mark.parametrize(("draw", "distribution"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_draws_have_their_distribution(draw, distribution):
    """Kolmogorov and Smirnov; the seed is fixed, so the test always gives the same answer."""
    drawn = draw(mx.np.random, DRAWN)
    assert (drawn.shape, str(drawn.dtype)) == ((DRAWN,), "float32")
    assert scipy.stats.kstest(drawn.asnumpy().astype("float64"), distribution.cdf).pvalue > 0.001


def test_without_a_size_one_number_is_drawn():
    for draw in (lambda r: r.uniform(), lambda r: r.normal(), lambda r: r.gamma(2.0), lambda r: r.randint(5)):
        assert draw(mx.np.random).shape == ()


def test_parameters_broadcast():
    low, high = mx.np.array([0.0, 10.0]), mx.np.array([[1.0], [20.0], [30.0]])
    assert mx.np.random.uniform(low, high).shape == (3, 2)
    assert mx.np.random.normal(low, 1.0, size=(4, 2)).shape == (4, 2)
    with pytest.raises(ArgumentError, match="A random draw cannot have this size"):
        mx.np.random.uniform(low, 1.0, size=(3,))


def test_arrays_say_where_and_in_which_dtype_is_drawn():
    loc = mx.np.zeros(2, dtype="float64", ctx=mx.cpu(1))
    drawn = mx.np.random.normal(loc, 1.0)
    assert (drawn.context, str(drawn.dtype)) == (mx.cpu(1), "float64")
    assert mx.np.random.uniform(size=2, ctx=mx.cpu(1), dtype="float16").context == mx.cpu(1)


def test_a_seed_repeats_the_draws():
    def draw():
        mx.random.seed(5)
        r = mx.np.random
        return [r.uniform(size=2).tolist(), r.choice(5, 3).tolist(), r.multinomial(4, [0.5, 0.5]).tolist()]

    assert draw() == draw()


def test_draws_are_differentiable_by_their_parameters():
    loc, scale = mx.np.zeros(3), mx.np.ones(3)
    for each in (loc, scale):
        each.attach_grad()
    with autograd.record():
        y = mx.np.random.normal(loc, scale)
    y.backward()
    assert loc.grad.tolist() == [1, 1, 1]
    np.testing.assert_allclose(scale.grad.asnumpy(), y.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("name", ["normal", "gumbel", "logistic", "laplace"])
def test_a_negative_scale_is_refused(name):
    with pytest.raises(ArgumentError, match=rf"np.random.{name}\(\) cannot use this scale"):
        getattr(mx.np.random, name)(0.0, -1.0)


# -- whole numbers ------------------------------------------------------------------------------------------


def test_integers_lie_between_their_bounds():
    drawn = mx.np.random.randint(2, 5, size=1000)
    assert str(drawn.dtype) == "int64"
    assert sorted(set(drawn.tolist())) == [2, 3, 4]
    assert mx.np.random.randint(3, dtype="int32").dtype == "int32"


def test_a_choice_with_probabilities_follows_them():
    drawn = mx.np.random.choice(3, DRAWN, p=mx.np.array([0.2, 0.0, 0.8])).asnumpy()
    counts = np.bincount(drawn, minlength=3)
    assert counts[1] == 0
    assert abs(counts[2] / DRAWN - 0.8) < 0.02


def test_a_choice_without_replacement_has_no_element_twice():
    drawn = mx.np.random.choice(mx.np.array([5.0, 6.0, 7.0]), 3, replace=False)
    assert sorted(drawn.tolist()) == [5, 6, 7]
    first = [
        mx.np.random.choice(3, 1, replace=False, p=mx.np.array([0.0, 0.1, 0.9])).item() for _ in range(200)
    ]
    assert 0 not in first
    assert first.count(2) > 150
    with pytest.raises(ArgumentError, match="cannot draw that many without replacement"):
        mx.np.random.choice(2, 3, replace=False)


def test_multinomial_counts_all_trials():
    drawn = mx.np.random.multinomial(10, [0.1, 0.2, 0.7], size=(50,))
    assert (drawn.shape, str(drawn.dtype)) == ((50, 3), "int64")
    assert (drawn.sum(axis=1) == 10).all()
    assert mx.np.random.multinomial(7, [0.0, 1.0]).tolist() == [0, 7]
    with pytest.raises(ArgumentError, match="needs probabilities"):
        mx.np.random.multinomial(7, [0.8, 0.9, 0.1])


def test_multivariate_normal_has_its_covariances():
    cov = mx.np.array([[2.0, 0.5], [0.5, 1.0]])
    drawn = mx.np.random.multivariate_normal(mx.np.array([1.0, -1.0]), cov, size=(DRAWN,)).asnumpy()
    np.testing.assert_allclose(drawn.mean(0), [1, -1], atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), cov.asnumpy(), atol=0.06)


def test_shuffling_is_in_place_and_a_permutation_is_not():
    x = mx.np.arange(20)
    assert mx.np.random.shuffle(x) is None
    assert sorted(x.tolist()) == list(range(20)) != x.tolist()
    before = x.tolist()
    assert sorted(mx.np.random.permutation(x).tolist()) == list(range(20))
    assert x.tolist() == before
    assert sorted(mx.np.random.permutation(4).tolist()) == [0, 1, 2, 3]
    with pytest.raises(ArgumentTypeError, match="needs an axis"):
        mx.np.random.shuffle(mx.np.array(1))


# -- npx ----------------------------------------------------------------------------------------------------


def test_bernoulli_draws_ones_with_its_probability():
    drawn = mx.npx.random.bernoulli(0.3, size=(DRAWN,)).asnumpy()
    assert set(drawn.tolist()) == {0.0, 1.0}
    assert abs(drawn.mean() - 0.3) < 0.02
    assert mx.npx.random.bernoulli(prob=mx.np.array([0.0, 1.0])).tolist() == [0, 1]
    assert abs(mx.npx.random.bernoulli(logit=mx.np.zeros(DRAWN)).asnumpy().mean() - 0.5) < 0.02
    for both in ({}, {"prob": 0.5, "logit": 0.5}):
        with pytest.raises(ArgumentError, match="needs a probability or a logit"):
            mx.npx.random.bernoulli(**both)


def test_draws_for_each_element_of_the_parameters():
    assert mx.npx.random.uniform_n(mx.np.zeros(2), 1.0, (3,)).shape == (3, 2)
    assert mx.npx.random.normal_n(0.0, mx.np.ones((2, 1)), 4).shape == (4, 2, 1)
