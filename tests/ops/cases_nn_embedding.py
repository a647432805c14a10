"""Cases of the embedding."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

TABLE = Arr((4, 3))


def _rows(indices, weight):
    return np.stack([weight[i] for i in indices.astype(int).ravel()]).reshape(*indices.shape, weight.shape[1])


CASES = [
    Case(
        "Embedding",
        [Arr((2, 3), values=[[0, 3, 1], [3, 3, 0]], dtype="int32"), TABLE],
        {"input_dim": 4, "output_dim": 3},
        expect=_rows,
    ),
    Case(
        "Embedding",
        [Arr((3,), values=[1.0, 2.9, 0.0]), TABLE],
        {"input_dim": 4, "output_dim": 3, "sparse_grad": True},
        expect=_rows,
        wrt=(1,),
        note="float indices",
    ),
    Case(
        "Embedding",
        [Arr((), values=2, dtype="int64"), TABLE],
        {"input_dim": 4, "output_dim": 3},
        expect=lambda i, w: w[2],
        note="one index",
    ),
]
