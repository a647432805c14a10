"""What the profiler has recorded, as a table, as JSON and as a trace."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from gluonish.context import Context

__all__ = ["OPERATORS", "RECORDER", "SORTABLE", "Recorder", "Statistics"]

OPERATORS = "operator"
"""The category of operators and gradients."""


@attrs.define
class Statistics:
    """The durations of one thing, in milliseconds.

    Attributes:
        count: how many there were.
        total: their sum.
        shortest: the smallest of them.
        longest: the largest.
    """

    count: int = 0
    total: float = 0.0
    shortest: float = float("inf")
    longest: float = 0.0

    def add(self, duration: float) -> None:
        """Take one more into account."""
        self.count += 1
        self.total += duration
        self.shortest = min(self.shortest, duration)
        self.longest = max(self.longest, duration)

    @property
    def average(self) -> float:
        """Their mean."""
        return self.total / self.count


SORTABLE: dict[str, Callable[[Statistics], float]] = {
    "total": lambda each: each.total,
    "avg": lambda each: each.average,
    "min": lambda each: each.shortest,
    "max": lambda each: each.longest,
    "count": lambda each: each.count,
}
"""What a table can be sorted by."""


class Recorder:
    """Keeps spans of time, counters and marks while it is on.

    Attributes:
        active: whether it is on.
        operators: whether operators are recorded, besides what the program marks itself.
    """

    def __init__(self) -> None:
        self.active = False
        self.operators = True
        self._lock = threading.Lock()
        self._events: list[dict[str, Any]] = []
        self._statistics: dict[str, dict[str, Statistics]] = {}
        self._processes: dict[str, int] = defaultdict(itertools.count().__next__)

    # -- recording ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def span(self, name: str, ctx: Context) -> Iterator[None]:
        """Record how long the block takes, as an operator on a context."""
        start = self.now()
        try:
            yield
        finally:
            if self.operators:
                self.add_span(OPERATORS, name, start, self.now(), place=f"{ctx.device_type}/{ctx.device_id}")

    @staticmethod
    def now() -> int:
        """Return the time on a clock that never goes back, in nanoseconds."""
        return time.perf_counter_ns()

    def add_span(self, category: str, name: str, start: int, end: int, place: str | None = None) -> None:
        """Record something that has begun and ended.

        Args:
            category: the group it belongs to.
            name: what it is.
            start: when it began, by ``now()``.
            end: when it ended.
            place: what it happened on; the category if None.
        """
        if not self.active:
            return
        with self._lock:
            group = self._statistics.setdefault(category, {})
            group.setdefault(name, Statistics()).add((end - start) / 1e6)
            self._add("X", category, name, start, place or category, dur=(end - start) / 1e3)

    def add_value(self, category: str, name: str, value: float) -> None:
        """Record what a counter counts now."""
        if self.active:
            with self._lock:
                self._add("C", category, name, self.now(), category, args={name: value})

    def add_mark(self, category: str, name: str, scope: str) -> None:
        """Record that something happened; ``scope`` is the trace's letter for how far it matters."""
        if self.active:
            with self._lock:
                self._add("i", category, name, self.now(), category, s=scope)

    def _add(self, phase: str, category: str, name: str, start: int, place: str, **more: Any) -> None:
        self._events.append(
            {
                "name": name,
                "cat": category,
                "ph": phase,
                "ts": start / 1e3,
                "pid": self._processes[place],
                "tid": threading.get_ident(),
                **more,
            }
        )

    # -- results --------------------------------------------------------------------------------------

    def trace(self) -> bytes:
        """Return everything as a trace in Chrome's format (the Trace Event Format), with times in us."""
        with self._lock:
            names: list[dict[str, Any]] = [
                {"ph": "M", "name": "process_name", "pid": number, "args": {"name": place}}
                for place, number in self._processes.items()
            ]
            return json.dumps({"traceEvents": names + self._events, "displayTimeUnit": "ms"}).encode()

    def sums(self, sort_by: str, *, ascending: bool) -> dict[str, dict[str, Statistics]]:
        """Return sums by category and name, sorted within each category."""
        key = SORTABLE[sort_by]
        with self._lock:
            return {
                category: dict(sorted(group.items(), key=lambda each: key(each[1]), reverse=not ascending))
                for category, group in sorted(self._statistics.items())
            }

    def forget_sums(self) -> None:
        """Begin sums anew. The trace keeps everything."""
        with self._lock:
            self._statistics.clear()

    def forget_trace(self) -> None:
        """Begin the trace anew. Sums stay."""
        with self._lock:
            self._events.clear()
            self._processes.clear()


RECORDER = Recorder()
"""The process's own."""
