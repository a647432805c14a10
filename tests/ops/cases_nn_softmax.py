"""Cases of softmax in its forms."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case


def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def _masked(x, length, axis):
    place = np.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    weights = np.exp(x) * (place < np.expand_dims(length, axis))
    return weights / np.maximum(weights.sum(axis, keepdims=True), 1e-300)


FORMS = [
    ("softmax", softmax),
    ("softmin", lambda x, axis=-1: softmax(-x, axis)),
    ("log_softmax", lambda x, axis=-1: np.log(softmax(x, axis))),
]

CASES = [
    case
    for op, function in FORMS
    for case in [
        Case(op, [Arr((2, 3, 4))], expect=function),
        Case(op, [Arr((2, 3, 4))], {"axis": 1}, expect=lambda x, f=function: f(x, 1)),
        Case(op, [Arr((3,))], {"axis": 0}, expect=lambda x, f=function: f(x, 0)),
        Case(op, [Arr((2, 3))], {"temperature": 2.5}, expect=lambda x, f=function: f(x / 2.5)),
        Case(op, [Arr((2, 3))], {"dtype": "float64"}, expect=function, note="another dtype"),
        Case(
            op,
            [Arr((2, 3))],
            {"dtype": "float16"},
            expect=lambda x, f=function: f(x).astype("float16"),
            wrt=(),
            dtypes=("float16",),
            note="a smaller dtype",
        ),
    ]
]

CASES += [
    Case(
        "softmax",
        [Arr((3, 4)), Arr((3,), values=[2, 4, 0], dtype="int32")],
        {"use_length": True},
        expect=lambda x, n: _masked(x, n, 1),
    ),
    Case(
        "softmax",
        [Arr((2, 3, 2)), Arr((2, 2), values=[[1, 2], [3, 9]], dtype="int64")],
        {"use_length": True, "axis": 1, "temperature": 2.0},
        expect=lambda x, n: _masked(x / 2, n, 1),
    ),
    Case(
        "SoftmaxActivation",
        [Arr((2, 3, 2))],
        expect=lambda x: softmax(x.reshape(2, 6)).reshape(2, 3, 2),
    ),
    Case("SoftmaxActivation", [Arr((2, 3, 2))], {"mode": "channel"}, expect=lambda x: softmax(x, 1)),
    Case(
        "softmax_cross_entropy",
        [Arr((3, 4)), Arr((3,), values=[3, 0, 1], dtype="int32")],
        expect=lambda x, y: [-np.log(softmax(x)[[0, 1, 2], [3, 0, 1]]).sum()],
    ),
    Case(
        "softmax_cross_entropy",
        [Arr((2, 3)), Arr((2,), values=[1.0, 2.9])],
        expect=lambda x, y: [-np.log(softmax(x)[[0, 1], [1, 2]]).sum()],
        wrt=(0,),
        note="float labels",
    ),
    Case("_contrib_div_sqrt_dim", [Arr((2, 3))], expect=lambda x: x / np.sqrt(3)),
]
