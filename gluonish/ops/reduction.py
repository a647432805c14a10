"""Reductions over axes.

All share MXNet's parameters: ``axis`` (an int or a tuple; None or () means all axes), ``keepdims``, and
``exclude`` (reduce all axes but those named). Reducing all axes gives shape (1,), not ().
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, HOLOMORPHIC, XP, ZERO_GRADIENT, Array, Operator, operator
from gluonish.ops.common import normalize_axes, normalize_axis
from gluonish.shape import PartialShape, shape_size

__all__ = ["mean", "norm", "square_sum", "sum_"]

Axes = tuple[int, ...] | None


def _reduced_axes(axis: Axes, exclude: bool, ndim: int, owner: str) -> tuple[int, ...]:
    named = normalize_axes(axis or (), ndim, owner) or tuple(range(ndim))
    if exclude and axis:
        return tuple(i for i in range(ndim) if i not in named)
    return named


def _reduced_shape(shape: Sequence[Any], axes: Sequence[int], keepdims: bool) -> tuple[Any, ...]:
    if keepdims:
        return tuple(1 if i in axes else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in axes) or (1,)


def _state_shape(s: ShapeFacts, axis: Axes, keepdims: bool, exclude: bool = False) -> None:
    data: PartialShape = s["data"]
    if data is not None:
        axes = _reduced_axes(axis, exclude, len(data), s.owner)
        s["output"] = _reduced_shape(data, axes, keepdims)


def _spread(F: Any, g: Any, shape: tuple[int, ...], axes: Sequence[int]) -> Any:
    """Give a reduced array its axes back and repeat it along them."""
    kept = _reduced_shape(shape, axes, keepdims=True)
    sizes = tuple(shape[i] for i in axes)
    return F.broadcast_axis(F._reshape_to(g, shape=kept), axis=tuple(axes), size=sizes)


def _accumulator(data: Array) -> Any:
    """Return the dtype to add up in: half precision loses too much in its own."""
    return "float32" if data.dtype.itemsize == 2 and data.dtype.kind not in "iu" else data.dtype  # noqa: PLR2004


def _declare_reduction(
    name: str,
    reduce: Callable[..., Array],
    doc: str,
    aliases: Sequence[str] = (),
    on_complex: str | None = None,
) -> Operator:
    """Declare a reduction by ``reduce(xp, data, axes)``, which keeps the reduced axes with size 1."""

    def kernel(
        xp: XP, data: Array, *, axis: Axes = None, keepdims: bool = False, exclude: bool = False
    ) -> Array:
        axes = _reduced_axes(axis, exclude, data.ndim, name)
        result = reduce(xp, data, axes).astype(data.dtype, copy=False)
        return result.reshape(_reduced_shape(data.shape, axes, keepdims))

    kernel.__doc__ = f"Return {doc} over the given axes."
    method = None if name.startswith("_") else name
    op = operator(name, aliases=aliases, native=True, method=method, on_complex=on_complex)(kernel)
    op.shape(_state_shape)
    return op


def _declare_spread_gradient(op: Operator, rule: Callable[..., Any]) -> None:
    """Declare a gradient by ``rule(F, g, data, output)``, with g and output in the data's shape."""

    @op.gradient("data")
    def of_data(F: Any, g: Any, data: Any, output: Any, axis: Axes, exclude: bool) -> Any:
        axes = _reduced_axes(axis, exclude, len(data.shape), op.name)
        g = _spread(F, g, data.shape, axes)
        return rule(F, g, data, _spread(F, output, data.shape, axes))


def _sum(xp: XP, data: Array, axes: tuple[int, ...]) -> Array:
    return data.sum(axis=axes, keepdims=True, dtype=_accumulator(data))


def _mean(xp: XP, data: Array, axes: tuple[int, ...]) -> Array:
    return _sum(xp, data, axes) / _count(data.shape, axes)


def _count(shape: tuple[int, ...], axes: Sequence[int]) -> int:
    """Return how many elements go into each result; at least 1, to divide by."""
    return max(1, shape_size(tuple(shape[i] for i in axes)))


sum_ = _declare_reduction("sum", _sum, "the sum", aliases=("sum_axis",), on_complex=AS_WRITTEN)
mean = _declare_reduction("mean", _mean, "the mean", on_complex=AS_WRITTEN)
square_sum = _declare_reduction(
    "_square_sum",
    lambda xp, data, axes: _sum(xp, xp.square(data), axes),
    "the sum of squares",
    aliases=("_sparse_square_sum",),
)
prod = _declare_reduction(
    "prod",
    lambda xp, data, axes: data.prod(axis=axes, keepdims=True, dtype=data.dtype),
    "the product",
    on_complex=HOLOMORPHIC,
)
nansum = _declare_reduction(
    "nansum",
    lambda xp, data, axes: xp.nansum(data, axis=axes, keepdims=True),
    "the sum, NaN counting as 0,",
)
nanprod = _declare_reduction(
    "nanprod",
    lambda xp, data, axes: xp.nanprod(data, axis=axes, keepdims=True),
    "the product, NaN counting as 1,",
)
max_ = _declare_reduction(
    "max",
    lambda xp, data, axes: data.max(axis=axes, keepdims=True),
    "the maximum (all elements equal to it receive the gradient)",
    aliases=("max_axis",),
)
min_ = _declare_reduction(
    "min",
    lambda xp, data, axes: data.min(axis=axes, keepdims=True),
    "the minimum (all elements equal to it receive the gradient)",
    aliases=("min_axis",),
)

for _extremum in (max_, min_):
    _declare_spread_gradient(_extremum, lambda F, g, data, output: g * (data == output))
# NaN alone differs from itself.
_declare_spread_gradient(nansum, lambda F, g, data, output: g * (data == data))  # noqa: PLR0124
_declare_spread_gradient(
    nanprod,
    lambda F, g, data, output: F.where(data == data, g * output / data, data * 0),  # noqa: PLR0124
)


@sum_.gradient("data")
def sum_gradient(F: Any, g: Any, shapes: Any, axis: Axes, exclude: bool) -> Any:
    return _spread(F, g, shapes[0], _reduced_axes(axis, exclude, len(shapes[0]), "sum"))


@mean.gradient("data")
def mean_gradient(F: Any, g: Any, shapes: Any, axis: Axes, exclude: bool) -> Any:
    axes = _reduced_axes(axis, exclude, len(shapes[0]), "mean")
    return _spread(F, g / _count(shapes[0], axes), shapes[0], axes)


@prod.gradient("data")
def prod_gradient(F: Any, g: Any, data: Any, axis: Axes, exclude: bool) -> Any:
    """Multiply the other factors, also where one of them is 0 and output / data would be 0 / 0."""
    axes = _reduced_axes(axis, exclude, len(data.shape), "prod")
    is_zero = F.broadcast_equal(data, F.zeros_like(data))
    nonzero = data + is_zero
    product = _spread(F, F.prod(nonzero, axis=axes), data.shape, axes)
    zeros = _spread(F, F.sum(is_zero, axis=axes), data.shape, axes)
    others_are_nonzero = F.broadcast_equal(zeros, is_zero)
    return _spread(F, g, data.shape, axes) * product / nonzero * others_are_nonzero


_declare_spread_gradient(square_sum, lambda F, g, data, output: g * data * 2)


@operator("norm", native=True, method="norm")
def norm(xp: XP, data: Array, *, ord: int = 2, axis: Axes = None, keepdims: bool = False) -> Array:  # noqa: A002
    """Return the L1 or L2 norm over the given axes. At the origin its gradient is 0."""
    axes = _reduced_axes(axis, exclude=False, ndim=data.ndim, owner="norm")
    wide = data.astype(_accumulator(data), copy=False)
    if ord == 1:
        result = xp.abs(wide).sum(axis=axes, keepdims=True)
    else:
        result = xp.sqrt(xp.square(wide).sum(axis=axes, keepdims=True))
    shape = _reduced_shape(data.shape, axes, keepdims)
    return result.astype(data.dtype, copy=False).reshape(shape)


@norm.shape
def norm_shape(s: ShapeFacts, ord: int, axis: Axes, keepdims: bool) -> None:  # noqa: A002
    if ord not in (1, 2):
        s.fail("knows the norms of order 1 and 2 only", expected="ord=1 or ord=2")
    _state_shape(s, axis, keepdims)


@norm.gradient("data")
def norm_gradient(F: Any, g: Any, data: Any, output: Any, ord: int, axis: Axes) -> Any:  # noqa: A002
    axes = _reduced_axes(axis, exclude=False, ndim=len(data.shape), owner="norm")
    g = _spread(F, g, data.shape, axes)
    if ord == 1:
        return g * F.sign(data)
    length = _spread(F, output, data.shape, axes)
    return g * data / (length + (length == 0))


def _declare_arg_reduction(name: str, doc: str) -> None:
    def kernel(xp: XP, data: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
        if axis is None:
            found = getattr(data.reshape(-1), name)(0).reshape((1,) * (data.ndim if keepdims else 1))
        else:
            axis = normalize_axis(axis, data.ndim, name)
            found = getattr(data, name)(axis)
            found = found.reshape(_reduced_shape(data.shape, (axis,), keepdims))
        return found.astype(data.dtype)

    kernel.__doc__ = (
        f"Return the index of {doc} along an axis (None: in the flat array), in the data's dtype."
    )
    op = operator(name, native=True, method=name, gradient=ZERO_GRADIENT)(kernel)

    @op.shape
    def shape(s: ShapeFacts, axis: int | None, keepdims: bool) -> None:
        _state_shape(s, None if axis is None else (axis,), keepdims)


_declare_arg_reduction("argmax", "the first maximum")
_declare_arg_reduction("argmin", "the first minimum")


@operator("argmax_channel", gradient=ZERO_GRADIENT, native=True, method="argmax_channel")
def argmax_channel(xp: XP, data: Array) -> Array:
    """Return the index of the first maximum along axis 1, in the data's dtype."""
    return data.argmax(1).astype(data.dtype)


@argmax_channel.shape
def argmax_channel_shape(s: ShapeFacts) -> None:
    data = s["data"]
    if data is not None:
        s["output"] = data[:1] + data[2:]


@operator("moments", outputs=("mean", "var"), labels=("output0", "output1"), native=True)
def moments(xp: XP, data: Array, *, axes: Axes = None, keepdims: bool = False) -> tuple[Array, Array]:
    """Return the mean and the (biased) variance over the given axes."""
    reduced = _reduced_axes(axes, exclude=False, ndim=data.ndim, owner="moments")
    mean = _mean(xp, data, reduced)
    var = _mean(xp, xp.square(data - mean), reduced)
    shape = _reduced_shape(data.shape, reduced, keepdims)
    return tuple(each.astype(data.dtype, copy=False).reshape(shape) for each in (mean, var))


@moments.shape
def moments_shape(s: ShapeFacts, axes: Axes, keepdims: bool) -> None:
    data = s["data"]
    if data is not None:
        reduced = _reduced_axes(axes, exclude=False, ndim=len(data), owner="moments")
        s["mean"] = s["var"] = _reduced_shape(data, reduced, keepdims)


@moments.gradient("data")
def moments_gradient(F: Any, g: Any, data: Any, mean: Any, axes: Axes) -> Any:
    g_mean, g_var = g
    reduced = _reduced_axes(axes, exclude=False, ndim=len(data.shape), owner="moments")
    centred = data - _spread(F, mean, data.shape, reduced)
    g_mean = _spread(F, g_mean, data.shape, reduced)
    return (g_mean + _spread(F, g_var, data.shape, reduced) * centred * 2) / _count(data.shape, reduced)
