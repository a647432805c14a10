"""Cases of the operators that rearrange arrays."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

CUBE = Arr((2, 3, 4))
IMAGE = Arr((2, 8, 2, 3))


def reshapes():
    for target, reverse, shape in [
        ((6, 4), False, (6, 4)),
        ((0, -1), False, (2, 12)),
        ((-1, 0), False, (8, 3)),
        ((-1, 0), True, (6, 4)),
        ((-2,), False, (2, 3, 4)),
        ((-3, 0), False, (6, 4)),
        ((0, -3), False, (2, 12)),
        ((-4, 1, 2, -2), False, (1, 2, 3, 4)),
        ((0, 0, -4, -1, 2), False, (2, 3, 2, 2)),
        ((0, -4, -1, 3, 0), True, (2, 1, 3, 4)),
    ]:
        params = {"shape": target, "reverse": reverse}
        for op in ("Reshape", "_reshape_view"):
            yield Case(op, [CUBE], params, expect=lambda x, s=shape: x.reshape(s))


def permuted(x, *order):
    """Element by element, so that the axes are named once more."""
    out = np.empty([x.shape[i] for i in order])
    for place in np.ndindex(*out.shape):
        source = [0] * x.ndim
        for axis, i in zip(order, place, strict=True):
            source[axis] = i
        out[place] = x[tuple(source)]
    return out


def blocks_to_pixels(x, block):
    """Pixel by pixel, from the definition."""
    n, c, h, w = x.shape
    out = np.empty((n, c // block**2, h * block, w * block))
    for m, k, y, z in np.ndindex(*out.shape):
        channel = ((y % block) * block + z % block) * out.shape[1] + k
        out[m, k, y, z] = x[m, channel, y // block, z // block]
    return out


def padded(x, pads, source):
    """Element by element; ``source`` maps a position outside an axis to one inside, or None for a 7."""
    out = np.full([dim + before + after for dim, (before, after) in zip(x.shape, pads, strict=True)], 7.0)
    for place in np.ndindex(*out.shape):
        places = [source(i - pads[axis][0], x.shape[axis]) for axis, i in enumerate(place)]
        if None not in places:
            out[place] = x[tuple(places)]
    return out


def constant(i, size):
    return i if 0 <= i < size else None


def edge(i, size):
    return min(max(i, 0), size - 1)


def reflect(i, size):
    return -i if i < 0 else 2 * size - 2 - i if i >= size else i


def paddings():
    widths = (0, 0, 1, 2, 2, 0)
    pads = [(0, 0), (1, 2), (2, 0)]
    for mode, source in (("constant", constant), ("edge", edge), ("reflect", reflect)):
        params = {"mode": mode, "pad_width": widths, "constant_value": 7}
        yield Case("Pad", [CUBE], params, expect=lambda x, f=source: padded(x, pads, f))
        yield Case(
            "_pad_fold",
            [Arr((2, 6, 6))],
            {"mode": mode, "pad_width": widths},
            expect=lambda g, f=source: folded(g, (2, 3, 4), pads, f),
        )


def folded(g, shape, pads, source):
    """The transpose of padding: what each element was copied to."""
    out = np.zeros(shape)
    for place in np.ndindex(*g.shape):
        places = [source(i - pads[axis][0], shape[axis]) for axis, i in enumerate(place)]
        if None not in places:
            out[tuple(places)] += g[place]
    return out


def on_diagonal(values, k):
    out = np.zeros((len(values) + abs(k),) * 2)
    for i, value in enumerate(values):
        out[i + max(-k, 0), i + max(k, 0)] = value
    return out


CASES = [
    *reshapes(),
    Case("_reshape_to", [CUBE], {"shape": (4, 6)}, expect=lambda x: np.array(x.flat).reshape(4, 6)),
    Case("transpose", [CUBE], expect=lambda x: permuted(x, 2, 1, 0)),
    Case("transpose", [CUBE], {"axes": (2, 0, 1)}, expect=lambda x: permuted(x, 2, 0, 1)),
    Case("transpose", [CUBE], {"axes": (1, -1, 0)}, expect=lambda x: permuted(x, 1, 2, 0)),
    Case("SwapAxis", [CUBE], {"dim1": 0, "dim2": -1}, expect=lambda x: permuted(x, 2, 1, 0)),
    Case("SwapAxis", [CUBE], expect=lambda x: x, note="defaults"),
    Case("expand_dims", [CUBE], {"axis": 1}, expect=lambda x: x[:, None]),
    Case("expand_dims", [CUBE], {"axis": -1}, expect=lambda x: x[..., None]),
    Case("squeeze", [Arr((1, 3, 1, 2))], expect=lambda x: x[0, :, 0]),
    Case("squeeze", [Arr((1, 3, 1, 2))], {"axis": -2}, expect=lambda x: x[:, :, 0]),
    Case("squeeze", [Arr((1, 3, 1))], {"axis": (0, 2)}, expect=lambda x: x[0, :, 0]),
    Case("squeeze", [Arr((1, 1))], expect=lambda x: x[0], note="keeps one axis"),
    Case("Flatten", [CUBE], expect=lambda x: np.array([row.flatten() for row in x])),
    Case("Flatten", [Arr((3,))], expect=lambda x: x[:, None], note="one axis"),
    Case("reshape_like", [Arr((3, 4)), Arr((2, 6))], expect=lambda x, y: x.reshape(2, 6), wrt=(0,)),
    Case(
        "reshape_like",
        [Arr((6, 5)), Arr((2, 3, 4))],
        {"lhs_begin": 0, "lhs_end": 1, "rhs_begin": 0, "rhs_end": 2},
        expect=lambda x, y: x.reshape(2, 3, 5),
        wrt=(0,),
    ),
    Case(
        "reshape_like",
        [Arr((5, 6)), Arr((2, 3, 4), dtype="int32", low=0, high=9)],
        {"lhs_begin": -1, "rhs_end": -1},
        expect=lambda x, y: x.reshape(5, 2, 3),
    ),
    Case("shape_array", [CUBE], expect=lambda x: [2, 3, 4], wrt=()),
    Case("size_array", [CUBE], expect=lambda x: [24], wrt=()),
    Case(
        "broadcast_to",
        [Arr((1, 3, 1))],
        {"shape": (2, 0, 4)},
        expect=lambda x: x + np.zeros((2, 3, 4)),
    ),
    Case("broadcast_to", [Arr((3,))], {"shape": (2, 3)}, expect=lambda x: np.stack([x, x])),
    Case(
        "broadcast_axis",
        [Arr((1, 3, 1))],
        {"axis": (-1, 0), "size": (4, 2)},
        expect=lambda x: x + np.zeros((2, 3, 4)),
    ),
    Case("broadcast_axis", [Arr((3, 1))], {"axis": 1, "size": 2}, expect=lambda x: np.hstack([x, x])),
    Case("broadcast_like", [Arr((1, 3)), Arr((2, 3))], expect=lambda x, y: np.vstack([x, x]), wrt=(0,)),
    Case(
        "broadcast_like",
        [Arr((1, 3, 1)), Arr((2, 4), dtype="int32", low=0, high=5)],
        {"lhs_axes": (0, 2), "rhs_axes": (-1, 0)},
        expect=lambda x, y: x + np.zeros((4, 3, 2)),
    ),
    Case("reverse", [CUBE], {"axis": 1}, expect=lambda x: x[:, [2, 1, 0]]),
    Case("reverse", [CUBE], {"axis": (0, -1)}, expect=lambda x: x[[1, 0]][:, :, [3, 2, 1, 0]]),
    Case("depth_to_space", [IMAGE], {"block_size": 2}, expect=lambda x: blocks_to_pixels(x, 2)),
    Case(
        "space_to_depth",
        [Arr((1, 2, 4, 6))],
        {"block_size": 2},
        expect=lambda x: np.concatenate([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], 1),
    ),
    *paddings(),
    Case("diag", [Arr((3,))], expect=lambda x: on_diagonal(x, 0)),
    Case("diag", [Arr((3,))], {"k": -2}, expect=lambda x: on_diagonal(x, -2)),
    Case("diag", [Arr((3, 4))], {"k": 1}, expect=lambda x: [x[0, 1], x[1, 2], x[2, 3]]),
    Case("diag", [Arr((4, 3))], {"k": -1}, expect=lambda x: [x[1, 0], x[2, 1], x[3, 2]]),
    Case("diag", [CUBE], expect=lambda x: np.stack([x[0, 0], x[1, 1]], -1)),
    Case(
        "diag",
        [CUBE],
        {"k": 1, "axis1": -1, "axis2": 1},
        expect=lambda x: np.stack([x[:, 1, 0], x[:, 2, 1]], -1),
    ),
    Case(
        "_diag_put",
        [Arr((3, 2))],
        {"k": 1, "axis1": 2, "axis2": 0, "shape": (4, 3, 2)},
        expect=lambda v: np.array(
            [[[v[j, c] if i == c + 1 else 0.0 for c in range(2)] for j in range(3)] for i in range(4)]
        ),
    ),
]
