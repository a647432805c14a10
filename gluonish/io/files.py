"""Batches of what files hold."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from gluonish import nd
from gluonish.dtype import as_dtype
from gluonish.errors import ArgumentError, FileFormatError, MissingFileError
from gluonish.io.io import DataBatch, DataDesc, DataIter
from gluonish.io.utils import csr_rows
from gluonish.serialization.idx import read_idx
from gluonish.shape import shape_size

__all__ = ["CSVIter", "LibSVMIter", "MNISTIter", "MXDataIter"]

Table = np.ndarray[Any, Any]


@attrs.frozen(eq=False)
class SparseTable:
    """A CSR matrix in host memory.

    Attributes:
        values: the elements, row by row.
        columns: their columns.
        indptr: where rows begin.
        shape: rows and columns.
    """

    values: Table
    columns: Table
    indptr: Table
    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the elements."""
        return self.values.dtype

    def take(self, rows: Table) -> Any:
        """Return rows by their numbers as a CSRNDArray."""
        begins, positions = csr_rows(self.indptr, rows)
        parts = (self.values[positions], self.columns[positions], begins)
        return nd.sparse.csr_matrix(parts, shape=(len(rows), self.shape[1]), dtype=self.dtype)


HINTS = {"prefetch_buffer", "ctx", "silent", "preprocess_threads", "verbose"}
"""Arguments of MXNet's iterators that say nothing about the batches."""


class MXDataIter(DataIter):
    """An iterator over examples that are all in host memory, with their numbers.

    Args:
        data: the inputs.
        label: the labels, as many.
        batch_size: how many examples a batch has.
        last: what becomes of examples that are too few for a batch: ``"wrap"`` fills it from the beginning,
            and the next epoch begins where that ended; ``"repeat"`` fills it from the batch before;
            ``"drop"`` leaves them out.
        data_name: the name of the input.
        label_name: the name of the label.
    """

    def __init__(
        self,
        data: Table | SparseTable,
        label: Table | SparseTable,
        batch_size: int,
        *,
        last: str,
        data_name: str = "data",
        label_name: str = "softmax_label",
    ) -> None:
        super().__init__(int(batch_size))
        if self.batch_size < 1:
            raise ArgumentError(
                type(self).__name__, "needs a batch_size", expected="1 or more", received=batch_size
            )
        if len(data) != len(label):
            raise ArgumentError(
                type(self).__name__,
                "needs as many labels as inputs",
                expected=len(data),
                received=len(label),
            )
        self._data, self._label = data, label
        self._last = last
        self._start = 0
        self._cursor = -self.batch_size
        self._rows = np.arange(0)
        self._stays = False
        self.provide_data = [DataDesc(data_name, (self.batch_size, *data.shape[1:]), data.dtype.type)]
        self.provide_label = [DataDesc(label_name, (self.batch_size, *label.shape[1:]), label.dtype.type)]

    def reset(self) -> None:
        """Begin again; see ``last`` for where."""
        if self._last == "wrap" and self._cursor >= len(self._data):
            self._start = self._cursor - len(self._data)
        self._cursor = self._start - self.batch_size

    def debug_skip_load(self) -> None:
        """Give the first batch for ever, to see how fast a program is without its data."""
        self._stays = True

    def iter_next(self) -> bool:
        """Go to the next batch; tell whether there is one."""
        if self._stays and self._rows.size:
            return True
        self._cursor += self.batch_size
        stop = self._cursor + self.batch_size
        count = len(self._data)
        if self._cursor >= count or (stop > count and self._last == "drop"):
            return False
        rows = np.arange(self._cursor, stop)
        if stop > count:
            spare = rows - self.batch_size if self._last == "repeat" and self._cursor else rows % count
            rows = np.where(rows < count, rows, spare)
        self._rows = rows
        return True

    def next(self) -> DataBatch:
        """Return the next batch.

        Raises:
            StopIteration: there is none.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch([self.getdata()], [self.getlabel()], self.getpad(), self.getindex())

    def getdata(self) -> Any:
        """Return the inputs of the batch: one array."""
        return self._taken(self._data)

    def getlabel(self) -> Any:
        """Return the labels of the batch: one array."""
        return self._taken(self._label)

    def _taken(self, table: Table | SparseTable) -> Any:
        if isinstance(table, SparseTable):
            return table.take(self._rows)
        return nd.array(table[self._rows], dtype=table.dtype)

    def getindex(self) -> Table:
        """Return the numbers of the examples in the batch."""
        return self._rows.astype(np.uint64)

    def getpad(self) -> int:
        """Return how many examples at the end of the batch are there only to fill it."""
        return max(0, self._cursor + self.batch_size - len(self._data))


class CSVIter(MXDataIter):
    r"""Cuts the lines of a file of comma-separated numbers into batches.

    Args:
        data_csv: the file, or a folder whose files are read in the order of their names.
        data_shape: the shape of the example in a line.
        label_csv: the file with the labels; without one they are 0.
        label_shape: the shape of a label. With ``(1,)`` a batch's labels have one axis.
        batch_size: how many examples a batch has.
        round_batch: whether what the last batch lacks comes from the beginning, and the next epoch begins
            behind that; otherwise it comes from the batch before.
        dtype: the dtype of inputs and labels; None for float32.
        data_name: the name of the input.
        label_name: the name of the label.
        **hints: what MXNet takes to tune its reading; without effect.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: a line does not hold as many numbers as the shape says, or something else.

    Example:
        >>> import tempfile, pathlib, gluonish as mx
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "data.csv"
        >>> _ = path.write_text("1,2\n3,4\n")
        >>> mx.io.CSVIter(data_csv=path, data_shape=(2,), batch_size=2).next().data[0].tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """

    def __init__(
        self,
        data_csv: str | os.PathLike[str],
        data_shape: Sequence[int],
        label_csv: str | os.PathLike[str] | None = None,
        label_shape: Sequence[int] = (1,),
        batch_size: int = 0,
        round_batch: bool = True,
        dtype: Any = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **hints: Any,
    ) -> None:
        _check_hints("CSVIter", hints)
        kind = np.dtype(np.float32) if dtype is None else as_dtype(dtype)
        data = _read_csv(data_csv, tuple(data_shape), kind)
        shape = tuple(label_shape)
        if label_csv in (None, "NULL"):
            label = np.zeros((len(data), *shape), kind)
        else:
            label = _read_csv(label_csv, shape, kind)
        super().__init__(
            data,
            label[:, 0] if shape == (1,) else label,
            batch_size,
            last="wrap" if round_batch else "repeat",
            data_name=data_name,
            label_name=label_name,
        )


class LibSVMIter(MXDataIter):
    """Cuts the lines of a LibSVM file into batches of CSR matrices.

    A line is ``label column:value column:value ...`` with columns from 0. What the last batch lacks comes
    from the beginning, and the next epoch begins behind that.

    Args:
        data_libsvm: the file, or a folder whose files are read in the order of their names.
        data_shape: the number of columns, in a tuple.
        label_libsvm: a file of the same kind whose columns are the labels; without one the labels of
            ``data_libsvm`` are.
        label_shape: the number of columns of ``label_libsvm``, in a tuple.
        num_parts: in how many parts the file is cut.
        part_index: which of them is read.
        batch_size: how many examples a batch has.
        round_batch: True; there is no other way.
        dtype: the dtype of inputs and labels; None for float32.
        data_name: the name of the input.
        label_name: the name of the label.
        **hints: what MXNet takes to tune its reading; without effect.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: a line is something else, or names a column outside the shape.
    """

    def __init__(
        self,
        data_libsvm: str | os.PathLike[str],
        data_shape: Sequence[int] | int,
        label_libsvm: str | os.PathLike[str] | None = None,
        label_shape: Sequence[int] | int = (1,),
        num_parts: int = 1,
        part_index: int = 0,
        batch_size: int = 0,
        round_batch: bool = True,
        dtype: Any = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **hints: Any,
    ) -> None:
        _check_hints("LibSVMIter", hints)
        if not round_batch:
            raise ArgumentError("LibSVMIter", "fills its last batch", expected="round_batch=True")
        kind = np.dtype(np.float32) if dtype is None else as_dtype(dtype)
        data, labels = _read_libsvm(data_libsvm, data_shape, kind)
        if label_libsvm not in (None, "NULL"):
            labels, _ = _read_libsvm(label_libsvm, label_shape, kind)
        chosen = np.arange(len(data) * part_index // num_parts, len(data) * (part_index + 1) // num_parts)
        super().__init__(
            _chosen(data, chosen),
            _chosen(labels, chosen),
            batch_size,
            last="wrap",
            data_name=data_name,
            label_name=label_name,
        )


class MNISTIter(MXDataIter):
    """Cuts MNIST, or what comes in its format, into batches of images from 0 to 1.

    Examples at the end that are too few for a batch are left out.

    Args:
        image: the file of images.
        label: the file of labels.
        batch_size: how many examples a batch has.
        shuffle: whether examples come in another order than in the file, the same in every epoch.
        flat: whether images are vectors.
        seed: decides about the order.
        silent: without effect.
        num_parts: in how many parts the file is cut.
        part_index: which of them is read.
        data_name: the name of the input.
        label_name: the name of the label.
        **hints: what MXNet takes to tune its reading; without effect.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: a file is no such file, or damaged.
    """

    def __init__(
        self,
        image: str | os.PathLike[str] = "./train-images-idx3-ubyte",
        label: str | os.PathLike[str] = "./train-labels-idx1-ubyte",
        batch_size: int = 128,
        shuffle: bool = True,
        flat: bool = False,
        seed: int = 0,
        silent: bool = False,
        num_parts: int = 1,
        part_index: int = 0,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **hints: Any,
    ) -> None:
        del silent
        _check_hints("MNISTIter", {name: value for name, value in hints.items() if name != "input_shape"})
        images, labels = read_idx(_existing(image), 3), read_idx(_existing(label), 1)
        part = slice(len(images) * part_index // num_parts, len(images) * (part_index + 1) // num_parts)
        chosen = np.arange(len(images))[part]
        if shuffle:
            np.random.default_rng(seed).shuffle(chosen)
        shape = (-1,) if flat else (1, *images.shape[1:])
        super().__init__(
            images[chosen].reshape(len(chosen), *shape).astype(np.float32) / 256,
            labels[chosen].astype(np.float32),
            batch_size,
            last="drop",
            data_name=data_name,
            label_name=label_name,
        )

    def getindex(self) -> Table:
        """Return zeros: the file does not number its examples."""
        return np.zeros(self.batch_size, np.uint64)


def _check_hints(owner: str, hints: dict[str, Any]) -> None:
    unknown = sorted(hints.keys() - HINTS)
    if unknown:
        warnings.warn(f"{owner} does not know {', '.join(unknown)}", stacklevel=3)


def _existing(given: str | os.PathLike[str]) -> Path:
    path = Path(given)
    if not path.exists():
        raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
    return path


def _files(given: Any) -> Iterator[Path]:
    path = _existing(given)
    if path.is_dir():
        yield from sorted(each for each in path.iterdir() if each.is_file())
    else:
        yield path


def _read_csv(given: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Table:
    """Return the lines of a file, each as an array of a shape."""
    width, tables = shape_size(shape), [np.empty((0, shape_size(shape)), dtype)]
    for path in _files(given):
        try:
            table = np.loadtxt(path, dtype, delimiter=",", comments=None, ndmin=2)
        except ValueError as error:
            raise FileFormatError(
                f"File {path}", f"is no table of numbers ({error})", expected="numbers with commas between"
            ) from error
        if table.size and table.shape[1] != width:
            raise FileFormatError(
                f"File {path}",
                "has lines of another length than the shape says",
                expected=f"{width} numbers, for {shape}",
                received=table.shape[1],
            )
        tables.append(table.reshape(-1, width))
    return np.concatenate(tables).reshape(-1, *shape)


def _chosen(table: Any, rows: Table) -> Any:
    """Return rows of a table by their numbers, in host memory."""
    if not isinstance(table, SparseTable):
        return table[rows]
    begins, positions = csr_rows(table.indptr, rows)
    return SparseTable(table.values[positions], table.columns[positions], begins, (len(rows), table.shape[1]))


def _read_libsvm(given: Any, shape: Any, dtype: np.dtype[Any]) -> tuple[SparseTable, Any]:
    """Return the matrix in a file, and the labels before its rows."""
    width = shape_size((shape,) if isinstance(shape, int) else tuple(shape))
    labels: list[float] = []
    columns: list[int] = []
    values: list[float] = []
    indptr = [0]
    for path in _files(given):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                label, *elements = line.split()
                labels.append(float(label))
                pairs = [each.split(":") for each in elements]
                columns += [int(column) for column, _ in pairs]
                values += [float(value) for _, value in pairs]
            except ValueError as error:
                raise FileFormatError(
                    f"File {path}, line {number},",
                    f"is no line of LibSVM ({error})",
                    expected="label column:value",
                ) from error
            if any(not 0 <= column < width for column in columns[indptr[-1] :]):
                raise FileFormatError(
                    f"File {path}, line {number},",
                    "names a column outside the shape",
                    expected=f"0 to {width - 1}",
                    received=", ".join(map(str, columns[indptr[-1] :])),
                )
            indptr.append(len(values))
    table = SparseTable(
        np.array(values, dtype), np.array(columns, np.int64), np.array(indptr, np.int64), (len(labels), width)
    )
    return table, np.array(labels, dtype)
