"""The idx format, in which MNIST and its successors come.

A header of big-endian 32-bit integers (the magic number, then the size of each axis), then the bytes of the
array (Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/). The magic number of unsigned bytes
is 0x0800 plus the number of axes.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from gluonish.errors import FileFormatError

__all__ = ["read_idx"]

_UNSIGNED_BYTES = 0x0800


def read_idx(path: Path, ndim: int) -> np.ndarray[Any, Any]:
    """Read an array of unsigned bytes from an idx file, compressed by gzip or not.

    Args:
        path: the file; one whose name ends in ``.gz`` is compressed.
        ndim: the number of axes that it must have.

    Raises:
        FileFormatError: the file is cut short, too long, or of another kind.
    """
    content = _content(path)
    header = struct.Struct(f">{1 + ndim}I")
    if len(content) < header.size:
        raise _wrong(path, "is cut short", f"a header of {header.size} bytes", f"{len(content)} bytes")
    magic, *shape = header.unpack_from(content)
    if magic != _UNSIGNED_BYTES + ndim:
        raise _wrong(
            path,
            f"is no idx file of unsigned bytes with {ndim} axes",
            f"magic number {_UNSIGNED_BYTES + ndim}",
            magic,
        )
    expected, received = math.prod(shape), len(content) - header.size
    if received != expected:
        problem = "is cut short" if received < expected else "is longer than its header says"
        sizes = "x".join(map(str, shape))
        raise _wrong(path, problem, f"{expected} bytes of data for {sizes}", f"{received} bytes")
    return np.frombuffer(content, np.uint8, offset=header.size).reshape(shape)


def _content(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            return file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _wrong(path, "cannot be decompressed", "a complete gzip file", error) from error


def _wrong(path: Path, problem: str, expected: str, received: object) -> FileFormatError:
    return FileFormatError(
        f"File {str(path)!r}",
        problem,
        expected=expected,
        received=received,
        fix="Replace it by a fresh copy.",
    )
