"""Cases of the operators that join, cut and repeat arrays."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

CUBE = Arr((2, 3, 4))


def joined(*arrays, axis):
    """Copied part by part into place."""
    shape = list(arrays[0].shape)
    shape[axis] = sum(array.shape[axis] for array in arrays)
    out, begin = np.empty(shape), 0
    lines = np.moveaxis(out, axis, 0)
    for array in arrays:
        lines[begin : begin + array.shape[axis]] = np.moveaxis(array, axis, 0)
        begin += array.shape[axis]
    return out


CASES = [
    Case("Concat", [Arr((2, 1)), Arr((2, 3))], expect=lambda x, y: joined(x, y, axis=1)),
    Case(
        "Concat",
        [CUBE, Arr((2, 3, 1)), Arr((2, 3, 2))],
        {"dim": -1},
        expect=lambda *arrays: joined(*arrays, axis=2),
    ),
    Case("Concat", [Arr((3,)), Arr((0,))], {"dim": 0}, expect=lambda x, y: x, note="empty"),
    Case("Concat", [CUBE], {"dim": 0}, expect=lambda x: x, note="one array"),
    Case("_rnn_param_concat", [Arr((3,)), Arr((3,))], {"dim": 0}, expect=lambda x, y: [*x, *y]),
    Case("stack", [Arr((2, 3)), Arr((2, 3))], expect=lambda x, y: np.array([x, y])),
    Case("stack", [Arr((3,)), Arr((3,))], {"axis": -1}, expect=lambda x, y: np.array([x, y]).T),
    Case("stack", [Arr((2, 3))], {"axis": 1}, expect=lambda x: x[:, None], note="one array"),
    Case("add_n", [Arr(), Arr(), Arr()], expect=lambda x, y, z: z + y + x),
    Case("add_n", [Arr()], expect=lambda x: x, note="one array"),
    Case("SliceChannel", [Arr((2, 6))], {"num_outputs": 2}, expect=lambda x: (x[:, :3], x[:, 3:])),
    Case("SliceChannel", [CUBE], {"num_outputs": 1}, expect=lambda x: x, note="one part"),
    Case(
        "SliceChannel",
        [CUBE],
        {"num_outputs": 3, "axis": 1, "squeeze_axis": True},
        expect=lambda x: (x[:, 0], x[:, 1], x[:, 2]),
    ),
    Case(
        "SliceChannel",
        [CUBE],
        {"num_outputs": 2, "axis": -1},
        expect=lambda x: (x[..., :2], x[..., 2:]),
    ),
    Case(
        "_split_v2",
        [Arr((2, 5))],
        {"indices": (0, 2, 3)},
        expect=lambda x: (x[:, :2], x[:, 2:3], x[:, 3:]),
    ),
    Case("_split_v2", [CUBE], {"indices": (0,), "axis": 0}, expect=lambda x: x, note="one part"),
    Case(
        "_split_v2",
        [Arr((2, 3))],
        {"indices": (0, 1, 2), "squeeze_axis": True},
        expect=lambda x: (x[:, 0], x[:, 1], x[:, 2]),
    ),
    Case(
        "_split_v2",
        [Arr((5, 2))],
        {"indices": (), "sections": 3, "axis": 0},
        expect=lambda x: (x[:2], x[2:4], x[4:]),
    ),
    Case("tile", [Arr((2, 3))], {"reps": (2, 2)}, expect=lambda x: np.block([[x, x], [x, x]])),
    Case("tile", [Arr((3,))], {"reps": (2, 1, 2)}, expect=lambda x: [[[*x, *x]]] * 2, note="new axes"),
    Case("tile", [Arr((2, 3))], {"reps": (2,)}, expect=lambda x: np.hstack([x, x]), note="last axes"),
    Case("tile", [Arr((2, 3))], {"reps": ()}, expect=lambda x: x, note="not at all"),
    Case("repeat", [Arr((2, 2))], {"repeats": 2}, expect=lambda x: np.outer(x.flat, [1, 1]).flatten()),
    Case("repeat", [CUBE], {"repeats": 2, "axis": 1}, expect=lambda x: x[:, [0, 0, 1, 1, 2, 2]]),
    Case("repeat", [Arr((2, 3))], {"repeats": 3, "axis": -1}, expect=lambda x: x[:, np.arange(9) // 3]),
]
