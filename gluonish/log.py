"""``mx.log``: loggers with one letter for the level, in colour where a terminal shows it."""

from __future__ import annotations

import logging
import sys
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING
from typing import Any

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "getLogger", "get_logger"]

_GREEN, _RED, _BLUE = "\x1b[32m", "\x1b[31m", "\x1b[34m"
_PLAIN = "\x1b[0m"


class _Formatter(logging.Formatter):
    """Writes ``W0505 00:29:47 3525 script.py:main:12] message``.

    Args:
        colored: whether the part before the message is coloured by level.
    """

    def __init__(self, *, colored: bool) -> None:
        super().__init__(datefmt="%m%d %H:%M:%S")
        self._colored = colored

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        head = (
            f"{record.levelname[0]}{self.formatTime(record, self.datefmt)} {record.process} "
            f"{record.pathname}:{record.funcName}:{record.lineno}]"
        )
        if self._colored:
            head = f"{_color(record.levelno)}{head}{_PLAIN}"
        lines = f"{head} {record.getMessage()}"
        return f"{lines}\n{self.formatException(record.exc_info)}" if record.exc_info else lines


def _color(level: int) -> str:
    if level >= WARNING:
        return _RED
    return _GREEN if level >= INFO else _BLUE


def get_logger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """Return a logger that writes such lines; asked for again, the same one.

    Args:
        name: its name. Without one, the root logger is returned as it is.
        filename: the file to write to; standard error if None.
        filemode: how the file is opened, ``"a"`` if None.
        level: what is written: messages of this level and above.

    Example:
        >>> get_logger("training", level=INFO).name
        'training'
    """
    logger = logging.getLogger(name)
    if name is None or getattr(logger, "has_format_of_mxnet", False):
        return logger
    handler: logging.Handler
    if filename:
        handler = logging.FileHandler(filename, filemode or "a")
        handler.setFormatter(_Formatter(colored=False))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(_Formatter(colored=sys.stderr.isatty()))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.has_format_of_mxnet = True  # type: ignore[attr-defined]
    return logger


def getLogger(*args: Any, **kwargs: Any) -> logging.Logger:  # noqa: N802  MXNet's name
    """Return ``get_logger(...)``. Deprecated."""
    warnings.warn("getLogger is deprecated, use get_logger", DeprecationWarning, stacklevel=2)
    return get_logger(*args, **kwargs)
