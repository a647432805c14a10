"""Watching operators run: where a profiler plugs itself in.

Without a watcher nothing is asked for and nothing is called: ``invoke.watch`` and ``tape`` put other
functions in the place of their own while there is one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from gluonish.context import Context

__all__ = ["Watcher"]


class Watcher(Protocol):
    """What a profiler offers to the engine."""

    def span(self, name: str, ctx: Context) -> AbstractContextManager[Any]:
        """Return a scope around one kernel, or around the gradient rules of one recorded operator.

        Args:
            name: that of the operator; that of a gradient begins with ``_backward_``.
            ctx: where it runs. The device has finished when the scope ends.
        """
