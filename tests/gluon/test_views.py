"""Names that are private by form, and that old programs read. What they hold was asked of MXNet 1.9.1."""

from __future__ import annotations

import copy
import gc
import pickle
import threading

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import GradientError
from gluonish.gluon import Parameter, Trainer, nn
from gluonish.gluon.block import _BlockScope, _flatten, _regroup


@pytest.fixture
def net(contexts):
    net = nn.Dense(1, in_units=2, prefix="d_")
    net.initialize(ctx=contexts)
    return net


def train(net, **options):
    """Return a trainer that has made a step."""
    trainer = Trainer(net.collect_params(), "sgd", {"momentum": 0.9}, **options)
    backward(net)
    trainer.step(2)
    return trainer


def backward(net):
    with mx.autograd.record():
        losses = [net(mx.nd.ones((2, 2), ctx=ctx)) for ctx in net.weight.list_ctx()]
    mx.autograd.backward(losses)


# -- Parameter --------------------------------------------------------------------------------------------


def test_a_raw_parameter_holds_nothing():
    p = Parameter("w", shape=(2,))
    assert (p._data, p._grad, p._ctx_list, p._deferred_init, p._trainer) == (None, None, None, (), None)


def test_a_deferred_parameter_holds_what_it_was_initialised_with(two):
    p = Parameter("w", shape=(2, 0), allow_deferred_init=True)
    p.initialize(mx.init.One(), ctx=two)
    assert (p._data, p._grad, p._ctx_list) == (None, None, None)
    initializer, contexts, _, value = p._deferred_init
    assert isinstance(initializer, mx.init.One)
    assert (contexts, value) == (two, None)
    p.shape = (2, 1)
    p._finish_deferred_init()
    assert p._deferred_init == ()
    assert p._data[0].shape == (2, 1)


def test_finishing_what_does_not_wait_changes_nothing():
    p = Parameter("w", shape=(2,))
    p._finish_deferred_init()
    assert p._data is None


def test_a_ready_parameter_holds_its_arrays(contexts):
    p = Parameter("w", shape=(2,))
    p.initialize(ctx=contexts)
    assert all(a is b for a, b in zip(p._data, p.list_data(), strict=True))
    assert all(a is b for a, b in zip(p._grad, p.list_grad(), strict=True))
    assert p._ctx_list == contexts
    p.grad_req = "null"
    assert p._grad is None


def test_a_value_from_a_file_is_taken_over(two):
    p = Parameter("w", shape=(2,))
    p._load_init(mx.nd.array([1.0, 2.0]), two)
    assert [each.asnumpy().tolist() for each in p._data] == [[1, 2], [1, 2]]
    assert p._reduce().asnumpy().tolist() == [1, 2]


def test_what_was_declared_is_there():
    p = Parameter("w", allow_deferred_init=True, differentiable=False, grad_stype="row_sparse")
    assert (p._allow_deferred_init, p._differentiable, p._stype, p._grad_stype) == (
        True,
        False,
        "default",
        "row_sparse",
    )


def test_a_parameter_knows_its_trainer_and_does_not_keep_it(net):
    trainer = Trainer(net.collect_params(), "sgd")
    assert net.weight._trainer is trainer
    second = Trainer([net.weight], "sgd")
    assert (net.weight._trainer, net.bias._trainer) == (second, trainer)
    del trainer
    gc.collect()
    assert net.bias._trainer is None
    net.weight._set_trainer(None)
    assert net.weight._trainer is None


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_copy_has_no_trainer(net, copied):
    trainer = Trainer(net.collect_params(), "sgd")
    assert copied(net.weight)._trainer is None
    assert net.weight._trainer is trainer


# -- Trainer ----------------------------------------------------------------------------------------------


def test_before_the_first_step_nothing_is_decided(net):
    trainer = Trainer(net.collect_params(), "sgd", kvstore="device")
    assert not trainer._kv_initialized
    assert (trainer._kvstore, trainer._update_on_kvstore, trainer._distributed) == (None, None, None)
    assert trainer._params_to_init == trainer._params == [net.bias, net.weight]
    assert trainer._kvstore_params == {"kvstore": "device", "update_on_kvstore": None}
    assert trainer._param2idx == {"d_bias": 0, "d_weight": 1}
    assert trainer._contexts == net.weight.list_ctx()


@pytest.mark.parametrize("kvstore", [None, "device", "local"])
def test_with_one_context_or_without_a_store_nothing_updates_on_it(kvstore):
    net = nn.Dense(1, in_units=2)
    net.initialize()
    trainer = train(net, kvstore=kvstore)
    assert trainer._kv_initialized
    assert (trainer._kvstore, trainer._update_on_kvstore, trainer._distributed) == (None, None, False)
    assert trainer._params_to_init == []


@pytest.mark.parametrize("kvstore", ["device", "local"])
@pytest.mark.parametrize(("asked", "decided"), [(None, True), (True, True), (False, False)])
def test_with_several_contexts_there_is_a_store(two, kvstore, asked, decided):
    net = nn.Dense(1, in_units=2)
    net.initialize(ctx=two)
    trainer = train(net, kvstore=kvstore, update_on_kvstore=asked)
    assert (trainer._kvstore.type, trainer._kvstore.rank, trainer._kvstore.num_workers) == (kvstore, 0, 1)
    assert trainer._kvstore.is_capable("optimizer")
    assert trainer._update_on_kvstore is decided


def test_several_contexts_without_a_store_have_none(two):
    net = nn.Dense(1, in_units=2)
    net.initialize(ctx=two)
    with pytest.warns(UserWarning, match="drift apart"):
        trainer = train(net, kvstore=None)
    assert (trainer._kvstore, trainer._update_on_kvstore) == (None, None)


def test_the_environment_may_decide(two, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    net = nn.Dense(1, in_units=2)
    net.initialize(ctx=two)
    assert train(net)._update_on_kvstore is False


def test_it_can_be_decided_before_the_first_step(two):
    net = nn.Dense(1)
    net.initialize(ctx=two)
    trainer = Trainer(net.collect_params(), "sgd")
    trainer._init_kvstore()
    assert trainer._kv_initialized
    assert trainer._update_on_kvstore is True
    assert trainer._params_to_init == [net.weight]


@pytest.mark.parametrize("update_on_kvstore", [True, False])
def test_the_optimizer_can_be_exchanged(two, update_on_kvstore):
    net = nn.Dense(1, in_units=2)
    net.initialize(ctx=two)
    trainer = train(net, update_on_kvstore=update_on_kvstore)
    trainer._init_optimizer("adam", {"learning_rate": 0.5})
    trainer._init_params()
    assert not trainer._kv_initialized
    assert trainer.learning_rate == 0.5
    before = net.weight.list_data()[0].asnumpy()
    backward(net)
    trainer.step(2)
    # The first step of Adam is as long as the learning rate, whatever the gradient.
    np.testing.assert_allclose(before - net.weight.list_data()[0].asnumpy(), [[0.5, 0.5]], rtol=1e-5)


def test_storage_types_of_all_parameters_are_asked(net):
    trainer = Trainer(net.collect_params(), "sgd")
    assert not trainer._contains_sparse_weight
    assert not trainer._contains_sparse_grad


# -- NDArray ----------------------------------------------------------------------------------------------


def test_a_gradient_is_fresh_from_a_backward_pass_to_a_step(net):
    trainer = Trainer(net.collect_params(), "sgd", update_on_kvstore=False)
    data = net.weight.list_data()
    assert not any(x._fresh_grad for x in data)
    backward(net)
    assert all(x._fresh_grad for x in data)
    trainer.step(1)
    assert not any(x._fresh_grad for x in data)


def test_freshness_can_be_set():
    x = mx.nd.ones(1)
    x.attach_grad()
    assert not x._fresh_grad
    with mx.autograd.record():
        y = x * 2
    y.backward()
    assert x._fresh_grad
    x._fresh_grad = False
    assert not x._fresh_grad


def test_an_array_without_gradient_is_never_fresh():
    assert not mx.nd.ones(1)._fresh_grad
    with pytest.raises(mx.MXNetError, match="has no gradient") as caught:
        mx.nd.ones(1)._fresh_grad = True
    assert isinstance(caught.value, GradientError)


# -- names ------------------------------------------------------------------------------------------------


class Named:
    def __init__(self, prefix):
        self.prefix = prefix
        self._empty_prefix = False


def test_anything_with_a_prefix_may_have_a_scope():
    scope = _BlockScope(Named("hello_"))
    with scope as entered:
        assert entered is scope is _BlockScope._current.value
        with mx.name.NameManager():
            pass
        assert mx.sym.relu(mx.sym.var("a")).name.startswith("hello_relu")
    assert _BlockScope._current.value is None


def test_the_current_scope_belongs_to_a_thread_and_can_be_replaced():
    seen = []
    net = nn.Dense(1, prefix="net_")
    with net.name_scope() as scope:
        thread = threading.Thread(target=lambda: seen.append(_BlockScope._current.value))
        thread.start()
        thread.join()
        _BlockScope._current.value = None
        assert nn.Dense(1, prefix="own_").prefix == "own_"
        _BlockScope._current.value = scope
        assert nn.Dense(1, prefix="own_").prefix == "net_own_"
    assert seen == [None]


@pytest.mark.parametrize(
    ("holder", "attribute", "other", "in_force"),
    [
        (mx.Context, "_default_ctx", mx.cpu(7), mx.current_context),
        (mx.AttrScope, "_current", mx.AttrScope(a="1"), lambda: mx.AttrScope.current),
        (mx.name.NameManager, "_current", mx.name.Prefix("p_"), lambda: mx.name.NameManager.current),
    ],
)
def test_what_is_in_force_has_an_older_private_name_too(holder, attribute, other, in_force):
    before = in_force()
    assert getattr(holder, attribute).value is before
    getattr(holder, attribute).value = other
    assert in_force() is other
    getattr(holder, attribute).value = before


def test_structures_are_flattened_to_mxnets_formats_and_regrouped():
    a, b, c = map(mx.nd.ones, (1, 2, 3))
    leaves, form = _flatten((a, [b, (c, None)]), "input")
    assert form == [0, [0, [0, -1]]]
    assert [None if leaf is None else leaf.shape for leaf in leaves] == [(1,), (2,), (3,), None]
    assert _regroup(leaves, form) == [a, [b, [c, None]]]
    assert _flatten(a, "input") == ([a], 0)
    assert _regroup([a], 0) is a
    with pytest.raises(ValueError, match="The input of a hybridized block must consist of arrays or symbols"):
        _flatten(3, "input")


def test_an_initializer_keeps_its_arguments():
    assert mx.init.Constant(3)._kwargs == {"value": 3}
    assert mx.init.Zero()._kwargs == {}
    assert mx.init.Initializer(a=1)._kwargs == {"a": 1}


# -- Updater ----------------------------------------------------------------------------------------------


def test_before_a_step_the_updaters_keep_nothing(net):
    trainer = Trainer(net.collect_params(), "adam")
    assert [updater.states for updater in trainer._updaters] == [{} for _ in trainer._contexts]
    assert all(updater.optimizer is trainer._optimizer for updater in trainer._updaters)


def test_each_context_has_the_states_of_its_replicas(net):
    trainer = train(net, update_on_kvstore=False)
    for updater, ctx in zip(trainer._updaters, net.weight.list_ctx(), strict=True):
        assert list(updater.states) == [0, 1]
        assert updater.states[1].shape == (1, 2)
        assert updater.states[1].context == ctx
    momentum = trainer._updaters[0].states[1].asnumpy()
    np.testing.assert_allclose(momentum, -0.01 * net.weight.list_grad()[0].asnumpy() / 2)


def test_where_the_store_updates_the_updaters_keep_nothing(two):
    net = nn.Dense(1, in_units=2)
    net.initialize(ctx=two)
    assert [updater.states for updater in train(net)._updaters] == [{}, {}]


@pytest.mark.parametrize(
    ("optimizer", "options", "form"),
    [
        ("sgd", {}, "None"),
        ("sgd", {"momentum": 0.9}, "array"),
        ("adam", {}, "(array, array)"),
        ("sgd", {"momentum": 0.9, "multi_precision": True}, "(array, array)"),
        ("sgd", {"multi_precision": True}, "(None, array)"),
        ("adam", {"multi_precision": True}, "(array, (array, array))"),
        ("lars", {"momentum": 0.9}, "array"),
    ],
)
def test_states_have_mxnets_form(optimizer, options, form):
    def described(state):
        if isinstance(state, tuple):
            return f"({', '.join(map(described, state))})"
        return "None" if state is None else "array"

    p = Parameter("w", shape=(2,), dtype="float16" if "multi_precision" in options else "float32")
    p.initialize()
    trainer = Trainer([p], optimizer, options)
    with mx.autograd.record():
        loss = p.data().sum()
    loss.backward()
    trainer.step(1)
    assert described(trainer._updaters[0].states[0]) == form


def test_states_of_an_optimizer_that_updates_one_by_one_are_shown():
    class Own(mx.optimizer.Optimizer):
        def create_state(self, index, weight):
            return mx.nd.zeros(weight.shape)

        def update(self, index, weight, grad, state):
            state += 1
            weight -= grad

    p = Parameter("w", shape=(2,))
    p.initialize()
    trainer = Trainer([p], Own())
    with mx.autograd.record():
        loss = p.data().sum()
    loss.backward()
    trainer.step(1)
    assert trainer._updaters[0].states[0].asnumpy().tolist() == [1, 1]


def test_a_captured_graph_is_seen_in_the_form_of_mxnet():
    net = nn.Dense(2, in_units=3, prefix="fc_")
    net.initialize()
    net.hybridize()
    assert net._cached_graph == ()
    net(mx.nd.ones((1, 3)))
    inputs, outputs = net._cached_graph
    assert [each.name for each in inputs] == ["data"]
    assert outputs.list_arguments() == ["data", "fc_weight", "fc_bias"]


def test_captured_graphs_are_forgotten_under_the_name_of_mxnet():
    net = nn.Dense(2, in_units=3)
    net.initialize()
    net.hybridize()
    net(mx.nd.ones((1, 3)))
    net._clear_cached_op()
    assert net._cached_graph == ()


def test_slices_have_a_name_of_their_own_among_arrays():
    assert mx.nd.ndarray.py_slice is slice
