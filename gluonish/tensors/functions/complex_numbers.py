"""Complex tensors: made of real ones, and what is real about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.dtype import is_complex as is_complex_dtype
from gluonish.errors import DTypeError
from gluonish.numpy.arguments import call
from gluonish.tensors.functions.base import tensor_of

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

__all__ = ["angle", "complex", "conj", "imag", "is_complex", "polar", "real", "sgn"]


def complex(real: Any, imag: Any) -> Tensor:
    """Return complex numbers of these real and imaginary parts.

    Example:
        >>> import gluonish as torch
        >>> torch.complex(torch.tensor([1.0]), torch.tensor([2.0]))
        Tensor([1.0+2.0j], grad=None)
    """
    return call("_np_complex", _real_only(real, "complex"), _real_only(imag, "complex"))


def polar(abs: Any, angle: Any) -> Tensor:
    """Return complex numbers of these lengths and angles, in radians."""
    length, turned = _real_only(abs, "polar"), _real_only(angle, "polar")
    return complex(length * turned.cos(), length * turned.sin())


def _real_only(value: Any, function: str) -> Tensor:
    x = tensor_of(value, function)
    if is_complex_dtype(x.dtype):
        raise DTypeError(f"{function}()", "takes real numbers", received=x.dtype)
    return x


def is_complex(input: Any) -> bool:
    """Tell whether a tensor holds complex numbers."""
    return is_complex_dtype(input.dtype)


def real(input: Any) -> Tensor:
    """Return the real parts, in memory of their own; a real tensor as it is."""
    x = tensor_of(input, "real")
    return call("_np_real", x) if is_complex_dtype(x.dtype) else x


def imag(input: Any) -> Tensor:
    """Return the imaginary parts, in memory of their own.

    Raises:
        DTypeError: the tensor is real, and has none.
    """
    x = tensor_of(input, "imag")
    if not is_complex_dtype(x.dtype):
        raise DTypeError(
            "imag()", "takes complex numbers", received=x.dtype, fix="Use zeros_like(x), if it may be real."
        )
    return call("_np_imag", x)


def conj(input: Any) -> Tensor:
    """Return the complex conjugates; a real tensor as it is."""
    x = tensor_of(input, "conj")
    return call("_np_conj", x) if is_complex_dtype(x.dtype) else x


def angle(input: Any) -> Tensor:
    """Return the angles with the positive real axis, in radians.

    Example:
        >>> import gluonish as torch
        >>> torch.angle(torch.tensor([1j, -1]))
        Tensor([1.571, 3.142], grad=None)
    """
    return call("_np_angle", tensor_of(input, "angle"))


def sgn(input: Any) -> Tensor:
    """Return numbers of length 1 in the direction of those given, and 0 for 0; of real ones the sign."""
    return call("_np_direction", tensor_of(input, "sgn"))
