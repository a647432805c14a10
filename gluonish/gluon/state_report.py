"""What loading the state of a trainer has found."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["StatesReport"]

SHOWN = 10
"""How many names of many a report shows."""


@attrs.define
class StatesReport:
    """What was found for whom in a file of trainer states.

    Attributes:
        source: the file.
        by: how parameters were matched: by ``"path"``, ``"name"`` or ``"position"``.
        matched: by name of a parameter, the name under which the file has its state.
        missing: the names of parameters whose states are not in the file; they stay as they were.
        unexpected: the names in the file that belong to no parameter.
        cast: by name of a parameter, the dtype it had in the file, where that is another one.
        notes: whatever else is not as it was when the file was saved.
    """

    source: str
    by: str
    matched: dict[str, str] = attrs.field(factory=dict)
    missing: list[str] = attrs.field(factory=list)
    unexpected: list[str] = attrs.field(factory=list)
    cast: dict[str, str] = attrs.field(factory=dict)
    notes: list[str] = attrs.field(factory=list)

    @property
    def complete(self) -> bool:
        """Whether every parameter found its state, and every state its parameter."""
        return not (self.missing or self.unexpected or self.notes)

    def __str__(self) -> str:
        lines = [f"{self.source}: {len(self.matched)} states, matched by {self.by}"]
        renamed = [f"{name} from {found}" for name, found in self.matched.items() if name != found]
        cast = [f"{name} from {dtype}" for name, dtype in self.cast.items()]
        parts = {
            "renamed": renamed,
            "missing": self.missing,
            "unexpected": self.unexpected,
            "cast": cast,
            "note": self.notes,
        }
        lines += [f"  {title}: {_some(names)}" for title, names in parts.items() if names]
        return "\n".join(lines)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return ", ".join(names[:SHOWN]) + more
