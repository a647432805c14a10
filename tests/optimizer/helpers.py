"""One parameter under several updates, and the table of all optimizers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st

import gluonish as mx
from gluonish.gluon import Parameter
from gluonish.parameter.step import set_fresh

WEIGHT = [1.0, -2.0, 0.5, 3.0]
GRADIENTS = [[2.0, -3.0, 0.0, 0.25], [-1.0, 0.5, 4.0, 0.25], [0.125, -6.0, 1.5, -2.0], [3.0, 2.0, -0.5, 0.0]]
"""What the golden numbers of MXNet 1.9.1 were printed for: one weight, four updates."""

PLAIN = {"learning_rate": 0.1}
FULL = {"learning_rate": 0.1, "wd": 0.1, "rescale_grad": 0.5, "clip_gradient": 1.0}

OPTIMIZERS = {
    "sgd": (mx.optimizer.SGD, {}),
    "sgd-momentum": (mx.optimizer.SGD, {"momentum": 0.9}),
    "nag": (mx.optimizer.NAG, {}),
    "nag-momentum": (mx.optimizer.NAG, {"momentum": 0.9}),
    "signum": (mx.optimizer.Signum, {}),
    "signum-decay": (mx.optimizer.Signum, {"momentum": 0.5, "wd_lh": 0.05}),
    "signsgd": (mx.optimizer.Signum, {"momentum": 0.0}),
    "adam": (mx.optimizer.Adam, {}),
    "adamw": (mx.optimizer.AdamW, {}),
    "adamw-biased": (mx.optimizer.AdamW, {"correct_bias": False}),
    "adamax": (mx.optimizer.Adamax, {}),
    "nadam": (mx.optimizer.Nadam, {"schedule_decay": 0.5}),
    "rmsprop": (mx.optimizer.RMSProp, {}),
    "rmsprop-centered": (mx.optimizer.RMSProp, {"centered": True}),
    "rmsprop-clipped": (mx.optimizer.RMSProp, {"clip_weights": 1.5}),
    "adagrad": (mx.optimizer.AdaGrad, {}),
    "adadelta": (mx.optimizer.AdaDelta, {}),
    "ftrl": (mx.optimizer.Ftrl, {}),
    "ftml": (mx.optimizer.FTML, {}),
    "lamb": (mx.optimizer.LAMB, {}),
    "lamb-bounds": (mx.optimizer.LAMB, {"lower_bound": 0.1, "upper_bound": 1.0}),
    "lars": (mx.optimizer.LARS, {"eta": 0.5}),
    "lars-momentum": (mx.optimizer.LARS, {"eta": 0.5, "momentum": 0.9}),
    "dcasgd": (mx.optimizer.DCASGD, {"lamda": 0.5}),
    "dcasgd-momentum": (mx.optimizer.DCASGD, {"lamda": 0.5, "momentum": 0.9}),
    "lbsgd": (mx.optimizer.LBSGD, {}),
    "lbsgd-momentum": (mx.optimizer.LBSGD, {"momentum": 0.9, "warmup_strategy": "lars"}),
}
"""Every optimizer in every form, as class and arguments, that takes all common options and any shape."""

MATRICES = {"groupadagrad": (mx.optimizer.GroupAdaGrad, {})}
"""Optimizers of matrices without decay."""

ONE_BY_ONE = ("lbsgd", "lbsgd-momentum", "groupadagrad")
"""Those that a Trainer calls parameter by parameter."""

LAYERWISE = ("lamb", "lamb-bounds", "lars", "lars-momentum", "lbsgd-momentum")
"""Those for which one element of a parameter counts for the others."""

EVERY = {**OPTIMIZERS, **MATRICES}


def rows(names):
    """Parametrise a test over rows of the table."""
    return pytest.mark.parametrize("row", [EVERY[name] for name in names], ids=names)


every_optimizer = rows(list(OPTIMIZERS))
flat_optimizer = rows([name for name in OPTIMIZERS if name not in ONE_BY_ONE])
elementwise_optimizer = rows([name for name in OPTIMIZERS if name not in LAYERWISE])


def make(row, **common):
    """Return a new optimizer of a row of the table."""
    kind, own = row
    return kind(**own, **common)


def options(name, **more):
    """Return common options that an optimizer of the table takes all of."""
    return {**FULL, **({"wd": 0.0} if name in MATRICES else {}), **more}


def run(optimizer, dtype="float32", weight=WEIGHT, gradients=GRADIENTS):
    """Return the weight after every update, as rows."""
    w = mx.nd.array(weight, dtype=dtype)
    state = optimizer.create_state_multi_precision(0, w)
    rows = []
    for gradient in gradients:
        optimizer.update_multi_precision(0, w, mx.nd.array(gradient, dtype=dtype), state)
        rows.append(w.asnumpy())
    return np.array(rows)


def assert_golden(optimizer, rows, atol=2e-7):
    """Compare with what MXNet printed, to the rounding of single precision."""
    np.testing.assert_allclose(run(optimizer), rows, rtol=3e-6, atol=atol)


# -- parameters under a Trainer -----------------------------------------------------------------------------

SHAPES = [(3, 4), (5,), (2, 2), ()]


def parameters(dtype="float32", ctx=None, shapes=SHAPES):
    """Return initialised parameters named p0, p1 ..."""
    params = [Parameter(f"p{i}", shape=shape, dtype=dtype) for i, shape in enumerate(shapes)]
    for parameter in params:
        parameter.initialize(mx.init.Normal(1.0), ctx=ctx)
    return params


def gradients_of(params, steps, seed=1):
    """Return gradients for some steps, representable in every dtype, a list per step."""
    random = np.random.default_rng(seed)
    return [[random.integers(-8, 9, p.shape) / 4 for p in params] for _ in range(steps)]


def step(params, trainer, gradients, batch_size=1):
    """Give all replicas one gradient, and step."""
    for parameter, gradient in zip(params, gradients, strict=True):
        for buffer in parameter.list_grad():
            buffer[...] = gradient
            set_fresh(buffer, fresh=True)
    trainer.step(batch_size)


# -- formulas -----------------------------------------------------------------------------------------------

numbers = st.floats(-4, 4, width=32)


@st.composite
def problems(draw):
    """Some weights, gradients for a few updates, and the arguments that all optimizers share."""
    size, steps = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rows = st.lists(numbers, min_size=size, max_size=size)
    arguments = {
        "learning_rate": draw(st.floats(0.001, 0.5)),
        "wd": draw(st.sampled_from([0.0, 0.01, 0.3])),
        "rescale_grad": draw(st.sampled_from([1.0, 0.25, 2.0])),
        "clip_gradient": draw(st.sampled_from([None, 0.5, 2.0])),
    }
    gradients = np.array(draw(st.lists(rows, min_size=steps, max_size=steps)), np.float64)
    return np.array(draw(rows), np.float64), gradients, arguments


def clipped(values, bound):
    """Limit values to +-bound, if there is one."""
    return values if bound is None else np.minimum(np.maximum(values, -bound), bound)


def assert_formula(optimizer, formula, problem, **own):
    """Compare an optimizer in double precision with a formula written on its own.

    Args:
        optimizer: the optimizer.
        formula: a function of weight, gradients, the shared arguments (lr, wd, rescale, clip) and its own.
        problem: what ``problems`` drew.
        own: the optimizer's own arguments.
    """
    weight, gradients, shared = problem
    expected = formula(
        weight,
        gradients,
        lr=shared["learning_rate"],
        wd=shared["wd"],
        rescale=shared["rescale_grad"],
        clip=shared["clip_gradient"],
        **own,
    )
    np.testing.assert_allclose(
        run(optimizer, "float64", weight, gradients)[-1], expected, rtol=1e-9, atol=1e-9
    )
