"""Choosing what fills an array by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError, UnknownNameError
from gluonish.initializer.base import Filler, create, fill_as_weight
from gluonish.serialization import load
from gluonish.shape import format_shape

__all__ = ["Load", "Mixed"]


class Load:
    """Fill arrays from saved ones, by name.

    Args:
        param: a dictionary from names to arrays, or the path of a file with one. ``arg:`` and ``aux:`` in
            front of the names are dropped.
        default_init: the initializer for names that are not there.
        verbose: print which is which.

    Raises:
        ShapeMismatchError: when used, a saved array has another shape.
        UnknownNameError: when used, a name is missing and there is no ``default_init``.
    """

    def __init__(self, param: Any, default_init: Filler | None = None, verbose: bool = False) -> None:
        if not isinstance(param, Mapping):
            param = load(param)
        if not isinstance(param, Mapping):
            raise ArgumentTypeError(
                "Load", "needs named arrays", expected="a dictionary", received=type(param)
            )
        self.param = {name.removeprefix("arg:").removeprefix("aux:"): value for name, value in param.items()}
        self.default_init = None if default_init is None else create(default_init)
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill ``arr`` with the array saved under ``name``."""
        self._load(name, arr, self.default_init)

    def fill(self, name: str, arr: NDArray) -> None:
        """Fill ``arr`` likewise; the default initializer fills it as a weight, whatever its name."""
        default = self.default_init
        self._load(name, arr, None if default is None else partial(fill_as_weight, default))

    def _load(self, name: str, arr: NDArray, default: Filler | None) -> None:
        saved = self.param.get(str(name))
        if saved is not None:
            self._write(name, arr, saved)
        elif default is not None:
            default(name, arr)
        else:
            raise UnknownNameError(
                f"Array {str(name)!r}",
                "is not among the loaded ones, and there is no default_init",
                expected="one of " + ", ".join(self.param),
            )
        if self.verbose:
            print(f"Initialized {name} {'by default' if saved is None else 'from the file'}")  # noqa: T201

    def _write(self, name: str, arr: NDArray, saved: Any) -> None:
        shape = np.shape(saved)
        if shape != arr.shape:
            raise ShapeMismatchError(
                f"Array {str(name)!r}",
                "has another shape in the loaded file",
                expected=format_shape(arr.shape),
                received=format_shape(shape),
            )
        arr.write(saved)


class Mixed:
    """Choose an initializer by a pattern on the name; the first that matches counts.

    Args:
        patterns: regular expressions, matched at the start of the name.
        initializers: one for each pattern.

    Raises:
        ArgumentError: the numbers differ; or, when used, no pattern matches.

    Example:
        >>> import gluonish as mx
        >>> init = mx.init.Mixed([".*bias", ".*"], [mx.init.Zero(), mx.init.Uniform(0.1)])
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Any]) -> None:
        if len(patterns) != len(initializers):
            raise ArgumentError(
                "Mixed",
                "needs one initializer for each pattern",
                expected=len(patterns),
                received=len(initializers),
            )
        self.map = [
            (re.compile(pattern), create(each)) for pattern, each in zip(patterns, initializers, strict=True)
        ]

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill ``arr`` by the initializer of the first pattern that matches ``name``."""
        self._chosen(name)(name, arr)

    def fill(self, name: str, arr: NDArray) -> None:
        """Fill ``arr`` likewise, as a weight whatever its name: what Gluon's parameters ask for."""
        fill_as_weight(self._chosen(name), name, arr)

    def _chosen(self, name: str) -> Any:
        for pattern, initializer in self.map:
            if pattern.match(name):
                return initializer
        raise ArgumentError(
            f"Array {str(name)!r}",
            "matches no pattern of Mixed",
            expected="one of " + ", ".join(repr(pattern.pattern) for pattern, _ in self.map),
            fix='Add a last pattern ".*" with a default initializer.',
        )
