"""Files with the state of a Trainer.

A safetensors file: the optimizer's slots under ``<position>.<slot>``, and in its metadata, as JSON, the
optimizer's counts and, per parameter, position, name, shape and number of updates. States are matched by
name, and by position where names have changed but shapes agree.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from gluonish.engine.backend import backend_of
from gluonish.errors import ArgumentError, FileFormatError, MissingFileError
from gluonish.gluon.single_updates import SingleUpdates
from gluonish.optimizer import Optimizer
from gluonish.parameter.core import ParameterCore
from gluonish.serialization.atomic import atomic_write

__all__ = ["load", "save"]

FORMAT = "gluonish.trainer"
VERSION = 1


def save(
    fname: str | os.PathLike[str],
    cores: Sequence[ParameterCore],
    key: int,
    optimizer: Optimizer,
    single: SingleUpdates,
) -> None:
    """Write the state of a trainer.

    Raises:
        ArgumentError: the optimizer keeps states of its own making.
    """
    if single.states:
        raise ArgumentError(
            f"Optimizer {type(optimizer).__name__}",
            "keeps states in a form that only it knows",
            fix="State it by slot_names() and step(), and the Trainer can save it.",
        )
    arrays, parameters = {}, []
    for position, core in enumerate(cores):
        entry: dict[str, Any] = {"name": core.name, "shape": core.shape, "count": 0}
        slots = core.ready().group.slots.get(key)
        if slots is not None:
            entry["count"] = int(slots.counts[core.ready().index])
            for name in slots.arrays:
                raw, place = slots.piece(name, core.ready().index, core.known_shape(), core.contexts()[0])
                arrays[f"{position}.{name}"] = np.asarray(backend_of(place).to_host(raw), order="C")
        parameters.append(entry)
    about = {
        "version": VERSION,
        "optimizer": type(optimizer).__name__,
        "num_update": optimizer.num_update,
        "begin_num_update": optimizer.begin_num_update,
        "parameters": parameters,
    }
    content = safetensors.numpy.save(arrays, {"format": FORMAT, "trainer": json.dumps(about)})
    with atomic_write(fname) as file:
        file.write(content)


def load(
    fname: str | os.PathLike[str],
    cores: Sequence[ParameterCore],
    key: int,
    optimizer: Optimizer,
    single: SingleUpdates,  # noqa: ARG001  the counterpart of save
) -> None:
    """Read the state of a trainer; everything is checked before anything is changed.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no such file, or belongs to other parameters or another optimizer.
    """
    path = Path(fname)
    if not path.is_file():
        raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
    about, arrays = _read(path)
    if about["optimizer"] != type(optimizer).__name__:
        raise FileFormatError(
            f"File {path}",
            "holds the states of another optimizer",
            expected=type(optimizer).__name__,
            received=about["optimizer"],
        )
    positions = _matched(path, about["parameters"], cores)
    plan = [
        (core, positions[i], _slots_of(path, core, positions[i], key, arrays)) for i, core in enumerate(cores)
    ]
    for core, position, values in plan:
        slots = core.ready().group.slots.get(key)
        if slots is not None:
            slots.restore(core.ready().index, values, about["parameters"][position]["count"])
    optimizer.num_update = about["num_update"]
    optimizer.begin_num_update = about["begin_num_update"]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    try:
        with safetensors.safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it has no __iter__
    except safetensors.SafetensorError as error:
        raise FileFormatError(
            f"File {path}",
            f"is no safetensors file, or damaged ({error})",
            expected="a file of save_states()",
        ) from error
    if metadata.get("format") != FORMAT:
        raise FileFormatError(f"File {path}", "holds no trainer states", expected="a file of save_states()")
    about: dict[str, Any] = json.loads(metadata["trainer"])
    return about, arrays


def _matched(path: Path, entries: list[dict[str, Any]], cores: Sequence[ParameterCore]) -> list[int]:
    """Return, per parameter, the position of its entry: by name, or by position if the shape agrees."""
    by_name = {entry["name"]: i for i, entry in enumerate(entries)}
    found = []
    for i, core in enumerate(cores):
        position = by_name.get(core.name, i)
        if position >= len(entries) or tuple(entries[position]["shape"]) != core.known_shape():
            raise FileFormatError(
                f"File {path}",
                f"has no state for parameter {core.name!r} of shape {core.known_shape()}",
                received=", ".join(f"{e['name']} {tuple(e['shape'])}" for e in entries[:8]),
            )
        found.append(position)
    return found


def _slots_of(
    path: Path, core: ParameterCore, position: int, key: int, arrays: dict[str, Any]
) -> dict[str, Any]:
    slots = core.ready().group.slots.get(key)
    if slots is None:
        return {}
    names = [name for name in slots.arrays if f"{position}.{name}" in arrays]
    if names != list(slots.arrays) and any(k.startswith(f"{position}.") for k in arrays):
        raise FileFormatError(
            f"File {path}",
            f"holds other states for parameter {core.name!r} than the optimizer keeps",
            expected=", ".join(slots.arrays),
            received=", ".join(names) or "none",
        )
    return {name: arrays[f"{position}.{name}"] for name in names}
