"""Automatic names for symbols and blocks."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Any, ClassVar

from gluonish.base import ClassPropertyType, classproperty
from gluonish.errors import ArgumentTypeError

__all__ = ["NameManager", "Prefix", "current"]


class NameManager(metaclass=ClassPropertyType):
    """Gives names to what has none: the hint and a number, ``"dense0"``.

    As a scope it is the manager of this thread: inside, numbers start anew.

    Example:
        >>> with NameManager() as names:
        ...     names.get(None, "dense"), names.get(None, "dense"), names.get("own", "dense")
        ('dense0', 'dense1', 'own')
    """

    def __init__(self) -> None:
        self._counter: Counter[str] = Counter()

    def _innermost(cls) -> NameManager:  # noqa: N805  of the class
        """The manager of the innermost scope of this thread. Assigning puts another one into its place."""
        return _SCOPES.value

    def _replace_innermost(cls, manager: NameManager) -> None:  # noqa: N805
        if not isinstance(manager, NameManager):
            raise ArgumentTypeError(
                "NameManager.current",
                "is a manager",
                expected="a NameManager",
                received=type(manager).__name__,
            )
        _SCOPES.value = manager

    current: Any = classproperty(_innermost, _replace_innermost)

    _current: ClassVar[Any]
    """Its attribute ``value`` is the current manager too, as in MXNet."""

    def get(self, name: str | None, hint: str) -> str:
        """Return ``name`` if there is one, else the hint with the next number."""
        if name:
            return name
        number = self._counter[hint]
        self._counter[hint] += 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        _SCOPES.stack.append(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _SCOPES.stack.pop()


class Prefix(NameManager):
    """A manager that puts a prefix in front of all names, given ones too.

    Args:
        prefix: the prefix.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        """Return the prefixed name."""
        return self._prefix + super().get(name, hint)


class _Scopes(threading.local):
    """The managers in force in this thread; the innermost is last."""

    def __init__(self) -> None:
        self.stack = [NameManager()]

    @property
    def value(self) -> NameManager:
        """The innermost manager. Assigning puts another one into its place."""
        return self.stack[-1]

    @value.setter
    def value(self, manager: NameManager) -> None:
        self.stack[-1] = manager


_SCOPES = _Scopes()
NameManager._current = _SCOPES  # noqa: SLF001  its own


def current() -> NameManager:
    """Return the manager of the innermost scope of this thread."""
    return _SCOPES.stack[-1]
