"""Making sparse arrays, and arithmetic with them by name."""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gluonish.context import Context, as_context
from gluonish.dtype import as_dtype
from gluonish.engine.backend import backend_of
from gluonish.engine.conversion import transfer_raw
from gluonish.engine.invoke import RECORDED
from gluonish.engine.ndarray import NDArray, from_data
from gluonish.engine.sparse import BaseSparseNDArray, CSRNDArray, RowSparseNDArray, array_of, empty_sparse
from gluonish.engine.stored import INDEX, Csr, Rows
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError
from gluonish.shape import as_shape, format_shape

__all__ = [
    "add",
    "array",
    "csr_matrix",
    "divide",
    "empty",
    "multiply",
    "row_sparse_array",
    "subtract",
    "zeros",
]

DEFAULT_DTYPE = "float32"
MATRIX_AXES = 2


def csr_matrix(
    arg1: Any, shape: Sequence[int] | None = None, ctx: Context | None = None, dtype: Any = None
) -> CSRNDArray:
    """Return a matrix in compressed sparse row form.

    Args:
        arg1: an array, dense or CSR, of NumPy, SciPy or this library, or nested lists; a shape (M, N), for a
            matrix of zeros; a definition (data, indices, indptr); or one by coordinates, (data, (row, col)).
        shape: the shape; of a definition it is inferred if not given.
        ctx: where; the current context if not given.
        dtype: the element type; if not given that of the array or the data, float32 for lists, and what
            NumPy makes of them for lists by coordinates.

    Raises:
        ArgumentError, ArgumentTypeError: no matrix can be made of this.
        ShapeMismatchError: it has another shape than given.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.sparse.csr_matrix(([7, 8], [0, 2], [0, 2, 2]), shape=(2, 3)).asnumpy()
        array([[7., 0., 8.],
               [0., 0., 0.]], dtype=float32)
    """
    ctx = as_context(ctx)
    if isinstance(arg1, tuple):
        made = _csr_of_tuple(arg1, shape, ctx, dtype)
    elif _is_scipy(arg1):
        made = _csr_of_scipy(arg1, ctx, dtype)
    else:
        made = _of_array(arg1, "csr", ctx, dtype)
    _check_shape(made, shape)
    return made  # type: ignore[return-value]


def _csr_of_tuple(given: tuple[Any, ...], shape: Any, ctx: Context, dtype: Any) -> NDArray:
    if len(given) == MATRIX_AXES and isinstance(given[1], tuple):
        return _csr_of_coordinates(given[0], given[1], shape, ctx, dtype)
    if len(given) == MATRIX_AXES:
        return zeros("csr", given, ctx, dtype)
    if len(given) != len(("data", "indices", "indptr")):
        raise ArgumentError(
            "csr_matrix()",
            "knows no such definition",
            expected="(M, N), (data, (row, col)) or (data, indices, indptr)",
            received=f"a tuple of length {len(given)}",
        )
    if np.ndim(given[0]) == 0:
        raise ArgumentError(
            "csr_matrix()", "makes matrices only", expected="a shape (M, N)", received=f"{given!r:.60}"
        )
    values = _part(given[0], dtype, ctx)
    indices, indptr = (_part(each, INDEX, ctx) for each in given[1:])
    if shape is None:
        _refuse_empty(indices, indptr)
        shape = (len(indptr) - 1, int(indices.max()) + 1)
    if len(indices) != len(values) or len(indptr) != shape[0] + 1:
        raise ShapeMismatchError(
            "csr_matrix()",
            "got parts that do not belong together",
            expected=f"as many indices as data, and {shape[0] + 1} entries of indptr",
            received=f"{len(values)} data, {len(indices)} indices, {len(indptr)} entries of indptr",
        )
    return array_of(
        Csr(backend_of(ctx).xp, as_shape(shape, owner="csr_matrix()"), values, indices, indptr), ctx
    )


def _refuse_empty(*parts: Any) -> None:
    if not all(len(part) for part in parts):
        raise ArgumentError("The shape", "cannot be inferred from empty indices", fix="Give the shape.")


def _csr_of_coordinates(data: Any, places: tuple[Any, ...], shape: Any, ctx: Context, dtype: Any) -> NDArray:
    import scipy.sparse  # noqa: PLC0415  half of SciPy is not worth a slower import

    row, column = (np.asarray(each) for each in places)
    matrix = scipy.sparse.coo_matrix((np.asarray(data), (row, column)), shape=shape)
    return _csr_of_scipy(matrix, ctx, dtype)


def _is_scipy(value: Any) -> bool:
    return type(value).__module__.startswith("scipy.sparse")


def _csr_of_scipy(matrix: Any, ctx: Context, dtype: Any) -> NDArray:
    matrix = matrix.tocsr()
    if not matrix.has_sorted_indices:
        matrix = matrix.sorted_indices()
    values = _part(matrix.data, matrix.data.dtype if dtype is None else dtype, ctx)
    parts = (_part(each, INDEX, ctx) for each in (matrix.indices, matrix.indptr))
    return array_of(Csr(backend_of(ctx).xp, tuple(map(int, matrix.shape)), values, *parts), ctx)


def row_sparse_array(
    arg1: Any, shape: Sequence[int] | None = None, ctx: Context | None = None, dtype: Any = None
) -> RowSparseNDArray:
    """Return an array of which some rows are stored.

    Args:
        arg1: an array, dense or row-sparse, of NumPy or this library, or nested lists; a shape, for an array
            of zeros; or a definition (data, indices): the rows, and their numbers in ascending order.
        shape: the shape; of a definition it is inferred if not given.
        ctx: where; the current context if not given.
        dtype: the element type; if not given that of the array or the data, float32 for lists.

    Raises:
        ArgumentError: no such array can be made of this.
        ShapeMismatchError: it has another shape than given.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.sparse.row_sparse_array(([[1, 2]], [1]), shape=(3, 2)).asnumpy()
        array([[0., 0.],
               [1., 2.],
               [0., 0.]], dtype=float32)
    """
    ctx = as_context(ctx)
    if not isinstance(arg1, tuple):
        made = _of_array(arg1, "row_sparse", ctx, dtype)
    elif len(arg1) == MATRIX_AXES and not isinstance(arg1[0], (int, np.integer)):
        made = _rows_of_definition(arg1[0], arg1[1], shape, ctx, dtype)
    elif len(arg1) < MATRIX_AXES:
        raise ArgumentError(
            "row_sparse_array()",
            "knows no such definition",
            expected="a shape, or (data, indices)",
            received=f"a tuple of length {len(arg1)}",
        )
    else:
        made = zeros("row_sparse", arg1, ctx, dtype)
    _check_shape(made, shape)
    return made  # type: ignore[return-value]


def _rows_of_definition(data: Any, indices: Any, shape: Any, ctx: Context, dtype: Any) -> NDArray:
    values, rows = _part(data, dtype, ctx), _part(indices, INDEX, ctx)
    if shape is None:
        _refuse_empty(rows)
        shape = (int(rows.max()) + 1, *values.shape[1:])
    shape = as_shape(shape, owner="row_sparse_array()")
    if not len(rows):
        values = values.reshape(0, *shape[1:])
    if values.shape[1:] != shape[1:] or rows.ndim != 1 or len(rows) != len(values):
        raise ShapeMismatchError(
            "row_sparse_array()",
            "got parts that do not belong together",
            expected=f"data of shape (number of indices, *{shape[1:]})",
            received=f"data {format_shape(values.shape)}, indices {format_shape(rows.shape)}",
        )
    return array_of(Rows(backend_of(ctx).xp, shape, values, rows), ctx)


def _part(data: Any, dtype: Any, ctx: Context) -> Any:
    """Return an array of a definition as a raw one of its own memory."""
    if dtype is None:
        dtype = data.dtype if hasattr(data, "dtype") else DEFAULT_DTYPE
    if isinstance(data, NDArray):
        raw = transfer_raw(data.tostype("default").stored, data.context, ctx)
        with backend_of(ctx).scope(ctx):
            return raw.astype(as_dtype(dtype), copy=False)
    return from_data(data, ctx, dtype).stored


def _of_array(source: Any, stype: str, ctx: Context, dtype: Any) -> NDArray:
    """Return an array, dense or of the same storage, as a sparse one on a context."""
    if isinstance(source, BaseSparseNDArray) and source.stype != stype:
        raise ArgumentError(
            f"A {stype} array",
            "cannot be made of this",
            expected="a dense array",
            received=type(source).__name__,
        )
    if not isinstance(source, NDArray):
        if np.ndim(source) == 0:
            raise ArgumentTypeError(
                f"A {stype} array",
                "cannot be made of this",
                expected="an array, a shape or a definition",
                received=f"{source!r:.60}",
            )
        source = from_data(source, ctx, dtype or getattr(source, "dtype", DEFAULT_DTYPE))
    if stype == "csr" and len(source.shape) != MATRIX_AXES:
        raise ArgumentError(
            "csr_matrix()", "needs a matrix", expected="two axes", received=format_shape(source.shape)
        )
    made = source.detach().as_in_context(ctx).tostype(stype)
    if dtype is not None:
        made = made.astype(dtype, copy=False)
    return made.copy() if made.stored is source.stored else made


def _check_shape(made: NDArray, shape: Any) -> None:
    if shape is not None and tuple(shape) != made.shape:
        raise ShapeMismatchError(
            "A sparse array",
            "has another shape than given",
            expected=format_shape(tuple(shape)),
            received=format_shape(made.shape),
        )


# -- by storage type --------------------------------------------------------------------------------------


def zeros(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Return an array of zeros in a storage type.

    Args:
        stype: ``"row_sparse"``, ``"csr"`` or ``"default"``.
        shape: an int or a sequence of ints.
        ctx: where; the current context if not given.
        dtype: the element type, float32 if not given.
        kwargs: ``out=`` an array to write instead; ``name=``, accepted for MXNet's sake.

    Raises:
        ArgumentError: an unknown storage type.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.sparse.zeros("csr", (2, 3))
        <BLANKLINE>
        <CSRNDArray 2x3 @cpu(0)>
    """
    from gluonish.nd.creation import zeros as dense_zeros  # noqa: PLC0415  it calls this one in turn

    if stype == "default":
        return dense_zeros(shape, ctx, dtype, **kwargs)
    made = empty_sparse(
        stype,
        as_shape(shape, owner="The shape of a new array"),
        as_context(ctx),
        as_dtype(dtype or DEFAULT_DTYPE),
    )
    out: NDArray | None = kwargs.get("out")
    if out is None:
        return made
    out.write(made)
    return out


def empty(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Return an array of a storage type that nothing was written to yet; a sparse one is zero.

    Args:
        stype: ``"row_sparse"``, ``"csr"`` or ``"default"``.
        shape: an int or a sequence of ints.
        ctx: where; the current context if not given.
        dtype: the element type, float32 if not given.
    """
    return zeros(stype, shape, ctx, dtype)


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Copy a sparse array, of this library or of SciPy.

    Args:
        source_array: a RowSparseNDArray, a CSRNDArray, or a SciPy matrix, which becomes CSR.
        ctx: where to; the current context if not given.
        dtype: the element type, that of the source if not given.

    Raises:
        ArgumentTypeError: it is not sparse.

    Example:
        >>> import gluonish as mx
        >>> import scipy.sparse
        >>> mx.nd.sparse.array(scipy.sparse.eye(2, format="csr")).asnumpy()
        array([[1., 0.],
               [0., 1.]])
    """
    if _is_scipy(source_array):
        return csr_matrix(source_array, ctx=ctx, dtype=dtype)
    if not isinstance(source_array, BaseSparseNDArray):
        dense = isinstance(source_array, (NDArray, np.ndarray))
        raise ArgumentTypeError(
            "nd.sparse.array()",
            "takes sparse arrays only",
            expected="a sparse NDArray or a scipy.sparse matrix",
            received=type(source_array).__name__,
            fix="Use x.tostype(stype), csr_matrix() or row_sparse_array()." if dense else None,
        )
    copied = source_array.detach().as_in_context(as_context(ctx), copy=True)
    return copied if dtype is None else copied.astype(dtype, copy=False)


# -- arithmetic -------------------------------------------------------------------------------------------


def _arithmetic(apply: Callable[[Any, Any], Any], elemwise: str, what: str) -> Callable[[Any, Any], NDArray]:
    def function(lhs: Any, rhs: Any) -> NDArray:
        sparse = isinstance(lhs, BaseSparseNDArray) or isinstance(rhs, BaseSparseNDArray)
        if sparse and getattr(lhs, "shape", None) == getattr(rhs, "shape", ()):
            apply_to_equals: Callable[..., NDArray] = getattr(RECORDED, elemwise)
            return apply_to_equals(lhs, rhs)
        result: NDArray = apply(lhs, rhs)
        return result

    function.__doc__ = f"""Return {what} of two arrays, or of an array and a number; shapes broadcast.

    Between arrays of one shape and one storage type it stays sparse; see docs/concepts/sparse.md.
    """
    return function


add = _arithmetic(python.add, "elemwise_add", "the sum")
subtract = _arithmetic(python.sub, "elemwise_sub", "the difference")
multiply = _arithmetic(python.mul, "elemwise_mul", "the product")
divide = _arithmetic(python.truediv, "elemwise_div", "the quotient")
