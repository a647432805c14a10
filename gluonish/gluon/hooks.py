"""Hooks: functions of yours that run before or after a block's forward pass."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Any

from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["HookHandle"]

_next_key = itertools.count().__next__


class HookHandle:
    """Takes a hook away again, by ``detach()``, ``remove()`` or a call, or at the end of a ``with`` block.

    Args:
        hooks: the dictionary that the hook is put into; without one, ``attach`` does that later.
        hook: the function.

    Raises:
        ArgumentTypeError: it cannot be called.
    """

    def __init__(
        self, hooks: dict[int, Callable[..., Any]] | None = None, hook: Callable[..., Any] | None = None
    ) -> None:
        self._hooks: dict[int, Callable[..., Any]] | None = None
        self._key = _next_key()
        if hooks is not None:
            self.attach(hooks, hook)

    def attach(self, hooks_dict: dict[int, Callable[..., Any]], hook: Any) -> None:
        """Put a hook into a dictionary.

        Raises:
            ArgumentTypeError: it cannot be called.
            ArgumentError: the handle has a hook already.
        """
        if not callable(hook):
            raise ArgumentTypeError("A hook", "cannot be called", expected="a function", received=repr(hook))
        if self._hooks is not None:
            raise ArgumentError("A handle", "has a hook already", fix="Make a handle for each hook.")
        self._hooks = hooks_dict
        hooks_dict[self._key] = hook

    def detach(self) -> None:
        """Take the hook away. Doing it again changes nothing."""
        if self._hooks is not None:
            self._hooks.pop(self._key, None)

    remove = __call__ = detach

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.detach()
