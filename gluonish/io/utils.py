"""What iterators are given: arrays, with names or without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.nd import array

__all__ = ["_init_data"]


def _init_data(data: Any, allow_empty: bool, default_name: str) -> list[tuple[str, Any]]:
    """Return arrays with names.

    Args:
        data: an array, a list of arrays, or a dictionary of arrays, which are taken in the order of names.
            What is no NDArray becomes one, of float32.
        allow_empty: whether there may be none.
        default_name: the name of an array without one; several are numbered ``_0_name``, ``_1_name`` ...

    Raises:
        ArgumentError: there are none.
        ArgumentTypeError: something is no array and cannot become one.
    """
    if data is None or (isinstance(data, (list, tuple, Mapping)) and not data):
        if not allow_empty:
            raise ArgumentError("The iterator", f"has no {default_name}", expected="an array, or several")
        return []
    if isinstance(data, Mapping):
        named = sorted(data.items())
    elif isinstance(data, (list, tuple)):
        numbered = len(data) > 1
        named = [(f"_{i}_{default_name}" if numbered else default_name, x) for i, x in enumerate(data)]
    else:
        named = [(default_name, data)]
    return [(name, _as_array(name, each)) for name, each in named]


def _as_array(name: str, given: Any) -> Any:
    if isinstance(given, NDArray):
        return given
    try:
        return array(given)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"Input {name!r}",
            "is no array",
            expected="an NDArray or what can become one",
            received=type(given).__name__,
        ) from error
