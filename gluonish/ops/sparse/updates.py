"""Steps of optimizers for row-sparse gradients: they touch the rows that the gradient has.

MXNet calls such a step lazy. Decay and momentum of the other rows do not move either, so its cost is that of
the rows in the gradient, however many the weight has. Without ``lazy_update`` the gradient becomes dense and
every row moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish.engine.operator import XP, Array, Operator
from gluonish.engine.stored import Rows
from gluonish.ops.sparse.casting import has_every_row, rows_at
from gluonish.ops.updates.layerwise import group_adagrad_update, sparse_adagrad_update
from gluonish.ops.updates.single import adam_update, ftrl_update, sgd_mom_update, sgd_update

__all__ = ["step_on_rows"]

DEFAULT, ROWS = "default", "row_sparse"


def step_on_rows(
    xp: XP, step: Callable[..., None], grad: Rows, arrays: Sequence[Array | Rows]
) -> list[Array | Rows]:
    """Run a step on the rows that a gradient has, and return the arrays with these rows changed.

    Args:
        xp: the module of the arrays.
        step: called with the rows of the gradient and of each array; it changes those of the arrays in place.
        grad: the gradient.
        arrays: the weight and its states. Dense ones, and those that have all rows, are changed in place and
            returned; of the others other values are returned.
    """
    found = grad.indices
    parts = [rows_at(xp, each, found) for each in arrays]
    step(grad.values, *parts)
    return [_with_rows(xp, each, found, part) for each, part in zip(arrays, parts, strict=True)]


def _with_rows(xp: XP, array: Array | Rows, indices: Array, part: Array) -> Array | Rows:
    """Return an array with some of its rows exchanged: itself if it is dense."""
    if not isinstance(array, Rows):
        array[indices] = part
        return array
    if has_every_row(array, indices):
        array.values[indices] = part
        return array
    every = xp.unique(xp.concatenate([array.indices, indices]))
    values = rows_at(xp, array, every)
    values[xp.searchsorted(every, indices)] = part
    return Rows(xp, array.shape, values, every)


def _on_rows(op: Operator) -> Callable[..., Any]:
    """Return a kernel of an update operator for row-sparse gradients.

    Like the generic one it writes into ``out``, if that is dense. It returns the new weight and, for each
    state, None if it was changed in place, or its new value.
    """

    def kernel(xp: XP, weight: Any, grad: Rows, *states: Any, out: Any = None, **params: Any) -> Any:
        if out is not weight and not isinstance(weight, Rows):
            weight = weight.copy()

        def step(gradient: Array, part: Array, *kept: Array) -> None:
            op.kernel(xp, part, gradient, *kept, out=part, **params)

        changed, *kept = step_on_rows(xp, step, grad, [weight, *states])
        return changed, *[None if a is b else b for a, b in zip(states, kept, strict=True)]

    return kernel


def _is_lazy(arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
    return bool(params["lazy_update"])


def _declare(op: Operator, states: int, *, storages: Sequence[tuple[str, str]], lazy: bool) -> None:
    kernel = _on_rows(op)
    for weight, state in storages:
        op.stored(weight, ROWS, *[state] * states, when=_is_lazy if lazy else None, updates=True)(kernel)


_ANY = ((DEFAULT, DEFAULT), (ROWS, DEFAULT), (ROWS, ROWS), (DEFAULT, ROWS))
_declare(sgd_update, 0, storages=((DEFAULT, ""), (ROWS, "")), lazy=True)
_declare(sgd_mom_update, 1, storages=_ANY, lazy=True)
_declare(adam_update, 2, storages=_ANY, lazy=True)
_declare(sparse_adagrad_update, 1, storages=_ANY, lazy=False)
_declare(group_adagrad_update, 1, storages=_ANY, lazy=False)
_declare(ftrl_update, 2, storages=((ROWS, ROWS),), lazy=False)
