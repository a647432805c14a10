"""What cells that programs wrote for themselves import from ``mxnet.gluon.rnn.rnn_cell``, by those names.

Cells here use ``Steps`` and ``RecurrentCell.first_states`` instead; these are views on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from gluonish import sym
from gluonish.gluon.rnn.steps import Steps

__all__ = ["cells_begin_state", "cells_state_info", "format_sequence", "get_begin_state", "mask_sequence"]


def format_sequence(
    length: int | None, inputs: Any, layout: str, merge: bool | None, in_layout: str | None = None
) -> tuple[Any, int, ModuleType, int]:
    """Bring a sequence into another form.

    Args:
        length: the number of steps; None if a list says it.
        inputs: an array of all steps, or a list of them.
        layout: the layout of the result.
        merge: whether the result is one array or a list; None for what ``inputs`` is.
        in_layout: the layout of ``inputs``; the same if None.

    Returns:
        The sequence, the axis of steps in ``layout``, the namespace of its operators, and the number of
        sequences, which is 0 for symbols.

    Raises:
        ShapeMismatchError: there are more or fewer steps than ``length``.
    """
    axis = layout.index("T")
    if length is None:
        length = (
            len(inputs)
            if isinstance(inputs, (list, tuple))
            else inputs.shape[(in_layout or layout).index("T")]
        )
    steps = Steps.of("unroll()", inputs, length, in_layout or layout)
    size = 0 if steps.is_symbolic else steps.batch_size
    if not steps.is_list and steps.axis != axis:
        moved = steps.F.swapaxes(steps.form, dim1=steps.axis, dim2=axis)
        steps = Steps(moved, layout, length)
    elif steps.is_list:
        steps = steps.relaid(layout)
    return steps.given(merge), axis, steps.F, size


def get_begin_state(cell: Any, F: ModuleType, begin_state: Any, inputs: Any, batch_size: int) -> Any:
    """Return the states that a sequence begins with: the given ones, or zeros where the inputs are."""
    if begin_state is not None:
        return begin_state
    if F is sym:
        return cell.begin_state(func=F.zeros, batch_size=0)
    with (inputs[0] if isinstance(inputs, (list, tuple)) else inputs).context:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)


def mask_sequence(
    F: ModuleType, data: Any, length: int, valid_length: Any, time_axis: int, merge: bool
) -> Any:
    """Return a sequence with zeros behind the end of each, as one array or as a list.

    Args:
        F: the namespace of operators.
        data: an array of all steps, or a list of them.
        length: the number of steps.
        valid_length: the length of each sequence.
        time_axis: the axis of steps in an array.
        merge: whether the result is one array.
    """
    whole = F.stack(*data, axis=time_axis) if isinstance(data, (list, tuple)) else data
    masked = F.SequenceMask(whole, valid_length, use_sequence_length=True, axis=time_axis)
    layout = "TNC" if time_axis == 0 else "NTC"
    return Steps(masked, layout, length).given(merge)


def cells_state_info(cells: Sequence[Any], batch_size: int) -> list[Any]:
    """Return the descriptions of the states of several cells."""
    return [info for cell in cells for info in cell.state_info(batch_size)]


def cells_begin_state(cells: Sequence[Any], **kwargs: Any) -> list[Any]:
    """Return the first states of several cells; arguments as of ``RecurrentCell.begin_state``."""
    return [state for cell in cells for state in cell.begin_state(**kwargs)]
