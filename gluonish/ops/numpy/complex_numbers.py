"""Complex numbers: made of real ones, and what is real about them. Only Tensors hold them.

The gradient of a real quantity L with respect to z = x + iy is dL/dx + i dL/dy, as in PyTorch. The rules here
follow from the two real derivatives that this definition names; those of functions with a complex derivative
need not know of it (``HOLOMORPHIC``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.dtype import COMPLEX, complex_dtype, is_complex
from gluonish.engine.facts import DTypeFacts
from gluonish.engine.fields import AnyDType
from gluonish.engine.operator import AS_WRITTEN, XP, Array, operator
from gluonish.ops.common import broadcast_rule, cast_like, same_rule, unbroadcast
from gluonish.ops.elementwise import cast
from gluonish.ops.numpy.promotion import as_float, real_dtype

__all__: list[str] = []


def _part_dtype(dtype: Any) -> np.dtype[Any]:
    """Return the dtype of the real part of numbers of a dtype."""
    if not is_complex(dtype):
        return np.dtype(dtype)
    return np.dtype("float64" if np.dtype(dtype) == COMPLEX[1] else "float32")


def _part_rule(d: DTypeFacts) -> None:
    if d["data"] is not None:
        d["output"] = _part_dtype(d["data"])


def _real_part_rule(d: DTypeFacts) -> None:
    if d["data"] is not None:
        d["output"] = real_dtype(_part_dtype(d["data"]))


# -- made and converted ---------------------------------------------------------------------------------


@operator("_np_astype", native=True, on_complex=AS_WRITTEN)
def astype(xp: XP, data: Array, *, dtype: AnyDType) -> Array:
    """Return the array in another dtype, which may be complex; from complex to real, the real part."""
    if is_complex(dtype):
        return data.astype(dtype)
    if is_complex(data.dtype):
        data = data != 0 if dtype.kind == "b" else data.real
    return cast.kernel(xp, data, dtype=dtype)


@astype.dtype
def astype_dtype(d: DTypeFacts, dtype: Any) -> None:
    d["output"] = dtype


@astype.gradient("data")
def astype_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    return F._np_astype(g, dtype=dtypes[0])


@operator("_np_complex", native=True)
def from_parts(xp: XP, real: Array, imag: Array) -> Array:
    """Return complex numbers of these real and imaginary parts; the shapes broadcast."""
    dtype = complex_dtype(np.promote_types(as_float(real).dtype, as_float(imag).dtype))
    result = xp.empty(np.broadcast_shapes(real.shape, imag.shape), dtype)
    result.real = real
    result.imag = imag
    return result


from_parts.shape(broadcast_rule)


@from_parts.dtype
def from_parts_dtype(d: DTypeFacts) -> None:
    if d["real"] is not None and d["imag"] is not None:
        d["output"] = np.promote_types(complex_dtype(d["real"]), complex_dtype(d["imag"]))


@from_parts.gradient("real")
def from_parts_gradient_real(F: Any, g: Any, real: Any) -> Any:
    return unbroadcast(F, cast_like(F, F._np_real(g), real.dtype), real.shape)


@from_parts.gradient("imag")
def from_parts_gradient_imag(F: Any, g: Any, imag: Any) -> Any:
    return unbroadcast(F, cast_like(F, F._np_imag(g), imag.dtype), imag.shape)


# -- parts ----------------------------------------------------------------------------------------------


@operator("_np_real", native=True, on_complex=AS_WRITTEN)
def real_part(xp: XP, data: Array) -> Array:
    """Return the real parts."""
    return xp.ascontiguousarray(data.real).reshape(data.shape) if is_complex(data.dtype) else data.copy()


@real_part.gradient("data")
def real_part_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    return cast_like(F, g, dtypes[0])


@operator("_np_imag", native=True, on_complex=AS_WRITTEN)
def imaginary_part(xp: XP, data: Array) -> Array:
    """Return the imaginary parts: zeros of real numbers."""
    if not is_complex(data.dtype):
        return xp.zeros_like(data)
    return xp.ascontiguousarray(data.imag).reshape(data.shape)


@imaginary_part.gradient("data")
def imaginary_part_gradient(F: Any, g: Any, dtypes: Any) -> Any:
    return _from_imaginary(F, g, dtypes[0])


def _from_imaginary(F: Any, g: Any, dtype: Any) -> Any:
    """Return real numbers times i; zeros where the dtype is real."""
    zeros = F.zeros_like(g)
    return F._np_complex(zeros, g) if is_complex(dtype) else zeros


@operator("_np_conj", native=True, on_complex=AS_WRITTEN)
def conjugate(xp: XP, data: Array) -> Array:
    """Return the complex conjugates."""
    return xp.conj(data) if is_complex(data.dtype) else data.copy()


@conjugate.gradient("data")
def conjugate_gradient(F: Any, g: Any) -> Any:
    return F._np_conj(g)


# -- length and direction -------------------------------------------------------------------------------


@operator("_np_modulus", native=True, on_complex=AS_WRITTEN)
def modulus(xp: XP, data: Array) -> Array:
    """Return the absolute values, as real numbers. At 0 the gradient is 0."""
    return xp.absolute(data)


@modulus.gradient("data")
def modulus_gradient(F: Any, g: Any, data: Any) -> Any:
    return g * F._np_direction(data)


@operator("_np_direction", native=True, on_complex=AS_WRITTEN)
def direction(xp: XP, data: Array) -> Array:
    """Return numbers of length 1 in the direction of those given, z / |z|; 0 for 0."""
    length = xp.absolute(data)
    return (data / xp.where(length == 0, 1, length)).astype(data.dtype, copy=False)


@direction.gradient("data")
def direction_gradient(F: Any, g: Any, data: Any, output: Any) -> Any:
    """Keep the part of g at a right angle to z: a step along z does not turn it."""
    if not is_complex(data.dtype):
        return F.zeros_like(g)
    length = F._np_modulus(data)
    across = F._np_imag(g * F._np_conj(output)) / (length + (length == 0))
    return _from_imaginary(F, across, output.dtype) * output


@operator("_np_angle", native=True, on_complex=AS_WRITTEN)
def angle(xp: XP, data: Array) -> Array:
    """Return the angles with the positive real axis, in radians, from -pi to pi. At 0 the gradient is 0."""
    if is_complex(data.dtype):
        return xp.arctan2(data.imag, data.real)
    data = as_float(data)
    return xp.where(xp.isnan(data), data, xp.where(data < 0, np.pi, 0)).astype(data.dtype)


@angle.gradient("data")
def angle_gradient(F: Any, g: Any, data: Any) -> Any:
    if not is_complex(data.dtype):
        return F.zeros_like(cast_like(F, g, data.dtype))
    length = F._np_modulus(data)
    return _from_imaginary(F, g / (length + (length == 0)), data.dtype) * F._np_direction(data)


for _each in (astype, real_part, imaginary_part, conjugate, modulus, direction, angle):
    _each.shape(same_rule)
for _each in (real_part, imaginary_part, modulus):
    _each.dtype(_part_rule)
for _each in (conjugate, direction):
    _each.dtype(lambda d: d.same("data", "output"))
angle.dtype(_real_part_rule)
