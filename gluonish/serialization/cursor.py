"""Taking a file's bytes apart, piece by piece."""

from __future__ import annotations

import struct
from typing import Any

from gluonish.errors import FileFormatError
from gluonish.serialization.streams import Content, guess

__all__ = ["Cursor"]


class Cursor:
    """Takes values out of a file's bytes in order, checking that they are there.

    Attributes:
        position: how many bytes were taken.
    """

    def __init__(self, content: Content) -> None:
        self._view = content.view
        self._name = content.name
        self.position = 0

    @property
    def left(self) -> int:
        """The number of bytes that are left."""
        return len(self._view) - self.position

    def guess(self) -> str:
        """Say what the file seems to be, by its first bytes."""
        return guess(self._view)

    def wrong(self, problem: str, *, expected: Any = None, received: Any = None) -> FileFormatError:
        """Return the error that the file is not what its kind prescribes, at this place."""
        return FileFormatError(
            self._name,
            f"cannot be read: {problem} (at byte {self.position} of {len(self._view)})",
            expected=expected,
            received=received,
        )

    def take(self, length: int, what: str) -> memoryview:
        """Return the next bytes, without copying them.

        Raises:
            FileFormatError: there are not so many.
        """
        if length > self.left:
            raise self.wrong(
                f"it ends within {what}", expected=f"{length} more bytes", received=f"{self.left}"
            )
        start, self.position = self.position, self.position + length
        return self._view[start : self.position]

    def take_numbers(self, form: str, what: str) -> tuple[Any, ...]:
        """Return the next numbers, by a format of the module ``struct``.

        Raises:
            FileFormatError: the file ends within them.
        """
        return struct.unpack(form, self.take(struct.calcsize(form), what))
