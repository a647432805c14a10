"""Which kind of array a thread wants: ``NDArray`` or, by the switches of ``mx.util``, ``mx.np.ndarray``."""

from __future__ import annotations

from gluonish.engine.ndarray import NDArray
from gluonish.util import is_np_array

__all__ = ["of_current_kind"]


def of_current_kind(array: NDArray) -> NDArray:
    """Return an array as the kind that this thread wants, over the same memory and with the same history.

    Example:
        >>> import gluonish as mx
        >>> with mx.util.np_array():
        ...     of_current_kind(mx.nd.ones((2,)))
        array([1., 1.])
    """
    return array.as_np_ndarray() if is_np_array() else array
