"""The arrays that a caller gives for the results of an operator, as ``out=``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.context import Context
from gluonish.engine.legacy import may_meet
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import Operator
from gluonish.engine.stored import DEFAULT
from gluonish.errors import ArgumentError, ArgumentTypeError, ContextError
from gluonish.shape import FILLED, merge_shapes

__all__ = ["check_room", "check_target", "has_memory", "targets_of", "write_out"]


def targets_of(op: Operator, params: dict[str, Any], out: Any) -> list[Any]:
    """Return what the caller gave, one for each output that he sees.

    Raises:
        ArgumentError: these are more or fewer.
    """
    targets = list(out) if isinstance(out, (list, tuple)) else [out]
    visible = op.visible(params)
    if len(targets) != visible:
        raise ArgumentError(
            f"Operator {op.name!r}",
            "got another number of arrays in out= than it has outputs",
            expected=visible,
            received=len(targets),
        )
    return targets


def has_memory(out: Any) -> bool:
    """Tell whether a result can be computed into what the caller gave: it is no sparse array."""
    targets = out if isinstance(out, (list, tuple)) else (out,)
    return all(getattr(target, "_raw", True) is not None for target in targets)


def check_target(op: Operator, target: Any, ctx: Context) -> None:
    """Refuse what no result that is on ``ctx`` can be written into.

    Raises:
        ArgumentTypeError: it is no array.
        ContextError: it is on another context.
        InPlaceError: recording is on, and it is in the graph.
    """
    if not isinstance(target, NDArray):
        raise ArgumentTypeError(
            _label(op), "is no array", expected="an NDArray", received=type(target).__name__
        )
    if not may_meet(target._ctx, ctx):
        raise ContextError(
            _label(op), "is on another context than the result", expected=ctx, received=target._ctx
        )
    target.check_writable()


def check_room(
    op: Operator, raws: list[Any], params: dict[str, Any], targets: Sequence[NDArray]
) -> Sequence[Any]:
    """Return the dtypes of the results; refuse targets of other shapes: NumPy would fill them with copies.

    Raises:
        ShapeMismatchError: a target has another shape than its result.
    """
    if not op.has_dtype_rule and op.single:
        shape = targets[0]._raw.shape
        if all(raw.shape == shape for raw in raws):
            return [raws[0].dtype]
    _, shapes = op.infer([raw.shape for raw in raws], params)
    _, dtypes = op.infer_dtypes([raw.dtype for raw in raws], params)
    for target, shape in zip(targets, shapes, strict=True):
        merge_shapes(target.shape, shape, owner=_label(op), wording=FILLED)
    return dtypes


def write_out(op: Operator, outputs: Sequence[NDArray], params: dict[str, Any], out: Any) -> Any:
    """Copy results into the arrays the caller gave, which take over their history while recording."""
    targets = targets_of(op, params, out)
    for target, output in zip(targets, outputs, strict=False):
        check_target(op, target, output._ctx)
        merge_shapes(target.shape, output.shape, owner=_label(op), wording=FILLED)
    for target, output in zip(targets, outputs, strict=False):
        other = DEFAULT not in (target.stype, output.stype) and target.stype != output.stype
        target.write(output.tostype(DEFAULT) if other else output)
    return out


def _label(op: Operator) -> str:
    return f"The array given as out= to {op.name!r}"
