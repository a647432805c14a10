"""HybridBlock: one computation for arrays and for symbols."""

from __future__ import annotations

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import (
    ArgumentTypeError,
    ContextError,
    NotInitializedError,
    ShapeMismatchError,
    SymbolValueError,
)
from gluonish.gluon import Block, HybridBlock, nn
from gluonish.symbol import Symbol


class Recorder(HybridBlock):
    """Remembers what ``hybrid_forward`` was called with."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []
        with self.name_scope():
            self.gain = self.params.get("other_name", shape=(1,), init="ones")

    def hybrid_forward(self, F, x, *args, **params):
        self.seen.append((F, args, params))
        return x


# -- calling --------------------------------------------------------------------------------------------


def test_arrays_come_with_nd_and_the_parameters_arrays_by_attribute():
    block = Recorder()
    block.initialize()
    block(mx.nd.ones(1))
    assert block.seen == [(mx.nd, (), {"gain": block.gain.data()})]


def test_symbols_come_with_sym_and_the_parameters_symbols():
    block = Recorder(prefix="block_")
    out = block(mx.sym.var("x"))
    ((namespace, _, params),) = block.seen
    assert namespace is mx.sym
    assert params == {"gain": block.gain.var()}
    assert isinstance(out, Symbol)


def test_parameters_come_from_the_context_of_the_first_input(two):
    block = Recorder()
    block.initialize(ctx=two)
    for ctx in two:
        block(mx.nd.ones(1, ctx=ctx))
    assert [params["gain"].context for _, _, params in block.seen] == two


def test_the_first_array_of_a_nested_input_decides(two):
    block = Recorder()
    block.initialize(ctx=two)
    pair = [[mx.nd.ones(1, ctx=two[1])], mx.nd.ones(1, ctx=two[1])]
    assert block(pair, None, 3) is pair
    ((namespace, args, params),) = block.seen
    assert (namespace, args, params["gain"].context) == (mx.nd, (None, 3), two[1])


def test_a_nested_list_of_symbols_is_an_input_too():
    block = Recorder()
    block([[mx.sym.var("a")], mx.sym.var("b")])
    assert block.seen[0][0] is mx.sym


@pytest.mark.parametrize(
    "x", [np.ones(2), [], [[]], 3, None], ids=["numpy", "list", "nested", "number", "None"]
)
def test_an_input_without_an_array_is_an_error_that_names_the_block(x):
    block = nn.Flatten(prefix="flat_")
    with pytest.raises(
        ValueError, match=r"Flatten 'flat' must be called with an array or a symbol.*\n.*received"
    ):
        block(x)


def test_arrays_and_symbols_do_not_mix():
    block = nn.HybridLambda(lambda F, x, y: F.broadcast_add(x, y), prefix="add_")
    for pair in ((mx.nd.ones(1), mx.sym.var("y")), (mx.sym.var("y"), mx.nd.ones(1))):
        with pytest.raises(
            ArgumentTypeError, match=r"'add' was called with arrays and symbols at once.*\n.*received both"
        ):
            block(*pair)


def test_a_block_without_hybrid_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"HybridBlock must define hybrid_forward\(\)"):
        HybridBlock()(mx.nd.ones(1))


def test_an_input_on_a_context_without_a_replica_is_an_error_that_says_where_to_move_it(two):
    layer = nn.Dense(3, prefix="fc_")
    layer.initialize(ctx=two)
    with pytest.raises(
        ContextError, match=r"'fc_weight' was not initialized on context cpu\(5\).*\n.*\[cpu\(0\), cpu\(1\)\]"
    ):
        layer(mx.nd.ones((2, 4), ctx=mx.cpu(5)))
    assert layer(mx.nd.ones((2, 4), ctx=two[1])).context == two[1]


def test_inputs_on_different_contexts_are_an_error_that_names_both(two):
    block = nn.HybridLambda(lambda F, x, y: F.broadcast_add(x, y))
    with pytest.raises(ContextError, match=r"'lhs' .* is on cpu\(0\), 'rhs' .* on cpu\(1\)"):
        block(mx.nd.ones(1, ctx=two[0]), mx.nd.ones(1, ctx=two[1]))


def test_an_uninitialized_block_is_an_error():
    with pytest.raises(NotInitializedError, match="'net_dense0_weight' has not been initialized"):
        networks.mlp("net_")(mx.nd.ones((1, 2)))


@pytest.mark.parametrize("kind", [list, tuple])
def test_outputs_keep_the_container_they_come_in(kind):
    block = nn.HybridLambda(lambda F, x: kind([x, (x, [x])]))
    out = block(mx.nd.ones(1))
    assert type(out) is kind
    assert type(out[1]) is tuple
    assert type(out[1][1]) is list


# -- in networks ----------------------------------------------------------------------------------------


class Imperative(Block):
    """A plain block whose body is Python, with hybrid layers inside."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.step = nn.Dense(5, activation="tanh")

    def forward(self, x, times):
        for _ in range(times):
            x = self.step(x)
        return x


def test_a_layer_called_several_times_adds_up_its_gradients():
    net = Imperative()
    net.initialize(mx.init.Normal(0.5))
    x = mx.nd.array([[0.1, -0.2, 0.3, 0.4, -0.5]])
    with mx.autograd.record():
        loss = net(x, 2).sum()
    loss.backward()
    weight, value = net.step.weight.data().asnumpy().astype("float64"), x.asnumpy().astype("float64")
    first = np.tanh(value @ weight.T)
    second = np.tanh(first @ weight.T)
    outer = 1 - second**2
    inner = (outer @ weight) * (1 - first**2)
    np.testing.assert_allclose(
        net.step.weight.grad().asnumpy(), outer.T @ first + inner.T @ value, rtol=1e-4, atol=1e-6
    )


def test_children_of_a_hybrid_block_must_be_hybrid():
    net = HybridBlock(prefix="net_")
    with pytest.raises(
        ValueError, match=r"'net' is a HybridBlock, so its children must be.*\n.*received Sequential"
    ):
        net.body = nn.Sequential()
    assert not net._children
    assert not hasattr(net, "body")


def test_a_block_can_be_called_inside_the_forward_of_one_it_is_no_child_of():
    layer = nn.Dense(3)
    layer.initialize()
    outer = nn.HybridLambda(lambda F, x: layer(x))
    assert outer(mx.nd.ones((2, 4))).shape == (2, 3)
    assert layer.weight.shape == (3, 4)


# -- symbols --------------------------------------------------------------------------------------------


def test_a_network_of_symbols_has_the_parameters_as_arguments_and_the_statistics_as_states():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(4), nn.BatchNorm())
    symbol = net(mx.sym.var("data"))
    weights = ["net_dense0_weight", "net_dense0_bias", "net_batchnorm0_gamma", "net_batchnorm0_beta"]
    assert symbol.list_arguments() == ["data", *weights]
    assert symbol.list_auxiliary_states() == ["net_batchnorm0_running_mean", "net_batchnorm0_running_var"]


def test_composing_symbols_settles_nothing():
    net = networks.mlp("net_")
    net.initialize()
    net(mx.sym.var("data", shape=(2, 5)))
    assert net[0].weight.shape == (4, 0)
    assert len(net.collect_params().explain()) == 2


def test_declared_sizes_reach_the_graph():
    symbol = nn.Dense(3, in_units=5, flatten=False)(mx.sym.var("data"))
    arguments, _, _ = symbol.infer_shape_partial()
    assert arguments == [(), (3, 5), (3,)]


# -- infer_shape ----------------------------------------------------------------------------------------


def test_infer_shape_sets_the_shapes_of_all_parameters_without_initializing_them():
    net = networks.convnet("net_")
    net.infer_shape(mx.nd.ones((1, 2, 4, 6)))
    shapes = {name: p.shape for name, p in net.collect_params().items()}
    assert shapes["net_conv0_weight"] == (4, 2, 3, 3)
    assert shapes["net_dense0_weight"] == (2, 6)
    with pytest.raises(NotInitializedError):
        net[0].weight.data()


def test_infer_shape_takes_nested_lists_and_passes_over_unused_parameters():
    class Joined(HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.fc = nn.Dense(3)
                self.idle = nn.Dense(3)

        def hybrid_forward(self, F, pair, scale):
            return F.broadcast_mul(self.fc(F.concat(*pair, dim=1)), scale)

    net = Joined()
    net.infer_shape([mx.nd.ones((2, 4)), mx.nd.ones((2, 3))], mx.nd.ones((1, 3)))
    assert net.fc.weight.shape == (3, 7)
    assert net.idle.weight.shape == (3, 0)


def test_infer_shape_of_a_contradiction_is_an_error_that_names_the_node_and_changes_nothing():
    net = networks.mlp("net_", hidden=7)
    with pytest.raises(ShapeMismatchError, match="net_dense1_fwd"):
        net.infer_shape(mx.nd.ones((2, 5)))
    assert net[0].weight.shape == (4, 0)


def test_infer_shape_of_a_body_that_reads_shapes_says_what_a_symbol_lacks():
    with pytest.raises(
        SymbolValueError, match=r"has no shape: it stands for an array that is not computed yet"
    ):
        networks.Untraceable().infer_shape(mx.nd.ones((2, 5)))
