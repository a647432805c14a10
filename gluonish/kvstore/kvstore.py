"""The stores of one machine, and how stores are made by name."""

from __future__ import annotations

import difflib
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.context import cpu_pinned
from gluonish.engine.ndarray import NDArray
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DuplicateNameError,
    IndexOutOfRangeError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.kvstore.arguments import Key, as_arrays, by_key, grouped
from gluonish.kvstore.base import KVStoreBase, added, check_capability
from gluonish.kvstore.compression import TwoBitCompression, as_compression
from gluonish.kvstore.following import Followers
from gluonish.optimizer import Optimizer, Updater, get_updater
from gluonish.serialization.streams import open_target, read_content

__all__ = ["NAMES", "KVStore", "create", "kind_of"]

_LOGGER = logging.getLogger(__name__)

NAMES = ("local", "device", "nccl", "local_update_cpu", "local_allreduce_cpu", "local_allreduce_device")
"""Names of the stores of one machine."""


class KVStore(KVStoreBase):
    """A store of one machine: arrays by key, that replicas push to and pull from.

    What several replicas push for a key is added. Without an updater the sum takes the place of what is
    stored; with one, ``updater(key, sum, stored)`` changes what is stored.

    Args:
        type: its name, see ``create``. With ``device`` in it, sums are made on the device of the first
            replica, otherwise in host memory.

    Example:
        >>> import gluonish as mx
        >>> store = mx.kv.create("local")
        >>> store.init("w", mx.nd.zeros(2))
        >>> store.push("w", [mx.nd.ones(2, ctx=mx.cpu(0)), mx.nd.ones(2, ctx=mx.cpu(1))])
        >>> out = mx.nd.zeros(2)
        >>> store.pull("w", out=out)
        >>> out.tolist()
        [2.0, 2.0]
    """

    def __init__(self, type: str = "local") -> None:  # noqa: A002  it is the property's value
        self._type = type
        self._stored: dict[int | str, NDArray] = {}
        self._followers: dict[int | str, Followers] = defaultdict(Followers)
        self._updater: Callable[[Any, NDArray, NDArray], Any] | None = None
        self._compression: TwoBitCompression | None = None

    # -- what it is ---------------------------------------------------------------------------------------

    @property
    def type(self) -> str:
        """The name it was made by."""
        return self._type

    @property
    def rank(self) -> int:
        """The number of this process: 0, there is no other."""
        return 0

    @property
    def num_workers(self) -> int:
        """The number of processes: 1."""
        return 1

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Tell whether the store can update with an optimizer: it can.

        Raises:
            ArgumentError: something else is asked.
        """
        check_capability(capability)
        return True

    def _barrier(self) -> None:
        """Wait for the other processes: there are none."""

    # -- values -------------------------------------------------------------------------------------------

    def init(self, key: Key, value: Any) -> None:
        """Store first values, each key once.

        Args:
            key: a key, or a list of keys; int or str, and the same for all keys of a store.
            value: an array, which is copied; for a list of keys a list of arrays.

        Raises:
            DuplicateNameError: a key has a value already.
            ArgumentTypeError: a key of another type, or a value that is no array.
            ArgumentError: not as many values as keys.
        """
        new: dict[int | str, NDArray] = {}
        for each, values in by_key(key, value, "a value"):
            if each in self._stored or each in new or len(values) != 1:
                raise DuplicateNameError(
                    f"Key {each!r}",
                    "cannot be initialised a second time",
                    fix="Call init() or broadcast() once for every key, with one array.",
                )
            self._check_type(each, {**self._stored, **new})
            new[each] = self._own(values[0])
        self._stored.update(new)

    def push(self, key: Key, value: Any, priority: int = 0) -> None:
        """Add up what replicas bring for a key, and store the sum or update with it.

        Args:
            key: a key or a list of keys.
            value: an array or a list of them; for a list of keys a list of these. They are left as they are.
            priority: a hint without effect.

        Raises:
            UnknownNameError: a key that was never initialised. Nothing is changed then.
            ShapeMismatchError: an array of another shape than what is stored. Nothing is changed then.
        """
        del priority
        pushed = grouped(by_key(key, value, "values"))
        for each, arrays in pushed.items():
            self._check_shapes(each, self._value(each), arrays)
        for each, arrays in pushed.items():
            if arrays:
                self._receive(each, arrays)

    def pull(self, key: Key, out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Write what is stored into arrays, whatever their dtype and context.

        Args:
            key: a key or a list of keys.
            out: an array or a list of them; for a list of keys a list of these.
            priority: a hint without effect.
            ignore_sparse: pass over arrays in ``out`` that are sparse; see ``row_sparse_pull``.

        Raises:
            UnknownNameError: a key that was never initialised. Nothing is changed then.
            ShapeMismatchError: an array of another shape than what is stored. Nothing is changed then.
            ArgumentError: there is no ``out``.
        """
        del priority
        wanted = grouped(by_key(key, _required(out, "pull"), "arrays to write into"))
        for each, arrays in wanted.items():
            self._check_shapes(each, self._value(each), arrays)
        for each, arrays in wanted.items():
            stored = self._stored[each]
            for array in arrays:
                if ignore_sparse and array.stype != "default":
                    _LOGGER.warning(
                        "pull() passes over a sparse array for key %r: use row_sparse_pull()", each
                    )
                    continue
                self._followers[each].bring(array, stored)

    def pushpull(self, key: Key, value: Any, out: Any = None, priority: int = 0) -> None:
        """Push, then pull.

        Args:
            key: a key or a list of keys.
            value: what is pushed.
            out: what is written; None for the values themselves.
            priority: a hint without effect.

        Raises:
            UnknownNameError, ShapeMismatchError: as of ``push`` and ``pull``.
        """
        target = value if out is None else out
        for each, arrays in grouped(by_key(key, target, "arrays to write into")).items():
            self._check_shapes(each, self._value(each), arrays)
        self.push(key, value, priority)
        self.pull(key, target, priority, ignore_sparse=False)

    def broadcast(self, key: Key, value: Any, out: Any, priority: int = 0) -> None:
        """Initialise, then pull.

        Args:
            key: a key or a list of keys.
            value: first values.
            out: arrays that get them.
            priority: a hint without effect.

        Raises:
            DuplicateNameError: a key has a value already.
        """
        self.init(key, value)
        self.pull(key, out, priority, ignore_sparse=False)

    def row_sparse_pull(
        self, key: Key, out: Any = None, priority: int = 0, row_ids: NDArray | Sequence[NDArray] | None = None
    ) -> None:
        """Write rows of what is stored into row-sparse arrays, which hold no others then.

        Args:
            key: a key or a list of keys, with row-sparse values.
            out: a row-sparse array or a list of them; for a list of keys a list of these.
            priority: a hint without effect.
            row_ids: the numbers of the rows: an array for all of ``out``, or an array for each.

        Raises:
            ArgumentError: there are no ``row_ids``, or not as many as arrays; or something is not row-sparse.
            UnknownNameError: a key that was never initialised.
            IndexOutOfRangeError: there is no such row. Nothing is changed then.

        Example:
            >>> import gluonish as mx
            >>> store = mx.kv.create()
            >>> store.init("w", mx.nd.array([[1, 1], [2, 2], [3, 3]]).tostype("row_sparse"))
            >>> out = mx.nd.sparse.zeros("row_sparse", (3, 2))
            >>> store.row_sparse_pull("w", out=out, row_ids=mx.nd.array([2, 0, 2]))
            >>> out.indices.tolist(), out.data.tolist()
            ([0, 2], [[1.0, 1.0], [3.0, 3.0]])
        """
        del priority
        targets = list(by_key(key, _required(out, "row_sparse_pull"), "arrays to write into"))
        arrays = [(each, array) for each, group in targets for array in group]
        ids = as_arrays(_required(row_ids, "row_sparse_pull", "row_ids="))
        if len(ids) not in (1, len(arrays)):
            raise ArgumentError(
                "KVStore.row_sparse_pull()",
                "needs row_ids for every array, or for all of them",
                expected=f"1 or {len(arrays)}",
                received=len(ids),
            )
        ids = ids * len(arrays) if len(ids) == 1 else ids
        for each, array in arrays:
            _check_row_sparse(f"The value of key {each!r}", self._value(each))
            _check_row_sparse(f"The array for key {each!r}", array)
            self._check_shapes(each, self._value(each), [array])
        rows = [_rows(self._stored[each], of) for (each, _), of in zip(arrays, ids, strict=True)]
        for (_, array), found in zip(arrays, rows, strict=True):
            array.write(found)

    def _receive(self, key: int | str, arrays: list[NDArray]) -> None:
        """Store a sum, or update with it."""
        stored = self._stored[key]
        if self._compression is not None:
            arrays = [
                self._compression(key, source, each) if each.stype == "default" else each
                for source, each in enumerate(arrays)
            ]
        total = added(arrays, self._place())
        if self._updater is None:
            self._stored[key] = total
            self._followers[key].note(None)
            return
        self._stored[key] = stored = stored.as_in_context(total.context)
        updater = self._updater
        updater(key, total, stored)
        optimizer = updater.optimizer if isinstance(updater, Updater) else None
        self._followers[key].note(optimizer.rows_touched(total, stored.stype) if optimizer else None)

    def _place(self) -> Any:
        """Return where a sum is made: None for where the first of its parts is."""
        return None if "device" in self._type or self._type == "nccl" else cpu_pinned(0)

    def _own(self, value: NDArray) -> NDArray:
        return added([value], self._place())

    def _assign(self, key: int | str, value: NDArray) -> None:
        """Exchange what is stored, whatever its shape and dtype; what was left to send is dropped."""
        self._value(key)
        self._stored[key] = self._own(value)
        self._followers[key].note(None)
        if self._compression is not None:
            self._compression.forget(key)

    def _value(self, key: int | str) -> NDArray:
        self._check_type(key, self._stored)
        if key not in self._stored:
            raise UnknownNameError(
                f"Key {key!r}",
                "was never initialised in this kvstore",
                expected=_some(self._stored),
                fix="Call init() first.",
            )
        return self._stored[key]

    @staticmethod
    def _check_type(key: int | str, others: Mapping[int | str, NDArray]) -> None:
        for other in others:
            if isinstance(key, str) != isinstance(other, str):
                raise ArgumentTypeError(
                    "The kvstore",
                    "takes keys of one type",
                    expected=f"{type(other).__name__}, as {other!r}",
                    received=repr(key),
                )
            return

    @staticmethod
    def _check_shapes(key: int | str, stored: NDArray, arrays: list[NDArray]) -> None:
        for each in arrays:
            if each.shape != stored.shape:
                raise ShapeMismatchError(
                    f"Key {key!r}", "has a value of another shape", expected=stored.shape, received=each.shape
                )

    # -- updates ------------------------------------------------------------------------------------------

    def set_updater(self, updater: Callable[[Any, NDArray, NDArray], Any] | None) -> None:
        """Say how what is pushed changes what is stored.

        Args:
            updater: called as ``updater(key, pushed, stored)``, to change ``stored`` in place; None to
                replace what is stored again.

        Example:
            >>> import gluonish as mx
            >>> store, out = mx.kv.create(), mx.nd.zeros(1)
            >>> store.init(3, mx.nd.ones(1))
            >>> def subtract(key, pushed, stored):
            ...     stored -= pushed
            >>> store.set_updater(subtract)
            >>> store.pushpull(3, mx.nd.array([0.25]), out=out)
            >>> out.item()
            0.75
        """
        self._updater = updater

    _set_updater = set_updater

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Update what is stored with an optimizer; keys are the indices that it knows parameters by.

        Raises:
            ArgumentTypeError: it is no optimizer.
        """
        if not isinstance(optimizer, Optimizer):
            raise ArgumentTypeError(
                "The kvstore", "takes an optimizer", expected="an Optimizer", received=repr(optimizer)
            )
        self.set_updater(get_updater(optimizer))

    def save_optimizer_states(self, fname: Any, dump_optimizer: bool = False) -> None:
        """Write what the optimizer keeps to a file, in MXNet's form: a pickle.

        Args:
            fname: a path, or a stream opened for writing bytes.
            dump_optimizer: whether the optimizer goes along.

        Raises:
            ArgumentError: there is no optimizer.
        """
        content = self._own_updater("saved").as_file(dump_optimizer)
        with open_target(fname, "save_optimizer_states()") as file:
            file.write(content)

    def load_optimizer_states(self, fname: Any) -> None:
        """Read what ``save_optimizer_states`` has written, here or in MXNet.

        Args:
            fname: a path, the bytes of a file, or a stream of them.

        Raises:
            ArgumentError: there is no optimizer.
            MissingFileError: there is no such file.
            FileFormatError: the file is something else. Nothing is changed then.
        """
        updater = self._own_updater("loaded")
        updater.set_states(bytes(read_content(fname, "load_optimizer_states()").view))

    def _own_updater(self, what: str) -> Updater:
        if not isinstance(self._updater, Updater):
            raise ArgumentError(
                "The kvstore",
                f"has no optimizer whose states could be {what}",
                fix="Call set_optimizer() first.",
            )
        return self._updater

    def set_gradient_compression(self, compression_params: Mapping[str, Any]) -> None:
        """Compress what is pushed from now on; see ``TwoBitCompression``.

        Args:
            compression_params: ``{"type": "2bit", "threshold": 0.5}``.

        Raises:
            ArgumentError: the store adds up in host memory; or type or threshold make no sense.
            ArgumentTypeError: it is no dictionary.
        """
        if "device" not in self._type:
            raise ArgumentError(
                f"A kvstore {self._type!r}",
                "does not compress gradients",
                fix="Use a store that adds up on devices: 'device'.",
            )
        self._compression = as_compression(compression_params)


def create(name: str = "local") -> Any:
    """Return a new store.

    Args:
        name: ``"local"`` adds up in host memory and ``"device"`` on the device of the first replica; other
            names of MXNet for one machine mean one or the other. A class registered with
            ``KVStoreBase.register`` is known by its name. Not case-sensitive.

    Raises:
        ArgumentTypeError: the name is no str.
        UnknownNameError: there is no such store.

    Example:
        >>> import gluonish as mx
        >>> mx.kv.create("device").type
        'device'
    """
    kind = kind_of(name)
    return KVStore(name.lower()) if kind is KVStore else kind()


def kind_of(name: str) -> type[Any]:
    """Return the class of the stores of a name.

    Raises:
        ArgumentTypeError: the name is no str.
        UnknownNameError: there is no such store.
    """
    if not isinstance(name, str):
        raise ArgumentTypeError("A kvstore", "is made by its name", expected="a str", received=repr(name))
    lowered = name.lower()
    if lowered in KVStoreBase.kv_registry:
        return KVStoreBase.kv_registry[lowered]
    if lowered in NAMES:
        return KVStore
    known = sorted({*NAMES, *KVStoreBase.kv_registry})
    close = difflib.get_close_matches(lowered, known, 1)
    raise UnknownNameError(
        f"kvstore {name!r}",
        "does not exist",
        expected="one of " + ", ".join(known),
        fix=f"Did you mean {close[0]!r}?" if close else None,
    )


def _required(given: Any, method: str, argument: str = "out=") -> Any:
    if given is None:
        problem = "has nothing to write into" if argument == "out=" else "is not told which rows"
        raise ArgumentError(f"KVStore.{method}()", problem, expected=argument)
    return given


def _check_row_sparse(subject: str, array: NDArray) -> None:
    if array.stype != "row_sparse":
        raise ArgumentError(
            subject, "has no rows to pull", expected="storage 'row_sparse'", received=repr(array.stype)
        )


def _rows(stored: NDArray, row_ids: NDArray) -> NDArray:
    """Return a row-sparse array with just these rows; those that are not stored are zeros.

    Raises:
        IndexOutOfRangeError: there is no such row.
    """
    ids = np.unique(row_ids.asnumpy().astype(np.int64))
    if ids.size and not 0 <= ids[0] <= ids[-1] < stored.shape[0]:
        raise IndexOutOfRangeError(
            "KVStore.row_sparse_pull()",
            "is asked for rows that do not exist",
            expected=f"0 to {stored.shape[0] - 1}",
            received=f"{ids[0]} to {ids[-1]}",
        )
    ctx, dtype = stored.context, stored.dtype
    numbers = nd.array(ids, ctx=ctx, dtype="int64")
    zeros = nd.zeros((ids.size, *stored.shape[1:]), ctx=ctx, dtype=dtype)
    empty = nd.sparse.row_sparse_array((zeros, numbers), shape=stored.shape, ctx=ctx, dtype=dtype)
    return empty + nd.sparse.retain(stored, numbers)


def _some(keys: Mapping[int | str, Any]) -> str:
    listed = [repr(each) for each in list(keys)[:8]]
    return (
        "one of " + ", ".join(listed) + (" ..." if len(keys) > len(listed) else "") if keys else "no key yet"
    )
