"""Hybridized blocks: a graph captured once, and run on any context, by any thread, instead of the code."""

from __future__ import annotations

import copy
import logging
import pickle
import threading

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd, sym
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    DeferredInitializationError,
    DTypeError,
    NotInitializedError,
    ShapeInferenceError,
    ShapeMismatchError,
    SymbolValueError,
)
from gluonish.gluon import Block, HybridBlock, nn
from gluonish.gluon.structure import leaves_of


class Counted(HybridBlock):
    """Computes a function, and counts how often its code runs."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function
        self.runs = 0

    def hybrid_forward(self, F, *args, **params):
        self.runs += 1
        return self.function(F, *args, **params)


def hybridized(function, **flags):
    block = Counted(function, prefix="block_")
    block.hybridize(**flags)
    return block


A, B = nd.array([[1.0, 2.0, 3.0]]), nd.array([[10.0, 20.0, 30.0]])


# -- capturing --------------------------------------------------------------------------------------------


def test_python_code_runs_when_the_graph_is_captured_and_then_no_more():
    block = hybridized(lambda F, x: x * 2)
    for factor in (1, 2, 3):
        np.testing.assert_array_equal(block(A * factor).asnumpy(), A.asnumpy() * factor * 2)
    block(nd.ones((4, 5)))
    assert block.runs == 1


def test_training_and_prediction_have_a_graph_each():
    block = hybridized(lambda F, x: x * 2 if autograd.is_training() else x)
    for _ in range(2):
        assert block(A)[0, 0] == 1
        with autograd.record():
            assert block(A)[0, 0] == 2
    assert block.runs == 2


@pytest.mark.parametrize(
    "forget",
    [
        lambda block: block.hybridize(),
        lambda block: block.cast("float32"),
        lambda block: block.register_child(nn.Flatten()),
    ],
    ids=["hybridize", "cast", "a child"],
)
def test_a_graph_is_captured_again_after_what_changes_the_block(forget):
    block = hybridized(lambda F, x: x * 2)
    block(A)
    forget(block)
    block(A)
    assert block.runs == 2


def test_a_graph_may_be_kept_while_flags_change():
    block = hybridized(lambda F, x: x * 2)
    block(A)
    block.hybridize(clear=False, static_alloc=True)
    block(A)
    assert block.runs == 1


def test_what_is_not_active_runs_its_code_in_every_call():
    block = hybridized(lambda F, x: x * 2)
    block(A)
    block.hybridize(False)
    block(A)
    block(A)
    assert block.runs == 3


def test_children_become_part_of_the_graph():
    inner = Counted(lambda F, x: x + 1)
    net = nn.HybridSequential()
    net.add(inner, Counted(lambda F, x: inner(x) * 2))
    net.hybridize()
    net(A)
    np.testing.assert_array_equal(net(A).asnumpy(), (A.asnumpy() + 2) * 2)
    assert [block.runs for block in net] == [2, 1]


def test_a_child_of_a_plain_block_has_a_graph_of_its_own():
    class Plain(Block):
        def __init__(self):
            super().__init__()
            self.inner = Counted(lambda F, x: x + 1)

        def forward(self, x):
            return self.inner(self.inner(x))

    net = Plain()
    net.hybridize()
    net(A)
    assert net.inner.runs == 1


def test_a_new_child_is_not_hybridized():
    net = nn.HybridSequential()
    net.hybridize()
    net.add(nn.Dense(1))
    assert (net.replays_graph, net[0].replays_graph) == (True, False)


def test_a_call_with_symbols_composes_them():
    block = hybridized(lambda F, x: x * 2)
    assert block(sym.var("x")).list_arguments() == ["x"]
    block(A)
    assert block(sym.var("y")).list_arguments() == ["y"]


def test_a_captured_graph_does_not_see_a_later_constant():
    """The Python code runs once: what it reads then is what counts, as in MXNet."""
    factors = [2]
    block = hybridized(lambda F, x: x * factors[0])
    block(A)
    factors[0] = 3
    assert block(A)[0, 0] == 2


def test_copies_capture_graphs_of_their_own():
    net = networks.mlp()
    net.initialize()
    net.hybridize()
    x = nd.ones((2, 5))
    expected = net(x).asnumpy()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin.replays_graph
        np.testing.assert_array_equal(twin(x).asnumpy(), expected)
        twin[0].weight.set_data(nd.zeros((4, 5)))
        assert (twin(x).asnumpy() != expected).any()
    np.testing.assert_array_equal(net(x).asnumpy(), expected)


# -- structure --------------------------------------------------------------------------------------------


def joined(F, x, y=None):
    return F.concat(*x, dim=1) if y is None else F.concat(*x, y, dim=1)


def test_inputs_may_be_nested_and_none():
    block = hybridized(joined)
    for _ in range(2):
        np.testing.assert_array_equal(block([A, B], None).asnumpy(), [[1, 2, 3, 10, 20, 30]])
    assert block.runs == 1


def test_a_tuple_may_stand_for_a_list_and_nones_at_the_end_may_be_left_out():
    block = hybridized(joined)
    block([A, B], None)
    block((A, B))
    block([A, B], None, None)
    assert block.runs == 1


def test_the_first_argument_may_be_none():
    for active in (False, True):
        block = Counted(lambda F, x, y: y * 2)
        block.hybridize(active)
        assert block(None, A)[0, 0] == 2


@pytest.mark.parametrize(
    ("first", "then", "expected", "received"),
    [
        ((A, B), (A,), r"\[0, 0\]", r"\[0\]"),
        ((A, B), ([A, B],), r"\[0, 0\]", r"\[\[0, 0\]\]"),
        ((A, B), (A, B, A), r"\[0, 0\]", r"\[0, 0, 0\]"),
        (([A, B], None), ([A, B], A), r"\[\[0, 0\], -1\]", r"\[\[0, 0\], 0\]"),
        (([A, None],), ([A, B],), r"\[\[0, -1\]\]", r"\[\[0, 0\]\]"),
    ],
)
def test_arguments_of_another_structure_are_an_error_that_shows_both(first, then, expected, received):
    block = hybridized(lambda F, *args: F.add_n(*[x for x in leaves_of(args) if x is not None]))
    block(*first)
    with pytest.raises(
        ValueError, match=rf"'block' was hybridized and first called with another.*\n.*{expected}.*{received}"
    ):
        block(*then)


def test_both_graphs_have_one_structure_of_arguments():
    block = hybridized(lambda F, x, y=None: x * 2)
    block(A)
    with autograd.record(), pytest.raises(ArgumentError, match=r"Expected \[0\].*received \[0, 0\]"):
        block(A, B)


@pytest.mark.parametrize(
    ("function", "check"),
    [
        (lambda F, x: (x * 2, [x * 3, (x * 4,)]), lambda y: type(y) is tuple and type(y[1][1]) is tuple),
        (lambda F, x: [x * 2], lambda y: type(y) is list),
        (lambda F, x: (x * 2, None), lambda y: y[1] is None),
        (lambda F, x: F.split(x, num_outputs=3, axis=1), lambda y: type(y) is list and len(y) == 3),
        (lambda F, x: [F.split(x, num_outputs=3, axis=1)[1]], lambda y: y[0].asnumpy() == [[2]]),
    ],
)
def test_outputs_come_in_the_containers_they_come_in_without_a_graph(function, check):
    assert check(Counted(function)(A))
    block = hybridized(function)
    assert check(block(A))
    assert check(block(A))


def test_an_input_may_be_an_output():
    assert hybridized(lambda F, x: x)(A) is A


@pytest.mark.parametrize("value", [3, np.ones(2), "x"])
def test_arguments_that_are_no_arrays_are_an_error(value):
    block = hybridized(lambda F, x, k: x * k)
    with pytest.raises(
        ArgumentTypeError, match=r"The input of a hybridized block must consist of arrays or symbols"
    ):
        block(A, value)


@pytest.mark.parametrize("result", [5, {"a": 1}])
def test_results_that_are_no_arrays_are_an_error(result):
    with pytest.raises(ValueError, match=r"The output of a hybridized block must consist of arrays"):
        hybridized(lambda F, x: result)(A)


def test_arrays_and_symbols_do_not_mix_in_a_call():
    block = hybridized(lambda F, x, y: x + y)
    for pair in ((A, sym.var("y")), (sym.var("y"), A), ([A, sym.var("y")], A)):
        with pytest.raises(ValueError, match=r"'block' was called with arrays and symbols at once"):
            block(*pair)


# -- what cannot be captured ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda F, x: x.reshape((x.shape[0], -1)), AttributeError, "has no shape"),
        (lambda F, x: x.asnumpy(), NotImplementedError, "has no asnumpy"),
        (lambda F, x: x if x.sum() > 0 else -x, NotImplementedError, "has no truth value"),
        (lambda F, x: F.broadcast_add(x, B), AssertionError, "takes symbols here"),
        (lambda F, x: x + B, TypeError, "unsupported operand"),
        (lambda F, x: nd.relu(x), AssertionError, "takes arrays, not this"),
    ],
)
def test_code_that_needs_values_cannot_be_captured(function, error, message):
    block = hybridized(function)
    with pytest.raises(error, match=message):
        block(A)
    block.hybridize(False)


def test_an_input_that_is_neither_given_nor_a_parameter_is_an_error():
    block = hybridized(lambda F, x: F.FullyConnected(x, num_hidden=2, name="fc"))
    with pytest.raises(
        ArgumentError, match=r"'block' computes with a variable .* no parameter for: 'block_fc_we"
    ):
        block(A)


def test_static_shapes_need_static_memory():
    block = hybridized(lambda F, x: x, static_shape=True)
    with pytest.raises(mx.errors.MXNetError, match=r"cannot have static shapes without static memory"):
        block(A)
    block.hybridize(static_alloc=True, static_shape=True)
    assert block(A) is A


# -- warnings ---------------------------------------------------------------------------------------------


class WithIdle(HybridBlock):
    """Uses one of its parameters."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.used = self.params.get("used", shape=(0,), allow_deferred_init=True)
            self.idle = self.params.get("idle", shape=(0,), allow_deferred_init=True)

    def hybrid_forward(self, F, x, used, idle):
        return F.dot(x, F.reshape(used, shape=(3, 1)))


def test_parameters_that_are_not_used_are_warned_of_once_and_stay_pending():
    block = WithIdle(prefix="own_")
    block.initialize()
    block.hybridize()
    with pytest.warns(UserWarning, match=r"Parameter own_idle is not used by any computation"):
        block(A)
    block(A)
    with autograd.record():
        block(A)
    assert (block.used.shape, block.idle.shape) == ((3,), (0,))


def test_inputs_that_are_not_used_are_warned_of():
    block = hybridized(lambda F, x, y: x * 2)
    with pytest.warns(UserWarning, match=r"The 1-th input to Counted 'block' is not used"):
        block(A, B)
    block(A, B)


def test_a_block_with_hooks_is_warned_of_when_it_is_hybridized_and_not_when_it_no_longer_is():
    net = networks.mlp("net_")
    net[1].register_forward_hook(lambda *args: None)
    with pytest.warns(UserWarning, match=r"Dense 'net_dense1' is hybridized and has hooks"):
        net.hybridize()
    net.hybridize(False)


def test_a_sequential_of_hybrid_blocks_could_be_a_hybrid_sequential():
    net = nn.Sequential(prefix="net_")
    net.hybridize()
    net.add(nn.Dense(2), nn.Dense(2))
    with pytest.warns(UserWarning, match=r"All children of this Sequential layer 'net_' are HybridBlocks"):
        net.hybridize()
    net.add(nn.Lambda("relu"))
    net.hybridize()
    assert [net[0].replays_graph, net[1].replays_graph] == [True, True]


# -- hooks ------------------------------------------------------------------------------------------------


def test_hooks_of_the_block_that_is_called_run_and_those_below_do_not():
    net = networks.mlp()
    net.initialize()
    net.hybridize()
    seen = []
    net.register_forward_pre_hook(lambda block, inputs: seen.append(("before", type(inputs[0]))))
    net.register_forward_hook(lambda block, inputs, output: seen.append(("after", type(output))))
    net[0].register_forward_hook(lambda *args: seen.append("below"))
    for _ in range(2):
        net(nd.ones((1, 5)))
    assert seen == [("before", nd.NDArray), ("after", nd.NDArray)] * 2


def test_operators_are_watched_while_the_graph_runs():
    net = networks.mlp("net_")
    net.initialize()
    net.hybridize()
    outputs, everything = [], []
    net.register_op_hook(lambda name, op, x: outputs.append((name, op, x.shape)))
    net.register_op_hook(lambda name, op, x: everything.append(name), monitor_all=True)
    net(nd.ones((1, 5)))
    assert outputs == [
        ("net_dense0_fwd_output", "FullyConnected", (1, 4)),
        ("net_dense0_tanh_fwd_output", "Activation", (1, 4)),
        ("net_dense1_fwd_output", "FullyConnected", (1, 3)),
    ]
    assert everything[:4] == [f"net_dense0_fwd_{each}" for each in ("data", "weight", "bias", "output")]


# -- parameters -------------------------------------------------------------------------------------------


def test_pending_parameters_of_all_blocks_are_completed_by_the_graph():
    net = networks.convnet("net_")
    net.initialize()
    net.hybridize()
    net(nd.ones((1, 2, 4, 6)))
    assert not net.collect_params().explain()
    assert net[5].weight.shape == (2, 6)


def test_a_failure_leaves_parameters_as_they_were():
    net = networks.mlp("net_", hidden=7)
    net.initialize()
    net.hybridize()
    with pytest.raises(ShapeMismatchError, match="net_dense1_fwd"):
        net(nd.ones((2, 5)))
    assert net[0].weight.shape == (4, 0)


def test_parameters_that_become_pending_again_are_completed_again():
    net = networks.mlp()
    net.initialize()
    net.hybridize()
    net(nd.ones((2, 5)))
    twin = networks.mlp()
    twin.initialize()
    twin.hybridize()
    twin(nd.ones((2, 5)))
    net.initialize(force_reinit=True)
    assert net(nd.ones((2, 5))).shape == (2, 3)


class Loose(HybridBlock):
    """Adds a parameter whose shape follows from nothing."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.offset = self.params.get("offset", shape=(0,), allow_deferred_init=True)

    def hybrid_forward(self, F, x, offset):
        return F.broadcast_add(x, offset)


def test_a_shape_that_does_not_follow_is_an_error_that_names_the_parameter():
    block = Loose(prefix="own_")
    block.initialize()
    for active in (False, True):
        block.hybridize(active)
        with pytest.raises(ValueError, match="own_offset") as error:
            block(A)
        assert isinstance(error.value, DeferredInitializationError)
    with pytest.raises(ShapeInferenceError, match=r"do not follow from its inputs.*\n.*own_offset \(\?,\)"):
        block.infer_shape(A)


def test_an_uninitialized_block_is_an_error():
    net = networks.mlp("net_")
    net.hybridize()
    with pytest.raises(NotInitializedError, match="'net_dense0_weight' has not been initialized"):
        net(nd.ones((1, 2)))


def test_new_values_count_in_the_next_run():
    layer = nn.Dense(1, in_units=3, use_bias=False)
    layer.initialize(mx.init.One())
    layer.hybridize()
    assert layer(A).asscalar() == 6
    layer.weight.set_data(nd.zeros((1, 3)))
    assert layer(A).asscalar() == 0
    layer.weight.cast("float64")
    assert layer(A.astype("float64")).dtype == np.float64


# -- contexts and threads ---------------------------------------------------------------------------------


def test_one_graph_runs_on_all_contexts(contexts):
    net = networks.mlp()
    net.initialize(ctx=contexts)
    net.hybridize()
    outputs = [net(nd.ones((2, 5), ctx=ctx)) for ctx in contexts]
    assert [y.context for y in outputs] == contexts
    for y in outputs:
        np.testing.assert_array_equal(y.asnumpy(), outputs[0].asnumpy())


def test_arrays_made_in_the_graph_are_where_its_inputs_are():
    for active in (False, True):
        block = Counted(lambda F, x: F.broadcast_add(F.ones((2,)), x))
        block.hybridize(active)
        assert block(nd.ones(1, ctx=mx.cpu(2))).context == mx.cpu(2)


def test_inputs_on_several_contexts_are_an_error(two):
    block = hybridized(lambda F, x, y: x + y)
    with pytest.raises(
        ContextError,
        match=r"hybridized and was called with arrays on several contexts.*\n.*cpu\(0\), cpu\(1\)",
    ):
        block(nd.ones(1, ctx=two[0]), nd.ones(1, ctx=two[1]))


def test_an_input_where_the_parameters_are_not_is_an_error():
    layer = nn.Dense(1, in_units=3, prefix="fc_")
    layer.initialize()
    layer.hybridize()
    with pytest.raises(mx.errors.MXNetError, match=r"'fc_weight' was not initialized on context cpu\(1\)"):
        layer(nd.ones((1, 3), ctx=mx.cpu(1)))


def test_an_input_where_the_parameters_are_not_settles_nothing():
    layer = nn.Dense(1, prefix="fc_")
    layer.initialize()
    layer.hybridize()
    with pytest.raises(ContextError, match=r"'fc_weight' was not initialized on context cpu\(1\)"):
        layer(nd.ones((1, 3), ctx=mx.cpu(1)))
    assert layer(nd.ones((1, 5))).shape == (1, 1)


def test_threads_capture_one_graph_and_run_it_together():
    block = Counted(lambda F, x: F.relu(x * 2))
    block.hybridize()
    barrier = threading.Barrier(8)
    results = [None] * 8

    def work(i):
        barrier.wait()
        results[i] = [block(A * i).asnumpy() for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert block.runs == 1
    for i, found in enumerate(results):
        for y in found:
            np.testing.assert_array_equal(y, A.asnumpy() * i * 2)


# -- gradients --------------------------------------------------------------------------------------------


def test_a_graph_has_gradients_of_gradients():
    block = hybridized(lambda F, x: (x**3).sum())
    x = A.copy()
    x.attach_grad()
    with autograd.record():
        (g,) = autograd.grad([block(x)], [x], create_graph=True)
        total = g.sum()
    total.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), 6 * A.asnumpy())


# -- inference --------------------------------------------------------------------------------------------


def test_inferring_shapes_of_a_hybridized_block_captures_its_graph():
    block = hybridized(lambda F, x: x * 2)
    block.infer_shape(A)
    block(A)
    assert block.runs == 1


@pytest.mark.parametrize("active", [False, True])
def test_types_that_contradict_the_parameters_are_an_error(active):
    net = networks.mlp("net_")
    net.hybridize(active)
    net.infer_type(nd.ones((1, 5)))
    with pytest.raises(DTypeError, match=r"Node 'net_dense0_fwd'.*\n.*Expected float64, received float32"):
        net.infer_type(nd.ones((1, 5), dtype="float64"))
    net.cast("float64")
    net.infer_type(nd.ones((1, 5), dtype="float64"))


class Normalized(HybridBlock):
    """A parameter whose type is that of the data where it is not given."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.gamma = self.params.get("gamma", shape=(3,), init="ones", dtype="float16")

    def hybrid_forward(self, F, x, gamma):
        return F.broadcast_mul(x, F.cast(gamma, dtype="float32"))


def test_types_that_fit_are_left_alone():
    block = Normalized()
    block.infer_type(A)
    assert block.gamma.dtype == "float16"


# -- backends ---------------------------------------------------------------------------------------------


def test_an_unknown_backend_is_logged_and_left_out(caplog):
    block = Counted(lambda F, x: x * 2)
    with caplog.at_level(logging.WARNING):
        block.hybridize(backend="nope", option=3)
    assert "no backend 'nope'" in caplog.text
    assert block(A)[0, 0] == 2


def test_optimizing_captures_the_graph_without_running_it(caplog):
    net = networks.mlp()
    net.initialize()
    with caplog.at_level(logging.WARNING):
        net.optimize_for(nd.ones((1, 5)), backend="nope")
    assert net.replays_graph
    assert net[0].weight.shape == (4, 5)


def test_optimizing_needs_a_backend_by_name():
    with pytest.raises(ValueError, match=r"optimize_for\(\) needs a backend"):
        nn.Dense(1).optimize_for(A)
    with pytest.raises(AssertionError, match=r"needs a backend by name.*\n.*received 3"):
        nn.Dense(1).optimize_for(A, backend=3)


# -- export -----------------------------------------------------------------------------------------------


def test_export_writes_the_graph_and_the_parameters_with_mxnets_names(tmp_path):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(4), nn.BatchNorm(), nn.Dense(2))
    net.initialize()
    net.hybridize()
    net(nd.ones((2, 3)))
    net.export(str(tmp_path / "net"), epoch=7)
    symbol = sym.load(tmp_path / "net-symbol.json")
    arrays = nd.load(tmp_path / "net-0007.params")
    assert symbol.list_inputs()[0] == "data"
    assert sorted(arrays) == sorted(
        [f"arg:{name}" for name in symbol.list_arguments()[1:]]
        + [f"aux:{name}" for name in symbol.list_auxiliary_states()]
    )
    np.testing.assert_array_equal(arrays["arg:net_dense0_weight"].asnumpy(), net[0].weight.data().asnumpy())


def test_the_graph_of_prediction_is_exported_where_there_is_one(tmp_path):
    block = hybridized(lambda F, x: x * 2 if autograd.is_training() else x + 1)
    with autograd.record():
        block(A)
    block.export(tmp_path / "a")
    assert "_mulscalar" in sym.load(tmp_path / "a-symbol.json").name
    block(A)
    block.export(tmp_path / "a")
    assert "_plusscalar" in sym.load(tmp_path / "a-symbol.json").name


def test_arithmetic_that_broadcast_is_exported_as_operators_that_broadcast(tmp_path):
    block = hybridized(lambda F, x, y: (x + y) * x)
    block(nd.ones((2, 3)), nd.ones((1, 3)))
    block.export(tmp_path / "a")
    nodes = sym.load(tmp_path / "a-symbol.json").nodes()
    assert [node.op.name for node in nodes if node.op] == ["broadcast_add", "elemwise_mul"]


def test_unused_parameters_are_not_exported(tmp_path):
    block = WithIdle(prefix="own_")
    block.initialize()
    block.hybridize()
    with pytest.warns(UserWarning, match="own_idle"):
        block(A)
    block.export(tmp_path / "own")
    assert list(nd.load(tmp_path / "own-0000.params")) == ["arg:own_used"]


@pytest.mark.parametrize("active", [False, True])
def test_what_has_not_run_as_a_graph_cannot_be_exported(active, tmp_path):
    block = Counted(lambda F, x: x, prefix="block_")
    block.hybridize(active)
    with pytest.raises(RuntimeError, match=r"Counted 'block' has no graph to export.*\n.*Call hybridize\(\)"):
        block.export(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_captured_graph_that_never_ran_cannot_be_exported(tmp_path):
    block = hybridized(lambda F, x: x * 2)
    block.infer_shape(A)
    with pytest.raises(ArgumentError, match="has no graph to export"):
        block.export(tmp_path / "a")


def test_a_symbol_error_is_a_symbol_value_error():
    with pytest.raises(SymbolValueError):
        hybridized(lambda F, x: x.shape)(A)
