"""Modules that are imported when they are first asked for as attributes of another one."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

__all__ = ["import_later"]


def import_later(module: dict[str, Any], later: Mapping[str, str]) -> Callable[[str], ModuleType]:
    """Return the ``__getattr__`` of a module that offers others without importing them yet.

    Args:
        module: the module's ``globals()``.
        later: the modules' full names, by attribute.
    """

    def __getattr__(name: str) -> ModuleType:  # noqa: N807  the function of this name in the module
        if name not in later:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}", name=name)
        found = module[name] = importlib.import_module(later[name])
        return found

    return __getattr__
