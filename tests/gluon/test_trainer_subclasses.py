"""Trainers of old programs: subclasses that replace the parts of a step, and what they read of the optimizer.

The orders of calls, the values and the counts were asked of MXNet 1.9.1.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import StaleGradientError
from gluonish.gluon import Trainer, nn


class Noting(Trainer):
    """Notes which part of a step is called, and does nothing about gradients of other replicas."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.calls = []

    def _allreduce_grads(self):
        self.calls.append("reduce")

    def _update(self, ignore_stale_grad=False):
        self.calls.append(("update", ignore_stale_grad))
        super()._update(ignore_stale_grad)


class Doubling(Trainer):
    """Stands for one of two machines with equal gradients, as Horovod's trainer does."""

    def __init__(self, params, optimizer, optimizer_params=None):
        super().__init__(params, optimizer, optimizer_params=optimizer_params, kvstore=None)
        self._scale /= 2

    def _allreduce_grads(self):
        for parameter in self._params:
            for gradient in parameter.list_grad():
                gradient[:] *= 2


def make_net(ctx=None):
    net = nn.Dense(2, in_units=2, prefix="d_")
    net.initialize(mx.init.One(), ctx=ctx)
    return net


def backward(net):
    with mx.autograd.record():
        losses = [net(mx.nd.ones((1, 2), ctx=ctx)).sum() for ctx in net.weight.list_ctx()]
    mx.autograd.backward(losses)


def test_a_step_reduces_and_updates_by_the_methods_of_a_subclass():
    net = make_net()
    trainer = Noting(net.collect_params(), "sgd", {"learning_rate": 0.1})
    backward(net)
    trainer.step(1)
    assert trainer.calls == ["reduce", ("update", False)]
    np.testing.assert_allclose(net.weight.data().asnumpy(), 0.9, rtol=1e-6)
    trainer.step(1, ignore_stale_grad=True)
    assert trainer.calls[2:] == ["reduce", ("update", True)]
    np.testing.assert_allclose(net.weight.data().asnumpy(), 0.9, rtol=1e-6)


def test_reducing_and_updating_apart_call_them_too():
    net = make_net()
    trainer = Noting(net.collect_params(), "sgd")
    backward(net)
    trainer.allreduce_grads()
    assert trainer.calls == ["reduce"]
    trainer.update(1)
    assert trainer.calls == ["reduce", ("update", False)]


def test_a_subclass_that_reduces_over_machines_divides_by_their_number():
    net = make_net()
    trainer = Doubling(net.collect_params(), "sgd", {"learning_rate": 0.1})
    backward(net)
    trainer.step(1)
    assert trainer._optimizer.rescale_grad == 0.5
    np.testing.assert_allclose(net.weight.data().asnumpy(), 0.9, rtol=1e-6)


def test_replicas_that_a_subclass_does_not_add_stay_apart(two):
    net = make_net(two)
    trainer = Noting(net.collect_params(), "sgd", {"learning_rate": 0.1}, update_on_kvstore=False)
    backward(net)
    net.weight.grad(two[1])[:] = 3
    trainer.step(1)
    first, second = (net.weight.data(ctx).asnumpy() for ctx in two)
    np.testing.assert_allclose(first, 0.9, rtol=1e-6)
    np.testing.assert_allclose(second, 0.7, rtol=1e-6)


def test_stale_gradients_are_found_before_a_subclass_is_called():
    net = make_net()
    trainer = Noting(net.collect_params(), "sgd")
    with pytest.raises(StaleGradientError, match="no backward pass has written since the last step"):
        trainer.step(1)
    assert trainer.calls == []


def test_a_step_that_leaves_stale_gradients_out_adds_only_the_fresh_ones(two):
    net = make_net(two)
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1}, update_on_kvstore=False)
    backward(net)
    for parameter in net.collect_params().values():
        parameter.data(two[1])._fresh_grad = False
    trainer.step(1, ignore_stale_grad=True)
    np.testing.assert_allclose(net.weight.data(two[0]).asnumpy(), 0.9, rtol=1e-6)
    backward(net)
    trainer.allreduce_grads()
    np.testing.assert_allclose(net.weight.grad(two[0]).asnumpy(), 2)


def test_the_scale_can_be_set_as_mxnet_calls_it():
    trainer = Trainer(make_net().collect_params(), "sgd")
    trainer._check_and_rescale_grad(0.25)
    assert trainer._optimizer.rescale_grad == 0.25


# -- counts -----------------------------------------------------------------------------------------------


def test_the_optimizer_shows_how_often_each_parameter_was_updated(contexts):
    net = make_net(contexts)
    trainer = Trainer(net.collect_params(), "adam")
    assert trainer._optimizer._index_update_count == {}
    for _ in range(3):
        backward(net)
        trainer.step(1)
    assert trainer._optimizer._index_update_count == {0: 3, 1: 3}
    assert trainer._optimizer.num_update == 3


def test_counts_of_an_optimizer_that_updates_one_by_one_are_its_own(contexts):
    net = make_net(contexts)
    trainer = Trainer(net.collect_params(), "sgld")
    for _ in range(2):
        backward(net)
        trainer.step(1)
    assert trainer._optimizer._index_update_count == {0: 2, 1: 2}


def test_counts_begin_where_the_optimizer_begins():
    net = make_net()
    trainer = Trainer(net.collect_params(), "sgd", {"begin_num_update": 10, "momentum": 0.9})
    backward(net)
    trainer.step(1)
    assert trainer._optimizer._index_update_count == {0: 11, 1: 11}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_of_an_optimizer_keeps_the_counts_and_not_the_trainer(copied):
    net = make_net()
    trainer = Trainer(net.collect_params(), "adam")
    backward(net)
    trainer.step(1)
    assert trainer._optimizer._index_update_count == {0: 1, 1: 1}
    again = copied(trainer._optimizer)
    backward(net)
    trainer.step(1)
    assert again._index_update_count == {0: 1, 1: 1}


def test_an_optimizer_outlives_its_trainer():
    optimizer = mx.optimizer.create("sgd")
    trainer = Trainer(make_net().collect_params(), optimizer)
    del trainer
    assert optimizer._index_update_count == {}
