"""The command line: ``python -m gluonish``.

``inspecting``  ``inspect``: what is in a file
``recognizing`` what kind of file it is
``converting``  ``convert``: arrays from one format to another
``tables``      how what is found is printed

``run`` and ``check`` are in ``gluonish.compat``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from gluonish.compat.checker import check_paths
from gluonish.compat.runner import run_script
from gluonish.errors import GluonishError
from gluonish.serialization.formats import FORMATS

__all__ = ["main"]

USAGE_ERROR = 2
INTERRUPTED = 130


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
        return options.run(options)
    except (GluonishError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201  that is what a command line does
        return USAGE_ERROR
    except KeyboardInterrupt:
        if options.command == "run":  # the script's own affair
            raise
        print("interrupted", file=sys.stderr)  # noqa: T201
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    return run_script(options.script, options.arguments)


def _check(options: argparse.Namespace) -> int:
    return check_paths(options.paths, sys.stdout)


def _inspect(options: argparse.Namespace) -> int:
    from gluonish.cli.inspecting import inspect_file  # noqa: PLC0415  not needed to run a script

    return inspect_file(options.file, sys.stdout, as_json=options.json)


def _convert(options: argparse.Namespace) -> int:
    from gluonish.cli.converting import (  # noqa: PLC0415  likewise
        add_prefix,
        convert_file,
        parse_rename,
        strip_prefix,
    )

    makers = {"rename": parse_rename, "strip-prefix": strip_prefix, "add-prefix": add_prefix}
    return convert_file(
        options.source,
        options.target,
        [makers[kind](text) for kind, text in options.rules],
        sys.stdout,
        as_json=options.json,
        to=options.to,
        cast=options.cast,
        max_shard_size=options.max_shard_size,
        force=options.force,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gluonish", description="Gluon's parameter model on NumPy and CuPy."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _add_run(commands)
    _add_check(commands)
    _add_inspect(commands)
    _add_convert(commands)
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="run a script that imports MXNet",
        description="Run a script with gluonish in the place of MXNet. Exit status: that of the script.",
    )
    run.add_argument("script", help="the path of the script")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script gets")
    run.set_defaults(run=_run)


def _add_check(commands: Any) -> None:
    check = commands.add_parser(
        "check",
        help="list the MXNet names of a script that gluonish lacks",
        description="List the names of MXNet that scripts use and gluonish lacks, by line. "
        "Exit status: 0 if there are none, 1 if there are some.",
    )
    check.add_argument("paths", nargs="+", metavar="path", help="a script, or a folder of them")
    check.set_defaults(run=_check)


def _add_inspect(commands: Any) -> None:
    inspect = commands.add_parser(
        "inspect",
        help="show what is in a file",
        description="Show names, shapes, dtypes, sizes and aliases of what is in a file, and its format: of "
        ".params, safetensors (also an index of several files), .npz, symbol.json, pickled .states, .rec, "
        "and of a checkpoint. Nothing in the file is executed. "
        "Exit status: 0, or 2 if it cannot be read.",
    )
    inspect.add_argument("file", help="the file, or the folder of a checkpoint")
    inspect.add_argument("--json", action="store_true", help="print JSON instead of a table")
    inspect.set_defaults(run=_inspect)


class _AddRule(argparse.Action):
    """Keeps rules of several kinds in the order in which they were given."""

    def __call__(
        self,
        parser: Any,  # noqa: ARG002  argparse gives it
        namespace: Any,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        kind = str(option_string).removeprefix("--")
        namespace.rules = [*namespace.rules, (kind, values)]


def _add_convert(commands: Any) -> None:
    convert = commands.add_parser(
        "convert",
        help="convert a file of arrays to another format",
        description="Write the arrays of a .params, safetensors or .npz file to a file of another of these "
        "formats, read them back, and print what became of each, with the hash of its values. "
        "Exit status: 0, or 2 if nothing was written or it is not what it should be.",
    )
    convert.add_argument("source", metavar="in", help="the file to read, whatever its name")
    convert.add_argument("target", metavar="out", help="the file to write; its suffix says the format")
    convert.add_argument("--to", choices=FORMATS, help="the format, if the suffix does not say it")
    rules = convert.add_argument_group("names", "Rules are applied to each name in the order they are given.")
    for option, metavar, help_text in (
        ("--rename", "REGEX=REPL", r"replace what a regular expression finds; \1 is its first group"),
        ("--strip-prefix", "PREFIX", "leave a prefix out where a name has it"),
        ("--add-prefix", "PREFIX", "put a prefix in front"),
    ):
        rules.add_argument(option, action=_AddRule, dest="rules", default=[], metavar=metavar, help=help_text)
    convert.add_argument("--cast", metavar="DTYPE", help="the dtype for all floating point arrays")
    convert.add_argument("--max-shard-size", metavar="SIZE", help="of safetensors: bytes of a file, as 2GB")
    convert.add_argument("--force", action="store_true", help="replace a file that exists")
    convert.add_argument("--json", action="store_true", help="print JSON instead of a table")
    convert.set_defaults(run=_convert)
