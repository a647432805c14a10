# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from gluonish.context import Context
from gluonish.symbol.symbol import Symbol

def exponential(
    lam: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the exponential distribution of rate lam; its mean is 1 / lam."""

def exponential_like(
    data: Symbol | None = None,
    lam: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the exponential distribution of rate lam; its mean is 1 / lam, as many numbers as ``data`` has elements."""

def gamma(
    alpha: float = 1.0,
    beta: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the gamma distribution of shape alpha and scale beta; its mean is alpha * beta."""

def gamma_like(
    data: Symbol | None = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the gamma distribution of shape alpha and scale beta; its mean is alpha * beta, as many numbers as ``data`` has elements."""

def generalized_negative_binomial(
    mu: float = 1.0,
    alpha: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the negative binomial distribution of mean mu and variance mu + alpha * mu^2."""

def generalized_negative_binomial_like(
    data: Symbol | None = None,
    mu: float = 1.0,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the negative binomial distribution of mean mu and variance mu + alpha * mu^2, as many numbers as ``data`` has elements."""

def negative_binomial(
    k: int = 1,
    p: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the number of failures before k successes of probability p; its mean is k * (1 - p) / p."""

def negative_binomial_like(
    data: Symbol | None = None,
    k: int = 1,
    p: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the number of failures before k successes of probability p; its mean is k * (1 - p) / p, as many numbers as ``data`` has elements."""

def normal(
    loc: float = 0.0,
    scale: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the normal distribution of this mean and standard deviation."""

def normal_like(
    data: Symbol | None = None,
    loc: float = 0.0,
    scale: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the normal distribution of this mean and standard deviation, as many numbers as ``data`` has elements."""

def poisson(
    lam: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the Poisson distribution of mean lam."""

def poisson_like(
    data: Symbol | None = None,
    lam: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the Poisson distribution of mean lam, as many numbers as ``data`` has elements."""

def randint(
    low: int,
    high: int,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw uniformly from the integers low, ..., high - 1."""

def uniform(
    low: float = 0.0,
    high: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the uniform distribution on [low, high)."""

def uniform_like(
    data: Symbol | None = None,
    low: float = 0.0,
    high: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Draw from the uniform distribution on [low, high), as many numbers as ``data`` has elements."""
