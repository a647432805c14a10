"""Updates parameter by parameter, for optimizers that define ``update`` instead of ``step``."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.optimizer import Optimizer
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.step import is_fresh, set_fresh

__all__ = ["SingleUpdates"]

States = dict[Context, Any]


class SingleUpdates:
    """The states of an optimizer that works on one parameter at a time.

    A state is whatever the optimizer's ``create_state`` returns: None, an array, or nested tuples of arrays.
    States follow their parameters to other contexts and dtypes when they are next used.
    """

    def __init__(self) -> None:
        self.states: weakref.WeakKeyDictionary[ParameterCore, States] = weakref.WeakKeyDictionary()

    def nbytes(self, core: ParameterCore) -> int:
        """Return the bytes of a parameter's states, on all contexts together."""
        return sum(_nbytes(state) for state in self.states.get(core, {}).values())

    def update(
        self, cores: Sequence[ParameterCore], optimizer: Optimizer, *, central: bool, only_fresh: bool
    ) -> None:
        """Update all parameters with gradients; arguments as of ``parameter.step.update``."""
        for index, core in enumerate(cores):
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
            pairs = [(replicas[0], _added([gradient for _, gradient in pairs], replicas[0].context))]
        # All states are there before the first changes: a new replica's is copied from another one's.
        states = [self._state(index, core, replica, optimizer) for replica, _ in pairs]
        self._forget(core, replicas[:1] if central else replicas)
        count = optimizer.update_count(index)
        for (replica, gradient), state in zip(pairs, states, strict=True):
            optimizer.set_update_count(index, count)  # replicas are updated together, not in turn
            optimizer.update_multi_precision(index, replica, gradient, state)
            set_fresh(gradient, fresh=False)
        if central:
            for replica in replicas[1:]:
                replica.write(replicas[0])
            for gradient in core.gradients():
                set_fresh(gradient, fresh=False)

    def _state(self, index: int, core: ParameterCore, weight: NDArray, optimizer: Optimizer) -> Any:
        """Return the state for a replica, in its place and dtype; made or copied if there is none."""
        states = self.states.setdefault(core, {})
        place = weight.context.place
        if place in states:
            state = states[place]
        elif states:
            state = _copied(next(iter(states.values())), weight.context)
        else:
            state = optimizer.create_state_multi_precision(index, weight)
        dtype = None if optimizer.uses_master(weight.dtype) else np.dtype(weight.dtype)
        states[place] = _moved(state, weight.context, dtype)
        return states[place]

    def _forget(self, core: ParameterCore, replicas: Sequence[NDArray]) -> None:
        """Drop the states of replicas that are no more."""
        held = {replica.context.place for replica in replicas}
        states = self.states[core]
        for place in [each for each in states if each not in held]:
            del states[place]


def _added(gradients: Sequence[NDArray], ctx: Context) -> NDArray:
    total = gradients[0].as_in_context(ctx, copy=True)
    for gradient in gradients[1:]:
        total += gradient.as_in_context(ctx)
    return total


def _nbytes(state: Any) -> int:
    if isinstance(state, (tuple, list)):
        return sum(_nbytes(each) for each in state)
    return state.size * np.dtype(state.dtype).itemsize if isinstance(state, NDArray) else 0


def _copied(state: Any, ctx: Context) -> Any:
    """Return a copy of a state on a context."""
    if isinstance(state, (tuple, list)):
        return type(state)(_copied(each, ctx) for each in state)
    return state.as_in_context(ctx, copy=True) if isinstance(state, NDArray) else state


def _moved(state: Any, ctx: Context, dtype: np.dtype[Any] | None) -> Any:
    """Return a state on a context and, if one is given, in a dtype; what fits is returned as it is."""
    if isinstance(state, (tuple, list)):
        return type(state)(_moved(each, ctx, dtype) for each in state)
    if not isinstance(state, NDArray):
        return state
    state = state.as_in_context(ctx)
    return state if dtype is None else state.astype(dtype, copy=False)
