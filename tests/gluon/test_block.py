"""Block: attributes, children, collecting parameters, hooks, calls, copies."""

from __future__ import annotations

import copy
import pickle

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, DuplicateNameError, UnknownNameError
from gluonish.gluon import Block, Parameter, nn


class Plain(Block):
    """Returns its input."""

    def forward(self, x):
        return x


def dense_net(prefix="net_"):
    net = networks.mlp(prefix, in_units=5, hidden=4)
    net.initialize(mx.init.Normal(1.0))
    return net


# -- attributes -----------------------------------------------------------------------------------------


def test_a_block_assigned_to_an_attribute_is_a_child_of_that_name():
    net = Block()
    net.first, net.second = nn.Dense(1), nn.Flatten()
    assert list(net._children) == ["first", "second"]


def test_a_parameter_assigned_to_an_attribute_is_collected():
    net = Block(prefix="net_")
    net.free = Parameter("free", shape=(2,))
    net.own = net.params.get("own", shape=(3,))
    assert list(net.collect_params()) == ["net_own", "free"]
    assert list(net.params) == ["net_own"]


def test_other_values_are_plain_attributes():
    net = Block()
    net.size = 3
    net.size = "large"
    assert net.size == "large"
    assert not net.collect_params().keys()


def test_a_child_can_be_replaced_by_one_of_its_class():
    net = Block()
    net.first, net.second = nn.Dense(1), nn.Flatten()
    net.first = nn.Dense(7)
    assert list(net._children) == ["first", "second"]
    assert net._children["first"].weight.shape == (7, 0)


@pytest.mark.parametrize("value", [None, 3, nn.Flatten()], ids=["None", "number", "Flatten"])
def test_a_child_cannot_become_something_else(value):
    net = Block(prefix="net_")
    net.fc = nn.Dense(1)
    with pytest.raises(TypeError, match=r"Attribute 'fc' of Block 'net' cannot change its type.*\n.*a Dense"):
        net.fc = value
    assert isinstance(net.fc, nn.Dense)
    assert net._children["fc"] is net.fc


def test_none_can_become_a_child():
    net = Block()
    net.fc = None
    net.fc = nn.Dense(1)
    assert list(net._children) == ["fc"]


def test_a_parameter_cannot_be_replaced_by_another_one():
    net = Block(prefix="net_")
    first = net.w = net.params.get("w", shape=(2,))
    with pytest.raises(AssertionError, match=r"'w' of Block 'net' cannot be replaced.*\n.*set_data\(\)"):
        net.w = Parameter("w", shape=(2,))
    assert net.w is first
    net.w = first
    with pytest.raises(TypeError, match=r"'w' of Block 'net' cannot change its type.*\n.*a Parameter"):
        net.w = None


def test_assigning_before_the_block_is_constructed_says_what_to_call():
    class Hasty(Block):
        def __init__(self):
            self.fc = nn.Dense(1)

    with pytest.raises(ArgumentError, match=r"Hasty\.fc cannot be registered.*\n.*super\(\).__init__\(\)"):
        Hasty()


def test_something_that_is_no_block_cannot_be_registered_as_a_child():
    net = Block(prefix="net_")
    with pytest.raises(ArgumentTypeError, match=r"Block 'net' has blocks as children.*\n.*received function"):
        net.register_child(lambda x: x)


def test_a_child_registered_under_a_name_again_takes_its_place():
    net = nn.Sequential()
    net.add(nn.Dense(1), nn.Dense(2))
    net.register_child(nn.Dense(3), "0")
    assert [block.weight.shape[0] for block in net] == [3, 2]


# -- collecting parameters ------------------------------------------------------------------------------


def test_own_parameters_come_before_those_of_children_in_the_order_of_registration():
    net = Block(prefix="net_")
    with net.name_scope():
        net.second = nn.Dense(1, prefix="b_", use_bias=False)
        net.first = nn.Dense(1, prefix="a_", use_bias=False)
    net.own = net.params.get("own", shape=(1,))
    assert list(net.collect_params()) == ["net_own", "net_b_weight", "net_a_weight"]


def test_a_shared_parameter_is_collected_once():
    assert len(networks.Tied().collect_params()) == 2


def test_two_parameters_of_one_name_are_an_error_that_shows_both():
    net = nn.Sequential()
    net.add(nn.Dense(2, in_units=3, prefix="fc_"), nn.Dense(4, prefix="fc_"))
    with pytest.raises(
        DuplicateNameError,
        match=r"'fc_weight' is there already.*\n.*of Dense 'fc' at '0.weight' with shape \(2, 3\).*"
        r"at '1.weight' with shape \(4, \?\)\.\n.*prefix",
    ):
        net.collect_params()


def test_two_parameters_of_one_name_can_be_in_one_network_that_does_not_collect_them():
    net = nn.Sequential()
    net.add(nn.Dense(2, in_units=3, prefix="fc_"), nn.Dense(4, in_units=2, prefix="fc_"))
    for block in net:
        block.initialize()
    assert net(mx.nd.ones((1, 3))).shape == (1, 4)


def test_a_selection_is_matched_from_the_start_of_the_name():
    net = dense_net()
    assert list(net.collect_params(".*weight")) == ["net_dense0_weight", "net_dense1_weight"]
    assert list(net.collect_params("net_dense1_weight|net_dense0_bias")) == [
        "net_dense0_bias",
        "net_dense1_weight",
    ]
    assert not net.collect_params("weight").keys()
    assert len(net.collect_params("")) == len(net.collect_params(None)) == 4


def test_a_selection_that_is_no_regular_expression_is_an_error():
    with pytest.raises(ArgumentError, match=r"Parameters cannot be selected by this.*\n.*received '\(bias'"):
        dense_net().collect_params("(bias")


@pytest.mark.parametrize(
    "container", [lambda b: [b], lambda b: (b,), lambda b: {"one": b}], ids=["list", "tuple", "dict"]
)
def test_blocks_in_a_container_are_not_collected_and_a_warning_says_so(container):
    net = Block(prefix="net_")
    net.layers = container(nn.Dense(1))
    with pytest.warns(UserWarning, match=r"'layers' of Block 'net' holds blocks in a .*register_child"):
        assert not net.collect_params().keys()


def test_blocks_in_a_list_that_are_registered_too_give_no_warning():
    net = Block()
    net.layers = [nn.Dense(1), nn.Dense(2)]
    for layer in net.layers:
        net.register_child(layer)
    assert len(net.collect_params()) == 4


# -- initialising, casting, applying --------------------------------------------------------------------


def test_initialize_reaches_all_children_on_all_contexts(contexts):
    net = networks.deep(units=5)
    net.initialize(ctx=contexts)
    assert all(p.list_ctx() == contexts for p in net.collect_params().values())


def test_initializing_again_warns_of_every_parameter_and_changes_nothing():
    net = dense_net()
    before = net[0].weight.data().asnumpy()
    with pytest.warns(UserWarning, match="already initialized, ignoring") as caught:
        net.initialize(mx.init.One())
    assert len(caught) == 4
    np.testing.assert_array_equal(net[0].weight.data().asnumpy(), before)
    net.initialize(mx.init.One(), force_reinit=True)
    assert (net[0].weight.data().asnumpy() == 1).all()


def test_an_unknown_initializer_leaves_the_network_uninitialized():
    net = networks.mlp(in_units=5, hidden=4)
    with pytest.raises(UnknownNameError, match="'xavjer' is not registered"):
        net.initialize("xavjer")
    net.initialize("xavier")


def test_the_name_of_an_initializer_is_taken_and_verbosity_prints_each_parameter(capsys):
    net = networks.mlp("net_", in_units=5, hidden=4)
    net.initialize("xavier", verbose=True)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in printed] == ["net_dense0_weight", "net_dense1_weight"]


def test_apply_visits_children_before_the_block_and_returns_it():
    net = networks.mlp("net_")
    seen = []
    assert net.apply(lambda block: seen.append(block.name)) is net
    assert seen == ["net_dense0_tanh", "net_dense0", "net_dense1", "net"]


def test_cast_reaches_children_and_own_parameters():
    net = networks.Traced(in_units=5, hidden=4)
    outer = nn.HybridSequential()
    outer.add(net, nn.Dense(2, in_units=3))
    outer.initialize()
    outer.cast("float16")
    assert {p.data().dtype for p in outer.collect_params().values()} == {np.float16}


def test_casting_to_an_unknown_type_is_an_error_and_changes_nothing():
    net = dense_net()
    with pytest.raises(DTypeError, match="'float33' is not supported"):
        net.cast("float33")
    assert {p.dtype for p in net.collect_params().values()} == {"float32"}
    assert net(mx.nd.ones((1, 5))).dtype == np.float32


# -- calling and hooks ----------------------------------------------------------------------------------


class Stubborn(nn.Dense):
    """A layer that cannot be cast."""

    def cast(self, dtype):
        super().cast(dtype)
        raise LookupError(f"no {dtype} here")


class Precise(nn.Dense):
    """A layer whose bias stays in single precision."""

    def cast(self, dtype):
        super().cast(dtype)
        self.bias.cast("float32")


def trained_network(*layers):
    net = nn.Sequential()
    net.add(*layers)
    net.initialize(ctx=[mx.cpu(0), mx.cpu(1)])
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9, "learning_rate": 0.1})
    for _ in range(2):
        with mx.autograd.record():
            losses = [net(mx.nd.ones((2, 3), ctx=ctx)).sum() for ctx in (mx.cpu(0), mx.cpu(1))]
        mx.autograd.backward(losses)
        trainer.step(1)
    return net, trainer


def test_a_cast_that_fails_in_one_layer_changes_no_layer():
    net, trainer = trained_network(nn.Dense(2, in_units=3), Stubborn(1, in_units=2))
    arrays = [array for p in net.collect_params().values() for array in p.list_data() + p.list_grad()]
    before = [array.asnumpy() for array in arrays]
    with pytest.raises(LookupError, match="no float64 here"):
        net.cast("float64")
    after = [array for p in net.collect_params().values() for array in p.list_data() + p.list_grad()]
    assert all(a is b for a, b in zip(arrays, after, strict=True))
    for array, value in zip(after, before, strict=True):
        np.testing.assert_array_equal(array.asnumpy(), value)
    assert {p.dtype for p in net.collect_params().values()} == {np.float32}
    trainer.step(1, ignore_stale_grad=True)


def test_a_cast_happens_once_a_layer_further_up_has_said_what_it_wants():
    net, trainer = trained_network(nn.Dense(2, in_units=3), Precise(1, in_units=2))
    bias = net[1].bias.data(mx.cpu(0))
    net.cast("float16")
    assert [np.dtype(p.dtype).name for p in net.collect_params().values()] == ["float16"] * 3 + ["float32"]
    assert net[1].bias.data(mx.cpu(0)) is bias  # it never was anything else
    trainer.step(1, ignore_stale_grad=True)


def test_a_cast_of_a_trained_block_takes_the_momentum_of_all_layers_along():
    steps = {}
    for dtype in ("float32", "float64"):
        mx.random.seed(1)
        net, trainer = trained_network(nn.Dense(2, in_units=3), nn.Dense(1, in_units=2))
        net.cast(dtype)
        trainer.stale_grad = "zero"  # so that only the momentum moves them
        trainer.step(1)
        steps[dtype] = [p.data(mx.cpu(1)).asnumpy() for p in net.collect_params().values()]
    for single, double in zip(*steps.values(), strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-5)


def test_a_block_is_called_by_position_only():
    with pytest.raises(TypeError, match="keyword argument 'x'"):
        Plain()(x=mx.nd.ones(1))


def test_a_block_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Block must define forward\(\)"):
        Block()(mx.nd.ones(1))


def test_hooks_run_before_and_after_with_what_goes_in_and_comes_out():
    block, seen = nn.HybridLambda(lambda F, x, y: F.broadcast_add(x, y)), []
    block.register_forward_pre_hook(lambda *arguments: seen.append(arguments))
    block.register_forward_hook(lambda *arguments: seen.append(arguments))
    x, y = mx.nd.ones(1), mx.nd.ones(1)
    out = block(x, y)
    assert seen == [(block, (x, y)), (block, (x, y), out)]


def test_what_hooks_return_is_ignored():
    block, x = Plain(), mx.nd.ones(1)
    block.register_forward_pre_hook(lambda *_: (mx.nd.zeros(1),))
    block.register_forward_hook(lambda *_: mx.nd.zeros(1))
    assert block(x) is x


def test_hooks_run_in_the_order_they_were_registered_and_the_same_one_as_often():
    block, seen = Plain(), []

    def twice(*_):
        seen.append("twice")

    block.register_forward_hook(twice)
    block.register_forward_hook(lambda *_: seen.append("once"))
    block.register_forward_hook(twice)
    block(1)
    assert seen == ["twice", "once", "twice"]


def test_a_detached_hook_is_silent_and_detaching_it_again_changes_nothing():
    block, seen = Plain(), []
    handle = block.register_forward_hook(lambda *_: seen.append("first"))
    block.register_forward_hook(lambda *_: seen.append("second"))
    handle.detach()
    handle.detach()
    block(1)
    assert seen == ["second"]


def test_a_handle_is_a_scope_of_its_hook():
    block, seen = Plain(), []
    with block.register_forward_pre_hook(lambda *_: seen.append("hook")):
        block(1)
    block(1)
    assert seen == ["hook"]


def test_an_exception_in_the_scope_of_a_hook_detaches_it_too():
    block, seen = Plain(), []
    with pytest.raises(KeyError), block.register_forward_pre_hook(lambda *_: seen.append("hook")):
        raise KeyError
    block(1)
    assert seen == []


def test_a_hook_can_detach_itself_while_it_runs():
    block, seen = Plain(), []

    def once(*_):
        seen.append("once")
        handle.detach()

    handle = block.register_forward_hook(once)
    block.register_forward_hook(lambda *_: seen.append("always"))
    block(1)
    block(1)
    assert seen == ["once", "always", "always"]


def test_no_hook_runs_after_a_forward_pass_that_failed():
    block, seen = nn.Dense(1), []
    block.register_forward_pre_hook(lambda *_: seen.append("before"))
    block.register_forward_hook(lambda *_: seen.append("after"))
    with pytest.raises(mx.errors.NotInitializedError):
        block(mx.nd.ones((1, 1)))
    assert seen == ["before"]


def test_hooks_of_children_run_inside_those_of_their_parent():
    net, seen = nn.HybridSequential(prefix="net_"), []
    with net.name_scope():
        net.add(nn.Flatten(), nn.Flatten())
    net.apply(lambda each: each.register_forward_pre_hook(lambda block, _: seen.append(f"> {block.name}")))
    net.apply(lambda each: each.register_forward_hook(lambda block, *_: seen.append(f"< {block.name}")))
    net(mx.nd.ones((1, 1)))
    inner = [f"{mark} net_flatten{i}" for i in (0, 1) for mark in "><"]
    assert seen == ["> net", *inner, "< net"]


# -- texts and copies -----------------------------------------------------------------------------------


def test_the_repr_shows_children_indented_under_their_names():
    net = Block()
    net.body = nn.HybridSequential()
    net.body.add(nn.Dense(4, in_units=2), nn.Flatten())
    net.head = nn.Dense(1)
    assert repr(net) == (
        "Block(\n  (body): HybridSequential(\n    (0): Dense(2 -> 4, linear)\n    (1): Flatten\n  )\n"
        "  (head): Dense(None -> 1, linear)\n)"
    )


COPIES = pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda block: pickle.loads(pickle.dumps(block))], ids=["deepcopy", "pickle"]
)


@COPIES
def test_a_copy_keeps_ties_names_and_settings(copied):
    net = networks.Tied(5, prefix="net_")
    net.initialize()
    net.first.weight.lr_mult = 3
    net.second.bias.grad_req = "null"
    twin = copied(net)
    assert twin.first.weight is twin.second.weight
    assert twin.first.weight is not net.first.weight
    assert twin.first.weight.lr_mult == 3
    assert twin.first.bias.grad_req == "null"
    assert list(twin.collect_params()) == list(net.collect_params())


@COPIES
def test_a_copy_can_be_trained_without_its_original(copied):
    net = dense_net()
    twin = copied(net)
    before = net[0].weight.data().asnumpy()
    trainer = mx.gluon.Trainer(twin.collect_params(), "sgd", {"learning_rate": 0.1})
    with mx.autograd.record():
        loss = twin(mx.nd.ones((2, 5))).sum()
    loss.backward()
    trainer.step(1)
    assert (twin[0].weight.data().asnumpy() != before).any()
    np.testing.assert_array_equal(net[0].weight.data().asnumpy(), before)


def test_hooks_are_not_copied():
    block, seen = nn.Flatten(), []
    block.register_forward_hook(lambda *_: seen.append("hook"))
    copy.deepcopy(block)(mx.nd.ones((1, 1)))
    assert seen == []


@COPIES
def test_a_pending_parameter_of_a_copy_is_explained_by_the_copied_layer(copied):
    net = nn.Dense(3, prefix="fc_")
    net.initialize()
    twin = copied(net)
    del net
    (pending,) = twin.collect_params().explain().pending
    assert pending.layer == "Dense 'fc'"
    assert "in_units=" in pending.fix


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_that_cannot_be_called_is_an_error(register):
    block = nn.Dense(2, in_units=3)
    block.initialize()
    with pytest.raises(ArgumentTypeError, match=r"A hook cannot be called.*\n.*received 3"):
        getattr(block, register)(3)
    block(mx.nd.ones((1, 3)))


def test_old_programs_find_parameters_by_path_under_the_name_they_know():
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=3, use_bias=False))
    assert net._collect_params_with_prefix() == {"0.weight": net[0].weight}
    assert net._collect_params_with_prefix("net") == {"net.0.weight": net[0].weight}
