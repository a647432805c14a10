"""Slots: what trainers keep follows the parameters, and mirrors of their values stay true."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import gluonish as mx
from gluonish.gluon import Trainer
from gluonish.parameter import lifecycle
from gluonish.parameter.slots import SlotSet
from gluonish.parameter.step import set_fresh
from parameter.helpers import backward, make_params, values

HALF = ["float16", "bfloat16"]
SHAPES = [(3, 4), (70,), (2, 2)]
MIXED = {"learning_rate": 0.1, "momentum": 0.9, "multi_precision": True}


class Policy:
    """Wants a zeroed sum in single precision, and a copy of the values that follows them."""

    def __init__(self, everywhere=True, names=("sum", "copy"), start="weight"):
        self.everywhere = everywhere
        self.names = names
        self.start = start

    def slot_names(self, dtype):
        return {name: self.start if name == "copy" else "zeros" for name in self.names}

    def slot_dtype(self, dtype):
        return np.dtype("float32")


def group_of(params):
    return params["p0"].core.ready().group


def slots_of(trainer, parameter):
    """Return a parameter's slots by name, on the first context, and how often it was updated."""
    state = parameter.core.ready()
    slots = state.group.slots[trainer._key]
    arrays = {
        name: slots.piece(name, state.index, parameter.shape, state.contexts[0].place)[0].copy()
        for name in slots.arrays
    }
    return arrays, int(slots.counts[state.index])


def train(params, trainer, steps=1, contexts=(None,), scale=1.0):
    for _ in range(steps):
        for ctx in contexts:
            backward(params, ctx, scale)
        trainer.step(1)


def assert_same_slots(first, second):
    assert first[1] == second[1]
    assert first[0].keys() == second[0].keys()
    for name, value in first[0].items():
        np.testing.assert_array_equal(value, second[0][name], err_msg=name)


# -- a set --------------------------------------------------------------------------------------------------


def test_slots_have_the_layout_of_the_values(two):
    params = make_params(SHAPES, two)
    group = group_of(params)
    slots = SlotSet(Policy(), group)
    slots.start_missing()
    for name in ("sum", "copy"):
        for ctx in two:
            assert slots.arrays[name][ctx].shape == group.data[ctx].flat.shape
    np.testing.assert_array_equal(slots.arrays["copy"][two[1]], group.data[two[1]].flat)
    assert not slots.arrays["sum"][two[0]].any()


def test_slots_are_kept_for_every_replica_or_for_the_first(two):
    group = group_of(make_params(SHAPES, two))
    everywhere, first = SlotSet(Policy(everywhere=True), group), SlotSet(Policy(everywhere=False), group)
    assert list(everywhere.arrays["sum"]) == two
    assert list(first.arrays["sum"]) == two[:1]
    assert everywhere.nbytes == 2 * first.nbytes == 2 * 2 * 4 * group.size


def test_a_set_fits_until_the_policy_wants_something_else(two):
    policy = Policy()
    slots = SlotSet(policy, group_of(make_params(SHAPES, two)))
    assert slots.fits()
    policy.everywhere = False
    assert not slots.fits()
    policy.everywhere, policy.names = True, ("sum",)
    assert not slots.fits()


def test_an_optimizer_that_keeps_nothing_has_no_memory():
    params = make_params(SHAPES)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1})
    train(params, trainer)
    assert group_of(params).slots[trainer._key].nbytes == 0
    assert slots_of(trainer, params["p0"]) == ({}, 1)


def test_saved_slots_are_restored_everywhere(two):
    params = make_params(SHAPES, two, dtype="float16")
    slots = SlotSet(Policy(), group_of(params))
    copy = params["p1"].data(two[0]).asnumpy().astype("float32") * np.float32(1 + 2**-13)
    slots.restore(1, {"sum": np.arange(70, dtype="float32"), "copy": copy}, 9)
    assert slots.counts.tolist() == [0, 9, 0]
    for ctx in two:
        np.testing.assert_array_equal(slots.piece("sum", 1, (70,), ctx)[0], np.arange(70))
        np.testing.assert_array_equal(slots.piece("copy", 1, (70,), ctx)[0], copy)


def test_a_saved_master_that_is_not_the_values_is_passed_over():
    params = make_params(SHAPES, dtype="float16")
    slots = SlotSet(Policy(), group_of(params))
    slots.restore(1, {"sum": np.ones(70, "float32"), "copy": np.full(70, 5, "float32")}, 1)
    copy, _ = slots.piece("copy", 1, (70,), mx.cpu(0))
    np.testing.assert_array_equal(copy, params["p1"].data().asnumpy())


def test_a_copy_that_goes_its_own_way_is_neither_renewed_nor_refused():
    """What starts as a copy of the values, but is no mirror of them."""
    params = make_params(SHAPES)
    group = group_of(params)
    slots = SlotSet(Policy(start="copy"), group)
    slots.start_missing()
    np.testing.assert_array_equal(slots.arrays["copy"][mx.cpu(0)], group.data[mx.cpu(0)].flat)
    before = slots.arrays["copy"][mx.cpu(0)].copy()
    params["p1"].set_data(np.zeros(70))
    slots.renew_mirrors(0, 3, mx.cpu(0))
    np.testing.assert_array_equal(slots.arrays["copy"][mx.cpu(0)], before)
    slots.restore(1, {"sum": np.ones(70, "float32"), "copy": np.full(70, 5, "float32")}, 1)
    assert (slots.piece("copy", 1, (70,), mx.cpu(0))[0] == 5).all()


def test_a_parameter_that_comes_later_gets_a_copy_of_its_own_values():
    params = make_params(SHAPES)
    trainer = Trainer({name: params[name] for name in ("p0", "p1")}, "dcasgd", {"learning_rate": 0.1})
    params["p1"].grad_req = "null"
    train({"p0": params["p0"]}, trainer)
    params["p1"].grad_req = "write"
    value = params["p1"].data().asnumpy()
    train({"p0": params["p0"], "p1": params["p1"]}, trainer)
    np.testing.assert_array_equal(slots_of(trainer, params["p1"])[0]["prev"], value)


# -- following ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("central", [True, False])
def test_slots_follow_to_other_contexts_bit_for_bit(central, two):
    params = make_params(SHAPES, two)
    trainer = Trainer(params, "adam", {"learning_rate": 0.1}, update_on_kvstore=central)
    train(params, trainer, 3, two)
    before = {name: slots_of(trainer, p) for name, p in params.items()}
    for contexts in ([mx.cpu(2)], [mx.cpu(3), mx.cpu(0), mx.cpu(1)], two):
        params.reset_ctx(contexts)
        for name, parameter in params.items():
            assert_same_slots(slots_of(trainer, parameter), before[name])


def test_slots_follow_when_memory_is_repacked():
    params = make_params(SHAPES)
    trainer = Trainer(params, "adam", {"learning_rate": 0.1})
    train(params, trainer, 3)
    before = {name: slots_of(trainer, p) for name, p in params.items()}
    lifecycle.repack([params[name].core for name in ("p2", "p0", "p1")])
    for name, parameter in params.items():
        assert_same_slots(slots_of(trainer, parameter), before[name])


def test_slots_follow_a_frozen_parameter_and_come_back_with_it():
    params = make_params(SHAPES)
    trainer = Trainer(params, "adam", {"learning_rate": 0.1})
    train(params, trainer, 3)
    before = slots_of(trainer, params["p1"])
    params["p1"].grad_req = "null"
    train(params, trainer, 2)
    assert_same_slots(slots_of(trainer, params["p1"]), before)
    params["p1"].grad_req = "add"
    assert_same_slots(slots_of(trainer, params["p1"]), before)


def test_slots_are_converted_with_their_parameters():
    params = make_params(SHAPES)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    train(params, trainer, 2)
    momentum = slots_of(trainer, params["p0"])[0]["mom"]
    params.cast("float64")
    converted = slots_of(trainer, params["p0"])[0]["mom"]
    assert converted.dtype == np.float64
    np.testing.assert_array_equal(converted, momentum)


def test_slots_too_large_for_the_new_dtype_become_infinite_in_silence():
    params = make_params([(2,)])
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0, "momentum": 0.9})
    train(params, trainer, scale=1e7)
    params.cast("float16")
    assert np.isinf(slots_of(trainer, params["p0"])[0]["mom"]).all()


def test_the_slots_of_two_trainers_follow_side_by_side():
    params = make_params(SHAPES)
    trainers = [Trainer(params, "sgd", {"momentum": 0.9}), Trainer([params["p1"]], "adam")]
    for trainer in trainers:
        backward(params)
        trainer.step(1, ignore_stale_grad=True)
    before = [slots_of(trainer, params["p1"]) for trainer in trainers]
    params.reset_ctx(mx.cpu(2))
    params["p1"].grad_req = "null"
    for trainer, slots in zip(trainers, before, strict=True):
        assert_same_slots(slots_of(trainer, params["p1"]), slots)


def test_slots_of_a_trainer_that_is_gone_do_not_follow():
    params = make_params(SHAPES)
    trainer = Trainer(params, "sgd", {"momentum": 0.9})
    train(params, trainer)
    del trainer
    gc.collect()
    params.cast("float64")
    assert group_of(params).slots == {}


def test_switching_the_way_to_update_keeps_the_momentum(two, monkeypatch):
    """Slots of the first replica become slots of all, and back."""
    results = []
    for switch in (True, False):
        mx.random.seed(3)
        params = make_params(SHAPES, two, dtype="float16")
        trainer = Trainer(params, "sgd", MIXED)
        for way in ("1", "0", "1") if switch else ("1", "1", "1"):
            monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", way)
            params["p0"].lr_mult = 1.0  # has the trainer look again
            train(params, trainer, 2, two)
        results.append((values(params, two[1]), slots_of(trainer, params["p1"])))
    for name in results[0][0]:
        np.testing.assert_array_equal(results[0][0][name], results[1][0][name])
    assert_same_slots(results[0][1], results[1][1])


def test_replicas_with_slots_of_their_own_keep_them_apart(two):
    params = make_params([(4,), (3,)], two)
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0, "momentum": 0.5}, update_on_kvstore=False)
    for ctx, gradient in zip(two, (1.0, 2.0), strict=True):
        for parameter in params.values():
            parameter.grad(ctx)[:] = gradient
            set_fresh(parameter.grad(ctx), fresh=True)
    trainer.update(1)
    lifecycle.repack([params["p1"].core, params["p0"].core])
    params.reset_ctx([two[1], two[0], mx.cpu(2)])
    state = params["p0"].core.ready()
    slots = state.group.slots[trainer._key]
    momenta = [slots.piece("mom", state.index, (4,), ctx)[0].tolist() for ctx in state.contexts]
    assert momenta == [[-2.0] * 4, [-1.0] * 4, [-1.0] * 4]


# -- masters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("central", [True, False])
def test_a_move_in_mid_training_loses_nothing_of_the_masters(central, dtype, two):
    """The next steps equal, bit for bit, those of a run that never moved."""
    results = []
    for moves in (True, False):
        mx.random.seed(3)
        params = make_params(SHAPES, two, dtype=dtype)
        trainer = Trainer(params, "sgd", MIXED, update_on_kvstore=central)
        train(params, trainer, 3, two)
        if moves:
            params.reset_ctx(mx.cpu(5))
            params.reset_ctx(two)
        train(params, trainer, 3, two)
        results.append((values(params, two[1]), slots_of(trainer, params["p1"])))
    for name in results[0][0]:
        np.testing.assert_array_equal(results[0][0][name], results[1][0][name])
    assert_same_slots(results[0][1], results[1][1])


@pytest.mark.parametrize("dtype", HALF)
def test_a_cast_to_half_precision_keeps_the_values_as_masters(dtype):
    params = make_params(SHAPES)
    trainer = Trainer(params, "sgd", MIXED)
    train(params, trainer, 2)
    before = values(params)
    params.cast(dtype)
    for name, parameter in params.items():
        np.testing.assert_array_equal(slots_of(trainer, parameter)[0]["master"], before[name])


def test_a_cast_between_half_precisions_keeps_the_masters():
    params = make_params(SHAPES, dtype="float16")
    trainer = Trainer(params, "sgd", MIXED)
    train(params, trainer, 2)
    before = slots_of(trainer, params["p1"])
    params.cast("bfloat16")
    assert_same_slots(slots_of(trainer, params["p1"]), before)


def test_a_cast_away_from_half_precision_drops_the_masters():
    params = make_params(SHAPES, dtype="float16")
    trainer = Trainer(params, "sgd", MIXED)
    train(params, trainer, 2)
    params.cast("float32")
    assert list(slots_of(trainer, params["p1"])[0]) == ["mom"]


WRITES = {
    "set_data": lambda p: p.set_data(np.full(70, 3.0)),
    "slice": lambda p: p.data(mx.cpu(0)).__setitem__(slice(None), 3.0),
    "load": lambda p: lifecycle.load([(p.core, np.full(70, 3.0, "float16"))], None),
    "through a detached array": lambda p: p.data(mx.cpu(0)).detach().__setitem__(slice(None), 3.0),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("frozen", [False, True])
def test_what_writes_the_values_renews_the_master_at_the_next_step(write, frozen):
    params = make_params(SHAPES, dtype="float16")
    trainer = Trainer(params, "sgd", {"learning_rate": 0.25, "multi_precision": True})
    train(params, trainer, 2)
    if frozen:
        params["p1"].grad_req = "null"
    WRITES[write](params["p1"])
    if frozen:
        params["p1"].grad_req = "write"
    train(params, trainer, scale=0.5)
    assert (params["p1"].data().asnumpy() == 3 - 0.25 * 1.5).all()
    assert (slots_of(trainer, params["p1"])[0]["master"] == 3 - 0.25 * 1.5).all()


@pytest.mark.parametrize("move", ["reset_ctx", "repack", "cast"])
def test_values_written_just_before_a_move_are_the_master_after_it(move):
    params = make_params(SHAPES, dtype="float16")
    trainer = Trainer(params, "sgd", {"learning_rate": 0.25, "multi_precision": True})
    train(params, trainer, 2)
    params["p1"].set_data(np.full(70, 3.0))
    if move == "reset_ctx":
        params.reset_ctx(mx.cpu(1))
    elif move == "repack":
        lifecycle.repack([params[name].core for name in ("p2", "p0", "p1")])
    else:
        params.cast("bfloat16")
    assert (slots_of(trainer, params["p1"])[0]["master"] == 3).all()


def test_the_master_of_averaged_replicas_is_their_mean(two):
    params = make_params(SHAPES, two, dtype="float16")
    trainer = Trainer(params, "sgd", MIXED)
    train(params, trainer, 2, two)
    params["p1"].data(two[1])[:] = 5.0
    params.reset_ctx(mx.cpu(2))
    mean = params["p1"].data().asnumpy()
    np.testing.assert_array_equal(slots_of(trainer, params["p1"])[0]["master"], mean)


def test_one_replica_written_by_hand_renews_its_own_master_only(two):
    params = make_params([(4,)], two, dtype="float16")
    trainer = Trainer(
        params, "sgd", {"learning_rate": 2**-12, "multi_precision": True}, update_on_kvstore=False
    )
    params["p0"].set_data(np.ones(4))
    train(params, trainer, 2, two)  # the masters are below 1 by less than half precision sees
    params["p0"].data(two[1])[:] = 2.0
    train(params, trainer, 1, two, scale=0.0)
    state = params["p0"].core.ready()
    masters = state.group.slots[trainer._key].arrays["master"]
    kept = state.group.piece(masters[two[0]], state.index, (4,))
    assert (kept < 1).all()
    assert (params["p0"].data(two[0]).asnumpy() == np.float16(kept)).all()
    assert (state.group.piece(masters[two[1]], state.index, (4,)) == 2).all()


def test_another_trainers_step_renews_the_master():
    params = make_params([(4,)], dtype="float16")
    params["p0"].set_data(np.ones(4))
    mixed = Trainer(params, "sgd", {"learning_rate": 0.5, "multi_precision": True})
    other = Trainer(params, "sgd", {"learning_rate": 0.5})
    train(params, mixed)
    train(params, other)
    train(params, mixed)
    assert params["p0"].data().asnumpy().tolist() == [0.125] * 4
