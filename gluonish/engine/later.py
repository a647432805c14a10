"""Modules, and names in them, that are imported when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["import_later"]


def import_later(module: dict[str, Any], later: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module that offers others, and names in them, without importing yet.

    Args:
        module: the module's ``globals()``.
        later: by attribute, the full name of a module, or of a module and a name in it: ``"package:name"``.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807  the function of this name in the module
        if name not in later:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}", name=name)
        where, _, inner = later[name].partition(":")
        target = importlib.import_module(where)
        found = module[name] = getattr(target, inner) if inner else target
        return found

    return __getattr__
