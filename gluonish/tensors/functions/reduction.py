"""Reductions of tensors over axes, and what is computed along one."""

from __future__ import annotations

import itertools
import operator
from typing import TYPE_CHECKING, Any

from gluonish.dtype import is_complex
from gluonish.engine.ndarray import NDArray
from gluonish.numpy.arguments import call
from gluonish.tensors.arguments import axes_of, keeps_of
from gluonish.tensors.functions.base import Located, as_float, mxnp, tensor_of
from gluonish.tensors.functions.complex_numbers import imag, real
from gluonish.tensors.functions.elementwise import abs as lengths
from gluonish.tensors.functions.elementwise import add
from gluonish.tensors.functions.selecting import gather, narrow, stack, unbind
from gluonish.tensors.functions.shaping import reshape

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "norm",
    "prod",
    "softmax",
    "std",
    "std_mean",
    "sum",
    "var",
    "var_mean",
]


def sum(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: bool = False,
    dtype: Any = None,
) -> Tensor:
    """Return the sum over axes, all if none is given; int64 for integers and bools."""
    x = tensor_of(input, "sum")
    return mxnp.sum(x, axes_of("sum", dim, axis), dtype=_wide(x, dtype), keepdims=keeps_of(keepdim, keepdims))


def _wide(x: Tensor, dtype: Any) -> Any:
    """Return the dtype in which elements add up: int64 for integers and bools if none is given."""
    return "int64" if dtype is None and x.dtype.kind in "iub" else dtype


def mean(
    input: Any,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: bool = False,
    dtype: Any = None,
) -> Tensor:
    """Return the mean over axes, all if none is given."""
    return mxnp.mean(
        tensor_of(input, "mean"),
        axes_of("mean", dim, axis),
        dtype=dtype,
        keepdims=keeps_of(keepdim, keepdims),
    )


def prod(
    input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, dtype: Any = None
) -> Tensor:
    """Return the product over an axis, over all if none is given; int64 for integers and bools."""
    x = tensor_of(input, "prod")
    return mxnp.prod(x, axes_of("prod", dim, axis), dtype=_wide(x, dtype), keepdims=keepdim)


def var(
    input: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
    axis: Any = None,
) -> Tensor:
    """Return the variance over axes, with n - 1 in the denominator unless ``unbiased=False``."""
    if correction is None:
        correction = int(unbiased)
    x, axes = tensor_of(input, "var"), axes_of("var", dim, axis)
    if is_complex(x.dtype):  # the mean square of the distance in the plane
        return add(*(mxnp.var(part(x), axes, ddof=correction, keepdims=keepdim) for part in (real, imag)))
    return mxnp.var(x, axes, ddof=correction, keepdims=keepdim)


def std(
    input: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
    axis: Any = None,
) -> Tensor:
    """Return the standard deviation over axes; arguments as of ``var``."""
    return mxnp.sqrt(var(input, dim, unbiased, keepdim, correction=correction, axis=axis))


def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean over axes; arguments as of ``var``."""
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean over axes; arguments as of ``var``."""
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the middle element, the lower of two; along ``dim`` values and indices."""
    x = tensor_of(input, "median")
    if dim is None:
        return median(reshape(x, (-1,)), 0).values
    places = mxnp.argsort(x.detach(), dim)
    indices = narrow(places, dim, (x.shape[dim] - 1) // 2, 1)
    found = (gather(x, dim, indices), indices)
    return Located(*(each if keepdim else mxnp.squeeze(each, dim) for each in found))


def count_nonzero(input: Any, dim: Any = None) -> Tensor:
    """Return how many elements along the axes are not 0, as int64."""
    return sum(tensor_of(input, "count_nonzero") != 0, dim)


def cumprod(input: Any, dim: int) -> Tensor:
    """Return the products of all elements up to each along an axis."""
    parts = unbind(tensor_of(input, "cumprod"), dim)
    return stack(list(itertools.accumulate(parts, operator.mul)), dim)


def max(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """Return the largest element; along ``dim`` values and indices; of two tensors, the larger elements."""
    return _extreme("max", input, dim, keepdim, axis)


def min(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """Return the smallest element; along ``dim`` values and indices; of two tensors, the smaller elements."""
    return _extreme("min", input, dim, keepdim, axis)


def _extreme(name: str, input: Any, dim: Any, keepdim: bool, axis: Any) -> Any:
    x = tensor_of(input, name)
    if isinstance(dim, NDArray):
        return getattr(mxnp, f"{name}imum")(x, dim)
    if dim is None:
        return _shared(name, x, axis, keepdim)
    indices = mxnp.expand_dims(getattr(mxnp, f"arg{name}")(x.detach(), dim), dim)
    values = gather(x, dim, indices) if x.is_tracked else getattr(mxnp, name)(x, dim, keepdims=True)
    return Located(*(each if keepdim else mxnp.squeeze(each, dim) for each in (values, indices)))


def _shared(name: str, x: Tensor, axis: Any, keepdim: bool) -> Tensor:
    """Return the extremes over axes; elements that tie share the gradient evenly."""
    extreme = getattr(mxnp, name)
    if x.is_tracked and x.size:
        plain = x.detach()
        ties = (plain == extreme(plain, axis, keepdims=True)).sum(axis, keepdims=True)
        if (ties > 1).any():
            x = x.clone()
            x.register_hook(lambda g: g / ties)
    return extreme(x, axis, keepdims=keepdim)


def amax(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return the largest elements over axes, all if none is given; those that tie share the gradient."""
    return _shared("max", tensor_of(input, "amax"), axes_of("amax", dim, None), keepdim)


def amin(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return the smallest elements over axes, all if none is given; those that tie share the gradient."""
    return _shared("min", tensor_of(input, "amin"), axes_of("amin", dim, None), keepdim)


def argmax(input: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Tensor:
    """Return where the first largest element is, along an axis or in the flat tensor, as int64."""
    return _place("argmax", input, axes_of("argmax", dim, axis), keepdim)


def argmin(input: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Tensor:
    """Return where the first smallest element is, along an axis or in the flat tensor, as int64."""
    return _place("argmin", input, axes_of("argmin", dim, axis), keepdim)


def _place(name: str, input: Any, dim: Any, keepdim: bool) -> Tensor:
    found = getattr(mxnp, name)(tensor_of(input, name).detach(), dim)
    return mxnp.expand_dims(found, dim) if keepdim and dim is not None else found


def any(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Tensor:
    """Return whether any element along the axes is not zero."""
    return mxnp.any(tensor_of(input, "any"), axes_of("any", dim, axis), keepdims=keepdim)


def all(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Tensor:
    """Return whether every element along the axes is not zero."""
    return mxnp.all(tensor_of(input, "all"), axes_of("all", dim, axis), keepdims=keepdim)


def norm(
    input: Any, p: Any = None, dim: Any = None, keepdim: bool = False, *, ord: Any = None, axis: Any = None
) -> Tensor:
    """Return the norm of order p over axes; of the flat tensor, Euclidean, if nothing is given."""
    order = {"fro": None}.get(p, p) if ord is None else ord
    x, over = _lengths(tensor_of(input, "norm")), axes_of("norm", dim, axis)
    if over is None:
        x = reshape(x, (-1,))
        over = 0
    return mxnp.linalg.norm(x, order, over, keepdim)


def _lengths(x: Tensor) -> Tensor:
    """Return complex numbers as their absolute values, which have the same norms; others as they are."""
    return lengths(x) if is_complex(x.dtype) else x


def cumsum(input: Any, dim: int | None = None, *, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the sums of all elements up to each along an axis; int64 for integers and bools."""
    x = tensor_of(input, "cumsum")
    return mxnp.cumsum(x, axes_of("cumsum", dim, axis), dtype=_wide(x, dtype))


def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Tensor:
    """Return log(sum(exp(x))) over axes, computed without overflow."""
    x = tensor_of(input, "logsumexp")
    top = mxnp.max(x.detach(), dim, keepdims=True)
    result = mxnp.log(mxnp.sum(mxnp.exp(x - top), dim, keepdims=True)) + top
    return result if keepdim else mxnp.squeeze(result, dim)


def softmax(input: Any, dim: int = -1, *, axis: int | None = None) -> Tensor:
    """Return the softmax along an axis."""
    return call("softmax", as_float(tensor_of(input, "softmax")), axis=dim if axis is None else axis)


def log_softmax(input: Any, dim: int = -1, *, axis: int | None = None) -> Tensor:
    """Return the logarithm of the softmax along an axis."""
    return call("log_softmax", as_float(tensor_of(input, "log_softmax")), axis=dim if axis is None else axis)
