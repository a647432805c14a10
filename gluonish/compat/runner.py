"""Running a script that imports MXNet."""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from gluonish.compat.finder import install_as_mxnet
from gluonish.errors import FileFormatError, MissingFileError

__all__ = ["run_script"]

SHIM = str(Path(__file__).resolve().with_name("shim"))
"""The folder in which interpreters that the script starts anew find ``mxnet``."""


def run_script(script: str, arguments: Sequence[str] = ()) -> int:
    """Run a Python script as ``python script ...`` would, with gluonish in the place of MXNet.

    It runs as ``__main__``, with its own folder first on ``sys.path``; both stay so afterwards, for what it
    leaves running. An error is reported with the traceback of the script alone.

    Args:
        script: the path of the script.
        arguments: what it finds in ``sys.argv[1:]``.

    Returns:
        The exit status: 1 after an error, else 0.

    Raises:
        SystemExit: the script raised it.
        MissingFileError: there is no such file.
        FileFormatError: it is no Python text.
    """
    code = _compiled(script)
    if isinstance(code, SyntaxError):
        return _report(code, None)
    install_as_mxnet()
    main = ModuleType("__main__")
    main.__file__ = script
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    sys.argv = [script, *arguments]
    sys.path[:0] = [str(Path(script).resolve().parent), SHIM]
    try:
        exec(code, main.__dict__)  # noqa: S102  running it is the purpose
    except Exception as error:  # noqa: BLE001  as the interpreter does
        return _report(error, _from_script(error.__traceback__))
    return 0


def _compiled(script: str) -> CodeType | SyntaxError:
    try:
        with io.open_code(os.path.realpath(script)) as file:
            source = file.read()
    except OSError as error:
        raise MissingFileError("Script", f"cannot be read: {error}", received=script) from None
    try:
        return compile(source, script, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    except ValueError as error:
        raise FileFormatError(f"Script {script}", f"is no Python text: {error}") from None


def _from_script(traceback: TracebackType | None) -> TracebackType | None:
    """Leave out the frame of this module, which is the outermost one."""
    return None if traceback is None else traceback.tb_next


def _report(error: BaseException, traceback: TracebackType | None) -> int:
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)
    return 1
