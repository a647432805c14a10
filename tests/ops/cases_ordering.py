"""Cases of sorting and of the largest elements."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

# Distinct in every dtype, also after a small step of finite differences.
DISTINCT = Arr((2, 3, 4), values=np.random.default_rng(3).permutation(24).reshape(2, 3, 4) / 8 - 1.5)
TIES = Arr((2, 4), values=[[3.0, 1.0, 2.0, 1.0], [0.0, 5.0, 5.0, 4.0]])


def chosen(x, axis, k, sign):
    """Choose k times the largest of what is left, the first of equal ones."""
    lines = np.moveaxis(x, axis, -1)
    values = np.empty((*lines.shape[:-1], k))
    places = np.empty(values.shape)
    for line in np.ndindex(*lines.shape[:-1]):
        left = {i: sign * v for i, v in enumerate(lines[line])}
        for j in range(k):
            place = max(left, key=lambda i: (left[i], -i))
            values[line][j], places[line][j] = sign * left.pop(place), place
    return np.moveaxis(values, -1, axis), np.moveaxis(places, -1, axis)


def mask_of(x, axis, k, sign):
    _, places = chosen(x, axis, k, sign)
    out = np.zeros(x.shape)
    for place in np.ndindex(*places.shape):
        target = list(place)
        target[axis] = int(places[place])
        out[tuple(target)] = 1
    return out


CASES = [
    Case("sort", [DISTINCT], expect=lambda x: chosen(x, -1, 4, -1)[0]),
    Case("sort", [DISTINCT], {"axis": 1, "is_ascend": False}, expect=lambda x: chosen(x, 1, 3, 1)[0]),
    Case("sort", [DISTINCT], {"axis": None}, expect=lambda x: chosen(x.flatten(), 0, 24, -1)[0]),
    Case("argsort", [TIES], expect=lambda x: [[1, 3, 2, 0], [0, 3, 1, 2]]),
    Case(
        "argsort",
        [TIES],
        {"is_ascend": False, "dtype": "int32"},
        expect=lambda x: [[0, 2, 1, 3], [1, 2, 3, 0]],
    ),
    Case("argsort", [TIES], {"axis": None}, expect=lambda x: [4, 1, 3, 2, 0, 7, 5, 6]),
    Case("argsort", [DISTINCT], {"axis": 0}, expect=lambda x: chosen(x, 0, 2, -1)[1]),
    Case("topk", [DISTINCT], expect=lambda x: chosen(x, -1, 1, 1)[1], wrt=()),
    Case("topk", [TIES], {"k": 3, "dtype": "int64"}, expect=lambda x: [[0, 2, 1], [1, 2, 3]], wrt=()),
    Case("topk", [TIES], {"k": 3, "axis": None}, expect=lambda x: [5, 6, 7], wrt=()),
    Case(
        "topk",
        [DISTINCT],
        {"k": 2, "axis": 1, "is_ascend": True, "ret_typ": "value"},
        expect=lambda x: chosen(x, 1, 2, -1)[0],
    ),
    Case(
        "topk",
        [DISTINCT],
        {"k": 3, "axis": None, "ret_typ": "value"},
        expect=lambda x: [11 / 8, 10 / 8, 9 / 8],
    ),
    Case("topk", [DISTINCT], {"k": 2, "ret_typ": "both"}, expect=lambda x: chosen(x, -1, 2, 1)),
    Case("topk", [DISTINCT], {"k": 0, "ret_typ": "both"}, expect=lambda x: chosen(x, -1, 4, 1), note="all"),
    Case("topk", [TIES], {"k": 2, "ret_typ": "mask"}, expect=lambda x: [[1, 0, 1, 0], [0, 1, 1, 0]], wrt=()),
    Case(
        "topk",
        [DISTINCT],
        {"k": 1, "axis": 0, "ret_typ": "mask", "is_ascend": True},
        expect=lambda x: mask_of(x, 0, 1, -1),
        wrt=(),
    ),
    Case(
        "topk",
        [TIES],
        {"k": 3, "axis": None, "ret_typ": "mask"},
        expect=lambda x: [[0] * 4, [0, 1, 1, 1]],
        wrt=(),
    ),
]
