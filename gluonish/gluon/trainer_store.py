"""How a Trainer works with a store that holds arrays of its own.

``"device"`` and ``"local"`` need none: gradients are added where they lie. A store is used that a user gives,
that he has registered under the name he gives, or that compresses gradients.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.gluon.single_updates import arrays_of, converted_state
from gluonish.kvstore.base import KVStoreBase
from gluonish.kvstore.kvstore import KVStore, create, kind_of
from gluonish.optimizer import Optimizer, Updater
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.step import OptimizerSlots, is_fresh, set_fresh, writes_to

__all__ = ["NoSlots", "StoreRequest", "StoreSession"]

LARGE = 16 * 2**20
"""Elements of a parameter from which on the 'local' store leaves updates to the replicas, as in MXNet."""


@attrs.frozen
class StoreRequest:
    """What a Trainer was asked to do about a store.

    Attributes:
        store: None, the lower-cased name of a store, or one.
        compression: the arguments of ``set_gradient_compression``, or None.
        update_on_kvstore: whether the store is to update; None to let circumstances decide.
    """

    store: str | KVStoreBase | None
    compression: Mapping[str, Any] | None
    update_on_kvstore: bool | None

    @classmethod
    def of(cls, kvstore: Any, compression: Any, update_on_kvstore: bool | None) -> StoreRequest:
        """Return the request, if it makes sense.

        Raises:
            ArgumentTypeError: the store is neither a name nor a store.
            UnknownNameError: there is no store of that name.
            ArgumentError: nothing is to be updated on.
        """
        if kvstore is None and update_on_kvstore:
            raise ArgumentError(
                "Trainer",
                "cannot update on a store that does not exist",
                expected="update_on_kvstore=False or None with kvstore=None",
            )
        if isinstance(kvstore, str):
            kind_of(kvstore)
            kvstore = kvstore.lower()
        elif kvstore is not None and not isinstance(kvstore, KVStoreBase):
            raise ArgumentTypeError(
                "Trainer",
                "cannot use this kvstore",
                expected="a name, a KVStoreBase or None",
                received=repr(kvstore),
            )
        return cls(kvstore, compression, update_on_kvstore)

    def make(self, several_contexts: bool) -> KVStoreBase | None:
        """Return the store that holds arrays of its own; None where none is needed."""
        store = self.store
        if isinstance(store, str):
            named = several_contexts and (bool(self.compression) or kind_of(store) is not KVStore)
            store = create(store) if named else None
        if store is not None and self.compression:
            if not isinstance(store, KVStore):
                raise ArgumentError(
                    f"A kvstore of class {type(store).__name__}", "does not compress gradients"
                )
            store.set_gradient_compression(self.compression)
        return store

    def is_central(self, store: KVStoreBase | None, cores: Sequence[ParameterCore]) -> bool:
        """Tell whether one copy is updated and handed to the replicas, as MXNet decides it.

        Args:
            store: what ``make`` returned.
            cores: the parameters.

        Raises:
            ArgumentError: the store cannot, and is asked to; or it must, and is not to.
            ArgumentTypeError: there is no store, and a parameter's storage is sparse.
        """
        if any(core.stype != "default" for core in cores):
            return self._must_be_central()
        if self.store is None:
            return False
        capable = store is None or store.is_capable(KVStoreBase.OPTIMIZER)
        if self.update_on_kvstore is not None:
            if self.update_on_kvstore and not capable:
                raise ArgumentError(
                    f"A kvstore of class {type(store).__name__}",
                    "cannot update parameters",
                    fix="Make the Trainer with update_on_kvstore=False.",
                )
            return self.update_on_kvstore
        if any(core.has_sparse_grad for core in cores):
            return False
        if not capable or os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1") == "0":
            return False
        name = self.store if isinstance(self.store, str) else None
        return name != "local" or not any(_size(core) > LARGE for core in cores)

    def _must_be_central(self) -> bool:
        """Return that it is central: rows are handed out by who updates them."""
        if self.store is None:
            raise ArgumentTypeError(
                "Trainer",
                "needs a kvstore for parameters whose storage is sparse",
                expected="'device' or 'local'",
            )
        if self.update_on_kvstore is False:
            raise ArgumentError(
                "Trainer",
                "cannot have update_on_kvstore=False with parameters whose storage is sparse",
                expected="True or None",
            )
        return True


class NoSlots(OptimizerSlots):
    """What a Trainer wants kept with parameters whose states are in a store: nothing."""

    def slot_names(self, dtype: np.dtype[Any]) -> dict[str, str]:
        """Return no names."""
        del dtype
        return {}

    def slot_dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of the parameters."""
        return dtype


@attrs.frozen
class _Known:
    """A parameter as the store knows it.

    Attributes:
        signature: dtype and contexts of the replicas.
        writes: how often the memory of each replica was written when store and replicas last agreed.
    """

    signature: tuple[Any, ...]
    writes: list[int]


class StoreSession:
    """What passes between a Trainer's parameters and a store.

    Parameters that were written, cast or moved since the store last handed them out are told to it anew.

    Args:
        store: the store.
        cores: the parameters; their positions are the keys.
        optimizer: the optimizer, for a store that updates.
        central: whether the store updates.
    """

    def __init__(
        self, store: KVStoreBase, cores: Sequence[ParameterCore], optimizer: Optimizer, *, central: bool
    ) -> None:
        self.store = store
        self.central = central
        self._cores = cores
        self._known: dict[int, _Known] = {}
        if central:
            store.set_optimizer(optimizer)

    def begin(self) -> None:
        """Tell the store of the parameters it does not know, and, where it updates, of what has changed."""
        for key, core in enumerate(self._cores):
            if not core.is_ready:
                continue
            known, replicas = self._known.get(key), core.replicas()
            signature = (np.dtype(core.dtype), core.contexts())
            if known is None:
                self.store.broadcast(key, replicas[0], out=replicas)
            elif self.central and (known.signature, known.writes) != (signature, _writes(replicas)):
                self._renew(key, replicas, known)
            else:
                continue
            self._known[key] = _Known(signature, _writes(replicas))

    def _renew(self, key: int, replicas: list[NDArray], known: _Known) -> None:
        store = self.store
        if not isinstance(store, KVStore):
            store.broadcast(key, replicas[0], out=replicas)
            return
        updater, before = store._updater, known.signature[0]  # noqa: SLF001  as MXNet calls it
        store._assign(key, replicas[0])  # noqa: SLF001  for this caller
        if isinstance(updater, Updater) and key in updater.states and before != replicas[0].dtype:
            updater.states[key] = converted_state(updater.optimizer, updater.states[key], before, replicas[0])

    def reduce(self, *, only_fresh: bool) -> None:
        """Replace gradients by what the store makes of them.

        Args:
            only_fresh: leave gradients out that no backward pass has written since the last update.
        """
        for key, gradients, counted in self._gradients(only_fresh=only_fresh):
            out = None if len(counted) == len(gradients) else gradients
            self.store.pushpull(key, counted, out=out, priority=-key)
            for each in gradients:
                set_fresh(each, fresh=True)

    def update(self, *, only_fresh: bool) -> None:
        """Let the store update the parameters; arguments as of ``reduce``."""
        for key, gradients, counted in self._gradients(only_fresh=only_fresh):
            replicas = self._cores[key].replicas()
            self.store.pushpull(key, counted, out=replicas, priority=-key)
            self._known[key] = _Known(self._known[key].signature, _writes(replicas))
            for each in gradients:
                set_fresh(each, fresh=False)

    def load_states(self, fname: Any, optimizer: Optimizer) -> Optimizer:
        """Read what the store's optimizer keeps from a file; return the optimizer that it works with then.

        Args:
            fname: a path.
            optimizer: the optimizer until now.
        """
        self.store.load_optimizer_states(fname)
        updater = self.store._updater if isinstance(self.store, KVStore) else None  # noqa: SLF001  as MXNet
        return updater.optimizer if isinstance(updater, Updater) else optimizer

    def nbytes(self, core: ParameterCore) -> int:
        """Return the bytes that the store's optimizer keeps for a parameter, as far as that can be known."""
        updater = self.store._updater if isinstance(self.store, KVStore) else None  # noqa: SLF001  as MXNet
        if not isinstance(updater, Updater):
            return 0
        state = updater.states.get(self._cores.index(core))
        return sum(each.size * np.dtype(each.dtype).itemsize for each in arrays_of(state))

    def _gradients(self, *, only_fresh: bool) -> Any:
        """Yield keys with all gradients, and with those that count."""
        for key, core in enumerate(self._cores):
            if core.is_ready and core.wants_grad:
                gradients = core.gradients()
                counted = [each for each in gradients if not only_fresh or is_fresh(each)]
                if counted:
                    yield key, gradients, counted


def _writes(arrays: Sequence[NDArray]) -> list[int]:
    return [writes_to(each) for each in arrays]


def _size(core: ParameterCore) -> int:
    size = 1
    for dim in core.shape or ():
        size *= dim or 1
    return size
