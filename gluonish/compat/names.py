"""What MXNet's modules are called here, and what to say about a name that is not there."""

from __future__ import annotations

import difflib
import sys
from types import ModuleType
from typing import Any

__all__ = ["GUIDE", "advice", "from_package", "is_public", "to_gluonish", "to_mxnet"]

GUIDE = "docs/from-mxnet.md"

_PLACES = {
    "mxnet.symbol.symbol": "gluonish.symbol.symbol",
    "mxnet.symbol": "gluonish.sym",
    "mxnet.ndarray": "gluonish.nd",
    "mxnet": "gluonish",
}
"""Where a module, and what is below it, is found; longer names come first."""

_INTERNAL = frozenset(
    ("cli", "compat", "dtype", "engine", "errors", "kernels", "ops", "parameter", "serialization", "shape")
)
"""Parts of gluonish that MXNet has nothing of."""


def to_gluonish(name: str) -> str:
    """Return where gluonish has a module of MXNet.

    Example:
        >>> to_gluonish("mxnet.gluon.nn"), to_gluonish("mxnet.ndarray.linalg")
        ('gluonish.gluon.nn', 'gluonish.nd.linalg')
    """
    for theirs, ours in _PLACES.items():
        if name == theirs or name.startswith(theirs + "."):
            return ours + name.removeprefix(theirs)
    return name


def to_mxnet(name: str) -> str:
    """Return what a module of gluonish is to a program that imports MXNet.

    Example:
        >>> to_mxnet("gluonish.gluon.nn"), to_mxnet("gluonish.nd")
        ('mxnet.gluon.nn', 'mxnet.ndarray')
    """
    for theirs, ours in _PLACES.items():
        if name == ours or name.startswith(ours + "."):
            return theirs + name.removeprefix(ours)
    return name


def is_public(name: str) -> bool:
    """Tell whether a module of gluonish is one of those that an MXNet program sees."""
    parts = name.split(".")
    return parts[0] == "gluonish" and (len(parts) == 1 or parts[1] not in _INTERNAL)


def from_package(module: str, name: str) -> Any:
    """Return what the package around a module has under a name.

    MXNet kept in one file what is spread over several here: ``mxnet.gluon.block`` held HybridBlock too. So
    what a file lacks is looked for in its package.

    Args:
        module: the module of MXNet.
        name: the name.

    Raises:
        AttributeError: the package has no such name, or the module is none that is looked behind.
    """
    package = module.rpartition(".")[0]
    place = sys.modules.get(to_gluonish(package))
    if "." not in package or place is None or hasattr(sys.modules.get(to_gluonish(module)), "__path__"):
        raise AttributeError(name)
    return getattr(place, name)


def advice(name: str, module: ModuleType | None = None) -> str:
    """Return what to do about a name that is not there.

    Args:
        name: the name, without its module.
        module: where it was looked for; it may have one like it.
    """
    look = "'python -m gluonish check SCRIPT' lists all such names of a script"
    lines = [f"See {GUIDE} for what is not there; {look}."]
    if module is not None:
        similar = difflib.get_close_matches(name, dir(module), n=1, cutoff=0.75)
        lines += [f"There is {each!r}." for each in similar]
    return " ".join(lines)
