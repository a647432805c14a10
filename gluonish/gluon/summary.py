"""Tables about blocks and parameters, as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.gluon.block import Block
from gluonish.gluon.parameter import Parameter
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
        size = f"{shape_size(core.known_shape()):,}" if is_known(core.shape) else "?"
        rows.append(
            (
                core.name,
                format_shape(core.shape),
                core.dtype.name,
                contexts,
                core.grad_req,
                f"{core.lr_mult:g}",
                f"{core.wd_mult:g}",
                size,
            )
        )
    return format_table(header, rows, right=(5, 6, 7))


def summarize(block: Block, inputs: tuple[Any, ...]) -> str:
    """Return a table of the layers below a block, from one forward pass.

    Raises:
        ArgumentError: a parameter was never initialised.
    """
    for parameter in block.collect_params().values():
        if not parameter.core.is_ready and not parameter.core.is_deferred:
            raise ArgumentError(
                f"{type(block).__name__} {block.name!r}",
                "cannot be summarized before it is initialized",
                fix="Call initialize() first.",
            )
    rows = [("Input", _shapes(inputs), "")]
    counted: set[int] = set()
    handles = []

    def record(each: Block, _: Any, output: Any) -> None:
        own = [p for _, p in each.own_parameters() if id(p) not in counted]
        counted.update(id(p) for p in own)
        size = sum(shape_size(p.core.known_shape()) for p in own)
        rows.append((f"{type(each).__name__} {each.name}", _shapes(output), f"{size:,}"))

    block.apply(lambda each: handles.append(each.register_forward_hook(record)))
    try:
        block(*inputs)
    finally:
        for handle in handles:
            handle.detach()
    table = format_table(("Layer", "Output shape", "Parameters"), rows, right=(2,))
    return f"{table}\n\n{_totals(block)}"


def _shapes(value: Any) -> str:
    if isinstance(value, NDArray):
        return str(value.shape)
    if isinstance(value, (list, tuple)):
        shapes = [_shapes(each) for each in value]
        return shapes[0] if len(shapes) == 1 else "[" + ", ".join(shapes) + "]"
    return str(value)


def _totals(block: Block) -> str:
    """Count parameters, those that are used in several places once."""
    unique = {id(p): p.core for _, p in block.parameters_by_path()}
    uses = sum(1 for _ in block.parameters_by_path())
    sizes = {key: shape_size(c.known_shape()) for key, c in unique.items() if is_known(c.shape)}
    trained = sum(size for key, size in sizes.items() if unique[key].wants_grad)
    total = sum(sizes.values())
    lines = [
        f"Parameters: {total:,} in {len(unique)} arrays",
        f"  trainable: {trained:,}",
        f"  not trainable: {total - trained:,}",
    ]
    if uses > len(unique):
        lines.append(f"  shared by several layers: {uses - len(unique)} uses beyond the first")
    return "\n".join(lines)
