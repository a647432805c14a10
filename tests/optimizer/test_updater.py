"""Updater: states by index, several parameters in one call, contexts, and getting states out and in."""

from __future__ import annotations

import pickle
import pickletools

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import FileFormatError
from gluonish.optimizer import SGD, Adam, Optimizer, Updater, get_updater
from optimizer.helpers import EVERY, GRADIENTS, WEIGHT, make, options, run


def shape_of(name):
    return (2, 2) if name == "groupadagrad" else (4,)


@pytest.mark.parametrize("name", EVERY)
def test_an_updater_does_what_its_optimizer_does(name):
    direct, updater = make(EVERY[name], **options(name)), get_updater(make(EVERY[name], **options(name)))
    weights = [mx.nd.array(WEIGHT).reshape(shape_of(name)) for _ in range(2)]
    state = direct.create_state_multi_precision(0, weights[0])
    for gradient in GRADIENTS:
        grad = mx.nd.array(gradient).reshape(shape_of(name))
        direct.update_multi_precision(0, weights[0], grad, state)
        updater(0, grad, weights[1])
    np.testing.assert_array_equal(weights[1].asnumpy(), weights[0].asnumpy())


def test_states_are_made_when_a_parameter_is_first_updated():
    updater = Updater(SGD(learning_rate=0.5, momentum=0.9))
    assert updater.states == {}
    updater("w", mx.nd.ones(2), mx.nd.ones(2))
    assert updater.states["w"].tolist() == [-0.5, -0.5]
    assert updater.states_synced == {"w": True}


class Counting(SGD):
    """Notes how an updater calls it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = []

    def update_multi_precision(self, index, weight, grad, state):
        self.calls.append(index)
        for arguments in zip(index, weight, grad, state, strict=True) if isinstance(index, tuple) else ():
            self.update(*arguments)


def test_parameters_are_handed_over_by_dtype_and_not_more_than_asked_for():
    updater = get_updater(Counting(learning_rate=0.5))
    assert updater.aggregate_updates
    dtypes = ["float32", "float64", "float32", "float32", "float32", "float32", "float64"]
    weights = [mx.nd.ones(1, dtype=dtype) for dtype in dtypes]
    updater(list(range(7)), [mx.nd.ones(1, dtype=dtype) for dtype in dtypes], weights)
    assert updater.optimizer.calls == [(0, 2, 3, 4), (5,), (1, 6)]
    assert [weight.asscalar() for weight in weights] == [0.5] * 7


def test_parameters_are_handed_over_one_by_one_where_nothing_is_asked_for():
    optimizer = Counting(learning_rate=0.5)
    optimizer.aggregate_num = 0
    updater = get_updater(optimizer)
    updater([0, "b"], [mx.nd.ones(1), mx.nd.ones(2)], [mx.nd.ones(1), mx.nd.ones(2)])
    assert optimizer.calls == [0, "b"]  # not tuples of one
    assert updater.aggregate_updates is False


def test_nothing_is_updated_by_a_call_without_parameters():
    updater = get_updater(SGD())
    updater([], [], [])
    assert updater.states == {}


def test_updates_are_counted_per_device():
    updater = get_updater(SGD())
    for ctx in (mx.cpu(0), mx.cpu(0), mx.cpu(1)):
        updater(0, mx.nd.ones(2, ctx=ctx), mx.nd.ones(2, ctx=ctx))
    assert updater.optimizer._all_index_update_counts == {0: {0: 2}, 1: {0: 1}}
    assert updater.optimizer.num_update == 2


def updated_twice(name):
    """Return an updater after two updates of one weight, the weight, and the gradients that follow."""
    updater = get_updater(make(EVERY[name], **options(name)))
    weight = mx.nd.array(WEIGHT).reshape(shape_of(name))
    grads = [mx.nd.array(gradient).reshape(shape_of(name)) for gradient in GRADIENTS]
    for grad in grads[:2]:
        updater(0, grad, weight)
    return updater, weight, grads[2:]


@pytest.mark.parametrize("take_out", [Updater.get_states, Updater.as_file])
@pytest.mark.parametrize("name", EVERY)
def test_states_and_optimizer_that_were_taken_out_go_on(name, take_out):
    first, weight, grads = updated_twice(name)
    second, twin = get_updater(SGD()), weight.copy()
    second.set_states(take_out(first, dump_optimizer=True))
    for grad in grads:
        first(0, grad, weight)
        second(0, grad, twin)
    np.testing.assert_array_equal(twin.asnumpy(), weight.asnumpy())
    assert second.optimizer.num_update == 4


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("nadam", "lbsgd-momentum")])
def test_states_that_were_taken_out_alone_go_on_under_an_optimizer_that_counts_on(name):
    """Nadam's schedule and LBSGD's warm-up begin where counting does, so those two are left out."""
    first, weight, grads = updated_twice(name)
    second, twin = get_updater(make(EVERY[name], **options(name, begin_num_update=2))), weight.copy()
    second.set_states(first.get_states())
    for grad in grads:
        first(0, grad, weight)
        second(0, grad, twin)
    np.testing.assert_allclose(twin.asnumpy(), weight.asnumpy(), rtol=1e-6)


def test_states_are_a_pickled_dictionary_and_maybe_the_optimizer():
    updater = get_updater(Adam())
    updater(3, mx.nd.ones(2), mx.nd.ones(2))
    states = pickle.loads(updater.get_states())
    assert [array.shape for array in states[3]] == [(2,), (2,)]
    states, optimizer = pickle.loads(updater.get_states(dump_optimizer=True))
    assert list(states) == [3]
    assert type(optimizer) is Adam


@pytest.mark.parametrize("name", EVERY)
def test_a_file_of_states_names_only_what_mxnet_has(name):
    updater, _, _ = updated_twice(name)
    content = updater.as_file(dump_optimizer=True)
    named = [text for opcode, text, _ in pickletools.genops(content) if opcode.name == "GLOBAL"]
    assert named
    assert all(text.startswith(("mxnet.", "builtins bytearray")) for text in named)


def test_a_file_of_an_optimizer_of_ones_own_is_read_here():
    updater, again = get_updater(Halving()), get_updater(Halving())
    updater(0, mx.nd.ones(2), mx.nd.ones(2))
    again.set_states(updater.as_file(dump_optimizer=True))
    assert type(again.optimizer) is Halving
    assert list(again.states) == [0]


def test_the_optimizer_that_comes_with_states_takes_over():
    updater, other = get_updater(SGD()), get_updater(Adam(learning_rate=0.25))
    assert updater.aggregate_updates
    updater.set_states(other.get_states(dump_optimizer=True))
    assert type(updater.optimizer) is Adam
    assert updater.optimizer.lr == 0.25
    assert not updater.aggregate_updates


def test_states_move_to_where_their_weight_is():
    updater = get_updater(SGD(learning_rate=0.5, momentum=0.5))
    state = (mx.nd.ones(2), [mx.nd.ones(1), None, 3])
    moved = updater.sync_state_context(state, mx.cpu(1))
    assert moved[0].context is moved[1][0].context is mx.cpu(1)
    assert moved[1][1:] == [None, 3]
    assert updater.sync_state_context(moved, mx.cpu(1))[0] is moved[0]
    updater.set_states(pickle.dumps({0: mx.nd.ones(2)}))
    weight = mx.nd.ones(2, ctx=mx.cpu(1))
    updater(0, mx.nd.zeros(2, ctx=mx.cpu(1)), weight)
    assert weight.tolist() == [1.5, 1.5]
    assert updater.states[0].context is mx.cpu(1)


def test_states_that_cannot_be_read_change_nothing():
    updater = get_updater(SGD(momentum=0.9))
    updater(0, mx.nd.ones(2), mx.nd.ones(2))
    before, optimizer = updater.states, updater.optimizer
    with pytest.raises(FileFormatError, match="The pickled states cannot be read"):
        updater.set_states(b"abc")
    assert updater.states is before
    assert updater.optimizer is optimizer


class Halving(Optimizer):
    """An optimizer written as users of MXNet write them."""

    def create_state(self, index, weight):
        return mx.nd.zeros(weight.shape, weight.context, dtype=weight.dtype)

    def update(self, index, weight, grad, state):
        self._update_count(index)
        state[:] += 1
        weight[:] = weight - self._get_lr(index) * grad / 2**state


def test_an_optimizer_of_the_users_own_works_in_an_updater():
    updater = get_updater(Halving(learning_rate=1.0))
    weight = mx.nd.zeros(2)
    for _ in range(3):
        updater(0, mx.nd.ones(2), weight)
    assert weight.tolist() == [-0.875, -0.875]
    copy = pickle.loads(pickle.dumps(updater))
    copy(0, mx.nd.ones(2), weight)
    assert weight.tolist() == [-0.9375, -0.9375]


def test_an_updaters_optimizer_may_be_used_beside_it():
    sgd = SGD(learning_rate=0.5)
    updater = get_updater(sgd)
    weight = mx.nd.ones(1)
    updater(0, mx.nd.ones(1), weight)
    assert run(sgd, "float32", [1.0], [[1.0]]).tolist() == [[0.5]]
    assert sgd.num_update == 2
