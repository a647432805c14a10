"""Watching operators run: where a profiler plugs itself in, by ``invoke.watch``.

Without a watcher, operators and gradients run as if there were none: others take the place of the functions
that run them while there is one. What is not run by these, such as a step of an optimizer, says so itself.
"""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any, Protocol

from gluonish.context import Context

__all__ = ["WATCHED", "Watcher", "watched"]


class Watcher(Protocol):
    """What a profiler offers to the engine."""

    def span(self, name: str, ctx: Context) -> AbstractContextManager[Any]:
        """Return a scope around one kernel, or around the gradient rules of one recorded operator.

        Args:
            name: that of the operator; that of a gradient begins with ``_backward_``.
            ctx: where it runs. The device has finished when the scope ends.
        """


class _Watched:
    """Who watches; None: nobody."""

    watcher: Watcher | None = None


WATCHED = _Watched()


def watched(name: str, ctx: Context) -> AbstractContextManager[Any]:
    """Return a scope around work that no operator does.

    Args:
        name: what it is.
        ctx: where it happens.
    """
    watcher = WATCHED.watcher
    return contextlib.nullcontext() if watcher is None else watcher.span(name, ctx)
