"""Looking at gradients while a backward pass computes them: hooks, and keeping those of results.

A node or a variable has ``Taps`` only if somebody asked for them, so that other passes cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray

if TYPE_CHECKING:
    from gluonish.context import Context

__all__ = ["HookHandle", "Taps", "taps_of"]

Hook = Callable[[NDArray], Any]


class HookHandle:
    """What registering a hook returns: ``remove()``, calling it, or leaving its ``with`` block removes it."""

    __slots__ = ("_hook", "_hooks")

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks = hooks
        self._hook = hook
        hooks.append(hook)

    def remove(self) -> None:
        """Remove the hook; doing so again has no effect."""
        self._hooks[:] = [each for each in self._hooks if each is not self._hook]

    detach = __call__ = remove

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Taps:
    """What is to happen to the gradients of one node's outputs, or of a variable.

    Attributes:
        hooks: by entry, functions that see the gradient, and may return another one.
        kept: by entry, the gradient that the last pass has found; None before that.
        keeps_all: whether every entry is kept.
    """

    __slots__ = ("hooks", "keeps_all", "kept")

    def __init__(self) -> None:
        self.hooks: dict[int, list[Hook]] = {}
        self.kept: dict[int, NDArray | None] = {}
        self.keeps_all = False

    def add_hook(self, entry: int, hook: Hook) -> HookHandle:
        """Let a function see the gradient of an entry."""
        return HookHandle(self.hooks.setdefault(entry, []), hook)

    def keep(self, entry: int) -> None:
        """Keep the gradient of an entry."""
        self.kept.setdefault(entry, None)

    def keeps(self, entry: int) -> bool:
        """Tell whether the gradient of an entry is kept."""
        return self.keeps_all or entry in self.kept

    def through(self, entry: int, value: Any, ctx: Context) -> Any:
        """Return the gradient of an entry, raw or an NDArray, after hooks and keeping."""
        if value is None:
            return None
        for hook in list(self.hooks.get(entry, ())):
            answer = hook(value if isinstance(value, NDArray) else NDArray(_copy(value, ctx), ctx))
            if answer is not None:
                value = answer if isinstance(value, NDArray) else answer._raw
        if self.keeps(entry):
            self.kept[entry] = value if isinstance(value, NDArray) else NDArray(_copy(value, ctx), ctx)
        return value


def _copy(value: Any, ctx: Context) -> Any:
    """Return a copy: a pass may go on adding to what it has."""
    backend = backend_of(ctx)
    with backend.scope(ctx):
        return backend.xp.array(value)


def taps_of(node: Any) -> Taps:
    """Return the taps of a node or variable; new ones if it has none."""
    if node.taps is None:
        node.taps = Taps()
    found: Taps = node.taps
    return found
