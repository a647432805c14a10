"""Cases of the functions of one array, and of arithmetic."""

from __future__ import annotations

import math

import numpy as np
import scipy.special

from ops.cases import Arr, Case

POSITIVE = Arr(low=0.3, high=2.5)
UNIT = Arr(low=-0.8, high=0.8)
AWAY_FROM_ZERO = Arr(values=[[-1.3, -0.4, 0.3], [0.7, 1.1, -2.2]])
BETWEEN_INTEGERS = Arr(values=[[-1.3, -0.4, 0.3], [0.7, 1.6, -2.2]])
HALVES = Arr(values=[[-2.5, -1.5, -0.5], [0.5, 1.5, 2.5]])


def _round_half_away(x):
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


UNARY = [
    Case("negative", expect=lambda x: -x),
    Case("abs", [AWAY_FROM_ZERO], expect=lambda x: np.where(x < 0, -x, x)),
    Case("sign", [AWAY_FROM_ZERO], expect=lambda x: (x > 0) * 1.0 - (x < 0)),
    Case("relu", [AWAY_FROM_ZERO], expect=lambda x: np.where(x > 0, x, 0)),
    Case("logical_not", [Arr(values=[0.0, 1.0, -2.0])], expect=lambda x: [1.0, 0.0, 0.0], wrt=()),
    Case("round", [BETWEEN_INTEGERS], expect=_round_half_away),
    Case("round", [HALVES], expect=lambda x: [[-3, -2, -1], [1, 2, 3]], wrt=(), note="halves"),
    Case("rint", [BETWEEN_INTEGERS], expect=lambda x: np.rint(x)),
    Case("rint", [HALVES], expect=lambda x: [[-3, -2, -1], [0, 1, 2]], wrt=(), note="halves"),
    Case("ceil", [BETWEEN_INTEGERS], expect=lambda x: [[-1, 0, 1], [1, 2, -2]]),
    Case("floor", [BETWEEN_INTEGERS], expect=lambda x: [[-2, -1, 0], [0, 1, -3]]),
    Case("trunc", [BETWEEN_INTEGERS], expect=lambda x: [[-1, 0, 0], [0, 1, -2]]),
    Case("fix", [BETWEEN_INTEGERS], expect=lambda x: [[-1, 0, 0], [0, 1, -2]]),
    Case("square", expect=lambda x: x**2),
    Case("sqrt", [POSITIVE], expect=lambda x: x**0.5),
    Case("rsqrt", [POSITIVE], expect=lambda x: x**-0.5),
    Case("cbrt", [POSITIVE], expect=lambda x: x ** (1 / 3)),
    Case("cbrt", [Arr(values=[-8.0, 27.0])], expect=lambda x: [-2.0, 3.0], note="negative"),
    Case("rcbrt", [POSITIVE], expect=lambda x: x ** (-1 / 3)),
    Case("reciprocal", [POSITIVE], expect=lambda x: 1 / x),
    Case("exp", expect=lambda x: math.e**x),
    Case("expm1", expect=lambda x: math.e**x - 1),
    Case("log", [POSITIVE], expect=lambda x: np.log(x)),
    Case("log2", [POSITIVE], expect=lambda x: np.log(x) / np.log(2)),
    Case("log10", [POSITIVE], expect=lambda x: np.log(x) / np.log(10)),
    Case("log1p", [POSITIVE], expect=lambda x: np.log(1 + x)),
    Case("sigmoid", expect=lambda x: 1 / (1 + np.exp(-x))),
    Case("softsign", [AWAY_FROM_ZERO], expect=lambda x: x / (1 + np.abs(x))),
    Case("sin", expect=lambda x: (np.exp(1j * x)).imag),
    Case("cos", expect=lambda x: (np.exp(1j * x)).real),
    Case("tan", [UNIT], expect=lambda x: np.sin(x) / np.cos(x)),
    Case("arcsin", [UNIT], expect=lambda x: np.arctan2(x, np.sqrt(1 - x * x))),
    Case("arccos", [UNIT], expect=lambda x: np.arctan2(np.sqrt(1 - x * x), x)),
    Case("arctan", expect=lambda x: np.arctan2(x, 1)),
    Case("sinh", expect=lambda x: (np.exp(x) - np.exp(-x)) / 2),
    Case("cosh", expect=lambda x: (np.exp(x) + np.exp(-x)) / 2),
    Case("tanh", expect=lambda x: 1 - 2 / (np.exp(2 * x) + 1)),
    Case("arcsinh", expect=lambda x: np.log(x + np.sqrt(x * x + 1))),
    Case("arccosh", [Arr(low=1.3, high=3)], expect=lambda x: np.log(x + np.sqrt(x * x - 1))),
    Case("arctanh", [UNIT], expect=lambda x: np.log((1 + x) / (1 - x)) / 2),
    Case("degrees", expect=lambda x: x / np.pi * 180),
    Case("radians", expect=lambda x: x / 180 * np.pi),
    Case("erf", expect=lambda x: np.vectorize(math.erf)(x)),
    Case("erfinv", [UNIT], expect=lambda x: scipy.special.ndtri((x + 1) / 2) / np.sqrt(2)),
    Case("gamma", [Arr(low=0.8, high=3)], expect=lambda x: np.vectorize(math.gamma)(x)),
    Case("gammaln", [Arr(low=0.8, high=3)], expect=lambda x: np.vectorize(math.lgamma)(x)),
    Case("digamma", [Arr(low=0.8, high=3)], expect=lambda x: scipy.special.polygamma(0, x)),
    Case(
        "_polygamma",
        [Arr(low=0.8, high=3)],
        {"order": 1},
        expect=lambda x: scipy.special.polygamma(1, x),
        dtypes=("float32",),
    ),
    Case("_copy", expect=lambda x: x),
    Case("BlockGrad", expect=lambda x: x, wrt=()),
    Case("zeros_like", expect=lambda x: 0 * x, wrt=()),
    Case("ones_like", expect=lambda x: 0 * x + 1, wrt=()),
    Case("Cast", params={"dtype": "float64"}, expect=lambda x: x, dtypes=()),
    Case(
        "Cast",
        [Arr(values=[-1.7, 2.9])],
        {"dtype": "int32"},
        expect=lambda x: [-1, 2],
        wrt=(),
        dtypes=(),
    ),
    Case(
        "Cast",
        [Arr(values=[-1.0, 300.0])],
        {"dtype": "uint8"},
        expect=lambda x: [255, 44],
        wrt=(),
        dtypes=(),
        note="wraps",
    ),
    Case(
        "clip",
        [AWAY_FROM_ZERO],
        {"a_min": -0.5, "a_max": 0.9},
        expect=lambda x: np.clip(x, -0.5, 0.9),
    ),
    Case(
        "smooth_l1",
        [AWAY_FROM_ZERO],
        {"scalar": 1.2},
        expect=lambda x: np.where(np.abs(x) < 1 / 1.44, 0.5 * (1.2 * x) ** 2, np.abs(x) - 0.5 / 1.44),
    ),
    Case("hard_sigmoid", [AWAY_FROM_ZERO], expect=lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
]

_LEFT, _RIGHT = Arr((2, 3), 0.4, 2.0), Arr((3,), 0.5, 1.7)
_FUNCTIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "mod": lambda a, b: a - b * np.floor(a / b),
    "power": lambda a, b: np.exp(b * np.log(a)),
    "maximum": lambda a, b: np.where(a > b, a, b),
    "minimum": lambda a, b: np.where(a < b, a, b),
    "hypot": lambda a, b: np.sqrt(a**2 + b**2),
}
_ELEMWISE = {
    "add": "elemwise_add",
    "sub": "elemwise_sub",
    "mul": "elemwise_mul",
    "div": "elemwise_div",
}
_SCALAR = {"add": "plus", "sub": "minus"}
_REVERSED = ("sub", "div", "mod", "power")

_TIES = Arr(values=[[0.0, 1.0, 2.0], [2.0, 0.0, 1.0]])
_COMPARED = Arr(values=[1.0, 0.0, 2.0])
_PREDICATES = {
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "lesser": lambda a, b: a < b,
    "lesser_equal": lambda a, b: a <= b,
    "logical_and": lambda a, b: (a != 0) & (b != 0),
    "logical_or": lambda a, b: (a != 0) | (b != 0),
    "logical_xor": lambda a, b: (a != 0) ^ (b != 0),
}


def _binary_cases():
    for word, function in _FUNCTIONS.items():
        yield Case(f"broadcast_{word}", [_LEFT, _RIGHT], expect=function)
        yield Case(f"broadcast_{word}", [_RIGHT, Arr((2, 1), 0.45, 1.9)], expect=function, note="outer")
        name = _ELEMWISE.get(word, f"_{word}")
        yield Case(name, [_LEFT, Arr((2, 3), 0.5, 1.7)], expect=function)
        scalar = f"_{_SCALAR.get(word, word)}_scalar"
        yield Case(scalar, [_LEFT], {"scalar": 1.3}, expect=lambda a, f=function: f(a, 1.3))
        if word in _REVERSED:
            reverse = f"_r{scalar[1:]}"
            yield Case(reverse, [_LEFT], {"scalar": 1.3}, expect=lambda a, f=function: f(1.3, a))
    for word, function in _PREDICATES.items():
        yield Case(f"broadcast_{word}", [_TIES, _COMPARED], expect=function, wrt=())
        yield Case(f"_{word}", [_COMPARED, _COMPARED], expect=function, wrt=())
        yield Case(
            f"_{word}_scalar",
            [_TIES],
            {"scalar": 1.0},
            expect=lambda a, f=function: f(a, 1.0),
            wrt=(),
        )


BINARY = [
    *_binary_cases(),
    Case("_power_scalar", [POSITIVE], {"scalar": 2.0}, expect=lambda a: a * a, note="square"),
    Case("_sum_to", [Arr((2, 3, 4))], {"shape": (3, 1)}, expect=lambda a: a.sum((0, 2))[:, None]),
]

CREATION = [
    Case("_zeros", [], {"shape": (2, 3)}, expect=lambda: np.zeros((2, 3)), wrt=(), dtypes=()),
    Case("_ones", [], {"shape": (2, 3)}, expect=lambda: np.ones((2, 3)), wrt=(), dtypes=()),
    Case("_full", [], {"shape": (2,), "value": 2.5}, expect=lambda: [2.5, 2.5], wrt=(), dtypes=()),
    Case("_arange", [], {"start": 3}, expect=lambda: [0, 1, 2], wrt=(), dtypes=()),
    Case(
        "_arange",
        [],
        {"start": 1, "stop": 2, "step": 0.5, "repeat": 2},
        expect=lambda: [1, 1, 1.5, 1.5],
        wrt=(),
        dtypes=(),
    ),
    Case(
        "_linspace",
        [],
        {"start": 0, "stop": 1, "num": 3},
        expect=lambda: [0, 0.5, 1],
        wrt=(),
        dtypes=(),
    ),
    Case(
        "_eye",
        [],
        {"N": 2, "M": 3, "k": 1},
        expect=lambda: [[0, 1, 0], [0, 0, 1]],
        wrt=(),
        dtypes=(),
    ),
]

CASES = [*UNARY, *BINARY, *CREATION]
