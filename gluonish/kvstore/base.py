"""The interface of stores, the registry of users' own, and the smallest store that fulfils it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, UnsupportedError
from gluonish.kvstore.arguments import Key, as_arrays

__all__ = ["KVStoreBase", "TestStore", "added", "check_capability"]

_Class = TypeVar("_Class", bound=type[Any])


def added(arrays: Sequence[NDArray], ctx: Any = None) -> NDArray:
    """Return the sum of arrays as a new array.

    Args:
        arrays: one or more, of one shape, anywhere.
        ctx: where the sum is wanted; None for the context of the first.
    """
    target = arrays[0].context if ctx is None else ctx
    total = arrays[0].detach().as_in_context(target, copy=True)
    for each in arrays[1:]:
        other = each.detach().as_in_context(target)
        if total.stype == other.stype == "default":
            total += other
        else:
            total = total + other  # the sum of sparse arrays has the rows of both
    return total


def check_capability(capability: str) -> None:
    """Raise an error for anything but the one capability that stores are asked for.

    Raises:
        ArgumentError: it is another one.
    """
    if str(capability).lower() != KVStoreBase.OPTIMIZER:
        raise ArgumentError(
            f"Capability {capability!r}", "is not known", expected=repr(KVStoreBase.OPTIMIZER)
        )


class KVStoreBase:
    """What a store must do to serve a ``Trainer`` or a ``Module``; derive from it to make one of your own.

    A Trainer calls ``broadcast(i, value, out=replicas)`` once for every parameter ``i``, then, at each step,
    ``pushpull(i, gradients, priority=-i)``, which leaves the sum in the gradients. A store that is capable of
    ``"optimizer"`` gets ``set_optimizer`` first, and then ``pushpull(i, gradients, out=replicas,
    priority=-i)``.

    Attributes:
        OPTIMIZER: the name of the capability to update weights with an optimizer.
        kv_registry: classes by the lower-cased names that ``mx.kv.create`` knows them by.

    Example:
        >>> import gluonish as mx
        >>> @mx.kvstore.KVStoreBase.register
        ... class MeanStore(mx.kvstore.KVStoreBase):
        ...     def broadcast(self, key, value, out, priority=0):
        ...         for each in out:
        ...             each[:] = value
        ...     def pushpull(self, key, value, out=None, priority=0):
        ...         mean = sum(each.as_in_context(mx.cpu()) for each in value) / len(value)
        ...         for each in value if out is None else out:
        ...             each[:] = mean
        ...     @staticmethod
        ...     def is_capable(capability):
        ...         return False
        >>> store = mx.kv.create("meanstore")
        >>> gradients = [mx.nd.array([1.0]), mx.nd.array([3.0])]
        >>> store.pushpull("w", gradients)
        >>> gradients[0].item()
        2.0
    """

    OPTIMIZER: ClassVar[str] = "optimizer"
    kv_registry: ClassVar[dict[str, type[Any]]] = {}

    def broadcast(self, key: Key, value: Any, out: Any, priority: int = 0) -> None:
        """Hand a value to all of ``out``.

        Args:
            key: what the value is called from now on.
            value: an array.
            out: an array or a list of them, on any contexts.
            priority: a hint; what is greater may be done first.
        """
        raise self._left_open("broadcast")

    def pushpull(self, key: Key, value: Any, out: Any = None, priority: int = 0) -> None:
        """Add the values of all replicas, and hand the result to ``out``.

        Args:
            key: what the sum is called.
            value: an array or a list of them.
            out: likewise; None to replace the values by the result.
            priority: a hint; what is greater may be done first.
        """
        raise self._left_open("pushpull")

    def set_optimizer(self, optimizer: Any) -> None:
        """Update values with an optimizer from now on, instead of replacing them by what is pushed."""
        raise self._left_open("set_optimizer")

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Tell whether the store can do something: ``KVStoreBase.OPTIMIZER``."""
        raise KVStoreBase._left_open("is_capable")

    def save_optimizer_states(self, fname: str | os.PathLike[str], dump_optimizer: bool = False) -> None:
        """Write what the optimizer keeps to a file, and the optimizer itself if asked to."""
        raise self._left_open("save_optimizer_states")

    def load_optimizer_states(self, fname: str | os.PathLike[str]) -> None:
        """Read what ``save_optimizer_states`` has written."""
        raise self._left_open("load_optimizer_states")

    @property
    def type(self) -> str:
        """What kind of store it is."""
        raise self._left_open("type")

    @property
    def rank(self) -> int:
        """The number of this process among those that share the store."""
        raise self._left_open("rank")

    @property
    def num_workers(self) -> int:
        """The number of processes that share the store."""
        raise self._left_open("num_workers")

    @classmethod
    def _left_open(cls, name: str) -> UnsupportedError:
        return UnsupportedError(
            f"{cls.__name__}.{name}",
            "is not there",
            fix="A class of stores states it in a method of its own.",
        )

    @staticmethod
    def register(klass: _Class) -> _Class:
        """Make a class of stores known by its lower-cased name.

        A name that is taken is given away, with a warning.

        Raises:
            ArgumentTypeError: it is no class.
        """
        if not isinstance(klass, type):
            raise ArgumentTypeError(
                "KVStoreBase.register()", "takes a class", expected="a KVStoreBase", received=repr(klass)
            )
        name = klass.__name__.lower()
        before = KVStoreBase.kv_registry.get(name)
        if before is not None:
            warnings.warn(f"kvstore {name!r} was {before} and becomes {klass}", stacklevel=2)
        KVStoreBase.kv_registry[name] = klass
        return klass


@KVStoreBase.register
class TestStore(KVStoreBase):
    """A store that keeps nothing: it adds what it is given, and leaves optimizers to others.

    Example:
        >>> import gluonish as mx
        >>> store, out = mx.kv.create("teststore"), mx.nd.zeros(2)
        >>> store.pushpull("w", [mx.nd.ones(2), mx.nd.ones(2)], out=out)
        >>> out.tolist()
        [2.0, 2.0]
    """

    __test__ = False  # it is no test case, whatever its name

    def broadcast(self, key: Key, value: Any, out: Any, priority: int = 0) -> None:
        """Write a value into all of ``out``."""
        for each in as_arrays(out):
            each.write(value)

    def pushpull(self, key: Key, value: Any, out: Any = None, priority: int = 0) -> None:
        """Write the sum of the values into all of ``out``, or into the values."""
        values = as_arrays(value)
        total = added(values)
        for each in values if out is None else as_arrays(out):
            each.write(total)

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Say no: it can do nothing more."""
        check_capability(capability)
        return False

    @property
    def type(self) -> str:
        """Its name."""
        return "teststore"

    @property
    def rank(self) -> int:
        """Always 0."""
        return 0

    @property
    def num_workers(self) -> int:
        """Always 1."""
        return 1
