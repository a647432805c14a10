"""One step over flat memory: blocks, coefficients, and which gradients count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.gluon import Parameter, ParameterDict, Trainer
from gluonish.parameter import step as step_module
from gluonish.parameter.plan import Plan
from gluonish.parameter.step import (
    BLOCK,
    is_fresh,
    reduce_gradients,
    set_fresh,
    stale_gradients,
    sum_of_gradients,
)
from parameter.helpers import backward, make_params, values

SGD = {"learning_rate": 0.25, "momentum": 0.5}


def give(parameter, gradients):
    """Put gradients by context into a parameter's buffers, as a backward pass would; None for none."""
    for ctx, gradient in gradients.items():
        if gradient is not None:
            parameter.grad(ctx)[...] = gradient
            set_fresh(parameter.grad(ctx), fresh=True)


def plan_of(params):
    return Plan([p.core for p in params.values()])


# -- blocks -------------------------------------------------------------------------------------------------


def test_buffers_of_many_blocks_are_updated_to_their_last_element(two):
    sizes = [3 * BLOCK + 17, 5, BLOCK, 2 * BLOCK - 1]
    params = make_params([(size,) for size in sizes], two)
    trainer = Trainer(params, "sgd", SGD)
    expected = {name: value.astype("float64") for name, value in values(params, two[0]).items()}
    momenta = dict.fromkeys(expected, 0.0)
    for _ in range(2):
        for ctx in two:
            backward(params, ctx)
        trainer.step(2)
        for name, value in expected.items():
            momenta[name] = 0.5 * momenta[name] - 0.25 * value
            expected[name] = value + momenta[name]
    for ctx in two:
        for name, value in values(params, ctx).items():
            np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-6)


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=8),
    st.integers(1, 400),
    st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=8, max_size=8),
    st.sampled_from(["sgd", "adam"]),
)
@settings(max_examples=40)
def test_the_size_of_blocks_changes_no_bit(sizes, block, multipliers, optimizer):
    results = []
    before = step_module.BLOCK
    for size in (block, 1 << 20):
        mx.random.seed(1)
        params = make_params([(n,) for n in sizes], [mx.cpu(0), mx.cpu(1)])
        for parameter, multiplier in zip(params.values(), multipliers, strict=False):
            parameter.lr_mult = multiplier
        trainer = Trainer(params, optimizer, {"learning_rate": 0.1, "wd": 0.1})
        try:
            step_module.BLOCK = size
            for _ in range(2):
                for ctx in (mx.cpu(0), mx.cpu(1)):
                    backward(params, ctx)
                trainer.step(1)
        finally:
            step_module.BLOCK = before
        results.append(values(params, mx.cpu(1)))
    for name, value in results[0].items():
        np.testing.assert_array_equal(value, results[1][name])


# -- coefficients -------------------------------------------------------------------------------------------


def test_every_parameter_has_its_own_rate_and_decay_across_blocks():
    params = make_params([(20_000,)] * 5)
    factors = {"p0": (1.0, 1.0), "p1": (2.0, 0.0), "p2": (0.0, 3.0), "p3": (0.5, 1.0), "p4": (1.0, 2.0)}
    for name, (lr_mult, wd_mult) in factors.items():
        params[name].lr_mult, params[name].wd_mult = lr_mult, wd_mult
    before = values(params)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.125, "wd": 0.25})
    backward(params)
    trainer.step(1)
    for name, (lr_mult, wd_mult) in factors.items():
        expected = before[name].astype("float64") * (1 - 0.125 * lr_mult * (1 + 0.25 * wd_mult))
        np.testing.assert_allclose(params[name].data().asnumpy(), expected, rtol=1e-6, atol=1e-9)


def test_parameters_updated_a_different_number_of_times_have_their_own_corrections():
    """Adam's first step has the size of the learning rate, whatever other parameters have been through."""
    params = make_params([(40_000,), (3,), (40_000,)])
    trainer = Trainer(params, "adam", {"learning_rate": 0.125, "epsilon": 1e-12})
    for _ in range(4):
        backward({"p0": params["p0"], "p1": params["p1"]})
        trainer.step(1, ignore_stale_grad=True)
    before = params["p2"].data().asnumpy()
    backward(params)
    trainer.step(1)
    change = params["p2"].data().asnumpy() - before
    np.testing.assert_allclose(change, -0.125 * np.sign(before), rtol=1e-3)
    assert trainer.optimizer.num_update == 5


def test_a_schedule_that_fails_counts_no_update():
    def schedule(count):
        if count == 3:
            raise ZeroDivisionError("no rate for 3")
        return 0.1

    params = make_params([(3,), (4,)])
    trainer = Trainer(params, "sgd", {"lr_scheduler": schedule, "momentum": 0.5})
    for _ in range(2):
        backward(params)
        trainer.step(1)
    backward(params)
    before = values(params)
    with pytest.raises(ZeroDivisionError, match="no rate for 3"):
        trainer.step(1)
    slots = params["p0"].core.ready().group.slots[trainer._key]
    assert slots.counts.tolist() == [2, 2]
    assert all(is_fresh(p.grad()) for p in params.values())
    for name, value in values(params).items():
        np.testing.assert_array_equal(value, before[name])


def test_parameters_of_several_dtypes_are_updated_by_one_trainer(two):
    params = ParameterDict()
    for dtype in ("float16", "float32", "bfloat16", "float64"):
        params.add(dtype, Parameter(dtype, shape=(3,), dtype=dtype, init="ones"))
    params.initialize(ctx=two)
    trainer = Trainer(params, "sgd", {"learning_rate": 0.25, "multi_precision": True})
    for parameter in params.values():
        give(parameter, {two[0]: 1.0, two[1]: 0.5})
    trainer.step(1)
    for parameter in params.values():
        for array in parameter.list_data():
            assert array.astype("float64").asnumpy().tolist() == [1 - 0.25 * 1.5] * 3


# -- which gradients count ----------------------------------------------------------------------------------

freshness = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6)


@given(freshness)
@settings(max_examples=60)
def test_only_fresh_gradients_are_added_and_what_has_none_is_passed_over(pattern):
    contexts = [mx.cpu(i) for i in range(3)]
    params = make_params([(i + 1,) for i in range(len(pattern))], contexts)
    before = values(params, contexts[0])
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0})
    for parameter, fresh in zip(params.values(), pattern, strict=True):
        for number, (ctx, counts) in enumerate(zip(contexts, fresh, strict=True)):
            parameter.grad(ctx)[:] = 2.0**number
            set_fresh(parameter.grad(ctx), fresh=counts)
    trainer.step(1, ignore_stale_grad=True)
    for (name, parameter), fresh in zip(params.items(), pattern, strict=True):
        total = sum(2.0**number for number, counts in enumerate(fresh) if counts)
        for ctx in contexts:
            np.testing.assert_array_equal(parameter.data(ctx).asnumpy(), before[name] - np.float32(total))
            assert not is_fresh(parameter.grad(ctx))
            assert parameter.grad(ctx).asnumpy()[0] == 2.0 ** contexts.index(ctx)
        state = parameter.core.ready()
        assert state.group.slots[trainer._key].counts[state.index] == int(any(fresh))


@given(freshness)
@settings(max_examples=40)
def test_replicas_left_to_themselves_are_passed_over_one_by_one(pattern):
    contexts = [mx.cpu(i) for i in range(3)]
    params = make_params([(i + 1,) for i in range(len(pattern))], contexts)
    before = values(params, contexts[0])
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0}, update_on_kvstore=False)
    for parameter, fresh in zip(params.values(), pattern, strict=True):
        for number, (ctx, counts) in enumerate(zip(contexts, fresh, strict=True)):
            parameter.grad(ctx)[:] = 2.0**number
            set_fresh(parameter.grad(ctx), fresh=counts)
    trainer.update(1, ignore_stale_grad=True)
    for (name, parameter), fresh in zip(params.items(), pattern, strict=True):
        for number, (ctx, counts) in enumerate(zip(contexts, fresh, strict=True)):
            change = np.float32(2.0**number if counts else 0.0)
            np.testing.assert_array_equal(parameter.data(ctx).asnumpy(), before[name] - change)


class OneByOne(mx.optimizer.SGD):
    """SGD, but not on flat arrays, because it replaces update()."""

    def update(self, index, weight, grad, state):
        super().update(index, weight, grad, state)


@pytest.mark.parametrize("kind", [mx.optimizer.SGD, OneByOne])
def test_without_a_store_a_stale_replica_stays_as_it_is(kind, two):
    params = make_params([(3,)], two)
    before = values(params, two[0])["p0"]
    trainer = Trainer(params, kind(learning_rate=1.0, momentum=0.5), kvstore=None)
    params["p0"].grad(two[0])[:] = 9.0
    give(params["p0"], {two[1]: 1.0})
    with pytest.warns(UserWarning, match="the replicas drift apart"):
        trainer.step(1, ignore_stale_grad=True)
    np.testing.assert_array_equal(params["p0"].data(two[0]).asnumpy(), before)
    np.testing.assert_array_equal(params["p0"].data(two[1]).asnumpy(), before - 1)


def test_reducing_replaces_every_gradient_by_the_sum_and_makes_it_fresh(contexts):
    params = make_params([(3,), (2, 2)], contexts)
    for parameter in params.values():
        give(parameter, {ctx: i + 1.0 for i, ctx in enumerate(contexts)})
    reduce_gradients(plan_of(params))
    total = sum(range(1, len(contexts) + 1))
    for parameter in params.values():
        for gradient in parameter.list_grad():
            assert (gradient.asnumpy() == total).all()
            assert is_fresh(gradient)


def test_reducing_fresh_gradients_only_leaves_old_ones_out_and_stale_parameters_alone(two):
    params = make_params([(3,), (2,)], two)
    params["p0"].grad(two[0])[:] = 100.0
    give(params["p0"], {two[1]: 2.0})
    params["p1"].grad(two[0])[:] = 5.0
    reduce_gradients(plan_of(params), only_fresh=True)
    assert [g.asnumpy().tolist() for g in params["p0"].list_grad()] == [[2.0] * 3] * 2
    assert params["p1"].grad(two[0]).asnumpy().tolist() == [5.0] * 2
    assert not is_fresh(params["p1"].grad(two[0]))


def test_reducing_counts_as_writing(two):
    params = make_params([(3,)], two)
    give(params["p0"], dict.fromkeys(two, 1.0))
    x = mx.nd.ones((3,))
    x.attach_grad()
    with mx.autograd.record():
        loss = (x * params["p0"].grad(two[0])).sum()
    reduce_gradients(plan_of(params))
    with pytest.raises(mx.errors.SavedArrayError, match="the gradient of Parameter 'p0'"):
        loss.backward()


def test_stale_gradients_are_listed_by_name_and_context(two):
    params = make_params([(3,), (2,), (1,)], two)
    give(params["p0"], dict.fromkeys(two, 1.0))
    give(params["p2"], {two[1]: 1.0})
    expected = [("p1", two[0]), ("p1", two[1]), ("p2", two[0])]
    assert stale_gradients(plan_of(params)) == expected


def test_sums_come_in_pieces_and_leave_the_gradients_alone(two):
    params = make_params([(BLOCK + 3,), (5,)], two)
    for parameter in params.values():
        give(parameter, {two[0]: 1.0, two[1]: 2.0})
    pieces = list(sum_of_gradients(plan_of(params)))
    assert len(pieces) == 2
    assert sum(float(raw.sum()) for raw, _ in pieces) == 3 * (BLOCK + 8)
    assert params["p1"].grad(two[1]).asnumpy().tolist() == [2.0] * 5


def test_a_covered_part_is_updated_and_the_rest_of_the_slab_is_not():
    params = make_params([(3,)] * 6)
    before = values(params)
    backward(params)
    Trainer([params["p1"], params["p2"], params["p5"]], "sgd", {"learning_rate": 0.5}).step(1)
    for name, value in values(params).items():
        factor = np.float32(0.5 if name in ("p1", "p2", "p5") else 1.0)
        np.testing.assert_array_equal(value, before[name] * factor)


def test_parameters_that_have_moved_away_from_the_others_are_an_error_that_changes_nothing(two):
    params = make_params([(3,), (4,)], two)
    trainer = Trainer(params, "sgd", SGD)
    params["p1"].reset_ctx(mx.cpu(2))
    backward({"p0": params["p0"]}, two[0])
    before = values({"p0": params["p0"]}, two[0])
    with pytest.raises(AssertionError, match=r"same contexts[\s\S]*as 'p0', received cpu\(2\) for 'p1'"):
        trainer.step(1, ignore_stale_grad=True)
    np.testing.assert_array_equal(params["p0"].data(two[0]).asnumpy(), before["p0"])
    params["p0"].reset_ctx(mx.cpu(2))
    backward(params, mx.cpu(2))
    trainer.step(1)
