"""Updater: an optimizer with the states of the parameters it updates, by their indices."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.mxnet_pickle import write_updater
from gluonish.optimizer.pickled import read_states

__all__ = ["Updater", "get_updater"]


class Updater:
    """Updates parameters that it knows by index, and keeps their states.

    A program that holds its parameters itself calls it with an index, a gradient and a weight; a ``Trainer``
    does without it.

    Args:
        optimizer: the optimizer.

    Attributes:
        optimizer: the same, or what ``set_states`` brought.
        states: what the optimizer keeps, by index, as its ``create_state_multi_precision`` returns it.
        states_synced: by index, whether a state is known to be on the context of its weight.
        aggregate_updates: whether the optimizer is handed several parameters in one call, as tuples of
            indices, weights and gradients and a list of states; a single one then too.

    Example:
        >>> import gluonish as mx
        >>> updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5, momentum=0.9))
        >>> weight = mx.nd.ones(2)
        >>> updater(0, mx.nd.ones(2), weight)
        >>> weight.asnumpy(), updater.states[0].asnumpy()
        (array([0.5, 0.5], dtype=float32), array([-0.5, -0.5], dtype=float32))
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self.states_synced: dict[Any, bool] = {}
        self.aggregate_updates = optimizer.aggregate_num > 0

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Update a weight in place, or several: then all three arguments are lists.

        Args:
            index: the index of the parameter, an int or a str.
            grad: its gradient.
            weight: its values.
        """
        many = isinstance(index, (list, tuple))
        indices, grads, weights = (index, grad, weight) if many else ([index], [grad], [weight])
        if weights:
            self.optimizer._set_current_context(weights[0].context.device_id)
        for each, values in zip(indices, weights, strict=True):
            self._provide(each, values)
        states = [self.states[each] for each in indices]
        if not self.aggregate_updates:
            for arguments in zip(indices, weights, grads, states, strict=True):
                self.optimizer.update_multi_precision(*arguments)
            return
        for part in self._parts(weights):
            several = tuple(tuple(kept[i] for i in part) for kept in (indices, weights, grads))
            self.optimizer.update_multi_precision(
                several[0], several[1], several[2], [states[i] for i in part]
            )

    def _provide(self, index: Any, weight: NDArray) -> None:
        """Make the state of a parameter, or bring it to where its weight is."""
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
        elif not self.states_synced[index]:
            self.states[index] = self.sync_state_context(self.states[index], weight.context)
        self.states_synced[index] = True

    def _parts(self, weights: Sequence[NDArray]) -> Iterator[list[int]]:
        """Yield positions of weights of one dtype, at most as many as the optimizer takes in one call."""
        by_dtype: dict[Any, list[int]] = {}
        for position, weight in enumerate(weights):
            by_dtype.setdefault(np.dtype(weight.dtype), []).append(position)
        size = self.optimizer.aggregate_num
        for positions in by_dtype.values():
            yield from (positions[start : start + size] for start in range(0, len(positions), size))

    def sync_state_context(self, state: Any, context: Context) -> Any:
        """Return a state with its arrays on a context; arrays that are there already are the same objects."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, (tuple, list)):
            return type(state)(self.sync_state_context(each, context) for each in state)
        return state

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """Return all states, pickled, for a program that unpickles them here.

        Args:
            dump_optimizer: whether the optimizer goes along, without its parameters.
        """
        return pickle.dumps((self.states, self.optimizer) if dump_optimizer else self.states)

    def as_file(self, dump_optimizer: bool = False) -> bytes:
        """Return what a file of the states holds: what MXNet would write, if it knows all that is in them.

        An optimizer of one's own, and states of more than arrays and numbers, are pickled as they are.

        Args:
            dump_optimizer: whether the optimizer goes along, without its parameters.
        """
        try:
            return write_updater(self.states, self.optimizer if dump_optimizer else None)
        except ArgumentError:
            return self.get_states(dump_optimizer)

    def set_states(self, states: bytes) -> None:
        """Take over what ``get_states`` or ``as_file`` returned, also MXNet's.

        The states move to their weights when these are next updated.

        Args:
            states: the bytes. Nothing but arrays, numbers, optimizers and schedulers is read from them.

        Raises:
            FileFormatError: they are no such states. Nothing is changed then.
        """
        self.states, optimizer = read_states(states)
        self.states_synced = dict.fromkeys(self.states, False)
        if optimizer is not None:
            self.optimizer = optimizer
            self.aggregate_updates = optimizer.aggregate_num > 0


def get_updater(optimizer: Optimizer) -> Updater:
    """Return a new ``Updater`` for an optimizer."""
    return Updater(optimizer)
