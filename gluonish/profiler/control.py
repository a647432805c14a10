"""The profiler's switches, and its results as text and files."""

from __future__ import annotations

import json
import warnings
from typing import Any

import attrs

from gluonish.engine.invoke import watch
from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.profiler.recorder import RECORDER, SORTABLE, Statistics
from gluonish.serialization.atomic import atomic_write

__all__ = [
    "dump",
    "dump_profile",
    "dumps",
    "pause",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "set_config",
    "set_kvstore_handle",
    "set_state",
]

_WITHOUT_EFFECT = (
    "aggregate_stats",
    "continuous_dump",
    "dump_period",
    "profile_api",
    "profile_memory",
    "profile_process",
)
"""Settings of MXNet without meaning here: sums are always kept, and files written when they are asked for."""


@attrs.define
class _Profiler:
    """What is set.

    Attributes:
        filename: where ``dump`` writes to.
        running: whether the state is "run".
        paused: whether it is paused meanwhile.
    """

    filename: str = "profile.json"
    running: bool = False
    paused: bool = False

    def apply(self) -> None:
        """Make the recorder, and the engine, do what is set."""
        RECORDER.active = self.running and not self.paused
        watch(RECORDER if RECORDER.active and RECORDER.operators else None)


_PROFILER = _Profiler()


def set_config(**kwargs: Any) -> None:
    """Set what is profiled, and where ``dump()`` writes to.

    Args:
        kwargs: ``filename``, the file of the trace (``profile.json``); ``profile_imperative``,
            ``profile_symbolic`` and ``profile_all``, any of which includes operators (the default: they are
            included). MXNet's other settings are accepted and have no effect.

    Raises:
        ArgumentError: a setting that does not exist.
    """
    includes = ("profile_all", "profile_imperative", "profile_symbolic")
    known = ("filename", *includes, *_WITHOUT_EFFECT)
    for name in kwargs:
        if name not in known:
            raise ArgumentError(
                "The profiler", f"has no setting {name!r}", expected="one of " + ", ".join(known)
            )
    _PROFILER.filename = str(kwargs.get("filename", _PROFILER.filename))
    chosen = [bool(kwargs[name]) for name in includes if name in kwargs]
    if chosen:
        RECORDER.operators = any(chosen)
    _PROFILER.apply()


def set_state(state: str = "stop", profile_process: str = "worker") -> None:  # noqa: ARG001  MXNet's argument
    """Start or stop the profiler.

    Args:
        state: ``"run"`` or ``"stop"``.
        profile_process: accepted and without effect.

    Raises:
        UnknownNameError: another state.

    Example:
        >>> import gluonish as mx
        >>> mx.profiler.set_state("run")
        >>> y = mx.nd.relu(mx.nd.ones((2, 2)))
        >>> mx.profiler.set_state("stop")
        >>> "relu" in mx.profiler.dumps(reset=True)
        True
    """
    if state not in ("run", "stop"):
        raise UnknownNameError(f"Profiler state {state!r}", "does not exist", expected="'run' or 'stop'")
    _PROFILER.running = state == "run"
    _PROFILER.apply()


def pause(profile_process: str = "worker") -> None:  # noqa: ARG001  MXNet's argument
    """Record nothing until ``resume()``."""
    _PROFILER.paused = True
    _PROFILER.apply()


def resume(profile_process: str = "worker") -> None:  # noqa: ARG001  MXNet's argument
    """Record again after ``pause()``."""
    _PROFILER.paused = False
    _PROFILER.apply()


def dump(finished: bool = True, profile_process: str = "worker") -> None:  # noqa: ARG001  MXNet's argument
    """Write everything recorded so far to the file, as a trace.

    Args:
        finished: whether to stop the profiler, and to begin the next trace anew. Sums, for ``dumps()``, stay.
        profile_process: accepted and without effect.

    Raises:
        MissingFileError: the folder of the file does not exist.
    """
    if finished:
        set_state("stop")
    with atomic_write(_PROFILER.filename) as file:
        file.write(RECORDER.trace())
    if finished:
        RECORDER.forget_trace()


def dumps(
    reset: bool = False,
    format: str = "table",  # noqa: A002  MXNet's argument
    sort_by: str = "total",
    ascending: bool = False,
) -> str:
    """Return how often everything recorded happened, and how long it took.

    Args:
        reset: begin the sums anew afterwards.
        format: ``"table"`` or ``"json"``.
        sort_by: ``"total"``, ``"avg"``, ``"min"``, ``"max"`` or ``"count"``.
        ascending: whether what is small comes first.

    Raises:
        ArgumentError: another format, or something else to sort by.
    """
    if format not in ("table", "json"):
        raise ArgumentError("dumps()", "has no such format", expected="'table' or 'json'", received=format)
    if sort_by not in SORTABLE:
        raise ArgumentError(
            "dumps()", "cannot sort by this", expected="one of " + ", ".join(SORTABLE), received=sort_by
        )
    sums = RECORDER.sums(sort_by, ascending=ascending)
    if reset:
        RECORDER.forget_sums()
    return _as_table(sums) if format == "table" else _as_json(sums)


def _as_table(sums: dict[str, dict[str, Statistics]]) -> str:
    lines = ["", "Profile Statistics:", "\tNote the difference in units for different entries."]
    header = ("Name", "Total Count", "Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")
    for category, group in sums.items():
        lines += [category, "=" * 17, _row(*header), _row("----", *("-" * len(each) for each in header[1:]))]
        for name, each in group.items():
            times = (each.total, each.shortest, each.longest, each.average)
            lines.append(_row(name, str(each.count), *(f"{time:.4f}" for time in times)))
        lines.append("")
    return "\n".join(lines) + "\n"


def _row(name: str, count: str, *times: str) -> str:
    return f"{name:<25}{count:>16}" + "".join(f"{time:>17}" for time in times)


def _as_json(sums: dict[str, dict[str, Statistics]]) -> str:
    times = {
        category: {
            name: {
                "Count": each.count,
                "Total": each.total,
                "Min": each.shortest,
                "Max": each.longest,
                "Avg": each.average,
            }
            for name, each in group.items()
        }
        for category, group in sums.items()
    }
    return json.dumps({"Time": times, "Memory": {}, "Unit": {"Time": "ms", "Memory": "kB"}}, indent=4)


# -- names from before MXNet 1.0 --------------------------------------------------------------------------


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """Set what is profiled, and the file. Deprecated: use ``set_config``."""
    _warn("profiler_set_config", "set_config")
    set_config(**{f"profile_{mode}": True, "filename": filename})


def profiler_set_state(state: str = "stop") -> None:
    """Start or stop the profiler. Deprecated: use ``set_state``."""
    _warn("profiler_set_state", "set_state")
    set_state(state)


def dump_profile() -> None:
    """Write the trace. Deprecated: use ``dump``."""
    _warn("dump_profile", "dump")
    dump()


def _warn(old: str, new: str) -> None:
    warnings.warn(f"profiler.{old} is deprecated, use profiler.{new}", DeprecationWarning, stacklevel=3)


def set_kvstore_handle(handle: Any) -> None:
    """Take MXNet's handle of a store whose servers are to be profiled. There are none here."""
    del handle
