"""Contracts over the table of optimizers, under a Trainer: contexts, moves, casts, files."""

from __future__ import annotations

import numpy as np
import pytest
from optimizer.helpers import EVERY, gradients_of, make, options, parameters, step

import gluonish as mx
from gluonish.gluon import Trainer

every_name = pytest.mark.parametrize("name", EVERY)


def prepared(name, dtype="float32", ctx=None, **arguments):
    """Return parameters that an optimizer of the table can update, a Trainer and gradients for six steps."""
    mx.random.seed(3)
    trainer_arguments = {key: arguments.pop(key) for key in ("update_on_kvstore",) if key in arguments}
    shapes = [(3, 4), (2, 2), (5, 1)] if name == "groupadagrad" else [(3, 4), (5,), (), (2, 2)]
    params = parameters(dtype, ctx, shapes)
    if name != "groupadagrad":
        params[1].lr_mult, params[3].wd_mult = 0.5, 2.0
    trainer = Trainer(params, make(EVERY[name], **options(name, **arguments)), **trainer_arguments)
    return params, trainer, gradients_of(params, 6)


def values(params, ctx=None):
    return [parameter.data(ctx).asnumpy().astype("float64") for parameter in params]


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_near(first, second, tolerance):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


# -- contexts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("central", [True, False])
@every_name
def test_replicas_with_half_the_gradient_each_go_where_one_goes_with_all_of_it(name, central, two):
    alone, trainer, gradients = prepared(name)
    for each in gradients[:3]:
        step(alone, trainer, each)
    replicated, trainer, _ = prepared(name, ctx=two, update_on_kvstore=central)
    for each in gradients[:3]:
        step(replicated, trainer, [gradient / 2 for gradient in each])
    for ctx in two:
        assert_same(values(replicated, ctx), values(alone))
    assert trainer.optimizer.num_update == 3


@every_name
def test_moving_to_other_contexts_and_back_changes_nothing(name, two):
    results = []
    for moves in (True, False):
        params, trainer, gradients = prepared(name, ctx=two)
        for i, each in enumerate(gradients):
            if moves and i == 2:
                trainer.reset_ctx(mx.cpu(4))
            if moves and i == 4:
                trainer.reset_ctx([mx.cpu(5), mx.cpu(6), mx.cpu(7)])
                trainer.reset_ctx(two)
            factor = 2 / len(params[0].list_ctx())
            step(params, trainer, [gradient * factor for gradient in each])
        results.append(values(params, two[1]))
    assert_same(*results)


# -- element types ------------------------------------------------------------------------------------------

SIGNS = ("signum", "signum-decay", "signsgd")
"""Names of optimizers for which a rounding error can turn a step around."""


@pytest.mark.parametrize("name", [name for name in EVERY if name not in SIGNS])
def test_a_cast_to_double_precision_keeps_the_state(name):
    results = []
    for dtype in ("float32", "float64"):
        params, trainer, gradients = prepared(name)
        for i, each in enumerate(gradients):
            if i == 3:
                trainer.cast(dtype)
            step(params, trainer, each)
        results.append(values(params))
    assert_near(*results, 2e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", [name for name in EVERY if name not in SIGNS])
def test_a_cast_to_half_precision_and_back_keeps_the_state(name, dtype):
    results = []
    for between in ("float32", dtype):
        params, trainer, gradients = prepared(name, multi_precision=True)
        for i, each in enumerate(gradients):
            if i in (2, 4):
                trainer.cast(between if i == 2 else "float32")
            step(params, trainer, each)
        results.append(values(params))
    assert_near(*results, 2e-2 if dtype == "float16" else 2e-1)


@pytest.mark.filterwarnings("ignore:accumulating in half precision")
@pytest.mark.parametrize("masters", [True, False])
@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("ftrl", "ftml", "rmsprop-clipped")])
def test_what_a_program_writes_is_not_undone(name, masters):
    """Neither by a master nor by a copy. Those left out compute the weight from sums, or clip it."""
    params, trainer, gradients = prepared(name, "float16", multi_precision=masters)
    step(params, trainer, gradients[0])
    params[0].set_data(np.full(params[0].shape, 16.0))
    for each in gradients[1:3]:
        step(params, trainer, each)
    assert np.abs(values(params)[0] - 16).max() < 8


# -- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "masters"), [("float32", False), ("float16", True), ("bfloat16", True)])
@every_name
def test_saved_states_go_on_on_another_context(name, dtype, masters, tmp_path):
    params, trainer, gradients = prepared(name, dtype, multi_precision=masters)
    for each in gradients[:3]:
        step(params, trainer, each)
    trainer.save_states(tmp_path / "trainer.states")
    before = values(params)
    others, fresh, _ = prepared(name, dtype, mx.cpu(2), multi_precision=masters)
    for parameter, value in zip(others, before, strict=True):
        parameter.set_data(mx.nd.array(value, dtype=dtype))
    fresh.load_states(tmp_path / "trainer.states")
    for each in gradients[3:]:
        step(params, trainer, each)
        step(others, fresh, each)
    assert fresh.optimizer.num_update == trainer.optimizer.num_update == 6
    assert_same(values(others), values(params))


@every_name
def test_states_can_be_saved_before_the_first_step(name, tmp_path):
    params, trainer, gradients = prepared(name)
    trainer.save_states(tmp_path / "trainer.states")
    expected, fresh, _ = prepared(name)
    fresh.load_states(tmp_path / "trainer.states")
    for each in gradients[:2]:
        step(params, trainer, each)
        step(expected, fresh, each)
    assert_same(values(params), values(expected))
