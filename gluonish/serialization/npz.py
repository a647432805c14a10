"""NumPy's ``.npz`` files: a zip archive of arrays. No pickle is written or read.

The archive says how much its members hold, and so does every member; both are checked against what can be in
the file before anything is allocated.
"""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from gluonish.dtype import bfloat16
from gluonish.errors import ArgumentError, DTypeError, FileFormatError, MissingFileError
from gluonish.serialization.atomic import atomic_write
from gluonish.serialization.stored import StoredArray, StoredArrays

__all__ = ["open_npz", "save_npz"]

DENSEST = 1032
"""Deflate packs no more than this number of bytes into one."""

SUFFIX = ".npy"
POSITION = "arr_"
"""How NumPy names arrays without names: by this and their position."""


def save_npz(path: str | os.PathLike[str], arrays: Mapping[str, Any], *, named: bool = True) -> None:
    """Write arrays, uncompressed. The file appears whole or not at all.

    Args:
        path: the file.
        arrays: arrays by name.
        named: False for a list, whose names are its positions.

    Raises:
        DTypeError: an array is of bfloat16, which NumPy's files do not know.
        ArgumentError: a name cannot be that of a member of an archive.
        MissingFileError: the folder does not exist.
    """
    for name, array in arrays.items():
        _check(name, array)
    with atomic_write(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo((name if named else POSITION + name) + SUFFIX)  # the same bytes every time
            with archive.open(member, "w", force_zip64=True) as target:
                np.lib.format.write_array(target, np.asarray(array), allow_pickle=False)


def _check(name: str, array: Any) -> None:
    if np.dtype(array.dtype) == bfloat16:
        raise DTypeError(
            f"Array {name!r}",
            "cannot be written to an .npz file: NumPy's files have no bfloat16",
            fix="Write a .safetensors or .params file, or cast the array to float32 first.",
        )
    if "\0" in name or not name.isprintable():
        raise ArgumentError(f"Name {name!r}", "cannot be that of an array in an .npz file")


def open_npz(path: str | os.PathLike[str]) -> StoredArrays:
    """Return the arrays of a file; each is read when it is fetched.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no archive of arrays, or damaged.
        DTypeError: it holds objects, texts, or other things that are no arrays here.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            arrays = {each.filename: _described(path, archive, each) for each in members}
    except _ERRORS as error:
        raise _damaged(path, str(error)) from error
    if len(arrays) < len(members):
        raise _damaged(path, "two of its members have one name")
    found = {name.removesuffix(SUFFIX): array for name, array in arrays.items()}
    if found and set(found) == {f"{POSITION}{i}" for i in range(len(found))}:
        listed = {str(i): found[f"{POSITION}{i}"] for i in range(len(found))}
        return StoredArrays(listed, named=False)
    return StoredArrays(found)


_ERRORS = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged archive raises."""


def _described(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> StoredArray:
    """Return what the header of a member says, checked against its size."""
    if not member.filename.endswith(SUFFIX):
        raise _damaged(path, f"its member {member.filename!r} is no array", expected="names that end in .npy")
    with archive.open(member) as file:
        shape, _, dtype = _header(file)
        start = file.tell()
    if dtype.hasobject or dtype.kind not in "biuf":
        raise DTypeError(
            f"File {path}",
            f"holds array {member.filename.removesuffix(SUFFIX)!r} of a dtype that gluonish has no arrays of",
            expected="numbers or truth values",
            received=str(dtype),
        )
    most = min(member.file_size, path.stat().st_size * DENSEST)
    if math.prod(shape) * dtype.itemsize > most - start:
        raise _damaged(path, f"{member.filename!r} is shorter than it says", received=f"shape {shape}")
    native = dtype.newbyteorder("=")
    return StoredArray(shape, native, lambda: _fetch(path, member.filename).astype(native, copy=False))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)


def _fetch(path: Path, member: str) -> np.ndarray[Any, Any]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except _ERRORS as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, problem: str, **details: Any) -> FileFormatError:
    details.setdefault("expected", "a zip archive of arrays, as numpy.savez writes it")
    return FileFormatError(f"File {path}", f"is no .npz file, or damaged: {problem}", **details)
