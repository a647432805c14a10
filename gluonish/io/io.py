"""What iterators over batches share: batches, descriptions of arrays, and the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError

__all__ = ["DataBatch", "DataDesc", "DataIter"]


class _NameAndShape(NamedTuple):
    name: str
    shape: tuple[int, ...]


class DataDesc(_NameAndShape):
    """Name, shape, dtype and layout of an array of a batch; as a tuple it is name and shape.

    Args:
        name: what a symbol calls the array.
        shape: its shape, the batch included.
        dtype: its dtype.
        layout: a letter for each axis; ``N`` is the batch.

    Example:
        >>> from gluonish.io import DataDesc
        >>> description = DataDesc("data", (32, 3, 8, 8))
        >>> description == ("data", (32, 3, 8, 8)), description.layout
        (True, 'NCHW')
    """

    dtype: Any
    layout: str | None

    def __new__(
        cls, name: str, shape: Sequence[int], dtype: Any = np.float32, layout: str | None = "NCHW"
    ) -> DataDesc:
        """Return a description; it is immutable as far as it is a tuple."""
        described = super().__new__(cls, name, cast("tuple[int, ...]", shape))  # a list stays one
        described.dtype = dtype
        described.layout = layout
        return described

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Return which axis of a layout is the batch: 0 without a layout, -1 where there is none."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(
        shapes: Iterable[tuple[str, Sequence[int]]], types: Iterable[tuple[str, Any]] | None
    ) -> list[DataDesc]:
        """Return descriptions of arrays given by name and shape.

        Args:
            shapes: names with shapes.
            types: names with dtypes; None for float32.

        Example:
            >>> from gluonish.io import DataDesc
            >>> DataDesc.get_list([("data", (2, 3))], [("data", "float16")])
            [DataDesc[data,(2, 3),float16,NCHW]]
        """
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        dtypes = dict(types)
        return [DataDesc(name, shape, dtypes[name]) for name, shape in shapes]


class DataBatch:
    """A batch.

    Args:
        data: the inputs.
        label: the labels; None where there are none.
        pad: how many examples at the end are there only to fill the batch.
        index: the numbers of the examples.
        bucket_key: which symbol of a ``BucketingModule`` the batch is for.
        provide_data: descriptions of the inputs.
        provide_label: descriptions of the labels.

    Raises:
        ArgumentTypeError: data or labels are no list.
    """

    def __init__(
        self,
        data: Sequence[NDArray] | None,
        label: Sequence[NDArray] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Sequence[DataDesc] | None = None,
        provide_label: Sequence[DataDesc] | None = None,
    ) -> None:
        for what, arrays in (("data", data), ("labels", label)):
            if arrays is not None and not isinstance(arrays, (list, tuple)):
                raise ArgumentTypeError(
                    "DataBatch",
                    f"takes {what} as a list",
                    expected="a list of NDArrays",
                    received=type(arrays).__name__,
                )
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        data, label = (
            None if arrays is None else [each.shape for each in arrays] for arrays in (self.data, self.label)
        )
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label}"


class DataIter:
    """An iterator over batches.

    A subclass has ``provide_data`` and ``provide_label``, and states either ``next`` or ``iter_next``,
    ``getdata``, ``getlabel``, ``getpad`` and ``getindex``.

    Args:
        batch_size: how many examples a batch has.

    Example:
        >>> import gluonish as mx
        >>> class Countdown(mx.io.DataIter):
        ...     provide_data, provide_label = [mx.io.DataDesc("data", (1,))], []
        ...     left = 2
        ...     def iter_next(self):
        ...         self.left -= 1
        ...         return self.left >= 0
        ...     def getdata(self):
        ...         return [mx.nd.array([self.left])]
        >>> [batch.data[0].item() for batch in Countdown(batch_size=1)]
        [1.0, 0.0]
    """

    provide_data: Any
    provide_label: Any

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def reset(self) -> None:
        """Begin again."""

    def next(self) -> DataBatch:
        """Return the next batch.

        Raises:
            StopIteration: there is none.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch(data=self.getdata(), label=self.getlabel(), pad=self.getpad(), index=self.getindex())

    def iter_next(self) -> bool:
        """Go to the next batch; tell whether there is one."""
        return False

    def getdata(self) -> Any:
        """Return the inputs of the batch."""
        return None

    def getlabel(self) -> Any:
        """Return the labels of the batch."""
        return None

    def getindex(self) -> Any:
        """Return the numbers of the examples in the batch; None where they are not known."""
        return None

    def getpad(self) -> Any:
        """Return how many examples of the batch are there only to fill it."""
        return None
