"""Files with the state of a Trainer.

A safetensors file: what the optimizer keeps, under ``<position>.<slot>``, and in its metadata, as JSON, the
optimizer's settings and counts and, per parameter, position, name, shape and number of updates. States are
matched by name, and by position where names have changed but shapes agree.

What an optimizer keeps that works on one parameter at a time is under ``<position>.<number>``, with the form
of the whole (tuples of arrays, numbers) in the metadata.

MXNet's files are read too: they are pickles of states by position, and of the optimizer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import safetensors
import safetensors.numpy

from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError, FileFormatError, MissingFileError
from gluonish.gluon.single_updates import SingleUpdates, arrays_of
from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer import Optimizer
from gluonish.optimizer.base import MASTER
from gluonish.optimizer.pickled import read_states
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.slots import SlotSet
from gluonish.serialization.atomic import atomic_write

__all__ = ["load", "save"]

FORMAT = "gluonish.trainer"
VERSION = 1
OF_THE_PROGRAM = ("rescale_grad", "multi_precision", "aggregate_num")
"""Settings of an optimizer that are not taken from a file: the step sets them, or they shape the states."""


@attrs.define
class _Entry:
    """What a file holds for one parameter.

    Attributes:
        count: how often it was updated.
        values: host arrays by slot.
        form: for an optimizer that works on one parameter at a time, the state that the values form.
    """

    count: int
    values: dict[str, np.ndarray[Any, Any]]
    form: Any = None


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
    arrays, parameters = {}, []
    for position, core in enumerate(cores):
        if optimizer.works_on_flat_arrays:
            kept = _of_slots(core, key)
        else:
            kept = _of_single(core, position, optimizer, single)
        arrays.update({f"{position}.{name}": value for name, value in kept.values.items()})
        entry = {"name": core.name, "shape": core.shape, "count": kept.count}
        parameters.append(entry if kept.form is None else {**entry, "form": kept.form})
    about = {
        "version": VERSION,
        "optimizer": type(optimizer).__name__,
        "num_update": optimizer.num_update,
        "begin_num_update": optimizer.begin_num_update,
        "settings": _settings(optimizer),
        "scheduler": _settings(optimizer.lr_scheduler),
        "parameters": parameters,
    }
    content = safetensors.numpy.save(arrays, {"format": FORMAT, "trainer": json.dumps(about)})
    with atomic_write(fname) as file:
        file.write(content)


def _of_slots(core: ParameterCore, key: int) -> _Entry:
    slots = core.ready().group.slots.get(key)
    if slots is None:
        return _Entry(0, {})
    index, shape, ctx = core.ready().index, core.known_shape(), core.contexts()[0]
    pieces = {name: slots.piece(name, index, shape, ctx) for name in slots.arrays}
    values = {
        name: np.asarray(backend_of(place).to_host(raw), order="C") for name, (raw, place) in pieces.items()
    }
    return _Entry(int(slots.counts[index]), values)


def _of_single(core: ParameterCore, position: int, optimizer: Optimizer, single: SingleUpdates) -> _Entry:
    if core not in single.kept:
        return _Entry(0, {})
    state = single.state(core)
    values = {str(i): np.asarray(array, order="C") for i, array in enumerate(arrays_of(state))}
    form = _form(state, iter(range(len(values))), optimizer)
    return _Entry(optimizer.update_count(position) - optimizer.begin_num_update, values, form)


def _form(state: Any, numbers: Iterator[int], optimizer: Optimizer) -> Any:
    """Return the form of a state for JSON: arrays by their numbers."""
    if isinstance(state, NDArray):
        return {"array": next(numbers)}
    if isinstance(state, (tuple, list)):
        return {type(state).__name__: [_form(each, numbers, optimizer) for each in state]}
    if state is None or isinstance(state, (bool, int, float, str)):
        return {"value": state}
    raise ArgumentError(
        f"Optimizer {type(optimizer).__name__}",
        "keeps states in a form that only it knows",
        expected="arrays, numbers, and tuples of them",
        received=type(state).__name__,
        fix="State it by slot_names() and step(), and the Trainer can save it.",
    )


def _settings(owner: Any) -> dict[str, Any]:
    """Return the numbers and names that an optimizer or a scheduler works with."""
    kept = {} if owner is None or not hasattr(owner, "__dict__") else vars(owner)
    return {
        name: value
        for name, value in kept.items()
        if name not in OF_THE_PROGRAM and isinstance(value, (bool, int, float, str, type(None)))
    }


# -- reading ------------------------------------------------------------------------------------------------


def load(
    fname: str | os.PathLike[str],
    cores: Sequence[ParameterCore],
    key: int,
    optimizer: Optimizer,
    single: SingleUpdates,
) -> None:
    """Read the state of a trainer; everything is checked before anything is changed.

    The settings of the optimizer and of its scheduler (learning rate, decay ...) become those of the file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no such file, or belongs to other parameters or another optimizer.
    """
    path = Path(fname)
    if not path.is_file():
        raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
    from_file = _from_mxnet if _is_pickle(path) else _from_own
    kind, entries, settings, scheduler = from_file(path, cores, optimizer)
    if kind != type(optimizer).__name__:
        raise FileFormatError(
            f"File {path}",
            "holds the states of another optimizer",
            expected=type(optimizer).__name__,
            received=kind,
        )
    if optimizer.works_on_flat_arrays:
        _restore_slots(path, cores, key, entries)
    else:
        _restore_single(cores, entries, optimizer, single)
    vars(optimizer).update(settings)
    if isinstance(scheduler, LRScheduler):
        optimizer.lr_scheduler = scheduler
    elif optimizer.lr_scheduler is not None:
        vars(optimizer.lr_scheduler).update(scheduler)


_Found = tuple[str, list[_Entry], dict[str, Any], Any]
"""The name of the optimizer, an entry for each parameter, settings, and the scheduler or its settings."""


def _is_pickle(path: Path) -> bool:
    """Tell whether a file begins as pickles do, and not as safetensors files do: a number, then JSON."""
    with path.open("rb") as file:
        start = file.read(9)
    return start.startswith(b"\x80") and not start.endswith(b"{")


def _from_own(path: Path, cores: Sequence[ParameterCore], optimizer: Optimizer) -> _Found:  # noqa: ARG001
    about, arrays = _read(path)
    entries = []
    for position in _matched(path, about["parameters"], cores):
        entry = about["parameters"][position]
        start = f"{position}."
        values = {name[len(start) :]: value for name, value in arrays.items() if name.startswith(start)}
        entries.append(_Entry(entry["count"], values, entry.get("form")))
    counts = {name: about[name] for name in ("num_update", "begin_num_update")}
    return about["optimizer"], entries, {**about["settings"], **counts}, about["scheduler"]


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


def _from_mxnet(path: Path, cores: Sequence[ParameterCore], optimizer: Optimizer) -> _Found:
    """Read states by position, and the optimizer, from what MXNet pickled."""
    states, theirs = read_states(path.read_bytes())
    theirs = optimizer if theirs is None else theirs
    counts: dict[Any, int] = {}
    for of_device in theirs._all_index_update_counts.values():  # noqa: SLF001  MXNet's name
        counts.update(of_device)
    entries = []
    for position, core in enumerate(cores):
        state, count = states.get(position), counts.get(position, theirs.begin_num_update)
        shapes = [array.shape for array in arrays_of(state)]
        if optimizer.works_on_flat_arrays and any(shape != core.known_shape() for shape in shapes):
            raise FileFormatError(
                f"File {path}",
                f"has no state for parameter {core.name!r}, number {position}",
                expected=f"arrays of shape {core.known_shape()}",
                received=", ".join(map(str, shapes)),
            )
        entries.append(_Entry(count - theirs.begin_num_update, *_taken_apart(state, core, theirs)))
    return type(theirs).__name__, entries, _settings(theirs), theirs.lr_scheduler or {}


def _taken_apart(state: Any, core: ParameterCore, optimizer: Optimizer) -> tuple[dict[str, Any], Any]:
    """Return the values and the form of a state in MXNet's form."""
    if not optimizer.works_on_flat_arrays:
        values = {str(i): np.asarray(array) for i, array in enumerate(arrays_of(state))}
        return values, _form(state, iter(range(len(values))), optimizer)
    if state is None:
        return {}, None
    master = {}
    if optimizer.uses_master(core.dtype):
        master[MASTER], state = optimizer.without_master(state)
    slots = {**master, **optimizer.unpack_state(state)}
    return {name: np.asarray(array) for name, array in slots.items()}, None


# -- taking over --------------------------------------------------------------------------------------------


def _restore_slots(path: Path, cores: Sequence[ParameterCore], key: int, entries: Sequence[_Entry]) -> None:
    slots = [core.ready().group.slots.get(key) for core in cores]
    for core, own, entry in zip(cores, slots, entries, strict=True):
        _check_slots(path, core, own, entry.values)
    for core, own, entry in zip(cores, slots, entries, strict=True):
        if own is not None:
            own.restore(core.ready().index, entry.values, entry.count)


def _check_slots(path: Path, core: ParameterCore, slots: SlotSet | None, values: Mapping[str, Any]) -> None:
    if slots is not None and values and values.keys() != slots.arrays.keys():
        raise FileFormatError(
            f"File {path}",
            f"holds other states for parameter {core.name!r} than the optimizer keeps",
            expected=", ".join(slots.arrays) or "none",
            received=", ".join(values),
        )


def _restore_single(
    cores: Sequence[ParameterCore], entries: Sequence[_Entry], optimizer: Optimizer, single: SingleUpdates
) -> None:
    for position, (core, entry) in enumerate(zip(cores, entries, strict=True)):
        if entry.form is not None:
            single.restore(core, _state(entry.form, entry.values, core))
        optimizer.set_update_count(position, optimizer.begin_num_update + entry.count)


def _state(form: Any, values: Mapping[str, Any], core: ParameterCore) -> Any:
    """Return the state of a form, with its arrays on the parameter's first context."""
    ((kind, content),) = form.items()
    if kind == "array":
        return from_data(values[str(content)], core.contexts()[0])
    if kind == "value":
        return content
    parts = [_state(each, values, core) for each in content]
    return tuple(parts) if kind == "tuple" else parts
