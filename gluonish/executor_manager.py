"""``mx.executor_manager``: names that programs from before ``mx.mod`` import."""

from __future__ import annotations

from gluonish.errors import DuplicateNameError
from gluonish.module.executor_group import split_slices
from gluonish.symbol import Symbol

__all__ = ["split_slices"]

_split_input_slice = split_slices


def _check_arguments(symbol: Symbol) -> None:
    """Refuse a symbol with two arguments, or two states, of one name.

    Raises:
        DuplicateNameError: there are some.
    """
    for what, names in (
        ("argument", symbol.list_arguments()),
        ("state", symbol.list_auxiliary_states()),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DuplicateNameError(
                f"A symbol with the {what}s {', '.join(names)}",
                f"has one {what} name twice",
                received=", ".join(twice),
                fix="Give the variables names of their own.",
            )
