"""Cases of the operators that sparse arrays need, on dense arrays; test_sparse.py has sparse ones."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

TABLE = Arr((4, 3))
HOLED = Arr((3, 4), values=[[0, 1.5, 0, -2], [0, 0, 0, 0], [3, 0, 0.5, 0]])
NUMBERS = Arr((3,), values=[2, 0, 2], dtype="int64")


def _kept(data, indices):
    result = np.zeros_like(data)
    result[indices] = data[indices]
    return result


def _added(g, indices):
    result = np.zeros((4, *g.shape[1:]))
    np.add.at(result, indices, g)
    return result


CASES = [
    *(Case("cast_storage", [HOLED], {"stype": s}, lambda a: a) for s in ("default", "row_sparse", "csr")),
    Case("_sparse_retain", [TABLE, Arr((2,), values=[3, 1], dtype="int64")], expect=_kept),
    Case("_sparse_retain", [TABLE, Arr((1,), values=[2.7])], expect=lambda a, i: _kept(a, [2]), wrt=(0,)),
    Case("_index_add_rows", [Arr((3, 2)), NUMBERS], {"size": 4}, _added),
    Case("_index_add_rows", [Arr((3,)), NUMBERS], {"size": 4}, _added, note="numbers"),
    Case(
        "_contrib_SparseEmbedding",
        [NUMBERS, TABLE],
        {"input_dim": 4, "output_dim": 3},
        expect=lambda i, w: w[i],
    ),
    Case("_square_sum", [TABLE], {"axis": (1,)}, lambda a: (a**2).sum(1)),
    Case("_square_sum", [TABLE], {"axis": (0,), "keepdims": True}, lambda a: (a**2).sum(0, keepdims=True)),
    Case("_contrib_getnnz", [HOLED], {}, lambda a: np.array([4]), wrt=()),
    Case("_contrib_getnnz", [HOLED], {"axis": 1}, lambda a: np.array([2, 0, 2]), wrt=()),
    Case("_scatter_plus_scalar", [TABLE], {"scalar": 2.0}, lambda a: a + 2),
    Case("_scatter_minus_scalar", [TABLE], {"scalar": 2.0}, lambda a: a - 2),
    Case("_scatter_elemwise_div", [TABLE, Arr((4, 3), 0.5, 1.5)], {}, lambda a, b: a / b),
]
