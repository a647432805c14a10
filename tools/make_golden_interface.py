"""Write tests/compat/goldens/interface.json with Apache MXNet: ``python make_golden_interface.py FILE``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of
gluonish. The file says which functions and classes MXNet's modules have, and what arguments they take, in
which order, with which defaults. The file is kept in the repository; this is how to make it again.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODULES = (
    "attribute",
    "autograd",
    "callback",
    "context",
    "engine",
    "gluon",
    "gluon.contrib.nn",
    "gluon.contrib.rnn",
    "gluon.data",
    "gluon.data.vision",
    "gluon.data.vision.transforms",
    "gluon.loss",
    "gluon.model_zoo.vision",
    "gluon.nn",
    "gluon.rnn",
    "gluon.utils",
    "initializer",
    "io",
    "kvstore",
    "log",
    "lr_scheduler",
    "metric",
    "model",
    "module",
    "monitor",
    "name",
    "operator",
    "optimizer",
    "profiler",
    "random",
    "registry",
    "rnn",
    "runtime",
    "test_utils",
    "util",
    "visualization",
)

IMPLEMENTED_BY_LAYERS = ("forward", "hybrid_forward")
"""Methods that every layer defines and nobody calls."""


def is_plain(value: Any) -> bool:
    """Tell whether a default can be written down: a number, a string that is no path, or a tuple of these."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    if isinstance(value, str):
        return not Path(value).is_absolute()
    return value is None or isinstance(value, (int, float))


def arguments(function: Any) -> list[str]:
    """Return the arguments of a function, each with its default, ``...`` for one that cannot be written."""
    found = []
    for each in inspect.signature(function).parameters.values():
        if each.name == "self":
            continue
        stars = "*" if each.kind is each.VAR_POSITIONAL else "**" if each.kind is each.VAR_KEYWORD else ""
        default = "" if each.default is each.empty else f"={each.default!r}"
        found.append(stars + each.name + (default if is_plain(each.default) or not default else "=..."))
    return found


def members(module: Any, family: str) -> Iterator[tuple[str, Any]]:
    """Yield the functions, classes and methods of a module that are of its family, by name."""
    for name, value in sorted(vars(module).items()):
        of_family = (getattr(value, "__module__", None) or "").startswith(family)
        if name.startswith("_") or not of_family:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            yield name, value.__init__ if inspect.isfunction(value.__init__) else lambda: None
            for each, method in sorted(vars(value).items()):
                shown = not each.startswith("_") and each not in IMPLEMENTED_BY_LAYERS
                if shown and inspect.isfunction(method):
                    yield f"{name}.{each}", method


def main() -> None:
    """Ask MXNet, and write what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    target = parser.parse_args().file
    interface = {}
    for name in MODULES:
        module = importlib.import_module(f"mxnet.{name}")
        family = "mxnet.ndarray.random" if name == "random" else f"mxnet.{name}"
        interface[f"mxnet.{name}"] = {each: arguments(function) for each, function in members(module, family)}
    lines = [
        f'  "{module}": {{\n'
        + ",\n".join(f"    {json.dumps(name)}: {json.dumps(each)}" for name, each in names.items())
        + "\n  }"
        for module, names in interface.items()
    ]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
