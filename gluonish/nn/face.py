"""What parameters and buffers of modules have in common: tensors that stand for the replicas of a core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish import autograd
from gluonish.context import Context
from gluonish.dtype import any_dtype
from gluonish.engine.ndarray import NDArray
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.face import ParameterFace
from gluonish.parameter.lifecycle.initializing import realize
from gluonish.parameter.settling import Placeholder, is_settling
from gluonish.parameter.states import Deferred
from gluonish.tensors.device import as_device
from gluonish.tensors.tensor import Tensor

__all__ = ["TensorFace", "contexts_of", "filled"]


class _TensorPlaceholder(Placeholder):
    """What stands for a pending parameter of this face during the run that settles it."""

    __slots__ = ()
    family = Tensor  # what it becomes


class TensorFace(ParameterFace, Tensor):  # type: ignore[misc]  # torch's names and signatures
    """A tensor that a module holds, perhaps on several devices: a thin face over the parameter core.

    Operators take it as they take any tensor: it stands for the replica beside their other operands. Where
    there are none, that is the replica of the current context.
    """

    __slots__ = ("__dict__",)

    stands_in = True
    born_ready = True

    def _take(self, core: ParameterCore) -> None:
        self._core = core
        self._twins: dict[Context, tuple[NDArray, Tensor]] = {}

    @classmethod
    def of(cls, core: ParameterCore) -> Any:
        """Return a new face of a parameter core."""
        face = cls.__new__(cls)
        face._take(core)
        return face

    # -- what the engine sees -----------------------------------------------------------------------------

    def actual(self, ctx: Context | None = None) -> NDArray:
        """Return the replica beside arrays on a context: the only one, or that of the current context.

        Raises:
            ContextError: there is none.
            DeferredInitializationError: there is no value yet.
        """
        core = self._core
        if core.is_deferred and is_settling(core):
            return _TensorPlaceholder(core, core.contexts()[0] if ctx is None else ctx)
        replica = core.data(ctx if ctx is None or len(core.contexts()) > 1 else None)
        held = self._twins.get(replica._ctx.place)
        if held is None or held[0] is not replica or held[1]._node is not replica._node:
            held = self._twins[replica._ctx.place] = (replica, replica._as(Tensor))  # type: ignore[assignment]
        return held[1]  # type: ignore[index]  # it is there by now

    stand_in = actual

    _raw = property(lambda self: self.actual()._raw)
    _ctx = property(lambda self: self.actual()._ctx)
    _storage = property(lambda self: self.actual()._storage)
    _node = property(lambda self: self.actual()._node)
    _entry = property(lambda self: self.actual()._entry)

    def _symbol_name(self) -> str:
        """Return a name that is the only one in a graph: with the prefix of the layer that owns it."""
        owner = self._core.owner
        return f"{owner.prefix if owner is not None else ''}{self._core.name or id(self)}"

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """The attribute under which a module owns it; None before one does."""
        return self._core.name or None

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes; ``(0,)`` while nothing is known, 0 for an axis that is not known yet."""
        known = self._core.shape
        return (0,) if known is None else tuple(0 if size is None else size for size in known)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def dtype(self) -> np.dtype[Any]:  # type: ignore[override]
        """The element type."""
        return self._core.dtype

    # -- values -----------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The values, as a NumPy (on a GPU: CuPy) array over the live memory; assigning is ``set_data``.

        Of several replicas it is that of the current context. ``p.data -= lr * p.grad`` updates in place.
        """
        return self.actual()._raw

    @data.setter
    def data(self, value: Any) -> None:
        here = self.actual()
        if value is here._raw:  # ``p.data -= x`` has written one replica
            here._storage.touch()
            value = NDArray(value, here._ctx)
            if len(self._core.contexts()) == 1:
                return
        with autograd.pause():
            lifecycle.set_data(self._core, value)

    def list_data(self) -> list[Tensor]:
        """Return the replicas on all contexts, in their order."""
        return [self.actual(ctx) for ctx in self._core.ready().contexts]  # type: ignore[misc]

    def detach_(self) -> Any:
        """Return the tensor, which has no history."""
        return self

    # -- copies -----------------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = memo[id(self)] = type(self).of(lifecycle.restore(lifecycle.snapshot(self._core)))
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), lifecycle.snapshot(self._core))


def _restored(cls: type[TensorFace], saved: dict[str, Any]) -> Any:
    return cls.of(lifecycle.restore(saved))


def filled(data: Any, dtype: Any, contexts: tuple[Context, ...], **declared: Any) -> ParameterCore:
    """Return a core that holds a copy of data on some contexts.

    Args:
        data: an array of any kind, a number or nested lists.
        dtype: the element type; as ``Tensor`` chooses it if None.
        contexts: where its replicas are.
        declared: what else is declared of it.

    Raises:
        ArgumentTypeError: the data are not numbers.
    """
    value = data.asnumpy() if isinstance(data, NDArray) else Tensor(data, dtype=dtype, device="cpu").asnumpy()
    wanted = any_dtype(value.dtype if dtype is None else dtype)
    core = ParameterCore("", shape=value.shape, dtype=wanted, allow_deferred_init=True, **declared)
    realize([(core, Deferred(None, contexts, 0, core.dtype, value))])
    return core


def contexts_of(device: Any, data: Any = None) -> tuple[Context, ...]:
    """Return the contexts that a device or a list of them names: those of the data if it is None."""
    if device is None:
        if isinstance(data, ParameterFace):
            return data.core.contexts()
        return (data.context,) if isinstance(data, NDArray) else (as_device(None),)
    if isinstance(device, Sequence) and not isinstance(device, str):
        return tuple(as_device(each) for each in device)
    return (as_device(device),)
