"""Cases of counting."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

DATA = Arr(values=[[0.0, 1.0, 2.0, 2.5], [3.0, 9.0, -1.0, np.nan]])
EDGES = Arr(values=[0.0, 1.0, 3.0])

CASES = [
    Case("_histogram", [DATA, EDGES], expect=lambda x, edges: ([1, 4], edges), wrt=()),
    Case(
        "_histogram",
        [DATA],
        {"bin_cnt": 3, "range": (0, 3)},
        expect=lambda x: ([1, 1, 3], [0, 1, 2, 3]),
        wrt=(),
    ),
    Case(
        "_histogram",
        [Arr(values=[3, 3, 4], dtype="int32")],
        {"bin_cnt": 1, "range": (3, 3)},
        expect=lambda x: ([2], [2, 3]),
        wrt=(),
        note="integers, equal bounds",
    ),
    Case(
        "_histogram",
        [Arr((0,))],
        {"bin_cnt": 2, "range": (0, 1)},
        expect=lambda x: ([0, 0], [0, 0.5, 1]),
        wrt=(),
        note="of nothing",
    ),
]
