"""Sets of files that count only as a whole: a folder with a manifest, written last.

``manifest.json`` lists the files of its folder with sizes and SHA-256 hashes. A folder without it, or whose
files are not as long as it says, is no set: a process that wrote it did not come to the end. A set is removed
in the same spirit, its manifest first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from gluonish.errors import FileFormatError, MissingFileError
from gluonish.serialization.atomic import atomic_write
from gluonish.serialization.streams import is_file_name
from gluonish.serialization.tensors import parse_json

__all__ = ["MANIFEST", "FileEntry", "Manifest", "remove_set", "sha256_of"]

MANIFEST = "manifest.json"
FORMAT = "gluonish.checkpoint"
VERSION = 1


def sha256_of(path: Path) -> str:
    """Return the SHA-256 hash of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@attrs.frozen
class FileEntry:
    """What a manifest says about a file.

    Attributes:
        size: its length in bytes.
        sha256: its hash, in hexadecimal.
    """

    size: int = attrs.field(validator=attrs.validators.instance_of(int))
    sha256: str = attrs.field(validator=attrs.validators.instance_of(str))


@attrs.frozen
class Manifest:
    """The manifest of a folder.

    Attributes:
        folder: the folder.
        number: that of the set.
        files: what is in it, by name.
    """

    folder: Path
    number: int
    files: Mapping[str, FileEntry]

    @classmethod
    def write(cls, folder: Path, number: int, names: Iterable[str]) -> Manifest:
        """Write the manifest of a folder, which makes it a set.

        Args:
            folder: the folder.
            number: that of the set.
            names: the files that belong to it.
        """
        paths = {name: folder / name for name in sorted(names)}
        files = {name: FileEntry(p.stat().st_size, sha256_of(p)) for name, p in paths.items()}
        content = {
            "format": FORMAT,
            "version": VERSION,
            "number": number,
            "files": {name: attrs.asdict(entry) for name, entry in files.items()},
        }
        with atomic_write(folder / MANIFEST) as file:
            file.write(json.dumps(content, indent=1).encode())
        return cls(folder, number, files)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of a folder, and check that its files are there.

        Raises:
            MissingFileError: there is no manifest, or a file is missing.
            FileFormatError: it is no manifest, or a file has another size.
        """
        path = folder / MANIFEST
        if not path.is_file():
            raise MissingFileError(f"Folder {folder}", f"is no complete checkpoint: it has no {MANIFEST}")
        manifest = cls(folder, *_parsed(path))
        for name, entry in manifest.files.items():
            file = folder / name
            if not file.is_file():
                raise MissingFileError(f"File {file}", f"does not exist, and {MANIFEST} lists it")
            if file.stat().st_size != entry.size:
                raise FileFormatError(
                    f"File {file}",
                    f"has another size than {MANIFEST} says",
                    expected=f"{entry.size} bytes",
                    received=f"{file.stat().st_size} bytes",
                )
        return manifest

    def verify(self) -> None:
        """Compare the hashes of all files.

        Raises:
            FileFormatError: a file has another content than the one that was saved.
        """
        for name, entry in self.files.items():
            found = sha256_of(self.folder / name)
            if found != entry.sha256:
                raise FileFormatError(
                    f"File {self.folder / name}",
                    f"is damaged: its content is not the one that {MANIFEST} lists",
                    expected=f"SHA-256 {entry.sha256:.16}...",
                    received=f"{found:.16}...",
                )


def _parsed(path: Path) -> tuple[int, dict[str, FileEntry]]:
    """Return number and files of a manifest.

    Raises:
        FileFormatError: it is none.
    """
    subject = f"File {path}"
    content = parse_json(path.read_bytes(), subject)
    problem = f"{content!r:.60}"
    try:
        known = content["format"] == FORMAT and content["version"] <= VERSION
        files = {str(name): FileEntry(**entry) for name, entry in content["files"].items()}
        number = int(content["number"])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        known, problem = False, f"{type(error).__name__}: {error}"
    if not known or not all(map(is_file_name, files)):
        raise FileFormatError(
            subject,
            "is no manifest of a checkpoint",
            expected=f"format {FORMAT!r} up to version {VERSION}, a number, and files with sizes and hashes",
            received=problem,
        )
    return number, files


def remove_set(folder: Path) -> None:
    """Remove a folder and the files in it, the manifest first: what is left is no set at any moment."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for file in folder.iterdir():
        if file.is_file() or file.is_symlink():
            file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something of someone else's is in it
        folder.rmdir()


def read_json(path: Path) -> Any:
    """Return what a file in JSON says.

    Raises:
        FileFormatError: it is none.
    """
    return parse_json(path.read_bytes(), f"File {path}")
