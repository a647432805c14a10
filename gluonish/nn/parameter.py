"""The tensor face of the parameter core: Parameter, UninitializedParameter and Buffer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import autograd
from gluonish.dtype import any_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError, GradientError, SignatureError
from gluonish.lr_scheduler import Multiplier
from gluonish.nn.face import TensorFace, contexts_of, filled
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.face import ParameterFace
from gluonish.parameter.plan import Plan
from gluonish.shape import format_shape, is_known
from gluonish.tensors.printing import as_text
from gluonish.tensors.tensor import Tensor

__all__ = ["Buffer", "Parameter", "Uninitialized", "UninitializedBuffer", "UninitializedParameter"]


class Parameter(TensorFace):
    """A tensor that modules train: a thin face over the parameter core, which may hold it on several devices.

    It can be made as Lucid makes it, with a dtype and a device; as torch does, with ``requires_grad``; and by
    ``Parameter.create(data, options)``, as torch.js does. Operators take it as they take any tensor; what
    they return are Tensors.

    Args:
        data: a tensor (it is copied), an array, a number or nested lists; None for no elements. Floats and
            whole numbers of Python become float32 and int64.
        args: a bool is ``requires_grad``, anything else ``dtype``; after it may follow ``device``.
        requires_grad: whether it has a gradient: True, also inside ``no_grad()``.
        dtype: the element type, in any of NumPy's spellings; that of the data if None.
        device: one device, or a list of them, on each of which there is a copy.
        grad_req: ``"add"``, as torch's users expect, ``"write"`` or ``"null"``.
        lr_mult: factor on the learning rate.
        wd_mult: factor on the weight decay.

    Raises:
        ArgumentTypeError: the data are not numbers.

    Example:
        >>> from gluonish import nn
        >>> p = nn.Parameter([1.0, 2.0, 3.0])
        >>> p.backward()
        >>> print(p, p.grad)
        [1.0, 2.0, 3.0] [1. 1. 1.]
        >>> p + 1
        Tensor([2.0, 3.0, 4.0], grad=None)
    """

    __slots__ = ()

    _is_parameter = True

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        requires_grad: bool | None = None,
        dtype: Any = None,
        device: Any = None,
        grad_req: str = "add",
        lr_mult: Multiplier = 1.0,
        wd_mult: Multiplier = 1.0,
    ) -> None:
        requires_grad, dtype, device = _options(args, requires_grad, dtype, device)
        self._take(
            filled(
                np.zeros(0, np.float32) if data is None else data,
                dtype,
                contexts_of(device, data),
                grad_req=grad_req,
                lr_mult=lr_mult,
                wd_mult=wd_mult,
            )
        )
        if not requires_grad:
            self.requires_grad_(False)

    @classmethod
    def create(cls, data: Any, options: Mapping[str, Any] | None = None, **more: Any) -> Parameter:
        """Return a parameter, with its options as a dictionary or by keyword, as torch.js does.

        Args:
            data: as of the constructor.
            options: ``dtype``, ``requires_grad``, ``device``.
            more: the same by keyword.
        """
        given = {**(options or {}), **more}
        return cls(data, **given)

    # -- gradients --------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether it has a gradient. Switching it off and on again restores ``grad_req``."""
        return self._core.wants_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Parameter:
        """Say whether the parameter has a gradient, and return it."""
        if requires_grad != self._core.wants_grad:
            (lifecycle.thaw if requires_grad else lifecycle.freeze)([self._core])
        return self

    def _gradient(self) -> NDArray | None:
        if not self._core.wants_grad:
            return None
        buffer = self._core.grad(self.actual()._ctx)
        return None if buffer._storage.empty else buffer

    @property
    def has_gradient(self) -> bool:
        """Whether it has a gradient on any of its contexts."""
        core = self._core
        return core.is_ready and core.wants_grad and not all(each._storage.empty for each in core.gradients())

    def _set_gradient(self, value: Any) -> None:
        if not self._core.wants_grad:
            raise GradientError(self._core.label, "takes no gradient", fix="Call requires_grad_() first.")
        with autograd.pause():
            for buffer in self._core.gradients():
                buffer.write(value if isinstance(value, NDArray) else np.asarray(value))

    def list_grad(self) -> list[Tensor | None]:
        """Return the gradients on all contexts, in their order; None where no pass has written one."""
        return [None if g._storage.empty else g._as(Tensor) for g in self._core.gradients()]  # type: ignore[misc]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient on all contexts.

        Args:
            set_to_none: False leaves a gradient of zeros.
        """
        Plan([self._core]).forget_gradients(leave_zeros=not set_to_none)

    # -- copies and moves -------------------------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> Parameter:
        """Return the parameter with another dtype or on another device: itself, or a new leaf Parameter."""
        with autograd.pause():
            moved = Tensor.to(self.actual(), *args, **kwargs)
        if moved is self.actual():
            return self
        return type(self)(moved, requires_grad=self.requires_grad, grad_req=self._wanted_grad_req())

    def copy_(self, other: Any) -> Tensor:
        """Write another tensor, converted and broadcast, into the parameter on every context.

        Raises:
            InPlaceError: the parameter requires its gradient; write it inside ``no_grad()``.
        """
        if not self.core.is_ready or len(self.core.contexts()) == 1:
            return super().copy_(other)
        self.actual(None).check_writable()
        value = other.detach() if isinstance(other, NDArray) else Tensor(other, dtype=self.dtype)
        self.set_data(value.broadcast_to(self.shape))
        return self

    def _wanted_grad_req(self) -> str:
        return self._core.thaws_to or (self._core.grad_req if self._core.wants_grad else "add")

    # -- printing ---------------------------------------------------------------------------------------

    def __str__(self) -> str:
        if not self._core.is_ready:
            return f"<uninitialized {format_shape(self._core.shape)}>"
        return as_text(self.asnumpy())

    def __repr__(self) -> str:
        if not self._core.is_ready:
            return f"{type(self).__name__} containing:\n{self}"
        content = as_text(self.asnumpy(), "Tensor(")
        return f"{type(self).__name__} containing:\nTensor({content}, requires_grad={self.requires_grad})"


def _options(
    args: tuple[Any, ...], requires_grad: bool | None, dtype: Any, device: Any
) -> tuple[bool, Any, Any]:
    """Sort the positional arguments after the data: Lucid's (dtype, device), torch's (requires_grad)."""
    for position, value in enumerate(args):
        if position == 0 and isinstance(value, (bool, np.bool_)) and requires_grad is None:
            requires_grad = bool(value)
        elif position == 0 and dtype is None and not isinstance(value, (bool, np.bool_)):
            dtype = value
        elif position == 1 and device is None and not isinstance(value, bool):
            device = value
        else:
            raise SignatureError(
                "nn.Parameter()",
                "cannot make sense of its arguments",
                expected="(data, requires_grad) or (data, dtype, device)",
                received=", ".join(map(repr, args)),
            )
    return True if requires_grad is None else requires_grad, dtype, device


class Uninitialized(ParameterFace):
    """A tensor of a module whose shape is not known yet; once it is, the object becomes an ordinary one."""

    __slots__ = ()

    settled_class: type[TensorFace]
    """What it becomes."""
    _take: Callable[[ParameterCore], None]

    def _await(self, core: ParameterCore, init: Any, device: Any) -> None:
        """Wait for the shape, on the devices given, with what will fill it."""
        self._take(core)
        lifecycle.initialize([lifecycle.InitRequest(core, "", init)], contexts_of(device))

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Give the tensor its shape, and with it its first value.

        Args:
            shape: the shape.
            device: another device than the one it was made for.
            dtype: another element type.

        Raises:
            ShapeMismatchError: the shape contradicts what is known.
        """
        if device is not None:
            self.reset_ctx(contexts_of(device))
        if dtype is not None:
            self.cast(dtype)
        self._core.merge_shape(tuple(shape))
        lifecycle.finish([self._core])
        self.become_initialized()

    def become_initialized(self) -> None:
        """Become an ordinary tensor of a module, once there is a value."""
        if self._core.is_ready and is_known(self._core.shape):
            self.__class__ = self.settled_class  # type: ignore[assignment]  # the object stays: optimizers hold it


class UninitializedParameter(Uninitialized, Parameter):  # type: ignore[misc]  # as of Tensor
    """A parameter whose shape is not known yet; it becomes a Parameter, the same object, once it is.

    Args:
        requires_grad: whether it will have a gradient.
        device: where it will be.
        dtype: its element type.
        init: what will fill it: an initializer of ``mx.init``, or its name; ``"zeros"`` if not given.
        shape: what is known of it, None for an axis that is not.

    Example:
        >>> from gluonish import nn
        >>> p = nn.UninitializedParameter()
        >>> p.materialize((2, 3))
        >>> type(p).__name__, p.shape
        ('Parameter', (2, 3))
    """

    __slots__ = ()

    settled_class = Parameter

    def __init__(
        self,
        requires_grad: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        init: Any = "zeros",
        shape: Sequence[int | None] | None = None,
    ) -> None:
        core = ParameterCore(
            "",
            shape=None if shape is None else tuple(shape),
            dtype=any_dtype("float32" if dtype is None else dtype),
            grad_req="add",
            init=init,
            allow_deferred_init=True,
        )
        self._await(core, init, device)
        if not requires_grad:
            self.requires_grad_(False)


class Buffer(TensorFace):
    """A tensor that a module keeps but does not train, such as a running mean.

    Args:
        data: as of Tensor.
        dtype: the element type; that of the data if None.
        device: one device, or a list of them.
        persistent: whether it is in ``state_dict``.
    """

    __slots__ = ()

    persistent = True

    def __init__(self, data: Any, dtype: Any = None, device: Any = None, persistent: bool = True) -> None:
        if data is None:
            raise ArgumentTypeError("nn.Buffer()", "needs content", expected="numbers", received="None")
        self._take(filled(data, dtype, contexts_of(device, data), grad_req="null", differentiable=False))
        self.persistent = persistent


class UninitializedBuffer(Uninitialized, Buffer):  # type: ignore[misc]  # as of Tensor
    """A buffer whose shape is not known yet; it becomes a Buffer, the same object, once it is.

    Args:
        device: where it will be.
        dtype: its element type.
        init: what will fill it: an initializer of ``mx.init``, or its name.
        persistent: whether it is in ``state_dict``.
    """

    __slots__ = ()

    settled_class = Buffer

    def __init__(
        self, device: Any = None, dtype: Any = None, *, init: Any = "zeros", persistent: bool = True
    ) -> None:
        core = ParameterCore(
            "",
            shape=None,
            dtype=any_dtype("float32" if dtype is None else dtype),
            grad_req="null",
            init=init,
            allow_deferred_init=True,
            differentiable=False,
        )
        self._await(core, init, device)
        self.persistent = persistent
