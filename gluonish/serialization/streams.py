"""Where bytes come from and go to: paths, buffers and streams.

Whatever reads a file here takes a path, bytes, or a stream opened for reading bytes; whatever writes one
takes a path or a stream opened for writing bytes. A file that is named by its path is mapped, not read, so
that only what is looked at takes memory, and is replaced as a whole when it is written.
"""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from gluonish.errors import ArgumentTypeError, MissingFileError
from gluonish.serialization.atomic import atomic_write

__all__ = [
    "Content",
    "guess",
    "is_file_name",
    "is_path",
    "is_stream",
    "open_target",
    "read_content",
    "source_name",
]


@attrs.frozen(eq=False)
class Content:
    """The bytes of a file, and what messages call it.

    Attributes:
        view: the bytes; a file's own, mapped, where it was named by its path.
        name: ``"File weights.params"``.
    """

    view: memoryview
    name: str


LONGEST_NAME = 255
"""Bytes of a file's name that every file system takes."""


def is_file_name(name: Any) -> bool:
    """Tell whether something that a file says is the name of another one in the same folder.

    Example:
        >>> is_file_name("x.safetensors"), is_file_name("../x"), is_file_name("x" * 300)
        (True, False, False)
    """
    if not isinstance(name, str) or name in ("", ".", "..") or set(name) & {"/", "\\", "\0", ":"}:
        return False
    try:
        return len(name.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:
        return False


def is_path(source: Any) -> bool:
    """Tell whether something names a file."""
    return isinstance(source, (str, os.PathLike))


def is_stream(source: Any) -> bool:
    """Tell whether something can be read from or written to."""
    return hasattr(source, "read") or hasattr(source, "write")


def source_name(source: Any) -> str:
    """Return what messages call a source."""
    if is_path(source):
        return f"File {os.fspath(source)}"
    if is_stream(source):
        name = getattr(source, "name", None)
        return f"File {name}" if isinstance(name, str) else "The stream"
    return "The buffer"


def read_content(source: Any, caller: str) -> Content:
    """Return the bytes of a source; of a stream, those from its position on.

    Args:
        source: a path, bytes, or a stream of bytes.
        caller: who asks, for messages: ``"load()"``.

    Raises:
        MissingFileError: there is no such file.
        ArgumentTypeError: neither of these, or a stream of text.
    """
    name = source_name(source)
    if is_path(source):
        return Content(_mapped(Path(source)), name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        view = memoryview(source)
        return Content(view.cast("B") if view.c_contiguous else memoryview(view.tobytes()), name)
    if not hasattr(source, "read"):
        raise ArgumentTypeError(
            caller,
            "needs a path, bytes, or a stream",
            expected="a string or a path, bytes, or a file opened with 'rb'",
            received=repr(source)[:80],
        )
    content = source.read()
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise ArgumentTypeError(
            caller, "needs a stream of bytes", received=f"text from {source!r}", fix="Open it with mode 'rb'."
        )
    return Content(memoryview(content).cast("B"), name)


def _mapped(path: Path) -> memoryview:
    if path.is_dir() or not path.exists():
        problem = "is a folder" if path.is_dir() else "does not exist"
        raise MissingFileError(f"File {path}", problem, fix="Check the path.")
    with path.open("rb") as file:
        if not path.is_file() or not os.fstat(file.fileno()).st_size:
            return memoryview(file.read())  # a pipe, or nothing: neither can be mapped
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


@contextmanager
def open_target(target: Any, caller: str) -> Iterator[BinaryIO]:
    """Yield a stream to write to: of a path, a file that appears whole or not at all; else the given one.

    Args:
        target: a path, or a stream of bytes.
        caller: who asks, for messages: ``"save()"``.

    Raises:
        ArgumentTypeError: neither of these, or a stream of text.
        MissingFileError: the path's folder does not exist.
    """
    if is_path(target):
        with atomic_write(target) as file:
            yield file
        return
    if not hasattr(target, "write"):
        raise ArgumentTypeError(
            caller,
            "needs a path or a stream",
            expected="a string or a path, or a file opened with 'wb'",
            received=repr(target)[:80],
        )
    if isinstance(target, io.TextIOBase):
        raise ArgumentTypeError(
            caller,
            "needs a stream of bytes",
            received=f"the text stream {target!r}",
            fix="Open it with mode 'wb'.",
        )
    yield target


KNOWN_STARTS = {
    b"PK\x03\x04": "a zip archive",
    b"version https://git-lfs": "a Git LFS pointer; fetch the file itself with git lfs pull",
    b"<": "a web page or XML",
    b"{": "JSON",
    b"\x1f\x8b": "a gzip file",
    b"\x80": "a pickle",
    b"\x93NUMPY": "an array of NumPy",
    b"\x0a\x23\xd7\xce": "a RecordIO file",
    b"\x12\x01\x00\x00\x00\x00\x00\x00": "a .params file",
}


def guess(view: memoryview) -> str:
    """Say what a file that is not what it should be seems to be, by its first bytes."""
    head = bytes(view[:64])
    if not head:
        return "an empty file"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= len(view) - 8:
        return "a safetensors file"
    for start, what in KNOWN_STARTS.items():
        if head.startswith(start) or head.lstrip().startswith(start):
            return what
    return f"{head[:8]!r}"
