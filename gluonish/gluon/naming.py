"""Names of blocks and their parameters."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Any

from gluonish import name as names
from gluonish.gluon.parameter_dict import ParameterDict

__all__ = ["BlockScope"]


class _Scopes(threading.local):
    """The name scopes this thread is in; the innermost is last, None where there is none."""

    def __init__(self) -> None:
        self.stack: list[BlockScope | None] = [None]

    @property
    def value(self) -> BlockScope | None:
        """The innermost scope. Assigning puts another one into its place."""
        return self.stack[-1]

    @value.setter
    def value(self, scope: BlockScope | None) -> None:
        self.stack[-1] = scope


_SCOPES = _Scopes()


class BlockScope:
    """The scope of a block's ``name_scope()``: blocks made inside get names below the block's.

    It can be entered again inside itself.

    Args:
        block: the block, or anything with its ``prefix`` and ``_empty_prefix``.
        counter: the names given below the block so far, by hint; other scopes of the block share it.
    """

    __slots__ = ("_counter", "_managers", "block")

    _current = _SCOPES
    """Its attribute ``value`` is the innermost scope of this thread, as in MXNet."""

    def __init__(self, block: Any, counter: Counter[str] | None = None) -> None:
        self.block = block
        self._counter: Counter[str] = Counter() if counter is None else counter
        self._managers: list[names.Prefix | None] = []

    @staticmethod
    def create(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
        """Return the prefix and the parameter dictionary of a new block.

        Args:
            prefix: the prefix that was asked for.
            params: a dictionary to share parameters with.
            hint: what to make a prefix of if none was asked for.
        """
        scope = _SCOPES.value
        if prefix is None:
            prefix = (scope.next_name(hint) if scope else names.current().get(None, hint)) + "_"
        outer = scope.block if scope else None
        if params is not None:
            own = ParameterDict(params.prefix, params)
        elif outer is not None:
            own = ParameterDict(outer.params.prefix + prefix, outer.params.shared)
        else:
            own = ParameterDict(prefix)
        return (outer.prefix if outer is not None else "") + prefix, own

    def next_name(self, hint: str) -> str:
        """Return the hint with the next number below this block."""
        number = self._counter[hint]
        self._counter[hint] += 1
        return f"{hint}{number}"

    def __enter__(self) -> BlockScope:
        if self.block._empty_prefix:  # blocks and symbols made inside are named as if they were made outside
            _SCOPES.stack.append(_SCOPES.value)
            self._managers.append(None)
        else:
            _SCOPES.stack.append(self)
            manager = names.Prefix(self.block.prefix)
            self._managers.append(manager)
            manager.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _SCOPES.stack.pop()
        manager = self._managers.pop()
        if manager is not None:
            manager.__exit__(exc_type, exc, traceback)
