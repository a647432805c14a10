"""``mx.random``: the seed, and drawing random arrays.

Each context has a stream of its own, made from the seed and the context's name and number: what is drawn on
``cpu(1)`` depends neither on what is drawn on ``cpu(0)`` nor on how many devices there are. Threads that draw
on one context share its stream.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from gluonish.context import Context, as_context
from gluonish.engine import rng
from gluonish.errors import ArgumentError, ArgumentTypeError
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
    "get_state",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "seed",
    "set_state",
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


def get_state() -> dict[str, Any]:
    """Return where all random streams are, as a dictionary that JSON can hold.

    The streams of GPUs cannot tell: each goes on as a new one, whose seed is drawn from it and returned.

    Example:
        >>> import gluonish as mx
        >>> state = mx.random.get_state()
        >>> first = mx.random.uniform(shape=(2,)).asnumpy()
        >>> mx.random.set_state(state)
        []
        >>> (mx.random.uniform(shape=(2,)).asnumpy() == first).all()
        np.True_
    """
    return rng.state()


def set_state(state: Mapping[str, Any]) -> list[Context]:
    """Continue all random streams where ``get_state`` found them, in this process or another one.

    Args:
        state: what ``get_state`` returned.

    Returns:
        The contexts that this machine does not have, whose streams are left out.

    Raises:
        ArgumentError: it is something else. Nothing is changed then.
    """
    try:
        return rng.restore(state)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ArgumentError(
            "The state of the random streams",
            f"cannot be used ({type(error).__name__}: {error})",
            expected="what get_state() returned",
        ) from error
