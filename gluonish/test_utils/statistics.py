"""Testing random generators by their statistics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, ComparisonError
from gluonish.test_utils.compare import to_numpy

__all__ = ["chi_square_check", "gen_buckets_probs_with_ppf", "mean_check", "var_check", "verify_generator"]

Generator = Callable[[int], Any]
"""Takes a number of samples, returns so many."""

DEVIATIONS = 3
"""How many standard deviations a statistic may be away from what is expected."""


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Tell whether the mean of samples is within three standard errors of ``mu``.

    Args:
        generator: draws samples.
        mu: their mean, as it should be.
        sigma: their standard deviation.
        nsamples: how many to draw.
    """
    mean = float(np.mean(to_numpy(generator(nsamples)), dtype=np.float64))
    return abs(mean - mu) < DEVIATIONS * sigma / np.sqrt(nsamples)


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Tell whether the variance of normal samples is within three standard errors of ``sigma**2``.

    Args:
        generator: draws samples.
        sigma: their standard deviation, as it should be.
        nsamples: how many to draw.
    """
    variance = float(np.var(to_numpy(generator(nsamples)), dtype=np.float64, ddof=1))
    return abs(variance - sigma**2) < DEVIATIONS * np.sqrt(2 * sigma**4 / (nsamples - 1))


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return intervals that a distribution hits equally often, and how often.

    Args:
        ppf: the inverse of its distribution function.
        nbuckets: the number of intervals, 1 or more.

    Raises:
        ArgumentError: no intervals.
    """
    if nbuckets < 1:
        raise ArgumentError("Intervals", "are needed", expected="nbuckets of 1 or more", received=nbuckets)
    ends = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return [(ends[i], ends[i + 1]) for i in range(nbuckets)], [1 / nbuckets] * nbuckets


def chi_square_check(
    generator: Generator, buckets: Sequence[Any], probs: Sequence[float], nsamples: int = 1000000
) -> tuple[float, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Test by Pearson's chi-squared how well samples follow a distribution.

    Args:
        generator: draws samples.
        buckets: intervals that cover the distribution, in ascending order; or the values of a discrete one.
        probs: the probability of each.
        nsamples: how many to draw.

    Returns:
        The p-value, the frequencies that were found, and those that were expected.

    Raises:
        ArgumentError: there are no buckets, or not as many as probabilities.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> p, _, _ = chi_square_check(lambda n: rng.integers(0, 2, n), [0, 1], [0.5, 0.5], 1000)
        >>> p > 0.01
        True
    """
    if not buckets or len(buckets) != len(probs):
        raise ArgumentError(
            "chi_square_check()",
            "needs buckets, each with a probability",
            expected=len(probs),
            received=len(buckets),
        )
    from scipy import stats  # noqa: PLC0415  slow to import, and rarely wanted

    samples = to_numpy(generator(nsamples)).ravel()
    expected = np.array(probs, dtype=np.float64) * samples.size
    found = _frequencies(samples, buckets)
    statistic = float(((found - expected) ** 2 / expected).sum())
    return float(stats.chi2.sf(statistic, len(buckets) - 1)), found, expected


def _frequencies(samples: np.ndarray[Any, Any], buckets: Sequence[Any]) -> np.ndarray[Any, Any]:
    if isinstance(buckets[0], (list, tuple)):
        ordered = np.sort(samples)
        return np.array([np.diff(np.searchsorted(ordered, bucket))[0] for bucket in buckets])
    return np.array([np.count_nonzero(samples == value) for value in buckets])


def verify_generator(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """Assert, by repeated chi-squared tests, that samples follow a distribution.

    Args:
        generator: as of ``chi_square_check``.
        buckets: likewise.
        probs: likewise.
        nsamples: how many to draw for each test.
        nrepeat: how many tests.
        success_rate: the part of the tests that must succeed.
        alpha: the p-value above which a test succeeds.

    Returns:
        The p-values.

    Raises:
        ComparisonError: too few succeeded.
    """
    results = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    found = [p for p, _, _ in results]
    succeeded = sum(p > alpha for p in found)
    if succeeded < nrepeat * success_rate:
        raise ComparisonError(
            "The generator",
            f"does not follow the distribution: {succeeded} of {nrepeat} tests succeeded",
            expected=f"at least {success_rate * nrepeat:g} p-values above {alpha:g}",
            received=f"p-values {found}, frequencies {[each.tolist() for _, each, _ in results]}, "
            f"where {results[0][2].tolist()} are expected",
        )
    return found
