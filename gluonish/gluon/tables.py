"""Tables, as text and as HTML, and the ones about parameters."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Iterable, Sequence

import attrs

from gluonish.gluon.parameter import Parameter
from gluonish.lr_scheduler import multiplier_at
from gluonish.optimizer import Optimizer
from gluonish.parameter.core import ParameterCore
from gluonish.shape import format_shape, is_known, shape_size

__all__ = [
    "Table",
    "contexts_of",
    "element_count",
    "known_elements",
    "parameter_table",
    "trainer_table",
    "with_unit",
]

KIB = 1024


@attrs.frozen
class Table:
    """Rows under a header; ``str()`` aligns its columns, notebooks show it as HTML.

    Args:
        header: the names of the columns.
        rows: their cells.
        right: the numbers of the columns to align at the right.
        notes: lines to show below.

    Example:
        >>> print(Table(("name", "n"), [("a", "1"), ("b", "22")], right=(1,)))
        name   n
        ----  --
        a      1
        b     22
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        cells = [self.header, *self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.header))]

        def line(row: Sequence[str]) -> str:
            padded = [
                cell.rjust(width) if i in self.right else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            return "  ".join(padded).rstrip()

        lines = [line(self.header), "  ".join("-" * width for width in widths), *map(line, self.rows)]
        return "\n".join([*lines, *(["", *self.notes] if self.notes else [])])

    def _repr_html_(self) -> str:
        """Return the table as HTML; Jupyter calls this."""

        def row(cells: Sequence[str], tag: str) -> str:
            styles = ["right" if i in self.right else "left" for i in range(len(cells))]
            inner = "".join(
                f'<{tag} style="text-align: {style}">{html.escape(cell)}</{tag}>'
                for cell, style in zip(cells, styles, strict=True)
            )
            return f"<tr>{inner}</tr>"

        body = "".join(row(cells, "td") for cells in self.rows)
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead>{row(self.header, 'th')}</thead><tbody>{body}</tbody></table>{notes}"


def parameter_table(parameters: Iterable[Parameter]) -> Table:
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
    rows = [
        (
            core.name,
            format_shape(core.shape),
            core.dtype.name,
            contexts_of(core),
            core.grad_req,
            _multiplier(core.lr_mult),
            _multiplier(core.wd_mult),
            element_count([core]),
        )
        for core in {id(p): p.core for p in parameters}.values()
    ]
    return Table(header, rows, right=(5, 6, 7))


def trainer_table(
    cores: Iterable[ParameterCore], optimizer: Optimizer, bytes_kept: Callable[[ParameterCore], int]
) -> Table:
    """Return the table of ``Trainer.table``."""
    header = ("name", "shape", "dtype", "contexts", "grad_req", "lr", "wd", "data", "gradient", "state")
    lr, updates = optimizer.learning_rate, optimizer.num_update
    rows = [
        (
            core.name,
            format_shape(core.shape),
            core.dtype.name,
            contexts_of(core),
            core.grad_req,
            f"{lr * multiplier_at(core.lr_mult, updates):g}" if core.wants_grad else "-",
            f"{optimizer.wd * multiplier_at(core.wd_mult, updates):g}" if core.wants_grad else "-",
            _bytes_of(core, counts=True),
            _bytes_of(core, counts=core.wants_grad),
            with_unit(bytes_kept(core)),
        )
        for core in cores
    ]
    return Table(header, rows, right=range(5, 10))


def _bytes_of(core: ParameterCore, *, counts: bool) -> str:
    if counts and not is_known(core.shape):
        return "?"
    size = shape_size(core.known_shape()) * len(core.contexts()) if counts else 0
    return with_unit(size * core.dtype.itemsize)


def contexts_of(core: ParameterCore) -> str:
    """Return where a parameter is or will be, as text; ``-`` if that is not said yet."""
    return ", ".join(map(str, core.contexts())) if core.is_ready or core.is_deferred else "-"


def _multiplier(value: object) -> str:
    return "schedule" if callable(value) else f"{value:g}"


def element_count(cores: Collection[ParameterCore]) -> str:
    """Return how many elements parameters have together; ``?`` if the shape of one is not known."""
    return f"{known_elements(cores):,}" if all(is_known(core.shape) for core in cores) else "?"


def known_elements(cores: Iterable[ParameterCore]) -> int:
    """Return how many elements the parameters of known shapes have together."""
    return sum(shape_size(core.known_shape()) for core in cores if is_known(core.shape))


def with_unit(nbytes: float) -> str:
    """Return a number of bytes with a fitting unit.

    Example:
        >>> with_unit(512), with_unit(1536), with_unit(3 * 2**30)
        ('512 B', '1.5 KiB', '3.0 GiB')
    """
    if nbytes < KIB:
        return f"{nbytes:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        nbytes /= KIB
        if nbytes < KIB:
            return f"{nbytes:.1f} {unit}"
    return f"{nbytes / KIB:.1f} TiB"
