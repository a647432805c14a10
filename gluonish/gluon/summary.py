"""Tables about blocks and parameters, as plain text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from gluonish import autograd
from gluonish.engine.ndarray import NDArray
from gluonish.gluon.block import Block
from gluonish.gluon.parameter import Parameter
from gluonish.parameter.core import ParameterCore
from gluonish.shape import format_shape, is_known, shape_size

__all__ = ["format_table", "parameter_table", "summarize"]


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows in aligned columns under a header.

    Args:
        header: the names of the columns.
        rows: their cells.
        right: the columns to align at the right.
    """
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def parameter_table(parameters: Iterable[Parameter]) -> str:
    """Return a table of parameters: shape (unknown axes as ``?``), dtype, contexts and multipliers.

    Example:
        >>> import gluonish as mx
        >>> net = mx.gluon.nn.Dense(2, prefix="fc_")
        >>> print(parameter_table(net.collect_params().values()))
        name       shape   dtype    contexts  grad_req  lr_mult  wd_mult  elements
        ---------  ------  -------  --------  --------  -------  -------  --------
        fc_weight  (2, ?)  float32  -         write           1        1         ?
        fc_bias    (2,)    float32  -         write           1        1         2
    """
    header = ("name", "shape", "dtype", "contexts", "grad_req", "lr_mult", "wd_mult", "elements")
    rows = []
    for parameter in {id(p): p for p in parameters}.values():
        core = parameter.core
        contexts = ", ".join(map(str, core.contexts())) if core.is_ready or core.is_deferred else "-"
        rows.append(
            (
                core.name,
                format_shape(core.shape),
                core.dtype.name,
                contexts,
                core.grad_req,
                f"{core.lr_mult:g}",
                f"{core.wd_mult:g}",
                _elements([core]),
            )
        )
    return format_table(header, rows, right=(5, 6, 7))


def summarize(block: Block, inputs: tuple[Any, ...]) -> str:
    """Return a table of the layers below a block, from one forward pass as for prediction.

    Raises:
        NotInitializedError: a parameter was never initialised.
    """
    for _, parameter in block.parameters_by_path():
        parameter.core.contexts()  # an error where there are none
    rows = [("Input", _shapes(inputs), "")]
    counted: set[int] = set()

    def record(each: Block, _: Any, output: Any) -> None:
        own = {id(p): p.core for _, p in each.own_parameters() if id(p) not in counted}
        counted.update(own)
        rows.append((f"{type(each).__name__} {each.name}", _shapes(output), _elements(own.values())))

    layers: dict[int, Block] = {}
    block.apply(lambda each: layers.setdefault(id(each), each))
    with ExitStack() as hooks, autograd.pause():
        for each in layers.values():
            hooks.enter_context(each.register_forward_hook(record))
        block(*inputs)
    table = format_table(("Layer", "Output shape", "Parameters"), rows, right=(2,))
    return f"{table}\n\n{_totals(block)}"


def _elements(cores: Collection[ParameterCore]) -> str:
    """Return how many elements parameters have together; ``?`` if the shape of one is not known."""
    return f"{_known_elements(cores):,}" if all(is_known(core.shape) for core in cores) else "?"


def _known_elements(cores: Iterable[ParameterCore]) -> int:
    return sum(shape_size(core.known_shape()) for core in cores if is_known(core.shape))


def _shapes(value: Any) -> str:
    if isinstance(value, NDArray):
        return str(value.shape)
    if isinstance(value, (list, tuple)):
        shapes = [_shapes(each) for each in value]
        return shapes[0] if len(shapes) == 1 else "[" + ", ".join(shapes) + "]"
    return str(value)


def _totals(block: Block) -> str:
    """Count parameters, those that are used in several places once."""
    uses = [parameter.core for _, parameter in block.parameters_by_path()]
    unique = list(dict.fromkeys(uses))
    total = _known_elements(unique)
    trained = _known_elements(core for core in unique if core.wants_grad)
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
    return "\n".join(lines)
