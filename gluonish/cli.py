"""The command line: ``python -m gluonish``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gluonish.compat.checker import check_paths
from gluonish.compat.runner import run_script
from gluonish.errors import GluonishError

__all__ = ["main"]

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return the exit status.

    Args:
        arguments: the command and what belongs to it; those of the process if None.

    Example:
        >>> main(["check", "--help"])
        Traceback (most recent call last):
            ...
        SystemExit: 0
    """
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            return run_script(options.script, options.arguments)
        return check_paths(options.paths, sys.stdout)
    except GluonishError as error:
        print(error, file=sys.stderr)  # noqa: T201  that is what a command line does
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gluonish", description="Gluon's parameter model on NumPy and CuPy."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    run = commands.add_parser(
        "run",
        help="run a script that imports MXNet",
        description="Run a script with gluonish in the place of MXNet. Exit status: that of the script.",
    )
    run.add_argument("script", help="the path of the script")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script gets")
    check = commands.add_parser(
        "check",
        help="list the MXNet names of a script that gluonish lacks",
        description="List the names of MXNet that scripts use and gluonish lacks, by line. "
        "Exit status: 0 if there are none, 1 if there are some.",
    )
    check.add_argument("paths", nargs="+", metavar="path", help="a script, or a folder of them")
    return parser
