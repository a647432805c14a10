"""Cases of the convolutions. The references visit one window after the other."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case


def _complete(rank, stride=None, dilate=None, pad=None, num_group=1, layout=None, **_):
    return stride or (1,) * rank, dilate or (1,) * rank, pad or (0,) * rank, num_group, layout


def _first(x, layout):
    return np.moveaxis(x, -1, 1) if layout and layout.endswith("C") else x


def _back(x, layout):
    return np.moveaxis(x, 1, -1) if layout and layout.endswith("C") else x


def _windows(size, kernel, stride, dilate):
    """Yield the position of every window, and the slices of the padded image that it covers."""
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(size, kernel, stride, dilate, strict=True)]
    for at in np.ndindex(*counts):
        yield (
            at,
            tuple(
                slice(i * s, i * s + d * (k - 1) + 1, d)
                for i, s, d, k in zip(at, stride, dilate, kernel, strict=True)
            ),
        )


def convolution(x, w, b=None, *, kernel, **params):
    stride, dilate, pad, groups, layout = _complete(len(kernel), **params)
    x, w = _first(x, layout), _first(w, layout)
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    results = {}
    for at, window in _windows(x.shape[2:], kernel, stride, dilate):
        patches = np.split(x[(..., *window)], groups, axis=1)
        filters = np.split(w, groups)
        results[at] = np.concatenate(
            [p.reshape(len(p), -1) @ f.reshape(len(f), -1).T for p, f in zip(patches, filters, strict=True)],
            axis=1,
        )
    shape = [1 + i for i in max(results)]
    out = np.stack(list(results.values()), axis=-1).reshape(len(x), len(w), *shape)
    return _back(out if b is None else out + b.reshape(-1, *(1,) * len(kernel)), layout)


def data_gradient(g, w, *, size, kernel, **params):
    stride, dilate, pad, groups, layout = _complete(len(kernel), **params)
    g, w = _first(g, layout), _first(w, layout)
    x = np.zeros((len(g), w.shape[1] * groups, *(n + 2 * p for n, p in zip(size, pad, strict=True))))
    for at, window in _windows(x.shape[2:], kernel, stride, dilate):
        parts = np.split(g[(..., *at)], groups, axis=1)
        spread = [np.tensordot(p, f, 1) for p, f in zip(parts, np.split(w, groups), strict=True)]
        x[(..., *window)] += np.concatenate(spread, axis=1)
    return _back(x[(..., *(slice(p, p + n) for n, p in zip(size, pad, strict=True)))], layout)


def weight_gradient(x, g, *, kernel, **params):
    stride, dilate, pad, groups, layout = _complete(len(kernel), **params)
    x, g = _first(x, layout), _first(g, layout)
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    w = np.zeros((g.shape[1], x.shape[1] // groups, *kernel))
    for at, window in _windows(x.shape[2:], kernel, stride, dilate):
        patches = np.split(x[(..., *window)], groups, axis=1)
        parts = np.split(g[(..., *at)], groups, axis=1)
        w += np.concatenate([np.tensordot(p.T, q, 1) for p, q in zip(parts, patches, strict=True)])
    return _back(w, layout)


def deconvolution(x, w, b=None, *, size, **params):
    out = data_gradient(x, w, size=size, **params)
    layout = params.get("layout")
    return out if b is None else _back(_first(out, layout) + b.reshape(-1, *(1,) * len(size)), layout)


def _case(op, inputs, params, reference, note="", **options):
    extra = {name: options.pop(name) for name in ("size",) if name in options}
    known = {k: v for k, v in params.items() if k not in ("num_filter", "no_bias", "adj", "target_shape")}
    return Case(
        op,
        [Arr(shape, -1, 1) for shape in inputs],
        params,
        expect=lambda *arrays: reference(*arrays, **known, **extra),
        note=note,
        **options,
    )


CONVOLUTIONS = [
    _case(
        "Convolution",
        inputs,
        {"num_filter": inputs[1][0], "no_bias": len(inputs) == 2, **params},
        convolution,
        note,
    )
    for note, inputs, params in [
        ("plain", [(2, 3, 5, 6), (4, 3, 3, 2), (4,)], {"kernel": (3, 2)}),
        ("1-D", [(2, 3, 7), (4, 3, 3), (4,)], {"kernel": (3,), "layout": "NCW"}),
        ("3-D", [(2, 2, 3, 4, 5), (2, 2, 2, 2, 2)], {"kernel": (2, 2, 2), "stride": (1, 2, 1)}),
        ("stride", [(2, 3, 7, 8), (4, 3, 3, 3)], {"kernel": (3, 3), "stride": (2, 3)}),
        ("pad", [(2, 3, 4, 5), (4, 3, 3, 3), (4,)], {"kernel": (3, 3), "pad": (1, 2), "stride": (2, 1)}),
        ("dilate", [(2, 3, 7, 6), (4, 3, 2, 3)], {"kernel": (2, 3), "dilate": (3, 2), "pad": (0, 1)}),
        ("groups", [(2, 4, 4, 5), (6, 2, 2, 2), (6,)], {"kernel": (2, 2), "num_group": 2}),
        ("depthwise", [(2, 3, 5, 5), (6, 1, 3, 3)], {"kernel": (3, 3), "num_group": 3, "pad": (1, 1)}),
        ("pointwise", [(2, 3, 3, 4), (4, 3, 1, 1), (4,)], {"kernel": (1, 1)}),
        ("1 x 1 with stride", [(2, 3, 5, 5), (4, 3, 1, 1)], {"kernel": (1, 1), "stride": (2, 2)}),
        ("NHWC", [(2, 5, 4, 3), (4, 3, 2, 3), (4,)], {"kernel": (3, 2), "layout": "NHWC", "pad": (1, 0)}),
        ("NWC", [(2, 5, 4), (4, 3, 2)], {"kernel": (3,), "layout": "NWC", "num_group": 2}),
        ("NDHWC", [(1, 3, 3, 3, 2), (2, 2, 2, 2, 2)], {"kernel": (2, 2, 2), "layout": "NDHWC"}),
        ("one image", [(1, 3, 4, 4), (2, 3, 3, 3)], {"kernel": (3, 3)}),
        ("large images", [(2, 1, 24, 24), (2, 1, 3, 3), (2,)], {"kernel": (3, 3)}),
        (
            "large images in groups",
            [(2, 2, 24, 23), (2, 1, 3, 3)],
            {"kernel": (3, 3), "num_group": 2, "pad": (1, 1)},
        ),
    ]
]

TRANSPOSES = [
    _case("_conv_data_grad", [(2, 4, 3, 4), (4, 3, 3, 2)], {"kernel": (3, 2), "size": (5, 5)}, data_gradient),
    _case(
        "_conv_data_grad",
        [(2, 4, 3, 2), (4, 3, 2, 2)],
        {"kernel": (2, 2), "stride": (2, 3), "pad": (1, 0), "num_group": 2, "size": (5, 6)},
        data_gradient,
        "remainder",
    ),
    _case(
        "_conv_data_grad",
        [(2, 3, 3, 4), (4, 1, 1, 2)],
        {"kernel": (1, 1), "num_group": 2, "layout": "NHWC", "size": (3, 3)},
        data_gradient,
        "pointwise",
    ),
    _case("_conv_weight_grad", [(2, 3, 5, 5), (2, 4, 3, 4)], {"kernel": (3, 2)}, weight_gradient),
    _case(
        "_conv_weight_grad",
        [(2, 4, 5, 6), (2, 4, 3, 2)],
        {"kernel": (2, 2), "stride": (2, 3), "pad": (1, 0), "num_group": 2},
        weight_gradient,
        "remainder",
    ),
    _case(
        "_conv_weight_grad",
        [(2, 3, 3, 2), (2, 3, 3, 4)],
        {"kernel": (1, 1), "num_group": 2, "layout": "NHWC"},
        weight_gradient,
        "pointwise",
    ),
    _case(
        "_conv_weight_grad",
        [(2, 1, 24, 24), (2, 2, 22, 22)],
        {"kernel": (3, 3)},
        weight_gradient,
        "large images",
    ),
]

DECONVOLUTIONS = [
    _case(
        "Deconvolution",
        inputs,
        {"num_filter": filters, "no_bias": len(inputs) == 2, **params},
        deconvolution,
        note,
        size=size,
    )
    for note, inputs, filters, size, params in [
        ("plain", [(2, 3, 3, 4), (3, 4, 3, 2)], 4, (5, 5), {"kernel": (3, 2)}),
        ("bias", [(2, 3, 3, 4), (3, 4, 3, 2), (4,)], 4, (5, 5), {"kernel": (3, 2)}),
        (
            "stride, pad and adj",
            [(2, 2, 3, 4), (2, 3, 3, 3)],
            3,
            (5, 12),
            {"kernel": (3, 3), "stride": (2, 3), "pad": (1, 0), "adj": (0, 0)},
        ),
        (
            "adj",
            [(2, 2, 4), (2, 3, 3), (3,)],
            3,
            (8,),
            {"kernel": (3,), "stride": (2,), "pad": (1,), "adj": (1,)},
        ),
        ("groups", [(2, 4, 3, 3), (4, 1, 2, 2)], 2, (4, 4), {"kernel": (2, 2), "num_group": 2}),
        ("3-D", [(1, 2, 2, 2, 3), (2, 2, 2, 1, 2)], 2, (3, 2, 4), {"kernel": (2, 1, 2)}),
        ("NHWC", [(2, 3, 3, 4), (4, 2, 2, 3)], 3, (4, 4), {"kernel": (2, 2), "layout": "NHWC"}),
        ("dilate", [(2, 2, 3), (2, 3, 2)], 3, (6,), {"kernel": (2,), "dilate": (3,)}),
    ]
]

CASES = [*CONVOLUTIONS, *TRANSPOSES, *DECONVOLUTIONS]
