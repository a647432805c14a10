"""Updates parameter by parameter, for optimizers that say more than a formula for flat arrays."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.kvstore.base import added
from gluonish.kvstore.following import copy_rows
from gluonish.optimizer import Optimizer
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.rows import all_rows
from gluonish.parameter.step import is_fresh, note_write, set_fresh, writes_to

__all__ = ["SingleUpdates", "arrays_of", "converted_state", "map_arrays", "works_alone"]


@attrs.define(eq=False)
class _Kept:
    """What an optimizer keeps for one replica.

    Attributes:
        state: what its ``create_state_multi_precision`` returned: None, an array, or nested tuples of arrays.
        dtype: the dtype of the weight that the state is for.
        version: of that weight, as the last update left it.
    """

    state: Any
    dtype: np.dtype[Any]
    version: int = -1


class SingleUpdates:
    """The states of an optimizer that works on one parameter at a time.

    States follow their parameters to other contexts and dtypes when they are next used. So do masters to
    what something else than the optimizer has written.

    Attributes:
        kept: by parameter, then by place.
    """

    def __init__(self) -> None:
        self.kept: weakref.WeakKeyDictionary[ParameterCore, dict[Context, _Kept]] = (
            weakref.WeakKeyDictionary()
        )

    def nbytes(self, core: ParameterCore) -> int:
        """Return the bytes of a parameter's states, on all contexts together."""
        arrays = [array for kept in self.kept.get(core, {}).values() for array in arrays_of(kept.state)]
        return sum(array.size * np.dtype(array.dtype).itemsize for array in arrays)

    def state(self, core: ParameterCore) -> Any:
        """Return the state of the first replica of a parameter that was updated."""
        return next(iter(self.kept[core].values())).state

    def restore(self, core: ParameterCore, state: Any, dtype: np.dtype[Any]) -> None:
        """Set the state of a parameter, for all replicas; ``dtype`` is that of the weight it is for."""
        first = core.replicas()[0]
        self.kept[core] = {first.context.place: _Kept(state, dtype)}

    def update(
        self,
        cores: Sequence[tuple[int, ParameterCore]],
        optimizer: Optimizer,
        *,
        central: bool,
        only_fresh: bool,
    ) -> None:
        """Update parameters that have gradients; arguments as of ``parameter.step.update``.

        The parameters come with the indices that the optimizer knows them by.
        """
        for index, core in cores:
            if not core.is_ready or not core.wants_grad:
                continue
            pairs = list(zip(core.replicas(), core.gradients(), strict=True))
            counted = [pair for pair in pairs if not only_fresh or is_fresh(pair[1])]
            if counted:
                self._update_one(index, core, counted, optimizer, central=central)

    def _update_one(
        self,
        index: int,
        core: ParameterCore,
        pairs: Sequence[tuple[NDArray, NDArray]],
        optimizer: Optimizer,
        *,
        central: bool,
    ) -> None:
        """Update a parameter, given its replicas whose gradients count, each with its gradient."""
        replicas = core.replicas()
        if central:
            pairs = [(replicas[0], added([gradient for _, gradient in pairs], replicas[0].context))]
        # All states are there before the first changes: a new replica's is copied from another one's.
        found = [self._provide(index, core, replica, optimizer) for replica, _ in pairs]
        self._forget(core, replicas[:1] if central else replicas)
        count = optimizer.update_count(index)
        # What such an optimizer does depends on the storage of the parameter, whose memory is dense.
        by_row = core.stype == "row_sparse" and optimizer.steps_on_rows(
            "row_sparse"
        ) > optimizer.steps_on_rows("default")
        for (replica, gradient), kept in zip(pairs, found, strict=True):
            optimizer.set_update_count(index, count)  # replicas are updated together, not in turn
            weight = all_rows(replica) if by_row else replica
            if optimizer.aggregate_num:  # it is handed tuples, as by an Updater
                optimizer.update_multi_precision((index,), (weight,), (gradient,), [kept.state])
            else:
                optimizer.update_multi_precision(index, weight, gradient, kept.state)
            if by_row:
                note_write(replica)
            kept.version = writes_to(replica)
            set_fresh(gradient, fresh=False)
        if central:
            for replica in replicas[1:]:
                rows = optimizer.rows_touched(pairs[0][1], "row_sparse" if by_row else "default")
                if rows is None:
                    replica.write(replicas[0])
                else:
                    copy_rows(replica, replicas[0], rows)
            for gradient in core.gradients():
                set_fresh(gradient, fresh=False)

    def _provide(self, index: int, core: ParameterCore, weight: NDArray, optimizer: Optimizer) -> _Kept:
        """Return what is kept for a replica, in its place and dtype; made or copied if there is none."""
        by_place = self.kept.setdefault(core, {})
        place, dtype = weight.context.place, np.dtype(weight.dtype)
        kept = by_place.get(place)
        if kept is None and by_place:
            other = next(iter(by_place.values()))
            kept = _Kept(map_arrays(other.state, lambda array: _copied(array, weight.context)), other.dtype)
        if kept is None:
            state = optimizer.create_state_multi_precision(index, weight)
            kept = _Kept(state, dtype, writes_to(weight))
        elif kept.dtype != dtype:
            kept = _Kept(converted_state(optimizer, kept.state, kept.dtype, weight), dtype)
        if kept.version != writes_to(weight) and _has_master(optimizer, dtype):
            _renew(optimizer.without_master(kept.state)[0], weight)
        by_place[place] = kept
        return kept

    def _forget(self, core: ParameterCore, replicas: Sequence[NDArray]) -> None:
        """Drop the states of replicas that are no more."""
        held = {replica.context.place for replica in replicas}
        by_place = self.kept[core]
        for place in [each for each in by_place if each not in held]:
            del by_place[place]


def works_alone(core: ParameterCore, optimizer: Optimizer) -> bool:
    """Tell whether a parameter is updated by itself: for its sparse gradient, or for the optimizer."""
    return core.has_sparse_grad or not optimizer.works_on_flat_arrays


def arrays_of(state: Any) -> Iterator[NDArray]:
    """Yield the arrays in a state."""
    if isinstance(state, NDArray):
        yield state
    elif isinstance(state, (tuple, list)):
        for each in state:
            yield from arrays_of(each)


def map_arrays(state: Any, change: Callable[[NDArray], NDArray]) -> Any:
    """Return a state with every array changed."""
    if isinstance(state, (tuple, list)):
        return type(state)(map_arrays(each, change) for each in state)
    return change(state) if isinstance(state, NDArray) else state


def _copied(array: NDArray, ctx: Context) -> NDArray:
    return array.as_in_context(ctx, copy=True)


def _has_master(optimizer: Optimizer, dtype: Any) -> bool:
    """Tell whether states hold a master, in the form that the base of optimizers gives them."""
    standard = type(optimizer).create_state_multi_precision is Optimizer.create_state_multi_precision
    return standard and optimizer.uses_master(dtype)


def converted_state(optimizer: Optimizer, state: Any, before: np.dtype[Any], weight: NDArray) -> Any:
    """Return the state of a weight that was cast, with or without a master as its new dtype asks.

    Args:
        optimizer: the optimizer.
        state: what it kept.
        before: the dtype of the weight then.
        weight: the weight now.
    """
    had, has = _has_master(optimizer, before), _has_master(optimizer, weight.dtype)
    master, inner = optimizer.without_master(state) if had else (None, state)
    source, target = np.dtype("float32") if had else before, optimizer.slot_dtype(weight.dtype)
    inner = map_arrays(inner, lambda array: array.astype(target) if array.dtype == source else array)
    if not has:
        return inner
    return optimizer.with_master(weight.detach().astype("float32") if master is None else master, inner)


def _renew(master: NDArray, weight: NDArray) -> None:
    """Give a master the values of its weight, unless it rounds to them."""
    if master.astype(weight.dtype).asnumpy().tobytes() != weight.asnumpy().tobytes():
        master.write(weight)
