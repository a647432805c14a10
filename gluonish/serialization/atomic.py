"""Writing files so that a reader sees the old content or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gluonish.errors import MissingFileError

__all__ = ["atomic_write"]

SUFFIX = ".tmp"
STALE_AFTER = 3600
"""After how many seconds without a write a temporary file is nobody's."""


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a binary file that takes the place of ``path`` when the block ends without an error.

    What processes that were killed have left of this file is removed.

    The content goes to a temporary file in the same folder, is flushed to the disk, and then renamed; the
    folder is flushed too, so that the rename outlives a power failure. A link is followed. The file has the
    permissions of the one it replaces, or those that a plain open() would give it.

    Raises:
        MissingFileError: the folder does not exist.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise MissingFileError(
            f"Folder {target.parent}", "does not exist", fix="Make it before saving to it."
        )
    start = f".{target.name[:100]}."
    _sweep(target.parent, start)
    temporary = target.with_name(f"{start}{secrets.token_hex(8)}{SUFFIX}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sweep(folder: Path, start: str) -> None:
    """Remove temporary files that nobody has written to for long: their writers were killed."""
    oldest = time.time() - STALE_AFTER
    for path in folder.iterdir():
        if path.name.startswith(start) and path.name.endswith(SUFFIX):
            with contextlib.suppress(FileNotFoundError):  # it was another writer's, who has just finished
                if path.stat().st_mtime < oldest:
                    path.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
