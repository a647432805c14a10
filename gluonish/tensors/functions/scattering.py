"""Tensors with some elements replaced or added to, at the places that index tensors name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.errors import IndexOutOfRangeError
from gluonish.numpy.arguments import call, is_number
from gluonish.tensors.functions.base import mxnp, tensor_of
from gluonish.tensors.functions.selecting import places_along
from gluonish.tensors.functions.shaping import reshape

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = ["index_add", "index_copy", "index_fill", "masked_select", "nonzero", "scatter", "scatter_add"]


def _flat_places(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return where the elements that ``gather`` would take are in the flat tensor.

    Raises:
        IndexOutOfRangeError: an index has no place along the axis.
    """
    length = x.shape[dim]
    if index.size and ((index < 0).any() or (index >= length).any()):
        raise IndexOutOfRangeError(
            "An index of a tensor",
            "has no place along the axis",
            expected=f"0 to {length - 1}",
            received=f"{int(mxnp.min(index))} to {int(mxnp.max(index))}",
        )
    flat: Any = 0
    for size, place in zip(x.shape, places_along(x, dim, index), strict=True):
        flat = flat * size + place
    return reshape(mxnp.broadcast_to(flat, index.shape), (-1,))


def _row_places(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """Return the index of ``gather`` that means the whole parts at the indices of an axis."""
    axis = dim % x.ndim
    shape = tuple(index.size if i == axis else size for i, size in enumerate(x.shape))
    line = tuple(-1 if i == axis else 1 for i in range(x.ndim))
    return mxnp.broadcast_to(reshape(index, line), shape)


def _as_source(value: Any, index: Tensor, x: Tensor, function: str) -> Tensor:
    """Return what is to be written, as many elements as there are places, flat and in the dtype of ``x``."""
    if is_number(value):
        value = mxnp.full(index.shape, value, dtype=x.dtype, ctx=x.context)
    source = tensor_of(value, function).astype(x.dtype, copy=False)
    inside = tuple(slice(0, size) for size in index.shape)
    return reshape(source[inside] if source.ndim else mxnp.broadcast_to(source, index.shape), (-1,))


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Tensor:
    """Return the tensor with elements replaced at the places that ``gather`` would take them from.

    Args:
        input: the tensor.
        dim: the axis that the indices are of.
        index: for each element of ``src`` its place along that axis.
        src: a tensor at least as large as ``index``, or a number. The last of several for one place counts.
        value: torch's name for a number as ``src``.

    Example:
        >>> import gluonish as torch
        >>> torch.scatter(torch.zeros(2, 3), 1, torch.tensor([[2], [0]]), 1.0)
        Tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], grad=None)
    """
    x, places = tensor_of(input, "scatter"), tensor_of(index, "scatter")
    source = _as_source(value if src is None else src, places, x, "scatter")
    winner = mxnp.full((x.size,), -1, dtype="int64", ctx=x.context)
    winner[_flat_places(x, dim, places)] = mxnp.arange(places.size, dtype="int64", ctx=x.context)
    taken = source[mxnp.maximum(winner, 0)]
    return reshape(mxnp.where(winner >= 0, taken, reshape(x, (-1,))), x.shape)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return the tensor with elements of ``src`` added at the places that ``scatter`` would replace."""
    x, places = tensor_of(input, "scatter_add"), tensor_of(index, "scatter_add")
    source = _as_source(src, places, x, "scatter_add")
    sums = call("_index_add", source, _flat_places(x, dim, places), size=x.size, mode="raise")
    return x + reshape(sums, x.shape)


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """Return the tensor with ``alpha * source`` added at the indices of an axis, as often as they occur."""
    x, places = tensor_of(input, "index_add"), tensor_of(index, "index_add")
    return scatter_add(x, dim, _row_places(x, dim, places), tensor_of(source, "index_add") * alpha)


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """Return the tensor with the parts at the indices of an axis replaced by those of another tensor."""
    x, places = tensor_of(input, "index_copy"), tensor_of(index, "index_copy")
    return scatter(x, dim, _row_places(x, dim, places), source)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """Return the tensor with one number in the parts at the indices of an axis."""
    x, places = tensor_of(input, "index_fill"), tensor_of(index, "index_fill")
    return scatter(x, dim, _row_places(x, dim, places), value)


def masked_select(input: Any, mask: Any) -> Tensor:
    """Return the elements where the mask holds, as a vector."""
    x, chosen = tensor_of(input, "masked_select"), tensor_of(mask, "masked_select")
    shape = np.broadcast_shapes(x.shape, chosen.shape)
    return mxnp.broadcast_to(x, shape)[mxnp.broadcast_to(chosen, shape)]


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Return the places of the elements that are not 0: a row for each, or a vector for each axis."""
    found = mxnp.nonzero(tensor_of(input, "nonzero").detach())
    return tuple(found) if as_tuple else mxnp.stack(list(found), 1)
