"""What a file of trainer states says besides its arrays: plain values that JSON can hold."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.errors import FileFormatError

__all__ = ["Declared", "Header", "ParameterEntry", "apply_settings", "settings_of"]

OF_THE_PROGRAM = ("rescale_grad", "multi_precision", "aggregate_num", "allow_np_array", "sym_info")
"""Settings of an optimizer that are not taken from a file: the step sets them, or they shape the states."""

SCALARS = (bool, int, float, str, type(None))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _count(value: Any) -> int:
    found = operator.index(value)
    if not 0 <= found < 2**63:
        raise ValueError(f"{value!r:.40} is no count")
    return found


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(_count(size) for size in value)


def _multiplier(value: Any) -> float | None:
    return None if value is None else float(value)


def _settings(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} is no object")
    return value


def _parsed(value: Any) -> ParameterEntry:
    return value if isinstance(value, ParameterEntry) else ParameterEntry(**value)


def _parsed_entries(values: Any) -> list[ParameterEntry]:
    return [_parsed(value) for value in values]


def _parsed_declared(value: Any) -> Declared | None:
    return Declared(**value) if isinstance(value, dict) else value


@attrs.frozen
class Declared:
    """What a program has declared about a parameter.

    Attributes:
        lr_mult: its factor on the learning rate; None if that is a function, which no file can hold.
        wd_mult: its factor on the weight decay, likewise.
        grad_req: how its gradients are kept.
        thaws_to: what that will be when it is thawed; None if it is not frozen.
    """

    lr_mult: float | None = attrs.field(converter=_multiplier)
    wd_mult: float | None = attrs.field(converter=_multiplier)
    grad_req: str = attrs.field(converter=_text, validator=attrs.validators.in_(("write", "add", "null")))
    thaws_to: str | None = attrs.field(
        default=None,
        converter=_optional_text,
        validator=attrs.validators.optional(attrs.validators.in_(("write", "add"))),
    )


@attrs.frozen
class ParameterEntry:
    """What a file says about one parameter.

    Attributes:
        name: its name.
        shape: its shape.
        count: how often it was updated.
        path: where it was in its block, or None.
        dtype: its element type; None in files of version 1.
        form: for an optimizer that works on one parameter at a time, the form of its state.
        declared: what the program declared, if that was saved.
    """

    name: str = attrs.field(converter=_text)
    shape: tuple[int, ...] = attrs.field(converter=_shape)
    count: int = attrs.field(converter=_count)
    path: str | None = attrs.field(default=None, converter=_optional_text)
    dtype: str | None = attrs.field(default=None, converter=_optional_text)
    form: Any = None
    declared: Declared | None = attrs.field(default=None, converter=_parsed_declared)


@attrs.frozen
class Header:
    """What a file says about the whole.

    Attributes:
        optimizer: the class of the optimizer.
        num_update: its number of updates.
        begin_num_update: the number it began with.
        settings: its numbers and names.
        scheduler: those of its scheduler.
        scheduler_kind: the class of its scheduler; None if it has none.
        parameters: an entry for each parameter, by position.
        random: the state of the random streams, if it was saved.
    """

    optimizer: str = attrs.field(converter=_text)
    num_update: int = attrs.field(converter=_count)
    begin_num_update: int = attrs.field(converter=_count)
    settings: dict[str, Any] = attrs.field(converter=_settings)
    scheduler: dict[str, Any] = attrs.field(converter=_settings)
    scheduler_kind: str | None = attrs.field(converter=_optional_text)
    parameters: list[ParameterEntry] = attrs.field(converter=_parsed_entries)
    random: Any = None

    @classmethod
    def of(cls, found: Any, subject: str) -> Header:
        """Return what a file says.

        Args:
            found: what its JSON holds.
            subject: what messages call the file.

        Raises:
            FileFormatError: it is something else.
        """
        try:
            return cls(**found)
        except (TypeError, ValueError, OverflowError) as error:
            raise FileFormatError(
                subject, f"has a damaged header: {error}", expected="what save_states() writes"
            ) from error


# -- settings -----------------------------------------------------------------------------------------------


def settings_of(owner: Any) -> dict[str, Any]:
    """Return the numbers and names that an optimizer or a scheduler works with, and lists of such."""
    kept = {} if owner is None or not hasattr(owner, "__dict__") else vars(owner)
    plain = {name: _plain(value) for name, value in kept.items() if name not in OF_THE_PROGRAM}
    return {name: value for name, value in plain.items() if isinstance(value, (*SCALARS, list))}


def _plain(value: Any) -> Any:
    """Return what JSON has for a number, a name, or a list of them; anything else is an object()."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple)):
        members = [_plain(each) for each in value]
        return members if all(isinstance(each, SCALARS) for each in members) else object()
    return value if isinstance(value, SCALARS) else object()


def apply_settings(owner: Any, settings: dict[str, Any]) -> list[str]:
    """Give an optimizer or a scheduler the settings of a file, as far as it has such settings.

    Returns:
        The names of those that it does not have, or has as something else.
    """
    own = vars(owner)
    fitting = {name: value for name, value in settings.items() if name in own and _alike(own[name], value)}
    for name, value in fitting.items():
        own[name] = tuple(value) if isinstance(own[name], tuple) else value
    return [name for name in settings if name not in fitting]


def _alike(present: Any, value: Any) -> bool:
    """Tell whether a value may take the place of another one: numbers of numbers, names of names."""
    present = _plain(present)
    kinds: Sequence[Any] = (int, float), (str,), (list,)
    return any(
        isinstance(value, (*kind, type(None))) and isinstance(present, (*kind, type(None))) for kind in kinds
    )
