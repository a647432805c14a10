"""NDArray: an array on a context, as MXNet's users know it.

This module holds what an array *is*: memory, place, history, and the ways in and out. What can be computed
with it comes from the operator table, through ``OperatorMethods``.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context, as_context
from gluonish.dtype import as_dtype
from gluonish.engine.backend import backend_of
from gluonish.engine.conversion import host_array, host_value, transfer_raw
from gluonish.engine.methods import OperatorMethods
from gluonish.engine.mode import MODE
from gluonish.engine.storage import Storage
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GradientError,
    InPlaceError,
    ShapeMismatchError,
)
from gluonish.shape import FILLED, format_shape, merge_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gluonish.engine.operator import Operator

__all__ = ["FAMILIES", "NDArray", "array_label", "from_data", "transfer_raw"]


class NDArray(OperatorMethods):
    """An array of one dtype on one context.

    Arrays are made by the functions of ``mx.nd`` (``nd.array``, ``nd.zeros`` ...) and by operators, not by
    calling this class.

    Reading a NumPy view of it (``np.asarray(x)``) gives read-only memory that follows later writes, until a
    parameter's memory is repacked, cast or moved; ``asnumpy()`` copies.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.array([[1, 2], [3, 4]])
        >>> x.shape, x.dtype, x.context
        ((2, 2), <class 'numpy.float32'>, cpu(0))
        >>> (x * 2 + 1).asnumpy()
        array([[3., 5.],
               [7., 9.]], dtype=float32)
    """

    __slots__ = ("__weakref__", "_ctx", "_entry", "_is_mask", "_node", "_raw", "_storage")

    # NumPy arrays and scalars on the left of an operator give way to ours.
    __array_ufunc__ = None

    # The function ``nd.reshape`` copies, the method shares memory, as in MXNet.
    reshaping = "_reshape_view"

    # The class of what operators make of such arrays, what makes one from (raw, context, storage), and
    # whether one element has the shape () or (1,).
    family: type[NDArray]
    make: Callable[..., NDArray]
    has_scalars = False

    # Whether computing with such an array is recorded outside record() too, and whether it only stands for
    # another one, which ``actual`` returns.
    tracks_itself = False
    stands_in = False

    _raw: Any
    _ctx: Context
    _storage: Storage
    _node: Any
    _entry: int
    _is_mask: bool  # set only where a predicate made the array, so that making others costs nothing

    def __init__(self, raw: Any, ctx: Context, storage: Storage | None = None) -> None:
        self._raw = raw
        self._ctx = ctx
        self._node = None
        if storage is None:
            self._storage = Storage()
        else:
            self._storage = storage
            storage.register(self)

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self._raw.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._raw.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(self._raw.size)

    @property
    def dtype(self) -> type[np.generic]:
        """The element type, as NumPy's scalar class: ``numpy.float32``."""
        return self._raw.dtype.type

    @property
    def context(self) -> Context:
        """The context that holds the array."""
        return self._ctx

    ctx = context

    @property
    def stype(self) -> str:
        """The storage type: ``"default"`` for dense arrays, ``"row_sparse"`` or ``"csr"``."""
        return "default"

    @property
    def stored(self) -> Any:
        """What kernels get: the raw array, or a sparse value. None while a parameter waits for its shape."""
        return self._raw

    @property
    def writable(self) -> bool:
        """Whether the array can be written: always."""
        return True

    @property
    def grad(self) -> NDArray | None:
        """The gradient buffer made by ``attach_grad``, or None."""
        return getattr(self._node, "grad", None)

    @property
    def _fresh_grad(self) -> bool:
        """Whether a backward pass has written the gradient since the last update. It can be set."""
        grad = self.grad
        return grad is not None and grad._storage.fresh

    @_fresh_grad.setter
    def _fresh_grad(self, fresh: bool) -> None:
        grad = self.grad
        if grad is None:
            raise GradientError(array_label(self), "has no gradient", fix="Call attach_grad() first.")
        grad._storage.fresh = bool(fresh)

    def __repr__(self) -> str:
        dims = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()}\n<{type(self).__name__} {dims} @{self._ctx}>"

    def __len__(self) -> int:
        if not self.shape:
            raise ArgumentTypeError(
                "An array of shape ()", "has no length", fix="It is one number: use asscalar()."
            )
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]

    __hash__ = object.__hash__

    @property
    def is_tracked(self) -> bool:
        """Whether an operator on this array would be recorded now."""
        return self._node is not None and (MODE.recording or (self.tracks_itself and not MODE.paused))

    def actual(self, ctx: Context | None) -> NDArray:
        """Return the array that this one stands for beside arrays on ``ctx``, or itself."""
        del ctx
        return self

    # -- ways out -------------------------------------------------------------------------------------

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """Return a copy of the content in host memory.

        Example:
            >>> import gluonish as mx
            >>> mx.nd.arange(3).asnumpy()
            array([0., 1., 2.], dtype=float32)
        """
        return np.array(backend_of(self._ctx).to_host(self._raw))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        backend = backend_of(self._ctx)
        host = backend.to_host(self._raw)
        converted = dtype is not None and np.dtype(dtype) != host.dtype
        if copy is False and (converted or backend.enters_device):
            raise ArgumentError(
                "An array",
                "cannot be given to NumPy without a copy",
                expected=f"{host.dtype} in host memory",
                received=f"{np.dtype(dtype or host.dtype)} wanted from {self._ctx}",
            )
        if copy or converted:
            return np.array(host, dtype)
        view = host.view()
        # A write through the view would not be counted, and a gradient could come out wrong.
        view.flags.writeable = False
        return view

    def __dlpack__(self, **options: Any) -> Any:
        return self._raw.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[Any, int]:
        return self._raw.__dlpack_device__()

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule over the memory, for another library to read."""
        return self._raw.__dlpack__()

    def to_dlpack_for_write(self) -> Any:
        """Return a DLPack capsule over the memory, for another library to write.

        Such writes are not counted: do not make them while a recorded graph still needs the array.
        """
        self.check_writable()
        return self._raw.__dlpack__()

    def asscalar(self) -> Any:
        """Return the only element, as a NumPy scalar.

        Raises:
            ArgumentError: the array has more elements, or none.
        """
        if self.size != 1:
            raise ArgumentError(
                f"An array of shape {format_shape(self.shape)}",
                "is not one number",
                expected="one element",
                received=f"{self.size} elements",
            )
        return backend_of(self._ctx).to_host(self._raw).reshape(-1)[0]

    def item(self) -> Any:
        """Return the only element, as a Python number."""
        return self.asscalar().item()

    def tolist(self) -> Any:
        """Return the content as nested lists of Python numbers."""
        return self.asnumpy().tolist()

    def __bool__(self) -> bool:
        return bool(self.asscalar())

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        if self._raw.dtype.kind not in "iu":
            raise ArgumentTypeError(
                "An array",
                "cannot be an index",
                expected="an integer dtype",
                received=self._raw.dtype,
            )
        return int(self.asscalar())

    # -- copies and moves -------------------------------------------------------------------------------

    def copy(self) -> NDArray:
        """Return a copy on the same context; recorded like any operator."""
        return self.as_in_context(self._ctx, copy=True)

    def as_in_context(self, context: Context, *, copy: bool = False) -> NDArray:
        """Return the array on ``context``: itself if it is there, otherwise a copy. Differentiable.

        Args:
            context: where to.
            copy: copy even if it is there.

        Example:
            >>> import gluonish as mx
            >>> x = mx.nd.ones((2,))
            >>> x.as_in_context(mx.cpu(0)) is x, x.as_in_context(mx.cpu(1)).context
            (True, cpu(1))
        """
        target = as_context(context)
        if target is self._ctx and not copy:
            return self
        from gluonish.engine.tape import record_transfer  # noqa: PLC0415  the tape is above this module

        result = self.make(transfer_raw(self._raw, self._ctx, target), target)
        record_transfer(self, result)
        return result

    as_in_ctx = as_in_context

    def as_nd_ndarray(self) -> NDArray:
        """Return the array as MXNet's classic kind: itself, or one over the same memory and history."""
        return self._as(NDArray)

    def as_np_ndarray(self) -> NDArray:
        """Return the array as the kind of ``mx.np``: itself, or one over the same memory and history."""
        return self._as(FAMILIES.numpy())

    def _as(self, family: type[NDArray]) -> NDArray:
        if (
            self.family is family and not self.stands_in
        ) or self._raw is None:  # a placeholder has no memory to share yet
            return self
        twin = family.make(self._raw, self._ctx, self._storage)
        if self._node is not None:
            twin._node, twin._entry = self._node, self._entry
        return twin

    def copyto(self, other: NDArray | Context) -> Any:
        """Copy into another array of equal shape, converting the dtype, or to a context.

        Returns:
            ``other``, or the new array on that context. Copying an array to itself does nothing but warn,
            and returns False.

        Raises:
            ShapeMismatchError: the shapes differ.
            ArgumentTypeError: neither an array nor a context.
        """
        if isinstance(other, Context):
            return self.as_in_context(other, copy=True)
        if not isinstance(other, NDArray):
            raise ArgumentTypeError(
                "copyto()",
                "cannot write there",
                expected="an NDArray or a Context",
                received=type(other),
            )
        merge_shapes(other.shape, self.shape, owner="The target of copyto()", wording=FILLED)
        if other is self:
            warnings.warn(f"{array_label(self)} is copied to itself", RuntimeWarning, stacklevel=2)
            return False
        other.write(self)
        return other

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """Return the array in another dtype. Differentiable between floating-point types.

        Args:
            dtype: the new element type. From float to integer it truncates; out of range it wraps around.
            copy: False returns the array itself where the dtype is this one already.
        """
        target = as_dtype(dtype)
        if not copy and target == self._raw.dtype:
            return self
        return self._cast(target)

    def tostype(self, stype: str) -> NDArray:
        """Return the array in a storage type: itself if it has it. Differentiable.

        Args:
            stype: ``"default"``, ``"row_sparse"`` or ``"csr"``.

        Raises:
            ArgumentError: another one, or one that this storage is never converted to.

        Example:
            >>> import gluonish as mx
            >>> mx.nd.array([[0, 0], [1, 2]]).tostype("row_sparse").indices.asnumpy()
            array([1])
        """
        if stype == self.stype:
            return self
        from gluonish.engine.invoke import RECORDED  # noqa: PLC0415  invoke is above this module

        result: NDArray = RECORDED.cast_storage(self, stype=stype)
        return result

    def wait_to_read(self) -> None:
        """Wait for the device to finish the array. Host arrays are finished when they exist."""
        backend_of(self._ctx).synchronize(self._ctx)

    wait_to_write = wait_to_read

    def detach(self) -> NDArray:
        """Return an array over the same memory that the tape knows nothing about."""
        return self.make(self._raw, self._ctx, self._storage)

    def __copy__(self) -> NDArray:
        return self.detach().copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> NDArray:
        result = memo[id(self)] = self.detach().copy()
        if self.grad is not None:
            result.attach_grad(self._node.grad_req)
            result.grad.write(self.grad)  # type: ignore[union-attr]
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.asnumpy(), self._ctx, self.has_scalars)

    # -- writing ----------------------------------------------------------------------------------------

    def check_writable(self) -> None:
        """Refuse a write that would make a recorded graph wrong.

        Raises:
            InPlaceError: recording is on, and the array is in the graph.
        """
        if self.is_tracked:
            raise InPlaceError(
                array_label(self),
                "cannot be written while recording: the recorded graph depends on it",
                fix="Compute a new array, or write it outside autograd.record(); a Tensor, inside no_grad().",
            )

    def write(self, value: Any, key: Any = ...) -> None:
        """Write numbers or an array into this one, in place, converting dtype and context.

        While recording, an array that is written as a whole takes over the history of what is written.

        Args:
            value: anything that broadcasts to the place written: a number, an NDArray, a NumPy array, a
                list.
            key: which part, as in ``x[key] = value``; NumPy's rules. Index arrays are raw.

        Raises:
            InPlaceError: recording is on, and the array is in the graph; or only a part of it would get a
                value that has history.
            ShapeMismatchError: the value does not broadcast to the part.
            ArgumentTypeError: the value is no array and no number.
            DTypeError: the value is complex, and this array is not.
        """
        self.check_writable()
        recorded = isinstance(value, NDArray) and value.is_tracked
        if recorded:
            value = self._fitted(value, key)
        raw = self._incoming(value)
        backend = backend_of(self._ctx)
        dtype = getattr(raw, "dtype", self._raw.dtype)
        if dtype is not self._raw.dtype and dtype.kind == "c" != self._raw.dtype.kind:
            raise DTypeError(
                array_label(self),
                "cannot take complex numbers",
                expected=self._raw.dtype,
                received=raw.dtype,
                fix="Write x.real, or x.abs().",
            )
        try:
            with backend.scope(self._ctx):
                if dtype is self._raw.dtype:
                    self._raw[key] = raw
                else:
                    with np.errstate(all="ignore"):  # a conversion may end in infinities, as in operators
                        self._raw[key] = raw
        except ValueError as error:
            raise ShapeMismatchError(
                array_label(self),
                "cannot take this value",
                expected=f"something that broadcasts to {format_shape(self._raw[key].shape)}",
                received=f"shape {format_shape(np.shape(raw))}",
            ) from error
        self._storage.touch()
        if recorded:
            self._node, self._entry = value._node, value._entry

    def _incoming(self, value: Any) -> Any:
        """Return a value to be written as a raw array on this array's device, or as a number."""
        if isinstance(value, NDArray):
            if value._raw is None:
                value = value.detach().tostype("default")
            if value._ctx.place is self._ctx.place:
                return value._raw
            return transfer_raw(value._raw, value._ctx, self._ctx)
        host = host_value(value, self._raw.dtype, array_label(self))
        return backend_of(self._ctx).from_host(host, self._ctx) if isinstance(host, np.ndarray) else host

    def _fitted(self, value: NDArray, key: Any) -> Any:
        """Return a recorded value in this array's context, dtype and shape, by recorded operators."""
        if key is not ... and any(type(entry) is not slice or entry != slice(None) for entry in key):
            raise InPlaceError(
                array_label(self),
                "cannot take a recorded array as a part of its content: the gradient would be lost",
                fix="Build it with nd.concat, nd.stack or nd.where; or write value.detach().",
            )
        value = value.as_in_context(self._ctx).astype(self.dtype, copy=False).tostype(self.stype)
        return value if value.shape == self.shape else value.broadcast_to(self.shape)

    def adopt(self, other: NDArray) -> None:
        """Become an array over the memory of another one, which is of this class and on this context."""
        self._raw = other._raw
        self._storage = other._storage
        self._storage.register(self)

    def rebind(self, old: Any, new: Any) -> None:
        """Follow the memory of this array from ``old`` to ``new``, which has equal content."""
        self._raw = backend_of(self._ctx).rebase(self._raw, old, new)

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call an operator with this array as its first input."""
        from gluonish.engine.invoke import call_operator  # noqa: PLC0415  invoke is above this module

        out = kwargs.pop("out", None)
        return call_operator(op, (self, *args), kwargs, out)

    # -- gradients ----------------------------------------------------------------------------------------

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make this array a variable: give it a zeroed gradient buffer and cut it from any history.

        Args:
            grad_req: ``"write"`` (each backward pass replaces the gradient), ``"add"`` (it adds to it) or
                ``"null"`` (none is computed).
            stype: the storage type of the gradient; that of the array if not given.

        Raises:
            UnknownNameError: another ``grad_req``.
        """
        from gluonish.engine.tape import Leaf  # noqa: PLC0415  the tape is above this module

        if stype is None:
            stype = self.stype
        if stype == "default":
            backend = backend_of(self._ctx)
            with backend.scope(self._ctx):
                grad = self.make(backend.xp.zeros(self.shape, self.dtype), self._ctx)
        else:
            from gluonish.engine.sparse import empty_sparse  # noqa: PLC0415  it is above this module

            grad = empty_sparse(stype, self.shape, self._ctx, self.dtype)
        Leaf(grad_req, grad).attach(self)

    def backward(
        self,
        out_grad: NDArray | None = None,
        retain_graph: bool = False,
        train_mode: bool = True,
    ) -> None:
        """Compute the gradients of this array into the buffers of the variables it depends on.

        Args:
            out_grad: the gradient of the final quantity with respect to this array; ones if not given.
            retain_graph: keep the recorded graph for another backward pass.
            train_mode: whether rules that differ between training and prediction act as in training.

        Raises:
            GradientError: nothing was recorded, or the graph was freed by an earlier pass.
            SavedArrayError: an array that the gradient needs was written since.
        """
        from gluonish.engine.backward import backward  # noqa: PLC0415  passes are above this module

        backward([self], [out_grad], retain_graph=retain_graph, train_mode=train_mode)


NDArray.family = NDArray
NDArray.make = NDArray


class _Families:
    """Where ``mx.np`` plugs in its class of arrays, which is loaded when it is first needed.

    Attributes:
        numpy: returns the class.
    """

    numpy: Callable[[], type[NDArray]]


FAMILIES = _Families()


def _rebuild(host: np.ndarray[Any, Any], ctx: Context, numpy: bool = False) -> NDArray:
    array = from_data(host, ctx)
    return array.as_np_ndarray() if numpy else array


def array_label(array: NDArray) -> str:
    """Return how messages call an array: its parameter's name, or its shape."""
    if array._storage.label:
        return array._storage.label
    return f"An array of shape {format_shape(array.shape)}"


def from_data(data: Any, ctx: Context, dtype: Any = None, *, may_be_complex: bool = False) -> NDArray:
    """Copy a NumPy array, a number or nested lists to a context.

    Args:
        data: the content.
        ctx: where to.
        dtype: the element type; that of the data if not given.
        may_be_complex: whether it may become a Tensor's content.

    Raises:
        ArgumentTypeError: the data are not numbers in a rectangular arrangement.
        DTypeError: a dtype that gluonish does not have.
        DeviceUnavailableError: the context cannot hold arrays here.
    """
    host = host_array(data, dtype, may_be_complex=may_be_complex)
    return NDArray(backend_of(ctx).from_host(host, ctx), ctx)
