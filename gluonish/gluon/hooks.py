"""Hooks: functions of yours that run before or after a block's forward pass."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Any

from gluonish.errors import ArgumentTypeError

__all__ = ["HookHandle"]

_next_key = itertools.count().__next__


class HookHandle:
    """Takes a hook away again, by ``detach()`` or at the end of a ``with`` block.

    Args:
        hooks: the dictionary that the hook is put into.
        hook: the function.

    Raises:
        ArgumentTypeError: it cannot be called.
    """

    def __init__(self, hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any]) -> None:
        if not callable(hook):
            raise ArgumentTypeError("A hook", "cannot be called", expected="a function", received=repr(hook))
        self._hooks = hooks
        self._key = _next_key()
        hooks[self._key] = hook

    def detach(self) -> None:
        """Take the hook away. Doing it again changes nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.detach()
