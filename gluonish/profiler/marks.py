"""What a program records about itself: tasks, frames, events, counters and markers."""

from __future__ import annotations

from types import TracebackType

from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.profiler.recorder import RECORDER

__all__ = ["Counter", "Domain", "Event", "Frame", "Marker", "Task"]

MARKER_SCOPES = {"global": "g", "process": "p", "thread": "t", "task": "t", "marker": "t"}
"""How far a mark matters, and the trace's letter for it. A trace knows no tasks."""


class Domain:
    """A group of things that a program records, with a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """Return a task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """Return a frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """Return a counter of this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """Return a marker of this domain."""
        return Marker(self, name)


class _Span:
    """Something that begins and ends; also a scope that it lasts as long as."""

    def __init__(self, category: str, name: str) -> None:
        self.name = name
        self._category = category
        self._start: int | None = None

    def __str__(self) -> str:
        return self.name

    def start(self) -> None:
        """Begin."""
        self._start = RECORDER.now()

    def stop(self) -> None:
        """End.

        Raises:
            ArgumentError: it has not begun.
        """
        if self._start is None:
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r}",
                "cannot end: it has not begun",
                fix="Call start() first.",
            )
        RECORDER.add_span(self._category, self.name, self._start, RECORDER.now())
        self._start = None

    def __enter__(self) -> _Span:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class Task(_Span):
    """A piece of work.

    Args:
        domain: the group it belongs to.
        name: what it is called.

    Example:
        >>> import gluonish as mx
        >>> with mx.profiler.Domain("input").new_task("decode"):
        ...     pass
    """

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(domain.name, name)
        self.domain = domain


class Frame(_Span):
    """One of many rounds of the same work.

    Args:
        domain: the group it belongs to.
        name: what it is called.
    """

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(f"{domain.name},frame", name)
        self.domain = domain


class Event(_Span):
    """Something that takes time and belongs to no group.

    Args:
        name: what it is called.
    """

    def __init__(self, name: str) -> None:
        super().__init__("event", name)


class Counter:
    """A number that changes.

    Args:
        domain: the group it belongs to.
        name: what it is called.
        value: what it is at first; 0, unrecorded, if None.
    """

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self.domain = domain
        self.name = name
        self._value: float = 0
        if value is not None:
            self.set_value(value)

    def __str__(self) -> str:
        return self.name

    def set_value(self, value: float) -> None:
        """Let it be ``value``."""
        self._value = value
        RECORDER.add_value(self.domain.name, self.name, value)

    def increment(self, delta: float = 1) -> None:
        """Add to it."""
        self.set_value(self._value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Subtract from it."""
        self.set_value(self._value - delta)

    def __iadd__(self, delta: float) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Counter:
        self.decrement(delta)
        return self


class Marker:
    """Something that happens at one moment.

    Args:
        domain: the group it belongs to.
        name: what it is called.
    """

    def __init__(self, domain: Domain, name: str) -> None:
        self.domain = domain
        self.name = name

    def mark(self, scope: str = "process") -> None:
        """Record that it happens now.

        Args:
            scope: how far it matters: ``"global"``, ``"process"``, ``"thread"``, ``"task"`` or ``"marker"``.

        Raises:
            UnknownNameError: another scope.
        """
        if scope not in MARKER_SCOPES:
            raise UnknownNameError(
                f"Scope {scope!r}", "does not exist", expected="one of " + ", ".join(MARKER_SCOPES)
            )
        RECORDER.add_mark(f"{self.domain.name},instant_marker", self.name, MARKER_SCOPES[scope])
