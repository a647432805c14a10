"""Tests of the operators."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from gluonish.engine.operator import declare_all


def all_cases() -> list[Any]:
    """Return the cases of all ``cases_*`` modules beside this file."""
    declare_all()
    found = []
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("cases_"):
            found.extend(importlib.import_module(f"ops.{module.name}").CASES)
    return found
