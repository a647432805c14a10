"""Files that programs download: found where they are, never fetched."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from gluonish.errors import ArgumentError, MissingFileError

__all__ = ["check_sha1", "download", "replace_file"]


def check_sha1(filename: str | os.PathLike[str], sha1_hash: str) -> bool:
    """Tell whether a file has this SHA-1 hash, given in hexadecimal (or its beginning)."""
    digest = hashlib.sha1(usedforsecurity=False)
    with Path(filename).open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    found = digest.hexdigest()
    return found[: len(sha1_hash)] == sha1_hash


def download(
    url: str,
    path: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Return the path of a file that was downloaded before. It downloads nothing.

    Args:
        url: where the file is from.
        path: the file, or the folder that it is in under the last part of its address; the present folder if
            None.
        overwrite: accepted; what is there is used in any case.
        sha1_hash: its hash, in hexadecimal.
        retries: how often MXNet tried; a negative number is an error.
        verify_ssl: accepted and without effect.

    Raises:
        MissingFileError: the file is not there, or is another one. It says where to put it.
        ArgumentError: there is no name for the file, or ``retries`` is negative.
    """
    del overwrite, verify_ssl
    if retries < 0:
        raise ArgumentError(
            "download()", "needs a number of attempts", expected="0 or more", received=retries
        )
    name = url.rsplit("/", maxsplit=1)[-1]
    if not name and (path is None or Path(path).is_dir()):
        raise ArgumentError("download()", "cannot tell the name of the file", expected="a path", received=url)
    target = Path(name) if path is None else Path(path).expanduser()
    if target.is_dir():
        target = target / name
    if not target.is_file() or (sha1_hash and not check_sha1(target, sha1_hash)):
        problem = "has another hash than it should" if target.is_file() else "is not there"
        raise MissingFileError(
            f"File {target}",
            f"{problem}, and gluonish downloads nothing",
            fix=f"Fetch {url} yourself and put it there.",
        )
    return os.fspath(target)


def replace_file(src: str | os.PathLike[str], dst: str | os.PathLike[str]) -> None:
    """Move a file into the place of another one, at once."""
    Path(src).replace(dst)
