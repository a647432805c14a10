"""Softmax in its forms, and the cross entropy of one."""

from __future__ import annotations

import math
from typing import Any, Literal

import ml_dtypes

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.engine.fields import DType
from gluonish.engine.operator import XP, Array, operator
from gluonish.errors import ArgumentError
from gluonish.ops.common import as_scalar, normalize_axis, resolve_indices, same_rule
from gluonish.ops.nn.common import float_rule, require_float, widen
from gluonish.shape import Shape, shape_size

__all__ = ["softmax_along"]

MATRIX_AXES = 2


def softmax_along(xp: XP, data: Array, axis: int, valid: Array | None = None) -> Array:
    """Return the softmax of full-precision data, of the valid elements only where these are given."""
    if valid is None:
        result = data - data.max(axis=axis, keepdims=True)
    else:
        # The largest of no elements must be finite, or the result would be NaN.
        lowest = ml_dtypes.finfo(data.dtype).min  # type: ignore[no-untyped-call]
        data = xp.where(valid, data, -math.inf)
        result = data - xp.maximum(data.max(axis=axis, keepdims=True), lowest)
    xp.exp(result, out=result)
    total = result.sum(axis=axis, keepdims=True)
    if valid is not None:
        total += total == 0
    result /= total
    return result


def _log_softmax(xp: XP, data: Array, axis: int) -> Array:
    result = data - data.max(axis=axis, keepdims=True)
    result -= xp.log(xp.exp(result).sum(axis=axis, keepdims=True))
    return result


def _scaled(data: Array, temperature: float | None, dtype: Any, sign: int = 1) -> Array:
    """Return the data as they go into the exponential, in the dtype to compute in."""
    wide = widen(data)
    if dtype is not None and dtype.itemsize > wide.dtype.itemsize:
        wide = wide.astype(dtype)
    return _times(wide, _factor(temperature, sign))


def _factor(temperature: float | None, sign: int) -> float:
    if temperature == 0:
        raise ArgumentError("Softmax", "cannot be computed at temperature 0", expected="another number")
    return sign / (temperature or 1)


def _times(array: Any, factor: float) -> Any:
    return array if factor == 1 else array * factor


def _as_output(result: Array, data: Array, dtype: Any) -> Array:
    return result.astype(data.dtype if dtype is None else dtype, copy=False)


def _is_valid(xp: XP, length: Array, shape: Shape, axis: int) -> Array:
    """Return whether each place along an axis is before the length that belongs to it."""
    place = xp.arange(shape[axis]).reshape(-1, *(1,) * (len(shape) - axis - 1))
    return place < xp.expand_dims(length, axis)


@operator("softmax", method="softmax", uses={"length": lambda use_length: use_length})
def softmax(
    xp: XP,
    data: Array,
    length: Array = None,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool = False,
) -> Array:
    """Return exp(x / temperature), divided by its sum along an axis.

    With ``use_length``, only the first ``length`` elements along the axis count, and the others become 0; the
    lengths have the shape of the data without the axis.
    """
    axis = normalize_axis(axis, data.ndim, "softmax")
    valid = None if length is None else _is_valid(xp, length, data.shape, axis)
    return _as_output(softmax_along(xp, _scaled(data, temperature, dtype), axis, valid), data, dtype)


@softmax.shape
def softmax_shape(s: ShapeFacts, axis: int, use_length: bool) -> None:
    s.same("data", "output")
    data = s["data"]
    if data is not None:
        axis = normalize_axis(axis, len(data), s.owner)
        if use_length:
            s["length"] = (*data[:axis], *data[axis + 1 :])


@softmax.gradient("data")
def softmax_gradient(
    F: Any, g: Any, output: Any, dtypes: Any, axis: int, temperature: float | None, dtype: Any
) -> Any:
    result = _times(_pulled(F, g, output, axis), _factor(temperature, 1))
    return _as_input(F, result, dtypes, dtype)


def _pulled(F: Any, g: Any, output: Any, axis: int) -> Any:
    """Return the gradient of what a softmax was taken of."""
    weighted = g * output
    return weighted - output * F.sum(weighted, axis=(axis,), keepdims=True)


def _as_input(F: Any, result: Any, dtypes: Any, dtype: Any) -> Any:
    """Return a gradient in the dtype of the data, where the output had another."""
    return result if dtype is None or dtype == dtypes[0] else F.Cast(result, dtype=dtypes[0])


@operator("softmin", method="softmin")
def softmin(
    xp: XP,
    data: Array,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool = False,
) -> Array:
    """Return the softmax of -x / temperature along an axis."""
    axis = normalize_axis(axis, data.ndim, "softmin")
    return _as_output(softmax_along(xp, _scaled(data, temperature, dtype, -1), axis), data, dtype)


@softmin.gradient("data")
def softmin_gradient(
    F: Any, g: Any, output: Any, dtypes: Any, axis: int, temperature: float | None, dtype: Any
) -> Any:
    result = _times(_pulled(F, g, output, axis), _factor(temperature, -1))
    return _as_input(F, result, dtypes, dtype)


@operator("log_softmax", method="log_softmax")
def log_softmax(
    xp: XP,
    data: Array,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool = False,
) -> Array:
    """Return the logarithm of the softmax of x / temperature along an axis, without loss of precision."""
    axis = normalize_axis(axis, data.ndim, "log_softmax")
    return _as_output(_log_softmax(xp, _scaled(data, temperature, dtype), axis), data, dtype)


@log_softmax.gradient("data")
def log_softmax_gradient(
    F: Any, g: Any, output: Any, dtypes: Any, axis: int, temperature: float | None, dtype: Any
) -> Any:
    result = g - F.exp(output) * F.sum(g, axis=(axis,), keepdims=True)
    return _as_input(F, _times(result, _factor(temperature, 1)), dtypes, dtype)


@softmin.shape
@log_softmax.shape
def plain_softmax_shape(s: ShapeFacts, axis: int, use_length: bool) -> None:
    if use_length:
        s.fail("takes no lengths", expected="use_length=False", fix="Lengths are for softmax only.")
    same_rule(s)
    if s["data"] is not None:
        normalize_axis(axis, len(s["data"]), s.owner)


@softmax.dtype
@softmin.dtype
@log_softmax.dtype
def softmax_dtype(d: DTypeFacts, dtype: Any) -> None:
    require_float(d, d["data"])
    if dtype is None:
        d.same("data", "output")
    else:
        d["output"] = dtype


# -- older forms -------------------------------------------------------------------------------------------


def _flattened(shape: Shape, mode: str) -> Shape:
    """Return the shape in which the softmax is along axis 1."""
    return shape if mode == "channel" else (shape[0], shape_size(shape[1:]))


@operator("SoftmaxActivation")
def softmax_activation(xp: XP, data: Array, *, mode: Literal["channel", "instance"] = "instance") -> Array:
    """Return the softmax over all elements of each sample, or with mode "channel" over axis 1."""
    result = softmax_along(xp, widen(data).reshape(_flattened(data.shape, mode)), axis=1)
    return result.reshape(data.shape).astype(data.dtype, copy=False)


@softmax_activation.shape
def softmax_activation_shape(s: ShapeFacts, mode: str) -> None:
    same_rule(s)
    least = 3 if mode == "channel" else 1
    if s["data"] is not None and len(s["data"]) < least:
        s.fail(f"cannot take the softmax by {mode}", expected=f"data of {least} axes or more")


softmax_activation.dtype(float_rule)


@softmax_activation.gradient("data")
def softmax_activation_gradient(F: Any, g: Any, output: Any, mode: str) -> Any:
    shape = _flattened(output.shape, mode)
    result = _pulled(F, F._reshape_to(g, shape=shape), F._reshape_to(output, shape=shape), axis=1)
    return F._reshape_to(result, shape=output.shape)


@operator("softmax_cross_entropy")
def softmax_cross_entropy(xp: XP, data: Array, label: Array) -> Array:
    """Return the sum, over rows, of the negative logarithm of the label's softmax; shape (1,).

    Labels are numbers of columns; floats are truncated.
    """
    logarithms = _log_softmax(xp, widen(data), 1)
    columns = resolve_indices(xp, label, data.shape[1], "raise", "Operator 'softmax_cross_entropy'")
    chosen = xp.take_along_axis(logarithms, columns[:, None], axis=1)
    return -chosen.sum(axis=(0, 1)).reshape(1).astype(data.dtype, copy=False)


@softmax_cross_entropy.shape
def softmax_cross_entropy_shape(s: ShapeFacts) -> None:
    data, label = s["data"], s["label"]
    if data is not None and len(data) != MATRIX_AXES:
        s.fail("takes a matrix", expected="data of 2 axes: rows, classes")
    if data is not None:
        s["label"] = data[:1]
    if label is not None:
        s["data"] = (*label[:1], None)
    s["output"] = (1,)


@softmax_cross_entropy.dtype
def softmax_cross_entropy_dtype(d: DTypeFacts) -> None:
    d.same("data", "output")
    require_float(d, d["data"])


@softmax_cross_entropy.gradient("data")
def softmax_cross_entropy_gradient(F: Any, g: Any, data: Any, label: Any, dtypes: Any) -> Any:
    target = F.one_hot(label, depth=data.shape[1], dtype=dtypes[0])
    return (F.softmax(data, axis=1) - target) * g


@operator("_contrib_div_sqrt_dim")
def div_sqrt_dim(xp: XP, data: Array) -> Array:
    """Divide by the square root of the last axis' size."""
    return data / as_scalar(data, math.sqrt(data.shape[-1]))


@div_sqrt_dim.shape
def div_sqrt_dim_shape(s: ShapeFacts) -> None:
    same_rule(s)
    if s["data"] == ():
        s.fail("needs an axis", expected="data of one axis or more")


div_sqrt_dim.dtype(float_rule)


@div_sqrt_dim.gradient("data")
def div_sqrt_dim_gradient(F: Any, g: Any) -> Any:
    return F._contrib_div_sqrt_dim(g)
