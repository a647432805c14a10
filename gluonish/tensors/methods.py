"""The methods of Tensor under torch's names; those that NumPy has too come from ``mx.np.ndarray``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.dtype import any_dtype, is_complex, is_float
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.numpy.arguments import call
from gluonish.tensors import functions
from gluonish.tensors.arguments import sizes_of
from gluonish.tensors.device import as_device
from gluonish.tensors.functions.base import drawn

if TYPE_CHECKING:
    from gluonish.context import Context
    from gluonish.tensors.tensor import Tensor

__all__ = ["FUNCTIONS", "TensorMethods", "is_dtype"]

IN_PLACE = (
    *("mul", "div", "pow", "clamp", "abs", "neg", "exp", "log", "sqrt", "rsqrt", "square", "reciprocal"),
    *("floor", "ceil", "round", "sigmoid", "tanh", "relu", "sin", "cos", "masked_fill", "lerp"),
    *("addcmul", "addcdiv", "scatter", "scatter_add", "index_add", "index_fill", "index_copy", "remainder"),
    *("floor_divide", "tril", "triu"),
)
"""Those of them that also exist with an underscore behind their names: they write into the tensor."""

FUNCTIONS = (
    *("add", "sub", "subtract", "mul", "multiply", "div", "divide", "pow", "matmul", "mm", "bmm", "dot"),
    *("exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "rsqrt", "square", "abs", "neg", "reciprocal"),
    *("sin", "cos", "tan", "tanh", "sinh", "cosh", "sigmoid", "relu", "erf", "floor", "ceil", "round"),
    *("sign", "clamp", "clip", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"),
    *("sum", "mean", "prod", "var", "std", "max", "min", "argmax", "argmin", "any", "all", "norm"),
    *("angle", "conj", "sgn"),
    *("cumsum", "softmax", "log_softmax", "logsumexp", "squeeze", "unsqueeze", "permute", "transpose"),
    *(
        "flatten",
        "broadcast_to",
        "index_select",
        "gather",
        "masked_fill",
        "where",
        "chunk",
        "split",
    ),
    *(
        "unbind",
        "narrow",
        "select",
        "sort",
        "argsort",
        "topk",
        "tril",
        "triu",
        "diag",
        "outer",
        "repeat_interleave",
    ),
    *(
        "addmm",
        "isnan",
        "isinf",
        "isfinite",
        "logical_and",
        "logical_or",
        "logical_not",
        "allclose",
        "flip",
        "roll",
    ),
    *("amax", "amin", "median", "cumprod", "count_nonzero", "diagonal", "trace", "unflatten", "movedim"),
    *("scatter", "scatter_add", "index_add", "index_copy", "index_fill", "masked_select", "nonzero"),
    *(
        *("take", "lerp", "addcmul", "addcdiv", "baddbmm", "mv", "floor_divide", "fmod", "remainder"),
        *("swapaxes", "trunc"),
    ),
)
"""The functions of ``gluonish.tensors.functions`` that are methods too."""


class TensorMethods:
    """What ``x.sum(dim)`` and the like compute: the functions of this package of the same names."""

    __slots__ = ()

    # -- shapes ---------------------------------------------------------------------------------------

    def dim(self: Any) -> int:
        """Return the number of axes."""
        return self.ndim

    def numel(self: Any) -> int:
        """Return the number of elements."""
        return self.size

    nelement = numel

    def view(self: Any, *shape: Any) -> Tensor:
        """Return the tensor in another shape over the same memory; one size may be -1.

        Raises:
            ShapeMismatchError: the tensor does not fill that shape.
        """
        return functions.reshape(self, sizes_of(shape))

    reshape = view

    def view_as(self: Any, other: NDArray) -> Tensor:
        """Return the tensor in the shape of another one."""
        return functions.reshape(self, other.shape)

    def t(self: Any) -> Tensor:
        """Return a matrix transposed; arrays of fewer axes as they are.

        Raises:
            ArgumentError: the tensor has more than two axes.
        """
        if self.ndim > 2:  # noqa: PLR2004  a matrix
            raise ArgumentError("Tensor.t()", "transposes matrices", expected="2 axes", received=self.ndim)
        return functions.permute(self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self: Any) -> Tensor:  # noqa: N802  NumPy's and torch's name
        """The tensor with its last two axes exchanged."""
        return functions.transpose(self, -1, -2)

    def expand(self: Any, *sizes: Any) -> Tensor:
        """Return the tensor repeated along axes of size 1; -1 leaves a size as it is."""
        wanted = sizes_of(sizes)
        own = (1,) * (len(wanted) - self.ndim) + self.shape
        shape = tuple(b if a == -1 else a for a, b in zip(wanted, own, strict=True))
        return functions.broadcast_to(self, shape)

    def expand_as(self: Any, other: NDArray) -> Tensor:
        """Return the tensor broadcast to the shape of another one."""
        return functions.broadcast_to(self, other.shape)

    def repeat(self: Any, *sizes: Any) -> Tensor:
        """Return the tensor laid out this often along each axis, as NumPy's ``tile`` does."""
        return functions.tile(self, sizes_of(sizes))

    def reshape_as(self: Any, other: NDArray) -> Tensor:
        """Return the tensor in the shape of another one."""
        return functions.reshape(self, other.shape)

    def is_contiguous(self: Any) -> Any:
        """Tell whether the elements lie behind each other in memory: they always do."""
        return True

    def element_size(self: Any) -> int:
        """Return the bytes of one element."""
        return self.dtype.itemsize

    def contiguous(self: Any) -> Tensor:
        """Return the tensor: the memory of tensors is contiguous."""
        return self

    # -- copies and kinds -------------------------------------------------------------------------------

    def new_zeros(self: Any, *size: Any, **options: Any) -> Tensor:
        """Return zeros in the dtype of this tensor, on its device."""
        return self.new_full(sizes_of(size), 0, **options)

    def new_ones(self: Any, *size: Any, **options: Any) -> Tensor:
        """Return ones in the dtype of this tensor, on its device."""
        return self.new_full(sizes_of(size), 1, **options)

    new_empty = new_zeros

    def new_full(self: Any, size: Any, fill_value: Any, **options: Any) -> Tensor:
        """Return a tensor of one number in the dtype of this one, on its device.

        Args:
            size: the shape.
            fill_value: the number.
            options: ``dtype``, ``device``, ``requires_grad``.
        """
        return creation().full(size, fill_value, **{"dtype": self.dtype, "device": self.context, **options})

    def new_tensor(self: Any, data: Any, **options: Any) -> Tensor:
        """Return data as a tensor in the dtype of this one, on its device."""
        return creation().tensor(data, **{"dtype": self.dtype, "device": self.context, **options})

    def clone(self: Any) -> Tensor:
        """Return a copy; recorded like any operator."""
        return call("_copy", self)

    def numpy(self: Any) -> np.ndarray[Any, Any]:
        """Return the content as a NumPy array, in memory of its own.

        Raises:
            ArgumentError: the tensor requires a gradient; ``detach()`` it first.
        """
        if self.requires_grad:
            raise ArgumentError(
                "A tensor that requires a gradient",
                "is not given to NumPy: its history would be lost",
                fix="Use x.detach().numpy(), or np.asarray(x) to read it.",
            )
        return self.asnumpy()

    def to(self: Any, *args: Any, dtype: Any = None, device: Any = None, copy: bool = False) -> Tensor:
        """Return the tensor with another dtype or on another device; itself if it is there. Differentiable.

        Args:
            args: a dtype, a device, both in this order of torch's (device, dtype), or a tensor like which
                it shall be.
            dtype: the element type.
            device: where to.
            copy: copy in any case.
        """
        for each in args:
            if isinstance(each, NDArray):
                device, dtype = each.context, each.dtype
            elif is_dtype(each):
                dtype = each
            elif each is not None:
                device = each
        target = self.context if device is None else as_device(device)
        result = self if dtype is None else self.astype(any_dtype(dtype), copy=False)
        return result.as_in_context(target, copy=copy and result is self)

    def type(self: Any, dtype: Any = None) -> Any:
        """Return the tensor in another dtype; without one, the name of its dtype."""
        return self.dtype.name if dtype is None else self.to(dtype=dtype)

    def type_as(self: Any, other: NDArray) -> Tensor:
        """Return the tensor in the dtype of another one."""
        return self.to(dtype=other.dtype)

    def cpu(self: Any) -> Tensor:
        """Return the tensor in host memory."""
        return self.to(device="cpu")

    def gpu(self: Any, index: int = 0) -> Tensor:
        """Return the tensor on a GPU."""
        return self.to(device=f"gpu:{index}")

    cuda = gpu

    @property
    def is_cpu(self: Any) -> bool:
        """Whether the tensor is in host memory."""
        return not self.is_gpu

    @property
    def is_gpu(self: Any) -> bool:
        """Whether the tensor is on a GPU."""
        ctx: Context = self.context
        return ctx.device_type == "gpu"

    is_cuda = is_gpu

    def half(self: Any) -> Tensor:
        """Return the tensor as float16."""
        return self.to(dtype="float16")

    def bfloat16(self: Any) -> Tensor:
        """Return the tensor as bfloat16."""
        return self.to(dtype="bfloat16")

    def float(self: Any) -> Tensor:
        """Return the tensor as float32."""
        return self.to(dtype="float32")

    def double(self: Any) -> Tensor:
        """Return the tensor as float64."""
        return self.to(dtype="float64")

    def int(self: Any) -> Tensor:
        """Return the tensor as int32."""
        return self.to(dtype="int32")

    def long(self: Any) -> Tensor:
        """Return the tensor as int64."""
        return self.to(dtype="int64")

    def bool(self: Any) -> Tensor:
        """Return the tensor as bool."""
        return self.to(dtype="bool")

    def is_floating_point(self: Any) -> Any:
        """Tell whether the elements are floats."""
        return is_float(self.dtype)

    def is_complex(self: Any) -> Any:
        """Tell whether the elements are complex."""
        return is_complex(self.dtype)

    def cfloat(self: Any) -> Tensor:
        """Return the tensor as complex64."""
        return self.to(dtype="complex64")

    def cdouble(self: Any) -> Tensor:
        """Return the tensor as complex128."""
        return self.to(dtype="complex128")

    @property
    def real(self: Any) -> Tensor:
        """The real parts; those of real numbers are the tensor itself."""
        return functions.real(self)

    @property
    def imag(self: Any) -> Tensor:
        """The imaginary parts of complex numbers."""
        return functions.imag(self)

    # -- in place ---------------------------------------------------------------------------------------

    def copy_(self: Any, other: Any) -> Tensor:
        """Write another tensor, converted and broadcast, into this one, and return it.

        Raises:
            InPlaceError: the tensor is in a graph; write it inside ``no_grad()``.
        """
        self.write(other)
        return self

    def fill_(self: Any, value: Any) -> Tensor:
        """Write one number everywhere, and return the tensor."""
        return self.copy_(value)

    def zero_(self: Any) -> Tensor:
        """Write 0 everywhere, and return the tensor."""
        return self.copy_(0)

    def add_(self: Any, other: Any, alpha: Any = 1) -> Tensor:
        """Add ``alpha * other`` in place, and return the tensor."""
        return self.update(lambda x: functions.add(x, other, alpha=alpha))

    def sub_(self: Any, other: Any, alpha: Any = 1) -> Tensor:
        """Subtract ``alpha * other`` in place, and return the tensor."""
        return self.update(lambda x: functions.sub(x, other, alpha=alpha))

    def detach_(self: Any) -> Tensor:
        """Forget the history of the tensor, and return it."""
        self._node = None
        return self

    def normal_(self: Any, mean: Any = 0.0, std: Any = 1.0) -> Tensor:
        """Fill with normal draws, and return the tensor."""
        return self.copy_(drawn("_random_normal", self, loc=mean, scale=std))

    def uniform_(self: Any, low: Any = 0.0, high: Any = 1.0) -> Tensor:
        """Fill with uniform draws, and return the tensor."""
        return self.copy_(drawn("_random_uniform", self, low=low, high=high))


def creation() -> Any:
    """Return the module that makes tensors: it is above this one."""
    from gluonish.tensors import creation as found  # noqa: PLC0415

    return found


def is_dtype(value: Any) -> bool:
    """Tell whether a value means an element type, and not a device."""
    if isinstance(value, (np.dtype, type)):
        return True
    if not isinstance(value, str):
        return False
    return value.partition(":")[0].partition("(")[0] not in (
        "cpu",
        "gpu",
        "cuda",
        "metal",
        "cpu_pinned",
        "cpu_shared",
    )


def _method(name: str) -> Any:
    function = getattr(functions, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = function.__doc__
    return method


def _in_place(name: str) -> Any:
    function = getattr(functions, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.update(lambda x: function(x, *args, **kwargs))

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"Write what ``{name}`` returns into the tensor, and return it."
    return method


for _name in FUNCTIONS:
    setattr(TensorMethods, _name, _method(_name))

for _name in IN_PLACE:
    setattr(TensorMethods, f"{_name}_", _in_place(_name))
