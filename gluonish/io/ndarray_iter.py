"""Batches of arrays in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.errors import ArgumentError, UnsupportedError
from gluonish.io.io import DataBatch, DataDesc, DataIter
from gluonish.io.utils import _init_data, take_rows
from gluonish.nd import concat

__all__ = ["NDArrayIter"]

LAST_BATCHES = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Cuts arrays into batches along their first axis.

    Args:
        data: an array, a list of arrays or a dictionary of them, of one length.
        label: likewise, or None.
        batch_size: how many examples a batch has.
        shuffle: whether examples come in a new order in every epoch, drawn from NumPy's generator.
        last_batch_handle: what becomes of the examples at the end that are too few for a batch: ``"pad"``
            fills the batch from the beginning, ``"discard"`` leaves them out, and ``"roll_over"`` has them in
            front of the next epoch's.
        data_name: the name of an input that has none.
        label_name: the name of a label that has none.
        layout: the layout that the descriptions state.

    Attributes:
        num_data: the number of examples.
        cursor: the number of the batch's first example; negative before the first batch.

    Raises:
        ArgumentError: there are no arrays; they differ in length; or no such ``last_batch_handle``.
        UnsupportedError: an array is sparse, and ``last_batch_handle`` is not ``"discard"``.
        ArgumentTypeError: something is no array.

    Example:
        >>> import gluonish as mx
        >>> batches = mx.io.NDArrayIter(mx.nd.arange(5), batch_size=2)
        >>> [(batch.data[0].tolist(), batch.pad) for batch in batches]
        [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        self._given = _init_data(data, False, data_name), _init_data(label, True, label_name)
        self.num_data = _common_length(self._given[0] + self._given[1])
        self.num_source = len(self._given[0]) + len(self._given[1])
        if last_batch_handle not in LAST_BATCHES:
            raise ArgumentError(
                "NDArrayIter",
                "has no such last_batch_handle",
                expected=f"one of {', '.join(LAST_BATCHES)}",
                received=repr(last_batch_handle),
            )
        sparse = [name for named in self._given for name, array in named if array.stype != "default"]
        if sparse and last_batch_handle != "discard":
            raise UnsupportedError(
                f"NDArrayIter with the sparse input {sparse[0]!r}",
                "does not put parts of batches together",
                expected="last_batch_handle='discard'",
            )
        self.last_batch_handle = last_batch_handle
        self.shuffle = shuffle
        self.layout = layout
        self.idx = np.arange(self.num_data)
        self._order = self.idx.copy()
        self._left: list[list[Any]] | None = None
        self._batch: list[list[Any]] = []
        self.hard_reset()

    # -- what there is ------------------------------------------------------------------------------------

    @property
    def data(self) -> list[tuple[str, Any]]:
        """The inputs with their names, in the order of this epoch."""
        return self._in_order(0)

    @property
    def label(self) -> list[tuple[str, Any]]:
        """The labels with their names, in the order of this epoch."""
        return self._in_order(1)

    @property
    def data_list(self) -> list[Any]:
        """All arrays, in the order of this epoch."""
        return [array for _, array in self.data + self.label]

    def _in_order(self, which: int) -> list[tuple[str, Any]]:
        named = self._given[which]
        return (
            [(name, take_rows(array, self._order)) for name, array in named] if self.shuffle else list(named)
        )

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the inputs of a batch."""
        return self._described(0)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels of a batch."""
        return self._described(1)

    def _described(self, which: int) -> list[DataDesc]:
        return [
            DataDesc(name, (self.batch_size, *array.shape[1:]), array.dtype, self.layout)
            for name, array in self._given[which]
        ]

    # -- going through it ---------------------------------------------------------------------------------

    def hard_reset(self) -> None:
        """Begin again, without what rolls over from the last epoch."""
        self._left = None
        self._begin()

    def reset(self) -> None:
        """Begin again; what rolls over comes first."""
        self._begin()

    def _begin(self) -> None:
        if self.shuffle:
            np.random.shuffle(self.idx)  # noqa: NPY002  programs seed NumPy's own generator
            self._order = self._order[self.idx]
        self.cursor = -self.batch_size
        if self._left is not None:
            self.cursor -= len(self._left[0][0])

    def iter_next(self) -> bool:
        """Go to the next batch; tell whether there is one."""
        self.cursor += self.batch_size
        start, stop = self.cursor, self.cursor + self.batch_size
        if start >= self.num_data:
            return False
        if stop > self.num_data and self.last_batch_handle != "pad":
            if self.last_batch_handle == "roll_over":
                self._left = self._between(start, self.num_data)
            return False
        self._batch = self._between(start, stop)
        return True

    def _between(self, start: int, stop: int) -> list[list[Any]]:
        """Return the examples from ``start`` to ``stop``; what has rolled over stands before 0."""
        examples = self._examples(max(start, 0), stop)
        left, self._left = self._left, None
        if left is None:
            return examples
        return [
            [concat(*parts, dim=0) for parts in zip(*arrays, strict=True)]
            for arrays in zip(left, examples, strict=True)
        ]

    def _examples(self, start: int, stop: int) -> list[list[Any]]:
        """Return examples by number; those past the end are the first ones again."""
        if stop <= self.num_data and not self.shuffle:
            return [[array[start:stop] for _, array in named] for named in self._given]
        chosen = self._order[np.arange(start, stop) % self.num_data]
        return [[take_rows(array, chosen) for _, array in named] for named in self._given]

    def next(self) -> DataBatch:
        """Return the next batch.

        Raises:
            StopIteration: the epoch is over.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def getdata(self) -> list[Any]:
        """Return the inputs of the batch.

        Raises:
            ArgumentError: there is no batch yet.
        """
        return self._current(0)

    def getlabel(self) -> list[Any]:
        """Return the labels of the batch.

        Raises:
            ArgumentError: there is no batch yet.
        """
        return self._current(1)

    def _current(self, which: int) -> list[Any]:
        if not self._batch:
            raise ArgumentError("NDArrayIter", "has no batch yet", fix="Call next() or iter_next() first.")
        return self._batch[which]

    def getpad(self) -> int:
        """Return how many examples fill the batch: from the beginning, or what has rolled over."""
        if self.last_batch_handle == "pad":
            return max(0, self.cursor + self.batch_size - self.num_data)
        return max(0, -self.cursor)


def _common_length(named: list[tuple[str, Any]]) -> int:
    lengths = {name: array.shape[0] for name, array in named}
    if len(set(lengths.values())) > 1:
        raise ArgumentError(
            "NDArrayIter",
            "needs arrays of one length",
            received=", ".join(f"{name}: {length}" for name, length in lengths.items()),
        )
    return next(iter(lengths.values()))
