"""Making arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.context import Context, as_context, current_context
from gluonish.dtype import as_dtype
from gluonish.engine.backend import backend_of
from gluonish.engine.invoke import RECORDED
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentError
from gluonish.nd import sparse_arrays
from gluonish.shape import as_shape

__all__ = [
    "arange",
    "array",
    "concatenate",
    "empty",
    "eye",
    "full",
    "linspace",
    "ones",
    "waitall",
    "zeros",
]

DEFAULT_DTYPE = "float32"


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Copy data to an array.

    Args:
        source_array: an NDArray, dense or sparse, a NumPy array, a SciPy matrix, a number or nested lists.
        ctx: where to; the current context if not given, whatever the source's is.
        dtype: the element type; the source's if it is an NDArray, else float32, whatever the data are.

    Raises:
        ArgumentTypeError: the data are not numbers in a rectangular arrangement.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.array([[1, 2]]).dtype
        <class 'numpy.float32'>
    """
    if type(source_array).__module__.startswith("scipy.sparse"):
        return sparse_arrays.array(source_array, ctx, dtype)
    if isinstance(source_array, NDArray):
        copied = source_array.detach().as_in_context(as_context(ctx), copy=True)
        return copied if dtype is None else copied.astype(dtype, copy=False)
    return from_data(source_array, as_context(ctx), DEFAULT_DTYPE if dtype is None else dtype)


def _shape(shape: Any) -> tuple[int, ...]:
    return as_shape(shape, owner="The shape of a new array")


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None) -> NDArray:
    """Return an array whose content is not set.

    Args:
        shape: an int or a sequence of ints.
        ctx: where; the current context if not given.
        dtype: the element type, float32 if not given.
        stype: the storage type; dense if not given. What is sparse is zero.
    """
    if stype not in (None, "default"):
        return sparse_arrays.empty(stype, shape, ctx, dtype)
    ctx = as_context(ctx)
    raw = backend_of(ctx).empty(_shape(shape), as_dtype(dtype or DEFAULT_DTYPE), ctx)
    return NDArray(raw, ctx)


def zeros(
    shape: Any,
    ctx: Context | None = None,
    dtype: Any = None,
    stype: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return an array of zeros.

    Args:
        shape: an int or a sequence of ints.
        ctx: where; the current context if not given.
        dtype: the element type, float32 if not given.
        stype: the storage type; dense if not given.
        kwargs: ``out=`` an array to fill instead; ``name=`` and attributes, for the sake of programs that run
            with ``mx.sym`` too.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.zeros((2, 3), ctx=mx.cpu(1)).context
        cpu(1)
    """
    if stype not in (None, "default"):
        return sparse_arrays.zeros(stype, shape, ctx, dtype, **kwargs)
    return _create("_zeros", _shape(shape), ctx, dtype, **kwargs)


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Return an array of ones; arguments as of ``zeros``."""
    return _create("_ones", _shape(shape), ctx, dtype, **kwargs)


def full(
    shape: Any,
    val: float,
    ctx: Context | None = None,
    dtype: Any = DEFAULT_DTYPE,
    out: NDArray | None = None,
) -> NDArray:
    """Return an array filled with ``val``; further arguments as of ``zeros``."""
    return _create("_full", _shape(shape), ctx, dtype, value=val, out=out)


def _create(
    op_name: str,
    shape: tuple[int, ...],
    ctx: Context | None,
    dtype: Any,
    out: NDArray | None = None,
    name: str | None = None,  # noqa: ARG001
    **params: Any,
) -> NDArray:
    if out is not None and ctx is None:
        ctx = out.context
    result: NDArray = getattr(RECORDED, op_name)(
        shape=shape, ctx=as_context(ctx), dtype=dtype or DEFAULT_DTYPE, **params
    )
    return result if out is None else result.copyto(out)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,  # noqa: ARG001
    ctx: Context | None = None,
    dtype: Any = DEFAULT_DTYPE,
) -> NDArray:
    """Return evenly spaced numbers in [start, stop); with one bound, in [0, start).

    Args:
        start: the first number.
        stop: the bound, itself excluded.
        step: the distance, not 0.
        repeat: how often each number stands.
        infer_range: accepted for MXNet's sake.
        ctx: where; the current context if not given.
        dtype: the element type.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.arange(1, 3, repeat=2).asnumpy()
        array([1., 1., 2., 2.], dtype=float32)
    """
    result: NDArray = RECORDED._arange(
        start=start, stop=stop, step=step, repeat=repeat, ctx=as_context(ctx), dtype=dtype
    )
    return result


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | None = None,
    dtype: Any = DEFAULT_DTYPE,
) -> NDArray:
    """Return ``num`` evenly spaced numbers from start to stop (without stop if not ``endpoint``)."""
    result: NDArray = RECORDED._linspace(
        start=start, stop=stop, num=num, endpoint=endpoint, ctx=as_context(ctx), dtype=dtype
    )
    return result


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = DEFAULT_DTYPE) -> NDArray:
    """Return an N x M matrix (M = 0: square) with ones on diagonal k and zeros elsewhere."""
    result: NDArray = RECORDED._eye(N=N, M=M, k=k, ctx=as_context(ctx), dtype=dtype)
    return result


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Join arrays along an axis.

    Args:
        arrays: arrays that agree in all other axes.
        axis: the axis that grows.
        always_copy: False returns a single array itself.
    """
    if not arrays:
        raise ArgumentError("concatenate()", "needs at least one array")
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    result: NDArray = RECORDED.Concat(*arrays, dim=axis)
    return result


def waitall() -> None:
    """Wait for all devices. Errors never wait for this: they are raised at the operator."""
    ctx = current_context()
    backend_of(ctx).synchronize(ctx)
