# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.nd.sampling import exponential as exponential
from gluonish.nd.sampling import gamma as gamma
from gluonish.nd.sampling import generalized_negative_binomial as generalized_negative_binomial
from gluonish.nd.sampling import multinomial as multinomial
from gluonish.nd.sampling import negative_binomial as negative_binomial
from gluonish.nd.sampling import normal as normal
from gluonish.nd.sampling import poisson as poisson
from gluonish.nd.sampling import randint as randint
from gluonish.nd.sampling import randn as randn
from gluonish.nd.sampling import shuffle as shuffle
from gluonish.nd.sampling import uniform as uniform

def exponential_like(
    data: NDArray,
    lam: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the exponential distribution of rate lam; its mean is 1 / lam, as many numbers as ``data`` has elements."""

def gamma_like(
    data: NDArray,
    alpha: float = 1.0,
    beta: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the gamma distribution of shape alpha and scale beta; its mean is alpha * beta, as many numbers as ``data`` has elements."""

def generalized_negative_binomial_like(
    data: NDArray,
    mu: float = 1.0,
    alpha: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the negative binomial distribution of mean mu and variance mu + alpha * mu^2, as many numbers as ``data`` has elements."""

def negative_binomial_like(
    data: NDArray,
    k: int = 1,
    p: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the number of failures before k successes of probability p; its mean is k * (1 - p) / p, as many numbers as ``data`` has elements."""

def normal_like(
    data: NDArray,
    loc: float = 0.0,
    scale: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the normal distribution of this mean and standard deviation, as many numbers as ``data`` has elements."""

def pdf_dirichlet(
    sample: NDArray,
    alpha: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the Dirichlet distribution of concentrations alpha."""

def pdf_exponential(
    sample: NDArray,
    lam: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the exponential distribution of rate lam."""

def pdf_gamma(
    sample: NDArray,
    alpha: NDArray,
    beta: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the gamma distribution of shape alpha and rate beta."""

def pdf_generalized_negative_binomial(
    sample: NDArray,
    mu: NDArray,
    alpha: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the negative binomial distribution of mean mu and variance mu + alpha * mu^2."""

def pdf_negative_binomial(
    sample: NDArray,
    k: NDArray,
    p: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the number of failures before k successes, each of probability p."""

def pdf_normal(
    sample: NDArray,
    mu: NDArray,
    sigma: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the normal distribution of mean mu and standard deviation sigma."""

def pdf_poisson(
    sample: NDArray,
    lam: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the Poisson distribution of mean lam."""

def pdf_uniform(
    sample: NDArray,
    low: NDArray,
    high: NDArray,
    is_log: bool = False,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Return the density of samples, or its logarithm: the uniform distribution between low and high; samples outside are not looked for."""

def poisson_like(
    data: NDArray,
    lam: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the Poisson distribution of mean lam, as many numbers as ``data`` has elements."""

def uniform_like(
    data: NDArray,
    low: float = 0.0,
    high: float = 1.0,
    *,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draw from the uniform distribution on [low, high), as many numbers as ``data`` has elements."""
