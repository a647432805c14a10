"""Drawing random arrays: the functions of ``mx.nd.random``.

Each takes numbers, or arrays, as the parameters of its distribution. With arrays, ``shape`` numbers are drawn
for each of their elements, and a number beside them serves all elements.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from gluonish.context import Context
from gluonish.engine.invoke import call_operator
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError
from gluonish.nd.creation import full

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "rand_zipfian",
    "randint",
    "randn",
    "shuffle",
    "uniform",
]

Parameter: TypeAlias = "float | NDArray"
ShapeLike: TypeAlias = "int | Sequence[int] | None"


def uniform(
    low: Parameter = 0.0,
    high: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the uniform distribution on [low, high).

    Args:
        low: the lower bound, itself included; a number or an array.
        high: the upper bound, itself excluded; a number or an array, not below ``low``.
        shape: how many numbers: one if not given. With arrays as bounds, how many for each element.
        dtype: a floating-point dtype, float32 if not given.
        ctx: where; the current context if not given. With arrays as bounds, theirs.
        out: an array to fill, whose shape, dtype and context are taken where none is given.

    Raises:
        ArgumentError: ``low`` is above ``high``.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.random.uniform(2, 3, shape=(4,)).shape
        (4,)
        >>> mx.nd.random.uniform(mx.nd.array([0, 10]), mx.nd.array([1, 20]), shape=(4,)).shape
        (2, 4)
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, ctx, out)


def normal(
    loc: Parameter = 0.0,
    scale: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the normal distribution of mean ``loc`` and standard deviation ``scale``.

    Further arguments are those of ``uniform``.
    """
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, ctx, out)


def randn(
    *shape: int,
    loc: Parameter = 0.0,
    scale: Parameter = 1.0,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the normal distribution, with the sizes as positional arguments.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.random.randn(2, 3).shape
        (2, 3)
    """
    return normal(loc, scale, shape or None, dtype, ctx, out)


def gamma(
    alpha: Parameter = 1.0,
    beta: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the gamma distribution of shape ``alpha`` and scale ``beta``; its mean is their product.

    Further arguments are those of ``uniform``.
    """
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, ctx, out)


def exponential(
    scale: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the exponential distribution of mean ``scale``.

    The operators ``nd.random_exponential`` and ``nd.sample_exponential`` take the rate, 1 / scale, instead.
    Further arguments are those of ``uniform``.
    """
    if not isinstance(scale, NDArray) and not scale > 0:
        raise ArgumentError(
            "exponential()", "cannot draw with this scale", expected="a positive number", received=scale
        )
    return _draw("exponential", {"lam": 1 / scale}, shape, dtype, ctx, out)


def poisson(
    lam: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the Poisson distribution of mean ``lam``, as floating-point numbers.

    Further arguments are those of ``uniform``.
    """
    return _draw("poisson", {"lam": lam}, shape, dtype, ctx, out)


def negative_binomial(
    k: Parameter = 1,
    p: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw how many failures come before ``k`` successes, where a try succeeds with probability ``p``.

    Further arguments are those of ``uniform``.
    """
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, ctx, out)


def generalized_negative_binomial(
    mu: Parameter = 1.0,
    alpha: Parameter = 1.0,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the negative binomial distribution of mean ``mu`` and variance mu + alpha * mu^2.

    Further arguments are those of ``uniform``.
    """
    return _draw("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, ctx, out)


def randint(
    low: int,
    high: int,
    shape: ShapeLike = None,
    dtype: Any = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw uniformly from the integers low, ..., high - 1.

    Args:
        low: the smallest number.
        high: one more than the largest number.
        shape: how many numbers; one if not given.
        dtype: an integer dtype, int32 if not given.
        ctx: where; the current context if not given.
        out: an array to fill, whose shape, dtype and context are taken where none is given.

    Raises:
        ArgumentError: ``low`` is not below ``high``, or the dtype does not hold them.
    """
    return _draw("randint", {"low": low, "high": high}, shape, dtype, ctx, out)


def multinomial(
    data: NDArray,
    shape: ShapeLike = None,
    get_prob: bool = False,
    out: Any = None,
    dtype: Any = "int32",
) -> NDArray | list[NDArray]:
    """Draw classes by their probabilities.

    Args:
        data: probabilities; along the last axis they sum to 1.
        shape: how many classes for each row of probabilities; one, without an axis of its own, if not given.
        get_prob: return the logarithms of the drawn classes' probabilities too. They are differentiable.
        out: an array to fill, or a list of two.
        dtype: of the classes.

    Raises:
        ArgumentError: ``data`` are no probabilities.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.random.multinomial(mx.nd.array([[0, 1], [1, 0]])).asnumpy()
        array([1, 0], dtype=int32)
    """
    params = {"shape": () if shape is None else shape, "get_prob": get_prob, "dtype": dtype}
    return call_operator(find_operator("_sample_multinomial"), (data,), params, out)


def shuffle(data: NDArray, out: NDArray | None = None) -> NDArray:
    """Return the rows (the entries along the first axis) in a random order."""
    return call_operator(find_operator("_shuffle"), (data,), {}, out)


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Draw classes from the log-uniform (Zipfian) distribution, as sampled softmax needs them.

    Class c has the probability log((c + 2) / (c + 1)) / log(range_max + 1).

    Args:
        true_classes: classes whose expected counts are wanted too.
        num_sampled: how many classes to draw; repetitions are possible.
        range_max: the number of classes.
        ctx: where; the current context if not given.

    Returns:
        The drawn classes (int64), and how often each true class, and each drawn class, is expected among
        that many draws (float64).
    """
    exponents = uniform(0, math.log(range_max + 1), num_sampled, "float64", ctx)
    sampled = (exponents.exp() - 1).astype("int64").clip(0, range_max - 1)

    def expected(classes: NDArray) -> NDArray:
        rank = classes.astype("float64").as_in_context(sampled.context) + 1
        return (1 / rank).log1p() * (num_sampled / math.log(range_max + 1))

    return sampled, expected(true_classes), expected(sampled)


def _draw(
    word: str,
    parameters: dict[str, Any],
    shape: ShapeLike,
    dtype: Any,
    ctx: Context | None,
    out: NDArray | None,
) -> NDArray:
    """Call ``_random_<word>`` or, if one of the parameters is an array, ``_sample_<word>``."""
    dtype = dtype if dtype is not None or out is None else out.dtype
    first = next((each for each in parameters.values() if isinstance(each, NDArray)), None)
    if first is not None and word != "randint":
        arrays = [_as_array(each, first) for each in parameters.values()]
        params = {"shape": () if shape is None else shape, "dtype": dtype}
        return call_operator(find_operator(f"_sample_{word}"), tuple(arrays), params, out)
    if out is not None:
        shape = out.shape if shape is None else shape
        ctx = out.context if ctx is None else ctx
    params = {**parameters, "shape": shape, "dtype": dtype, "ctx": ctx}
    return call_operator(find_operator(f"_random_{word}"), (), params, out)


def _as_array(value: Any, like: NDArray) -> NDArray:
    return value if isinstance(value, NDArray) else full(like.shape, value, like.context, "float64")
