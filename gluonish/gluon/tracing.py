"""Tracing: calling a block with symbols, so that what it computes becomes a graph."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from gluonish import sym
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.gluon.structure import Format, flatten, leaves_of
from gluonish.parameter.core import ParameterCore
from gluonish.shape import PartialShape
from gluonish.symbol import Symbol
from gluonish.symbol.infer import infer_shapes
from gluonish.symbol.node import Entry, Node

if TYPE_CHECKING:
    from gluonish.gluon.block import Block

__all__ = ["Trace", "is_tracing", "trace"]


class _Tracing(threading.local):
    """Whether this thread is tracing a block."""

    active: bool = False


_TRACING = _Tracing()


def is_tracing() -> bool:
    """Tell whether this thread is tracing a block, so that hooks have to be silent."""
    return _TRACING.active


@attrs.frozen(eq=False)
class Trace:
    """What a call of a block with symbols gave.

    Attributes:
        inputs: the variables that stood for the arrays, in their order.
        in_format: the structure of the arguments.
        outputs: the outputs, in the order of the leaves of what the block returned; None for a None.
        out_format: the structure of what it returned.
        parameters: the parameters of the block and its children, by the nodes that stand for them.
    """

    inputs: tuple[Node, ...]
    in_format: Format
    outputs: tuple[Entry, ...]
    out_format: Format
    parameters: dict[Node, Any]

    @property
    def symbol(self) -> Symbol:
        """The symbol of all outputs."""
        return Symbol(self.outputs)

    def shapes(self, arrays: Sequence[NDArray]) -> dict[ParameterCore, PartialShape]:
        """Return the shapes of the parameters in the graph, as far as they follow from those of inputs.

        Raises:
            ShapeMismatchError: they contradict each other.
        """
        inputs = dict(zip(self.inputs, arrays, strict=True))

        def known(node: Node) -> PartialShape:
            if node in inputs:
                return inputs[node].shape
            return self.parameters[node].core.shape if node in self.parameters else None

        table = infer_shapes(self.symbol, known)
        return {p.core: table[id(node)][0] for node, p in self.parameters.items() if id(node) in table}


def trace(block: Block, args: Sequence[Any], *, strict: bool = True) -> Trace:
    """Call a block with symbols in the places of arrays. Its hooks, and those below it, are silent.

    Args:
        block: the block.
        args: what it is called with: arrays, None, and nested lists of them.
        strict: whether other arguments are an error; otherwise they are passed on.

    Raises:
        SymbolValueError, ArgumentTypeError: the block asks of a symbol what only an array has.
    """
    variables: list[Symbol] = []
    count = sum(isinstance(leaf, NDArray) for leaf in leaves_of(args))

    def stand_in(value: Any) -> Any:
        if isinstance(value, NDArray):
            variables.append(sym.var("data" if count == 1 else f"data{len(variables)}"))
            return variables[-1]
        if isinstance(value, (list, tuple)):
            inner = [stand_in(each) for each in value]
            return inner if isinstance(value, list) else tuple(inner)
        return value

    in_format = flatten(list(args), "input")[1] if strict else []
    before, _TRACING.active = _TRACING.active, True
    try:
        output = block.forward(*[stand_in(arg) for arg in args])
    finally:
        _TRACING.active = before
    leaves, out_format = flatten(output, "output")
    return Trace(
        inputs=tuple(variable.outputs[0][0] for variable in variables),
        in_format=in_format,
        outputs=tuple(entry for leaf in leaves if leaf is not None for entry in _entries(leaf, block)),
        out_format=out_format,
        parameters={p.symbol().outputs[0][0]: p for _, p in block.parameters_by_path()},
    )


def _entries(leaf: Any, block: Block) -> tuple[Entry, ...]:
    """Return the outputs of a symbol that a block returned.

    Raises:
        ArgumentTypeError: it is an array.
    """
    if isinstance(leaf, Symbol):
        return leaf.outputs
    raise ArgumentTypeError(
        f"{type(block).__name__} {block.name!r}",
        "returned an array when it was called with symbols",
        expected="symbols",
        fix="Make constants parameters of the block, or make them by functions of F.",
    )
