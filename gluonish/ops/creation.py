"""Operators without inputs: they make arrays on the context they are given."""

from __future__ import annotations

import math

import numpy as np

from gluonish.context import Context
from gluonish.engine.facts import ShapeFacts
from gluonish.engine.fields import DType, Scalar
from gluonish.engine.operator import NOT_DIFFERENTIABLE, XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import dtype_of_parameter

__all__: list[str] = []

FLOAT32 = np.dtype("float32")


def _shape_of_parameter(s: ShapeFacts, shape: tuple[int, ...]) -> None:
    s["output"] = shape


@operator("_zeros", gradient=NOT_DIFFERENTIABLE)
def zeros(
    xp: XP,
    *,
    shape: tuple[int, ...] = (),
    ctx: Context | None = None,
    dtype: DType | None = FLOAT32,
) -> Array:
    """Return an array of zeros."""
    return xp.zeros(shape, dtype)


@operator("_ones", gradient=NOT_DIFFERENTIABLE)
def ones(
    xp: XP,
    *,
    shape: tuple[int, ...] = (),
    ctx: Context | None = None,
    dtype: DType | None = FLOAT32,
) -> Array:
    """Return an array of ones."""
    return xp.ones(shape, dtype)


@operator("_full", gradient=NOT_DIFFERENTIABLE)
def full(
    xp: XP,
    *,
    value: Scalar,
    shape: tuple[int, ...] = (),
    ctx: Context | None = None,
    dtype: DType | None = FLOAT32,
) -> Array:
    """Return an array filled with one value."""
    return xp.full(shape, value, dtype)


for _each in (zeros, ones, full):
    _each.shape(_shape_of_parameter)
    _each.dtype(dtype_of_parameter)


@operator("_arange", gradient=NOT_DIFFERENTIABLE)
def arange(
    xp: XP,
    *,
    start: Scalar,
    stop: Scalar | None = None,
    step: Scalar = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: Context | None = None,
    dtype: DType | None = FLOAT32,
) -> Array:
    """Return start, start + step, ... below stop, each repeated; with one bound, from 0 to it."""
    start, stop = (0, start) if stop is None else (start, stop)
    if step == 0:
        raise ArgumentError("Operator '_arange'", "cannot count in steps of 0")
    return xp.repeat(xp.arange(start, stop, step, dtype), repeat)


@arange.shape
def arange_shape(s: ShapeFacts, start: float, stop: float | None, step: float, repeat: int) -> None:
    start, stop = (0, start) if stop is None else (start, stop)
    if step:
        s["output"] = (max(0, math.ceil((stop - start) / step)) * repeat,)


arange.dtype(dtype_of_parameter)


@operator("_linspace", gradient=NOT_DIFFERENTIABLE)
def linspace(
    xp: XP,
    *,
    start: Scalar,
    stop: Scalar,
    num: int,
    endpoint: bool = True,
    ctx: Context | None = None,
    dtype: DType | None = FLOAT32,
) -> Array:
    """Return ``num`` evenly spaced numbers from start to stop."""
    return xp.linspace(start, stop, num, endpoint=endpoint).astype(dtype)


@linspace.shape
def linspace_shape(s: ShapeFacts, num: int) -> None:
    s["output"] = (num,)


linspace.dtype(dtype_of_parameter)


@operator("_eye", gradient=NOT_DIFFERENTIABLE)
def eye(
    xp: XP,
    *,
    N: int,
    M: int = 0,
    k: int = 0,
    ctx: Context | None = None,
    dtype: DType | None = FLOAT32,
) -> Array:
    """Return an N x M matrix (M = 0: square) with ones on diagonal k and zeros elsewhere."""
    return xp.eye(N, M or N, k, dtype)


@eye.shape
def eye_shape(s: ShapeFacts, N: int, M: int) -> None:
    s["output"] = (N, M or N)


eye.dtype(dtype_of_parameter)
