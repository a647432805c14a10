"""What functions of tensors do with their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gluonish import numpy
from gluonish.dtype import complex_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.numpy.arguments import call, is_number

if TYPE_CHECKING:
    from gluonish.tensors.tensor import Tensor

mxnp: Any = numpy
"""``mx.np``, whose functions return tensors for tensors."""

__all__ = [
    "Located",
    "as_float",
    "as_operand",
    "beside",
    "drawn",
    "is_complex_number",
    "number_beside",
    "rank_of",
    "tensor_of",
]


class Located(NamedTuple):
    """The extremes, or the sorted elements, along an axis, and where they were."""

    values: Tensor
    indices: Tensor


def tensor_of(value: Any, function: str) -> Tensor:
    """Return an array of any kind, a parameter or a number as a tensor, with its history.

    Raises:
        ArgumentTypeError: it is none of them.
    """
    from gluonish.tensors.tensor import Tensor  # noqa: PLC0415  its methods are these functions

    if isinstance(value, Tensor):
        return value
    if isinstance(value, NDArray):
        return value._as(Tensor)  # type: ignore[return-value]
    if hasattr(value, "stand_in"):
        return value.stand_in(None)._as(Tensor)
    if is_number(value) or isinstance(value, (complex, np.ndarray, list, tuple)):
        return Tensor(value)
    raise ArgumentTypeError(
        f"{function}()",
        "takes tensors",
        expected="a Tensor",
        received=f"{type(value).__name__} {value!r:.60}",
    )


def as_operand(value: Any, function: str) -> Any:
    """Return a number as it is, and anything else as a tensor."""
    return value if is_number(value) or isinstance(value, complex) else tensor_of(value, function)


def is_complex_number(value: Any) -> bool:
    """Tell whether a value is a complex number, of Python or of NumPy, and no array."""
    return isinstance(value, (complex, np.complexfloating))


def number_beside(x: Any, number: Any) -> Tensor:
    """Return a number as a complex tensor of shape () that meets ``x`` in its precision."""
    from gluonish.tensors.tensor import Tensor  # noqa: PLC0415  its methods are these functions

    return Tensor(number, dtype=complex_dtype(x.dtype), device=x.context)


_RANKS = {"b": 0, "i": 1, "u": 1, "c": 3}
"""How dtypes outrank each other by what they hold, by the letters of NumPy: floats have 2,
also those that NumPy does not know."""


def rank_of(dtype: Any) -> int:
    """Return how much a dtype holds by its kind: bools, whole, real, complex numbers."""
    return _RANKS.get(np.dtype(dtype).kind, 2)


def beside(x: Any, other: Any) -> Any:
    """Return a tensor as it meets another operand, by torch's rules.

    Whole numbers beside a float of Python become float32. A tensor of shape () takes the dtype of one with
    axes that holds numbers of its kind or of a wider one: it counts like a number.
    """
    if not isinstance(x, NDArray):
        return x
    if x.stands_in:  # a parameter on several contexts is its replica beside the other operand
        x = x.actual(other.context if isinstance(other, NDArray) and not other.stands_in else None)
    if x._raw is None:  # it waits for its shape
        return x
    if isinstance(other, float):
        return x.astype("float32") if np.dtype(x.dtype).kind in "iub" else x
    if x.ndim == 0 and isinstance(other, NDArray) and other.ndim and rank_of(x.dtype) <= rank_of(other.dtype):
        return x.astype(other.dtype, copy=False)
    return x


def as_float(x: Tensor) -> Tensor:
    """Return a tensor of integers or bools as float32, others as they are."""
    return x.astype("float32") if x.dtype.kind in "iub" else x


def drawn(op_name: str, like: Tensor, **params: Any) -> Any:
    """Return draws in the shape, the dtype and on the context of a tensor."""
    return call(op_name, shape=like.shape, dtype=like.dtype, ctx=like.context, **params)
