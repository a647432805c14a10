"""Fourier transforms, with real and imaginary parts in turn, and count sketches."""

from __future__ import annotations

from typing import Any

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.operator import XP, Array, operator
from gluonish.ops.common import resolve_indices
from gluonish.ops.nn.common import float_rule, widen
from gluonish.ops.scatter import add_rows
from gluonish.shape import Dim, PartialShape

__all__: list[str] = []

ROWS = (2, 4)  # how many axes data may have


def _rows(s: ShapeFacts) -> PartialShape:
    """Return what is known of the shape of the data; refuse other numbers of axes than MXNet has."""
    data = s["data"]
    if data is not None and len(data) not in ROWS:
        s.fail("transforms rows", expected="two axes, or four")
    return data


# -- Fourier transforms ---------------------------------------------------------------------------------


@operator("_contrib_fft", ignored=("compute_size",))
def fft(xp: XP, data: Array) -> Array:
    """Return the discrete Fourier transforms of rows: the real and the imaginary part of each number."""
    numbers = xp.fft.fft(widen(data))
    return xp.stack([numbers.real, numbers.imag], -1).reshape(*data.shape[:-1], -1).astype(data.dtype)


@fft.shape
def fft_shape(s: ShapeFacts) -> None:
    data = _rows(s)
    if data is not None:
        count: Dim = data[-1]
        s["output"] = (*data[:-1], None if count is None else 2 * count)


@fft.gradient("data")
def fft_gradient(F: Any, g: Any) -> Any:
    return F._contrib_ifft(g)


@operator("_contrib_ifft", ignored=("compute_size",))
def ifft(xp: XP, data: Array) -> Array:
    """Return the real parts of inverse transforms of rows of real and imaginary parts, times their length.

    As in MXNet, it is the sum; divide by the length for the inverse of ``fft``.
    """
    parts = widen(data)
    count = data.shape[-1] // 2
    return (xp.fft.ifft(parts[..., ::2] + 1j * parts[..., 1::2]).real * count).astype(data.dtype)


@ifft.shape
def ifft_shape(s: ShapeFacts) -> None:
    data = _rows(s)
    if data is None or data[-1] is None:
        return
    if data[-1] % 2:
        s.fail("needs real and imaginary parts in turn", expected="an even last axis")
    s["output"] = (*data[:-1], data[-1] // 2)


@ifft.gradient("data")
def ifft_gradient(F: Any, g: Any) -> Any:
    return F._contrib_fft(g)


for _each in (fft, ifft):
    _each.dtype(float_rule)


# -- sketches -------------------------------------------------------------------------------------------


@operator("_contrib_count_sketch", ignored=("processing_batch_size",))
def count_sketch(xp: XP, data: Array, h: Array, s: Array, *, out_dim: int) -> Array:
    """Add each column of rows, times a sign, to one of fewer columns.

    Gao et al., Compact Bilinear Pooling (2016), section 3.

    Args:
        xp: the module of the arrays.
        data: (n, columns), or with two axes more.
        h: the new column of each column, (1, columns), from 0 to ``out_dim - 1``.
        s: the sign of each column, 1 or -1, (1, columns).
        out_dim: the number of new columns.
    """
    where = resolve_indices(xp, h.reshape(-1), out_dim, "raise", "Operator '_contrib_count_sketch'")
    signed = (data * s.reshape(-1)).reshape(-1, data.shape[-1])
    return xp.ascontiguousarray(add_rows(xp, signed.T, where, out_dim).T).reshape(*data.shape[:-1], out_dim)


@count_sketch.shape
def count_sketch_shape(s: ShapeFacts, out_dim: int) -> None:
    data = _rows(s)
    if out_dim < 1:
        s.fail("needs columns to add to", expected="out_dim of 1 or more")
    s["h"] = s["s"] = (1, None if data is None else data[-1])
    if data is not None:
        s["output"] = (*data[:-1], out_dim)


@count_sketch.dtype
def count_sketch_dtype(d: DTypeFacts) -> None:
    d.same("data", "s", "output")


@count_sketch.gradient("data")
def count_sketch_gradient(F: Any, g: Any, h: Any, s: Any) -> Any:
    columns = F.take(g, F._reshape_to(h, shape=(-1,)), axis=g.ndim - 1)
    return F.broadcast_mul(columns, F._reshape_to(s, shape=(1,) * (g.ndim - 1) + (-1,)))
