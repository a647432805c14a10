"""What loading has found: which array went to which parameter, and what is off."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, TextIO

import attrs

if TYPE_CHECKING:
    from rich.console import Group

__all__ = ["LoadReport"]

WIDTH = 110
"""How wide a report is where there is no terminal, in characters."""


@attrs.frozen
class LoadReport:
    """What was found for whom in a file.

    Attributes:
        source: what messages call the file.
        by: what names in the file were read as: ``"path"``, ``"name"`` ...
        matched: by name of a parameter, the name in the file whose array it got.
        missing: the names of parameters that are not in the file; they stay as they were.
        unexpected: the names in the file that belong to no parameter.
        cast: by name of a parameter, the dtype in the file, where it had to be converted.
        aliases: further names in the file, each with the name of the parameter that it stands for too: those
            of tied weights.
        notes: whatever else is not as it was when the file was saved.

    Example:
        >>> report = LoadReport("file w.params", "path", {"0.weight": "0.weight"}, missing=["0.bias"])
        >>> report.complete
        False
        >>> print(report)  # doctest: +ELLIPSIS
        1 array of file w.params loaded, matched by path
        ...
    """

    source: str
    by: str
    matched: dict[str, str] = attrs.field(factory=dict)
    missing: list[str] = attrs.field(factory=list)
    unexpected: list[str] = attrs.field(factory=list)
    cast: dict[str, str] = attrs.field(factory=dict)
    aliases: dict[str, str] = attrs.field(factory=dict)
    notes: list[str] = attrs.field(factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing is off: every name found its match, and nothing was converted."""
        return not (self.missing or self.unexpected or self.cast or self.notes)

    @property
    def renamed(self) -> dict[str, str]:
        """The part of ``matched`` in which the two names differ."""
        return {name: key for name, key in self.matched.items() if name != key}

    @property
    def title(self) -> str:
        """One line about the whole."""
        count = len(self.matched)
        return f"{count} array{'' if count == 1 else 's'} of {self.source} loaded, matched by {self.by}"

    def __rich__(self) -> Group | str:
        """Return the title and a table of what is off, for ``rich.print``."""
        from rich.console import Group  # noqa: PLC0415  only who prints a report pays for it
        from rich.table import Table  # noqa: PLC0415  likewise

        if self.complete and not self.renamed and not self.aliases:
            return self.title
        table = Table("what", "parameter", "in the file")
        for name in self.missing:
            table.add_row("missing", name, "")
        for key in self.unexpected:
            table.add_row("unexpected", "", key)
        for name, dtype in self.cast.items():
            table.add_row("cast", name, f"{self.matched.get(name, name)} ({dtype})")
        for name, key in self.renamed.items():
            table.add_row("renamed", name, key)
        for key, name in self.aliases.items():
            table.add_row("alias", name, key)
        for note in self.notes:
            table.add_row("note", note, "")
        return Group(self.title, table)

    def __str__(self) -> str:
        stream = io.StringIO()
        self._print(stream, WIDTH)
        return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())

    def print(self, file: TextIO | None = None) -> None:
        """Print the table, as wide as the terminal is.

        Args:
            file: where to; the standard error stream if None.
        """
        self._print(sys.stderr if file is None else file, None)

    def _print(self, file: TextIO, width: int | None) -> None:
        from rich.console import Console  # noqa: PLC0415  likewise

        console = Console(file=file, width=width, no_color=True, highlight=False, markup=False)
        console.print(self)
