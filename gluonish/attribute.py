"""Attributes that symbols get from the scope they are made in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar

from gluonish.base import ClassPropertyType, classproperty
from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["AttrScope"]


class AttrScope(metaclass=ClassPropertyType):
    """A scope in which all new symbols have some attributes. Scopes nest; inner ones win.

    Args:
        kwargs: attributes and their values, which are strings.

    Raises:
        ArgumentError: a value is no string.

    Example:
        >>> with AttrScope(stage="encoder"), AttrScope(group="1"):
        ...     AttrScope.current.get({"own": "2"})
        {'stage': 'encoder', 'group': '1', 'own': '2'}
    """

    def __init__(self, **kwargs: str) -> None:
        for name, value in kwargs.items():
            if not isinstance(value, str):
                raise ArgumentError(
                    f"Attribute {name!r}", "is no string", expected="a string", received=repr(value)
                )
        self._own = kwargs

    def _innermost(cls) -> AttrScope:  # noqa: N805  of the class
        """The innermost scope of this thread. Assigning puts another one into its place."""
        return _SCOPES.value

    def _replace_innermost(cls, scope: AttrScope) -> None:  # noqa: N805
        if not isinstance(scope, AttrScope):
            raise ArgumentTypeError(
                "AttrScope.current", "is a scope", expected="an AttrScope", received=type(scope).__name__
            )
        _SCOPES.value = scope

    current: Any = classproperty(_innermost, _replace_innermost)

    _current: ClassVar[Any]
    """Its attribute ``value`` is the current scope too, as in MXNet."""

    @property
    def _attr(self) -> dict[str, str]:
        """The attributes that this scope gives, with those of the scopes around it while it is open."""
        for scope, attributes in reversed(_SCOPES.stack):
            if scope is self:
                return attributes
        return self._own

    def get(self, attr: Mapping[str, str] | None) -> dict[str, str]:
        """Return the attributes of a new symbol: the scope's and its own, which win."""
        return {**self._attr, **(attr or {})}

    def __enter__(self) -> AttrScope:
        outer = _SCOPES.stack[-1][1]
        _SCOPES.stack.append((self, {**outer, **self._own}))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _SCOPES.stack.pop()


class _Scopes(threading.local):
    """The scopes this thread is in, each with the attributes it gives; the innermost is last."""

    def __init__(self) -> None:
        scope = AttrScope()
        self.stack: list[tuple[AttrScope, dict[str, str]]] = [(scope, {})]

    @property
    def value(self) -> AttrScope:
        """The innermost scope. Assigning puts another one into its place."""
        return self.stack[-1][0]

    @value.setter
    def value(self, scope: AttrScope) -> None:
        self.stack[-1] = (scope, scope._own)  # noqa: SLF001  its own


_SCOPES = _Scopes()
AttrScope._current = _SCOPES  # noqa: SLF001  its own
