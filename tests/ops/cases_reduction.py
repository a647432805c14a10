"""Cases of the reductions."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

CUBE = Arr((2, 3, 4))
DISTINCT = Arr(values=np.random.default_rng(3).permutation(24).reshape(2, 3, 4) / 10 - 1.15)
WITH_NAN = Arr(values=[[1.0, np.nan, 2.0], [3.0, 0.5, np.nan]])
FACTORS = Arr((2, 3), 0.5, 1.5)


def _axes_cases(name, arr, function, **options):
    """The ways to name axes, for one reduction."""
    return [
        Case(name, [arr], expect=lambda x: function(x, (0, 1, 2)).reshape(1), note="all", **options),
        Case(name, [arr], {"axis": 1}, expect=lambda x: function(x, (1,)), **options),
        Case(
            name,
            [arr],
            {"axis": (0, -1), "keepdims": True},
            expect=lambda x: function(x, (0, 2)).reshape(1, 3, 1),
            **options,
        ),
        Case(
            name,
            [arr],
            {"axis": (1,), "exclude": True},
            expect=lambda x: function(x, (0, 2)),
            **options,
        ),
        Case(
            name,
            [arr],
            {"axis": (), "exclude": True},
            expect=lambda x: function(x, (0, 1, 2)).reshape(1),
            note="none named",
            **options,
        ),
    ]


CASES = [
    *_axes_cases("sum", CUBE, lambda x, axes: np.add.reduce(x, axis=axes)),
    *_axes_cases(
        "mean",
        CUBE,
        lambda x, axes: np.add.reduce(x, axis=axes) / np.prod([x.shape[i] for i in axes]),
    ),
    *_axes_cases("prod", Arr((2, 3, 4), 0.5, 1.5), lambda x, axes: np.exp(np.log(x).sum(axes))),
    *_axes_cases("max", DISTINCT, lambda x, axes: -np.min(-x, axis=axes)),
    *_axes_cases("min", DISTINCT, lambda x, axes: -np.max(-x, axis=axes)),
    Case(
        "prod",
        [Arr(values=[[2.0, 0.0, 3.0], [0.0, 0.0, 3.0]])],
        {"axis": 1},
        expect=lambda x: [0.0, 0.0],
        order=1,
        note="with zeros",
    ),
    Case("nansum", [WITH_NAN], {"axis": 1}, expect=lambda x: [3.0, 3.5], wrt=()),
    Case("nansum", [FACTORS], {"axis": 1}, expect=lambda x: x.sum(1)),
    Case("nanprod", [WITH_NAN], {"axis": 1}, expect=lambda x: [2.0, 1.5], wrt=()),
    Case("nanprod", [FACTORS], {"axis": 1}, expect=lambda x: x[:, 0] * x[:, 1] * x[:, 2]),
    Case("norm", [CUBE], expect=lambda x: [np.sqrt((x * x).sum())]),
    Case(
        "norm",
        [CUBE],
        {"axis": (0, 2), "keepdims": True},
        expect=lambda x: np.sqrt((x * x).sum((0, 2), keepdims=True)),
    ),
    Case(
        "norm",
        [DISTINCT],
        {"ord": 1, "axis": 1},
        expect=lambda x: (x * np.where(x < 0, -1, 1)).sum(1),
    ),
    Case("argmax", [DISTINCT], {"axis": 1}, expect=lambda x: np.argsort(x, 1)[:, -1], wrt=()),
    Case("argmax", [DISTINCT], expect=lambda x: [np.argsort(x, None)[-1]], wrt=(), note="flat"),
    Case(
        "argmax",
        [Arr(values=[1.0, 3.0, 3.0])],
        {"axis": 0, "keepdims": True},
        expect=lambda x: [1],
        wrt=(),
        note="first",
    ),
    Case("argmin", [DISTINCT], {"axis": -1}, expect=lambda x: np.argsort(x, -1)[..., 0], wrt=()),
    Case("argmax_channel", [DISTINCT], expect=lambda x: np.argsort(x, 1)[:, -1], wrt=()),
    Case("moments", [CUBE], {"axes": (0, 2)}, expect=lambda x: (x.mean((0, 2)), x.var((0, 2)))),
    Case(
        "moments",
        [CUBE],
        {"axes": 1, "keepdims": True},
        expect=lambda x: (x.mean(1, keepdims=True), x.var(1, keepdims=True)),
    ),
]
