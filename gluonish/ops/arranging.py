"""Operators that put elements in another order, around, or on a diagonal. They copy, as MXNet's do."""

from __future__ import annotations

from typing import Any, Literal

from gluonish.engine.facts import ShapeFacts
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.ops.common import as_scalar, normalize_axes, normalize_axis, product
from gluonish.shape import Dim, PartialShape

__all__ = ["on_diagonal"]


# -- the order of axes ----------------------------------------------------------------------------------


@operator("transpose", native=True, on_complex=AS_WRITTEN)
def transpose(xp: XP, data: Array, *, axes: tuple[int, ...] = ()) -> Array:
    """Return the array with its axes in this order; reversed if none is given."""
    return data.transpose(axes or None).copy()


@transpose.shape
def transpose_shape(s: ShapeFacts, axes: tuple[int, ...]) -> None:
    data, output = s["data"], s["output"]
    rank = len(axes) or len(data or output or ())
    order = normalize_axes(axes, rank, s.owner) or tuple(reversed(range(rank)))
    if data is not None:
        if len(data) != rank:
            s.fail("got an order of another number of axes", expected=f"{len(data)} axes")
        s["output"] = tuple(data[i] for i in order)
    if output is not None and len(output) == rank:
        s["data"] = tuple(output[i] for i in _inverse(order))


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(order.index(i) for i in range(len(order)))


@transpose.gradient("data")
def transpose_gradient(F: Any, g: Any, axes: tuple[int, ...]) -> Any:
    return F.transpose(g, axes=_inverse(tuple(axis % len(axes) for axis in axes)))


@operator("SwapAxis", aliases=("swapaxes",), native=True, method="swapaxes", on_complex=AS_WRITTEN)
def swapaxes(xp: XP, data: Array, *, dim1: int = 0, dim2: int = 0) -> Array:
    """Return the array with two axes exchanged."""
    return data.swapaxes(dim1, dim2).copy()


@swapaxes.shape
def swapaxes_shape(s: ShapeFacts, dim1: int, dim2: int) -> None:
    for here, there in (("data", "output"), ("output", "data")):
        if s[here] is not None:
            dims = list(s[here])
            first, second = (normalize_axis(dim, len(dims), s.owner) for dim in (dim1, dim2))
            dims[first], dims[second] = dims[second], dims[first]
            s[there] = dims


@swapaxes.gradient("data")
def swapaxes_gradient(F: Any, g: Any, dim1: int, dim2: int) -> Any:
    return F.SwapAxis(g, dim1=dim1, dim2=dim2)


@operator("reverse", aliases=("flip",), native=True, method="flip", on_complex=AS_WRITTEN)
def reverse(xp: XP, data: Array, *, axis: tuple[int, ...]) -> Array:
    """Return the array with the order of elements reversed along these axes."""
    return xp.flip(data, axis).copy()


@reverse.shape
def reverse_shape(s: ShapeFacts, axis: tuple[int, ...]) -> None:
    s.same("data", "output")
    if s["data"] is not None:
        normalize_axes(axis, len(s["data"]), s.owner)


@reverse.gradient("data")
def reverse_gradient(F: Any, g: Any, axis: tuple[int, ...]) -> Any:
    return F.reverse(g, axis=axis)


# -- channels and space ---------------------------------------------------------------------------------


@operator("depth_to_space", native=True, method="depth_to_space")
def depth_to_space(xp: XP, data: Array, *, block_size: int) -> Array:
    """Move channels of NCHW images into blocks of pixels.

    The channel of pixel (i, j) of a block is (i * block_size + j) * C + c, for C channels of the result.
    """
    n, c, h, w = data.shape
    blocks = data.reshape(n, block_size, block_size, c // block_size**2, h, w)
    shape = (n, c // block_size**2, h * block_size, w * block_size)
    return blocks.transpose(0, 3, 4, 1, 5, 2).copy().reshape(shape)


@operator("space_to_depth", native=True, method="space_to_depth")
def space_to_depth(xp: XP, data: Array, *, block_size: int) -> Array:
    """Move blocks of pixels of NCHW images into channels: the reverse of ``depth_to_space``."""
    n, c, h, w = data.shape
    blocks = data.reshape(n, c, h // block_size, block_size, w // block_size, block_size)
    shape = (n, c * block_size**2, h // block_size, w // block_size)
    return blocks.transpose(0, 3, 5, 1, 2, 4).copy().reshape(shape)


def _state_blocks(s: ShapeFacts, deep: str, wide: str, block_size: int) -> None:
    """State that NCHW images ``deep`` are those of ``wide``, with blocks of pixels as channels."""
    if block_size < 1:
        s.fail("needs blocks of at least one pixel", expected="block_size >= 1")
    channels = block_size**2
    for name in (deep, wide):
        if s[name] is not None and len(s[name]) != 4:  # noqa: PLR2004
            s.fail("works on images of 4 axes, NCHW")
    if s[deep] is not None:
        n, c, h, w = s[deep]
        if c is not None and c % channels:
            s.fail("cannot make blocks of these channels", expected=f"a multiple of {channels}")
        s[wide] = (
            n,
            None if c is None else c // channels,
            product((h, block_size)),
            product((w, block_size)),
        )
    if s[wide] is not None:
        n, c, h, w = s[wide]
        if any(dim is not None and dim % block_size for dim in (h, w)):
            s.fail("cannot make blocks of these images", expected=f"height and width in {block_size}s")
        s[deep] = (n, product((c, channels)), *(None if d is None else d // block_size for d in (h, w)))


@depth_to_space.shape
def depth_to_space_shape(s: ShapeFacts, block_size: int) -> None:
    _state_blocks(s, "data", "output", block_size)


@space_to_depth.shape
def space_to_depth_shape(s: ShapeFacts, block_size: int) -> None:
    _state_blocks(s, "output", "data", block_size)


@depth_to_space.gradient("data")
def depth_to_space_gradient(F: Any, g: Any, block_size: int) -> Any:
    return F.space_to_depth(g, block_size=block_size)


@space_to_depth.gradient("data")
def space_to_depth_gradient(F: Any, g: Any, block_size: int) -> Any:
    return F.depth_to_space(g, block_size=block_size)


# -- padding --------------------------------------------------------------------------------------------

PadMode = Literal["constant", "edge", "reflect"]


@operator("Pad", aliases=("pad",), method="pad")
def pad(
    xp: XP, data: Array, *, mode: PadMode, pad_width: tuple[int, ...], constant_value: float = 0.0
) -> Array:
    """Put elements around the array.

    Args:
        xp: the module of the arrays.
        data: the array, of any number of axes.
        mode: what to put there: a constant, the element at the edge, or those behind the edge, mirrored.
        pad_width: how many, before and after each axis: (before_0, after_0, before_1, after_1, ...).
        constant_value: the constant.
    """
    pairs = _pairs(pad_width)
    if mode == "constant":
        return xp.pad(data, pairs, mode, constant_values=as_scalar(data, constant_value))
    return xp.pad(data, pairs, mode)


def _pairs(pad_width: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip(pad_width[::2], pad_width[1::2], strict=True))


def _state_padded(s: ShapeFacts, inner: str, outer: str, mode: str, pad_width: tuple[int, ...]) -> None:
    if len(pad_width) % 2 or min(pad_width, default=0) < 0:
        s.fail("needs two widths per axis, not negative", expected="(before_0, after_0, before_1, ...)")
    pairs = _pairs(pad_width)
    for name in (inner, outer):
        if s[name] is not None and len(s[name]) != len(pairs):
            s.fail("got widths for another number of axes", expected=f"{2 * len(s[name])} widths")
    if s[inner] is not None:
        for dim, pair in zip(s[inner], pairs, strict=True):
            if dim is not None and mode != "constant" and max(pair) > _reach(dim, mode):
                s.fail(f"cannot pad an axis of {dim} by {max(pair)} in mode {mode!r}")
        s[outer] = tuple(_plus(dim, sum(pair)) for dim, pair in zip(s[inner], pairs, strict=True))
    if s[outer] is not None:
        s[inner] = tuple(_plus(dim, -sum(pair)) for dim, pair in zip(s[outer], pairs, strict=True))


def _reach(dim: int, mode: str) -> float:
    """Return how far an axis can be padded: a mirror shows no more than lies behind the edge."""
    if mode == "reflect":
        return dim - 1
    return float("inf") if dim else 0


def _plus(dim: Dim, width: int) -> Dim:
    return None if dim is None else dim + width


@pad.shape
def pad_shape(s: ShapeFacts, mode: str, pad_width: tuple[int, ...]) -> None:
    _state_padded(s, "data", "output", mode, pad_width)


@pad.gradient("data")
def pad_gradient(F: Any, g: Any, mode: str, pad_width: tuple[int, ...]) -> Any:
    return F._pad_fold(g, mode=mode, pad_width=pad_width)


@operator("_pad_fold")
def pad_fold(xp: XP, g: Array, *, mode: PadMode, pad_width: tuple[int, ...]) -> Array:
    """Take padding off and add it to the elements it came from: the transpose of ``Pad``."""
    for axis, (before, after) in enumerate(_pairs(pad_width)):
        if before or after:
            g = _fold_axis(xp, xp.moveaxis(g, axis, 0), before, after, mode)
            g = xp.moveaxis(g, 0, axis)
    return g.copy()


def _fold_axis(xp: XP, g: Array, before: int, after: int, mode: str) -> Array:
    end = len(g) - after
    body = g[before:end].copy()
    if mode == "edge":
        body[:1] += g[:before].sum(0, keepdims=True, dtype=g.dtype)
        body[-1:] += g[end:].sum(0, keepdims=True, dtype=g.dtype)
    elif mode == "reflect":
        body[1 : before + 1] += g[:before][::-1]
        body[len(body) - 1 - after : len(body) - 1] += g[end:][::-1]
    return body


@pad_fold.shape
def pad_fold_shape(s: ShapeFacts, mode: str, pad_width: tuple[int, ...]) -> None:
    _state_padded(s, "output", "g", mode, pad_width)


@pad_fold.gradient("g")
def pad_fold_gradient(F: Any, g: Any, mode: str, pad_width: tuple[int, ...]) -> Any:
    return F.Pad(g, mode=mode, pad_width=pad_width)


# -- diagonals ------------------------------------------------------------------------------------------


@operator("diag", method="diag", on_complex=AS_WRITTEN)
def diag(xp: XP, data: Array, *, k: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return diagonal k (above the main one if positive) of two axes, as the last axis of the result.

    An array of one axis becomes a matrix with it on that diagonal and zeros elsewhere.
    """
    if data.ndim == 1:
        return on_diagonal(xp, data, k, (data.size + abs(k),) * 2)
    return xp.diagonal(data, k, axis1, axis2).copy()


@diag.shape
def diag_shape(s: ShapeFacts, k: int, axis1: int, axis2: int) -> None:
    data = s["data"]
    if data is None:
        return
    if len(data) == 1:
        s["output"] = (_plus(data[0], abs(k)),) * 2
    else:
        s["output"] = _diagonal_shape(s, data, k, axis1, axis2)


def _diagonal_shape(s: ShapeFacts, shape: tuple[Dim, ...], k: int, axis1: int, axis2: int) -> tuple[Dim, ...]:
    first, second = normalize_axes((axis1, axis2), len(shape), s.owner)
    rows, columns = shape[first], shape[second]
    rest = tuple(dim for i, dim in enumerate(shape) if i not in (first, second))
    if rows is None or columns is None:
        return (*rest, None)
    length = min(rows + min(k, 0), columns - max(k, 0))
    if length <= 0:
        s.fail(f"has no diagonal {k}", expected=f"{1 - rows} to {columns - 1}")
    return (*rest, length)


@diag.gradient("data")
def diag_gradient(F: Any, g: Any, shapes: Any, k: int, axis1: int, axis2: int) -> Any:
    if len(shapes[0]) == 1:
        return F.diag(g, k=k)
    return F._diag_put(g, k=k, axis1=axis1, axis2=axis2, shape=shapes[0])


@operator("_diag_put", on_complex=AS_WRITTEN)
def diag_put(
    xp: XP, values: Array, *, shape: tuple[int, ...], k: int = 0, axis1: int = 0, axis2: int = 1
) -> Array:
    """Return zeros of a shape with values on diagonal k of two axes: the transpose of ``diag``."""
    order = [i for i in range(len(shape)) if i not in (axis1 % len(shape), axis2 % len(shape))]
    order += [axis1 % len(shape), axis2 % len(shape)]
    result = on_diagonal(xp, values, k, tuple(shape[i] for i in order))
    return result.transpose(_inverse(tuple(order))).copy()


@diag_put.shape
def diag_put_shape(s: ShapeFacts, shape: tuple[int, ...], k: int, axis1: int, axis2: int) -> None:
    s["values"] = _diagonal_shape(s, shape, k, axis1, axis2)
    s["output"] = shape


@diag_put.gradient("values")
def diag_put_gradient(F: Any, g: Any, k: int, axis1: int, axis2: int) -> Any:
    return F.diag(g, k=k, axis1=axis1, axis2=axis2)


def on_diagonal(xp: XP, values: Array, k: int, shape: PartialShape) -> Array:
    """Return zeros with values on diagonal k of the last two axes."""
    result = xp.zeros(shape, values.dtype)
    steps = xp.arange(values.shape[-1])
    result[..., steps + max(-k, 0), steps + max(k, 0)] = values
    return result
