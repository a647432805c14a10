"""Sparse arrays: RowSparseNDArray and CSRNDArray.

A sparse array is an NDArray without memory of its shape: ``_raw`` is None, and its storage holds a sparse
value (``engine.stored``), which a write replaces. Arrays and their detached twins share the storage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from gluonish.base import NotSupportedForSparseNDArray
from gluonish.context import Context, as_context
from gluonish.dtype import as_dtype
from gluonish.engine.backend import backend_of
from gluonish.engine.mode import MODE
from gluonish.engine.ndarray import NDArray, array_label, from_data, transfer_raw
from gluonish.engine.storage import Storage
from gluonish.engine.stored import INDEX, Csr, Rows, Stored, densified, empty_stored, storage_of, stored_as
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    InPlaceError,
    ShapeMismatchError,
    UnsupportedError,
)
from gluonish.shape import format_shape, merge_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "SparseStorage",
    "add_stored",
    "array_of",
    "empty_sparse",
    "sparse_array",
]


class SparseStorage(Storage):
    """The memory of a sparse array: its value, which is exchanged as a whole.

    Args:
        value: the value.
    """

    __slots__ = ("value",)

    def __init__(self, value: Stored) -> None:
        super().__init__()
        self.value = value


class BaseSparseNDArray(NDArray):
    """What the sparse arrays have in common. They are made by the functions of ``mx.nd.sparse``.

    Operators run on them as on dense arrays. Which of them keep the storage type is in
    docs/concepts/sparse.md; the others compute from a dense copy and return a dense array.
    """

    __slots__ = ()

    _storage: SparseStorage

    def __init__(self, value: Stored, ctx: Context, storage: SparseStorage | None = None) -> None:
        super().__init__(None, ctx, SparseStorage(value) if storage is None else storage)

    # -- what it is -----------------------------------------------------------------------------------

    @property
    def stored(self) -> Stored:
        """The sparse value."""
        return self._storage.value

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self.stored.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.stored.shape)

    @property
    def size(self) -> int:
        """Not there, as in MXNet: the elements of the shape and those in memory are not the same.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            array_label(self), "is sparse and has no size", fix="Use x.data.size, or the product of x.shape."
        )

    @property
    def dtype(self) -> type[np.generic]:
        """The element type of the values."""
        dtype: np.dtype[Any] = self.stored.dtype
        return dtype.type

    @property
    def stype(self) -> str:
        """The storage type, ``"row_sparse"`` or ``"csr"``."""
        return self.stored.stype

    @property
    def data(self) -> NDArray:
        """A copy of the values that are stored."""
        return self._data()

    @property
    def indices(self) -> NDArray:
        """A copy of the indices, int64."""
        return self._copy_of(self.stored.indices)

    def _data(self) -> NDArray:
        """Return a copy of the values."""
        return self._copy_of(self.stored.values)

    def _aux_data(self, i: int) -> NDArray:
        """Return a copy of the indices of one kind, in the order in which files have them."""
        return self._copy_of(self.stored.parts[1 + i])

    @property
    def _num_aux(self) -> int:
        """How many arrays of indices there are."""
        return len(self.stored.parts) - 1

    @property
    def _aux_types(self) -> list[type[np.generic]]:
        """The element types of the indices."""
        return [part.dtype.type for part in self.stored.parts[1:]]

    def _aux_type(self, i: int) -> type[np.generic]:
        """Return the element type of the indices of one kind."""
        return self._aux_types[i]

    def _copy_of(self, part: Any) -> NDArray:
        return NDArray(transfer_raw(part, self._ctx, self._ctx), self._ctx)

    def __repr__(self) -> str:
        dims = "x".join(map(str, self.shape))
        return f"\n<{type(self).__name__} {dims} @{self._ctx}>"

    # -- ways out -------------------------------------------------------------------------------------

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """Return the whole array as a dense one in host memory."""
        return np.array(self._host())

    def _host(self) -> np.ndarray[Any, Any]:
        backend = backend_of(self._ctx)
        with backend.scope(self._ctx):
            return backend.to_host(self.stored.dense())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ArgumentError(array_label(self), "is sparse: NumPy can only be given a copy of it")
        return self._host() if dtype is None else self._host().astype(dtype)

    def asscalar(self) -> NoReturn:
        """Not there, as in MXNet.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(array_label(self), "is sparse and no number", fix="Use x.tostype('default').")

    def __bool__(self) -> NoReturn:
        raise ArgumentError(array_label(self), "is sparse: whether it is true is ambiguous")

    def check_format(self, full_check: bool = True) -> None:
        """Check the indices.

        Args:
            full_check: look at all of them, not at their number only.

        Raises:
            MXNetError: they are out of range, out of order, or of another number than the values.
        """
        backend = backend_of(self._ctx)
        with backend.scope(self._ctx):
            self.stored.check(full=full_check)

    def _refuse(self, what: str) -> NoReturn:
        raise NotSupportedForSparseNDArray(
            array_label(self), f"is sparse and has no {what}", fix="Convert it with tostype('default')."
        )

    def reshape(self, *_: Any, **__: Any) -> NoReturn:
        """Not there, as in MXNet.

        Raises:
            NotSupportedForSparseNDArray: always.
        """
        self._refuse("reshape()")

    def _slice(self, *_: Any) -> NoReturn:
        self._refuse("view of some rows")

    def _at(self, *_: Any) -> NoReturn:
        self._refuse("view of a row")

    def __dlpack__(self, **_: Any) -> NoReturn:
        self._refuse("DLPack form")

    def __dlpack_device__(self) -> NoReturn:
        self._refuse("DLPack form")

    def to_dlpack_for_read(self) -> NoReturn:
        """Not there: DLPack knows dense arrays only."""
        self._refuse("DLPack form")

    def to_dlpack_for_write(self) -> NoReturn:
        """Not there: DLPack knows dense arrays only."""
        self._refuse("DLPack form")

    # -- copies and moves -------------------------------------------------------------------------------

    def detach(self) -> NDArray:
        """Return an array over the same memory that the tape knows nothing about."""
        return type(self)(self.stored, self._ctx, self._storage)

    def as_in_context(self, context: Context, *, copy: bool = False) -> NDArray:
        """Return the array on ``context``: itself if it is there, otherwise a copy. Differentiable."""
        target = as_context(context)
        if target is self._ctx and not copy:
            return self
        from gluonish.engine.tape import record_transfer  # noqa: PLC0415  the tape is above this module

        result = type(self)(moved(self.stored, self._ctx, target), target)
        record_transfer(self, result)
        return result

    as_in_ctx = as_in_context

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """Return the array in another dtype, in the same storage. Differentiable between floating types."""
        target = as_dtype(dtype)
        if not copy and target == self.stored.dtype:
            return self
        return self._cast(target)

    def _as(self, family: type[NDArray]) -> NDArray:
        if family is not NDArray:
            raise ArgumentError(
                array_label(self),
                "cannot become an array of mx.np: it is sparse",
                fix="Convert it first: x.tostype('default').",
            )
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        backend = backend_of(self._ctx)
        parts = tuple(backend.to_host(part) for part in self.stored.parts)
        return sparse_array, (self.stype, self.shape, parts, self._ctx)

    # -- writing ----------------------------------------------------------------------------------------

    def write(self, value: Any, key: Any = ...) -> None:
        """Write numbers or an array into this one, in place, converting dtype, context and storage.

        While recording, it takes over the history of what is written.

        Args:
            value: an array of the same shape, dense or of the same storage type; or, for rows, a number.
            key: the whole array: ``...`` or ``:``.

        Raises:
            InPlaceError: recording is on, and the array is in the graph.
            ShapeMismatchError: the value has another shape.
            ArgumentTypeError: only a part would be written, or the value has the other sparse storage.
        """
        if key is not ... and key != (slice(None),) and key != slice(None):
            raise ArgumentTypeError(
                array_label(self),
                "can only be written as a whole",
                expected="x[:] = value",
                received=f"{key!r:.60}",
            )
        self.check_writable()
        recorded = MODE.recording and isinstance(value, NDArray) and value._node is not None
        if recorded:
            value = value.as_in_context(self._ctx).astype(self.dtype, copy=False).tostype(self.stype)
            if value is self or value._storage is self._storage:
                raise InPlaceError(array_label(self), "cannot be written with itself while recording")
        backend = backend_of(self._ctx)
        source = value if isinstance(value, NDArray) else self._as_array(value)
        if source._storage is not self._storage:
            merge_shapes(self.shape, source.shape, owner=array_label(self))
            with backend.scope(self._ctx), np.errstate(all="ignore"):
                self._storage.value = self._converted(source)
        self._storage.touch()
        if recorded:
            self._node, self._entry = value._node, value._entry

    def _as_array(self, value: Any) -> NDArray:
        """Return numbers that are to be written as an array."""
        if value is None or isinstance(value, (str, bytes)):
            raise ArgumentTypeError(
                array_label(self), "cannot be written with this", expected="an array", received=repr(value)
            )
        if np.ndim(value) == 0:
            if self.stype == Csr.stype:
                raise ArgumentError(
                    array_label(self),
                    "cannot be filled with a number: no element of it would be 0",
                    fix="Write an array.",
                )
            value = np.broadcast_to(np.asarray(value), self.shape)
        return from_data(value, self._ctx, self.dtype)

    def _converted(self, source: NDArray) -> Stored:
        """Return the value of another array in this one's storage, dtype and context."""
        if source.stype not in ("default", self.stype):
            raise ArgumentTypeError(
                array_label(self),
                "cannot take an array of another sparse storage",
                expected=f"'default' or {self.stype!r}",
                received=repr(source.stype),
            )
        value = moved(source.stored, source._ctx, self._ctx)
        value = stored_as(backend_of(self._ctx).xp, value, self.stype)
        found: Stored = value.with_values(value.values.astype(self.stored.dtype, copy=False))
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        self.write(value, key)


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which some rows, entries along the first axis, are stored; the others are zero.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.sparse.row_sparse_array(([[1, 2]], [3]), shape=(5, 2))
        >>> x.data.asnumpy(), x.indices.asnumpy()
        (array([[1., 2.]], dtype=float32), array([3]))
    """

    __slots__ = ()

    def __getitem__(self, key: Any) -> Self:
        """Return the array itself for ``x[:]``; nothing else can be asked for.

        Raises:
            IndexTypeError: another key.
        """
        if isinstance(key, slice) and key == slice(None):
            return self
        raise ArgumentTypeError(
            array_label(self),
            "has no parts: it is row-sparse",
            expected="x[:]",
            received=f"{key!r:.60}",
            fix="Choose rows with x.retain(indices), or convert it with tostype('default').",
        )

    def retain(self, indices: Any) -> NDArray:
        """Return the rows with these indices; rows that are not stored come as zeros. Differentiable.

        Args:
            indices: an array or list of row numbers.

        Example:
            >>> import gluonish as mx
            >>> x = mx.nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [0, 3]), shape=(5, 2))
            >>> x.retain([3]).asnumpy()[3]
            array([3., 4.], dtype=float32)
        """
        from gluonish.engine.invoke import RECORDED  # noqa: PLC0415  invoke is above this module

        if not isinstance(indices, NDArray):
            indices = from_data(indices, self._ctx, "int64")
        result: NDArray = RECORDED._sparse_retain(self, indices)
        return result


class CSRNDArray(BaseSparseNDArray):
    """A matrix in compressed sparse row form.

    Example:
        >>> import gluonish as mx
        >>> x = mx.nd.sparse.csr_matrix(([1, 2, 3], [0, 2, 1], [0, 2, 3]), shape=(2, 3))
        >>> x.asnumpy()
        array([[1., 0., 2.],
               [0., 3., 0.]], dtype=float32)
        >>> x[1].indices.asnumpy()
        array([1])
    """

    __slots__ = ()

    @property
    def indptr(self) -> NDArray:
        """A copy of the array that says where the entries of each row begin, int64."""
        return self._copy_of(self.stored.indptr)  # type: ignore[union-attr]

    def asscipy(self) -> Any:
        """Return a copy as a ``scipy.sparse.csr_matrix``.

        Example:
            >>> import gluonish as mx
            >>> mx.nd.sparse.csr_matrix(([1.0], [2], [0, 1]), shape=(1, 3)).asscipy().toarray()
            array([[0., 0., 1.]], dtype=float32)
        """
        import scipy.sparse  # noqa: PLC0415  only who has it asks for this

        parts = (self.data.asnumpy(), self.indices.asnumpy(), self.indptr.asnumpy())
        return scipy.sparse.csr_matrix(parts, shape=self.shape, dtype=self.dtype)

    def __getitem__(self, key: Any) -> Self:
        """Return some rows, as a CSRNDArray: those of a slice of step 1, or one. Differentiable.

        Raises:
            ArgumentTypeError: another key.
        """
        if isinstance(key, (int, np.integer)):
            row = int(key) + (self.shape[0] if key < 0 else 0)
            begin, end = row, row + 1
        elif isinstance(key, slice) and key.step in (None, 1):
            if key == slice(None):
                return self
            begin, end, _ = key.indices(self.shape[0])
        else:
            raise ArgumentTypeError(
                array_label(self),
                "has no such part: it is a CSR matrix",
                expected="a row number, or a slice of rows with step 1",
                received=f"{key!r:.60}",
            )
        from gluonish.engine.invoke import RECORDED  # noqa: PLC0415  invoke is above this module

        if not 0 <= begin < end:  # no row: as in MXNet, that is a matrix of none, not an error
            begin = end = self.shape[0]
        result: Self = RECORDED.slice(self, begin=(begin,), end=(end,))
        return result


# -- making them ------------------------------------------------------------------------------------------


_CLASSES: dict[str, type[BaseSparseNDArray]] = {Rows.stype: RowSparseNDArray, Csr.stype: CSRNDArray}


def array_of(value: Any, ctx: Context) -> NDArray:
    """Return what a kernel returned as an array: dense from a raw array, sparse from a sparse value."""
    kind = _CLASSES.get(storage_of(value))
    return (
        NDArray(np.asarray(value) if isinstance(value, np.generic) else value, ctx)
        if kind is None
        else kind(value, ctx)
    )


def empty_sparse(stype: str, shape: tuple[int, ...], ctx: Context, dtype: Any) -> NDArray:
    """Return a sparse array of zeros.

    Raises:
        ArgumentError: an unknown storage type.
        ShapeMismatchError: a CSR array that is no matrix.
    """
    if stype == Csr.stype and len(shape) != len(("row", "column")):
        raise ShapeMismatchError(
            "A CSR array", "is a matrix", expected="two axes", received=format_shape(shape)
        )
    if stype not in _CLASSES:
        raise ArgumentError(
            "The storage type",
            "is unknown",
            expected="'default', 'row_sparse' or 'csr'",
            received=repr(stype),
        )
    backend = backend_of(ctx)
    with backend.scope(ctx):
        return array_of(empty_stored(backend.xp, shape, np.dtype(dtype), stype), ctx)


def moved(value: Any, source: Context, target: Context) -> Any:
    """Return a copy of a value, raw or sparse, on a context."""
    if storage_of(value) == "default":
        return transfer_raw(value, source, target)
    xp = backend_of(target).xp
    return value.with_parts(xp, *[transfer_raw(part, source, target) for part in value.parts])


def sparse_array(stype: str, shape: tuple[int, ...], parts: Sequence[Any], ctx: Context) -> NDArray:
    """Copy a sparse array from host memory to a context.

    Args:
        stype: its storage type.
        shape: its shape.
        parts: NumPy arrays in the order of files: values, for CSR indptr, indices.
        ctx: where to.
    """
    backend = backend_of(ctx)
    values, *indices = (backend.from_host(np.asarray(part), ctx) for part in parts)
    with backend.scope(ctx):
        indices = [each.astype(INDEX, copy=False) for each in indices]
        value = empty_stored(backend.xp, tuple(shape), values.dtype, stype)
    return array_of(value.with_parts(backend.xp, values, *indices), ctx)


# -- gradients --------------------------------------------------------------------------------------------


def add_stored(grad: NDArray, value: Any, *, replacing: bool) -> None:
    """Take a contribution to a gradient where the buffer, or the contribution, is sparse.

    Args:
        grad: the buffer.
        value: a raw array, sparse rows, or 0.
        replacing: whether it takes the place of what is in the buffer.
    """
    if grad._raw is not None:  # the value is sparse
        if replacing:
            grad._raw[...] = 0
        value.add_to(grad._raw)
        return
    buffer = grad.stored
    xp = buffer.xp
    if np.ndim(value) == 0 and storage_of(value) == "default":
        value = empty_stored(xp, buffer.shape, buffer.dtype, buffer.stype)
    value = stored_as(xp, value, buffer.stype)
    if not replacing:
        value = (
            value + buffer
            if buffer.stype == Rows.stype
            else stored_as(xp, densified(value) + buffer.dense(), buffer.stype)
        )
    grad._storage.value = value.with_values(value.values.astype(buffer.dtype, copy=False))  # type: ignore[attr-defined]
