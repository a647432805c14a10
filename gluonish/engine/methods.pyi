# Written from the operator table by tools/stubs.py; do not edit.
# ruff: noqa: A001, A002, A004, E501, F401, I001, N802, PYI021, RUF100  MXNet's names; texts for editors

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike
from typing_extensions import Self

from gluonish.context import Context
from gluonish.engine.operator import Operator

_Number: TypeAlias = float | np.generic

def install_methods() -> None:
    """Add the methods that operators declare. Called once they are all declared."""

class OperatorMethods:
    """Base of arrays and symbols, filled from the operator table."""

    __slots__ = ()

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...
    def reshape(
        self, *sizes: int | Sequence[int], shape: int | Sequence[int] = ..., reverse: bool = False
    ) -> Self:
        """Return the array in another shape, over the same memory."""

    def transpose(self, *order: int | Sequence[int] | None, axes: Sequence[int] | None = ...) -> Self:
        """Return the array with its axes in another order; reversed if none is given."""

    @property
    def T(self) -> Self:
        """The array with its axes reversed."""

    def _cast(self, dtype: Any) -> Self: ...
    def split_v2(
        self, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
    ) -> Any:
        """Cut the array along an axis."""

    def __getitem__(self, key: Any) -> Self: ...
    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __neg__(self) -> Self: ...
    def __abs__(self) -> Self: ...
    def __add__(self, other: Self | _Number) -> Self: ...
    def __radd__(self, other: Self | _Number) -> Self: ...
    def __iadd__(self, other: Self | _Number) -> Self: ...
    def __sub__(self, other: Self | _Number) -> Self: ...
    def __rsub__(self, other: Self | _Number) -> Self: ...
    def __isub__(self, other: Self | _Number) -> Self: ...
    def __mul__(self, other: Self | _Number) -> Self: ...
    def __rmul__(self, other: Self | _Number) -> Self: ...
    def __imul__(self, other: Self | _Number) -> Self: ...
    def __truediv__(self, other: Self | _Number) -> Self: ...
    def __rtruediv__(self, other: Self | _Number) -> Self: ...
    def __itruediv__(self, other: Self | _Number) -> Self: ...
    def __mod__(self, other: Self | _Number) -> Self: ...
    def __rmod__(self, other: Self | _Number) -> Self: ...
    def __imod__(self, other: Self | _Number) -> Self: ...
    def __pow__(self, other: Self | _Number) -> Self: ...
    def __rpow__(self, other: Self | _Number) -> Self: ...
    def __eq__(self, other: Self | _Number) -> Self: ...  # type: ignore[override]
    def __ne__(self, other: Self | _Number) -> Self: ...  # type: ignore[override]
    def __gt__(self, other: Self | _Number) -> Self: ...
    def __ge__(self, other: Self | _Number) -> Self: ...
    def __lt__(self, other: Self | _Number) -> Self: ...
    def __le__(self, other: Self | _Number) -> Self: ...
    def abs(self, *, out: Self | None = None) -> Self:
        """Return absolute values."""

    def arccos(self, *, out: Self | None = None) -> Self:
        """Return inverse cosines."""

    def arccosh(self, *, out: Self | None = None) -> Self:
        """Return inverse hyperbolic cosines."""

    def arcsin(self, *, out: Self | None = None) -> Self:
        """Return inverse sines."""

    def arcsinh(self, *, out: Self | None = None) -> Self:
        """Return inverse hyperbolic sines."""

    def arctan(self, *, out: Self | None = None) -> Self:
        """Return inverse tangents."""

    def arctanh(self, *, out: Self | None = None) -> Self:
        """Return inverse hyperbolic tangents."""

    def argmax(self, axis: int | None = None, keepdims: bool = False, *, out: Self | None = None) -> Self:
        """Return the index of the first maximum along an axis (None: in the flat array), in the data's dtype."""

    def argmax_channel(self, *, out: Self | None = None) -> Self:
        """Return the index of the first maximum along axis 1, in the data's dtype."""

    def argmin(self, axis: int | None = None, keepdims: bool = False, *, out: Self | None = None) -> Self:
        """Return the index of the first minimum along an axis (None: in the flat array), in the data's dtype."""

    def argsort(
        self,
        axis: int | None = -1,
        is_ascend: bool = True,
        dtype: DTypeLike = "float32",
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the indices that sort along an axis, or (None) the flat array."""

    def broadcast_axes(
        self,
        axis: int | Sequence[int] = (),
        size: int | Sequence[int] = (),
        *,
        out: Self | None = None,
    ) -> Self:
        """Repeat the array along these axes, which have size 1, to these sizes."""

    def broadcast_like(
        self,
        rhs: Self,
        lhs_axes: int | Sequence[int] | None = None,
        rhs_axes: int | Sequence[int] | None = None,
        *,
        out: Self | None = None,
    ) -> Self:
        """Repeat ``lhs`` along axes of size 1 to the shape of ``rhs``, which has as many axes."""

    def broadcast_to(self, shape: int | Sequence[int] = (), *, out: Self | None = None) -> Self:
        """Repeat the array along axes of size 1, to the given shape. A 0 in it keeps an axis."""

    def cbrt(self, *, out: Self | None = None) -> Self:
        """Return cube roots."""

    def ceil(self, *, out: Self | None = None) -> Self:
        """Return the next integers upwards."""

    def clip(self, a_min: float, a_max: float, *, out: Self | None = None) -> Self:
        """Limit elements to [a_min, a_max]. The gradient is 1 where an element was inside, else 0."""

    def cos(self, *, out: Self | None = None) -> Self:
        """Return cosines."""

    def cosh(self, *, out: Self | None = None) -> Self:
        """Return hyperbolic cosines."""

    def degrees(self, *, out: Self | None = None) -> Self:
        """Return radians as degrees."""

    def depth_to_space(self, block_size: int, *, out: Self | None = None) -> Self:
        """Move channels of NCHW images into blocks of pixels."""

    def diag(self, k: int = 0, axis1: int = 0, axis2: int = 1, *, out: Self | None = None) -> Self:
        """Return diagonal k (above the main one if positive) of two axes, as the last axis of the result."""

    def exp(self, *, out: Self | None = None) -> Self:
        """Return exponentials."""

    def expand_dims(self, axis: int, *, inplace: Any = ..., out: Self | None = None) -> Self:
        """Return a copy with a new axis of size 1 at this place."""

    def expm1(self, *, out: Self | None = None) -> Self:
        """Return exp(x) - 1, exact near 0."""

    def fix(self, *, out: Self | None = None) -> Self:
        """Return the integers towards zero."""

    def flatten(self, *, inplace: Any = ..., out: Self | None = None) -> Self:
        """Return a copy of two axes: the first one, and all others in one."""

    def flip(self, axis: int | Sequence[int], *, out: Self | None = None) -> Self:
        """Return the array with the order of elements reversed along these axes."""

    def floor(self, *, out: Self | None = None) -> Self:
        """Return the next integers downwards."""

    def log(self, *, out: Self | None = None) -> Self:
        """Return natural logarithms."""

    def log10(self, *, out: Self | None = None) -> Self:
        """Return logarithms to base 10."""

    def log1p(self, *, out: Self | None = None) -> Self:
        """Return log(1 + x), exact near 0."""

    def log2(self, *, out: Self | None = None) -> Self:
        """Return logarithms to base 2."""

    def log_softmax(
        self,
        axis: int = -1,
        temperature: float | None = None,
        dtype: DTypeLike | None = None,
        use_length: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the logarithm of the softmax of x / temperature along an axis, without loss of precision."""

    def max(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the maximum (all elements equal to it receive the gradient) over the given axes."""

    def mean(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the mean over the given axes."""

    def min(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the minimum (all elements equal to it receive the gradient) over the given axes."""

    def nanprod(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the product, NaN counting as 1, over the given axes."""

    def nansum(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the sum, NaN counting as 0, over the given axes."""

    def norm(
        self,
        ord: int = 2,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the L1 or L2 norm over the given axes. At the origin its gradient is 0."""

    def one_hot(
        self,
        depth: int,
        on_value: float = 1.0,
        off_value: float = 0.0,
        dtype: DTypeLike = "float32",
        *,
        out: Self | None = None,
    ) -> Self:
        """Return, for each index, a row of ``depth`` entries: on_value at the index, off_value elsewhere."""

    def ones_like(self, *, out: Self | None = None) -> Self:
        """Return ones of the same shape and dtype."""

    def pad(
        self,
        mode: Literal["constant", "edge", "reflect"],
        pad_width: int | Sequence[int],
        constant_value: float = 0.0,
        *,
        out: Self | None = None,
    ) -> Self:
        """Put elements around the array."""

    def pick(
        self,
        index: Self,
        axis: int | None = -1,
        keepdims: bool = False,
        mode: Literal["clip", "wrap", "raise"] = "clip",
        *,
        out: Self | None = None,
    ) -> Self:
        """Return one element of each line along an axis, chosen by an index per line."""

    def prod(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the product over the given axes."""

    def radians(self, *, out: Self | None = None) -> Self:
        """Return degrees as radians."""

    def rcbrt(self, *, out: Self | None = None) -> Self:
        """Return reciprocals of the cube roots."""

    def reciprocal(self, *, out: Self | None = None) -> Self:
        """Return reciprocals."""

    def relu(self, *, out: Self | None = None) -> Self:
        """Return max(x, 0)."""

    def repeat(self, repeats: int, axis: int | None = None, *, out: Self | None = None) -> Self:
        """Return the array with each element repeated, along an axis or (None) in the flat array."""

    def reshape_like(
        self,
        rhs: Self,
        lhs_begin: int | None = None,
        lhs_end: int | None = None,
        rhs_begin: int | None = None,
        rhs_end: int | None = None,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return a copy of ``lhs`` in the shape of ``rhs``."""

    def rint(self, *, out: Self | None = None) -> Self:
        """Return the nearest integers, halves downwards."""

    def round(self, *, out: Self | None = None) -> Self:
        """Return the nearest integers, halves away from zero."""

    def rsqrt(self, *, out: Self | None = None) -> Self:
        """Return reciprocals of the square roots."""

    def shape_array(self, *, out: Self | None = None) -> Self:
        """Return the sizes of the axes, as int64."""

    def sigmoid(self, *, out: Self | None = None) -> Self:
        """Return 1 / (1 + exp(-x))."""

    def sign(self, *, out: Self | None = None) -> Self:
        """Return -1, 0 or 1, by sign."""

    def sin(self, *, out: Self | None = None) -> Self:
        """Return sines."""

    def sinh(self, *, out: Self | None = None) -> Self:
        """Return hyperbolic sines."""

    def size_array(self, *, out: Self | None = None) -> Self:
        """Return the number of elements, as one int64."""

    def slice(
        self,
        begin: int | Sequence[int | None] | None,
        end: int | Sequence[int | None] | None,
        step: int | Sequence[int | None] | None = (),
        *,
        out: Self | None = None,
    ) -> Self:
        """Return a copy of the block between bounds of the first axes."""

    def slice_assign(
        self,
        rhs: Self,
        begin: int | Sequence[int | None] | None,
        end: int | Sequence[int | None] | None,
        step: int | Sequence[int | None] | None = (),
        *,
        out: Self | None = None,
    ) -> Self:
        """Return a copy of the left array with a block replaced by the right one; bounds as of ``slice``."""

    def slice_assign_scalar(
        self,
        scalar: float = 0.0,
        *,
        begin: int | Sequence[int | None] | None,
        end: int | Sequence[int | None] | None,
        step: int | Sequence[int | None] | None = (),
        out: Self | None = None,
    ) -> Self:
        """Return a copy of the array with a block filled with a number; bounds as of ``slice``."""

    def slice_axis(self, axis: int, begin: int, end: int | None, *, out: Self | None = None) -> Self:
        """Return a copy of the elements from begin to end (excluded; None: all) of one axis."""

    def slice_like(
        self,
        shape_like: Self,
        axes: int | Sequence[int] = (),
        *,
        out: Self | None = None,
    ) -> Self:
        """Return a copy of the first elements of each axis, as many as the other array has there."""

    def softmax(
        self,
        length: Self | None = None,
        axis: int = -1,
        temperature: float | None = None,
        dtype: DTypeLike | None = None,
        use_length: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return exp(x / temperature), divided by its sum along an axis."""

    def softmin(
        self,
        axis: int = -1,
        temperature: float | None = None,
        dtype: DTypeLike | None = None,
        use_length: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the softmax of -x / temperature along an axis."""

    def softsign(self, *, out: Self | None = None) -> Self:
        """Return x / (1 + |x|)."""

    def sort(self, axis: int | None = -1, is_ascend: bool = True, *, out: Self | None = None) -> Self:
        """Return the elements sorted along an axis, or (None) of the flat array."""

    def space_to_depth(self, block_size: int, *, out: Self | None = None) -> Self:
        """Move blocks of pixels of NCHW images into channels: the reverse of ``depth_to_space``."""

    def split(
        self,
        num_outputs: int,
        axis: int = 1,
        squeeze_axis: bool = False,
        *,
        out: Self | None = None,
    ) -> Self | list[Self]:
        """Cut an axis into equal parts and return them; ``squeeze_axis`` drops an axis left with size 1."""

    def sqrt(self, *, out: Self | None = None) -> Self:
        """Return square roots."""

    def square(self, *, out: Self | None = None) -> Self:
        """Return squares."""

    def squeeze(
        self,
        axis: int | Sequence[int] | None = None,
        *,
        inplace: Any = ...,
        out: Self | None = None,
    ) -> Self:
        """Return a copy without axes of size 1: those named, or all. At least one axis, of size 1, remains."""

    def sum(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the sum over the given axes."""

    def swapaxes(self, dim1: int = 0, dim2: int = 0, *, out: Self | None = None) -> Self:
        """Return the array with two axes exchanged."""

    def take(
        self,
        indices: Self,
        axis: int = 0,
        mode: Literal["clip", "wrap", "raise"] = "clip",
        *,
        out: Self | None = None,
    ) -> Self:
        """Return the elements at indices along an axis; the axes of the indices take the place of that axis."""

    def tan(self, *, out: Self | None = None) -> Self:
        """Return tangents."""

    def tanh(self, *, out: Self | None = None) -> Self:
        """Return hyperbolic tangents."""

    def tile(self, reps: int | Sequence[int], *, out: Self | None = None) -> Self:
        """Return the whole array repeated this often along each axis, counted from the last."""

    def topk(
        self,
        axis: int | None = -1,
        k: int = 1,
        ret_typ: Literal["indices", "value", "mask", "both"] = "indices",
        is_ascend: bool = False,
        dtype: DTypeLike = "float32",
        *,
        out: Self | None = None,
    ) -> Self | list[Self]:
        """Return the k largest elements along an axis, or (None) of the flat array, largest first."""

    def trunc(self, *, out: Self | None = None) -> Self:
        """Return the integers towards zero."""

    def zeros_like(self, *, out: Self | None = None) -> Self:
        """Return zeros of the same shape and dtype."""
