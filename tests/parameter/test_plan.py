"""Plans: what an operation over many parameters touches."""

from __future__ import annotations

import numpy as np

import gluonish as mx
from gluonish.gluon import Parameter, ParameterDict, Trainer
from gluonish.parameter.plan import Plan
from parameter.helpers import backward, make_params, values


def plan_of(params, names=None):
    return Plan([params[name].core for name in names or params])


def test_a_network_initialized_together_is_one_run(two):
    (piece,) = plan_of(make_params([(3,)] * 10, two)).pieces
    assert len(piece.runs) == 1
    assert len(piece.indices) == 10


def test_part_of_a_slab_is_covered_by_runs():
    params = make_params([(3,)] * 6)
    (piece,) = plan_of(params, ["p1", "p2", "p4"]).pieces
    assert [(run.first, run.last) for run in piece.runs] == [(1, 3), (4, 5)]


def test_zeroing_part_of_a_slab_leaves_the_rest():
    params = make_params([(3,)] * 4)
    backward(params)
    plan_of(params, ["p1", "p3"]).zero_gradients()
    zeroed = {name: not p.grad().asnumpy().any() for name, p in params.items()}
    assert zeroed == {"p0": False, "p1": True, "p2": False, "p3": True}


def test_a_plan_is_current_until_something_about_its_parameters_changes(two):
    def changes(change):
        params = make_params([(3,)] * 3, two)
        plan = plan_of(params)
        assert plan.is_current()
        change(params)
        return not plan.is_current()

    assert changes(lambda params: setattr(params["p1"], "lr_mult", 2.0))
    assert changes(lambda params: setattr(params["p1"], "wd_mult", 2.0))
    assert changes(lambda params: setattr(params["p1"], "grad_req", "null"))
    assert changes(lambda params: params["p1"].cast("float16"))
    assert changes(lambda params: params["p1"].reset_ctx(mx.cpu(3)))
    assert changes(lambda params: params.initialize(force_reinit=True))
    assert not changes(lambda params: params["p1"].set_data(np.ones(3)))
    assert not changes(lambda params: setattr(params["p1"], "grad_req", "add"))


def test_a_plan_with_a_pending_parameter_is_out_of_date_once_it_is_ready():
    params = ParameterDict()
    parameter = params.get("w", shape=(2, 0), allow_deferred_init=True)
    params.initialize()
    plan = Plan([parameter.core])
    assert plan.pending == [parameter.core]
    assert plan.is_current()
    parameter.shape = (2, 3)
    params.initialize()
    assert not plan.is_current()


def test_a_trainer_gathers_parameters_that_were_initialized_one_by_one():
    params = ParameterDict()
    for i in range(20):
        parameter = Parameter(f"p{i:02d}", shape=(i + 1,))
        parameter.initialize()
        params.add(parameter.name, parameter)
    before = values(params)
    arrays = [p.data() for p in params.values()]
    backward(params)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.0})
    trainer.step(1)
    assert len({p.core.ready().group for p in params.values()}) == 1
    assert all(p.data() is a for p, a in zip(params.values(), arrays, strict=True))
    for name, value in values(params).items():
        np.testing.assert_array_equal(value, before[name])


def test_trainers_over_parts_of_a_network_get_groups_of_their_own_and_keep_them():
    params = make_params([(3,)] * 6)
    body = Trainer([params[f"p{i}"] for i in (0, 2, 4)], "sgd", {"learning_rate": 0.1})
    head = Trainer([params[f"p{i}"] for i in (1, 3, 5)], "adam", {"learning_rate": 0.1})
    for _ in range(2):
        backward(params)
        body.step(1)
        head.step(1)
    layout = [p.core.ready().group for p in params.values()]
    assert len(set(layout)) == 2
    backward(params)
    body.step(1)
    head.step(1)
    assert [p.core.ready().group for p in params.values()] == layout


def test_trainers_that_overlap_settle_on_a_partition():
    params = make_params([(3,)] * 4)
    everything = Trainer(params, "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    part = Trainer([params["p2"]], "sgd", {"learning_rate": 0.1, "momentum": 0.5})
    for _ in range(2):
        backward(params)
        everything.step(1)
        backward(params)
        part.step(1, ignore_stale_grad=True)
    layout = [p.core.ready().group for p in params.values()]
    for _ in range(3):
        backward(params)
        everything.step(1)
        backward(params)
        part.step(1, ignore_stale_grad=True)
    assert [p.core.ready().group for p in params.values()] == layout


def test_interleaved_networks_do_not_disturb_each_other():
    first, second = ParameterDict(), ParameterDict()
    for i in range(5):
        for params in (first, second):
            params.get(f"p{i}", shape=(4,)).initialize(mx.init.One())
    trainers = [Trainer(params, "sgd", {"learning_rate": 0.5}) for params in (first, second)]
    backward(first)
    trainers[0].step(1)
    assert all((v == 0.5).all() for v in values(first).values())
    assert all((v == 1).all() for v in values(second).values())
    backward(second)
    trainers[1].step(1)
    assert all((v == 0.5).all() for v in values(second).values())
