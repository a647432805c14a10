"""Cases of densities; what is expected is SciPy's."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ops.cases import Arr, Case

POSITIVE = Arr((2, 3), 0.5, 2.5)
SHAPE = Arr((2,), 0.6, 2.5)
SHARE = Arr((2,), 0.3, 0.7)
SIMPLEX = Arr((2, 3, 2), 0.2, 0.9)


def _column(parameter):
    return parameter[:, None]


def _uniform(x, low, high):
    return np.broadcast_to(1 / _column(high - low), x.shape)


def _poisson(x, lam):  # of real counts
    return stats.gamma.pdf(_column(lam), x + 1)


def _failures(x, k, p):
    # The beta density has the same powers and, up to x + k, the same coefficient.
    return stats.beta.pdf(p, k, x + 1) * p / (x + k)


def _negative_binomial(x, k, p):
    return _failures(x, _column(k), _column(p))


def _generalized(x, mu, alpha):
    return _failures(x, 1 / _column(alpha), 1 / _column(mu * alpha + 1))


def _dirichlet(x, alpha):
    powers = np.prod(x ** (alpha[:, None] - 1), -1)
    constants = [stats.dirichlet.pdf(np.full(2, 0.5), row) / np.prod(0.5 ** (row - 1)) for row in alpha]
    return powers * np.array(constants)[:, None]


TABLE = [
    ("uniform", [POSITIVE, Arr((2,), -2, -1), Arr((2,), 1, 2)], _uniform),
    ("normal", [Arr((2, 3)), Arr((2,)), SHAPE], lambda x, m, s: stats.norm.pdf(x, _column(m), _column(s))),
    (
        "gamma",
        [POSITIVE, SHAPE, SHAPE],
        lambda x, a, b: stats.gamma.pdf(x, _column(a), scale=1 / _column(b)),
    ),
    ("exponential", [POSITIVE, SHAPE], lambda x, lam: stats.expon.pdf(x, scale=1 / _column(lam))),
    ("poisson", [Arr((2, 3), values=[[0.5, 1, 2], [3, 1, 0]]), SHAPE], _poisson),
    ("negative_binomial", [POSITIVE, SHAPE, SHARE], _negative_binomial),
    ("generalized_negative_binomial", [POSITIVE, SHAPE, SHARE], _generalized),
    ("dirichlet", [SIMPLEX, Arr((2, 2), 0.6, 2.5)], _dirichlet),
]
DISCRETE = {"uniform", "poisson", "negative_binomial", "generalized_negative_binomial"}
"""Those that have no slope by the sample, as in MXNet."""


def _logarithm(expect):
    return lambda *inputs: np.log(expect(*inputs))


CASES = [
    Case(
        f"_random_pdf_{word}",
        inputs,
        {"is_log": is_log},
        expect=_logarithm(expect) if is_log else expect,
        wrt=tuple(range(int(word in DISCRETE), len(inputs))),
        dtypes=("float32",),
    )
    for word, inputs, expect in TABLE
    for is_log in (False, True)
]
