"""Facts about the arrays of one operator call, stated by its shape and dtype rules.

A rule reads what is known and states what follows from it, in either direction::

    @fully_connected.shape
    def fully_connected_shape(s, num_hidden):
        rows = s["data"]
        s["weight"] = (num_hidden, None if rows is None else rows[-1])   # from data to weight
        ...

Stating a fact merges it with what is known already. A contradiction is an error that names the operator and
the argument. Rules are run until they say nothing new, so their order of statements does not matter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gluonish.dtype import dtype_name
from gluonish.errors import DTypeError, ShapeMismatchError
from gluonish.shape import GIVEN, RESULTING, PartialShape, format_shape, merge_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gluonish.engine.signature import Rule

__all__ = ["DTypeFacts", "Facts", "ShapeFacts"]


class Facts:
    """Facts by argument name or position; outputs are named too (``"output"`` where there is one).

    Args:
        owner: the operator's name, for messages.
        names: the names of the inputs, then of the outputs.
        values: what is known of each, None for nothing.
        n_inputs: how many of them are inputs.
    """

    __slots__ = ("changed", "n_inputs", "names", "owner", "values")

    def __init__(self, owner: str, names: Sequence[str], values: list[Any], n_inputs: int) -> None:
        self.owner = owner
        self.names = tuple(names)
        self.values = values
        self.n_inputs = n_inputs
        self.changed = False

    def settle(self, rule: Rule, params: Mapping[str, Any]) -> None:
        """Run a rule with what it asked for, until it says nothing new."""
        arguments = {name: params if name == "params" else params[name] for name in rule.wants}
        self.changed = True
        while self.changed:
            self.changed = False
            rule.function(self, **arguments)

    def _position(self, key: str | int) -> int:
        return key if isinstance(key, int) else self.names.index(key)

    def __contains__(self, name: str) -> bool:
        """Tell whether an optional input is there."""
        return name in self.names

    def __getitem__(self, key: str | int) -> Any:
        return self.values[self._position(key)]

    def __setitem__(self, key: str | int, value: Any) -> None:
        if value is None:
            return
        position = self._position(key)
        before = self.values[position]
        after = self._merge(position, before, value)
        if before is None or after != before:  # to NumPy, None equals the dtype float64
            self.values[position] = after
            self.changed = True

    def _merge(self, position: int, before: Any, value: Any) -> Any:
        raise NotImplementedError

    @property
    def inputs(self) -> list[Any]:
        """What is known of the inputs, in order."""
        return self.values[: self.n_inputs]

    @property
    def outputs(self) -> list[Any]:
        """What is known of the outputs, in order."""
        return self.values[self.n_inputs :]

    def same(self, *keys: str | int) -> None:
        """State that these arguments have one value."""
        for first, second in pairwise(keys):
            self[second] = self[first]
        for second, first in pairwise(reversed(keys)):
            self[first] = self[second]


class ShapeFacts(Facts):
    """Partial shapes."""

    def _merge(self, position: int, before: PartialShape, value: Any) -> PartialShape:
        is_input = position < self.n_inputs
        owner = (
            f"Operator {self.owner!r}: its {'argument' if is_input else 'result'} {self.names[position]!r}"
        )
        try:
            return merge_shapes(before, tuple(value), owner=owner, wording=GIVEN if is_input else RESULTING)
        except ShapeMismatchError as error:
            error.position = position
            raise

    def fail(self, problem: str, *, expected: object = None, fix: str | None = None) -> None:
        """Raise a ShapeMismatchError about the whole call.

        Raises:
            ShapeMismatchError: always.
        """
        pairs = zip(self.names, self.inputs, strict=False)
        received = ", ".join(f"{name} {format_shape(shape)}" for name, shape in pairs)
        raise ShapeMismatchError(
            f"Operator {self.owner!r}", problem, expected=expected, received=received, fix=fix
        )


class DTypeFacts(Facts):
    """Element types, each None or a NumPy dtype."""

    def _merge(self, position: int, before: Any, value: Any) -> Any:
        if before is None or before == value:
            return value
        raise DTypeError(
            f"Operator {self.owner!r}",
            f"got arrays of different dtypes: its argument {self.names[position]!r} does not fit",
            expected=dtype_name(value),
            received=dtype_name(before),
            fix="Convert one of them with astype(); gluonish, like MXNet, does not promote.",
        )
