"""Tensor: the array of the tensor face, as users of torch and Lucid know it.

It is an ``mx.np.ndarray``, so it has NumPy's promotion, comparisons and shapes, over the engine's memory and
tape. Different is that it says itself whether it wants a gradient (``requires_grad``), that computing with it
is recorded outside ``record()`` too, and that its gradient appears with the first backward pass.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context, as_context
from gluonish.dtype import COMPLEX, any_dtype, is_complex
from gluonish.engine.backend import backend_of
from gluonish.engine.backward import backward
from gluonish.engine.conversion import host_array
from gluonish.engine.ndarray import NDArray, array_label
from gluonish.engine.storage import Storage
from gluonish.engine.tape import Leaf
from gluonish.engine.taps import taps_of
from gluonish.engine.template import Template
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, InPlaceError
from gluonish.numpy.arguments import call
from gluonish.numpy.multiarray import ndarray
from gluonish.tensors.device import as_device
from gluonish.tensors.functions.base import is_complex_number, number_beside, rank_of
from gluonish.tensors.leaf import LateLeaf
from gluonish.tensors.methods import TensorMethods
from gluonish.tensors.operators import install_operators
from gluonish.tensors.printing import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Tensor"]

_ALONE = 2
"""References to the storage of a tensor that shares it with none: its own, and the argument's."""


class Tensor(TensorMethods, ndarray):  # type: ignore[misc]  # torch's names and signatures
    """An array that knows whether it wants a gradient.

    Args:
        data: a number, nested lists, a NumPy array or an array of gluonish; it is copied. Floats of Python
            become float32, whole numbers int64, bools bool, complex numbers complex64; arrays keep their
            dtype.
        requires_grad: whether backward passes compute its gradient.
        keep_grad: whether it keeps its gradient where it is no leaf.
        dtype: the element type.
        device: a Context, ``"cpu"``, ``"gpu"``, ``"cuda:1"``; the data's, else the current context.

    Raises:
        ArgumentTypeError: the data are not numbers in a rectangular arrangement.
        DeviceUnavailableError: the device cannot hold arrays here.

    Example:
        >>> from gluonish import Tensor
        >>> x = Tensor([[1.0, 2.0]], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x, x.grad
        (Tensor([[1.0, 2.0]], grad=[[2.0, 4.0]]), array([[2., 4.]], dtype=float32))
    """

    __slots__ = ()

    tracks_itself = True
    _node: Any

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        keep_grad: bool = False,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        raw, ctx = _copied(data, dtype, device)
        NDArray.__init__(self, raw, ctx)
        if requires_grad:
            self.requires_grad_(True)
        if keep_grad:
            self.retain_grad()

    if TYPE_CHECKING:

        def detach(self) -> Tensor:
            """Return the values without history, over the same memory."""

        def copy(self, order: str = "C") -> Tensor:
            """Return a copy."""

        def __getitem__(self, key: Any) -> Tensor: ...

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def device(self) -> Context:
        """The context that holds the tensor."""
        return self._ctx

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operator made it."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def requires_grad(self) -> bool:
        """Whether backward passes compute its gradient. It can be set on a leaf."""
        node = self._node
        return node is not None and (not isinstance(node, Leaf) or node.grad_req != "null")

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether backward passes compute the gradient of this leaf, and return it.

        Raises:
            GradientError: a recorded operator made the tensor, and its gradient is not wanted any more.
        """
        if not self.is_leaf:
            if requires_grad:
                return self
            raise GradientError(
                array_label(self),
                "is the result of a recorded operator, so it cannot stop to require its gradient",
                fix="Use detach().",
            )
        if requires_grad and self._node is None:
            LateLeaf("add", Template.of(self)).attach(self)
        elif not requires_grad:
            self._node = None
        return self

    # -- content and gradient ---------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The values, as a NumPy (on a GPU: CuPy) array over the tensor's memory; assigning writes them.

        Writes through the array are not seen by the tape: make them between a backward pass and the next
        forward pass.
        """
        return self._raw

    @data.setter
    def data(self, value: Any) -> None:
        self._set_values(value)

    def _set_values(self, value: Any) -> None:
        raw = value._raw if isinstance(value, NDArray) else value
        if raw is self._raw:  # ``x.data -= y``: it is written already
            self._storage.touch()
            return
        self.detach().write(np.asarray(value) if isinstance(value, (list, tuple)) else value)

    @property
    def grad(self) -> Any:
        """The gradient, as a NumPy (CuPy) array over its memory; None before a backward pass. Assignable."""
        buffer = self._gradient()
        return None if buffer is None else buffer._raw

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:
            self.zero_grad()
            return
        self._set_gradient(value)

    def _gradient(self) -> NDArray | None:
        """Return the gradient as an array of the engine, or None."""
        node = self._node
        if isinstance(node, Leaf):
            return None if node.grad is None or node.grad._storage.empty else node.grad
        return None if node is None or node.taps is None else node.taps.kept.get(self._entry)

    def _set_gradient(self, value: Any) -> None:
        node = self._node
        if not isinstance(node, Leaf):
            raise GradientError(
                array_label(self), "takes no gradient", fix="Call requires_grad_() on a leaf first."
            )
        if not isinstance(value, NDArray):
            value = Tensor(value, dtype=self.dtype, device=self._ctx)
        Template.of(self).check(value, "A gradient", any_dtype=True)
        buffer = Template.of(self).zeros()
        buffer.write(value)
        node.grad = buffer

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient.

        Args:
            set_to_none: False fills it with 0 instead.
        """
        node = self._node
        if isinstance(node, Leaf) and node.grad is not None:
            if set_to_none:
                node.grad = None
            else:
                node.grad.write(0)

    def retain_grad(self) -> None:
        """Let backward passes keep the gradient of this tensor, though it is no leaf."""
        if not self.is_leaf:
            taps_of(self._node).keep(self._entry)

    @property
    def keep_grad(self) -> bool:
        """Whether backward passes leave the gradient here: always on a leaf that requires one."""
        node = self._node
        if node is None:
            return False
        return isinstance(node, Leaf) or (node.taps is not None and node.taps.keeps(self._entry))

    def backward(  # type: ignore[override]
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        *,
        keep_grad: bool = False,
        out_grad: Any = None,
        train_mode: bool | None = None,
    ) -> None:
        """Compute the gradients of this tensor into the leaves that it depends on.

        Args:
            gradient: the gradient of the final quantity with respect to this tensor; ones if not given. A
                bool is taken as ``keep_grad``, as in Lucid.
            retain_graph: whether the graph can be used for another pass; as ``create_graph`` if None.
            create_graph: whether gradients have a graph themselves: use ``autograd.grad`` for that.
            keep_grad: whether every tensor in the graph keeps its gradient.
            out_grad: MXNet's name for ``gradient``.
            train_mode: whether rules that differ between training and prediction act as in training; as in
                this thread's mode if None.

        Raises:
            GradientError: nothing was recorded, or the graph was freed by an earlier pass.
            ArgumentError: ``create_graph=True``.
        """
        if isinstance(gradient, (bool, np.bool_)):
            gradient, keep_grad = None, bool(gradient)
        if create_graph:
            raise ArgumentError(
                "Tensor.backward()",
                "writes gradients into buffers, which have no graph",
                expected="create_graph=False",
                fix="Use gluonish.autograd.grad(y, x, create_graph=True).",
            )
        head = gradient if gradient is not None else out_grad
        if head is not None and not isinstance(head, NDArray):
            head = Tensor(head, dtype=self.dtype, device=self._ctx)
        backward(
            [self.actual(None)],
            [head],
            retain_graph=bool(retain_graph),
            train_mode=True if train_mode is None else train_mode,
            keep=keep_grad,
        )

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Any:
        """Call a function with the gradient of this tensor in every backward pass.

        Args:
            hook: takes the gradient; what it returns, unless None, takes the gradient's place.

        Returns:
            A handle: ``handle.remove()``, or calling it, ends that.

        Raises:
            GradientError: the tensor does not require a gradient.
        """
        if self._node is None:
            raise GradientError(array_label(self), "requires no gradient, so no hook can see it")
        return taps_of(self._node).add_hook(self._entry, lambda g: hook(g._as(Tensor)))  # type: ignore[arg-type]

    def update(self, compute: Callable[[Tensor], Tensor]) -> Tensor:
        """Write what a function makes of this tensor into it, and return the tensor.

        An intermediate result takes over the history of what is written, as in torch.

        Args:
            compute: takes the tensor as it was, and returns one that broadcasts to its shape.

        Raises:
            InPlaceError: it is a leaf that requires its gradient, and recorded; or an intermediate result
                whose memory a view or the backward pass relies on.
            DTypeError: the result is of a wider kind: of floats, where the tensor has whole numbers.
        """
        if self._node is None or self.is_leaf or not self.is_tracked:
            return self.copy_(self._taken(compute(self)))
        if sys.getrefcount(self._storage) > _ALONE:
            raise InPlaceError(
                array_label(self),
                "cannot be written while recording: a view of it, or the backward pass, needs its memory",
                fix="Compute a new tensor, x = x + y instead of x += y; or write it inside no_grad().",
            )
        before = _made(self._raw.copy(), self._ctx)
        before._node, before._entry = self._node, self._entry
        result = self._taken(compute(before)).astype(self.dtype, copy=False).broadcast_to(self.shape)
        self.detach().write(result.detach())
        self._node, self._entry = result._node, result._entry
        return self

    def _taken(self, result: Tensor) -> Tensor:
        """Return a result that is to be written here; refuse one that would lose more than digits."""
        if rank_of(result.dtype) > rank_of(self.dtype):
            raise DTypeError(
                array_label(self),
                "cannot take the result in place",
                expected=self.dtype,
                received=result.dtype,
            )
        return result

    # -- copies and kinds -------------------------------------------------------------------------------

    def astype(  # type: ignore[override]  # as of mx.np.ndarray
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Tensor:
        """Return the tensor in another dtype, which may be complex; see ``mx.np.ndarray.astype``."""
        wanted = any_dtype(dtype)
        if is_complex(wanted) or is_complex(self.dtype):
            return self if wanted == self.dtype and not copy else call("_np_astype", self, dtype=wanted)
        return super().astype(wanted, order, casting, subok, copy)  # type: ignore[return-value]  # of its family

    def as_nd_ndarray(self) -> NDArray:
        """Return the tensor as MXNet's classic kind of array, over the same memory and history.

        Raises:
            DTypeError: it is complex.
        """
        if is_complex(self.dtype):
            raise DTypeError(
                array_label(self),
                "is complex, and arrays of MXNet's kind are not",
                received=self.dtype,
                fix="Convert x.real and x.imag.",
            )
        return super().as_nd_ndarray()

    def as_np_ndarray(self) -> Tensor:
        """Return the tensor: it is an ``mx.np.ndarray``."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.asnumpy(), self._ctx, self.requires_grad and self.is_leaf)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise GradientError(
                array_label(self),
                "is the result of a recorded operator: only leaves can be copied deeply",
                fix="Use detach().",
            )
        result = memo[id(self)] = Tensor(self, requires_grad=self.requires_grad)
        if self.grad is not None:
            result.grad = self._gradient()
        return result

    def __abs__(self) -> Any:
        return self.abs()

    def __float__(self) -> float:
        value = self.asscalar()
        if isinstance(value, np.complexfloating):
            raise DTypeError(
                array_label(self), "is complex, and no float", received=self.dtype, fix="Use complex(x)."
            )
        return float(value)

    def __complex__(self) -> complex:
        return complex(self.asscalar())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Let NumPy's scalars stand on the left, complex ones too; see ``mx.np.ndarray``."""
        given = [number_beside(self, each) if is_complex_number(each) else each for each in inputs]
        return super().__array_ufunc__(ufunc, method, *given, **kwargs)

    # -- printing ---------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        content = as_text(self.asnumpy(), "Tensor(")
        found = self._gradient()
        grad = "None" if found is None else as_text(found.asnumpy())
        return f"Tensor({content}, grad={grad})"

    __str__ = __repr__


Tensor.family = Tensor


install_operators(Tensor)


def _made(raw: Any, ctx: Context, storage: Storage | None = None) -> Tensor:
    """Return a tensor over memory: how the engine makes them."""
    tensor = Tensor.__new__(Tensor)
    NDArray.__init__(tensor, raw, ctx, storage)
    return tensor


Tensor.make = staticmethod(_made)


def _rebuild(host: np.ndarray[Any, Any], ctx: Context, requires_grad: bool) -> Tensor:
    return Tensor(host, requires_grad, device=ctx)


def _copied(data: Any, dtype: Any, device: Any) -> tuple[Any, Context]:
    """Return a copy of data as a raw array, and its context."""
    if isinstance(data, NDArray):
        source = data.detach()
        ctx = source.context if device is None else as_device(device)
        wanted = source if dtype is None else source.astype(dtype, copy=False)
        return wanted.as_in_context(ctx, copy=True)._raw, ctx
    ctx = as_context(None) if device is None else as_device(device)
    if dtype is None and not isinstance(data, (np.ndarray, np.generic)):
        dtype = _dtype_of(data)
    host = host_array(data, None if dtype is None else any_dtype(dtype), may_be_complex=True)
    return backend_of(ctx).from_host(host, ctx), ctx


def _dtype_of(data: Any) -> Any:
    """Return the dtype of nested lists: single precision for floats, else what NumPy makes of them."""
    try:
        found = np.asarray(data).dtype
    except ValueError as error:
        raise ArgumentTypeError(
            "A Tensor", "cannot be made of this", expected="numbers in a rectangular arrangement"
        ) from error
    return _SINGLE.get(found, found)


_SINGLE = {np.dtype("float64"): np.dtype("float32"), COMPLEX[1]: COMPLEX[0]}
