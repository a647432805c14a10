"""What Gluon's objects hold under names that are private by form.

Old programs read these names. Here nothing is stored under them: they are views on the parameter core and on
what the Trainer has decided.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.gluon.single_updates import SingleUpdates, works_alone
from gluonish.gluon.trainer_store import StoreRequest, StoreSession
from gluonish.kvstore.base import KVStoreBase, check_capability
from gluonish.optimizer import Optimizer
from gluonish.optimizer.base import MASTER
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.lifecycle import as_contexts
from gluonish.parameter.states import Deferred

if TYPE_CHECKING:
    from gluonish.gluon.parameter import Parameter

__all__ = ["ParameterViews", "StoreView", "TrainerViews", "UpdaterView"]


class ParameterViews:
    """The private names of a Parameter."""

    _core: ParameterCore
    _note_new_value: Callable[[], None]

    @property
    def _data(self) -> list[NDArray] | None:
        """The replicas, as ``list_data()`` returns them; None before there are any."""
        return self._core.replicas() if self._core.is_ready else None

    @property
    def _grad(self) -> list[NDArray] | None:
        """The gradients, as ``list_grad()`` returns them; None where there are none."""
        return self._core.gradients() if self._core.is_ready and self._core.wants_grad else None

    @property
    def _ctx_list(self) -> list[Context] | None:
        """The contexts of the replicas; None before there are any."""
        return list(self._core.contexts()) if self._core.is_ready else None

    @property
    def _deferred_init(self) -> tuple[Any, ...]:
        """Initializer, contexts, default initializer and given value of what waits; else nothing."""
        state = self._core.state
        if not isinstance(state, Deferred):
            return ()
        return state.initializer, list(state.contexts), state.initializer, state.value

    @property
    def _allow_deferred_init(self) -> bool:
        return self._core.allow_deferred_init

    @property
    def _differentiable(self) -> bool:
        return self._core.differentiable

    @property
    def _grad_req(self) -> str:
        return self._core.grad_req

    @property
    def _stype(self) -> str:
        return self._core.stype

    @property
    def _grad_stype(self) -> str:
        return self._core.grad_stype

    def _finish_deferred_init(self) -> None:
        """Give the parameter its first value, if it waits for that.

        Raises:
            DeferredInitializationError: its shape is not known.
        """
        if self._core.is_deferred:
            lifecycle.finish([self._core])

    def _load_init(
        self, data: NDArray, ctx: Any, cast_dtype: bool = False, dtype_source: str = "current"
    ) -> None:
        """Take over a value from a file; see ``ParameterDict.load`` for the arguments."""
        contexts = None if ctx is None else as_contexts(ctx)
        lifecycle.load([(self._core, data)], contexts, cast_dtype=cast_dtype, dtype_source=dtype_source)
        self._note_new_value()

    def _reduce(self) -> NDArray:
        """Return what all replicas hold, on the host: their mean if they differ."""
        return lifecycle.value_of(self._core)


class StoreView(KVStoreBase):
    """The store that adds the gradients of a Trainer where they lie: it holds nothing itself.

    Args:
        trainer: the trainer.
        type: the name of the store that was asked for.
    """

    def __init__(self, trainer: TrainerViews, type: str) -> None:  # noqa: A002  it is the property's value
        self._trainer = trainer
        self._type = type

    @property
    def type(self) -> str:
        """The name that was asked for."""
        return self._type

    @property
    def rank(self) -> int:
        """The number of this process: 0."""
        return 0

    @property
    def num_workers(self) -> int:
        """The number of processes: 1."""
        return 1

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Tell whether the store can do something: it can update with an optimizer."""
        check_capability(capability)
        return True

    @property
    def _updater(self) -> UpdaterView | None:
        """What the optimizer keeps for the store; None where it does not update."""
        trainer = self._trainer
        return UpdaterView(trainer, trainer._contexts[0], of_store=True) if trainer._is_central() else None


class UpdaterView:
    """What a Trainer's optimizer keeps for the replicas on one context.

    Args:
        trainer: the trainer.
        ctx: the context.
        of_store: whether it is the store's that is asked for, not that of the replicas.
    """

    def __init__(self, trainer: TrainerViews, ctx: Context, *, of_store: bool = False) -> None:
        self._trainer = trainer
        self._ctx = ctx
        self._of_store = of_store

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        return self._trainer._optimizer

    @property
    def states(self) -> dict[int, Any]:
        """States by the positions of parameters, in MXNet's form; none where the other one updates.

        Their arrays are the memory that the optimizer works on now. They are left behind when parameters are
        cast or moved.
        """
        return self.kept() if bool(self._trainer._update_on_kvstore) == self._of_store else {}

    def kept(self) -> dict[int, Any]:
        """Return these states, also where the store updates."""
        trainer = self._trainer
        found = {}
        for position, core in enumerate(trainer._cores):
            if core in trainer._single.kept:
                kept = trainer._single.kept[core].get(self._ctx.place)
                if kept is not None:
                    found[position] = kept.state
            elif core.is_ready:
                found.update(self._from_slots(position, core))
        return found

    def _from_slots(self, position: int, core: ParameterCore) -> dict[int, Any]:
        state = core.ready()
        slots = state.group.slots.get(self._trainer._key)
        if slots is None or not slots.has_begun(state.index):
            return {}
        arrays = {
            name: NDArray(slots.piece(name, state.index, core.known_shape(), self._ctx.place)[0], self._ctx)
            for name in slots.arrays
        }
        master = arrays.pop(MASTER, None)
        packed = self.optimizer.pack_state(arrays)
        return {position: packed if master is None else self.optimizer.with_master(master, packed)}


class TrainerViews:
    """The private names of a Trainer.

    MXNet's decides at its first step whether there is a store, and who updates; until then the views say
    that nothing is decided.
    """

    _params: list[Parameter]
    _cores: list[ParameterCore]
    _optimizer: Optimizer
    _single: SingleUpdates
    _key: int
    _plan: Any
    _request: StoreRequest
    _session: StoreSession | None

    if TYPE_CHECKING:

        @property
        def _contexts(self) -> list[Context]: ...

        def _is_central(self) -> bool: ...

        def _current_plan(self, skip_pending: bool) -> Any: ...

    def _show_counts(self) -> None:
        """Let the optimizer's ``_index_update_count`` show what is counted with the parameters."""
        trainer_ref = weakref.ref(self)

        def counted() -> dict[int, int]:
            trainer = trainer_ref()
            return {} if trainer is None else trainer._update_counts()

        self._optimizer._counted_elsewhere = counted

    def _update_counts(self) -> dict[int, int]:
        """Return how often each parameter on flat storage was updated, by position, if it was."""
        begin, found = self._optimizer.begin_num_update, {}
        for position, core in enumerate(self._cores):
            flat = core.is_ready and not works_alone(core, self._optimizer)
            slots = core.ready().group.slots.get(self._key) if flat else None
            if slots is not None and slots.has_begun(core.ready().index):
                found[position] = begin + int(slots.counts[core.ready().index])
        return found

    @property
    def _kv_initialized(self) -> bool:
        """Whether it is decided: a step was made, or ``_init_kvstore()`` called."""
        return self._plan is not None

    def _init_kvstore(self) -> None:
        """Decide now."""
        self._current_plan(skip_pending=True)
        if self._session is not None:
            self._session.begin()

    def _init_params(self) -> None:
        """Tell the store of parameters that it does not know yet: it learns of them by itself."""

    @property
    def _kvstore(self) -> KVStoreBase | None:
        """The store, where it is decided that there is one: with several contexts, or if it was given."""
        if not self._kv_initialized:
            return None
        if self._session is not None:
            return self._session.store
        name = self._request.store
        needed = len(self._contexts) > 1 or self._contains_sparse_weight
        return StoreView(self, name) if isinstance(name, str) and needed else None

    @property
    def _update_on_kvstore(self) -> bool | None:
        """Whether the store updates; None where there is none, or nothing is decided."""
        return None if self._kvstore is None else self._is_central()

    @property
    def _updaters(self) -> list[UpdaterView]:
        """What the optimizer keeps, for each context."""
        return [UpdaterView(self, ctx) for ctx in self._contexts]

    @property
    def _kvstore_params(self) -> dict[str, Any]:
        """What was asked for."""
        request = self._request
        return {"kvstore": request.store, "update_on_kvstore": request.update_on_kvstore}

    @property
    def _compression_params(self) -> Mapping[str, Any] | None:
        """How gradients were asked to be compressed."""
        return self._request.compression

    @property
    def _params_to_init(self) -> list[Parameter]:
        """The parameters that the store does not know yet."""
        if not self._kv_initialized:
            return list(self._params)
        return [each for each in self._params if not each.core.is_ready]

    @property
    def _param2idx(self) -> dict[str, int]:
        """The positions of the parameters, by name."""
        return {each.name: i for i, each in enumerate(self._params)}

    @property
    def _distributed(self) -> bool | None:
        """Whether there are several machines: no, once it is decided."""
        return False if self._kv_initialized else None

    @property
    def _contains_sparse_weight(self) -> bool:
        return any(each.core.stype != "default" for each in self._params)

    @property
    def _contains_sparse_grad(self) -> bool:
        return any(each.core.grad_stype != "default" for each in self._params)
