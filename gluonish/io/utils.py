"""What iterators are given: arrays, with names or without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["_init_data", "take_rows"]


def _init_data(data: Any, allow_empty: bool, default_name: str) -> list[tuple[str, Any]]:
    """Return arrays with names.

    Args:
        data: an array, a list of arrays, or a dictionary of arrays, which are taken in the order of names.
            What is no NDArray becomes one, of float32.
        allow_empty: whether there may be none.
        default_name: the name of an array without one; several are numbered ``_0_name``, ``_1_name`` ...

    Raises:
        ArgumentError: there are none.
        ArgumentTypeError: something is no array and cannot become one.
    """
    if data is None or (isinstance(data, (list, tuple, Mapping)) and not data):
        if not allow_empty:
            raise ArgumentError("The iterator", f"has no {default_name}", expected="an array, or several")
        return []
    if isinstance(data, Mapping):
        named = sorted(data.items())
    elif isinstance(data, (list, tuple)):
        numbered = len(data) > 1
        named = [(f"_{i}_{default_name}" if numbered else default_name, x) for i, x in enumerate(data)]
    else:
        named = [(default_name, data)]
    return [(name, _as_array(name, each)) for name, each in named]


def _as_array(name: str, given: Any) -> Any:
    if isinstance(given, NDArray):
        return given
    if hasattr(given, "tocsr"):  # a matrix of scipy.sparse
        return nd.sparse.csr_matrix(given.tocsr())
    try:
        return nd.array(given)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"Input {name!r}",
            "is no array",
            expected="an NDArray or what can become one",
            received=type(given).__name__,
        ) from error


def take_rows(array: Any, rows: np.ndarray[Any, Any]) -> Any:
    """Return rows of an array by their numbers; those of a CSR matrix as one.

    Args:
        array: an NDArray, dense or CSR.
        rows: the numbers, on the host.
    """
    if array.stype == "default":
        return array[rows]
    begins, positions = csr_rows(array.indptr.asnumpy(), rows)
    parts = (array.data[positions], array.indices[positions], begins)
    return nd.sparse.csr_matrix(parts, shape=(len(rows), *array.shape[1:]), dtype=array.dtype)


def csr_rows(
    indptr: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return where rows begin in a CSR matrix made of them, and where their elements are in the old one.

    Args:
        indptr: where rows begin in the old matrix.
        rows: the numbers of the rows.

    Example:
        >>> begins, positions = csr_rows(np.array([0, 2, 2, 3]), np.array([2, 0]))
        >>> begins.tolist(), positions.tolist()
        ([0, 1, 3], [2, 0, 1])
    """
    lengths = indptr[rows + 1] - indptr[rows]
    begins = np.concatenate([[0], np.cumsum(lengths)])
    positions = np.arange(begins[-1]) + np.repeat(indptr[rows] - begins[:-1], lengths)
    return begins, positions
