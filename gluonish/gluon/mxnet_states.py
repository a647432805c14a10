"""Files that a Trainer of MXNet has saved: pickles of states by position, and of the optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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


def is_pickle(path: Path) -> bool:
    """Tell whether a file begins as pickles do, and not as safetensors files do: a number, then JSON."""
    with path.open("rb") as file:
        start = file.read(9)
    return start.startswith(b"\x80") and not start.endswith(b"{")


def read(path: Path, cores: Sequence[ParameterCore], optimizer: Optimizer) -> MXNetStates:
    """Read a file.

    Args:
        path: the file.
        cores: the parameters, in MXNet's order.
        optimizer: the one to take the states over; a file need not have one.

    Raises:
        FileFormatError: it is no such file, or has states of other shapes.
    """
    states, theirs = read_states(path.read_bytes())
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
                f"File {path}",
                f"has no state for parameter {core.name!r}, number {position}",
                expected=f"arrays of shape {core.known_shape()}",
                received=", ".join(map(str, shapes)),
            )
        values = _slots(state, core, theirs) if optimizer.works_on_flat_arrays else {}
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
