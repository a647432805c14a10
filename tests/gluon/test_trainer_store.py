"""A Trainer with a store that holds arrays of its own."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import gluon
from gluonish.errors import StaleGradientError
from gluonish.kvstore import KVStoreBase


class Notes(KVStoreBase):
    """Writes down what it is called with, and adds; it updates if it is capable."""

    def __init__(self, capable=False):
        self.capable = capable
        self.calls = []
        self._inner = mx.kv.create("device")

    def is_capable(self, capability):
        return self.capable

    def broadcast(self, key, value, out, priority=0):
        self.calls.append(("broadcast", key, len(out), priority))
        if key in self._inner._stored:
            self._inner._assign(key, value)
        else:
            self._inner.init(key, value)
        for each in out:
            each[:] = value

    def pushpull(self, key, value, out=None, priority=0):
        self.calls.append(("pushpull", key, len(value), None if out is None else len(out), priority))
        self._inner.pushpull(key, value, out=out)

    def set_optimizer(self, optimizer):
        self.calls.append(("set_optimizer", type(optimizer).__name__))
        self._inner.set_optimizer(optimizer)

    def save_optimizer_states(self, fname, dump_optimizer=False):
        self.calls.append(("save", str(fname), dump_optimizer))

    def load_optimizer_states(self, fname):
        self.calls.append(("load", str(fname)))


def network(contexts):
    net = gluon.nn.Dense(1, in_units=2, prefix="fc_")
    net.initialize(mx.init.One(), ctx=contexts)
    return net


def train(net, trainer, steps=1):
    for _ in range(steps):
        with mx.autograd.record():
            losses = [
                net(mx.nd.ones((1, 2), ctx=ctx) * (i + 1)) for i, ctx in enumerate(net.weight.list_ctx())
            ]
        mx.autograd.backward(losses)
        trainer.step(1)


def weights(net):
    return [array.asnumpy() for array in net.weight.list_data()]


SGD = {"learning_rate": 0.1, "momentum": 0.9}


def test_a_store_that_adds_is_called_as_mxnet_calls_it(contexts):
    net, store = network(contexts), Notes()
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore=store)
    train(net, trainer)
    n = len(contexts)
    assert store.calls == [
        ("broadcast", 0, n, 0),
        ("broadcast", 1, n, 0),
        ("pushpull", 0, n, None, 0),
        ("pushpull", 1, n, None, -1),
    ]
    assert trainer._kvstore is store
    assert trainer._update_on_kvstore is False


def test_a_store_that_updates_is_called_as_mxnet_calls_it(contexts):
    net, store = network(contexts), Notes(capable=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore=store)
    train(net, trainer)
    n = len(contexts)
    assert store.calls == [
        ("set_optimizer", "SGD"),
        ("broadcast", 0, n, 0),
        ("broadcast", 1, n, 0),
        ("pushpull", 0, n, n, 0),
        ("pushpull", 1, n, n, -1),
    ]
    assert trainer._update_on_kvstore is True


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lamb"])
@pytest.mark.parametrize("update_on_kvstore", [None, False])
@pytest.mark.parametrize("make", [lambda: mx.kv.create("device"), lambda: mx.kv.create("local"), Notes])
def test_any_store_trains_as_without_one(contexts, optimizer, update_on_kvstore, make):
    plain, stored = network(contexts), network(contexts)
    for net, store in ((plain, "device"), (stored, make())):
        trainer = gluon.Trainer(
            net.collect_params(), optimizer, {"wd": 0.1}, kvstore=store, update_on_kvstore=update_on_kvstore
        )
        train(net, trainer, steps=3)
    for expected, found in zip(weights(plain), weights(stored), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_registered_store_is_made_by_its_name_for_several_contexts(two, monkeypatch):
    monkeypatch.setitem(KVStoreBase.kv_registry, "notes", Notes)
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore="Notes")
    train(net, trainer)
    assert isinstance(trainer._kvstore, Notes)


def test_one_context_needs_no_store_that_is_only_named(monkeypatch):
    monkeypatch.setitem(KVStoreBase.kv_registry, "notes", Notes)
    net = network([mx.cpu(0)])
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore="notes")
    train(net, trainer)
    assert trainer._kvstore is None


def test_a_store_that_cannot_update_is_not_asked_to(two):
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", kvstore="teststore", update_on_kvstore=True)
    with pytest.raises(ValueError, match=r"TestStore cannot update[\s\S]*update_on_kvstore=False"):
        train(net, trainer)


def test_the_environment_leaves_updates_to_the_replicas(two, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", kvstore=mx.kv.create("device"))
    train(net, trainer)
    assert trainer._update_on_kvstore is False


@pytest.mark.parametrize("capable", [True, False])
def test_gradients_that_are_not_fresh_are_not_pushed(two, capable):
    net, store = network(two), Notes(capable=capable)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1}, kvstore=store)
    train(net, trainer)
    with pytest.raises(StaleGradientError, match="no backward pass has written"):
        trainer.step(1)
    with mx.autograd.record():
        loss = net(mx.nd.ones((1, 2), ctx=two[0]))
    loss.backward()
    trainer.step(1, ignore_stale_grad=True)
    assert store.calls[-1] == ("pushpull", 1, 1, 2, -1)
    for found in weights(net):  # 1 - 0.1 * (1 + 2) - 0.1 * 1
        np.testing.assert_allclose(found, [[0.6, 0.6]], rtol=1e-6)


def test_a_value_that_is_written_reaches_the_store_and_the_momentum_stays(two):
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore=mx.kv.create("device"))
    train(net, trainer)
    net.weight.set_data(mx.nd.zeros((1, 2)))
    assert trainer._kvstore is None
    train(net, trainer)
    for found in weights(net):  # -0.1 * 3 * (1 + 0.9)
        np.testing.assert_allclose(found, [[-0.57, -0.57]], rtol=1e-6)


def test_parameters_with_a_store_can_be_cast_and_moved(two):
    net = network(two)
    trainer = gluon.Trainer(
        net.collect_params(), "sgd", {**SGD, "multi_precision": True}, kvstore=mx.kv.create("device")
    )
    train(net, trainer)
    net.cast("float16")
    trainer.reset_ctx([mx.cpu(2), mx.cpu(3), mx.cpu(4)])
    with mx.autograd.record():
        losses = [net(mx.nd.ones((1, 2), ctx=ctx, dtype="float16")) for ctx in net.weight.list_ctx()]
    mx.autograd.backward(losses)
    trainer.step(1)
    # 1 - 0.3, then v = 0.9 * -0.3 - 0.1 * 3
    for found in weights(net):
        np.testing.assert_allclose(found.astype(np.float32), [[0.13, 0.13]], atol=1e-3)
    state = trainer._kvstore._updater.states[1]
    assert all(array.dtype == np.float32 for array in state)


@pytest.mark.parametrize("store", [lambda: mx.kv.create("device"), lambda: "device"])
def test_states_come_back_from_a_file(two, tmp_path, store):
    first, second = network(two), network(two)
    trainers = [gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore=store()) for net in (first, second)]
    train(first, trainers[0], steps=2)
    trainers[0].save_states(tmp_path / "states")
    second.weight.set_data(first.weight.data(two[0]))
    second.bias.set_data(first.bias.data(two[0]))
    trainers[1].load_states(tmp_path / "states")
    for net, trainer in zip((first, second), trainers, strict=True):
        train(net, trainer)
    for expected, found in zip(weights(first), weights(second), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_rates_are_still_those_of_the_parameters_after_loading(two, tmp_path):
    net = network(two)
    trainer = gluon.Trainer(
        net.collect_params(), "sgd", {"learning_rate": 0.1}, kvstore=mx.kv.create("device")
    )
    train(net, trainer)
    trainer.save_states(tmp_path / "states")
    trainer.load_states(tmp_path / "states")
    net.bias.lr_mult = 2
    assert trainer._kvstore._updater.optimizer._get_lr(0) == pytest.approx(0.2)
    trainer.set_learning_rate(0.5)
    assert trainer._kvstore._updater.optimizer._get_lr(0) == pytest.approx(1.0)


def test_a_store_of_a_users_own_saves_its_states_itself(two, tmp_path):
    net, store = network(two), Notes(capable=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", kvstore=store)
    train(net, trainer)
    trainer.save_states(tmp_path / "file")
    trainer.load_states(tmp_path / "file")
    assert store.calls[-2:] == [("save", str(tmp_path / "file"), True), ("load", str(tmp_path / "file"))]


def test_gradients_are_compressed_between_contexts(two):
    net = network(two)
    trainer = gluon.Trainer(
        net.collect_params(),
        "sgd",
        {"learning_rate": 1.0},
        compression_params={"type": "2bit", "threshold": 0.5},
    )
    train(net, trainer)  # gradients of 1 and 2, each sent as 0.5
    for found in weights(net):
        assert found.tolist() == [[0, 0]]


def test_a_store_of_a_users_own_does_not_compress(two):
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", kvstore=Notes(), compression_params={"type": "2bit"})
    with pytest.raises(ValueError, match="A kvstore of class Notes does not compress gradients"):
        train(net, trainer)


def test_an_exchanged_optimizer_updates_from_then_on(two):
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore=mx.kv.create("device"))
    train(net, trainer)
    trainer._init_optimizer("sgd", {"learning_rate": 0.0})
    before = weights(net)
    train(net, trainer)
    np.testing.assert_array_equal(weights(net), before)


def test_the_view_of_a_store_shows_the_optimizer_and_its_states(two):
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD)
    train(net, trainer)
    updater = trainer._kvstore._updater
    assert isinstance(trainer._kvstore, KVStoreBase)
    assert updater.optimizer is trainer.optimizer
    np.testing.assert_allclose(updater.states[1].asnumpy(), [[-0.3, -0.3]], rtol=1e-6)


@pytest.mark.parametrize("load", ["set_data", "dictionary", "block"])
def test_a_new_value_makes_the_trainer_decide_about_its_store_anew(two, load, tmp_path):
    net = network(two)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SGD, kvstore="device")
    net.save_parameters(tmp_path / "block")
    net.collect_params().save(tmp_path / "dictionary")
    train(net, trainer)
    if load == "set_data":
        net.weight.set_data(mx.nd.ones((1, 2)))
    elif load == "block":
        net.load_parameters(tmp_path / "block")
    else:
        net.collect_params().load(tmp_path / "dictionary")
    assert (trainer._kvstore, trainer._kv_initialized) == (None, False)
