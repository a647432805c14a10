"""Samplers: the order in which a dataset is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gluonish.context import cpu
from gluonish.engine import rng
from gluonish.errors import ArgumentError
from gluonish.gluon.data.arguments import as_integer

__all__ = ["BatchSampler", "FilterSampler", "RandomSampler", "Sampler", "SequentialSampler"]


class Sampler:
    """Base of samplers: it yields what a dataset is indexed with, and knows how many there are.

    Example:
        >>> class Backwards(Sampler):
        ...     def __init__(self, length):
        ...         self.length = length
        ...     def __len__(self):
        ...         return self.length
        ...     def __iter__(self):
        ...         return iter(range(self.length - 1, -1, -1))
        >>> list(Backwards(3))
        [2, 1, 0]
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not say how many it yields: define __len__")

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not say what it yields: define __iter__")


class SequentialSampler(Sampler):
    """Yield ``length`` indices in order.

    Args:
        length: how many.
        start: the first one.

    Raises:
        ArgumentTypeError: a length that is no integer.
        ArgumentError: a negative length.

    Example:
        >>> list(SequentialSampler(3, start=2))
        [2, 3, 4]
    """

    def __init__(self, length: int, start: int = 0) -> None:
        self._length = as_integer(length, "The length of a sampler", least=0)
        self._start = start

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._start, self._start + self._length))


class RandomSampler(Sampler):
    """Yield the indices below ``length`` in a new random order each time.

    The order comes from the stream of ``cpu(0)``, so ``mx.random.seed`` makes it repeatable.

    Args:
        length: how many.

    Raises:
        ArgumentTypeError: a length that is no integer.
        ArgumentError: a negative length.

    Example:
        >>> import gluonish as mx
        >>> mx.random.seed(3)
        >>> first = list(RandomSampler(5))
        >>> mx.random.seed(3)
        >>> list(RandomSampler(5)) == first, sorted(first)
        (True, [0, 1, 2, 3, 4])
    """

    def __init__(self, length: int) -> None:
        self._length = as_integer(length, "The length of a sampler", least=0)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[int]:
        return iter(rng.stream(cpu(0)).permutation(self._length).tolist())


class FilterSampler(Sampler):
    """Yield the indices of the samples for which a function is true, in order.

    The function is called once for every sample, when the sampler is made.

    Args:
        fn: takes a sample as the dataset returns it.
        dataset: what is sampled.

    Example:
        >>> list(FilterSampler(lambda sample: sample > 6, [5, 8, 6, 9]))
        [1, 3]
    """

    def __init__(self, fn: Callable[[Any], Any], dataset: Any) -> None:
        self._indices = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __len__(self) -> int:
        return len(self._indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)


_LAST_BATCH = ("keep", "discard", "rollover")


class BatchSampler(Sampler):
    """Yield lists of indices from another sampler.

    Args:
        sampler: where the indices come from.
        batch_size: the length of the lists, 1 or more.
        last_batch: what happens to indices that are too few for a batch: ``"keep"`` yields them as a shorter
            one, ``"discard"`` drops them, ``"rollover"`` begins the next epoch with them.

    Raises:
        ArgumentTypeError: a batch size that is no integer.
        ArgumentError: a batch size below 1, or an unknown ``last_batch``.

    Example:
        >>> batches = BatchSampler(SequentialSampler(5), 2, last_batch="rollover")
        >>> list(batches), list(batches)
        ([[0, 1], [2, 3]], [[4, 0], [1, 2], [3, 4]])
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, last_batch: str = "keep") -> None:
        if last_batch not in _LAST_BATCH:
            raise ArgumentError(
                "last_batch",
                "is unknown",
                expected="one of " + ", ".join(map(repr, _LAST_BATCH)),
                received=repr(last_batch),
            )
        self._sampler: Any = sampler
        self._batch_size = as_integer(batch_size, "batch_size", least=1)
        self._last_batch = last_batch
        self._left_over: list[Any] = []

    def __iter__(self) -> Iterator[list[Any]]:
        batch, self._left_over = self._left_over, []
        for index in self._sampler:
            batch.append(index)
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch and self._last_batch == "keep":
            yield batch
        elif self._last_batch == "rollover":
            self._left_over = batch

    def __len__(self) -> int:
        full, rest = divmod(len(self._left_over) + len(self._sampler), self._batch_size)
        return full + (rest > 0 and self._last_batch == "keep")
