"""``mx.visualization``: a symbol as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gluonish.engine.operator import Operator
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.shape import shape_size
from gluonish.symbol import Symbol
from gluonish.symbol.node import Node

__all__ = ["print_summary"]

Shapes = dict[str, tuple[int, ...]]

HEADER = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, Sequence[int]] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a table of the operators of a symbol: outputs, parameters, and where the inputs come from.

    Args:
        symbol: the symbol.
        shape: shapes of inputs, by name. Without it, shapes and numbers of parameters are left out.
        line_length: the width of the table, in characters.
        positions: where the columns end, in characters, or as parts of the width.

    Raises:
        ArgumentTypeError: not a symbol.
        ArgumentError: the shapes do not determine all others.

    Example:
        >>> import gluonish as mx
        >>> y = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3, name="fc")
        >>> print_summary(y, {"x": (2, 4)}, line_length=60)
        ____________________________________________________________
        Layer (type)              Output ShapeParam Previous Layer
        ============================================================
        x(null)                   4           0
        ____________________________________________________________
        fc(FullyConnected)        3           15    x
        ============================================================
        Total params: 15
        ____________________________________________________________
    """
    if not isinstance(symbol, Symbol):
        raise ArgumentTypeError(
            "print_summary()", "prints symbols", expected="a Symbol", received=type(symbol).__name__
        )
    ends = [int(end * line_length) if positions[-1] <= 1 else int(end) for end in positions]
    print("\n".join(_table(symbol, shape, line_length, ends)))  # noqa: T201  that is what it is for


def _table(
    symbol: Symbol, shape: Mapping[str, Sequence[int]] | None, width: int, ends: Sequence[int]
) -> list[str]:
    shapes = None if shape is None else _all_shapes(symbol, shape)
    data = _data(symbol, shape)
    light, heavy = "_" * width, "=" * width
    lines = [light, _line(HEADER, ends), heavy]
    total = 0
    for node in symbol.nodes():
        if node.op is None and node.name not in data:
            continue
        count = _parameters(node, data, shapes)
        total += count or 0
        first, *others = _previous(node, data) or [""]
        kind = "null" if node.op is None else node.op.name
        cells = (
            f"{node.name}({kind})",
            _output_shape(node, shapes),
            "" if count is None else str(count),
            first,
        )
        lines += [_line(cells, ends), *(_line(("", "", "", each), ends) for each in others), light]
    return [*lines[:-1], heavy, f"Total params: {total}", light]


def _line(cells: Sequence[str], ends: Sequence[int]) -> str:
    text = ""
    for cell, end in zip(cells, ends, strict=True):
        text = f"{text}{cell}"[:end].ljust(end)
    return text.rstrip()


def _data(symbol: Symbol, shape: Mapping[str, Any] | None) -> set[str]:
    """Return the names of the variables that are data: those with given shapes, or the first one."""
    return set(shape) if shape else set(symbol.list_arguments()[:1])


def _all_shapes(symbol: Symbol, shape: Mapping[str, Sequence[int]]) -> Shapes:
    """Return the shapes of all variables and of all outputs of operators, by name."""
    internals = symbol.get_internals()
    arguments, outputs, _ = internals.infer_shape(**{name: tuple(each) for name, each in shape.items()})
    if arguments is None:
        raise ArgumentError(
            "print_summary()",
            "cannot work out all shapes from those that are given",
            expected="shapes of all inputs among " + ", ".join(symbol.list_arguments()),
            received=str(dict(shape)),
        )
    return dict(zip(internals.list_outputs(), outputs, strict=True))


def _output_shape(node: Node, shapes: Shapes | None) -> str:
    """Return the shape of the first output, without the axis of examples."""
    return "" if shapes is None else "x".join(map(str, shapes[node.output_name(0)][1:]))


def _parameters(node: Node, data: set[str], shapes: Shapes | None) -> int | None:
    """Return how many numbers are learned in an operator; None if that is not known."""
    if node.op is None:
        return 0
    owned = [
        child.name
        for position, (child, _) in enumerate(node.inputs)
        if child.op is None and child.name not in data and _is_learned(node.op, position)
    ]
    if shapes is None:
        return None if owned else 0
    return sum(shape_size(shapes[name]) for name in owned)


def _is_learned(op: Operator, position: int) -> bool:
    """Tell whether an input is something to learn: no state of the operator and no label."""
    return position not in op.aux and op.input_names[position : position + 1] != ("label",)


def _previous(node: Node, data: set[str]) -> list[str]:
    """Return the names of the nodes whose outputs it takes, parameters left out."""
    return [child.name for child, _ in node.inputs if child.op is not None or child.name in data]
