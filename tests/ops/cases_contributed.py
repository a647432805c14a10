"""Cases of the operators in ``contrib`` that belong to no family."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

STEPS = Arr(values=[[-1.7, -0.2, 0.4], [0.9, 1.4, 2.2]])
NEAR = [Arr(values=[1.0, 2.0, np.nan]), Arr(values=[1.05, 2.0, np.nan])]

CASES = [
    Case("_contrib_quadratic", params={"a": 2.0, "b": -1.0, "c": 3.0}, expect=lambda x: 2 * x**2 - x + 3),
    # The gradients of these are others than those of what they compute, so finite differences do not tell;
    # tests/nd/test_answers.py has them.
    Case("_contrib_gradientmultiplier", params={"scalar": -0.5}, expect=lambda x: x, wrt=()),
    Case("_contrib_round_ste", [STEPS], expect=lambda x: np.floor(np.abs(x) + 0.5) * np.sign(x), wrt=()),
    Case("_contrib_sign_ste", [STEPS], expect=lambda x: 1.0 * (x > 0) - (x < 0), wrt=()),
    Case("_contrib_index_array", expect=lambda x: np.argwhere(np.ones(x.shape)).reshape(2, 3, 2), wrt=()),
    Case(
        "_contrib_index_array",
        params={"axes": (-1,)},
        expect=lambda x: np.indices(x.shape)[1][..., None],
        wrt=(),
    ),
    Case("_contrib_allclose", NEAR, {"rtol": 0.1}, expect=lambda a, b: np.asarray(1), wrt=()),
    Case("_contrib_allclose", NEAR, {"atol": 0.01}, expect=lambda a, b: np.asarray(0), wrt=()),
    Case(
        "_contrib_allclose",
        NEAR,
        {"rtol": 0.1, "equal_nan": False},
        expect=lambda a, b: np.asarray(0),
        wrt=(),
    ),
]
