"""Cases of the layers that end a network. Their gradients are no derivatives: see test_nn_output.py."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case
from ops.cases_nn_softmax import softmax

CLASSES = Arr((3,), values=[2, 0, 1], dtype="float32")


def _target(hit, alpha, classes):
    return hit * (1 - alpha) + (1 - hit) * alpha / (classes - 1)


CASES = [
    Case("SoftmaxOutput", [Arr((3, 4)), CLASSES], expect=lambda x, y: softmax(x), wrt=()),
    Case(
        "SoftmaxOutput",
        [Arr((2, 3, 4)), Arr((2,), 0, 3, "int32")],
        expect=lambda x, y: softmax(x.reshape(2, 12)).reshape(2, 3, 4),
        wrt=(),
        note="all elements of a sample",
    ),
    Case(
        "SoftmaxOutput",
        [Arr((2, 3, 4)), Arr((2, 4), 0, 3, "int32")],
        {"multi_output": True},
        expect=lambda x, y: softmax(x, 1),
        wrt=(),
    ),
    Case(
        "SoftmaxOutput",
        [Arr((2, 3, 4)), Arr((2, 3), 0, 4, "int32")],
        {"preserve_shape": True},
        expect=lambda x, y: softmax(x),
        wrt=(),
    ),
    Case(
        "_softmax_target",
        [Arr((2, 3, 1)), Arr((2,), values=[2, -1], dtype="int32")],
        expect=lambda x, y: [[[0], [0], [1]], [[0], [0], [0]]],
        note="no class",
    ),
    Case(
        "_softmax_target",
        [Arr((2, 3, 2)), Arr((2, 2), values=[[0, 2], [1, 1]], dtype="int32")],
        {"smooth_alpha": 0.3},
        expect=lambda x, y: _target(y[:, None] == np.arange(3)[:, None], 0.3, 3),
    ),
    Case(
        "_softmax_weight",
        [Arr((2, 3, 2)), Arr((2, 2), values=[[0, -1], [1, 1]], dtype="int32")],
        {"grad_scale": 6.0, "use_ignore": True, "normalization": "valid"},
        expect=lambda x, y: [[[2, 0]], [[2, 2]]],
    ),
    Case(
        "_softmax_weight",
        [Arr((2, 3, 2)), Arr((2, 2), values=[[0, -1], [1, 1]], dtype="int32")],
        {"grad_scale": 6.0, "normalization": "batch"},
        expect=lambda x, y: np.full((2, 1, 2), 1.5),
    ),
    Case("LinearRegressionOutput", [Arr((2, 3)), Arr((2, 3))], expect=lambda x, y: x, wrt=()),
    Case("LinearRegressionOutput", [Arr((2, 1)), Arr((2,))], expect=lambda x, y: x, wrt=(), note="a column"),
    Case(
        "LogisticRegressionOutput",
        [Arr((2, 3)), Arr((2, 3), 0, 1)],
        expect=lambda x, y: 1 / (1 + np.exp(-x)),
        wrt=(),
    ),
    Case("MAERegressionOutput", [Arr((2, 3)), Arr((2, 3))], expect=lambda x, y: x, wrt=()),
    Case("SVMOutput", [Arr((3, 4)), CLASSES], expect=lambda x, y: x, wrt=()),
    Case("MakeLoss", [Arr()], expect=lambda x: x, wrt=()),
    Case("make_loss", [Arr()], expect=lambda x: x, wrt=()),
]
