"""Sequences as recurrent cells take and give them: a list of steps, or one array with an axis for them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from gluonish import nd, sym
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.gluon.parameter import tensor_types
from gluonish.symbol import Symbol

__all__ = ["Steps", "operators_for"]


def operators_for(array: Any) -> ModuleType:
    """Return the namespace of operators on arrays of this kind: ``mx.nd`` or ``mx.sym``."""
    return sym if isinstance(array, Symbol) else nd


class Steps:
    """A sequence of steps. It is cut into steps, or they are stacked, where the other form is asked for.

    Args:
        form: an array of all steps, or the list of them.
        layout: the order of the axes of the one array, ``"NTC"`` or ``"TNC"``.
        length: the number of steps.
    """

    def __init__(self, form: Any, layout: str, length: int) -> None:
        self.form = form
        self.layout = layout
        self.length = length

    @classmethod
    def of(cls, owner: str, inputs: Any, length: int, layout: str) -> Steps:
        """Check what a cell is to be unrolled over.

        Args:
            owner: the cell, for messages.
            inputs: an array, or a list of the steps.
            length: how many steps there are.
            layout: where the steps and the batch are in an array.

        Raises:
            ArgumentError: the layout has no steps, or no batch.
            ArgumentTypeError: the inputs are no arrays.
            ShapeMismatchError: there are more or fewer steps.
        """
        if "T" not in layout or "N" not in layout:
            raise ArgumentError(
                owner,
                "cannot be unrolled in this layout",
                expected="one with T for the steps and N for the batch, such as 'NTC'",
                received=repr(layout),
            )
        if isinstance(inputs, (list, tuple)):
            found = len(inputs)
            sound = found > 0 and all(isinstance(each, tensor_types) for each in inputs)
            inputs = list(inputs)
        else:
            sound = isinstance(inputs, tensor_types)
            found = inputs.shape[layout.index("T")] if isinstance(inputs, NDArray) else length
        if not sound:
            raise ArgumentTypeError(
                owner,
                "cannot be unrolled over this",
                expected="an array, or a list with an array for each step",
                received=f"{type(inputs).__name__}",
            )
        if found != length:
            raise ShapeMismatchError(
                owner,
                "got another number of steps than it is to be unrolled over",
                expected=length,
                received=found,
            )
        return cls(inputs, layout, length)

    # -- the two forms --------------------------------------------------------------------------------------

    @property
    def is_list(self) -> bool:
        """Whether the sequence is a list of steps now."""
        return isinstance(self.form, list)

    @property
    def axis(self) -> int:
        """Where the steps are in the one array."""
        return self.layout.index("T")

    @property
    def F(self) -> ModuleType:  # noqa: N802  as in hybrid_forward
        """The operators that the steps are computed with."""
        return operators_for(self._any)

    @property
    def _any(self) -> Any:
        return self.form[0] if self.is_list else self.form

    def as_list(self) -> list[Any]:
        """Return the steps."""
        if self.is_list:
            return list(self.form)
        parts = self.F.split(self.form, num_outputs=self.length, axis=self.axis, squeeze_axis=True)
        return [parts] if self.length == 1 and isinstance(parts, NDArray) else list(parts)

    def as_array(self) -> Any:
        """Return the steps as one array."""
        return self.F.stack(*self.form, axis=self.axis) if self.is_list else self.form

    def given(self, merge: bool | None) -> Any:
        """Return one array if ``merge``, a list if not, and what there is if that is None."""
        if merge is None:
            return self.form
        return self.as_array() if merge else self.as_list()

    def like(self, form: Any) -> Steps:
        """Return another sequence of the same length and layout."""
        return Steps(form, self.layout, self.length)

    # -- what begins a sequence -----------------------------------------------------------------------------

    @property
    def is_symbolic(self) -> bool:
        """Whether the steps are symbols."""
        return isinstance(self._any, Symbol)

    @property
    def batch_size(self) -> int:
        """The number of sequences."""
        layout = self.layout.replace("T", "") if self.is_list else self.layout
        return int(self._any.shape[layout.index("N")])

    @property
    def context(self) -> Context:
        """Where the steps are."""
        context: Context = self._any.context
        return context

    @property
    def dtype(self) -> Any:
        """The element type of the steps."""
        return self._any.dtype

    # -- sequences of different lengths ---------------------------------------------------------------------

    def masked(self, valid_length: Any) -> Steps:
        """Return the sequence with zeros behind the end of each."""
        whole = self.F.SequenceMask(self.as_array(), valid_length, use_sequence_length=True, axis=self.axis)
        return self.like(whole)

    def last(self, valid_length: Any) -> Any:
        """Return the last step of each."""
        whole = self.F.stack(*self.as_list(), axis=0)
        return self.F.SequenceLast(whole, valid_length, use_sequence_length=True, axis=0)

    def backwards(self, valid_length: Any = None) -> Steps:
        """Return the sequence with its steps in reverse; what is behind the end of each stays there."""
        steps = self.as_list()
        if valid_length is None:
            return self.like(steps[::-1])
        F = self.F
        turned = F.SequenceReverse(F.stack(*steps, axis=0), valid_length, use_sequence_length=True)
        return Steps(turned, "T" + self.layout.replace("T", ""), self.length).relaid(self.layout)

    def relaid(self, layout: str) -> Steps:
        """Return the list of steps, to be stacked in another layout."""
        return Steps(self.as_list(), layout, self.length)
