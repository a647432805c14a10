"""The gradients of outputs that a backward pass starts from."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, GradientError, UnknownNameError
from gluonish.symbol import Symbol
from gluonish.symbol.node import Node

__all__ = ["head_gradients"]


def head_gradients(symbol: Symbol, given: Any, wanted: AbstractSet[str]) -> list[NDArray | None]:
    """Return a gradient per output; None for a loss that has none.

    Args:
        symbol: the symbol.
        given: gradients: a list, a dictionary by the names of outputs, an array for the first one, or None.
        wanted: the names of variables whose gradients are computed.

    Raises:
        GradientError: one that is needed is missing.
        ArgumentTypeError: one is no array.
        UnknownNameError: a dictionary lacks one.
    """
    names = symbol.list_outputs()
    if isinstance(given, Mapping):
        missing = [name for name in names if name not in given]
        if missing:
            raise UnknownNameError(f"Output {missing[0]!r}", "has no gradient among those given")
        given = [given[name] for name in names]
    arrays = [given] if isinstance(given, NDArray) else list(given or [])
    for each in arrays:
        if not isinstance(each, NDArray):
            raise ArgumentTypeError(
                "A gradient of an output", "is no array", expected="an NDArray", received=type(each).__name__
            )
    for i in range(len(arrays), len(names)):
        if _reaches(symbol.outputs[i][0], wanted):
            raise GradientError(
                f"Output {names[i]!r}",
                "is no loss, so its gradient is needed",
                fix="Pass out_grads, or put make_loss() around it.",
            )
    return [*arrays, *[None] * len(names)][: len(names)]


def _reaches(head: Node, wanted: AbstractSet[str]) -> bool:
    """Tell whether a gradient would flow from a node to one of these variables: no loss is in between."""
    pending, seen = [head], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.op is None:
            if node.name in wanted:
                return True
        elif node.op.wants_head_gradient:
            pending.extend(child for i, (child, _) in enumerate(node.inputs) if i not in node.op.aux)
    return False
