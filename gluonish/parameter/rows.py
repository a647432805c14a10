"""Parameters with sparse gradients, and parameters that are used row by row.

The values of every parameter lie in flat memory, whatever its storage type: a sparse table that has all its
rows is a dense one. What is sparse is what a step touches: gradients are arrays of their own, not pieces of a
slab, and the rows that a forward pass asks for are copies that share the gradient of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gluonish.context import Context
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import RowSparseNDArray, empty_sparse
from gluonish.engine.stored import INDEX, Rows
from gluonish.engine.tape import Leaf
from gluonish.errors import IndexOutOfRangeError

if TYPE_CHECKING:
    from gluonish.parameter.core import ParameterCore

__all__ = ["all_rows", "new_gradients", "reduce_gradient", "rows_at", "total_gradient", "write_gradient"]


def new_gradients(core: ParameterCore, data: dict[Context, NDArray]) -> dict[Context, NDArray]:
    """Make arrays over a parameter's values variables with sparse gradients, and return these."""
    grad = {}
    for place, array in data.items():
        made = empty_sparse(core.grad_stype, array.shape, array.context, array.dtype)
        made._storage.label = f"the gradient of {core.label}"
        Leaf(core.grad_req, made).attach(array)
        grad[place] = made
    return grad


def rows_at(core: ParameterCore, indices: NDArray, ctx: Context) -> NDArray:
    """Return some rows of a parameter as a row-sparse array, a variable like the parameter.

    Args:
        core: the parameter.
        indices: row numbers of any dtype, in any order, any number of times.
        ctx: on which replica.

    Raises:
        NotInitializedError, DeferredInitializationError, ContextError: there is no replica there.
        IndexOutOfRangeError: there is no such row.
    """
    whole = core.data(ctx)
    backend = backend_of(whole.context)
    here = indices.detach().as_in_context(whole.context).tostype("default")
    with backend.scope(whole.context):
        wanted = backend.xp.unique(here.stored.reshape(-1).astype(INDEX, copy=False))
        if len(wanted) and not 0 <= int(wanted[0]) <= int(wanted[-1]) < whole.shape[0]:
            raise IndexOutOfRangeError(
                core.label,
                "has no such row",
                expected=f"row numbers from 0 to {whole.shape[0] - 1}",
                received=int(wanted[0]) if int(wanted[0]) < 0 else int(wanted[-1]),
            )
        value = Rows(backend.xp, whole.shape, whole.stored[wanted], wanted)
    rows = RowSparseNDArray(value, whole.context)
    rows._storage.label = core.label
    if whole._node is not None:
        rows._node, rows._entry = whole._node, whole._entry
    return rows


def all_rows(dense: NDArray) -> NDArray:
    """Return a dense array as a row-sparse one that has all rows, over the same memory."""
    backend = backend_of(dense.context)
    with backend.scope(dense.context):
        indices = backend.xp.arange(dense.shape[0], dtype=INDEX)
    return RowSparseNDArray(Rows(backend.xp, dense.shape, dense.stored, indices), dense.context)


# -- gradients --------------------------------------------------------------------------------------------


def write_gradient(
    core: ParameterCore, value: NDArray | None, places: Iterable[Context] | None = None
) -> None:
    """Write a gradient to all replicas of a parameter, or to some; None is zero."""
    state = core.ready()
    assert state.grad is not None
    for place in state.grad if places is None else places:
        target = state.grad[place]
        if value is None:
            target.write(empty_sparse(core.grad_stype, target.shape, target.context, target.dtype))
        else:
            target.write(value)


def total_gradient(gradients: Sequence[NDArray]) -> NDArray:
    """Return the sum of gradients as a new array where the first is; it has the rows that one of them has."""
    total = gradients[0].detach().copy()
    for each in gradients[1:]:
        moved = each.detach().as_in_context(total.context)
        with np.errstate(all="ignore"):
            total = total + moved
    return total


def reduce_gradient(core: ParameterCore, *, only_fresh: bool = False) -> None:
    """Replace the gradients of all replicas by their sum.

    Args:
        core: the parameter.
        only_fresh: leave gradients out that no backward pass has written since the last update.
    """
    gradients = core.gradients()
    counted = [each for each in gradients if not only_fresh or each._storage.fresh]
    if len(gradients) == 1 or not counted:
        return
    write_gradient(core, total_gradient(counted))
    for each in gradients:
        each._storage.fresh = each._storage.fresh or only_fresh
