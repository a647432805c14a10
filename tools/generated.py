"""What the tools that write files of this repository share: write them, or name the stale ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def stale(files: dict[Path, str], superfluous: Iterable[Path] = ()) -> list[Path]:
    """Return which files are not what they should be: missing, different, or no longer wanted.

    Args:
        files: the right text by path.
        superfluous: files that an earlier run wrote and this one would not.
    """
    wrong = [path for path, text in files.items() if not path.is_file() or path.read_text() != text]
    return sorted([*wrong, *superfluous])


def main(description: str, make: Callable[[], tuple[dict[Path, str], list[Path]]]) -> int:
    """Run such a tool: write the files or, with ``--check``, only compare. Returns the exit status.

    Args:
        description: what the tool writes.
        make: returns the right text of each file, and the files that have to go.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is stale")
    check = parser.parse_args().check
    files, superfluous = make()
    wrong = stale(files, superfluous)
    for path in wrong:
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check and path in files:
            path.write_text(files[path])
        elif not check:
            path.unlink()
    if check and wrong:
        print(f"Write them again: python tools/{Path(sys.argv[0]).name}", file=sys.stderr)
    return int(check and bool(wrong))
