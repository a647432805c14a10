"""Joining tensors, and choosing from them."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.errors import ArgumentError
from gluonish.ops.numpy.promotion import common_dtype
from gluonish.tensors.functions.base import Located, mxnp, tensor_of

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = [
    "argsort",
    "cat",
    "chunk",
    "concat",
    "concatenate",
    "gather",
    "hstack",
    "index_select",
    "narrow",
    "select",
    "sort",
    "split",
    "stack",
    "take",
    "take_along_dim",
    "topk",
    "unbind",
    "vstack",
]


def _tensors(values: Sequence[Any], function: str) -> list[Tensor]:
    return [tensor_of(each, function) for each in values]


def hstack(tensors: Sequence[Any]) -> Tensor:
    """Join tensors along their second axis, vectors along their only one."""
    joined = _tensors(tensors, "hstack")
    return cat(joined, dim=0 if joined[0].ndim < 2 else 1)  # noqa: PLR2004  no matrix


def vstack(tensors: Sequence[Any]) -> Tensor:
    """Join tensors along their first axis, vectors as the rows of a matrix."""
    return cat([each if each.ndim > 1 else each.reshape(1, -1) for each in _tensors(tensors, "vstack")])


def cat(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Join tensors along an axis that they have, in the dtype that holds them all."""
    joined = _tensors(tensors, "cat")
    common = functools.reduce(common_dtype, (each.dtype for each in joined))
    joined = [each.astype(common, copy=False) for each in joined]
    return mxnp.concatenate(joined, dim if axis is None else axis)


concat = concatenate = cat


def stack(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Join tensors along a new axis."""
    return mxnp.stack(_tensors(tensors, "stack"), dim if axis is None else axis)


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return pieces of a size, the last one smaller if need be, or of the sizes listed."""
    x = tensor_of(tensor, "split")
    length = x.shape[dim]
    if isinstance(split_size_or_sections, int):
        bounds = list(range(split_size_or_sections, length, split_size_or_sections))
    else:
        if builtins.sum(split_size_or_sections) != length:
            raise ArgumentError(
                "split()",
                "got sizes that do not add up to the size of the axis",
                expected=length,
                received=list(split_size_or_sections),
            )
        bounds = np.cumsum(split_size_or_sections)[:-1].tolist()
    return tuple(narrow(x, dim, a, b - a) for a, b in zip([0, *bounds], [*bounds, length], strict=True))


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return at most so many pieces of equal size, the last one smaller if need be."""
    x = tensor_of(input, "chunk")
    return split(x, builtins.max(1, -(-x.shape[dim] // chunks)), dim)


def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the parts at each index of an axis, without that axis."""
    x = tensor_of(input, "unbind")
    return tuple(select(x, dim, i) for i in range(x.shape[dim]))


def narrow(input: Any, dim: int, start: int, length: int) -> Tensor:
    """Return a range of an axis."""
    x = tensor_of(input, "narrow")
    key = (*[slice(None)] * (dim % x.ndim), slice(start, start + length))
    return x[key]


def select(input: Any, dim: int, index: int) -> Tensor:
    """Return the part at one index of an axis, without that axis."""
    x = tensor_of(input, "select")
    key = (*[slice(None)] * (dim % x.ndim), index)
    return x[key]


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the parts at the indices of an axis."""
    return mxnp.take(tensor_of(input, "index_select"), tensor_of(index, "index_select"), dim)


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """Return, for each index, the element of the same line along an axis; as NumPy's ``take_along_axis``."""
    x, places = tensor_of(input, "gather"), tensor_of(index, "gather")
    return x[places_along(x, dim, places)]


def places_along(x: Tensor, dim: int, index: Tensor) -> tuple[Tensor, ...]:
    """Return an index for each axis: the one given along ``dim``, and the own place along the others."""
    axis = dim % x.ndim
    return tuple(index if i == axis else _counting(index, i) for i in range(x.ndim))


def _counting(like: Tensor, axis: int) -> Any:
    """Return 0, 1 ... along an axis of a tensor, in a shape that broadcasts with it."""
    shape = tuple(size if i == axis else 1 for i, size in enumerate(like.shape))
    return mxnp.arange(like.shape[axis], dtype="int64", ctx=like.context).reshape(shape)


def take(input: Any, index: Any) -> Tensor:
    """Return the elements at indices of the flat tensor."""
    return mxnp.take(tensor_of(input, "take").reshape(-1), tensor_of(index, "take"), 0)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """Return ``gather``'s elements; of the flat tensor without an axis."""
    return take(input, indices) if dim is None else gather(input, dim, indices)


def sort(input: Any, dim: int = -1, descending: bool = False) -> Located:
    """Return the elements in order along an axis, and where they were."""
    x = tensor_of(input, "sort")
    indices = argsort(x, dim, descending)
    return Located(gather(x, dim, indices), indices)


def argsort(input: Any, dim: int = -1, descending: bool = False) -> Tensor:
    """Return the indices that sort the tensor along an axis, as int64."""
    x = tensor_of(input, "argsort").detach()
    return mxnp.argsort(-x if descending else x, dim)


def topk(input: Any, k: int, dim: int = -1, largest: bool = True) -> Located:
    """Return the k largest (or smallest) elements along an axis, in order, and where they were."""
    x = tensor_of(input, "topk")
    indices = narrow(argsort(x, dim, descending=largest), dim, 0, k)
    return Located(gather(x, dim, indices), indices)
