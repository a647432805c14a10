"""The table that ``Block.summary`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from gluonish import autograd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.gluon.block import Block
from gluonish.gluon.tables import Table, element_count, known_elements
from gluonish.shape import is_known

__all__ = ["summarize"]


def summarize(block: Block, inputs: tuple[Any, ...]) -> Table:
    """Return a table of the layers below a block, from one forward pass as for prediction.

    Without inputs nothing is run, and the shapes of outputs are left out.

    Raises:
        NotInitializedError: there are inputs, and a parameter was never initialised.
        ArgumentError: there are inputs, and a block is hybridized: those inside a graph are not called.
    """
    rows: list[tuple[str, str, str]] = []
    counted: set[int] = set()

    def record(each: Block, _: Any, output: Any) -> None:
        own = {id(p): p.core for _, p in each.own_parameters() if id(p) not in counted}
        counted.update(own)
        rows.append((f"{type(each).__name__} {each.name}", _shapes(output), element_count(own.values())))

    layers: dict[int, Block] = {}
    block.apply(lambda each: layers.setdefault(id(each), each))
    if inputs:
        _check_called(layers.values())
        for _, parameter in block.parameters_by_path():
            parameter.core.contexts()  # an error where there are none
        rows.append(("Input", _shapes(inputs), ""))
        with ExitStack() as hooks, autograd.pause():
            for each in layers.values():
                hooks.enter_context(each.register_forward_hook(record))
            block(*inputs)
    else:
        for each in layers.values():
            record(each, None, "-")
    return Table(("Layer", "Output shape", "Parameters"), rows, right=(2,), notes=_totals(block))


def _check_called(blocks: Iterable[Block]) -> None:
    for block in blocks:
        if block.is_hybridized:
            raise ArgumentError(
                f"{type(block).__name__} {block.name!r}",
                "must not be hybridized for a summary of what layers return",
                fix="Call hybridize(False) before, or summary() without inputs.",
            )


def _shapes(value: Any) -> str:
    if isinstance(value, NDArray):
        return str(value.shape)
    if isinstance(value, (list, tuple)):
        shapes = [_shapes(each) for each in value]
        return shapes[0] if len(shapes) == 1 else "[" + ", ".join(shapes) + "]"
    return str(value)


def _totals(block: Block) -> list[str]:
    """Count parameters, those that are used in several places once."""
    uses = [parameter.core for _, parameter in block.parameters_by_path()]
    unique = list(dict.fromkeys(uses))
    total = known_elements(unique)
    trained = known_elements(core for core in unique if core.wants_grad)
    pending = sum(not is_known(core.shape) for core in unique)
    lines = [
        f"Parameters: {total:,} in {len(unique)} arrays",
        f"  trainable: {trained:,}",
        f"  not trainable: {total - trained:,}",
    ]
    if pending:
        lines.append(f"  arrays of unknown shape, not counted: {pending}")
    if len(uses) > len(unique):
        lines.append(f"  shared by several layers: {len(uses) - len(unique)} uses beyond the first")
    return lines
