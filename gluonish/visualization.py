"""``mx.visualization``: a symbol as a table, and as a drawing."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish.engine.operator import Operator
from gluonish.errors import ArgumentError, ArgumentTypeError, NotInstalledError
from gluonish.shape import shape_size
from gluonish.symbol import Symbol
from gluonish.symbol.node import Node

__all__ = ["plot_network", "print_summary"]

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
    _require_symbol(symbol, "print_summary()", "prints")
    ends = [int(end * line_length) if positions[-1] <= 1 else int(end) for end in positions]
    print("\n".join(_table(symbol, shape, line_length, ends)))  # noqa: T201  that is what it is for


def _table(
    symbol: Symbol, shape: Mapping[str, Sequence[int]] | None, width: int, ends: Sequence[int]
) -> list[str]:
    shapes = None if shape is None else _all_shapes(symbol, shape, "print_summary()")
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


def _require_symbol(symbol: Any, owner: str, does: str) -> None:
    if not isinstance(symbol, Symbol):
        raise ArgumentTypeError(owner, f"{does} symbols", expected="a Symbol", received=type(symbol).__name__)


def _all_shapes(symbol: Symbol, shape: Mapping[str, Sequence[int]], owner: str) -> Shapes:
    """Return the shapes of all variables and of all outputs of operators, by name."""
    internals = symbol.get_internals()
    arguments, outputs, _ = internals.infer_shape(**{name: tuple(each) for name, each in shape.items()})
    if arguments is None:
        raise ArgumentError(
            owner,
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


# -- drawings -----------------------------------------------------------------------------------------

PARAMETERS = (
    "_weight",
    "_bias",
    "_beta",
    "_gamma",
    "_moving_var",
    "_moving_mean",
    "_running_var",
    "_running_mean",
)
"""How the names of variables end that a drawing leaves out."""

VARIABLE, OTHER = "#8dd3c7", "#fccde5"
COLOURS = {
    **dict.fromkeys(("Convolution", "Deconvolution", "FullyConnected"), "#fb8072"),
    **dict.fromkeys(("Activation", "LeakyReLU"), "#ffffb3"),
    "BatchNorm": "#bebada",
    "Pooling": "#80b1d3",
    **dict.fromkeys(("Concat", "Flatten", "Reshape"), "#fdb462"),
    "Softmax": "#b3de69",
}
"""The colours of operators; those of MXNet's drawings."""


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, Sequence[int]] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> Any:
    """Return a drawing of a symbol, for graphviz: operators as boxes, with arrows from their inputs.

    Args:
        symbol: the symbol.
        title: the name of the drawing, and of the file that its ``render()`` writes.
        save_format: the format of that file.
        shape: shapes of inputs, by name; arrows are then labelled with the shapes of what they carry,
            without the axis of examples.
        dtype: taken for the sake of the interface: dtypes are not drawn.
        node_attrs: attributes of graphviz for every node, in place of the usual ones.
        hide_weights: whether parameters and states are left out.

    Returns:
        A ``graphviz.Digraph``.

    Raises:
        ArgumentTypeError: not a symbol.
        ArgumentError: the shapes do not determine all others.
        NotInstalledError: there is no package graphviz.
    """
    del dtype
    _require_symbol(symbol, "plot_network()", "draws")
    try:
        from graphviz import Digraph  # noqa: PLC0415  it is optional
    except ImportError as error:
        raise NotInstalledError(
            "plot_network()", "draws with graphviz", received=str(error), fix="pip install graphviz"
        ) from error
    shapes = None if shape is None else _all_shapes(symbol, shape, "plot_network()")
    _warn_of_repeated_names(symbol)
    drawing = Digraph(name=title, format=save_format)
    common = {
        "fixedsize": "true",
        "width": "1.3",
        "height": "0.8034",
        "style": "filled",
        **(node_attrs or {}),
    }
    nodes = [node for node in symbol.nodes() if not (hide_weights and _is_parameter(node))]
    for node in nodes:
        drawing.node(node.name, **{"label": _label(node), **common, **_look(node)})
    for node in nodes:
        for child, index in node.inputs:
            if not (hide_weights and _is_parameter(child)):
                carried = "" if shapes is None else "x".join(map(str, shapes[child.output_name(index)][1:]))
                drawing.edge(node.name, child.name, dir="back", arrowtail="open", label=carried)
    return drawing


def _warn_of_repeated_names(symbol: Symbol) -> None:
    repeated = sorted(name for name, n in Counter(node.name for node in symbol.nodes()).items() if n > 1)
    if repeated:
        warnings.warn(
            "There are multiple variables with the same name in your graph, this may result in cyclic graph. "
            f"Repeated names: {','.join(repeated)}",
            RuntimeWarning,
            stacklevel=3,
        )


def _is_parameter(node: Node) -> bool:
    return node.op is None and node.name.endswith(PARAMETERS)


def _look(node: Node) -> dict[str, str]:
    if node.op is None:
        return {"shape": "oval", "fillcolor": VARIABLE}
    return {"shape": "box", "fillcolor": COLOURS.get(node.op.name, OTHER)}


def _label(node: Node) -> str:
    describe = None if node.op is None else LABELS.get(node.op.name)
    if node.op is None or describe is None:
        return node.name
    return f"{node.op.name}\n{describe(node.params)}"


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _strides(params: Mapping[str, Any]) -> str:
    return _by(params["stride"]) if params["stride"] else "1"


LABELS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "Convolution": lambda params: f"{_by(params['kernel'])}/{_strides(params)}, {params['num_filter']}",
    "Deconvolution": lambda params: f"{_by(params['kernel'])}/{_strides(params)}, {params['num_filter']}",
    "FullyConnected": lambda params: str(params["num_hidden"]),
    "Activation": lambda params: params["act_type"],
    "LeakyReLU": lambda params: params["act_type"],
    "Pooling": lambda params: f"{params['pool_type']}, {_by(params['kernel'])}/{_strides(params)}",
}
"""What is written below the name of an operator."""
