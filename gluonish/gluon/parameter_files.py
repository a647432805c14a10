"""What loading parameters from files has in common, by name or by path."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.serialization import open_arrays

__all__ = ["check_names", "named_arrays"]

SHOWN = 5
"""How many names of many a message shows."""


def named_arrays(filename: Any, format: str | None = None) -> Mapping[str, Any]:  # noqa: A002  as of nd.load
    """Return the arrays of a file by their names. A file without arrays has no names either.

    Those of a safetensors file or an ``.npz`` file are not read yet.

    Raises:
        ArgumentError: the arrays have no names.
    """
    arrays = open_arrays(filename, format)
    if not arrays.named and len(arrays):
        raise ArgumentError(
            f"File {filename}", "holds arrays without names", expected="arrays saved with names"
        )
    return arrays


def check_names(
    source: str,
    names: Collection[str],
    arrays: Collection[str],
    missing: Sequence[str],
    extra: Sequence[str],
) -> None:
    """Raise if a source lacks parameters, or has arrays too many.

    Args:
        source: how messages call it.
        names: what it was to hold.
        arrays: what it holds.
        missing: the names that it lacks, unless that is allowed.
        extra: those that belong to no parameter, unless that is allowed.

    Raises:
        UnknownNameError: there are such names.
    """
    if missing:
        close = difflib.get_close_matches(missing[0], extra or arrays, 1)
        raise UnknownNameError(
            f"Parameter {missing[0]!r}",
            f"is missing in {source}" + _and_more(missing),
            expected=_some(names),
            received=_some(arrays),
            fix="Set allow_missing=True to leave such parameters as they are."
            + (f" It has {close[0]!r}." if close else ""),
        )
    if extra:
        raise UnknownNameError(
            f"Array {extra[0]!r}",
            f"in {source} belongs to no parameter" + _and_more(extra),
            expected=_some(names),
            fix="Set ignore_extra=True to pass over such arrays.",
        )


def _and_more(names: Sequence[str]) -> str:
    return f", and {len(names) - 1} more" if names[1:] else ""


def _some(names: Iterable[str]) -> str:
    """Return the first few of many names."""
    listed = list(names)
    shown = ", ".join(listed[:SHOWN]) or "nothing"
    return shown + (f" and {len(listed) - SHOWN} more" if listed[SHOWN:] else "")
