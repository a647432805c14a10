"""Datasets: samples by number.

Anything with ``len`` and ``[]`` can be loaded in batches. A Dataset can also be cut, filtered and
transformed; the results are datasets that read from the first one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.gluon.data.arguments import as_integer
from gluonish.gluon.data.sampler import FilterSampler, Sampler
from gluonish.recordio import MXIndexedRecordIO

__all__ = ["ArrayDataset", "Dataset", "RecordFileDataset", "SimpleDataset"]


class Dataset:
    """Base of datasets: a subclass defines ``__getitem__`` and ``__len__``.

    A sample with several parts, such as an image and its label, is a tuple.

    Example:
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 4
        ...     def __getitem__(self, idx):
        ...         return idx * idx
        >>> list(Squares().transform(lambda square: square + 1))
        [1, 2, 5, 10]
    """

    def __getitem__(self, idx: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} does not say what its samples are: define __getitem__"
        )

    def __len__(self) -> int:
        raise NotImplementedError(
            f"{type(self).__name__} does not say how many samples it has: define __len__"
        )

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]

    def filter(self, fn: Callable[[Any], Any]) -> Dataset:
        """Return the samples for which ``fn(sample)`` is true.

        Every sample is read once, now.

        Example:
            >>> list(SimpleDataset([1, 2, 3, 4]).filter(lambda sample: sample % 2))
            [1, 3]
        """
        return self.sample(FilterSampler(fn, self))

    def shard(self, num_shards: int, index: int) -> Dataset:
        """Return one of ``num_shards`` parts of consecutive samples.

        The lengths differ by at most one; the first parts are the longer ones.

        Args:
            num_shards: the number of parts.
            index: which part, from 0.

        Raises:
            ArgumentError: there is no such part.
            ArgumentTypeError: no integers.

        Example:
            >>> dataset = SimpleDataset(range(5))
            >>> [list(dataset.shard(2, i)) for i in range(2)]
            [[0, 1, 2], [3, 4]]
        """
        parts, part = as_integer(num_shards, "num_shards"), as_integer(index, "index")
        if not 0 <= part < parts:
            raise ArgumentError(
                f"Shard {part}",
                "does not exist",
                expected=f"an index from 0 to {parts - 1}" if parts > 0 else "a num_shards of 1 or more",
                received=f"index={part}, num_shards={parts}",
            )
        length, longer = divmod(len(self), parts)
        start = part * length + min(part, longer)
        return _SampledDataset(self, range(start, start + length + (part < longer)))

    def take(self, count: int | None) -> Dataset:
        """Return the first ``count`` samples; all of them if there are not so many, or for None.

        Raises:
            ArgumentError: a negative count.
            ArgumentTypeError: neither an integer nor None.

        Example:
            >>> list(SimpleDataset(range(5)).take(2))
            [0, 1]
        """
        number = len(self) if count is None else as_integer(count, "count", least=0)
        return _SampledDataset(self, range(min(number, len(self))))

    def sample(self, sampler: Sampler) -> Dataset:
        """Return the samples whose numbers a sampler yields; it is asked once, now.

        Raises:
            ArgumentTypeError: not a Sampler.

        Example:
            >>> from gluonish.gluon.data import SequentialSampler
            >>> list(SimpleDataset("abcdef").sample(SequentialSampler(2, start=3)))
            ['d', 'e']
        """
        if not isinstance(sampler, Sampler):
            raise ArgumentTypeError(
                "sample()",
                "takes a sampler",
                expected="a gluon.data.Sampler",
                received=f"{type(sampler).__name__} {sampler!r}",
            )
        return _SampledDataset(self, list(sampler))

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """Return the samples as ``fn`` makes them.

        Args:
            fn: called as ``fn(sample)``, or ``fn(*sample)`` for a sample that is a tuple.
            lazy: call it each time a sample is read, as random transformations need it. False calls it once
                for every sample, now, and keeps the results.

        Example:
            >>> list(SimpleDataset([(1, 2), (3, 4)]).transform(lambda a, b: a + b))
            [3, 7]
        """
        transformed = _TransformedDataset(self, fn)
        return transformed if lazy else SimpleDataset(list(transformed))

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> Dataset:
        """Return the samples with their first part, such as the image, as ``fn`` makes it.

        Args:
            fn: called with the first part of a tuple, or with a sample that is no tuple.
            lazy: as of ``transform``.

        Example:
            >>> list(SimpleDataset([(1, 2), (3, 4)]).transform_first(lambda a: -a))
            [(-1, 2), (-3, 4)]
        """
        return self.transform(_FirstPart(fn), lazy)


class _FirstPart:
    """``fn`` on the first argument. A class, so that datasets can be sent to worker processes."""

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self._fn = fn

    def __call__(self, first: Any, *rest: Any) -> Any:
        return (self._fn(first), *rest) if rest else self._fn(first)


class SimpleDataset(Dataset):
    """A dataset over anything with ``len`` and ``[]``: a list, an array.

    Args:
        data: the samples.

    Example:
        >>> dataset = SimpleDataset([10, 20, 30])
        >>> len(dataset), dataset[1]
        (3, 20)
    """

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        return self._data[idx]


class _TransformedDataset(Dataset):
    """The samples of a dataset as a function makes them."""

    def __init__(self, dataset: Dataset, fn: Callable[..., Any]) -> None:
        self._dataset = dataset
        self._fn = fn

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, idx: Any) -> Any:
        sample = self._dataset[idx]
        return self._fn(*sample) if isinstance(sample, tuple) else self._fn(sample)


class _SampledDataset(Dataset):
    """Chosen samples of a dataset."""

    def __init__(self, dataset: Dataset, indices: Sequence[Any]) -> None:
        self._dataset = dataset
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: Any) -> Any:
        return self._dataset[self._indices[idx]]


class ArrayDataset(Dataset):
    """Arrays of equal length, whose elements together are the samples.

    Args:
        args: arrays, lists or datasets. Of several, a sample is a tuple; of a single one, its element.
            An NDArray with one axis, such as labels, is kept as a NumPy array, so that its elements are
            numbers.

    Raises:
        ArgumentError: no array.
        ShapeMismatchError: the lengths differ.

    Example:
        >>> import gluonish as mx
        >>> dataset = ArrayDataset(mx.nd.array([1, 2, 3]), ["a", "b", "c"])
        >>> len(dataset), dataset[1]
        (3, (np.float32(2.0), 'b'))
    """

    def __init__(self, *args: Any) -> None:
        if not args:
            raise ArgumentError("ArrayDataset", "needs at least one array")
        self._length = len(args[0])
        for i, data in enumerate(args):
            if len(data) != self._length:
                raise ShapeMismatchError(
                    "The arrays of an ArrayDataset",
                    "differ in their lengths",
                    expected=f"{self._length} elements, as array 0 has",
                    received=f"{len(data)} in array {i}",
                )
        self._data = [_numbers(data) for data in args]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, idx: Any) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple(data[idx] for data in self._data)


def _numbers(data: Any) -> Any:
    return data.asnumpy() if isinstance(data, NDArray) and data.ndim == 1 else data


class RecordFileDataset(Dataset):
    """The records of a RecordIO file, as bytes.

    It can be read by several threads, and sent to worker processes.

    Args:
        filename: the path of the file, ``"images.rec"``. Its index, ``"images.idx"``, stands beside it.

    Raises:
        MissingFileError: a file is not there.
        FileFormatError: the index is damaged.

    Example:
        >>> import gluonish as mx, os, tempfile
        >>> base = os.path.join(tempfile.mkdtemp(), "a")
        >>> with mx.recordio.MXIndexedRecordIO(base + ".idx", base + ".rec", "w") as writer:
        ...     writer.write_idx(0, b"one")
        >>> list(RecordFileDataset(base + ".rec"))
        [b'one']
    """

    def __init__(self, filename: str | os.PathLike[str]) -> None:
        self.filename = os.fspath(filename)
        self.idx_file = os.fspath(Path(self.filename).with_suffix(".idx"))
        self._record = MXIndexedRecordIO(self.idx_file, self.filename, "r")

    def __len__(self) -> int:
        return len(self._record.keys)

    def __getitem__(self, idx: Any) -> Any:
        return self._record.read_idx(self._record.keys[idx])
