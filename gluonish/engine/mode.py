"""Whether this thread records operators, and whether it is training.

Both flags are per thread. They are read on every operator, so they are plain attributes of a
``threading.local``; ``ModeScope`` is how anything sets them for a while.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["MODE", "ModeScope"]


class _Mode(threading.local):
    """The flags of this thread, and what they were around each scope that it is in."""

    recording: bool = False
    training: bool = False

    def __init__(self) -> None:
        self.outer: list[tuple[bool, bool]] = []


MODE = _Mode()


class ModeScope:
    """Set the flags inside a ``with`` block and restore them afterwards, also after an exception.

    One scope object may be entered again inside itself, and by several threads: what was there before is
    kept on a stack of the thread.

    Args:
        recording: the value inside the scope; None leaves it as it is.
        training: likewise.
    """

    __slots__ = ("_recording", "_training")

    def __init__(self, *, recording: bool | None = None, training: bool | None = None) -> None:
        self._recording = recording
        self._training = training

    def __enter__(self) -> None:
        MODE.outer.append((MODE.recording, MODE.training))
        if self._recording is not None:
            MODE.recording = self._recording
        if self._training is not None:
            MODE.training = self._training

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        MODE.recording, MODE.training = MODE.outer.pop()
