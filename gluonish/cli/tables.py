"""Tables of the command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TextIO

__all__ = ["print_table", "printable"]

UNLIMITED = 10_000
"""How wide a table may be where there is no terminal, in characters: nothing is cut off for a program."""


def printable(text: str) -> str:
    r"""Return a text without what would steer a terminal: names in a file can hold anything.

    Example:
        >>> printable("fc.weight"), printable("a\x1b[2Jb")
        ('fc.weight', "'a\\x1b[2Jb'")
    """
    return text if text.isprintable() else repr(text)


def print_table(
    out: TextIO,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Collection[str] = (),
) -> None:
    """Print rows under a header. A column without any content is left out.

    Args:
        out: where to.
        title: a line above.
        header: the names of the columns.
        rows: their cells.
        right: the columns to align at the right.
    """
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  slow to import, and not needed to run a script
    from rich.console import Console  # noqa: PLC0415  likewise
    from rich.table import Table  # noqa: PLC0415  likewise
    from rich.text import Text  # noqa: PLC0415  likewise

    console = Console(file=out, width=None if out.isatty() else UNLIMITED, highlight=False, markup=False)
    out.write(printable(title) + "\n")
    filled = [i for i in range(len(header)) if i == 0 or any(row[i] for row in rows)]
    table = Table(box=SIMPLE_HEAD)
    for i in filled:
        justify = "right" if header[i] in right else "left"
        table.add_column(header[i], justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(printable(row[i])) for i in filled))
    if rows:
        console.print(table)
