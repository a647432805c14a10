"""RecordIO files: records of any bytes, one behind the other.

All numbers are little-endian::

    record:  u32 0xCED7230A | u32 kind << 29 | length | bytes | zeros up to a multiple of 4

The kind is 0 for a whole record. A record that has the magic word at a multiple of 4 is cut there, and the
word left out, so that a reader that has lost its place can find the next record: its first part is of kind 1,
those in between of kind 2, the last of kind 3.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from gluonish.errors import ArgumentError, FileFormatError
from gluonish.serialization.streams import guess, source_name

__all__ = ["read_record", "write_record"]

MAGIC = 0xCED7230A
WORD = struct.pack("<I", MAGIC)
HEADER = struct.Struct("<II")
KIND_BITS = 29
MAX_LENGTH = (1 << KIND_BITS) - 1
UNCHECKED = 1 << 20
"""Up to how many bytes a record's length is believed without looking at the file's."""

WHOLE, FIRST, MIDDLE, LAST = range(4)


def write_record(file: BinaryIO, record: bytes) -> None:
    """Write a record to a stream, byte for byte as MXNet 1.9.1 does.

    Raises:
        ArgumentError: it has 2**29 bytes or more.

    Example:
        >>> import io
        >>> stream = io.BytesIO()
        >>> write_record(stream, b"hello")
        >>> stream.getvalue().hex(" ", 4)
        '0a23d7ce 05000000 68656c6c 6f000000'
    """
    if len(record) > MAX_LENGTH:
        raise ArgumentError(
            "The record", "is too long", expected=f"at most {MAX_LENGTH} bytes", received=len(record)
        )
    cuts = list(_aligned_words(record))
    starts = [0, *(cut + len(WORD) for cut in cuts)]
    ends = [*cuts, len(record)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        kind = WHOLE if not cuts else FIRST if number == 0 else LAST if number == len(cuts) else MIDDLE
        length = end - start
        file.write(HEADER.pack(MAGIC, kind << KIND_BITS | length))
        file.write(record[start:end] + bytes(-length % 4))


def _aligned_words(record: bytes) -> Iterator[int]:
    """Yield where a record has the magic word at a multiple of its length."""
    place = record.find(WORD)
    while place >= 0:
        aligned = place % len(WORD) == 0
        if aligned:
            yield place
        place = record.find(WORD, place + (len(WORD) if aligned else 1))


def read_record(file: BinaryIO) -> bytes | None:
    """Return the next record of a stream; None at its end.

    Raises:
        FileFormatError: it is no RecordIO file, or damaged; the message says where.

    Example:
        >>> import io
        >>> read_record(io.BytesIO(bytes.fromhex("0a23d7ce 05000000 68656c6c6f000000")))
        b'hello'
    """
    first = _read_part(file)
    if first is None:
        return None
    kind, part = first
    if kind == WHOLE:
        return part
    if kind != FIRST:
        raise _wrong(file, "a record begins with a part that is not its first", received=f"kind {kind}")
    parts = [part]
    while kind != LAST:
        following = _read_part(file)
        if following is None:
            raise _wrong(file, "it ends within a record of several parts", expected="one more part")
        kind, part = following
        if kind not in (MIDDLE, LAST):
            raise _wrong(file, "a record of several parts has no last one", received=f"kind {kind}")
        parts.append(part)
    return WORD.join(parts)


def _read_part(file: BinaryIO) -> tuple[int, bytes] | None:
    header = file.read(HEADER.size)
    if not header:
        return None
    if header[: len(WORD)] != WORD[: len(header)]:
        raise _wrong(
            file, "it is no RecordIO file", expected=f"{MAGIC:#x} first", received=guess(memoryview(header))
        )
    if len(header) < HEADER.size:
        raise _wrong(file, "it ends within the header of a record")
    _, word = HEADER.unpack(header)
    kind, length = word >> KIND_BITS, word & MAX_LENGTH
    if kind > LAST:
        raise _wrong(file, "a record is of an unknown kind", expected=f"0 to {LAST}", received=kind)
    padded = length + -length % 4
    left = _bytes_left(file) if padded > UNCHECKED else None
    content = file.read(padded) if left is None or left >= padded else b""
    if len(content) < padded:
        raise _wrong(
            file,
            "it ends within a record",
            expected=f"{padded} more bytes",
            received=f"{len(content) if left is None else left}",
        )
    return kind, content[:length]


def _bytes_left(file: BinaryIO) -> int | None:
    """Return how many bytes a stream has left, so that none are made room for that are not there."""
    if not file.seekable():
        return None
    place = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(place)
    return end - place


def _wrong(file: BinaryIO, problem: str, *, expected: Any = None, received: Any = None) -> FileFormatError:
    place = f" (before byte {file.tell()})" if file.seekable() else ""
    return FileFormatError(
        source_name(file), f"cannot be read: {problem}{place}", expected=expected, received=received
    )
