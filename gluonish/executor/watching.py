"""Telling a callback of what an executor computes, under the names that MXNet has for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import array_of
from gluonish.engine.stored import Rows

if TYPE_CHECKING:
    from gluonish.engine.tape import Node as Recorded
    from gluonish.symbol.node import Node

__all__ = ["Callback", "Watch"]

Callback: TypeAlias = Callable[[str, NDArray], None]


@attrs.frozen
class _Like:
    """What is remembered of an input: enough to make a gradient of zeros for it."""

    shape: tuple[int, ...]
    dtype: Any
    ctx: Context

    @classmethod
    def of(cls, array: NDArray) -> _Like:
        """Return what is remembered of an array."""
        return cls(array.shape, array.dtype, array.context)

    def gradient(self, raw: Any) -> NDArray:
        """Return a gradient of the backward pass as an array; zeros if the pass has none."""
        if raw is None:
            return nd.zeros(self.shape, ctx=self.ctx, dtype=self.dtype)
        return array_of(raw, self.ctx) if type(raw) is Rows else NDArray(raw, self.ctx)


class Watch:
    """What a program calls with each operator that has run, and a backward pass with each it went through.

    Args:
        callback: gets names and arrays.
        of_inputs: whether it gets inputs too; variables among them first under their own names.
    """

    def __init__(self, callback: Callback, of_inputs: bool) -> None:
        self._callback = callback
        self._of_inputs = of_inputs
        self._recorded: dict[Recorded, tuple[str, list[_Like | None]]] = {}

    def __call__(self, node: Node, inputs: list[Any], outputs: list[Any]) -> None:
        """Tell of an operator that has run."""
        assert node.op is not None
        if self._of_inputs:
            self._tell_inputs(node, inputs)
        for i, array in enumerate(outputs):
            self._callback(node.output_name(i), array.detach())
        recorded = outputs[0]._node if outputs else None  # noqa: SLF001  the step on the tape
        if recorded is not None:
            states = node.op.aux
            self._recorded[recorded] = (
                node.name,
                [None if x is None or i in states else _Like.of(x) for i, x in enumerate(inputs)],
            )

    def _tell_inputs(self, node: Node, inputs: list[NDArray | None]) -> None:
        assert node.op is not None
        names = node.op.names_of_inputs([x is not None for x in inputs])
        arrays = [x for x in inputs if x is not None]
        for (child, _), name, array in zip(node.inputs, names, arrays, strict=False):
            if child.op is None:
                self._callback(child.name, array.detach())
            self._callback(f"{node.name}_{name}", array.detach())

    def gradients(self, recorded: Recorded, values: Sequence[Any]) -> None:
        """Tell of the gradients of an operator's inputs: ``fc_backward_output0`` and so on.

        Every input but states has one, as in MXNet; it is zero where the pass needs none.
        """
        if recorded not in self._recorded:
            return
        name, inputs = self._recorded[recorded]
        pairs = [(like, raw) for like, raw in zip(inputs, values, strict=False) if like is not None]
        for i, (like, raw) in enumerate(pairs):
            number = i if len(pairs) > 1 else ""
            self._callback(f"{name}_backward_output{number}", like.gradient(raw))
