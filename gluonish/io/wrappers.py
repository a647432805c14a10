"""Iterators over the batches of other iterators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.io.io import DataBatch, DataDesc, DataIter

__all__ = ["PrefetchingIter", "ResizeIter"]


class _BatchKeeper(DataIter):
    """An iterator whose ``iter_next`` gets whole batches, and keeps the current one."""

    current_batch: Any = None

    def next(self) -> Any:
        """Return the next batch.

        Raises:
            StopIteration: the epoch is over.
        """
        if not self.iter_next():
            raise StopIteration
        return self.current_batch

    def getdata(self) -> Any:
        """Return the inputs of the batch."""
        return self.current_batch.data

    def getlabel(self) -> Any:
        """Return the labels of the batch."""
        return self.current_batch.label

    def getindex(self) -> Any:
        """Return the numbers of the examples in the batch."""
        return self.current_batch.index

    def getpad(self) -> Any:
        """Return how many examples of the batch are there only to fill it."""
        return self.current_batch.pad


class ResizeIter(_BatchKeeper):
    """Makes epochs of a given number of batches from another iterator, which begins again as often as needed.

    Args:
        data_iter: the iterator.
        size: how many batches an epoch has.
        reset_internal: whether ``reset()`` lets the other iterator begin again too.

    Example:
        >>> import gluonish as mx
        >>> batches = mx.io.ResizeIter(mx.io.NDArrayIter(mx.nd.arange(2)), size=3)
        >>> [batch.data[0].item() for batch in batches]
        [0.0, 1.0, 0.0]
    """

    def __init__(self, data_iter: Any, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Begin a new epoch."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Go to the next batch; tell whether there is one."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True


class PrefetchingIter(_BatchKeeper):
    """Gets the next batch of other iterators, each in a thread, while a batch is worked on.

    Args:
        iters: an iterator, or several whose batches are put together.
        rename_data: for each iterator a dictionary from the names of its inputs to other names.
        rename_label: likewise for the labels.

    Raises:
        ArgumentError: there is no iterator, or not a dictionary for each.

    Example:
        >>> import gluonish as mx
        >>> ahead = mx.io.PrefetchingIter(mx.io.NDArrayIter(mx.nd.arange(2)), rename_data=[{"data": "x"}])
        >>> ahead.provide_data[0].name, [batch.data[0].item() for batch in ahead]
        ('x', [0.0, 1.0])
    """

    def __init__(
        self,
        iters: Any,
        rename_data: Sequence[Mapping[str, str]] | None = None,
        rename_label: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        self.iters = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        self.n_iter = len(self.iters)
        if not self.iters:
            raise ArgumentError("PrefetchingIter", "has no iterators", expected="one or more")
        self.rename_data = self._names("rename_data", rename_data)
        self.rename_label = self._names("rename_label", rename_label)
        super().__init__(self.provide_data[0].shape[0])
        self._threads = ThreadPoolExecutor(self.n_iter, "gluonish-prefetch")
        self._coming: list[Future[Any]] = []
        self._ask()

    def _names(self, argument: str, given: Sequence[Mapping[str, str]] | None) -> list[Mapping[str, str]]:
        if given is None:
            return [{}] * self.n_iter
        if len(given) != self.n_iter:
            raise ArgumentError(
                "PrefetchingIter",
                f"needs a dictionary in {argument} for every iterator",
                expected=self.n_iter,
                received=len(given),
            )
        return list(given)

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the inputs of all iterators, with their new names."""
        return _renamed([each.provide_data for each in self.iters], self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels of all iterators, with their new names."""
        return _renamed([each.provide_label for each in self.iters], self.rename_label)

    def _ask(self) -> None:
        """Let every thread get the next batch of its iterator."""
        self._coming = [self._threads.submit(next, each, None) for each in self.iters]

    def reset(self) -> None:
        """Begin again."""
        for each in self._coming:
            each.exception()  # an error of a batch that nobody asked for is of no interest
        for each in self.iters:
            each.reset()
        self._ask()

    def iter_next(self) -> bool:
        """Go to the next batch; tell whether there is one.

        Raises:
            ArgumentError: some iterators have another batch and some have none.
        """
        batches = [each.result() for each in self._coming]
        if all(each is None for each in batches):
            return False
        if any(each is None for each in batches):
            raise ArgumentError(
                "PrefetchingIter",
                "has iterators with different numbers of batches",
                expected="the same number from each",
            )
        self._ask()
        first = batches[0]
        self.current_batch = DataBatch(
            [array for each in batches for array in each.data],
            [array for each in batches for array in each.label or ()],
            first.pad,
            first.index,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def __del__(self) -> None:
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=False)


def _renamed(described: list[Any], names: Sequence[Mapping[str, str]]) -> list[DataDesc]:
    found = []
    for given, new in zip(described, names, strict=True):
        for each in given:
            known = each if isinstance(each, DataDesc) else DataDesc(*each)
            found.append(DataDesc(new.get(known.name, known.name), known.shape, known.dtype, known.layout))
    return found
