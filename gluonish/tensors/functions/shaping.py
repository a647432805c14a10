"""Tensors in other shapes."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.errors import ArgumentError
from gluonish.numpy.arguments import call
from gluonish.ops.common import normalize_axis
from gluonish.tensors.arguments import axes_of
from gluonish.tensors.functions.base import mxnp, tensor_of

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = [
    "broadcast_tensors",
    "broadcast_to",
    "diag",
    "diagonal",
    "flatten",
    "flip",
    "meshgrid",
    "movedim",
    "numel",
    "permute",
    "repeat_interleave",
    "reshape",
    "roll",
    "squeeze",
    "swapaxes",
    "t",
    "tile",
    "trace",
    "transpose",
    "tril",
    "triu",
    "unflatten",
    "unsqueeze",
]


def reshape(input: Any, *shape: Any) -> Tensor:
    """Return the tensor in another shape over the same memory; one size may be -1.

    Raises:
        ShapeMismatchError: the tensor does not fill that shape.
    """
    x = tensor_of(input, "reshape")
    sizes = tuple(shape[0]) if len(shape) == 1 and not hasattr(shape[0], "__index__") else shape
    rest = int(np.prod([size for size in sizes if size != -1], dtype=np.int64))
    full = tuple(x.size // builtins.max(rest, 1) if size == -1 else int(size) for size in sizes)
    return call("_np_reshape" if 0 in full else "_reshape_view", x, **_new_shape(full))


def _new_shape(full: tuple[int, ...]) -> dict[str, Any]:
    return {"newshape": full} if 0 in full else {"shape": full}


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return the tensor with the axes from ``start_dim`` to ``end_dim`` made one."""
    x = tensor_of(input, "flatten")
    first, last = start_dim % builtins.max(x.ndim, 1), end_dim % builtins.max(x.ndim, 1)
    if first > last:
        raise ArgumentError(
            "flatten()",
            "cannot end before it starts",
            expected="start_dim up to end_dim",
            received=f"{start_dim} to {end_dim}",
        )
    return reshape(x, (*x.shape[:first], -1, *x.shape[last + 1 :]))


def squeeze(input: Any, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Return the tensor without axes of size 1; named ones of another size stay."""
    x, given = tensor_of(input, "squeeze"), axes_of("squeeze", dim, axis)
    for each in () if given is None else given if isinstance(given, tuple) else (given,):
        normalize_axis(each, builtins.max(x.ndim, 1), "squeeze")
    named = range(x.ndim) if given is None else given if isinstance(given, tuple) else (given,)
    gone = {each % builtins.max(x.ndim, 1) for each in named}
    return reshape(x, tuple(size for i, size in enumerate(x.shape) if i not in gone or size != 1))


def unflatten(input: Any, dim: int, sizes: Any) -> Tensor:
    """Return the tensor with one axis as several; one of their sizes may be -1."""
    x = tensor_of(input, "unflatten")
    axis = normalize_axis(dim, x.ndim, "unflatten")
    known = int(np.prod([size for size in sizes if size != -1], dtype=np.int64))
    full = tuple(x.shape[axis] // known if size == -1 else size for size in sizes)
    return reshape(x, (*x.shape[:axis], *full, *x.shape[axis + 1 :]))


def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """Return the tensor with axes at other places, the others in their order."""
    return mxnp.moveaxis(tensor_of(input, "movedim"), source, destination)


def swapaxes(input: Any, axis0: int, axis1: int) -> Tensor:
    """Return the tensor with two axes exchanged."""
    return transpose(input, axis0, axis1)


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the diagonals of matrices, along a last axis."""
    return mxnp.diagonal(tensor_of(input, "diagonal"), offset, dim1, dim2)


def trace(input: Any) -> Tensor:
    """Return the sum of the diagonal of a matrix."""
    return mxnp.sum(diagonal(input))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return tensors repeated to the shape that they have together."""
    given = [tensor_of(each, "broadcast_tensors") for each in tensors]
    shape = np.broadcast_shapes(*(each.shape for each in given))
    return tuple(broadcast_to(each, shape) for each in given)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of a grid, one tensor for each vector."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    return tuple(mxnp.meshgrid(*(tensor_of(each, "meshgrid") for each in given), indexing=indexing))


def numel(input: Any) -> int:
    """Return the number of elements."""
    return tensor_of(input, "numel").size


def unsqueeze(input: Any, dim: int) -> Tensor:
    """Return the tensor with a new axis of size 1, over the same memory."""
    x = tensor_of(input, "unsqueeze")
    axis = normalize_axis(dim, x.ndim + 1, "unsqueeze")
    return reshape(x, (*x.shape[:axis], 1, *x.shape[axis:]))


def permute(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with its axes in another order."""
    order = tuple(dims[0]) if len(dims) == 1 and not hasattr(dims[0], "__index__") else dims
    return mxnp.transpose(tensor_of(input, "permute"), order)


def transpose(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with two axes exchanged; with its axes in the order given; or all reversed."""
    x = tensor_of(input, "transpose")
    if len(dims) == 2 and builtins.all(hasattr(each, "__index__") for each in dims):  # noqa: PLR2004  a matrix
        return mxnp.swapaxes(x, *dims)
    return permute(x, dims[0] if dims and dims[0] is not None else tuple(range(x.ndim))[::-1])


def t(input: Any) -> Tensor:
    """Return a matrix transposed."""
    return tensor_of(input, "t").t()


def broadcast_to(input: Any, shape: Any) -> Tensor:
    """Return the tensor repeated to fill a shape."""
    return mxnp.broadcast_to(tensor_of(input, "broadcast_to"), tuple(shape))


def tile(input: Any, dims: Any) -> Tensor:
    """Return the tensor laid out this often along each axis."""
    return mxnp.tile(tensor_of(input, "tile"), tuple(dims))


def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Tensor:
    """Return the tensor with every element repeated, along an axis or flat."""
    return mxnp.repeat(tensor_of(input, "repeat_interleave"), repeats, dim)


def flip(input: Any, dims: Any) -> Tensor:
    """Return the tensor with axes reversed."""
    return mxnp.flip(tensor_of(input, "flip"), dims if isinstance(dims, int) else tuple(dims))


def roll(input: Any, shifts: Any, dims: Any = None) -> Tensor:
    """Return the tensor with elements moved along axes; those beyond the end come in at the start."""
    return mxnp.roll(tensor_of(input, "roll"), shifts, dims)


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """Return the lower triangle of a matrix."""
    return mxnp.tril(tensor_of(input, "tril"), diagonal)


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """Return the upper triangle of a matrix."""
    return mxnp.triu(tensor_of(input, "triu"), diagonal)


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """Return a diagonal of a matrix, or a matrix with a vector on it."""
    return mxnp.diag(tensor_of(input, "diag"), diagonal)
