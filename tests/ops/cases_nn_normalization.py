"""Cases of the normalisations."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case


def _normalized(x, mean, var, eps):
    return (x - mean) / np.sqrt(var + eps)


def _along(values, axis, ndim):
    return values.reshape([-1 if i == axis else 1 for i in range(ndim)])


def _batch(x, gamma, beta, mean=None, var=None, *, eps=1e-3, axis=1, third=None):
    others = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean = x.mean(others) if mean is None else mean
    var = x.var(others) if var is None else var
    gamma, beta, m, v = (_along(each, axis % x.ndim, x.ndim) for each in (gamma, beta, mean, var))
    output = _normalized(x, m, v, eps) * gamma + beta
    return output if third is None else (output, mean, third(var + eps))


def _inputs(*shape, axis=1):
    channels = (shape[axis],)
    return [Arr(shape), Arr(channels, 0.5, 1.5), Arr(channels), Arr(channels), Arr(channels, 0.5, 1.5)]


def _inverse_root(var):
    return 1 / np.sqrt(var)


BATCH = [
    Case(
        op,
        _inputs(4, 3, 2),
        {"fix_gamma": False, "eps": 1e-2},
        expect=lambda x, g, b, m, v: _batch(x, g, b, eps=1e-2),
        note="training",
    )
    for op in ("BatchNorm", "_contrib_SyncBatchNorm")
] + [
    Case(
        op,
        _inputs(4, 3),
        {"fix_gamma": False},
        expect=lambda x, g, b, m, v: _batch(x, g, b, m, v),
        training=False,
        note="prediction",
    )
    for op in ("BatchNorm", "_contrib_SyncBatchNorm")
]

BATCH += [
    Case(
        "BatchNorm",
        _inputs(4, 3, 2, 2),
        expect=lambda x, g, b, m, v: _batch(x, np.ones(3), b),
        note="fixed gamma",
    ),
    Case(
        "BatchNorm",
        _inputs(4, 2, 3, axis=-1),
        {"fix_gamma": False, "axis": -1},
        expect=lambda x, g, b, m, v: _batch(x, g, b, axis=-1),
    ),
    Case(
        "BatchNorm",
        _inputs(4, 3),
        {"fix_gamma": False, "use_global_stats": True},
        expect=lambda x, g, b, m, v: _batch(x, g, b, m, v),
    ),
    Case(
        "BatchNorm",
        _inputs(4, 3, 2),
        {"fix_gamma": False, "output_mean_var": True},
        expect=lambda x, g, b, m, v: _batch(x, g, b, third=_inverse_root),
    ),
    Case(
        "BatchNorm",
        _inputs(4, 3),
        {"fix_gamma": False, "output_mean_var": True},
        expect=lambda x, g, b, m, v: _batch(x, g, b, m, v, third=_inverse_root),
        training=False,
        note="prediction",
    ),
    Case(
        "_contrib_SyncBatchNorm",
        _inputs(4, 3, 2),
        {"output_mean_var": True, "key": "bn0", "ndev": 1},
        expect=lambda x, g, b, m, v: _batch(x, np.ones(3), b, third=lambda var: var - 1e-3),
        note="variance",
    ),
]


def _rectified(*arrays, **options):
    output, *statistics = _batch(*arrays, **{"third": _inverse_root, **options})
    return (np.maximum(output, 0), *statistics)


BATCH += [
    Case(
        "_contrib_BatchNormWithReLU",
        _inputs(4, 3, 2),
        {"fix_gamma": False, "eps": 1e-2},
        expect=lambda x, g, b, m, v: _rectified(x, g, b, eps=1e-2)[0],
        note="training",
    ),
    Case(
        "_contrib_BatchNormWithReLU",
        _inputs(4, 3),
        {"fix_gamma": False, "output_mean_var": True},
        expect=lambda x, g, b, m, v: _rectified(x, g, b, m, v),
        training=False,
        note="prediction",
    ),
    Case(
        "_contrib_BatchNormWithReLU",
        _inputs(4, 2, 3, axis=-1),
        {"axis": -1, "output_mean_var": True},
        expect=lambda x, g, b, m, v: _rectified(x, np.ones(3), b, axis=-1),
    ),
]


def _over(x, axes, eps, root=False):
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    output = _normalized(x, mean, var, eps)
    return (output, mean, np.sqrt(var + eps)) if root else output


def _layer(x, gamma, beta, axis=-1, eps=1e-5):
    return _over(x, axis, eps) * _along(gamma, axis % x.ndim, x.ndim) + _along(beta, axis % x.ndim, x.ndim)


def _grouped(x, gamma, beta, groups, eps=1e-5):
    parts = np.split(x, groups, axis=1)
    axes = tuple(range(1, x.ndim))
    done = [_over(part, axes, eps) * g + b for part, g, b in zip(parts, gamma, beta, strict=True)]
    mean = np.stack([part.mean(axes) for part in parts], axis=1)
    std = np.stack([np.sqrt(part.var(axes) + eps) for part in parts], axis=1)
    return np.concatenate(done, axis=1), mean, std


SAMPLES = [
    Case("LayerNorm", [Arr((2, 3, 4)), Arr((4,)), Arr((4,))], expect=_layer),
    Case(
        "LayerNorm",
        [Arr((2, 3, 4)), Arr((3,)), Arr((3,))],
        {"axis": 1, "eps": 1e-2},
        expect=lambda x, g, b: _layer(x, g, b, 1, 1e-2),
    ),
    Case(
        "LayerNorm",
        [Arr((3, 4)), Arr((3,)), Arr((3,))],
        {"axis": 0, "output_mean_var": True, "eps": 1e-3},
        expect=lambda x, g, b: (_layer(x, g, b, 0, 1e-3), *_over(x, 0, 1e-3, root=True)[1:]),
    ),
    Case(
        "InstanceNorm",
        [Arr((2, 3, 4)), Arr((3,)), Arr((3,))],
        expect=lambda x, g, b: _over(x, 2, 1e-3) * g[:, None] + b[:, None],
    ),
    Case(
        "InstanceNorm",
        [Arr((2, 3, 2, 3)), Arr((3,)), Arr((3,))],
        {"eps": 1e-2},
        expect=lambda x, g, b: _over(x, (2, 3), 1e-2) * _along(g, 1, 4) + _along(b, 1, 4),
    ),
    Case(
        "GroupNorm",
        [Arr((2, 4, 3)), Arr((2,)), Arr((2,))],
        {"num_groups": 2},
        expect=lambda x, g, b: _grouped(x, g, b, 2)[0],
    ),
    Case(
        "GroupNorm",
        [Arr((2, 6, 2, 2)), Arr((3,)), Arr((3,))],
        {"num_groups": 3, "eps": 1e-2, "output_mean_var": True},
        expect=lambda x, g, b: _grouped(x, g, b, 3, 1e-2),
    ),
    Case(
        "GroupNorm",
        [Arr((2, 4)), Arr((1,)), Arr((1,))],
        expect=lambda x, g, b: _grouped(x, g, b, 1)[0],
        note="one group",
    ),
]


def _neighbours(x, nsize):
    reach = (nsize - 1) // 2
    return np.stack([x[:, max(0, c - reach) : c + reach + 1].sum(1) for c in range(x.shape[1])], axis=1)


RESPONSES = [
    Case(
        "LRN",
        [Arr((2, 5, 2, 2))],
        {"nsize": nsize, **params},
        expect=lambda x, n=nsize, a=params["alpha"], b=params["beta"], k=params["knorm"]: (
            x / np.power(k + a / n * _neighbours(x * x, n), b)
        ),
    )
    for nsize, params in [
        (3, {"alpha": 0.5, "beta": 0.75, "knorm": 1.0}),
        (5, {"alpha": 2.0, "beta": 1.5, "knorm": 2.0}),
        (4, {"alpha": 0.5, "beta": 0.75, "knorm": 1.0}),
        (11, {"alpha": 0.5, "beta": 0.75, "knorm": 1.0}),
    ]
] + [
    Case("_neighbour_sum", [Arr((2, 5, 2))], {"nsize": 3}, expect=lambda x: _neighbours(x, 3)),
]

CASES = [*BATCH, *SAMPLES, *RESPONSES]
