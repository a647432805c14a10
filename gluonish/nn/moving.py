"""Changing all that a module holds: element type, device, gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.dtype import any_dtype, as_dtype, is_float
from gluonish.engine.ndarray import NDArray
from gluonish.errors import DTypeError
from gluonish.nn.face import contexts_of
from gluonish.nn.tree import ModuleTree
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.lifecycle import as_contexts
from gluonish.parameter.plan import Plan
from gluonish.tensors.methods import is_dtype

__all__ = ["ModuleMoves"]


class ModuleMoves(ModuleTree):
    """Casts and moves, in place: optimizers go on with the same objects."""

    def _cores(self) -> list[ParameterCore]:
        return list({each.core: None for _, each in self.parameters_by_path()})

    def to(self, *args: Any, dtype: Any = None, device: Any = None) -> Any:
        """Change where parameters and buffers are, or their element type, in place; return the module.

        With several devices there is a replica on each, and optimizer steps add their gradients.

        Args:
            args: a device, a list of them, a dtype, or a tensor like which they shall be; in any order.
            dtype: a floating-point type; tensors of integers keep theirs.
            device: a device, or a list of them.

        Raises:
            DTypeError: no floating-point type.
            DeviceUnavailableError: a device cannot hold arrays here. Nothing is changed then.

        Example:
            >>> import gluonish as torch
            >>> from gluonish import nn
            >>> m = nn.Module()
            >>> m.w = nn.Parameter([1.0])
            >>> m.to([torch.cpu(0), torch.cpu(1)]).to("float64").w.list_data()
            [Tensor([1.0], grad=None), Tensor([1.0], grad=None)]
        """
        for each in args:
            if isinstance(each, NDArray):
                device, dtype = each.context, each.dtype
            elif is_dtype(each):
                dtype = each
            elif each is not None:
                device = each
        wanted = None if dtype is None else any_dtype(dtype)
        if wanted is not None and not is_float(wanted):
            raise DTypeError(
                "Module.to()", "takes floating-point types only", expected="a float dtype", received=wanted
            )
        if device is not None:
            lifecycle.reset_ctx(self._cores(), contexts_of(device))
        if wanted is not None:
            lifecycle.cast([core for core in self._cores() if is_float(core.dtype)], wanted)
        return self

    def cpu(self) -> Any:
        """Move all parameters and buffers to host memory."""
        return self.to(device="cpu")

    def gpu(self, index: int = 0) -> Any:
        """Move all parameters and buffers to a GPU."""
        return self.to(device=f"gpu:{index}")

    cuda = gpu

    def half(self) -> Any:
        """Cast floating-point parameters and buffers to float16."""
        return self.to(dtype="float16")

    def bfloat16(self) -> Any:
        """Cast floating-point parameters and buffers to bfloat16."""
        return self.to(dtype="bfloat16")

    def float(self) -> Any:
        """Cast floating-point parameters and buffers to float32."""
        return self.to(dtype="float32")

    def double(self) -> Any:
        """Cast floating-point parameters and buffers to float64."""
        return self.to(dtype="float64")

    def type(self, dst_type: Any) -> Any:
        """Cast all parameters and buffers, those of integers too."""
        lifecycle.cast(self._cores(), as_dtype(dst_type))
        return self

    def cast(self, dtype: Any) -> None:
        """Change the element type of floating-point parameters and buffers, as ``to`` does."""
        self.to(dtype=np.dtype(as_dtype(dtype)))

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move parameters and buffers to other contexts, as ``to`` does."""
        lifecycle.reset_ctx(self._cores(), as_contexts(ctx))

    # -- gradients --------------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Args:
            set_to_none: False fills them with 0 instead. Parameters of Gluon, whose gradients are never
                None, are filled with 0 in any case.
        """
        Plan(self._cores()).forget_gradients(leave_zeros=not set_to_none)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Say whether the parameters have gradients, and return the module."""
        cores = [p.core for p in self.parameters() if p.core.wants_grad != requires_grad]
        (lifecycle.thaw if requires_grad else lifecycle.freeze)(cores)
        return self

    def apply(self, fn: Callable[[Any], Any]) -> Any:
        """Call ``fn`` with every module below this one, then with this one; return it."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self
