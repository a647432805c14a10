"""Making arrays. As everywhere in Gluon the default dtype is float32, also for lists of integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context, as_context
from gluonish.dtype import as_dtype
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.errors import ArgumentTypeError, UnsupportedError
from gluonish.numpy.arguments import as_array, call, check_order, is_number, written
from gluonish.shape import as_shape

if TYPE_CHECKING:
    from gluonish.numpy.multiarray import ndarray

__all__ = [
    "arange",
    "array",
    "blackman",
    "copy",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "hamming",
    "hanning",
    "identity",
    "indices",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]

FLOAT32 = "float32"


def array(object: Any, dtype: Any = None, ctx: Context | None = None) -> ndarray:
    """Copy data to an array.

    Args:
        object: an array of ``mx.np``, ``mx.nd`` or NumPy, a number or nested lists.
        dtype: the element type; that of an array, else float32.
        ctx: where to; the current context if not given.

    Raises:
        ArgumentTypeError: the data are not numbers in a rectangular arrangement.

    Example:
        >>> import gluonish as mx
        >>> mx.np.array([[1, 2], [3, 4]])
        array([[1., 2.],
               [3., 4.]])
        >>> mx.np.array(3).shape
        ()
    """
    if isinstance(object, NDArray):
        copied = object.detach().as_in_context(as_context(ctx), copy=True).as_np_ndarray()
        return copied if dtype is None else copied.astype(dtype, copy=False)  # type: ignore[return-value]
    if dtype is None and not isinstance(object, (np.ndarray, np.generic)):
        dtype = FLOAT32
    return from_data(object, as_context(ctx), dtype).as_np_ndarray()  # type: ignore[return-value]


def _filled(shape: Any, value: float, dtype: Any, ctx: Any, order: str, function: str) -> ndarray:
    check_order(order, function)
    shape = as_shape(shape, owner=f"The shape for np.{function}()")
    return call("_full", shape=shape, value=value, dtype=dtype, ctx=as_context(ctx)).as_np_ndarray()


def zeros(shape: Any, dtype: Any = None, order: str = "C", ctx: Context | None = None) -> ndarray:
    """Return an array of zeros.

    Args:
        shape: an int or a sequence of ints.
        dtype: the element type, float32 if not given.
        order: "C"; there is no other.
        ctx: where; the current context if not given.

    Raises:
        UnsupportedError: another order.

    Example:
        >>> import gluonish as mx
        >>> mx.np.zeros((2, 3), dtype="int32").dtype
        dtype('int32')
    """
    return _filled(shape, 0, FLOAT32 if dtype is None else dtype, ctx, order, "zeros")


def ones(shape: Any, dtype: Any = FLOAT32, order: str = "C", ctx: Context | None = None) -> ndarray:
    """Return an array of ones; arguments as of ``zeros``."""
    return _filled(shape, 1, FLOAT32 if dtype is None else dtype, ctx, order, "ones")


def empty(shape: Any, dtype: Any = FLOAT32, order: str = "C", ctx: Context | None = None) -> ndarray:
    """Return an array to be filled; until then it holds zeros."""
    return _filled(shape, 0, FLOAT32 if dtype is None else dtype, ctx, order, "empty")


def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "C",
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Return an array filled with a number, or with an array that broadcasts to the shape.

    The dtype is that of the array or bool, else float32; further arguments as of ``zeros``.
    """
    if isinstance(fill_value, NDArray):
        filler = fill_value.as_np_ndarray().as_in_context(fill_value.context if ctx is None else ctx)
        result = call("_np_broadcast_to", filler, shape=as_shape(shape, owner="The shape for np.full()"))
        return written(result if dtype is None else result.astype(dtype), out)
    if dtype is None:
        dtype = "bool" if isinstance(fill_value, (bool, np.bool_)) else FLOAT32
    return written(_filled(shape, fill_value, dtype, ctx, order, "full"), out)


def _like(a: Any, value: float, dtype: Any, ctx: Any, order: str, function: str) -> ndarray:
    a = as_array(a, function)
    return _filled(a.shape, value, dtype or a.dtype, ctx or a.context, order, function)


def zeros_like(
    a: ndarray, dtype: Any = None, order: str = "C", ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """Return zeros in the shape, dtype and context of an array."""
    return written(_like(a, 0, dtype, ctx, order, "zeros_like"), out)


def ones_like(
    a: ndarray, dtype: Any = None, order: str = "C", ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """Return ones in the shape, dtype and context of an array."""
    return written(_like(a, 1, dtype, ctx, order, "ones_like"), out)


def full_like(
    a: ndarray,
    fill_value: float,
    dtype: Any = None,
    order: str = "C",
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """Return an array filled with a number, in the shape, dtype and context of another."""
    return written(_like(a, fill_value, dtype, ctx, order, "full_like"), out)


def empty_like(
    prototype: ndarray, dtype: Any = None, order: str = "C", subok: bool = False, shape: Any = None
) -> ndarray:
    """Return an array to be filled, in the shape, dtype and context of another."""
    if subok or shape is not None:
        raise UnsupportedError("np.empty_like()", "takes subok=False and shape=None only")
    return _like(prototype, 0, dtype, None, order, "empty_like")


def arange(
    start: float, stop: float | None = None, step: float = 1, dtype: Any = None, ctx: Context | None = None
) -> ndarray:
    """Return evenly spaced numbers in [start, stop); with one bound, in [0, start).

    Example:
        >>> import gluonish as mx
        >>> mx.np.arange(1, 4)
        array([1., 2., 3.])
    """
    if not is_number(start):
        raise ArgumentTypeError("np.arange()", "counts between numbers", received=repr(start))
    dtype = FLOAT32 if dtype is None else dtype
    made = call("_arange", start=start, stop=stop, step=step, dtype=dtype, ctx=as_context(ctx))
    return made.as_np_ndarray()


def linspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    ctx: Context | None = None,
) -> Any:
    """Return ``num`` evenly spaced numbers from start to stop (without stop if not ``endpoint``).

    Args:
        start: the first number.
        stop: the last one, or the bound.
        num: how many.
        endpoint: whether ``stop`` is among them.
        retstep: return the distance too.
        dtype: the element type, float32 if not given.
        axis: 0; between two numbers there is no other.
        ctx: where; the current context if not given.

    Raises:
        UnsupportedError: the bounds are arrays.
    """
    if not (is_number(start) and is_number(stop)) or axis != 0:
        raise UnsupportedError("np.linspace()", "counts between numbers, along axis 0, only")
    options = {"dtype": FLOAT32 if dtype is None else dtype, "ctx": as_context(ctx)}
    made = call("_linspace", start=start, stop=stop, num=num, endpoint=endpoint, **options).as_np_ndarray()
    parts = num - 1 if endpoint else num
    return (made, (stop - start) / parts if parts > 0 else float("nan")) if retstep else made


def logspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10.0,
    dtype: Any = None,
    axis: int = 0,
    ctx: Context | None = None,
) -> ndarray:
    """Return the base raised to evenly spaced exponents; arguments as of ``linspace``."""
    exponents = linspace(start, stop, num, endpoint, False, "float64", axis, ctx)
    return (base**exponents).astype(FLOAT32 if dtype is None else dtype)


def eye(
    N: int,
    M: int | None = None,
    k: int = 0,
    dtype: Any = FLOAT32,
    order: str = "C",
    ctx: Context | None = None,
) -> ndarray:
    """Return an N x M matrix (square if M is not given) with ones on diagonal k and zeros elsewhere."""
    check_order(order, "eye")
    dtype = FLOAT32 if dtype is None else dtype
    return call("_eye", N=N, M=M or 0, k=k, dtype=dtype, ctx=as_context(ctx)).as_np_ndarray()


def identity(n: int, dtype: Any = None, ctx: Context | None = None) -> ndarray:
    """Return the n x n matrix with ones on its main diagonal and zeros elsewhere."""
    return eye(n, dtype=dtype, ctx=ctx)


def indices(dimensions: Any, dtype: Any = "int32", ctx: Context | None = None) -> ndarray:
    """Return, for each axis of a shape, the index of every place along it, stacked along a new first axis."""
    made = np.indices(as_shape(dimensions, owner="The shape for np.indices()"), as_dtype(dtype))
    return array(made, ctx=ctx)


def hanning(M: int, dtype: Any = FLOAT32, ctx: Context | None = None) -> ndarray:
    """Return the Hann window of M points."""
    return array(np.hanning(M), dtype, ctx)


def hamming(M: int, dtype: Any = FLOAT32, ctx: Context | None = None) -> ndarray:
    """Return the Hamming window of M points."""
    return array(np.hamming(M), dtype, ctx)


def blackman(M: int, dtype: Any = FLOAT32, ctx: Context | None = None) -> ndarray:
    """Return the Blackman window of M points."""
    return array(np.blackman(M), dtype, ctx)


def copy(a: ndarray, out: ndarray | None = None) -> ndarray:
    """Return a copy of an array."""
    return written(call("_copy", as_array(a, "copy")), out)


def tril(m: ndarray, k: int = 0) -> ndarray:
    """Return matrices with zeros above diagonal k."""
    return call("_npi_tril", as_array(m, "tril"), k=k)


def triu(m: ndarray, k: int = 0) -> ndarray:
    """Return matrices with zeros below diagonal k."""
    return call("_npi_triu", as_array(m, "triu"), k=k)
