"""``mx.np.random``: drawing arrays, with NumPy's names for distributions and their parameters.

Parameters are numbers or arrays, which broadcast together; ``size`` is the shape of the result, that to which
the parameters broadcast if not given. Without any, one number of shape () is drawn. Where a draw is computed
from its parameters it is differentiable by them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gluonish.context import Context, as_context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.nd import sampling
from gluonish.numpy import elementwise as ew
from gluonish.numpy.arguments import as_array, call, is_number, written
from gluonish.numpy.creation import arange, array
from gluonish.numpy.indexing import argsort, take
from gluonish.numpy.products import matmul
from gluonish.numpy.reduction import cumsum
from gluonish.numpy.reduction import sum as sum_of
from gluonish.numpy.shaping import broadcast_to, reshape
from gluonish.shape import as_shape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "beta",
    "chisquare",
    "choice",
    "exponential",
    "f",
    "gamma",
    "gumbel",
    "laplace",
    "logistic",
    "lognormal",
    "multinomial",
    "multivariate_normal",
    "normal",
    "pareto",
    "permutation",
    "power",
    "rand",
    "randint",
    "randn",
    "rayleigh",
    "shuffle",
    "standard_normal",
    "uniform",
    "weibull",
]

Parameter: TypeAlias = Any
"""A number or an array."""

Size: TypeAlias = Any
"""None, an int or a tuple of ints."""

FLOATS = ("float16", "float32", "float64", "bfloat16")


# -- what all share ---------------------------------------------------------------------------------------


class _Draw:
    """What a draw with these parameters is like: its shape, dtype and context.

    Raises:
        ArgumentError: the parameters and the size do not broadcast together.
    """

    def __init__(self, size: Size, dtype: Any, ctx: Context | None, *parameters: Parameter) -> None:
        arrays = [each for each in parameters if isinstance(each, NDArray)]
        shapes = [each.shape for each in arrays]
        try:
            common = np.broadcast_shapes(*shapes)
            self.shape = common if size is None else as_shape(size, owner="The size of a draw")
            np.broadcast_to(np.empty(common), self.shape)
        except ValueError as error:
            raise ArgumentError("A random draw", f"cannot have this size: {error}", received=size) from error
        first = next(iter(arrays), None)
        self.dtype = dtype or (first.dtype if first is not None and str(first.dtype) in FLOATS else "float32")
        self.ctx = as_context(ctx) if first is None else first.context

    def like(self, op_name: str, **params: Any) -> ndarray:
        """Draw from a distribution with numbers as parameters."""
        shape = self.shape or (1,)
        drawn = call(op_name, shape=shape, dtype=self.dtype, ctx=self.ctx, **params).as_np_ndarray()
        return drawn if self.shape else call("_reshape_to", drawn, shape=())

    def uniform(self) -> ndarray:
        """Draw from (0, 1]: its logarithm is finite."""
        return 1 - self.like("_random_uniform", low=0.0, high=1.0)

    def normal(self) -> ndarray:
        """Draw from the standard normal distribution."""
        return self.like("_random_normal", loc=0.0, scale=1.0)

    def gamma(self, shape: Parameter) -> ndarray:
        """Draw from the gamma distribution of scale 1."""
        if is_number(shape):
            return self.like("_random_gamma", alpha=shape, beta=1.0)
        alpha = broadcast_to(as_array(shape, "random.gamma").astype(self.dtype, copy=False), self.shape)
        beta = alpha * 0 + 1
        return call("_sample_gamma", alpha, beta, shape=(), dtype=self.dtype)


def _check_not_negative(function: str, **parameters: Parameter) -> None:
    for name, value in parameters.items():
        if is_number(value) and value < 0:
            raise ArgumentError(
                f"np.random.{function}()", f"cannot use this {name}", expected="0 or more", received=value
            )


# -- uniform and normal -----------------------------------------------------------------------------------


def uniform(
    low: Parameter = 0.0,
    high: Parameter = 1.0,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw from the uniform distribution on [low, high).

    Args:
        low: the lower bound, itself included.
        high: the upper bound, itself excluded.
        size: the shape of the result.
        dtype: a floating-point dtype; float32 if not given.
        ctx: where; the context of the parameters, or the current one.
        out: an array to write the result into.

    Raises:
        ArgumentError: the parameters do not broadcast to the size.

    Example:
        >>> import gluonish as mx
        >>> mx.np.random.uniform(mx.np.array([0, 10]), 20, size=(3, 2)).shape
        (3, 2)
    """
    if is_number(low) and is_number(high) and low <= high:
        return written(_Draw(size, dtype, ctx).like("_random_uniform", low=low, high=high), out)
    unit = _Draw(size, dtype, ctx, low, high).like("_random_uniform", low=0.0, high=1.0)
    return written(low + (high - low) * unit, out)


def normal(
    loc: Parameter = 0.0,
    scale: Parameter = 1.0,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw from the normal distribution of mean ``loc`` and standard deviation ``scale``; see ``uniform``.

    Raises:
        ArgumentError: a negative scale, or parameters that do not broadcast to the size.
    """
    _check_not_negative("normal", scale=scale)
    return written(_Draw(size, dtype, ctx, loc, scale).normal() * scale + loc, out)


def standard_normal(size: Size = None, dtype: Any = None, ctx: Context | None = None) -> ndarray:
    """Draw from the normal distribution of mean 0 and standard deviation 1."""
    return normal(size=size, dtype=dtype, ctx=ctx)


def randn(*size: int, **kwargs: Any) -> ndarray:
    """Draw from the standard normal distribution, with the sizes as positional arguments."""
    return normal(size=size, **kwargs)


def rand(*size: int, **kwargs: Any) -> ndarray:
    """Draw from the uniform distribution on [0, 1), with the sizes as positional arguments."""
    return uniform(size=size, **kwargs)


def lognormal(
    mean: Parameter = 0.0,
    sigma: Parameter = 1.0,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw numbers whose logarithms are normal of mean ``mean`` and standard deviation ``sigma``."""
    return written(ew.exp(normal(mean, sigma, size, dtype, ctx)), out)


def multivariate_normal(
    mean: ndarray, cov: ndarray, size: Size = None, check_valid: Any = None, tol: Any = None
) -> ndarray:
    """Draw vectors from the normal distribution of these means and covariances.

    Args:
        mean: the means, in the last axis.
        cov: the covariances, symmetric and positive definite matrices in the last two axes.
        size: how many vectors for each mean.
        check_valid: accepted for NumPy's sake.
        tol: likewise.
    """
    mean, cov = as_array(mean, "random.multivariate_normal"), as_array(cov, "random.multivariate_normal")
    before = () if size is None else as_shape(size, owner="The size of a draw")
    batch = np.broadcast_shapes(mean.shape[:-1], cov.shape[:-2])
    drawn = _Draw((*before, *batch, mean.shape[-1]), mean.dtype, None, mean).normal()
    factor = call("_linalg_potrf", cov)
    return mean + reshape(matmul(factor, reshape(drawn, (*drawn.shape, 1))), drawn.shape)


# -- other continuous distributions ------------------------------------------------------------------------


def gamma(
    shape: Parameter,
    scale: Parameter = 1.0,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw from the gamma distribution of these shapes and scales; its mean is their product."""
    return written(_Draw(size, dtype, ctx, shape, scale).gamma(shape) * scale, out)


def beta(
    a: Parameter, b: Parameter, size: Size = None, dtype: Any = None, ctx: Context | None = None
) -> ndarray:
    """Draw from the beta distribution: x / (x + y) for x and y of gamma distributions of shapes a and b."""
    draw = _Draw(size, dtype, ctx, a, b)
    x, y = draw.gamma(a), draw.gamma(b)
    return x / (x + y)


def chisquare(df: Parameter, size: Size = None, dtype: Any = None, ctx: Context | None = None) -> ndarray:
    """Draw from the chi-square distribution of this many degrees of freedom."""
    return gamma(df / 2, 2.0, size, dtype, ctx)


def f(dfnum: Parameter, dfden: Parameter, size: Size = None, ctx: Context | None = None) -> ndarray:
    """Draw from the F distribution of these degrees of freedom of numerator and denominator."""
    draw = _Draw(size, None, ctx, dfnum, dfden)
    return (draw.gamma(dfnum / 2) * dfden) / (draw.gamma(dfden / 2) * dfnum)


def exponential(
    scale: Parameter = 1.0, size: Size = None, ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """Draw from the exponential distribution of mean ``scale``.

    Raises:
        ArgumentError: a negative scale.
    """
    _check_not_negative("exponential", scale=scale)
    return written(-ew.log(_Draw(size, None, ctx, scale).uniform()) * scale, out)


def gumbel(
    loc: Parameter = 0.0,
    scale: Parameter = 1.0,
    size: Size = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw from the Gumbel distribution of mode ``loc``."""
    _check_not_negative("gumbel", scale=scale)
    return written(loc - ew.log(exponential(1.0, _Draw(size, None, ctx, loc, scale).shape, ctx)) * scale, out)


def logistic(
    loc: Parameter = 0.0,
    scale: Parameter = 1.0,
    size: Size = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw from the logistic distribution of mean ``loc``."""
    _check_not_negative("logistic", scale=scale)
    u = _Draw(size, None, ctx, loc, scale).uniform()
    smallest = np.finfo("float32").tiny
    return written(loc + (ew.log(u) - ew.log(1 - u + smallest)) * scale, out)


def laplace(
    loc: Parameter = 0.0,
    scale: Parameter = 1.0,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw from the Laplace distribution of mean ``loc``: the difference of two exponential draws."""
    _check_not_negative("laplace", scale=scale)
    draw = _Draw(size, dtype, ctx, loc, scale)
    return written(loc + (ew.log(draw.uniform()) - ew.log(draw.uniform())) * scale, out)


def pareto(
    a: Parameter, size: Size = None, ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """Draw from the Lomax distribution of shape a, that of Pareto moved to begin at 0."""
    return written(ew.expm1(exponential(1.0, _Draw(size, None, ctx, a).shape, ctx) / a), out)


def power(a: Parameter, size: Size = None, ctx: Context | None = None, out: ndarray | None = None) -> ndarray:
    """Draw from the distribution on [0, 1] whose density is a x^(a - 1)."""
    return written(_Draw(size, None, ctx, a).uniform() ** (1 / a), out)


def rayleigh(
    scale: Parameter = 1.0, size: Size = None, ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """Draw from the Rayleigh distribution: lengths of vectors of two normal numbers."""
    _check_not_negative("rayleigh", scale=scale)
    return written(ew.sqrt(exponential(2.0, _Draw(size, None, ctx, scale).shape, ctx)) * scale, out)


def weibull(
    a: Parameter, size: Size = None, ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """Draw from the Weibull distribution of shape a and scale 1."""
    return written(exponential(1.0, _Draw(size, None, ctx, a).shape, ctx) ** (1 / a), out)


# -- whole numbers ------------------------------------------------------------------------------------------


def randint(
    low: int,
    high: int | None = None,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw uniformly from the integers low, ..., high - 1; with one bound, from 0, ..., low - 1.

    The dtype is int64 if not given.
    """
    low, high = (0, low) if high is None else (low, high)
    drawn = _Draw(size, dtype or "int64", ctx).like("_random_randint", low=low, high=high)
    return written(drawn, out)


def choice(
    a: Any,
    size: Size = None,
    replace: bool = True,
    p: ndarray | None = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw elements of a vector, or numbers below a.

    Args:
        a: a vector, or the number of possibilities.
        size: how many, as a shape.
        replace: whether an element can be drawn again.
        p: the probability of each; equal if not given.
        ctx: where; the context of the arrays, or the current one.
        out: an array to write the result into.

    Raises:
        ArgumentError: there are fewer elements than are to be drawn without putting them back.
    """
    shape = () if size is None else as_shape(size, owner="The size of a draw")
    count = a.shape[0] if isinstance(a, NDArray) else int(a)
    number = math.prod(shape)
    place = next((each.context for each in (a, p) if isinstance(each, NDArray)), as_context(ctx))
    if replace:
        places = _places_with_replacement(count, shape, p, place)
    else:
        if number > count:
            raise ArgumentError(
                "np.random.choice()",
                "cannot draw that many without replacement",
                expected=f"{count} at most",
                received=number,
            )
        # The largest of log(p) plus Gumbel noise: Efraimidis and Spirakis (2006), "Weighted random sampling".
        keys = gumbel(size=count, ctx=place)
        keys = keys if p is None else keys + ew.log(as_array(p, "random.choice").astype("float32"))
        places = reshape(argsort(-keys)[:number], shape)
    if isinstance(a, NDArray):
        return written(take(as_array(a, "random.choice"), places), out)
    return written(places, out)


def _places_with_replacement(count: int, shape: tuple[int, ...], p: ndarray | None, ctx: Context) -> ndarray:
    if p is None:
        return randint(0, count, shape, "int64", ctx)
    bounds = cumsum(as_array(p, "random.choice").astype("float64"))
    drawn = uniform(0, 1, shape, "float64", ctx) * bounds[-1]
    below = ew.greater_equal(reshape(drawn, (*shape, 1)), bounds[:-1])
    return sum_of(below, -1)


def multinomial(n: int, pvals: Any, size: Size = None, **kwargs: Any) -> ndarray:
    """Draw how often each of several outcomes occurs in n trials.

    Args:
        n: the number of trials.
        pvals: the probabilities of the outcomes, a list or vector; what is missing to 1 is the last one's.
        size: how many such draws, as a shape.
        kwargs: ``ctx=`` where.

    Returns:
        The counts, as int64, along a new last axis.

    Raises:
        ArgumentError: the probabilities exceed 1, or one is negative.
    """
    values = np.asarray(pvals.tolist() if isinstance(pvals, NDArray) else pvals, "float64")
    if values.ndim != 1 or (values < 0).any() or values[:-1].sum() > 1 + 1e-6:
        raise ArgumentError("np.random.multinomial()", "needs probabilities", received=f"{pvals!r:.60}")
    ctx = pvals.context if isinstance(pvals, NDArray) else as_context(kwargs.get("ctx"))
    shape = () if size is None else as_shape(size, owner="The size of a draw")
    values[-1] = max(0.0, 1 - values[:-1].sum())
    drawn = _places_with_replacement(len(values), (*shape, n), array(values, ctx=ctx), ctx)
    outcomes = arange(len(values), dtype="int64", ctx=ctx)
    return sum_of(ew.equal(reshape(drawn, (*shape, n, 1)), outcomes), -2)


# -- order --------------------------------------------------------------------------------------------------


def shuffle(x: ndarray) -> None:
    """Bring the entries along the first axis into a random order, in place."""
    x = as_array(x, "random.shuffle")
    if not x.ndim:
        raise ArgumentTypeError("np.random.shuffle()", "needs an axis", received="an array of shape ()")
    x.write(sampling.shuffle(x.detach()))


def permutation(x: Any, ctx: Context | None = None) -> ndarray:
    """Return the entries along the first axis, or the numbers below x, in a random order."""
    entries = (
        as_array(x, "random.permutation") if isinstance(x, NDArray) else arange(x, dtype="int64", ctx=ctx)
    )
    return sampling.shuffle(entries)  # type: ignore[return-value]  # of the family


def bernoulli(
    prob: Parameter = None,
    logit: Parameter = None,
    size: Size = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Draw ones with a probability, else zeros; it is a function of ``mx.npx.random``.

    Args:
        prob: the probability of a 1.
        logit: its logit instead, log(p / (1 - p)).
        size: the shape of the result.
        dtype: of the result, float32 if not given.
        ctx: where; the context of the parameter, or the current one.
        out: an array to write the result into.

    Raises:
        ArgumentError: neither or both of ``prob`` and ``logit``.
    """
    if (prob is None) == (logit is None):
        raise ArgumentError(
            "npx.random.bernoulli()", "needs a probability or a logit", received=f"prob={prob}, logit={logit}"
        )
    if prob is None:
        prob = (
            call("sigmoid", logit.as_np_ndarray())
            if isinstance(logit, NDArray)
            else 1 / (1 + math.exp(-logit))
        )
    draw = _Draw(size, dtype, ctx, prob)
    # The uniform numbers are never 0, so a probability of 0 gives none.
    return written(ew.less_equal(draw.uniform(), prob).astype(draw.dtype), out)
