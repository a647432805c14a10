"""``mx.engine.bulk``: how many operators MXNet ran as one. Here each runs by itself; the number is kept."""

from __future__ import annotations

import operator
import threading
from types import TracebackType

from gluonish.errors import ArgumentTypeError

__all__ = ["bulk", "set_bulk_size"]


class _Bulk(threading.local):
    """The number of this thread, and what it was around each scope that it is in."""

    size: int = 0

    def __init__(self) -> None:
        self.outer: list[int] = []


_BULK = _Bulk()


def set_bulk_size(size: int) -> int:
    """Set the number of operators that run as one, and return what it was. It has no effect.

    Raises:
        ArgumentTypeError: not an integer.
    """
    try:
        number = operator.index(size)
    except TypeError:
        raise ArgumentTypeError(
            "The bulk size", "is no integer", expected="an integer", received=repr(size)
        ) from None
    before, _BULK.size = _BULK.size, number
    return before


class _BulkScope:
    """Set the number inside a ``with`` block."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> _BulkScope:
        _BULK.outer.append(set_bulk_size(self._size))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _BULK.size = _BULK.outer.pop()


def bulk(size: int) -> _BulkScope:
    """Return a scope in which ``size`` operators may run as one. It has no effect on results or speed.

    Example:
        >>> import gluonish as mx
        >>> with mx.engine.bulk(10):
        ...     x = mx.nd.ones((2,)) + 1
    """
    return _BulkScope(size)
