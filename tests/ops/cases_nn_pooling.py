"""Cases of the poolings. The references visit one window after the other."""

from __future__ import annotations

import math

import numpy as np

from ops.cases import Arr, Case


def _distinct(*shape, low=-1.0):
    size = math.prod(shape)
    values = np.random.default_rng(5).permutation(size) / size * 2 + low
    return Arr(shape, values=values.reshape(shape))


def _windows(size, kernel, stride=None, pad=None, convention="valid"):
    """Return, per axis, the pixels of each window that lie in the image, and how many it has with padding."""
    axes = []
    for i, (n, k) in enumerate(zip(size, kernel, strict=True)):
        s, p = stride[i] if stride else 1, pad[i] if pad else 0
        count = {
            "valid": math.floor((n + 2 * p - k) / s) + 1,
            "full": math.ceil((n + 2 * p - k) / s) + 1,
            "same": math.ceil(n / s),
        }[convention]
        windows = []
        for j in range(count):
            covered = range(j * s - p, min(j * s - p + k, n + p))
            windows.append(([t for t in covered if 0 <= t < n], max(1, len(covered))))
        axes.append(windows)
    return axes


def _pool(x, reduce, layout=None, **where):
    x = np.moveaxis(x, -1, 1) if layout and layout.endswith("C") else x
    axes = _windows(x.shape[2:], **where)
    out = np.zeros((*x.shape[:2], *map(len, axes)))
    for at in np.ndindex(*out.shape[2:]):
        chosen = [axis[i] for axis, i in zip(axes, at, strict=True)]
        pixels = x[np.ix_(*map(range, x.shape[:2]), *(inside for inside, _ in chosen))]
        total = math.prod(count for _, count in chosen)
        out[(..., *at)] = reduce(pixels.reshape(*x.shape[:2], -1), total)
    return np.moveaxis(out, 1, -1) if layout and layout.endswith("C") else out


def _maximum(pixels, total):
    return pixels.max(-1) if pixels.shape[-1] else np.finfo("float64").min


REDUCTIONS = {
    "max": _maximum,
    "sum": lambda pixels, total: pixels.sum(-1),
    "avg": lambda pixels, total: pixels.sum(-1) / total,
}


def _case(note, arr, reduce, **params):
    where = {k: v for k, v in params.items() if k in ("kernel", "stride", "pad", "layout")}
    if params.get("global_pool"):
        size = arr.shape[1:-1] if (params.get("layout") or "").endswith("C") else arr.shape[2:]
        where = {"kernel": size, "layout": params.get("layout")}
    elif "pooling_convention" in params:
        where["convention"] = params["pooling_convention"]
    return Case("Pooling", [arr], params, expect=lambda x: _pool(x, reduce, **where), note=note)


WINDOWS = [
    ("overlapping", (2, 2, 5, 6), {"kernel": (3, 2), "stride": (2, 1)}),
    ("side by side", (2, 2, 5, 6), {"kernel": (2, 2), "stride": (2, 2)}),
    ("apart", (1, 2, 8), {"kernel": (2,), "stride": (3,)}),
    ("pad", (2, 2, 5, 6), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}),
    ("full", (2, 2, 6, 7), {"kernel": (3, 3), "stride": (2, 2), "pooling_convention": "full"}),
    ("same", (2, 2, 7), {"kernel": (3,), "stride": (2,), "pooling_convention": "same"}),
    ("3-D", (1, 2, 3, 4, 3), {"kernel": (2, 2, 3), "stride": (1, 2, 1)}),
    ("NHWC", (2, 4, 5, 2), {"kernel": (2, 3), "stride": (2, 1), "layout": "NHWC"}),
    ("NWC", (2, 6, 2), {"kernel": (2,), "pad": (1,), "layout": "NWC"}),
    ("global", (2, 3, 3, 4), {"global_pool": True}),
    ("global with a kernel", (2, 3, 3), {"global_pool": True, "kernel": (2,), "stride": (2,), "pad": (1,)}),
    ("global, NHWC", (2, 3, 4, 3), {"global_pool": True, "layout": "NHWC"}),
    ("one axis whole", (2, 3, 4, 3), {"kernel": (2, 3)}),
]

POOLINGS = [
    _case(f"{kind}, {note}", _distinct(*shape), REDUCTIONS[kind], pool_type=kind, **params)
    for kind in REDUCTIONS
    for note, shape, params in WINDOWS
]

MEANS = [
    _case(
        f"{note}, {'with' if include else 'without'} padding",
        _distinct(2, 2, 6, 5),
        lambda pixels, total, include=include: pixels.sum(-1) / (total if include else pixels.shape[-1]),
        pool_type="avg",
        count_include_pad=include,
        **params,
    )
    for include in (True, False)
    for note, params in [
        ("pad", {"kernel": (3, 2), "stride": (2, 1), "pad": (1, 1)}),
        (
            "full",
            {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "pooling_convention": "full"},
        ),
    ]
]

NORMS = [
    _case(
        f"{p}-norm",
        _distinct(2, 2, 5, 4, low=0.5),
        lambda pixels, total, p=p: np.power(np.power(pixels, p).sum(-1), 1 / p),
        pool_type="lp",
        p_value=p,
        kernel=(2, 2),
        pad=(1, 0),
        **params,
    )
    for p, params in [(1, {}), (2, {"stride": (2, 2)}), (3, {"stride": (1, 2)})]
]


def _spread_mean(g):
    """The transpose of the mean over windows of 2 pixels, 2 apart, of 5 pixels with one of padding."""
    a, b, c = g[..., 0], g[..., 1], g[..., 2]
    return np.stack([a, b, b, c, c], axis=-1) / 2


ROW = [[[0.1, 0.9, 0.3, -0.2, 0.5]]]
FIRST = {"kernel": (3,), "stride": (2,)}

PARTS = [
    Case(
        "_pool_spread",
        [Arr((2, 2, 3))],
        {"shape": (2, 2, 5), "pool_type": "avg", "kernel": (2,), "stride": (2,), "pad": (1,)},
        expect=_spread_mean,
    ),
    Case(
        "_pool_spread",
        [Arr((2, 2, 1, 1))],
        {"shape": (2, 2, 2, 3), "pool_type": "sum", "global_pool": True},
        expect=lambda g: np.tile(g, (1, 1, 2, 3)),
    ),
    Case(
        "_pool_choice",
        [Arr((1, 1, 5), values=ROW), Arr((1, 1, 2), values=[[[0.9, 0.5]]])],
        FIRST,
        expect=lambda x, y: [[[1, 4]]],
        wrt=(),
    ),
    Case(
        "_pool_choice",
        [Arr((1, 1, 4), values=[[[3.0, 1.0, 3.0, 3.0]]]), Arr((1, 1, 3), values=[[[3.0, 3.0, 3.0]]])],
        {"kernel": (2,)},
        expect=lambda x, y: [[[0, 2, 2]]],
        wrt=(),
        note="the first of equals",
    ),
    Case(
        "_pool_scatter",
        [Arr((1, 2, 2)), Arr((1, 2, 2), values=[[[1, 1], [3, 6]]], dtype="int64")],
        {"shape": (1, 2, 3)},
        expect=lambda g, i: [[[0, g[0, 0, 0] + g[0, 0, 1], 0], [g[0, 1, 0], 0, 0]]],
        note="the last has no choice",
    ),
    Case(
        "_pool_gather",
        [Arr((1, 2, 3)), Arr((1, 2, 2), values=[[[1, 1], [3, 6]]], dtype="int64")],
        expect=lambda x, i: [[[x[0, 0, 1], x[0, 0, 1]], [x[0, 1, 0], 0]]],
    ),
]


def _adaptive(x, height, width):
    out = np.zeros((*x.shape[:2], height, width))
    for i, j in np.ndindex(height, width):
        rows = slice(math.floor(i * x.shape[2] / height), math.ceil((i + 1) * x.shape[2] / height))
        columns = slice(math.floor(j * x.shape[3] / width), math.ceil((j + 1) * x.shape[3] / width))
        out[:, :, i, j] = x[:, :, rows, columns].mean((2, 3))
    return out


ADAPTIVE = [
    Case(
        "_contrib_AdaptiveAvgPooling2D",
        [Arr((2, 2, 5, 7))],
        {} if size is None else {"output_size": size},
        expect=lambda x, pixels=pixels: _adaptive(x, *pixels),
    )
    for size, pixels in [(None, (1, 1)), (3, (3, 3)), ((2, 3), (2, 3)), ((7, 7), (7, 7))]
]

TRANSPOSED = Case(
    "_adaptive_avg_spread",
    [Arr((1, 2, 1, 2))],
    {"size": (2, 3)},
    # One pixel is the mean of 2 x 2; the middle column has a share of both.
    expect=lambda g: np.tile(np.stack([g[..., 0], g.sum(-1), g[..., 1]], axis=-1) / 4, (1, 1, 2, 1)),
)


def _older(x, function, ceil=False):
    """Pool 3 x 2 windows, two apart, of images between two rows of zeros."""
    x = np.pad(x, ((0, 0), (0, 0), (1, 2), (0, 1)))
    rows, columns = (3, 3) if ceil else (2, 2)
    parts = [[x[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2] for j in range(columns)] for i in range(rows)]
    return np.array([[function(each, axis=(2, 3)) for each in row] for row in parts]).transpose(2, 3, 0, 1)


WINDOW = {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 0)}

OLDER = [
    Case("Pooling_v1", [_distinct(1, 2, 4, 5)], WINDOW, expect=lambda x: _older(x, np.max)),
    Case(
        "Pooling_v1",
        [Arr((1, 2, 4, 5))],
        {**WINDOW, "pool_type": "avg", "pooling_convention": "full"},
        expect=lambda x: _older(x, np.sum, ceil=True) / 6,
    ),
    Case(
        "Pooling_v1",
        [Arr((1, 2, 4, 5))],
        {**WINDOW, "pool_type": "sum"},
        expect=lambda x: _older(x, np.sum),
    ),
    Case(
        "Pooling_v1",
        [Arr((1, 2, 4, 5))],
        {**WINDOW, "pool_type": "avg", "global_pool": True},
        expect=lambda x: x.mean((2, 3), keepdims=True),
    ),
]

CASES = [*OLDER, *POOLINGS, *MEANS, *NORMS, *PARTS, *ADAPTIVE, TRANSPOSED]
