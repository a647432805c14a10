"""Files with the state of a Trainer.

A safetensors file, or several with an index: what the optimizer keeps, under ``<position>.<slot>``, and in
the metadata, as JSON, the optimizer's settings and counts and, per parameter, path, name, position, shape and
number of updates (see ``state_header``). A file whose name ends in ``.safetensors`` holds everything that a
run needs to go on: multipliers, how gradients are kept, and the random streams, too.

What an optimizer keeps that works on one parameter at a time is under ``<position>.<number>``, with the form
of the whole (tuples of arrays, numbers) in the metadata.

MXNet's files are read too: they are pickles of states by position, and of the optimizer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

import gluonish.lr_scheduler
from gluonish.engine import rng
from gluonish.engine.backend import backend_of
from gluonish.errors import FileFormatError
from gluonish.gluon import mxnet_states
from gluonish.gluon.single_updates import SingleUpdates, works_alone
from gluonish.gluon.state_forms import put_together, take_apart
from gluonish.gluon.state_header import Declared, Header, ParameterEntry, apply_settings, settings_of
from gluonish.gluon.state_matching import (
    lost_functions,
    lower,
    match_entries,
    raise_unless_complete,
    report_of,
)
from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer import Optimizer
from gluonish.optimizer.base import MASTER
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.report import LoadReport
from gluonish.parameter.step import OptimizerSlots
from gluonish.serialization import StoredArray, StoredArrays
from gluonish.serialization.shards import open_tensors, save_tensors
from gluonish.serialization.streams import Content, is_path, read_content, source_name

__all__ = ["Found", "Kept", "read", "save", "update_counts"]

FORMAT = "gluonish.trainer"
VERSION = 1


@attrs.define
class Kept:
    """What the optimizer of a trainer keeps, and for whom.

    Attributes:
        cores: the parameters.
        paths: where each is below its block; None where that is not known.
        key: the trainer's.
        optimizer: the optimizer.
        slots: what it keeps over flat arrays.
        single: what it keeps parameter by parameter.
    """

    cores: Sequence[ParameterCore]
    paths: Sequence[str | None]
    key: int
    optimizer: Optimizer
    slots: OptimizerSlots
    single: SingleUpdates


@attrs.define
class _Entry:
    """What a file holds for one parameter.

    Attributes:
        count: how often it was updated.
        values: arrays by slot.
        form: for an optimizer that works on one parameter at a time, the form of the state.
        state: the state that the values have in this form.
        dtype: the parameter's, where the file says.
        declared: what the program declared about it, if that was saved.
    """

    count: int
    values: dict[str, Any]
    form: Any = None
    state: Any = None
    dtype: str | None = None
    declared: Declared | None = None


# -- writing ------------------------------------------------------------------------------------------------


def save(
    target: Any, kept: Kept, *, complete: bool | None = None, max_shard_size: int | str | None = None
) -> None:
    """Write the state of a trainer.

    Args:
        target: a path, or a stream opened for writing bytes.
        kept: the state.
        complete: whether multipliers, modes of gradients and random streams are part of it. By default, if
            the path ends in ``.safetensors``.
        max_shard_size: as of ``serialization.save``.

    Raises:
        ArgumentError: the optimizer keeps states of its own making.
    """
    if complete is None:
        complete = is_path(target) and Path(target).name.endswith(".safetensors")
    arrays, parameters, optimizer = {}, [], kept.optimizer
    for position, core in enumerate(kept.cores):
        if works_alone(core, optimizer):
            entry = _of_single(core, position, optimizer, kept.single)
        else:
            entry = _of_slots(core, kept.key)
        arrays.update({f"{position}.{name}": value for name, value in entry.values.items()})
        parameters.append(
            ParameterEntry(
                name=core.name,
                shape=core.known_shape(),
                count=entry.count,
                path=kept.paths[position],
                dtype=core.dtype.name,
                form=entry.form,
                declared=_declared(core) if complete else None,
            )
        )
    scheduler = optimizer.lr_scheduler
    header = Header(
        optimizer=type(optimizer).__name__,
        num_update=optimizer.num_update,
        begin_num_update=optimizer.begin_num_update,
        settings=settings_of(optimizer),
        scheduler=settings_of(scheduler),
        scheduler_kind=None if scheduler is None else type(scheduler).__name__,
        parameters=parameters,
        random=rng.state() if complete else None,
    )
    about = {"format": FORMAT, "version": VERSION, "trainer": attrs.asdict(header)}
    save_tensors(target, arrays, about, max_shard_size)


def update_counts(kept: Kept) -> dict[int, int]:
    """Return how often each parameter was updated, by position, as the optimizer counts."""
    optimizer = kept.optimizer
    if not optimizer.works_on_flat_arrays:
        return {i: optimizer.update_count(i) for i in range(len(kept.cores))}
    begin = optimizer.begin_num_update
    return {i: begin + _of_slots(core, kept.key).count for i, core in enumerate(kept.cores)}


def _declared(core: ParameterCore) -> Declared:
    lr_mult, wd_mult = (None if callable(each) else float(each) for each in (core.lr_mult, core.wd_mult))
    return Declared(lr_mult, wd_mult, core.grad_req, core.thaws_to)


def _of_slots(core: ParameterCore, key: int) -> _Entry:
    """Return what is kept for a parameter, to be copied to host memory when it is written."""
    slots = core.ready().group.slots.get(key)
    if slots is None:
        return _Entry(0, {})
    index, shape, ctx = core.ready().index, core.known_shape(), core.contexts()[0]

    def stored(name: str) -> StoredArray:
        raw, place = slots.piece(name, index, shape, ctx)
        return StoredArray(shape, slots.dtype, lambda: np.array(backend_of(place).to_host(raw)))

    values = {name: stored(name) for name in slots.arrays}
    return _Entry(int(slots.counts[index]), values)


def _of_single(core: ParameterCore, position: int, optimizer: Optimizer, single: SingleUpdates) -> _Entry:
    if core not in single.kept:
        return _Entry(0, {})
    values, form = take_apart(single.state(core), optimizer)
    return _Entry(optimizer.update_count(position) - optimizer.begin_num_update, values, form)


# -- reading ------------------------------------------------------------------------------------------------


@attrs.define
class Found:
    """What a file holds for the parameters of a trainer, checked; nothing is taken over yet.

    Attributes:
        subject: what messages call the file.
        kept: where it is to go.
        entries: for each parameter; None where the file has none.
        settings: of the optimizer.
        scheduler: of the learning rate: a scheduler, the settings of the one that there is, or None.
        random: the state of the random streams, or None.
        report: what was found for whom.
    """

    subject: str
    kept: Kept
    entries: list[_Entry | None]
    settings: dict[str, Any]
    scheduler: LRScheduler | dict[str, Any] | None
    random: Any
    report: LoadReport

    def restore_declared(self) -> None:
        """Give parameters back their multipliers and how their gradients are kept.

        Raises:
            FileFormatError: the state of the random streams is none. Nothing is changed then.
        """
        if self.random is not None:
            self._restore_random()
        pairs = zip(self.kept.cores, self.entries, strict=True)
        stated = [(core, e.declared) for core, e in pairs if e is not None and e.declared is not None]
        lifecycle.restore_grad_req({core: (d.grad_req, d.thaws_to) for core, d in stated})
        for core, declared in stated:
            if declared.lr_mult is not None:
                core.lr_mult = declared.lr_mult
            if declared.wd_mult is not None:
                core.wd_mult = declared.wd_mult

    def _restore_random(self) -> None:
        try:
            absent = rng.restore(self.random)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise FileFormatError(
                self.subject, f"has a damaged state of the random streams ({error})"
            ) from error
        if absent:
            names = ", ".join(map(str, absent))
            self.report.notes.append(f"random streams of contexts that are not here: {names}")

    def restore_states(self) -> None:
        """Take over what the optimizer kept, its counts and its settings."""
        kept, optimizer = self.kept, self.kept.optimizer
        pairs = [(i, e) for i, e in enumerate(self.entries) if e is not None]
        for position, entry in pairs:
            if works_alone(kept.cores[position], optimizer):
                _restore_single(kept, position, entry)
            else:
                _restore_slots(kept.cores[position], kept.key, entry)
        unknown = apply_settings(optimizer, self.settings)
        if isinstance(self.scheduler, LRScheduler):
            optimizer.lr_scheduler = self.scheduler
        elif self.scheduler and optimizer.lr_scheduler is not None:
            unknown += apply_settings(optimizer.lr_scheduler, self.scheduler)
        if unknown:
            self.report.notes.append(f"settings that are not known here: {', '.join(unknown)}")


def read(source: Any, kept: Kept, *, strict: bool, random: bool, allow_pickle: bool) -> Found:
    """Read the state of a trainer, and check it.

    Args:
        source: a path, bytes, or a stream.
        kept: where it is to go.
        strict: raise where something does not fit.
        random: read the state of the random streams.
        allow_pickle: read a file of MXNet, too.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no such file, or belongs to other parameters or another optimizer.
    """
    subject = source_name(source)
    if not is_path(source) or Path(source).is_file():
        content = read_content(source, "load_states()")
        if mxnet_states.is_pickle(content):
            if not allow_pickle:
                raise _no_pickle(content)
            return _of_mxnet(content, kept)
        source = source if is_path(source) else content.view
    stored = open_tensors(source)
    if stored.about.get("format") != FORMAT:
        raise FileFormatError(subject, "holds no trainer states", expected="a file of save_states()")
    header = Header.of(stored.about.get("trainer"), subject)
    _check_kind(subject, header.optimizer, kept.optimizer)
    way, positions = match_entries(kept.cores, kept.paths, header.parameters)
    report = report_of(subject, way, positions, kept.cores, header.parameters)
    entries = [None if i is None else _entry(stored, i, header.parameters[i]) for i in positions]
    for core, entry in zip(kept.cores, entries, strict=True):
        if entry is None:
            continue
        if works_alone(core, kept.optimizer):
            entry.state = _single_state(entry, core, subject)
        else:
            _check_slots(subject, core, kept.slots, entry.values)
    scheduler = _scheduler(header, kept.optimizer, report)
    if strict:
        raise_unless_complete(subject, report, kept.cores, header.parameters)
    report.notes.extend(lost_functions(positions, kept.cores, header.parameters))
    counts = {"num_update": header.num_update, "begin_num_update": header.begin_num_update}
    settings = {**header.settings, **counts}
    return Found(subject, kept, entries, settings, scheduler, header.random if random else None, report)


def _no_pickle(content: Content) -> FileFormatError:
    return FileFormatError(
        content.name,
        "is a pickle, as MXNet saves states",
        expected="a file of save_states()",
        fix="If it is of MXNet, set allow_pickle=True: nothing in it is run, but it is not the own format.",
    )


def _of_mxnet(content: Content, kept: Kept) -> Found:
    """Return what a file of MXNet holds; it has a state for each parameter, by position."""
    theirs = mxnet_states.read(content, kept.cores, kept.optimizer)
    subject = content.name
    _check_kind(subject, theirs.kind, kept.optimizer)
    entries: list[_Entry | None] = []
    for core, (count, slots, state) in zip(kept.cores, theirs.states, strict=True):
        if works_alone(core, kept.optimizer):
            values, form = take_apart(state, kept.optimizer)
            entries.append(_Entry(count, values, form, put_together(form, values, core)))
        else:
            _check_slots(subject, core, kept.slots, slots)
            entries.append(_Entry(count, slots))
    report = LoadReport(lower(subject), "position", {core.name: core.name for core in kept.cores})
    return Found(subject, kept, entries, theirs.settings, theirs.scheduler, None, report)


def _check_kind(subject: str, kind: str, optimizer: Optimizer) -> None:
    if kind != type(optimizer).__name__:
        raise FileFormatError(
            subject,
            "holds the states of another optimizer",
            expected=type(optimizer).__name__,
            received=kind,
        )


def _entry(stored: StoredArrays, position: int, entry: ParameterEntry) -> _Entry:
    start = f"{position}."
    values = {name[len(start) :]: array for name, array in stored.items() if name.startswith(start)}
    return _Entry(entry.count, values, entry.form, dtype=entry.dtype, declared=entry.declared)


def _scheduler(header: Header, optimizer: Optimizer, report: LoadReport) -> Any:
    """Return what is to become of the scheduler: a new one, settings for the present one, or None."""
    present = optimizer.lr_scheduler
    if present is None:
        if header.scheduler_kind is None:
            return None
        kind = getattr(gluonish.lr_scheduler, header.scheduler_kind, None)
        if isinstance(kind, type) and issubclass(kind, LRScheduler):
            made = kind.__new__(kind)
            vars(made).update(header.scheduler)
            return made
    elif header.scheduler_kind == type(present).__name__:
        return header.scheduler
    own = "none" if present is None else type(present).__name__
    report.notes.append(f"the scheduler stays as it is: {own} here, {header.scheduler_kind or 'none'} there")
    return None


# -- taking over --------------------------------------------------------------------------------------------


def _check_slots(subject: str, core: ParameterCore, slots: OptimizerSlots, values: Mapping[str, Any]) -> None:
    """Raise unless values are those of a parameter's slots. A master may be missing, or too many."""
    own, saved = ([n for n in names if n != MASTER] for names in (slots.slot_names(core.dtype), values))
    if values and sorted(saved) != sorted(own):
        raise FileFormatError(
            subject,
            f"holds other states for parameter {core.name!r} than the optimizer keeps",
            expected=", ".join(own) or "none",
            received=", ".join(values),
        )
    for name, value in values.items():
        if value.shape != core.known_shape():
            raise FileFormatError(
                subject,
                f"holds a state {name!r} for parameter {core.name!r} that is of another shape than it",
                expected=core.known_shape(),
                received=value.shape,
            )


def _restore_slots(core: ParameterCore, key: int, entry: _Entry) -> None:
    slots = core.ready().group.slots.get(key)
    if slots is not None:
        fetched = {name: np.asarray(value) for name, value in entry.values.items() if name in slots.arrays}
        slots.restore(core.ready().index, fetched, entry.count)


def _restore_single(kept: Kept, position: int, entry: _Entry) -> None:
    core, optimizer = kept.cores[position], kept.optimizer
    if entry.form is not None:
        kept.single.restore(core, entry.state, np.dtype(core.dtype if entry.dtype is None else entry.dtype))
    optimizer.set_update_count(position, optimizer.begin_num_update + entry.count)


def _single_state(entry: _Entry, core: ParameterCore, subject: str) -> Any:
    """Return the state that a file holds for a parameter; None if it holds none."""
    if entry.form is None:
        return None
    try:
        return put_together(entry.form, entry.values, core)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise FileFormatError(
            subject, f"has a damaged state for parameter {core.name!r} ({error})"
        ) from error
