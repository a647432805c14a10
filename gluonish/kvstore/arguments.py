"""What stores are called with: keys, and arrays for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["Key", "as_arrays", "by_key", "grouped"]

Key = int | str | list[int] | list[str] | tuple[int, ...] | tuple[str, ...]
"""A key, or several of one type."""


def as_arrays(given: Any) -> list[NDArray]:
    """Return one array, or several, as a list.

    Raises:
        ArgumentTypeError: something among them is no array.
    """
    arrays = list(given) if isinstance(given, (list, tuple)) else [given]
    for each in arrays:
        if not isinstance(each, NDArray):
            raise ArgumentTypeError(
                "The kvstore", "holds arrays", expected="an NDArray or a list of them", received=repr(each)
            )
    return arrays


def by_key(keys: Any, given: Any, what: str) -> Iterator[tuple[int | str, list[NDArray]]]:
    """Yield every key with the arrays that go with it.

    Args:
        keys: a key, or a list of keys of one type.
        given: for a key an array or a list of them; for a list of keys a list of these.
        what: what messages call the arrays.

    Raises:
        ArgumentError: there are more keys than values, or fewer.
        ArgumentTypeError: a key is neither int nor str, or they differ; or something is no array.
    """
    if not isinstance(keys, (list, tuple)):
        yield _checked(keys), as_arrays(given)
        return
    if len({type(key) for key in keys}) > 1:
        raise ArgumentTypeError(
            "The kvstore",
            "takes keys of one type",
            expected="int or str for all of them",
            received=repr(keys),
        )
    if not isinstance(given, (list, tuple)) or len(given) != len(keys):
        raise ArgumentError(
            "The kvstore",
            f"needs {what} for every key",
            expected=f"a list of {len(keys)}",
            received=f"one of {len(given)}" if isinstance(given, (list, tuple)) else type(given).__name__,
        )
    for key, each in zip(keys, given, strict=True):
        yield _checked(key), as_arrays(each)


def _checked(key: Any) -> int | str:
    if not isinstance(key, (int, str)) or isinstance(key, bool):
        raise ArgumentTypeError(
            "The kvstore", "has no such keys", expected="an int or a str", received=repr(key)
        )
    return key


def grouped(pairs: Iterator[tuple[int | str, list[NDArray]]]) -> dict[int | str, list[NDArray]]:
    """Return all arrays of each key: a key may come several times."""
    found: dict[int | str, list[NDArray]] = {}
    for key, arrays in pairs:
        found.setdefault(key, []).extend(arrays)
    return found
