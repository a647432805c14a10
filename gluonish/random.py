"""``mx.random``: the seed, and drawing random arrays.

Each context has a stream of its own, made from the seed and the context's name and number: what is drawn on
``cpu(1)`` depends neither on what is drawn on ``cpu(0)`` nor on how many devices there are. Threads that draw
on one context share its stream.
"""

from __future__ import annotations

import operator

from gluonish.context import Context, as_context
from gluonish.engine import rng
from gluonish.errors import ArgumentTypeError
from gluonish.nd.sampling import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "seed",
    "shuffle",
    "uniform",
]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Restart random streams, so that every draw that follows repeats.

    Args:
        seed_state: the seed, any integer.
        ctx: the context whose stream restarts. ``"all"`` restarts those of all contexts and the initial
            values of parameters.

    Raises:
        ArgumentTypeError: the seed is no integer.
        DeviceUnavailableError: a single context that cannot be used here.

    Example:
        >>> import gluonish as mx
        >>> mx.random.seed(7)
        >>> first = mx.random.uniform(shape=(2,)).asnumpy()
        >>> mx.random.seed(7)
        >>> (mx.random.uniform(shape=(2,)).asnumpy() == first).all()
        np.True_
    """
    try:
        value = operator.index(seed_state)
    except TypeError:
        raise ArgumentTypeError(
            "The seed", "is no integer", expected="an integer", received=repr(seed_state)
        ) from None
    rng.seed(value, None if ctx == "all" else as_context(ctx))
