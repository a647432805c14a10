"""What passes between the parameters of a model and a store, under the names that MXNet's programs know."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.kvstore import KVStore, KVStoreBase, create

__all__ = [
    "_create_kvstore",
    "_create_sparse_kvstore",
    "_initialize_kvstore",
    "_update_params",
    "_update_params_on_kvstore",
]

LARGE = 16 * 2**20
"""Elements of a parameter from which on the 'local' store leaves updates to the replicas."""


def _create_kvstore(
    kvstore: Any, num_device: int, arg_params: Mapping[str, NDArray]
) -> tuple[KVStoreBase | None, bool]:
    """Return the store that several devices need, and whether it is to update.

    Args:
        kvstore: the name of a store, or one; None for none.
        num_device: the number of devices. One device needs no store that is only named.
        arg_params: the parameters; very large ones are better not updated by the ``"local"`` store.

    Raises:
        ArgumentTypeError: neither a name nor a store.
        UnknownNameError: there is no store of that name.

    Example:
        >>> _create_kvstore("device", 1, {})
        (None, False)
    """
    if kvstore is None:
        return None, False
    update_on_kvstore = os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1") != "0"
    if isinstance(kvstore, KVStoreBase):
        store = kvstore
    elif isinstance(kvstore, str):
        store = create(kvstore)
        if num_device == 1:
            return None, False
        if kvstore == "local" and any(array.size > LARGE for array in arg_params.values()):
            update_on_kvstore = False
    else:
        raise ArgumentTypeError(
            "The kvstore",
            "is made by its name",
            expected="a KVStoreBase, a str or None",
            received=repr(kvstore),
        )
    return store, update_on_kvstore and store.is_capable(KVStoreBase.OPTIMIZER)


def _create_sparse_kvstore(kvstore: Any) -> tuple[KVStoreBase, bool]:
    """Return the store that row-sparse parameters need, which is to update.

    Raises:
        ArgumentTypeError: neither a name nor a store.
        ArgumentError: the store cannot update.
    """
    if not isinstance(kvstore, (str, KVStoreBase)):
        raise ArgumentTypeError(
            "A model with row-sparse parameters",
            "needs a kvstore",
            expected="a KVStoreBase or a str",
            received=repr(kvstore),
        )
    store = create(kvstore) if isinstance(kvstore, str) else kvstore
    if not store.is_capable(KVStoreBase.OPTIMIZER):
        raise ArgumentError(
            f"A kvstore of class {type(store).__name__}", "cannot update row-sparse parameters"
        )
    return store, True


def _initialize_kvstore(
    kvstore: Any,
    param_arrays: Sequence[Sequence[NDArray]],
    arg_params: Mapping[str, NDArray],
    param_names: Sequence[str],
    update_on_kvstore: bool,
) -> None:
    """Tell a store the values of parameters; if it updates, replicas get them back.

    Args:
        kvstore: the store.
        param_arrays: the replicas of each parameter.
        arg_params: values by name.
        param_names: the names, which become keys.
        update_on_kvstore: see above.
    """
    for replicas, name in zip(param_arrays, param_names, strict=True):
        if update_on_kvstore or not isinstance(kvstore, KVStore):
            kvstore.broadcast(name, arg_params[name], out=list(replicas))
        else:
            kvstore.init(name, arg_params[name])


def _update_params_on_kvstore(
    param_arrays: Sequence[Sequence[NDArray]],
    grad_arrays: Sequence[Sequence[NDArray | None]],
    kvstore: Any,
    param_names: Sequence[str],
) -> None:
    """Let a store update parameters.

    Args:
        param_arrays: the replicas of each parameter.
        grad_arrays: their gradients; None where there are none.
        kvstore: the store.
        param_names: the keys.
    """
    for index, (name, replicas, grads) in enumerate(zip(param_names, param_arrays, grad_arrays, strict=True)):
        if grads[0] is None:
            continue
        if all(each.stype == "default" for each in replicas):
            kvstore.pushpull(name, list(grads), out=list(replicas), priority=-index)
            continue
        kvstore.push(name, list(grads), priority=-index)
        for replica in replicas:
            _pull_rows(kvstore, name, replica, grads, priority=-index)


def _pull_rows(
    kvstore: Any, name: str, replica: NDArray, grads: Sequence[NDArray | None], *, priority: int
) -> None:
    """Bring a row-sparse replica up to date: the rows that it has, and those that have gradients.

    After ``Module.prepare`` it has the rows of one batch, and is to cost no more than these.
    """
    rows: list[Any] = [replica, *grads]
    if len(replica.stored.indices) == replica.shape[0] or any(each.stype == "default" for each in rows):
        kvstore.pull(name, out=replica, priority=priority, ignore_sparse=False)
        return
    wanted = [each.indices.as_in_context(replica.context) for each in rows]
    kvstore.row_sparse_pull(name, out=replica, priority=priority, row_ids=nd.concat(*wanted, dim=0))


def _update_params(
    param_arrays: Sequence[Sequence[NDArray]],
    grad_arrays: Sequence[Sequence[NDArray | None]],
    updater: Any,
    num_device: int,
    kvstore: Any = None,
    param_names: Sequence[str] | None = None,
) -> None:
    """Add the gradients of all replicas by a store, if there is one, and update every replica.

    Args:
        param_arrays: the replicas of each parameter.
        grad_arrays: their gradients; None where there are none. They become the sums.
        updater: called with an index, a gradient and a replica. Replica ``k`` of parameter ``i`` has the
            index ``i * num_device + k``.
        num_device: the number of replicas.
        kvstore: the store.
        param_names: the keys.
    """
    for i, (replicas, grads) in enumerate(zip(param_arrays, grad_arrays, strict=True)):
        if grads[0] is None:
            continue
        if kvstore is not None:
            key = i if param_names is None else param_names[i]
            kvstore.pushpull(key, list(grads), priority=-i)
        for k, (replica, grad) in enumerate(zip(replicas, grads, strict=True)):
            updater(i * num_device + k, grad, replica)
