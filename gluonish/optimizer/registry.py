"""The registry of optimizers by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gluonish.registry import Registry

if TYPE_CHECKING:
    from gluonish.optimizer.base import Optimizer

__all__ = ["OPTIMIZERS", "create", "register"]

OPTIMIZERS = Registry("optimizer")
"""``Optimizer.opt_registry`` is what it holds."""

_Class = TypeVar("_Class", bound="type[Optimizer]")


def register(klass: _Class) -> _Class:
    """Register an optimizer class under its lower-cased name, so that it can be named by a string.

    Registering the name again replaces what was there, with a warning.

    Raises:
        ArgumentTypeError: it is no subclass of Optimizer.
    """
    return OPTIMIZERS.register(klass)


def create(name: str, **kwargs: Any) -> Optimizer:
    """Return a new optimizer by its registered name, whatever its case.

    Raises:
        UnknownNameError: no optimizer of that name is registered.
        SignatureError: it does not take one of the arguments.

    Example:
        >>> create("sgd", learning_rate=0.5).lr
        0.5
    """
    optimizer: Optimizer = OPTIMIZERS.make(name, **kwargs)
    return optimizer
