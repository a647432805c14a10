"""Loading parameters from files, by path or by name: one way for blocks and for dictionaries."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.lifecycle import as_contexts
from gluonish.parameter.matching import Rename, match_names
from gluonish.parameter.report import LoadReport
from gluonish.serialization import open_arrays
from gluonish.serialization.streams import source_name

__all__ = ["load_arrays", "named_arrays", "source_of"]

SHOWN = 5
"""How many names of many a message shows."""


def source_of(filename: Any) -> str:
    """Return what messages call a file, in the middle of a sentence."""
    name = source_name(filename)
    return name[0].lower() + name[1:]


def named_arrays(filename: Any, format: str | None = None) -> Mapping[str, Any]:  # noqa: A002  as of nd.load
    """Return the arrays of a file by their names. A file without arrays has no names either.

    They are not read yet.

    Args:
        filename: a path, bytes or a stream.
        format: as of ``nd.load``.

    Raises:
        ArgumentError: the arrays have no names.
    """
    arrays = open_arrays(filename, format)
    if not arrays.named and len(arrays):
        raise ArgumentError(
            source_name(filename), "holds arrays without names", expected="arrays saved with names"
        )
    return arrays


def load_arrays(
    arrays: Mapping[str, Any],
    cores: Mapping[str, ParameterCore],
    readings: Mapping[str, Mapping[str, str]],
    source: str,
    *,
    ctx: Context | Sequence[Context] | None = None,
    allow_missing: bool = False,
    ignore_extra: bool = False,
    cast_dtype: bool = False,
    dtype_source: str = "current",
    rename: Rename = None,
) -> LoadReport:
    """Give parameters the arrays of their names. Everything is checked before anything is changed.

    Args:
        arrays: arrays by name.
        cores: the parameters, by the names that the report has of them; a tied one by several.
        readings: as of ``match_names``, whose tables end in the names of ``cores``.
        source: what messages call the arrays, in the middle of a sentence.
        ctx: where to put parameters that are not initialised yet; ``cpu(0)`` if None.
        allow_missing: accept parameters that are not among the arrays.
        ignore_extra: accept arrays that belong to no parameter.
        cast_dtype: accept other dtypes.
        dtype_source: what counts then, ``"current"`` (the parameter's) or ``"saved"``.
        rename: as of ``match_names``.

    Returns:
        What went where. It is printed, too, if something is off.

    Raises:
        UnknownNameError: a name is missing, or too many.
        DuplicateNameError: two arrays would go to one parameter.
        ShapeMismatchError: a shape contradicts the parameter's.
        ParameterMismatchError: a dtype differs and ``cast_dtype`` is False.
    """
    matches = match_names(arrays, readings, rename)
    report = LoadReport(source, matches.by)
    found: dict[ParameterCore, str] = {}
    used = {
        id(arrays[key]) for key in matches.names
    }  # an array is not too many if another of its names counts
    for key, name in matches.names.items():
        if name in report.matched or cores[name] in found:
            report.aliases[key] = found[cores[name]]
        else:
            report.matched[name] = key
            found[cores[name]] = name
    report.missing.extend(name for name, core in cores.items() if core not in found)
    left = [key for key in arrays if key not in matches.names and key not in matches.dropped]
    report.unexpected.extend(key for key in left if id(arrays[key]) not in used)
    _check(report, cores, arrays, allow_missing=allow_missing, ignore_extra=ignore_extra)
    if dtype_source == "current":
        report.cast.update(_casts(report, cores, arrays))
    lifecycle.load(
        [(cores[name], arrays[key]) for key, name in matches.names.items()],
        None if ctx is None else as_contexts(ctx),
        cast_dtype=cast_dtype,
        dtype_source=dtype_source,
    )
    if not report.complete:
        report.print()
    return report


def _casts(
    report: LoadReport, cores: Mapping[str, ParameterCore], arrays: Mapping[str, Any]
) -> dict[str, str]:
    """Return the dtypes in the file, by name of parameter, where they are not those of the parameter."""
    dtypes = {
        name: np.dtype(getattr(arrays[key], "dtype", cores[name].dtype))
        for name, key in report.matched.items()
    }
    return {name: dtype.name for name, dtype in dtypes.items() if dtype != cores[name].dtype}


def _check(
    report: LoadReport,
    names: Iterable[str],
    arrays: Iterable[str],
    *,
    allow_missing: bool,
    ignore_extra: bool,
) -> None:
    """Raise if the source lacks parameters, or has arrays too many, and must not."""
    missing, unexpected = report.missing, report.unexpected
    if missing and not allow_missing:
        close = difflib.get_close_matches(missing[0], unexpected or arrays, 1)
        raise UnknownNameError(
            f"Parameter {missing[0]!r}",
            f"is missing in {report.source}" + _and_more(missing),
            expected=_some(names),
            received=_some(arrays),
            fix="Set allow_missing=True to leave such parameters as they are."
            + (f" It has {close[0]!r}." if close else ""),
        )
    if unexpected and not ignore_extra:
        raise UnknownNameError(
            f"Array {unexpected[0]!r}",
            f"in {report.source} belongs to no parameter" + _and_more(unexpected),
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
