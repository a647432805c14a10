"""The registry of optimizers by name."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from gluonish.errors import ArgumentTypeError, UnknownNameError

if TYPE_CHECKING:
    from gluonish.optimizer.base import Optimizer

__all__ = ["REGISTRY", "create", "register"]

REGISTRY: dict[str, type[Optimizer]] = {}
"""Classes by lower-cased name; ``Optimizer.opt_registry`` is the same dictionary."""

_Class = TypeVar("_Class", bound="type[Optimizer]")


def register(klass: _Class) -> _Class:
    """Register an optimizer class under its lower-cased name, so that it can be named by a string.

    Registering the name again replaces what was there, with a warning.

    Raises:
        ArgumentTypeError: it is no class.
    """
    if not isinstance(klass, type):
        raise ArgumentTypeError("register()", "takes a class", expected="an Optimizer", received=repr(klass))
    name = klass.__name__.lower()
    before = REGISTRY.get(name)
    if before is not None and before.__qualname__ != klass.__qualname__:
        warnings.warn(f"optimizer {name!r} was {before} and becomes {klass}", stacklevel=2)
    REGISTRY[name] = klass
    return klass


def create(name: str, **kwargs: Any) -> Optimizer:
    """Return a new optimizer by its registered name, whatever its case.

    Raises:
        UnknownNameError: no optimizer of that name is registered.

    Example:
        >>> create("sgd", learning_rate=0.5).lr
        0.5
    """
    if str(name).lower() not in REGISTRY:
        raise UnknownNameError(
            f"Optimizer {name!r}", "is not registered", expected="one of " + ", ".join(sorted(REGISTRY))
        )
    return REGISTRY[name.lower()](**kwargs)
