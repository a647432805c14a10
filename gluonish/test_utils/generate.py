"""Random arrays, shapes and matrices.

They are drawn from NumPy's global stream, as in MXNet: ``np.random.seed`` makes them repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError

__all__ = [
    "assign_each",
    "assign_each2",
    "collapse_sum_like",
    "create_2d_tensor",
    "create_vector",
    "get_identity_mat",
    "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d",
    "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd",
    "np_reduce",
    "rand_coord_2d",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "random_sample",
    "random_uniform_arrays",
]

HostArray = np.ndarray[Any, Any]

# ruff: noqa: NPY002  NumPy's global stream is what old programs seed


# -- arrays -----------------------------------------------------------------------------------------------


def random_arrays(*shapes: Sequence[int]) -> Any:
    """Return NumPy arrays of float32 with normally distributed elements: one, or a list of several."""
    arrays = [np.array(np.random.randn(*shape), dtype=np.float32) for shape in shapes]
    return arrays[0] if len(arrays) == 1 else arrays


def random_uniform_arrays(
    *shapes: Sequence[int], low: float = 0.0, high: float = 1.0, dtype: Any = np.float32
) -> list[HostArray]:
    """Return a list of NumPy arrays with elements uniform in [low, high)."""
    return [np.random.uniform(low, high, size=tuple(shape)).astype(dtype) for shape in shapes]


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """Return ``k`` different elements of a sequence, in random order."""
    order = np.random.permutation(len(population))
    return [population[int(i)] for i in order[:k]]


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return the numbers from 0 to ``size - 1``."""
    return nd.arange(0, size, dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return a matrix with every row full of its number."""
    return nd.broadcast_to(nd.arange(0, rows, dtype=dtype).reshape((rows, 1)), shape=(rows, columns))


# -- shapes -----------------------------------------------------------------------------------------------


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, int]:
    """Return two random sizes, up to these."""
    rows, columns = (_size(dim, allow_zero_size) for dim in (dim0, dim1))
    return rows, columns


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> tuple[int, int, int]:
    """Return three random sizes, up to these."""
    first, second, third = (_size(dim, allow_zero_size) for dim in (dim0, dim1, dim2))
    return first, second, third


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return random sizes.

    Args:
        num_dim: how many.
        dim: the largest.
        allow_zero_size: whether the smallest is 0, or 1.
    """
    return tuple(_size(dim, allow_zero_size) for _ in range(num_dim))


def _size(largest: int, allow_zero: bool) -> int:
    return int(np.random.randint(0 if allow_zero else 1, largest + 1))


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """Return a random place, below both of the high numbers."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


# -- reductions -------------------------------------------------------------------------------------------


def np_reduce(dat: HostArray, axis: Any, keepdims: bool, numpy_reduce_func: Callable[..., Any]) -> Any:
    """Reduce a NumPy array along one axis, several or all, by a function that takes one.

    Args:
        dat: the array.
        axis: an axis, a sequence of them, or None for all.
        keepdims: whether reduced axes stay, with length 1.
        numpy_reduce_func: called as ``function(array, axis=i)``.
    """
    axes = range(dat.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    result = dat
    for each in sorted((i % dat.ndim for i in axes), reverse=True):
        result = numpy_reduce_func(result, axis=each)
        if keepdims:
            result = np.expand_dims(result, each)
    return result


def collapse_sum_like(a: HostArray, shape: Sequence[int]) -> HostArray:
    """Sum a NumPy array over the axes along which ``shape`` would be broadcast to it.

    Raises:
        ArgumentError: the shape does not broadcast to the array.

    Example:
        >>> collapse_sum_like(np.ones((2, 3)), (3,))
        array([2., 2., 2.])
    """
    shape = tuple(shape)
    lead = a.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, a.shape[lead:], strict=True)):
        raise ArgumentError(
            "collapse_sum_like()", "needs a shape that broadcasts", expected=a.shape, received=shape
        )
    axes = [*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 != a.shape[lead + i])]
    return np.asarray(a.sum(axis=tuple(axes), keepdims=True)).reshape(shape)


def assign_each(the_input: HostArray, function: Callable[[Any], Any] | None) -> HostArray:
    """Return an array of what a function makes of each element; a copy without one."""
    if function is None:
        return np.array(the_input)
    return np.array([function(each) for each in the_input.ravel()], the_input.dtype).reshape(the_input.shape)


def assign_each2(
    input1: HostArray, input2: HostArray, function: Callable[[Any, Any], Any] | None
) -> HostArray:
    """Return an array of what a function makes of the elements of two; a copy of the first without one."""
    if function is None:
        return np.array(input1)
    pairs = zip(input1.ravel(), input2.ravel(), strict=True)
    return np.array([function(*pair) for pair in pairs], input1.dtype).reshape(input1.shape)


# -- matrices ---------------------------------------------------------------------------------------------


def get_identity_mat(size: int) -> NDArray:
    """Return the identity matrix of float32."""
    return nd.array(np.eye(size))


def get_identity_mat_batch(size: int) -> NDArray:
    """Return two identity matrices, one behind the other, of float32."""
    return nd.array(np.stack([np.eye(size)] * 2))


def new_orthonormal_matrix_2d(n: int) -> HostArray:
    """Return a random orthonormal matrix: the first factor of a QR decomposition."""
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_matrix_with_real_eigvals_2d(n: int) -> HostArray:
    """Return a random matrix, well conditioned, with real eigenvalues between -1 and 1."""
    basis = new_orthonormal_matrix_2d(n) @ (np.eye(n) + 0.1 * np.triu(np.random.rand(n, n), 1))
    return basis @ np.diag(np.random.uniform(-1, 1, n)) @ np.linalg.inv(basis)


def new_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> HostArray:
    """Return such matrices in the last two axes of a shape."""
    return _batch(new_matrix_with_real_eigvals_2d, shape)


def new_sym_matrix_with_real_eigvals_2d(n: int) -> HostArray:
    """Return a random symmetric matrix with eigenvalues between -1 and 1."""
    basis = new_orthonormal_matrix_2d(n)
    return basis @ np.diag(np.random.uniform(-1, 1, n)) @ basis.T


def new_sym_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> HostArray:
    """Return such matrices in the last two axes of a shape."""
    return _batch(new_sym_matrix_with_real_eigvals_2d, shape)


def _batch(make: Callable[[int], HostArray], shape: Sequence[int]) -> HostArray:
    count = int(np.prod(tuple(shape)[:-2]))
    n = shape[-1]
    return np.array([make(n) for _ in range(count)]).reshape(*shape[:-2], n, n)
