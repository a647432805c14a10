"""Cases of the operators that choose, replace and place elements."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

CUBE = Arr((2, 3, 4))
CONDITION = Arr(values=[[1.0, 0.0, 2.0], [0.0, 0.0, -1.0]])


def indices(values, dtype="int32"):
    return Arr(np.shape(values), values=values, dtype=dtype)


def lines(x, places, axis):
    """Pick from each line along an axis, one by one."""
    kept = np.take(x, [0], axis).copy()
    for place in np.ndindex(*kept.shape):
        source = list(place)
        source[axis] = int(np.reshape(places, kept.shape)[place])
        kept[place] = x[tuple(source)]
    return kept


def counted(g, places, size):
    """Rows added up through a matrix of ones."""
    return np.tensordot(np.eye(size)[:, places], g, np.ndim(places))


TAKES = [
    Case("take", [Arr((4, 3)), indices([2, 0, 2])], expect=lambda a, i: np.stack([a[2], a[0], a[2]])),
    Case("take", [Arr((4, 3)), indices([-1.0, 1.9, 7.0], "float64")], expect=lambda a, i: a[[0, 1, 3]]),
    Case(
        "take", [Arr((4,)), indices([-1, 5, 1], "int64")], {"mode": "wrap"}, expect=lambda a, i: a[[3, 1, 1]]
    ),
    Case("take", [Arr((4,)), indices([3, 0], "uint8")], {"mode": "raise"}, expect=lambda a, i: [a[3], a[0]]),
    Case(
        "take",
        [CUBE, indices([[0, 2], [2, 1]])],
        {"axis": 1},
        expect=lambda a, i: np.stack([a[:, [0, 2]], a[:, [2, 1]]], 1),
    ),
    Case("take", [CUBE, indices([[1]])], {"axis": -1}, expect=lambda a, i: a[..., 1][..., None, None]),
    Case(
        "_index_add",
        [Arr((5, 2)), indices([1, 0, 1, 9, 1])],
        {"size": 3},
        expect=lambda g, i: counted(g, [1, 0, 1, 2, 1], 3),
    ),
    Case(
        "_index_add",
        [Arr((3, 2, 2)), indices([[0, 1], [1, 1]])],
        {"size": 4, "axis": -1, "mode": "raise"},
        expect=lambda g, i: np.moveaxis(counted(np.moveaxis(g, 0, -1), i, 4), 0, -1),
    ),
    Case(
        "_index_add",
        [Arr((2, 3, 2)), indices([-1.0, 4.2, 0.0], "float64")],
        {"size": 2, "axis": 1, "mode": "wrap"},
        expect=lambda g, i: np.moveaxis(counted(np.moveaxis(g, 1, 0), [1, 0, 0], 2), 0, 1),
    ),
]

ALONG = [
    Case(
        "pick", [Arr((3, 4)), indices([-1, 9, 1.9], "float64")], expect=lambda x, i: x[[0, 1, 2], [0, 3, 1]]
    ),
    Case(
        "pick",
        [Arr((3, 4)), indices([-1, 9, 2])],
        {"mode": "wrap"},
        expect=lambda x, i: [x[0, 3], x[1, 1], x[2, 2]],
    ),
    Case(
        "pick",
        [CUBE, indices([[0, 1, 2, 2], [1, 1, 0, 2]])],
        {"axis": 1, "keepdims": True},
        expect=lambda x, i: lines(x, i, 1),
    ),
    Case(
        "pick",
        [CUBE, indices([[[1]] * 3, [[3]] * 3])],
        {"axis": -1},
        expect=lambda x, i: lines(x, i, 2)[..., 0],
        note="kept axis",
    ),
    Case("pick", [Arr((4,)), indices([2])], expect=lambda x, i: [x[2]], note="one line"),
    Case("batch_take", [Arr((3, 4)), indices([0, -1, 9])], expect=lambda a, i: [a[0, 0], a[1, 0], a[2, 3]]),
    Case(
        "batch_take",
        [CUBE, indices([[1], [0], [3], [2], [1], [1]])],
        expect=lambda a, i: lines(a.reshape(6, 4), i, 1),
        note="other shape",
    ),
    Case(
        "_take_along",
        [CUBE, indices([[[0, 1], [3, 2], [1, 0]]] * 2)],
        {"axis": -1},
        expect=lambda x, i: np.concatenate([lines(x, i[..., j], 2) for j in (0, 1)], -1),
    ),
    Case(
        "_put_along",
        [Arr((2, 2)), indices([[1, 0], [2, 9]])],
        {"size": 4, "axis": 0},
        expect=lambda v, i: [[0, v[0, 1]], [v[0, 0], 0], [v[1, 0], 0], [0, v[1, 1]]],
    ),
    Case(
        "fill_element_0index",
        [Arr((3, 2)), Arr((3,)), indices([1.0, 0.0, 1.0], "float64")],
        expect=lambda x, v, i: [[x[0, 0], v[0]], [v[1], x[1, 1]], [x[2, 0], v[2]]],
    ),
    Case(
        "_contrib_index_copy",
        [Arr((4, 2)), indices([3, 0]), Arr((2, 2))],
        expect=lambda old, i, new: [new[1], old[1], old[2], new[0]],
    ),
    Case(
        "_contrib_boolean_mask",
        [Arr((3, 4)), indices([0.0, 1.0, 2.0], "float64")],
        expect=lambda x, m: x[1:],
        data_dependent=True,
    ),
    Case(
        "_contrib_boolean_mask",
        [Arr((2, 4)), indices([True, False, True, False], "bool")],
        {"axis": -1},
        expect=lambda x, m: x[:, ::2],
        data_dependent=True,
    ),
    Case("_mask_put", [Arr((2, 2)), indices([1, 0, 1])], expect=lambda v, m: [v[0], [0, 0], v[1]]),
    Case(
        "_mask_put",
        [Arr((2, 1)), indices([0, 5])],
        {"axis": 1},
        expect=lambda v, m: np.hstack([np.zeros((2, 1)), v]),
    ),
]

PLACES = [
    Case("gather_nd", [Arr((3, 4)), indices([[0, 2], [1, -1]])], expect=lambda x, i: [x[0, 1], x[2, 3]]),
    Case("gather_nd", [CUBE, indices([[0.0, 1.0, 1.0]], "float64")], expect=lambda x, i: x[[0, 1, 1]]),
    Case(
        "gather_nd",
        [CUBE, indices([[[0], [1]], [[2], [0]]])],
        expect=lambda x, i: np.stack([x[0, 2], x[1, 0]])[:, None],
    ),
    Case(
        "_backward_gather_nd",
        [Arr((3, 2)), indices([[0, -1, 0]])],
        {"shape": (3, 2)},
        expect=lambda v, i: [v[0] + v[2], [0, 0], v[1]],
    ),
    Case(
        "_backward_gather_nd",
        [Arr((3,)), indices([[0, 2, 0], [1, 0, 1]])],
        {"shape": (3, 2)},
        expect=lambda v, i: [[0, v[0] + v[2]], [0, 0], [v[1], 0]],
    ),
    Case(
        "scatter_nd",
        [Arr((2,)), indices([[2, 0], [1, -2]])],
        {"shape": (3, 2)},
        expect=lambda v, i: [[v[1], 0], [0, 0], [0, v[0]]],
    ),
    Case(
        "scatter_nd",
        [Arr((1, 2, 3)), indices([[[1, 0]]])],
        {"shape": (3, 3)},
        expect=lambda v, i: [v[0, 1], v[0, 0], [0, 0, 0]],
    ),
    Case(
        "one_hot",
        [indices([0, 2.9, -1, 3, -0.5], "float64")],
        {"depth": 3},
        expect=lambda i: [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [1, 0, 0]],
    ),
    Case(
        "one_hot",
        [indices([[1, 0]])],
        {"depth": 2, "on_value": 3.0, "off_value": -1.0, "dtype": "int32"},
        expect=lambda i: [[[-1, 3], [3, -1]]],
    ),
    Case("_contrib_arange_like", [Arr((2, 3))], expect=lambda x: [[0, 1, 2], [3, 4, 5]]),
    Case(
        "_contrib_arange_like",
        [Arr((2, 3))],
        {"axis": -1, "start": 2.0, "step": 0.5, "repeat": 2},
        expect=lambda x: [2, 2, 2.5],
    ),
    Case("_unravel_index", [indices([22, 41, 37])], {"shape": (7, 6)}, expect=lambda i: divmod_rows(i, 6)),
    Case(
        "_unravel_index",
        [indices([[22.0], [13.0]], "float64")],
        {"shape": (-1, 3, 2)},
        expect=lambda i: np.stack([i // 6, i % 6 // 2, i % 2]),
    ),
    Case("_ravel_multi_index", [indices([[3, 6], [4, 5]])], {"shape": (7, 6)}, expect=lambda c: [22, 41]),
    Case(
        "_ravel_multi_index",
        [indices([[3.0], [2.0], [1.0]], "float64")],
        {"shape": (-1, 3, 2)},
        expect=lambda c: [23],
    ),
]


def divmod_rows(i, size):
    return np.array(np.divmod(i, size))


SLICES = [
    Case("slice", [CUBE], {"begin": (0, None), "end": (1, 2)}, expect=lambda x: x[:1, :2]),
    Case(
        "slice",
        [CUBE],
        {"begin": (None, -1, -2), "end": (None, None, 0), "step": (None, -2, -1)},
        expect=lambda x: x[:, [2, 0]][:, :, [2, 1]],
    ),
    Case("slice", [CUBE], {"begin": 1, "end": 9}, expect=lambda x: x[1][None], note="beyond the end"),
    Case("slice", [CUBE], {"begin": 5, "end": 9}, expect=lambda x: np.zeros((0, 3, 4)), wrt=(), note="empty"),
    Case(
        "_slice_assign",
        [Arr((2, 3)), Arr((2, 2))],
        {"begin": (None, -1), "end": (None, None), "step": (1, -2)},
        expect=lambda x, y: np.stack([y[:, 1], x[:, 1], y[:, 0]], 1),
    ),
    Case(
        "_slice_assign_scalar",
        [Arr((2, 3))],
        {"scalar": 2.5, "begin": (1,), "end": (2,)},
        expect=lambda x: np.stack([x[0], [2.5] * 3]),
    ),
    Case("slice_axis", [CUBE], {"axis": -1, "begin": -2, "end": None}, expect=lambda x: x[:, :, [2, 3]]),
    Case("slice_axis", [CUBE], {"axis": 1, "begin": 0, "end": -1}, expect=lambda x: x[:, [0, 1]]),
    Case("slice_like", [Arr((3, 4)), Arr((2, 3))], expect=lambda x, y: x[[0, 1]][:, [0, 1, 2]], wrt=(0,)),
    Case(
        "slice_like",
        [Arr((3, 4)), Arr((2, 5, 3), dtype="int32", low=0, high=5)],
        {"axes": (-1,)},
        expect=lambda x, y: x[:, [0, 1, 2]],
    ),
]

CASES = [
    Case("where", [CONDITION, Arr(), Arr()], expect=lambda c, x, y: np.choose(c != 0, [y, x])),
    Case(
        "where",
        [Arr((2,), values=[1, 0], dtype="int32"), Arr(), Arr()],
        expect=lambda c, x, y: np.stack([x[0], y[1]]),
        note="rows",
    ),
    *TAKES,
    *ALONG,
    *PLACES,
    *SLICES,
]
