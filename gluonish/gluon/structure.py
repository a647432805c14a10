"""Nested lists of arrays as flat lists, and back.

What a block takes and returns is an array, None, or a list or tuple of such things. Its *format* is 0 for an
array, n for a symbol of n outputs (n arrays, then), -1 for None, and for a list or tuple a list or tuple of
the formats in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.symbol import Symbol

__all__ = [
    "Format",
    "flatten",
    "flatten_to_lists",
    "leaves_of",
    "regroup",
    "regroup_leaves",
    "same_format",
]

Format: TypeAlias = "int | list[Any] | tuple[Any, ...]"

ARRAY, NOTHING = 0, -1


def flatten(value: Any, role: str) -> tuple[list[Any], Format]:
    """Return the arrays, symbols and Nones in a structure, and its format.

    Args:
        value: the structure.
        role: what it is to a block, for messages: ``"input"`` or ``"output"``.

    Raises:
        ArgumentTypeError: something else is in it.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.ones(1)
        >>> flatten([x, (x, None)], "input")[1]
        [0, (0, -1)]
    """
    if isinstance(value, NDArray):
        return [value], ARRAY
    if isinstance(value, Symbol):
        return [value], len(value) if len(value) > 1 else ARRAY
    if value is None:
        return [None], NOTHING
    if not isinstance(value, (list, tuple)):
        raise ArgumentTypeError(
            f"The {role} of a hybridized block",
            "must consist of arrays or symbols, and lists of them",
            expected="an NDArray, a Symbol, None, or a list or tuple of these",
            received=f"{type(value).__name__} {value!r:.60}",
            fix="Make other things attributes of the block, or do not hybridize it.",
        )
    leaves: list[Any] = []
    formats: list[Format] = []
    for each in value:
        found, own = flatten(each, role)
        leaves += found
        formats.append(own)
    return leaves, formats if isinstance(value, list) else tuple(formats)


def regroup(leaves: Iterator[Any], form: Format) -> Any:
    """Return leaves in the structure of a format; they are taken from the iterator."""
    if form == NOTHING:
        return None
    if isinstance(form, int):
        return next(leaves) if form == ARRAY else [next(leaves) for _ in range(form)]
    inner = [regroup(leaves, each) for each in form]
    return inner if isinstance(form, list) else tuple(inner)


def flatten_to_lists(args: Any, inout_str: str) -> tuple[list[Any], Any]:
    """Return what ``flatten`` returns, with lists for tuples in the format: what MXNet's ``_flatten`` gives.

    Example:
        >>> import gluonish as mx
        >>> flatten_to_lists((mx.nd.ones(1), (None,)), "input")[1]
        [0, [-1]]
    """

    def as_lists(form: Format) -> Any:
        return form if isinstance(form, int) else [as_lists(each) for each in form]

    leaves, form = flatten(args, inout_str)
    return leaves, as_lists(form)


def regroup_leaves(args: Sequence[Any], fmt: Any) -> Any:
    """Return leaves in the structure of a format: what MXNet's ``_regroup`` gives."""
    return regroup(iter(args), fmt)


def same_format(first: Format, second: Format) -> bool:
    """Tell whether two formats are equal, where lists and tuples count as alike.

    Example:
        >>> same_format([0, (0, -1)], (0, [0, -1])), same_format([0, 0], [0, -1])
        (True, False)
    """
    if isinstance(first, int) or isinstance(second, int):
        return first == second
    return len(first) == len(second) and all(map(same_format, first, second))


def leaves_of(values: Sequence[Any]) -> Iterator[Any]:
    """Yield what is in nested lists and tuples, whatever it is."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves_of(value)
        else:
            yield value
