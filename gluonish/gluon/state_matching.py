"""Which entry of a file of trainer states belongs to which parameter.

Entries are matched by the paths of parameters below their block, or by their names, or by position: the first
of these under which every parameter finds an entry of its shape, and every entry a parameter. Names that
carry a counter (``dense0_weight``) differ from one process to the next, and may be those of other layers, so
that some names alone decide nothing. Where no way is complete, the one that explains most counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from gluonish.gluon.state_header import ParameterEntry
from gluonish.parameter.core import ParameterCore

__all__ = ["match_entries"]


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
