"""Whether this thread records operators, and whether it is training.

A thread is in one of three modes: *recording*, in which every operator on an array with history is recorded;
*paused*, in which none is; and the default in between, in which those are that have a Tensor with history
among their inputs, as torch's users expect (``NDArray.tracks_itself``).

The flags are per thread. They are read on every operator, so they are plain attributes of a
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
    paused: bool = False

    def __init__(self) -> None:
        self.outer: list[tuple[bool, bool, bool]] = []

    @property
    def recorded_or_paused(self) -> bool | None:
        """True while recording, False while paused, None in the default mode: what ``ModeScope`` takes."""
        return self.recording or (False if self.paused else None)


MODE = _Mode()


class ModeScope:
    """Set the flags inside a ``with`` block and restore them afterwards, also after an exception.

    One scope object may be entered again inside itself, and by several threads: what was there before is
    kept on a stack of the thread.

    Args:
        recording: True for recording inside the scope, False for paused; None leaves it as it is.
        training: likewise.
        paused: True for paused; False ends that and leaves recording as it is.
    """

    __slots__ = ("_paused", "_recording", "_training")

    def __init__(
        self, *, recording: bool | None = None, training: bool | None = None, paused: bool | None = None
    ) -> None:
        self._recording = False if paused else recording
        self._training = training
        self._paused = (None if recording is None else not recording) if paused is None else paused

    def __enter__(self) -> None:
        MODE.outer.append((MODE.recording, MODE.training, MODE.paused))
        if self._recording is not None:
            MODE.recording = self._recording
        if self._paused is not None:
            MODE.paused = self._paused
        if self._training is not None:
            MODE.training = self._training

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        MODE.recording, MODE.training, MODE.paused = MODE.outer.pop()
