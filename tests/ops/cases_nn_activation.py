"""Cases of the activation functions."""

from __future__ import annotations

import math

import numpy as np

from ops.cases import Arr, Case

# Away from 0, where some have a corner.
POINTS = Arr(
    (2, 3, 2), values=[[[-2.0, 0.3], [1.5, -0.7], [0.1, -0.2]], [[3.0, -4.0], [-1.1, 0.9], [-0.4, 2.2]]]
)

ERF = np.vectorize(math.erf)
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _leaky(slope):
    return lambda x: np.maximum(x, 0) + slope * np.minimum(x, 0)


CASES = [
    *(
        Case("Activation", [POINTS], {"act_type": name}, expect=function)
        for name, function in [
            ("relu", lambda x: x * (x > 0)),
            ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
            ("tanh", lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)),
            ("softrelu", lambda x: np.log(1 + np.exp(x))),
            ("softsign", lambda x: x / (1 + np.abs(x))),
        ]
    ),
    Case("LeakyReLU", [POINTS], expect=_leaky(0.25)),
    Case("LeakyReLU", [POINTS], {"slope": 0.1}, expect=_leaky(0.1)),
    Case("LeakyReLU", [POINTS], {"slope": -0.5}, expect=_leaky(-0.5)),
    Case(
        "LeakyReLU",
        [POINTS],
        {"act_type": "elu", "slope": 0.7},
        expect=lambda x: np.where(x > 0, x, 0.7 * (np.exp(x) - 1)),
    ),
    Case(
        "LeakyReLU",
        [POINTS],
        {"act_type": "selu"},
        expect=lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * (np.exp(x) - 1)),
    ),
    Case(
        "LeakyReLU",
        [POINTS],
        {"act_type": "gelu"},
        expect=lambda x: x / 2 * (1 + ERF(x / math.sqrt(2))),
    ),
    Case(
        "LeakyReLU",
        [POINTS, Arr((3,))],
        {"act_type": "prelu"},
        expect=lambda x, a: np.where(x > 0, x, x * a[:, None]),
    ),
    Case(
        "LeakyReLU",
        [POINTS, Arr((1,))],
        {"act_type": "prelu"},
        expect=lambda x, a: np.where(x > 0, x, x * a[0]),
        note="one slope",
    ),
    Case(
        "LeakyReLU",
        [Arr((3,), values=[-1.0, 2.0, -3.0]), Arr((3,))],
        {"act_type": "prelu"},
        expect=lambda x, a: np.where(x > 0, x, x * a),
        note="one axis",
    ),
    Case(
        "LeakyReLU",
        [POINTS, Arr((2, 1, 2))],
        {"act_type": "prelu"},
        expect=lambda x, a: np.where(x > 0, x, x * a),
        note="broadcasting",
    ),
    Case(
        "LeakyReLU",
        [POINTS],
        {"act_type": "rrelu", "lower_bound": 0.2, "upper_bound": 0.6},
        expect=_leaky(0.4),
        training=False,
        note="prediction",
    ),
    Case(
        "LeakyReLU",
        [POINTS],
        {"act_type": "rrelu", "lower_bound": 0.3, "upper_bound": 0.3},
        expect=_leaky(0.3),
        note="training, without chance",
    ),
]
