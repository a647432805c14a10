"""Telling a callback of what an executor computes, under the names that MXNet has for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from gluonish.engine.ndarray import NDArray

if TYPE_CHECKING:
    from gluonish.symbol.node import Node

__all__ = ["Callback", "watcher_of"]

Callback: TypeAlias = Callable[[str, NDArray], None]


def watcher_of(callback: Callback, of_inputs: bool) -> Callable[[Node, list[Any], list[Any]], None]:
    """Return what a program calls with each operator that has run.

    Args:
        callback: gets names and arrays.
        of_inputs: whether it gets inputs too; variables among them first under their own names.
    """

    def watch(node: Node, inputs: list[Any], outputs: list[Any]) -> None:
        if of_inputs:
            _tell_inputs(callback, node, inputs)
        for i, array in enumerate(outputs):
            callback(node.output_name(i), array.detach())

    return watch


def _tell_inputs(callback: Callback, node: Node, inputs: list[NDArray | None]) -> None:
    assert node.op is not None
    names = node.op.names_of_inputs([x is not None for x in inputs])
    arrays = [x for x in inputs if x is not None]
    for (child, _), name, array in zip(node.inputs, names, arrays, strict=False):
        if child.op is None:
            callback(child.name, array.detach())
        callback(f"{node.name}_{name}", array.detach())
