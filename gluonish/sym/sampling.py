"""Symbols of random arrays: the functions of ``mx.sym.random``.

Each takes numbers, or symbols, as the parameters of its distribution. With symbols, ``shape``
numbers are drawn for each of their elements.
"""

from __future__ import annotations

import math
from typing import Any

from gluonish.engine.operator import find_operator
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.symbol import Symbol, compose

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


def _draw(word: str, parameters: dict[str, Any], shape: Any, dtype: Any, options: dict[str, Any]) -> Symbol:
    """Compose ``_random_<word>`` or, of symbols, ``_sample_<word>``."""
    symbols = [each for each in parameters.values() if isinstance(each, Symbol)]
    params = {"shape": shape, "dtype": dtype}
    given = {key: value for key, value in params.items() if value is not None}
    name, attr = options.pop("name", None), options.pop("attr", None)
    if not symbols:
        op_name, given = f"_random_{word}", {**parameters, **given, **options}
    elif len(symbols) == len(parameters):
        op_name = f"_sample_{word}"
    else:
        raise ArgumentTypeError(
            f"{word}()",
            "takes symbols or numbers as its parameters, not both",
            received=", ".join(type(each).__name__ for each in parameters.values()),
        )
    return compose(find_operator(op_name), tuple(symbols), given, name=name, hint=op_name, attr=attr)


def uniform(low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of draws from the uniform distribution on [low, high).

    Args:
        low: the lower bound, a number or a symbol.
        high: the upper bound, likewise.
        shape: how many numbers, one if not given; with symbols, how many for each element.
        dtype: the element type, float32 if not given.
        kwargs: ``name`` and ``attr`` of the node; ``ctx``, if not where the graph runs.

    Example:
        >>> import gluonish as mx
        >>> mx.sym.random.uniform(shape=(2, 3)).infer_shape()[1]
        [(2, 3)]
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, kwargs)


def normal(loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of normal draws; further arguments as of ``uniform``."""
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, kwargs)


def randn(*shape: int, **kwargs: Any) -> Symbol:
    """Return the symbol of normal draws, with the sizes as positional arguments."""
    loc, scale, dtype = kwargs.pop("loc", 0), kwargs.pop("scale", 1), kwargs.pop("dtype", None)
    return normal(loc, scale, shape or None, dtype, **kwargs)


def gamma(alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of gamma draws; further arguments as of ``uniform``."""
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of exponential draws of mean ``scale``; further arguments as of ``uniform``.

    Raises:
        ArgumentError: the scale is not positive.
    """
    if not isinstance(scale, Symbol) and not scale > 0:
        raise ArgumentError(
            "exponential()", "cannot draw with this scale", expected="a positive number", received=scale
        )
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of Poisson draws; further arguments as of ``uniform``."""
    return _draw("poisson", {"lam": lam}, shape, dtype, kwargs)


def negative_binomial(k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of negative binomial draws; further arguments as of ``uniform``."""
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)


def generalized_negative_binomial(
    mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Return the symbol of generalised negative binomial draws; further arguments as of ``uniform``."""
    return _draw("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, kwargs)


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Return the symbol of draws from low, ..., high - 1; further arguments as of ``uniform``."""
    return _draw("randint", {"low": low, "high": high}, shape, dtype, kwargs)


def multinomial(
    data: Symbol, shape: Any = (), get_prob: bool = True, dtype: Any = "int32", **kwargs: Any
) -> Symbol:
    """Return the symbol of classes drawn by their probabilities; see ``mx.nd.random.multinomial``."""
    params = {"shape": shape, "get_prob": get_prob, "dtype": dtype}
    return compose(
        find_operator("_sample_multinomial"), (data,), params, hint="_sample_multinomial", **kwargs
    )


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """Return the symbol of the rows in a random order."""
    return compose(find_operator("_shuffle"), (data,), {}, hint="_shuffle", **kwargs)


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Return the symbols of classes drawn from the log-uniform (Zipfian) distribution, and expected counts.

    Class c has the probability log((c + 2) / (c + 1)) / log(range_max + 1).

    Args:
        true_classes: classes whose expected counts are wanted too.
        num_sampled: how many classes to draw; repetitions are possible.
        range_max: the number of classes.

    Returns:
        The drawn classes (int64), and how often each true class, and each drawn class, is expected among
        that many draws (float64).

    Example:
        >>> import gluonish as mx
        >>> drawn, counts, _ = mx.sym.contrib.rand_zipfian(mx.sym.var("true"), 4, 5)
        >>> drawn.infer_shape()[1], counts.infer_shape(true=(3,))[1]
        ([(4,)], [(3,)])
    """
    scale = math.log(range_max + 1)
    draws = uniform(0, scale, (num_sampled,), "float64")
    sampled: Any = (draws.exp() - 1).astype("int64") % range_max

    def expected(classes: Any) -> Any:
        rank = classes.astype("float64") + 1
        return (1 / rank).log1p() * (num_sampled / scale)

    return sampled, expected(true_classes), expected(sampled)
