"""Cases of the update operators. The formulas are those of the papers, for one weight."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

RATES = {"lr": 0.1, "wd": 0.2}
SCALING = {"rescale_grad": 0.5, "clip_gradient": 0.4}

WEIGHT, GRAD, STATE = Arr((2, 3)), Arr((2, 3)), Arr((2, 3))
SQUARES = Arr((2, 3), 0.2, 1.5)


def scaled(g, extra=0.0, rescale=0.5, bound=0.4):
    return np.minimum(np.maximum(rescale * g + extra, -bound), bound)


def mean(old, new, rate):
    return rate * old + (1 - rate) * new


def single(array):
    """Return an input that is float32 in all runs."""
    return Arr(array.shape, array.low, array.high, "float32", fixed=True)


# -- one weight: each formula returns the new weight and the states -----------------------------------------


def sgd(w, g, lr=0.1, wd=0.2):
    return (w - lr * scaled(g) - lr * wd * w,)


def momentum(w, g, m, lr=0.1, wd=0.2):
    m = 0.9 * m - lr * scaled(g) - lr * wd * w
    return w + m, m


def nesterov(w, g, m):
    """Not written to the weight, so both steps see the old one."""
    new = 0.9 * m - 0.1 * (scaled(g) + 0.2 * w)
    return w - 0.9 * m + 1.9 * new, new


def nesterov_in_place(w, g, m):
    """As ``nesterov``, but the momentum sees the new weight."""
    new, _ = nesterov(w, g, m)
    return new, 0.9 * m - 0.1 * (scaled(g) + 0.2 * new)


def signsgd(w, g):
    return (w - 0.1 * (np.sign(g) + 0.2 * w),)


def signum(w, g, m):
    m = 0.9 * m - 0.1 * (scaled(g) + 0.2 * w)
    return w * (1 - 0.1 * 0.3) + 0.1 * np.sign(m), m


def adam(w, g, m, v):
    g = scaled(g, 0.2 * w)
    m, v = mean(m, g, 0.8), mean(v, g**2, 0.95)
    return w - 0.1 * m / (v**0.5 + 1e-3), m, v


def rmsprop(w, g, n):
    g = scaled(g, 0.2 * w)
    n = mean(n, g**2, 0.8)
    return np.clip(w - 0.1 * g / (n + 1e-3) ** 0.5, -1.2, 1.2), n


def centred_rmsprop(w, g, n, a, d):
    g = scaled(g, 0.2 * w)
    n, a = mean(n, g**2, 0.8), mean(a, g, 0.8)
    d = 0.7 * d - 0.1 * g / (n - a**2 + 1e-3) ** 0.5
    return w + d, n, a, d


def ftrl(w, g, z, n):
    g = scaled(g)
    z = z + g - ((n + g**2) ** 0.5 - n**0.5) / 0.1 * w
    n = n + g**2
    active = np.abs(z) > 0.5
    return np.where(active, -(z - 0.5 * np.sign(z)) / ((1.5 + n**0.5) / 0.1 + 0.2), 0), z, n


def ftml(w, g, d, v, z):
    g = scaled(g, 0.2 * w)
    v = mean(v, g**2, 0.9)
    new = (1 - 0.6**3) / 0.1 * ((v / (1 - 0.9**3)) ** 0.5 + 1e-3)
    z = mean(z, g, 0.6) - (new - 0.6 * d) * w
    return -z / new, new, v, z


def adagrad(w, g, h):
    h = h + scaled(g) ** 2
    return w - 0.1 * (scaled(g) / (h + 1e-3) ** 0.5 + 0.2 * w), h


def group_adagrad(w, g, h):
    h = h + np.stack([[np.mean(row**2)] for row in scaled(g)])
    return w - 0.1 * scaled(g) / (h + 1e-3) ** 0.5, h


def direction(w, g, m, v, t=3, wd=0.2):
    m, v = mean(m, scaled(g), 0.8), mean(v, scaled(g) ** 2, 0.95)
    return m / (1 - 0.8**t) / ((v / (1 - 0.95**t)) ** 0.5 + 1e-3) + wd * w, m, v


def along(w, q, r1, r2):
    return (w - 0.1 * float(np.clip(r1, 0.2, 0.9)[0] / r2[0]) * q,)


def lamb(w, g, m, v, t, lr, wd):
    q, m, v = direction(w, g, m, v, t, wd)
    return w - lr * np.linalg.norm(w) / np.linalg.norm(q) * q, m, v


def adamw(w, g, m, v, r, lr=0.1, wd=0.2, eta=0.5):
    g = scaled(g, rescale=r[0])
    m, v = mean(m, g, 0.8), mean(v, g**2, 0.95)
    return w - eta * (lr * m / (v**0.5 + 1e-3) + wd * w), m, v


NORM = Arr((1,), 0.3, 1.5)
BETAS = {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}
PHASE1 = {**BETAS, "t": 3, "wd": 0.2, **SCALING}
PHASE2 = {"lr": 0.1, "lower_bound": 0.2, "upper_bound": 0.9}
ADAMW = {**BETAS, **RATES, "eta": 0.5, "clip_gradient": 0.4}
MOMENTUM = {**RATES, **SCALING, "momentum": 0.9}

ONE_WEIGHT = [
    ("sgd_update", sgd, [], {**RATES, **SCALING}),
    ("sgd_mom_update", momentum, [STATE], MOMENTUM),
    ("nag_mom_update", nesterov, [STATE], MOMENTUM),
    ("signsgd_update", signsgd, [], {**RATES, **SCALING}),
    ("signum_update", signum, [STATE], {**MOMENTUM, "wd_lh": 0.3}),
    ("adam_update", adam, [STATE, SQUARES], {**RATES, **SCALING, **BETAS}),
    (
        "rmsprop_update",
        rmsprop,
        [SQUARES],
        {**RATES, **SCALING, "gamma1": 0.8, "epsilon": 1e-3, "clip_weights": 1.2},
    ),
    (
        "rmspropalex_update",
        centred_rmsprop,
        [Arr((2, 3), 1.0, 2.0), Arr((2, 3), -0.5, 0.5), STATE],
        {**RATES, **SCALING, "gamma1": 0.8, "gamma2": 0.7, "epsilon": 1e-3},
    ),
    ("ftrl_update", ftrl, [STATE, SQUARES], {**RATES, **SCALING, "lamda1": 0.5, "beta": 1.5}),
    (
        "ftml_update",
        ftml,
        [SQUARES, SQUARES, STATE],
        {**RATES, "beta2": 0.9, "epsilon": 1e-3, "t": 3, "rescale_grad": 0.5, "clip_grad": 0.4},
    ),
    ("_sparse_adagrad_update", adagrad, [SQUARES], {**RATES, **SCALING, "epsilon": 1e-3}),
    (
        "_contrib_group_adagrad_update",
        group_adagrad,
        [Arr((2, 1), 0.2, 1.5)],
        {"lr": 0.1, **SCALING, "epsilon": 1e-3},
    ),
    ("lamb_update_phase1", direction, [STATE, SQUARES], PHASE1),
    ("lamb_update_phase2", along, [NORM, NORM], PHASE2),
    ("_adamw_update", adamw, [STATE, SQUARES, single(NORM)], ADAMW),
]
"""Operators of one weight without a master: name, formula, inputs behind the gradient, parameters."""


def _last(formula):
    return lambda *given: formula(*given)[0]


def _states(formula):
    return lambda *given: tuple(formula(*given)[1:])


CASES = [
    Case(op, [WEIGHT, GRAD, *states], params, expect=_last(formula), left=_states(formula), wrt=())
    for op, formula, states, params in ONE_WEIGHT
]

# -- with a master: the float32 master is what counts -------------------------------------------------------


def with_master(formula):
    """Return the formula that starts from a master, given last, and leaves the new weight there."""

    def run(w, g, *rest):
        *states, master = rest
        new, *after = formula(master, g, *states)
        return (new, *after, new)

    return run


def adamw_with_master(w, g, m, v, master, r):
    new, m, v = adamw(master, g, m, v, r)
    return new, m, v, new


def direction_of_master(w, g, m, v, master):
    return direction(master, g, m, v)


def along_with_master(w, q, r1, r2, master):
    (new,) = along(master, q, r1, r2)
    return new, new


CASES += [
    Case(op, [WEIGHT, *inputs], params, expect=_last(formula), left=_states(formula), wrt=())
    for op, formula, inputs, params in [
        ("mp_sgd_update", with_master(sgd), [GRAD, single(WEIGHT)], {**RATES, **SCALING}),
        ("mp_sgd_mom_update", with_master(momentum), [GRAD, single(STATE), single(WEIGHT)], MOMENTUM),
        (
            "mp_nag_mom_update",
            with_master(nesterov_in_place),
            [GRAD, single(STATE), single(WEIGHT)],
            MOMENTUM,
        ),
        (
            "mp_lamb_update_phase1",
            direction_of_master,
            [GRAD, single(STATE), single(SQUARES), single(WEIGHT)],
            PHASE1,
        ),
        (
            "mp_lamb_update_phase2",
            along_with_master,
            [single(GRAD), single(NORM), single(NORM), single(WEIGHT)],
            PHASE2,
        ),
        (
            "_mp_adamw_update",
            adamw_with_master,
            [GRAD, single(STATE), single(SQUARES), single(WEIGHT), single(NORM)],
            ADAMW,
        ),
    ]
]

# -- several weights ----------------------------------------------------------------------------------------

SHAPES = [(2, 3), (4,)]
LRS, WDS, ETAS, STEPS = (0.1, 0.3), (0.2, 0.05), (0.5, 1.5), (3, 1)


def several(formula, size, own, master=False, extra=0):
    """Return the formula over groups of ``size`` arrays, with the arguments ``own(i)`` for weight i."""

    def run(*given):
        shared = given[len(given) - extra :]
        results, left = [], []
        for i in range(len(SHAPES)):
            weight, *rest = given[i * size : (i + 1) * size]
            if master:
                weight = rest.pop()
            new, *after = formula(weight, *rest, **own(i, *shared))
            results.append(new)
            left += [*after, new] if master else after
        return tuple(results), tuple(left)

    return run


def groups(*roles, master=False):
    """Return the inputs of all weights."""
    inputs = []
    for shape in SHAPES:
        for position, role in enumerate(roles):
            array = Arr(shape, role.low, role.high)
            inputs.append(single(array) if master and position > 1 else array)
        inputs += [single(Arr(shape))] if master else []
    return inputs


def rates(i):
    return {"lr": LRS[i], "wd": WDS[i]}


def loaded(i, lrs, wds):
    return {"lr": lrs[i], "wd": wds[i]}


def adamw_rates(i, r):
    return {**rates(i), "eta": ETAS[i], "r": r}


def lamb_rates(i):
    return {**rates(i), "t": STEPS[i]}


LISTS = {"lrs": LRS, "wds": WDS, "num_weights": 2}
ARRAYS = [single(Arr((2,), 0.1, 0.3)), single(Arr((2,), 0.1, 0.3))]
LAMBS = {"learning_rates": LRS, "wds": WDS, "step_count": STEPS, "num_tensors": 2, **BETAS, **SCALING}
ADAMWS = {**LISTS, **BETAS, "etas": ETAS, "clip_gradient": 0.4}

SEVERAL = []
for _mp, _word in ((False, ""), (True, "mp_")):
    SEVERAL += [
        (f"multi_{_word}sgd_update", sgd, [WEIGHT, GRAD], rates, [], {**LISTS, **SCALING}, _mp),
        (
            f"multi_{_word}sgd_mom_update",
            momentum,
            [WEIGHT, GRAD, STATE],
            rates,
            [],
            {**LISTS, **SCALING, "momentum": 0.9},
            _mp,
        ),
        (
            f"preloaded_multi_{_word}sgd_update",
            sgd,
            [WEIGHT, GRAD],
            loaded,
            ARRAYS,
            {**SCALING, "num_weights": 2},
            _mp,
        ),
        (
            f"preloaded_multi_{_word}sgd_mom_update",
            momentum,
            [WEIGHT, GRAD, STATE],
            loaded,
            ARRAYS,
            {**SCALING, "momentum": 0.9, "num_weights": 2},
            _mp,
        ),
        (
            f"_multi_{_word}adamw_update",
            adamw,
            [WEIGHT, GRAD, STATE, SQUARES],
            adamw_rates,
            [single(NORM)],
            ADAMWS,
            _mp,
        ),
        (f"_multi_{_word}lamb_update", lamb, [WEIGHT, GRAD, STATE, SQUARES], lamb_rates, [], LAMBS, _mp),
    ]


def _case(op, formula, roles, own, extra, params, master):
    run = several(formula, len(roles) + master, own, master, len(extra))
    return Case(
        op,
        [*groups(*roles, master=master), *extra],
        params,
        expect=lambda *given: run(*given)[0],
        left=lambda *given: run(*given)[1],
        wrt=(),
    )


CASES += [_case(*row) for row in SEVERAL]

# -- questions about many arrays ----------------------------------------------------------------------------

CASES += [
    Case(
        "multi_lars",
        [
            Arr((3,), 0.1, 0.3),
            Arr((3,), values=[4.0, 0.0, 9.0]),
            Arr((3,), values=[1.0, 1.0, 0.0]),
            Arr((3,), 0.1, 0.3),
        ],
        {"eta": 0.5, "eps": 0.01, "rescale_grad": 0.25},
        expect=lambda lrs, w, g, wds: lrs * [0.5 * 2 / (0.25 * 1 + wds[0] * 2 + 0.01), 1, 1],
        wrt=(),
    ),
    Case(
        "multi_sum_sq",
        [Arr((2, 3)), Arr((4,))],
        {"num_arrays": 2},
        expect=lambda *arrays: np.float32([np.sum(array**2) for array in arrays]),
        wrt=(),
        dtypes=("float32", "float16"),
    ),
    Case("all_finite", [Arr((2, 3))], {}, expect=lambda x: np.ones(1), wrt=()),
    Case(
        "all_finite",
        [Arr((2,), values=[1.0, np.inf])],
        {},
        expect=lambda x: np.zeros(1),
        wrt=(),
        note="infinity",
    ),
    Case(
        "multi_all_finite", [Arr((2, 3)), Arr((4,))], {"num_arrays": 2}, expect=lambda *x: np.ones(1), wrt=()
    ),
    Case(
        "multi_all_finite",
        [Arr((2, 3)), Arr((2,), values=[np.nan, 1.0])],
        {"num_arrays": 2},
        expect=lambda *x: np.zeros(1),
        wrt=(),
        note="not a number",
    ),
    Case(
        "reset_arrays",
        [Arr((2, 3)), Arr((4,), 0, 9, "int32")],
        {"num_arrays": 2},
        expect=lambda *x: (),
        left=lambda x, y: (0 * x, 0 * y),
        wrt=(),
    ),
]
