"""Telling what kind a file is, by what it holds; its name may say anything."""

from __future__ import annotations

import struct
from pathlib import Path

from gluonish.errors import FileFormatError, MissingFileError
from gluonish.gluon.mxnet_states import STARTS as PICKLE_STARTS
from gluonish.serialization.manifest import FORMAT as MANIFEST_FORMAT
from gluonish.serialization.manifest import MANIFEST
from gluonish.serialization.params import LIST_MAGIC
from gluonish.serialization.recordio import WORD
from gluonish.serialization.shards import index_of
from gluonish.serialization.streams import guess
from gluonish.serialization.tensors import parse_json

__all__ = ["kind_of"]

HEAD = 64


def kind_of(path: Path) -> str:
    """Return the kind of a file.

    Returns:
        ``"params"``, ``"safetensors"``, ``"index"`` (of safetensors files), ``"npz"``, ``"symbol"``,
        ``"states"`` (pickled ones), ``"recordio"`` or ``"checkpoint"`` (a folder, or its manifest).

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is of none of these kinds.
    """
    if path.is_dir():
        if (path / MANIFEST).is_file():
            return "checkpoint"
        raise FileFormatError(f"Folder {path}", "is no checkpoint", expected=f"a folder with {MANIFEST}")
    if not path.is_file():
        if index_of(path).is_file():
            return "index"
        raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = _by_head(head, path.stat().st_size) or (_of_json(path) if head.lstrip()[:1] == b"{" else None)
    if kind is None:
        raise FileFormatError(
            f"File {path}",
            "is of no kind that is known here",
            expected="arrays (.params, safetensors, .npz), a symbol, states, records or a checkpoint",
            received=guess(memoryview(head)),
        )
    return kind


def _by_head(head: bytes, size: int) -> str | None:
    if head[:8] == struct.pack("<Q", LIST_MAGIC):
        return "params"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8:
        return "safetensors"
    starts = {b"PK": "npz", WORD: "recordio", **dict.fromkeys(PICKLE_STARTS, "states")}
    return next((kind for start, kind in starts.items() if head.startswith(start)), None)


def _of_json(path: Path) -> str | None:
    content = parse_json(path.read_bytes(), f"File {path}")
    if "weight_map" in content:
        return "index"
    if "nodes" in content:
        return "symbol"
    return "checkpoint" if content.get("format") == MANIFEST_FORMAT else None
