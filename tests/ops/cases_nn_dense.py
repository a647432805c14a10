"""Cases of the fully connected layer."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

CASES = [
    Case(
        "FullyConnected",
        [Arr((2, 3)), Arr((4, 3)), Arr((4,))],
        {"num_hidden": 4},
        expect=lambda x, w, b: np.einsum("nk,ok->no", x, w) + b,
    ),
    Case(
        "FullyConnected",
        [Arr((2, 3, 2)), Arr((4, 6)), Arr((4,))],
        {"num_hidden": 4},
        expect=lambda x, w, b: np.einsum("nkl,okl->no", x, w.reshape(4, 3, 2)) + b,
        note="flattens",
    ),
    Case(
        "FullyConnected",
        [Arr((2, 3, 5)), Arr((4, 5)), Arr((4,))],
        {"num_hidden": 4, "flatten": False},
        expect=lambda x, w, b: np.einsum("nmk,ok->nmo", x, w) + b,
    ),
    Case(
        "FullyConnected",
        [Arr((2, 3)), Arr((4, 3))],
        {"num_hidden": 4, "no_bias": True},
        expect=lambda x, w: np.einsum("nk,ok->no", x, w),
    ),
    Case(
        "FullyConnected",
        [Arr((3,)), Arr((4, 1)), Arr((4,))],
        {"num_hidden": 4},
        expect=lambda x, w, b: np.outer(x, w) + b,
        note="one axis, flattened: rows of one feature",
    ),
    Case(
        "FullyConnected",
        [Arr((3,)), Arr((4, 3)), Arr((4,))],
        {"num_hidden": 4, "flatten": False},
        expect=lambda x, w, b: w @ x + b,
        note="one axis: one row",
    ),
]
