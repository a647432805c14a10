"""Functions of tensors under torch's names, with axes as ``dim`` and ``keepdim`` (or ``axis``, ``keepdims``).

They are put together from ``mx.np`` and the operator table; every one is differentiable wherever it is smooth.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gluonish import numpy as mxnp
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.numpy.arguments import call, is_number
from gluonish.tensor.arguments import axes_of, keeps_of

if TYPE_CHECKING:
    from gluonish.tensor.tensor import Tensor

__all__ = [
    "Extreme",
    "addmm",
    "allclose",
    "any",
    "all",
    "broadcast_to",
    "cat",
    "chunk",
    "clamp",
    "concat",
    "drawn",
    "flatten",
    "gather",
    "masked_fill",
    "reshape",
    "softmax",
    "split",
    "stack",
    "where",
]


class Extreme(NamedTuple):
    """The extremes, or the sorted elements, along an axis, and where they were."""

    values: Tensor
    indices: Tensor


def _tensor(value: Any, function: str) -> Tensor:
    """Return an array of any kind, a parameter or a number as a tensor, with its history.

    Raises:
        ArgumentTypeError: it is none of them.
    """
    from gluonish.tensor.tensor import Tensor  # noqa: PLC0415  its methods are these functions

    if isinstance(value, Tensor):
        return value
    if isinstance(value, NDArray):
        return value._as(Tensor)  # type: ignore[return-value]
    if hasattr(value, "stand_in"):
        return value.stand_in(None)._as(Tensor)
    if is_number(value) or isinstance(value, (np.ndarray, list, tuple)):
        return Tensor(value)
    raise ArgumentTypeError(
        f"{function}()",
        "takes tensors",
        expected="a Tensor",
        received=f"{type(value).__name__} {value!r:.60}",
    )


def _operand(value: Any, function: str) -> Any:
    return value if is_number(value) else _tensor(value, function)


# -- element by element ---------------------------------------------------------------------------------


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha * other``."""
    return mxnp.add(_tensor(input, "add"), _scaled(other, alpha, "add"))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input - alpha * other``."""
    return mxnp.subtract(_tensor(input, "sub"), _scaled(other, alpha, "sub"))


subtract = sub


def _scaled(other: Any, alpha: Any, function: str) -> Any:
    operand = _operand(other, function)
    return operand if alpha == 1 else operand * alpha


def mul(input: Any, other: Any) -> Tensor:
    """Return the product, element by element."""
    return mxnp.multiply(_tensor(input, "mul"), _operand(other, "mul"))


multiply = mul


def div(input: Any, other: Any) -> Tensor:
    """Return the quotient, element by element; float32 for integers."""
    return mxnp.true_divide(_tensor(input, "div"), _operand(other, "div"))


divide = div


def pow(input: Any, exponent: Any) -> Tensor:
    """Return the power, element by element."""
    return mxnp.power(_operand(input, "pow"), _operand(exponent, "pow"))


_UNARY = {
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "square": "square",
    "abs": "abs",
    "neg": "negative",
    "reciprocal": "reciprocal",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "arcsin",
    "arccos": "arccos",
    "arctan": "arctan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "floor": "floor",
    "ceil": "ceil",
    "round": "rint",
    "trunc": "trunc",
    "sign": "sign",
    "isnan": "isnan",
    "isinf": "isinf",
    "isfinite": "isfinite",
    "logical_not": "logical_not",
}
"""Functions of one tensor, and what ``mx.np`` calls them."""

_OPERATORS = ("sigmoid", "relu", "erf", "rsqrt", "softsign", "erfinv", "gammaln")
"""Functions of one tensor that are operators."""

_BINARY = {
    "maximum": "maximum",
    "minimum": "minimum",
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "logical_and": "logical_and",
    "logical_or": "logical_or",
    "logical_xor": "logical_xor",
    "remainder": "mod",
    "atan2": "arctan2",
}
"""Functions of two tensors, or of a tensor and a number, and what ``mx.np`` calls them."""


def _install() -> None:
    for name, word in _UNARY.items():
        _put(name, _unary(name, getattr(mxnp, word)), getattr(mxnp, word).__doc__)
    for name in _OPERATORS:
        _put(name, _by_operator(name), f"Return ``{name}`` of every element.")
    for name, word in _BINARY.items():
        _put(name, _binary(name, getattr(mxnp, word)), getattr(mxnp, word).__doc__)


def _put(name: str, function: Any, doc: str | None) -> None:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    globals()[name] = function
    __all__.append(name)  # noqa: PYI056


def _unary(name: str, function: Any) -> Any:
    return lambda input: function(_tensor(input, name))


def _by_operator(name: str) -> Any:
    return lambda input: call(name, _as_float(_tensor(input, name)))


def _binary(name: str, function: Any) -> Any:
    return lambda input, other: function(_operand(input, name), _operand(other, name))


def _as_float(x: Tensor) -> Tensor:
    return x.astype("float32") if x.dtype.kind in "iub" else x


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Limit elements to [min, max]; either may be None."""
    return mxnp.clip(_tensor(input, "clamp"), min, max)


clip = clamp


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """Return elements of ``input`` where the condition holds, else of ``other``."""
    return mxnp.where(_tensor(condition, "where"), _operand(input, "where"), _operand(other, "where"))


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Return the tensor with a number where the mask holds."""
    x = _tensor(input, "masked_fill")
    return mxnp.where(_tensor(mask, "masked_fill"), value, x)


# -- products -------------------------------------------------------------------------------------------


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product, over stacks of matrices by broadcasting, as NumPy's ``matmul``.

    Example:
        >>> import gluonish as torch
        >>> torch.matmul(torch.ones(2, 3), torch.ones(3, 4)).shape
        (2, 4)
    """
    return mxnp.matmul(_tensor(input, "matmul"), _tensor(other, "matmul"))


mm = bmm = matmul


def dot(input: Any, other: Any) -> Tensor:
    """Return the inner product of two vectors."""
    return mxnp.dot(_tensor(input, "dot"), _tensor(other, "dot"))


def outer(input: Any, other: Any) -> Tensor:
    """Return the outer product of two vectors."""
    return mxnp.outer(_tensor(input, "outer"), _tensor(other, "outer"))


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return ``beta * input + alpha * mat1 @ mat2``."""
    return _tensor(input, "addmm") * beta + matmul(mat1, mat2) * alpha


def einsum(equation: str, *operands: Any) -> Tensor:
    """Return a sum of products, as NumPy's ``einsum`` describes it."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    return mxnp.einsum(equation, *(_tensor(each, "einsum") for each in given))


# -- reductions -----------------------------------------------------------------------------------------


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
    x = _tensor(input, "sum")
    wide = "int64" if dtype is None and x.dtype.kind in "iub" else dtype
    return mxnp.sum(x, axes_of("sum", dim, axis), dtype=wide, keepdims=keeps_of(keepdim, keepdims))


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
        _tensor(input, "mean"), axes_of("mean", dim, axis), dtype=dtype, keepdims=keeps_of(keepdim, keepdims)
    )


def prod(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Tensor:
    """Return the product over an axis, over all if none is given."""
    return mxnp.prod(_tensor(input, "prod"), axes_of("prod", dim, axis), keepdims=keepdim)


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
    return mxnp.var(_tensor(input, "var"), axes_of("var", dim, axis), ddof=correction, keepdims=keepdim)


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


def max(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """Return the largest element; along ``dim`` values and indices; of two tensors, the larger elements."""
    return _extreme("max", input, dim, keepdim, axis)


def min(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """Return the smallest element; along ``dim`` values and indices; of two tensors, the smaller elements."""
    return _extreme("min", input, dim, keepdim, axis)


def _extreme(name: str, input: Any, dim: Any, keepdim: bool, axis: Any) -> Any:
    x = _tensor(input, name)
    if isinstance(dim, NDArray):
        return getattr(mxnp, f"{name}imum")(x, dim)
    if dim is None:
        return getattr(mxnp, name)(x, axis, keepdims=keepdim)
    indices = getattr(mxnp, f"arg{name}")(x.detach(), dim)
    values = getattr(mxnp, name)(x, dim, keepdims=keepdim)
    return Extreme(values, mxnp.expand_dims(indices, dim) if keepdim else indices)


def argmax(input: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Tensor:
    """Return where the first largest element is, along an axis or in the flat tensor, as int64."""
    return _place("argmax", input, axes_of("argmax", dim, axis), keepdim)


def argmin(input: Any, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None) -> Tensor:
    """Return where the first smallest element is, along an axis or in the flat tensor, as int64."""
    return _place("argmin", input, axes_of("argmin", dim, axis), keepdim)


def _place(name: str, input: Any, dim: Any, keepdim: bool) -> Tensor:
    found = getattr(mxnp, name)(_tensor(input, name).detach(), dim)
    return mxnp.expand_dims(found, dim) if keepdim and dim is not None else found


def any(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Tensor:
    """Return whether any element along the axes is not zero."""
    return mxnp.any(_tensor(input, "any"), axes_of("any", dim, axis), keepdims=keepdim)


def all(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None) -> Tensor:
    """Return whether every element along the axes is not zero."""
    return mxnp.all(_tensor(input, "all"), axes_of("all", dim, axis), keepdims=keepdim)


def norm(
    input: Any, p: Any = None, dim: Any = None, keepdim: bool = False, *, ord: Any = None, axis: Any = None
) -> Tensor:
    """Return the norm of order p over axes; of the flat tensor, Euclidean, if nothing is given."""
    order = {"fro": None}.get(p, p) if ord is None else ord
    x, over = _tensor(input, "norm"), axes_of("norm", dim, axis)
    if over is None:
        x = reshape(x, (-1,))
        over = 0
    result = mxnp.linalg.norm(x, order, over, keepdim)
    return result


def cumsum(input: Any, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """Return the sums of all elements up to each along an axis."""
    return mxnp.cumsum(_tensor(input, "cumsum"), axes_of("cumsum", dim, axis))


def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Tensor:
    """Return log(sum(exp(x))) over axes, computed without overflow."""
    x = _tensor(input, "logsumexp")
    top = mxnp.max(x.detach(), dim, keepdims=True)
    result = mxnp.log(mxnp.sum(mxnp.exp(x - top), dim, keepdims=True)) + top
    return result if keepdim else mxnp.squeeze(result, dim)


def softmax(input: Any, dim: int = -1, *, axis: int | None = None) -> Tensor:
    """Return the softmax along an axis."""
    return call("softmax", _as_float(_tensor(input, "softmax")), axis=dim if axis is None else axis)


def log_softmax(input: Any, dim: int = -1, *, axis: int | None = None) -> Tensor:
    """Return the logarithm of the softmax along an axis."""
    return call("log_softmax", _as_float(_tensor(input, "log_softmax")), axis=dim if axis is None else axis)


# -- shapes ---------------------------------------------------------------------------------------------


def reshape(input: Any, *shape: Any) -> Tensor:
    """Return the tensor in another shape over the same memory; one size may be -1.

    Raises:
        ShapeMismatchError: the tensor does not fill that shape.
    """
    x = _tensor(input, "reshape")
    sizes = tuple(shape[0]) if len(shape) == 1 and not hasattr(shape[0], "__index__") else shape
    rest = int(np.prod([size for size in sizes if size != -1], dtype=np.int64))
    full = tuple(x.size // builtins.max(rest, 1) if size == -1 else int(size) for size in sizes)
    return call("_npi_reshape" if 0 in full else "_reshape_view", x, **_new_shape(full))


def _new_shape(full: tuple[int, ...]) -> dict[str, Any]:
    return {"newshape": full} if 0 in full else {"shape": full}


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return the tensor with the axes from ``start_dim`` to ``end_dim`` made one."""
    x = _tensor(input, "flatten")
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
    x, given = _tensor(input, "squeeze"), axes_of("squeeze", dim, axis)
    named = range(x.ndim) if given is None else given if isinstance(given, tuple) else (given,)
    gone = {each % builtins.max(x.ndim, 1) for each in named}
    return reshape(x, tuple(size for i, size in enumerate(x.shape) if i not in gone or size != 1))


def unsqueeze(input: Any, dim: int) -> Tensor:
    """Return the tensor with a new axis of size 1."""
    return mxnp.expand_dims(_tensor(input, "unsqueeze"), dim)


def permute(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with its axes in another order."""
    order = tuple(dims[0]) if len(dims) == 1 and not hasattr(dims[0], "__index__") else dims
    return mxnp.transpose(_tensor(input, "permute"), order)


def transpose(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with two axes exchanged; with its axes in the order given; or all reversed."""
    x = _tensor(input, "transpose")
    if len(dims) == 2 and builtins.all(hasattr(each, "__index__") for each in dims):
        return mxnp.swapaxes(x, *dims)
    return permute(x, dims[0] if dims and dims[0] is not None else tuple(range(x.ndim))[::-1])


def t(input: Any) -> Tensor:
    """Return a matrix transposed."""
    return _tensor(input, "t").t()


def broadcast_to(input: Any, shape: Any) -> Tensor:
    """Return the tensor repeated to fill a shape."""
    return mxnp.broadcast_to(_tensor(input, "broadcast_to"), tuple(shape))


def tile(input: Any, dims: Any) -> Tensor:
    """Return the tensor laid out this often along each axis."""
    return mxnp.tile(_tensor(input, "tile"), tuple(dims))


def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Tensor:
    """Return the tensor with every element repeated, along an axis or flat."""
    return mxnp.repeat(_tensor(input, "repeat_interleave"), repeats, dim)


def flip(input: Any, dims: Any) -> Tensor:
    """Return the tensor with axes reversed."""
    return mxnp.flip(_tensor(input, "flip"), dims if isinstance(dims, int) else tuple(dims))


def roll(input: Any, shifts: Any, dims: Any = None) -> Tensor:
    """Return the tensor with elements moved along axes; those beyond the end come in at the start."""
    return mxnp.roll(_tensor(input, "roll"), shifts, dims)


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """Return the lower triangle of a matrix."""
    return mxnp.tril(_tensor(input, "tril"), diagonal)


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """Return the upper triangle of a matrix."""
    return mxnp.triu(_tensor(input, "triu"), diagonal)


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """Return a diagonal of a matrix, or a matrix with a vector on it."""
    return mxnp.diag(_tensor(input, "diag"), diagonal)


# -- joining and choosing ---------------------------------------------------------------------------------


def _tensors(values: Sequence[Any], function: str) -> list[Tensor]:
    return [_tensor(each, function) for each in values]


def cat(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Join tensors along an axis that they have."""
    return mxnp.concatenate(_tensors(tensors, "cat"), dim if axis is None else axis)


concat = concatenate = cat


def stack(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Join tensors along a new axis."""
    return mxnp.stack(_tensors(tensors, "stack"), dim if axis is None else axis)


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return pieces of a size, the last one smaller if need be, or of the sizes listed."""
    x = _tensor(tensor, "split")
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
    return tuple(
        narrow(x, dim, a, b - a) for a, b in zip([0, *bounds], [*bounds, length], strict=True)
    )


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return at most so many pieces of equal size, the last one smaller if need be."""
    x = _tensor(input, "chunk")
    return split(x, builtins.max(1, -(-x.shape[dim] // chunks)), dim)


def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the parts at each index of an axis, without that axis."""
    x = _tensor(input, "unbind")
    return tuple(select(x, dim, i) for i in range(x.shape[dim]))


def narrow(input: Any, dim: int, start: int, length: int) -> Tensor:
    """Return a range of an axis."""
    x = _tensor(input, "narrow")
    return x[(*(slice(None),) * (dim % x.ndim), slice(start, start + length))]


def select(input: Any, dim: int, index: int) -> Tensor:
    """Return the part at one index of an axis, without that axis."""
    x = _tensor(input, "select")
    return x[(*(slice(None),) * (dim % x.ndim), index)]


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the parts at the indices of an axis."""
    return mxnp.take(_tensor(input, "index_select"), _tensor(index, "index_select"), dim)


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """Return, for each index, the element of the same line along an axis; as NumPy's ``take_along_axis``."""
    x, places = _tensor(input, "gather"), _tensor(index, "gather")
    axis = dim % x.ndim
    key = tuple(
        places if i == axis else Tensor_arange(size, i, x.ndim, x) for i, size in enumerate(places.shape)
    )
    return x[key]


def Tensor_arange(size: int, axis: int, ndim: int, like: Tensor) -> Tensor:  # noqa: N802
    """Return 0 ... size - 1 along one of several axes."""
    shape = tuple(size if i == axis else 1 for i in range(ndim))
    return type(like).make(np.arange(size).reshape(shape), like.context)  # type: ignore[return-value]


def sort(input: Any, dim: int = -1, descending: bool = False) -> Extreme:
    """Return the elements in order along an axis, and where they were."""
    x = _tensor(input, "sort")
    indices = argsort(x, dim, descending)
    return Extreme(gather(x, dim, indices), indices)


def argsort(input: Any, dim: int = -1, descending: bool = False) -> Tensor:
    """Return the indices that sort the tensor along an axis, as int64."""
    x = _tensor(input, "argsort").detach()
    return mxnp.argsort(-x if descending else x, dim)


def topk(input: Any, k: int, dim: int = -1, largest: bool = True) -> Extreme:
    """Return the k largest (or smallest) elements along an axis, in order, and where they were."""
    x = _tensor(input, "topk")
    indices = narrow(argsort(x, dim, descending=largest), dim, 0, k)
    return Extreme(gather(x, dim, indices), indices)


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Tell whether two tensors are equal within tolerances."""
    return bool(np.allclose(np.asarray(input), np.asarray(other), rtol, atol, equal_nan))


def drawn(op_name: str, like: Tensor, **params: Any) -> Any:
    """Return draws in the shape, the dtype and on the context of a tensor."""
    return call(op_name, shape=like.shape, dtype=like.dtype, ctx=like.context, **params)


_install()
