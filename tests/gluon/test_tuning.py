"""Multipliers by rules, by depth and by schedule; freezing and thawing."""

from __future__ import annotations

import copy

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish import gluon
from gluonish.errors import ArgumentError, GradientError, UnknownNameError
from gluonish.gluon import Glob


def net_of(contexts=None, prefix="net_"):
    """An initialised network of two layers."""
    mx.random.seed(3)
    net = networks.mlp(prefix=prefix, in_units=5, hidden=4)
    net.initialize(mx.init.Normal(0.5), ctx=contexts)
    return net


def train(net, trainer, steps=1):
    """Take some steps on one batch, split over the contexts."""
    contexts = net[0].weight.list_ctx()
    batch = mx.nd.array(np.linspace(-1, 1, 6 * 5).reshape(6, 5))
    for _ in range(steps):
        with mx.autograd.record():
            losses = [net(x).square().sum() for x in gluon.utils.split_and_load(batch, contexts)]
        mx.autograd.backward(losses)
        trainer.step(6)


def values(net):
    return {name: p.data(p.list_ctx()[0]).asnumpy() for name, p in net.collect_params().items()}


# -- rules ----------------------------------------------------------------------------------------------


def test_later_rules_win():
    net = net_of()
    net.collect_params().tune(
        [
            (".*", {"lr_mult": 0.1, "wd_mult": 0.5}),
            ("*bias", {"lr_mult": 2}),
            (Glob("*1_bias"), {"lr_mult": 3}),
        ]
    )
    assert [p.lr_mult for p in net.collect_params().values()] == [0.1, 2, 0.1, 3]
    assert [p.wd_mult for p in net.collect_params().values()] == [0.5] * 4


def test_what_matched_is_returned_and_a_dry_run_changes_nothing():
    net = net_of()
    matched = net.collect_params().tune({"*bias": {"lr_mult": 2}}, dry_run=True)
    assert matched == [("*bias", ["net_dense0_bias", "net_dense1_bias"])]
    assert net[0].bias.lr_mult == 1


@pytest.mark.parametrize(
    ("rule", "error", "match"),
    [
        (("nothing", {"lr_mult": 2}), UnknownNameError, "'nothing' matches none of 4"),
        ((".*", {"lr_mul": 2}), ArgumentError, r"'lr_mul' cannot be tuned.*\n.*\n.*mean 'lr_mult'"),
        ((".*", {"dtype": "float16"}), ArgumentError, "'dtype' cannot be tuned by rules"),
        ((".*", {"lr_mult": "2"}), ArgumentError, r"cannot have this lr_mult.*\n.*finite.*received '2'"),
        ((".*", {"wd_mult": float("nan")}), ArgumentError, r"cannot have this wd_mult.*\n.*received nan"),
        ((".*", {"grad_req": "both"}), ArgumentError, r"cannot have this grad_req.*\n.*received 'both'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error_and_no_rule_is_applied(rule, error, match):
    net = net_of()
    with pytest.raises(error, match=match):
        net.collect_params().tune([("*bias", {"lr_mult": 2}), rule])
    assert [p.lr_mult for p in net.collect_params().values()] == [1] * 4


def test_rules_set_how_gradients_are_kept():
    net = net_of()
    net.collect_params().tune({"*weight": {"grad_req": "add"}, "*bias": {"grad_req": "null"}})
    assert [p.grad_req for p in net.collect_params().values()] == ["add", "null", "add", "null"]


# -- by depth ---------------------------------------------------------------------------------------------


def test_each_layer_learns_slower_than_the_next():
    net = networks.convnet(prefix="net_", channels=1, hidden=4, in_units=12)
    layers = net.collect_params().layerwise_decay(0.5)
    assert [names[0] for names in layers] == ["net_conv0_weight", "net_conv1_weight", "net_dense0_weight"]
    assert [p.lr_mult for p in net.collect_params("*bias").values()] == [0.25, 0.5, 1.0]


def test_the_order_of_layers_can_be_given():
    net = net_of()
    params = net.collect_params()
    layers = params.layerwise_decay(0.1, order=["*dense1*", "*dense0_weight"], attribute="wd_mult")
    assert layers == [["net_dense1_weight", "net_dense1_bias"], ["net_dense0_weight"]]
    assert [p.wd_mult for p in params.values()] == [1.0, 1, 0.1, 0.1]


def test_parameters_without_blocks_are_a_layer_each():
    params = gluon.ParameterDict("p_")
    for name in "abc":
        params.get(name, shape=(1,))
    params.layerwise_decay(0.5)
    assert [p.lr_mult for p in params.values()] == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((0,), r"layerwise_decay\(\) needs a factor"),
        (("half",), r"needs a factor.*\n.*received 'half'"),
        ((0.5, None, "grad_req"), "'grad_req' is no multiplier"),
        ((0.5, ["nothing"]), "'nothing' matches none"),
    ],
)
def test_a_decay_that_makes_no_sense_changes_nothing(arguments, match):
    net = net_of()
    with pytest.raises(ArgumentError, match=match):
        net.collect_params().layerwise_decay(*arguments)
    assert [p.lr_mult for p in net.collect_params().values()] == [1] * 4


# -- by schedule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "one by one"])
def test_a_multiplier_can_depend_on_the_number_of_updates(two, optimizer):
    class OneByOne(mx.optimizer.SGD):
        def update(self, index, weight, grad, state):
            super().update(index, weight, grad, state)

    def updated(schedule, weights):
        net = net_of(two)
        made = mx.optimizer.SGD(learning_rate=0.1) if optimizer == "sgd" else OneByOne(learning_rate=0.1)
        trainer = gluon.Trainer(net.collect_params(), made)
        net[0].weight.lr_mult = schedule
        for weight in weights:
            if weight is not None:
                net[0].weight.lr_mult = weight
            train(net, trainer)
        return values(net)

    found = updated(lambda n: 1 / n, [None] * 3)
    expected = updated(1.0, [1.0, 1 / 2, 1 / 3])
    for name, value in found.items():
        np.testing.assert_array_equal(value, expected[name])


def test_a_scheduler_is_a_multiplier():
    net = net_of()
    net[0].weight.lr_mult = mx.lr_scheduler.FactorScheduler(step=1, factor=0.5, base_lr=1.0)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    net.collect_params("*1_*|.*bias").setattr("lr_mult", 0)
    before, gradients = net[0].weight.data().asnumpy(), []
    for _ in range(3):
        train(net, trainer)
        gradients.append(net[0].weight.grad().asnumpy() / 6)
    expected = before - gradients[0] - 0.5 * gradients[1] - 0.25 * gradients[2]
    np.testing.assert_allclose(net[0].weight.data().asnumpy(), expected, rtol=2e-6, atol=1e-6)


# -- freezing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_frozen_parameter_neither_learns_nor_decays_nor_drifts(contexts, optimizer):
    net = net_of(contexts)
    arguments = {"wd": 0.1, **({"momentum": 0.9} if optimizer == "sgd" else {})}
    trainer = gluon.Trainer(net.collect_params(), optimizer, arguments)
    train(net, trainer, 2)
    before = values(net)
    assert list(net.collect_params().freeze("*weight")) == ["net_dense0_weight", "net_dense1_weight"]
    train(net, trainer, 2)
    after = values(net)
    for name, value in before.items():
        assert (after[name] == value).all() == name.endswith("weight")


def test_a_frozen_parameter_has_no_gradient_buffer():
    net = net_of()
    net.collect_params().freeze("*bias")
    with pytest.raises(GradientError, match="'net_dense0_bias' has no gradient"):
        net[0].bias.grad()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_thawed_parameter_goes_on_with_the_state_it_had(contexts, optimizer):
    def run(freezes):
        net = net_of(contexts)
        arguments = {"momentum": 0.9} if optimizer == "sgd" else {}
        trainer = gluon.Trainer(net.collect_params(), optimizer, arguments)
        train(net, trainer, 3)
        if freezes:
            frozen = values(net)
            net.collect_params().freeze()
            net.collect_params().thaw()
            assert all((frozen[name] == value).all() for name, value in values(net).items())
        train(net, trainer, 2)
        return values(net)

    found, expected = run(freezes=True), run(freezes=False)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def test_thawing_brings_back_how_gradients_were_kept():
    params = net_of().collect_params()
    params["net_dense0_weight"].grad_req = "add"
    params["net_dense0_bias"].grad_req = "null"
    params.freeze()
    assert {p.grad_req for p in params.values()} == {"null"}
    params.thaw()
    assert [p.grad_req for p in params.values()] == ["add", "write", "write", "write"]


def test_freezing_twice_forgets_nothing():
    params = net_of().collect_params()
    params.setattr("grad_req", "add")
    params.freeze()
    params.freeze()
    params.thaw("*weight")
    assert [p.grad_req for p in params.values()] == ["add", "null", "add", "null"]


def test_a_mode_set_by_hand_replaces_the_frozen_one():
    params = net_of().collect_params()
    params.setattr("grad_req", "add")
    params.freeze()
    params.setattr("grad_req", "null")
    params.thaw()
    assert {p.grad_req for p in params.values()} == {"write"}


def test_running_statistics_stay_without_gradients():
    net = gluon.nn.BatchNorm(in_channels=2)
    net.initialize()
    net.collect_params().freeze()
    net.collect_params().thaw()
    assert [p.grad_req for p in net.collect_params().values()] == ["write", "write", "null", "null"]


def test_pending_parameters_can_be_frozen_and_thawed():
    net = networks.mlp()
    net.collect_params().freeze("*weight")
    net.initialize()
    net(mx.nd.ones((2, 5)))
    assert net[0].weight.grad_req == "null"
    net.collect_params().thaw()
    assert net[0].weight.grad().shape == (4, 5)


def test_a_copy_thaws_like_the_original():
    net = net_of()
    net.collect_params().setattr("grad_req", "add")
    net.collect_params().freeze()
    twin = copy.deepcopy(net)
    twin.collect_params().thaw()
    assert {p.grad_req for p in twin.collect_params().values()} == {"add"}
    assert {p.grad_req for p in net.collect_params().values()} == {"null"}


@pytest.mark.parametrize("method", ["freeze", "thaw"])
def test_a_pattern_that_matches_nothing_is_an_error(method):
    with pytest.raises(UnknownNameError, match="'nothing' matches none of 4 parameters"):
        getattr(net_of().collect_params(), method)("nothing")


def test_the_state_of_frozen_parameters_is_saved_and_loaded(tmp_path):
    def run(path, load):
        net = net_of()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9})
        train(net, trainer, 2)
        net.collect_params().freeze("*weight")
        if load:
            net.collect_params().save(tmp_path / "net.params")
            trainer.save_states(path)
            net = networks.mlp(prefix="net_", in_units=5, hidden=4)
            net.collect_params().load(tmp_path / "net.params")
            trainer = gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9})
            trainer.load_states(path)
        net.collect_params().thaw()
        train(net, trainer, 2)
        return values(net)

    found, expected = run(tmp_path / "states", load=True), run(None, load=False)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)
