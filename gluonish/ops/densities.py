"""Densities of distributions at given samples.

``DENSITIES`` is the table: a row gives the logarithm of a density and its slopes, and becomes an operator.
The shape of the parameters is that of the samples, or its beginning: then each distribution has the samples
along the axes that follow. Samples of a Dirichlet distribution, and its parameter, lie along the last axis.

A slope is written with ``F``, so that it has slopes itself. Discrete distributions have none by the sample.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from gluonish.engine.backend import special_functions
from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import XP, Array, Operator, operator
from gluonish.ops.nn.common import float_rule, widen
from gluonish.shape import PartialShape, Shape

__all__: list[str] = []

Slope = Callable[..., Any]


@attrs.frozen
class Density:
    """One distribution.

    Attributes:
        word: its name within that of the operator.
        parameters: the names of its parameters.
        log: ``log(xp, gammaln, sample, *parameters)`` returns the logarithm of the density.
        slopes: ``slope(F, sample, *parameters)`` returns the derivative of ``log`` by the sample or by a
            parameter, by its name.
        doc: what the distribution is called.
        event: how many axes, the last ones, one sample has.
    """

    word: str
    parameters: tuple[str, ...]
    log: Callable[..., Array]
    slopes: dict[str, Slope]
    doc: str
    event: int = 0


def _poisson(xp: XP, gammaln: Any, x: Array, lam: Array) -> Array:
    return x * xp.log(lam) - lam - gammaln(x + 1)


def _gamma(xp: XP, gammaln: Any, x: Array, alpha: Array, beta: Array) -> Array:
    return alpha * xp.log(beta) + (alpha - 1) * xp.log(x) - beta * x - gammaln(alpha)


def _normal(xp: XP, gammaln: Any, x: Array, mu: Array, sigma: Array) -> Array:
    return -0.5 * ((x - mu) / sigma) ** 2 - xp.log(sigma) - 0.5 * math.log(2 * math.pi)


def _failures(xp: XP, gammaln: Any, x: Array, k: Array, p: Array) -> Array:
    return gammaln(x + k) - gammaln(x + 1) - gammaln(k) + k * xp.log(p) + x * xp.log(1 - p)


def _generalized(xp: XP, gammaln: Any, x: Array, mu: Array, alpha: Array) -> Array:
    return _failures(xp, gammaln, x, 1 / alpha, 1 / (mu * alpha + 1))


def _dirichlet(xp: XP, gammaln: Any, x: Array, alpha: Array) -> Array:
    shares = (alpha - 1) * xp.log(x) - gammaln(alpha)
    return shares.sum(-1) + gammaln(alpha.sum(-1))


def _by_k(F: Any, x: Any, k: Any, p: Any) -> Any:
    return F.digamma(x + k) - F.digamma(k) + F.log(p)


def _by_p(F: Any, x: Any, k: Any, p: Any) -> Any:
    return k / p - x / (1 - p)


def _by_mean(F: Any, x: Any, mu: Any, alpha: Any) -> Any:
    p = 1 / (mu * alpha + 1)
    return -_by_p(F, x, 1 / alpha, p) * alpha * p * p


def _by_dispersion(F: Any, x: Any, mu: Any, alpha: Any) -> Any:
    k, p = 1 / alpha, 1 / (mu * alpha + 1)
    return -_by_k(F, x, k, p) * k * k - _by_p(F, x, k, p) * mu * p * p


DENSITIES = [
    Density(
        "uniform",
        ("low", "high"),
        lambda xp, gammaln, x, low, high: -xp.log(high - low) + xp.zeros_like(x),
        {
            "low": lambda F, x, low, high: 1 / (high - low) + F.zeros_like(x),
            "high": lambda F, x, low, high: -1 / (high - low) + F.zeros_like(x),
        },
        "the uniform distribution between low and high; samples outside are not looked for",
    ),
    Density(
        "normal",
        ("mu", "sigma"),
        _normal,
        {
            "sample": lambda F, x, mu, sigma: (mu - x) / (sigma * sigma),
            "mu": lambda F, x, mu, sigma: (x - mu) / (sigma * sigma),
            "sigma": lambda F, x, mu, sigma: ((x - mu) * (x - mu) / (sigma * sigma) - 1) / sigma,
        },
        "the normal distribution of mean mu and standard deviation sigma",
    ),
    Density(
        "gamma",
        ("alpha", "beta"),
        _gamma,
        {
            "sample": lambda F, x, alpha, beta: (alpha - 1) / x - beta,
            "alpha": lambda F, x, alpha, beta: F.log(beta) + F.log(x) - F.digamma(alpha),
            "beta": lambda F, x, alpha, beta: alpha / beta - x,
        },
        "the gamma distribution of shape alpha and rate beta",
    ),
    Density(
        "exponential",
        ("lam",),
        lambda xp, gammaln, x, lam: xp.log(lam) - lam * x,
        {"sample": lambda F, x, lam: F.zeros_like(x) - lam, "lam": lambda F, x, lam: 1 / lam - x},
        "the exponential distribution of rate lam",
    ),
    Density(
        "poisson",
        ("lam",),
        _poisson,
        {"lam": lambda F, x, lam: x / lam - 1},
        "the Poisson distribution of mean lam",
    ),
    Density(
        "negative_binomial",
        ("k", "p"),
        _failures,
        {"k": _by_k, "p": _by_p},
        "the number of failures before k successes, each of probability p",
    ),
    Density(
        "generalized_negative_binomial",
        ("mu", "alpha"),
        _generalized,
        {"mu": _by_mean, "alpha": _by_dispersion},
        "the negative binomial distribution of mean mu and variance mu + alpha * mu^2",
    ),
    Density(
        "dirichlet",
        ("alpha",),
        _dirichlet,
        {
            "sample": lambda F, x, alpha: (alpha - 1) / x,
            "alpha": lambda F, x, alpha: (
                F.log(x) - F.digamma(alpha) + F.digamma(F.sum(alpha, axis=(-1,), keepdims=True))
            ),
        },
        "the Dirichlet distribution of concentrations alpha",
        event=1,
    ),
]


# -- shapes -------------------------------------------------------------------------------------------


def _spread(shape: Shape, ndim: int, event: int) -> Shape:
    """Return the shape of a parameter with axes of length 1 for the samples of one distribution."""
    own = len(shape) - event
    return (*shape[:own], *(1,) * (ndim - len(shape)), *shape[own:])


def _check_parameter(s: ShapeFacts, name: str, sample: PartialShape, event: int) -> None:
    known = s[name]
    if known is None or sample is None:
        return
    own = len(known) - event
    wanted = (*sample[: max(own, 0)], *sample[len(sample) - event :])
    if own < 0 or len(known) > len(sample):
        s.fail(f"has a parameter {name!r} of more axes than the samples", expected=f"{wanted}")
    s[name] = wanted


# -- the operators ------------------------------------------------------------------------------------


def _signed(function: Callable[..., Any], first: Sequence[str], last: Sequence[Any]) -> Callable[..., Any]:
    """Give a function the names by which the engine knows what it takes."""
    names = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in first]
    function.__signature__ = inspect.Signature([*names, *last])  # type: ignore[attr-defined]
    return function


def _declare(density: Density) -> None:
    inputs, event = ("sample", *density.parameters), density.event

    def kernel(xp: XP, *arrays: Array, is_log: bool) -> Array:
        sample, *parameters = map(widen, arrays)
        spread = [p.reshape(_spread(p.shape, sample.ndim, event)) for p in parameters]
        result = density.log(xp, special_functions(xp).gammaln, sample, *spread)
        return (result if is_log else xp.exp(result)).astype(arrays[0].dtype, copy=False)

    kernel.__doc__ = f"""Return the density of samples, or its logarithm: {density.doc}.

    The shape of a parameter is the beginning of that of the samples.
    """
    kernel.__annotations__ = {"is_log": "bool"}
    field = inspect.Parameter("is_log", inspect.Parameter.KEYWORD_ONLY, default=False)
    name = f"_random_pdf_{density.word}"
    op = operator(name, aliases=(name[1:],))(_signed(kernel, ("xp", *inputs), [field]))
    op.dtype(float_rule)

    @op.shape
    def shapes_of(s: ShapeFacts) -> None:
        sample = s["sample"]
        for parameter in density.parameters:
            _check_parameter(s, parameter, sample, event)
        if sample is not None:
            s["output"] = sample[: len(sample) - event]

    for target, slope in density.slopes.items():
        _declare_slope(op, density, target, slope)


def _declare_slope(op: Operator, density: Density, target: str, slope: Slope) -> None:
    inputs, event = ("sample", *density.parameters), density.event
    position = inputs.index(target)

    def rule(F: Any, g: Any, *given: Any) -> Any:
        *arrays, output, is_log, shapes = given
        ndim = len(shapes[0])
        sample, *parameters = arrays
        spread = [
            F._reshape_to(p, shape=_spread(shape, ndim, event))
            for p, shape in zip(parameters, shapes[1:], strict=False)
        ]
        factor = g if is_log else g * output
        if event:
            factor = F.expand_dims(factor, axis=-1)
        result = factor * slope(F, sample, *spread)
        own = len(shapes[position]) - event
        samples_of_one = tuple(range(own, ndim - event))
        return F.sum(result, axis=samples_of_one) if samples_of_one else result

    op.gradient(target)(_signed(rule, ("F", "g", *inputs, "output", "is_log", "shapes"), []))


for _each in DENSITIES:
    _declare(_each)
