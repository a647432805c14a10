"""Files that programs download."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gluonish.errors import ArgumentError, DownloadError

__all__ = ["check_sha1", "download", "replace_file"]

PIECE = 1 << 20
"""Bytes that are fetched at a time."""


def _requests() -> Any:
    """Return the library ``requests``; None where it is not installed."""
    try:
        import requests  # noqa: PLC0415  optional, and slow to load
    except ImportError:
        return None
    return requests


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
    """Fetch a file, unless it is there, and return its path. A failed attempt leaves what was there.

    Args:
        url: where the file is: an address of http, https, ftp or file.
        path: the file, or the folder that it goes into under the last part of its address; the present folder
            if None.
        overwrite: fetch it though it is there.
        sha1_hash: its hash, in hexadecimal. A file that has another one is fetched anew.
        retries: how often to try again after a failure.
        verify_ssl: whether the server must prove who it is.

    Raises:
        ArgumentError: there is no name for the file, or ``retries`` is negative.
        DownloadError: the file cannot be fetched, or has another hash.
    """
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
    if not overwrite and target.is_file() and (not sha1_hash or check_sha1(target, sha1_hash)):
        return os.fspath(target)
    if not verify_ssl:
        warnings.warn(
            "Unverified HTTPS request is being made (verify_ssl=False). Adding certificate verification is "
            "strongly advised.",
            stacklevel=2,
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in range(retries, -1, -1):
        try:
            _fetch(url, target, sha1_hash, verify_ssl=verify_ssl)
        except (OSError, ValueError) as error:  # noqa: PERF203  the loop is there for the failures
            if not left:
                raise DownloadError(f"File {url}", f"cannot be fetched: {error}", fix=_BY_HAND) from error
        else:
            break
    return os.fspath(target)


_BY_HAND = "Fetch it yourself, and put it where the program looks for it."


def _fetch(url: str, target: Path, sha1_hash: str | None, *, verify_ssl: bool) -> None:
    """Fetch a file next to its target, check it, and move it there.

    Raises:
        OSError: it cannot be fetched.
        ValueError: it has another hash, or the address cannot be read.
    """
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            for piece in _pieces(url, verify_ssl=verify_ssl):
                file.write(piece)
        if sha1_hash and not check_sha1(part, sha1_hash):
            raise ValueError("it has another hash than it should")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _pieces(url: str, *, verify_ssl: bool) -> Iterator[bytes]:
    """Yield what is at an address: by the library ``requests`` where it is installed, as MXNet did.

    Raises:
        OSError: it cannot be fetched. The errors of both libraries are OSErrors.
    """
    requests = _requests() if url.startswith("http") else None
    if requests is not None:
        answer = requests.get(url, stream=True, verify=verify_ssl)
        if answer.status_code != HTTPStatus.OK:
            raise OSError(f"the server answers {answer.status_code}")
        yield from (piece for piece in answer.iter_content(chunk_size=PIECE) if piece)
        return
    import ssl  # noqa: PLC0415  only who fetches pays for it
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    context = ssl.create_default_context() if verify_ssl else ssl._create_unverified_context()  # noqa: S323, SLF001
    try:
        with urllib.request.urlopen(url, context=context) as answer:  # noqa: S310  the caller names the address
            while piece := answer.read(PIECE):
                yield piece
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise


def replace_file(src: str | os.PathLike[str], dst: str | os.PathLike[str]) -> None:
    """Move a file into the place of another one, at once."""
    Path(src).replace(dst)
