"""Which entry of a file of trainer states belongs to which parameter.

Entries are matched by the paths of parameters below their block, or by their names, or by position: the first
of these under which every parameter finds an entry of its shape, and every entry a parameter. Names that
carry a counter (``dense0_weight``) differ from one process to the next, and may be those of other layers, so
that some names alone decide nothing. Where no way is complete, the one that explains most counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from gluonish.errors import FileFormatError
from gluonish.gluon.state_header import ParameterEntry
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.report import LoadReport

__all__ = ["lower", "match_entries", "raise_unless_complete", "report_of"]

SHOWN = 8
"""How many parameters of many a message shows."""


def match_entries(
    cores: Sequence[ParameterCore], paths: Sequence[str | None], entries: Sequence[ParameterEntry]
) -> tuple[str, list[int | None]]:
    """Return how parameters were matched, and for each the position of its entry, or None.

    Args:
        cores: the parameters.
        paths: where each is below its block; None where that is not known.
        entries: what the file has.
    """
    ways = {
        "path": _by(list(paths), [entry.path for entry in entries]),
        "name": _by([core.name for core in cores], [entry.name for entry in entries]),
        "position": [i if len(cores) == len(entries) else None for i in range(len(cores))],
    }
    fitting = {
        way: [
            None if i is None or not _fits(core, entries[i]) else i
            for core, i in zip(cores, found, strict=True)
        ]
        for way, found in ways.items()
    }
    for way, found in fitting.items():
        if None not in found and len(found) == len(entries):
            return way, found
    del fitting["position"]  # if some shapes differ by position, those that agree do so by chance
    return max(fitting.items(), key=lambda each: sum(i is not None for i in each[1]))


def _by(own: Sequence[str | None], theirs: Sequence[str | None]) -> list[int | None]:
    """Return the position of each key among others; None for all if some occur twice."""
    position = {key: i for i, key in enumerate(theirs) if key is not None}
    known = [key for key in own if key is not None]
    if len(set(known)) < len(known) or len(position) < len(theirs):
        return [None] * len(own)
    return [None if key is None else position.get(key) for key in own]


def _fits(core: ParameterCore, entry: ParameterEntry) -> bool:
    return entry.shape == core.known_shape()


def lower(subject: str) -> str:
    """Return what messages call a file, in the middle of a sentence."""
    return subject[0].lower() + subject[1:]


def report_of(
    subject: str,
    way: str,
    positions: Sequence[int | None],
    cores: Sequence[ParameterCore],
    entries: Sequence[ParameterEntry],
) -> LoadReport:
    """Return a report of what ``match_entries`` has found."""
    report = LoadReport(lower(subject), way)
    for core, position in zip(cores, positions, strict=True):
        if position is None:
            report.missing.append(core.name)
            continue
        entry = entries[position]
        report.matched[core.name] = entry.name
        if entry.dtype not in (None, core.dtype.name):
            report.cast[core.name] = str(entry.dtype)
    used = set(positions)
    report.unexpected.extend(entry.name for i, entry in enumerate(entries) if i not in used)
    return report


def lost_functions(
    positions: Sequence[int | None], cores: Sequence[ParameterCore], entries: Sequence[ParameterEntry]
) -> list[str]:
    """Return a note for each multiplier that was a function, which no file holds, and is none here."""
    notes = []
    for core, position in zip(cores, positions, strict=True):
        declared = None if position is None else entries[position].declared
        if declared is not None:
            saved = {"lr_mult": declared.lr_mult, "wd_mult": declared.wd_mult}
            lost = [
                name for name, value in saved.items() if value is None and not callable(getattr(core, name))
            ]
            notes += [
                f"{name} of {core.name} was a function, and stays {getattr(core, name)}" for name in lost
            ]
    return notes


def raise_unless_complete(
    subject: str, report: LoadReport, cores: Sequence[ParameterCore], entries: Sequence[ParameterEntry]
) -> None:
    """Raise if a parameter has no entry, an entry no parameter, or something else does not fit.

    Raises:
        FileFormatError: it is so.
    """
    theirs = ", ".join(f"{entry.name} {entry.shape}" for entry in entries[:SHOWN])
    fix = "Load it with strict=False to take over what fits."
    if report.missing:
        shapes = {core.name: core.known_shape() for core in cores}
        name = report.missing[0]
        problem = f"has no state for parameter {name!r} of shape {shapes[name]}"
        raise FileFormatError(subject, problem, received=theirs or "none", fix=fix)
    if report.unexpected:
        ours = ", ".join(f"{core.name} {core.known_shape()}" for core in cores[:SHOWN])
        problem = f"has a state for {report.unexpected[0]!r}, which no parameter matches"
        raise FileFormatError(subject, problem, expected=ours or "none", received=theirs, fix=fix)
    if report.notes:
        raise FileFormatError(subject, f"does not fit this trainer: {report.notes[0]}", fix=fix)
