"""The states of a parameter, as types.

Legal moves, and what makes them::

    Uninitialized -> Deferred    initialize(), the shape being unknown
    Uninitialized -> Ready       initialize(); load()
    Deferred      -> Deferred    initialize() again; reset_ctx(); set_data()
    Deferred      -> Ready       the shape became known: finish(); load()
    Ready         -> Ready       initialize(force_reinit=True), cast(), reset_ctx(), a new grad_req

No other move exists. A move that fails leaves the state as it was.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.parameter.flat import FlatGroup
from gluonish.serialization import StoredArray

__all__ = ["Deferred", "Ready", "State", "Uninitialized"]


@attrs.frozen
class Uninitialized:
    """Nothing was asked for yet."""


@attrs.frozen(eq=False)
class Deferred:
    """Initialisation was asked for; the shape is not known yet.

    Attributes:
        initializer: what will fill the array.
        contexts: where the replicas will be.
        key: of the random stream of the initial value, fixed when initialisation was asked for.
        dtype: the element type at that time. The value is drawn in it, so that a cast while the parameter
            waits gives the bits that a cast afterwards would have given.
        value: a value given since, which takes the initializer's place; it may lie in a file still.
    """

    initializer: Any
    contexts: tuple[Context, ...]
    key: int
    dtype: np.dtype[Any]
    value: np.ndarray[Any, Any] | StoredArray | None = None


@attrs.frozen(eq=False)
class Ready:
    """The parameter holds a replica per context.

    Attributes:
        contexts: where, in the order they were given.
        data: the replica on each place.
        grad: the gradient on each place; None where no gradient is wanted.
        group: the parameters it shares its memory with.
        index: its number in that group.
    """

    contexts: tuple[Context, ...]
    data: dict[Context, NDArray]
    grad: dict[Context, NDArray] | None
    group: FlatGroup
    index: int


State: TypeAlias = Uninitialized | Deferred | Ready
