"""NumPy's ``.npz`` files: a zip archive of arrays. No pickle is written or read.

How much a member holds is counted, not believed, before anything is allocated for it.
"""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO, Any

import attrs
import numpy as np

from gluonish.dtype import COMPLEX, SUPPORTED, bfloat16
from gluonish.errors import ArgumentError, DTypeError, FileFormatError, GluonishError
from gluonish.serialization.stored import StoredArray, StoredArrays
from gluonish.serialization.streams import is_path, open_target, read_content

__all__ = ["open_npz", "save_npz"]

PIECE = 1 << 20
"""How many bytes of a member are in memory at a time while it is checked."""

EXPECTED = "a zip archive of arrays, as numpy.savez writes it"

SUFFIX = ".npy"
POSITION = "arr_"
"""How NumPy names arrays without names: by this and their position."""


KNOWN = (*SUPPORTED, *COMPLEX)
"""The dtypes that arrays and Tensors may have."""


def save_npz(target: Any, arrays: Mapping[str, Any], *, named: bool = True) -> None:
    """Write arrays, uncompressed. A file that is named by its path appears whole or not at all.

    Args:
        target: a path, or a stream opened for writing bytes.
        arrays: arrays by name.
        named: False for a list, whose names are its positions.

    Raises:
        DTypeError: an array is of bfloat16, which NumPy's files do not know.
        ArgumentError: a name cannot be that of a member of an archive.
        MissingFileError: the folder does not exist.
    """
    for name, array in arrays.items():
        _check(name, array)
    with open_target(target, "save()") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            # Without the time of day: the same arrays are the same bytes.
            member = zipfile.ZipInfo((name if named else POSITION + name) + SUFFIX)
            with archive.open(member, "w", force_zip64=True) as place:
                np.lib.format.write_array(place, np.asarray(array), allow_pickle=False)


def _check(name: str, array: Any) -> None:
    if np.dtype(array.dtype) == bfloat16:
        raise DTypeError(
            f"Array {name!r}",
            "cannot be written to an .npz file: NumPy's files have no bfloat16",
            fix="Write a .safetensors or .params file, or cast the array to float32 first.",
        )
    if "\0" in name or not name.isprintable():
        raise ArgumentError(f"Name {name!r}", "cannot be that of an array in an .npz file")


def open_npz(source: Any) -> StoredArrays:
    """Return the arrays of a file; each is read when it is fetched.

    Args:
        source: a path, the bytes of a file, or a stream of them.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no archive of arrays, or damaged.
        DTypeError: it holds objects, texts, or other things that are no arrays here.
    """
    archived = _Archive.of(source)
    try:
        with archived.open() as archive:
            members = archive.infolist()
            arrays = {each.filename: archived.described(archive, each) for each in members}
    except GluonishError:  # which is a RuntimeError, too
        raise
    except _ERRORS as error:
        raise archived.damaged(str(error)) from error
    if len(arrays) < len(members):
        raise archived.damaged("two of its members have one name")
    found = {name.removesuffix(SUFFIX): array for name, array in arrays.items()}
    if found and set(found) == {f"{POSITION}{i}" for i in range(len(found))}:
        listed = {str(i): found[f"{POSITION}{i}"] for i in range(len(found))}
        return StoredArrays(listed, named=False)
    return StoredArrays(found)


_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    SyntaxError,
    RecursionError,
    MemoryError,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
"""What reading a damaged archive raises."""


@attrs.frozen
class _Archive:
    """Where an archive is.

    Attributes:
        subject: what messages call it.
        open: opens it.
    """

    subject: str
    open: Callable[[], zipfile.ZipFile]

    @classmethod
    def of(cls, source: Any) -> _Archive:
        content = read_content(source, "load()")
        if is_path(source):  # what is mapped is let go: a member is read when it is fetched
            return cls(content.name, lambda: zipfile.ZipFile(source))
        held = bytes(content.view)
        return cls(content.name, lambda: zipfile.ZipFile(io.BytesIO(held)))

    def described(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> StoredArray:
        """Return what the header of a member says, checked against its size.

        The member is read to its end once, a piece at a time: a hash that is wrong shows before anything is
        done with the first array.
        """
        name = member.filename.removesuffix(SUFFIX)
        if name == member.filename:
            raise self.damaged(f"its member {name!r} is no array", expected="names that end in .npy")
        with archive.open(member) as file:
            shape, _, dtype = _header(file)
            held = sum(len(piece) for piece in iter(lambda: file.read(PIECE), b""))
        if (
            dtype.hasobject
            or dtype.kind not in "biufc"
            or dtype.newbyteorder("=") not in (*SUPPORTED, *COMPLEX)
        ):
            raise DTypeError(
                self.subject,
                f"holds array {name!r} of a dtype that gluonish has no arrays of",
                expected="numbers or truth values",
                received=str(dtype),
            )
        if math.prod(shape) * dtype.itemsize > held:
            raise self.damaged(f"array {name!r} is shorter than it says", received=f"shape {shape}")
        return StoredArray(shape, dtype.newbyteorder("="), lambda: self._fetch(member.filename))

    def _fetch(self, member: str) -> np.ndarray[Any, Any]:
        try:
            with self.open() as archive, archive.open(member) as file:
                found = np.lib.format.read_array(file, allow_pickle=False)
        except _ERRORS as error:
            raise self.damaged(str(error)) from error
        return found.astype(found.dtype.newbyteorder("="), copy=False)

    def damaged(self, problem: str, expected: str = EXPECTED, received: Any = None) -> FileFormatError:
        """Return the error for an archive that cannot be read."""
        return FileFormatError(
            self.subject,
            f"is no .npz file, or damaged: {problem}",
            expected=expected,
            received=received,
        )


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)
