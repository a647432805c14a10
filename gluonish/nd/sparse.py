"""``mx.nd.sparse``: making sparse arrays, and the operators that know them.

The functions are written in ``gluonish.nd.sparse_arrays``; the rest comes from the operator table.
"""

# ruff: noqa: F401  the imports are what this module offers

from __future__ import annotations

from gluonish.engine.ndarray import NDArray
from gluonish.engine.sparse import BaseSparseNDArray, CSRNDArray, RowSparseNDArray
from gluonish.nd.sparse_arrays import (
    add,
    array,
    csr_matrix,
    divide,
    empty,
    multiply,
    row_sparse_array,
    subtract,
    zeros,
)
