"""Cases of the random operators: what is drawn has the distribution's mean and variance."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

COUNT = 4000
SIGMAS = 6  # a right generator fails such a check once in 10^9 runs


def moments(mean, var, kurtosis, low=-np.inf, high=np.inf):
    """Return a check of the sample's mean and variance within what its size allows.

    Args:
        mean: of the distribution.
        var: its variance.
        kurtosis: its fourth central moment over the squared variance.
        low: no draw is below.
        high: no draw is above.
    """

    def check(*outputs):
        drawn = outputs[0].astype("float64").reshape(-1)
        rounding = np.finfo("float16").eps * (abs(mean) + var)
        assert drawn.min() >= low
        assert drawn.max() <= high
        assert abs(drawn.mean() - mean) <= SIGMAS * np.sqrt(var / drawn.size) + rounding
        error = var * np.sqrt((kurtosis - 1) / drawn.size)
        assert abs(drawn.var() - var) <= SIGMAS * error + rounding

    return check


UNIFORM = moments(2.5, 0.75, 1.8, low=1, high=np.nextafter(4, 0))
NORMAL = moments(1.0, 4.0, 3.0)
GAMMA = moments(3.0, 1.5, 3 + 6 / 6, low=0)
EXPONENTIAL = moments(0.25, 0.0625, 9.0, low=0)
POISSON = moments(4.0, 4.0, 3 + 1 / 4, low=0)
NEGATIVE_BINOMIAL = moments(5 * 0.6 / 0.4, 5 * 0.6 / 0.16, 3 + 6 / 5 + 0.16 / (5 * 0.6), low=0)
# mean 2, variance 2 + 0.5 * 4: as above with k = 1 / 0.5 and p = 1 / (1 + 0.5 * 2)
GENERALIZED = moments(2.0, 4.0, 3 + 6 / 2 + 0.25 / (2 * 0.5), low=0)

DISTRIBUTIONS = [
    ("uniform", {"low": 1.0, "high": 4.0}, UNIFORM),
    ("normal", {"loc": 1.0, "scale": 2.0}, NORMAL),
    ("gamma", {"alpha": 6.0, "beta": 0.5}, GAMMA),
    ("exponential", {"lam": 4.0}, EXPONENTIAL),
    ("poisson", {"lam": 4.0}, POISSON),
    ("negative_binomial", {"k": 5, "p": 0.4}, NEGATIVE_BINOMIAL),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.5}, GENERALIZED),
]


def three_forms(word, parameters, check):
    """The forms of one distribution: with numbers, like an array, and with arrays as parameters."""
    arrays = [Arr(values=np.full((2, 1), value)) for value in parameters.values()]
    return [
        *(
            Case(
                f"_random_{word}",
                [],
                {**parameters, "shape": (40, COUNT // 40), "dtype": dtype},
                check=check,
                dtypes=(),
            )
            for dtype in ("float64", "float32", "float16", "bfloat16", None)
        ),
        Case(f"_random_{word}_like", [Arr((COUNT,))], parameters, check=check, wrt=()),
        Case(
            f"_sample_{word}",
            arrays,
            {"shape": (COUNT // 4, 2), "dtype": "float64"},
            check=check,
            wrt=(),
        ),
        Case(f"_sample_{word}", arrays, {"shape": COUNT}, check=check, wrt=(), dtypes=("float32",)),
    ]


def is_permutation(*outputs):
    np.testing.assert_array_equal(np.sort(outputs[0], axis=0), np.arange(12).reshape(6, 2))
    assert (outputs[0][:, 1] - outputs[0][:, 0] == 1).all()


def frequencies(*probabilities):
    """Return a check of how often each class is drawn; the classes are along all but the first axis."""

    def check(*outputs):
        for row, expected in zip(outputs[0].reshape(len(probabilities), -1), probabilities, strict=True):
            counts = np.bincount(row.astype("int64"), minlength=len(expected)) / row.size
            p = np.asarray(expected)
            assert (abs(counts - p) <= SIGMAS * np.sqrt(p * (1 - p) / row.size)).all()

    return check


def with_log_probabilities(*outputs):
    drawn, log_prob = outputs
    frequencies([0.0, 0.25, 0.75])(drawn)
    np.testing.assert_allclose(log_prob, np.log([np.nan, 0.25, 0.75])[drawn.astype(int)], rtol=2e-3)


def different_classes(*outputs):
    classes, tries = outputs
    assert all(len(set(row)) == 20 for row in classes.tolist())
    assert classes.min() >= 0
    assert classes.max() < 100
    assert (tries >= 20).all()


TWO_ROWS = Arr(values=[[0.0, 0.125, 0.25, 0.625], [0.5, 0.5, 0.0, 0.0]])

CASES = [
    *(case for row in DISTRIBUTIONS for case in three_forms(*row)),
    Case(
        "_random_uniform",
        [],
        {"low": 3.0, "high": 3.0},
        expect=lambda: [3.0],
        dtypes=(),
        note="an empty range",
    ),
    Case("_random_normal", [], {"loc": 3.0, "scale": 0.0}, expect=lambda: [3.0], dtypes=()),
    Case("_random_poisson", [], {"lam": 0.0}, expect=lambda: [0.0], dtypes=()),
    Case(
        "_random_generalized_negative_binomial",
        [],
        {"mu": 4.0, "alpha": 0.0, "shape": COUNT},
        check=POISSON,
        dtypes=(),
        note="is Poisson",
    ),
    *(
        Case(
            "_random_randint",
            [],
            {"low": -2, "high": 5, "shape": COUNT, "dtype": dtype},
            check=moments(1.0, 4.0, 1.75, low=-2, high=4),
            dtypes=(),
        )
        for dtype in (None, "int64", "int8")
    ),
    Case("_shuffle", [Arr(values=np.arange(12).reshape(6, 2))], check=is_permutation, wrt=()),
    Case(
        "_sample_multinomial",
        [TWO_ROWS],
        {"shape": COUNT},
        check=frequencies([0.0, 0.125, 0.25, 0.625], [0.5, 0.5, 0.0, 0.0]),
        wrt=(),
    ),
    Case(
        "_sample_multinomial",
        [Arr(values=[[[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]])],
        expect=lambda p: [[1], [2]],
        wrt=(),
        note="without a shape",
    ),
    Case("_sample_multinomial", [Arr(values=[0.0, 1.0])], expect=lambda p: [1], wrt=(), note="one row"),
    Case(
        "_sample_multinomial",
        [Arr(values=[0.0, 0.25, 0.75])],
        {"shape": (40, COUNT // 40), "get_prob": True, "dtype": "float32"},
        check=with_log_probabilities,
        wrt=(),
    ),
    Case(
        "_sample_unique_zipfian",
        [],
        {"range_max": 100, "shape": (3, 20)},
        check=different_classes,
        dtypes=(),
    ),
]
