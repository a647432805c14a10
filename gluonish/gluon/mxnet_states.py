"""Files that a Trainer of MXNet has saved: pickles of states by position, and of the optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.errors import FileFormatError
from gluonish.gluon.single_updates import arrays_of
from gluonish.gluon.state_header import settings_of
from gluonish.optimizer import Optimizer
from gluonish.optimizer.base import MASTER
from gluonish.optimizer.pickled import read_states
from gluonish.parameter.core import ParameterCore
from gluonish.serialization.streams import Content

__all__ = ["MXNetStates", "is_pickle", "read"]


@attrs.frozen
class MXNetStates:
    """What such a file holds.

    Attributes:
        kind: the class of the optimizer.
        states: for each parameter, its number of updates, the arrays of its slots, and its state as it was
            pickled.
        settings: of the optimizer.
        scheduler: its scheduler, or none.
    """

    kind: str
    states: list[tuple[int, dict[str, Any], Any]]
    settings: dict[str, Any]
    scheduler: Any


STARTS = (b"\x80", b"(d", b"((d", b"}", b"(}")
"""How pickles of dictionaries, and of tuples that begin with one, begin in all protocols."""


def is_pickle(content: Content) -> bool:
    """Tell whether a file begins as pickles do, and not as safetensors files do: a number, then JSON."""
    start = bytes(content.view[:9])
    return start.startswith(STARTS) and not start.endswith(b"{")


def read(content: Content, cores: Sequence[ParameterCore], optimizer: Optimizer) -> MXNetStates:
    """Read a file.

    Args:
        content: the file's.
        cores: the parameters, in MXNet's order.
        optimizer: the one to take the states over; a file need not have one.

    Raises:
        FileFormatError: it is no such file, or has states of other shapes.
    """
    states, theirs = read_states(bytes(content.view))
    theirs = optimizer if theirs is None else theirs
    counts: dict[Any, int] = {}
    for of_device in theirs._all_index_update_counts.values():  # noqa: SLF001  MXNet's name
        counts.update(of_device)
    found = []
    for position, core in enumerate(cores):
        state, count = states.get(position), counts.get(position, theirs.begin_num_update)
        shapes = [array.shape for array in arrays_of(state)]
        if optimizer.works_on_flat_arrays and any(shape != core.known_shape() for shape in shapes):
            raise FileFormatError(
                content.name,
                f"has no state for parameter {core.name!r}, number {position}",
                expected=f"arrays of shape {core.known_shape()}",
                received=", ".join(map(str, shapes)),
            )
        try:
            values = _slots(state, core, theirs) if optimizer.works_on_flat_arrays else {}
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise FileFormatError(
                content.name,
                f"holds no state of {type(theirs).__name__} for parameter {core.name!r}, number {position}",
                received=repr(state)[:80],
            ) from error
        found.append((count - theirs.begin_num_update, values, state))
    counts_of_all = {"num_update": theirs.num_update, "begin_num_update": theirs.begin_num_update}
    settings = {**settings_of(theirs), **counts_of_all}
    return MXNetStates(type(theirs).__name__, found, settings, theirs.lr_scheduler)


def _slots(state: Any, core: ParameterCore, optimizer: Optimizer) -> dict[str, Any]:
    """Return the arrays in a state of MXNet's form, by slot."""
    if state is None:
        return {}
    master = {}
    if optimizer.uses_master(core.dtype):
        master[MASTER], state = optimizer.without_master(state)
    slots = {**master, **optimizer.unpack_state(state)}
    return {name: np.asarray(array) for name, array in slots.items()}
