"""Completing pending parameters: three ways, one run, and nothing lost where it fails."""

from __future__ import annotations

import contextlib
import threading

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import (
    ContextError,
    DeferredInitializationError,
    DTypeError,
    ShapeMismatchError,
)
from gluonish.gluon import HybridBlock, nn

WAYS = [networks.Traced, networks.Stated, networks.Untraceable, networks.Imperative]
"""One computation, completed in every way there is."""

every_way = pytest.mark.parametrize("make", WAYS, ids=lambda cls: cls.__name__)


def pending(block):
    """Initialise a block; return it."""
    block.initialize(mx.init.Normal(0.5))
    return block


def batch(*shape, ctx=None):
    return mx.nd.array(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape), ctx=ctx)


def shapes(block):
    return {path: p.shape for path, p in block.parameters_by_path()}


class Counting:
    """Mixed into a block, counts how often its body runs, by what it runs with."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.runs = []

    def hybrid_forward(self, F, x, *args, **params):
        self.runs.append("symbols" if F is mx.sym else "arrays")
        return super().hybrid_forward(F, x, *args, **params)


class CountingTraced(Counting, networks.Traced):
    pass


class CountingStated(Counting, networks.Stated):
    pass


class CountingUntraceable(Counting, networks.Untraceable):
    pass


# -- the ways -------------------------------------------------------------------------------------------


def test_every_way_gives_the_same_bits():
    results = []
    for make in WAYS:
        mx.random.seed(1)
        block = pending(make())
        out = block(batch(2, 5)).asnumpy()
        results.append([out, block.weight.data().asnumpy(), block.basis.data().asnumpy()])
    for result in results[1:]:
        for a, b in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


@every_way
def test_the_first_batch_can_be_recorded(make):
    def gradients(block):
        with mx.autograd.record():
            loss = block(batch(2, 5)).square().sum()
        loss.backward()
        return [block.weight.grad().asnumpy(), block.basis.grad().asnumpy()]

    mx.random.seed(1)
    found = gradients(pending(make()))
    mx.random.seed(1)
    expected = gradients(pending(make(in_units=5, hidden=4)))
    for a, b in zip(found, expected, strict=True):
        assert a.any()
        np.testing.assert_array_equal(a, b)


@every_way
def test_every_context_is_completed_by_the_first_batch_on_one(make, contexts):
    block = make()
    block.initialize(ctx=contexts)
    block(batch(2, 5, ctx=contexts[-1]))
    for ctx in contexts:
        assert block.weight.data(ctx).shape == (4, 5)
        assert block(batch(3, 5, ctx=ctx)).context == ctx


@pytest.mark.parametrize(
    ("make", "first"),
    [
        (CountingTraced, ["symbols", "arrays"]),
        (CountingStated, ["arrays"]),
        (CountingUntraceable, ["symbols", "arrays"]),
    ],
)
def test_the_body_runs_once_on_arrays_and_at_most_once_on_symbols(make, first):
    block = pending(make())
    block(batch(2, 5))
    assert block.runs == first
    block(batch(2, 5))
    assert block.runs == [*first, "arrays"]


def test_a_body_without_pending_parameters_is_not_traced():
    block = pending(CountingTraced(in_units=5, hidden=4))
    block(batch(2, 5))
    assert block.runs == ["arrays"]


def test_a_plain_block_runs_once():
    class Counted(networks.Imperative):
        runs = 0

        def forward(self, x):
            self.runs += 1
            return super().forward(x)

    block = pending(Counted())
    block(batch(2, 5))
    assert block.runs == 1


def test_shapes_are_stated_once():
    class Counted(networks.Stated):
        statements = 0

        def infer_shape(self, x):
            self.statements += 1
            super().infer_shape(x)

    block = pending(Counted())
    block(batch(2, 5))
    block(batch(2, 5))
    assert block.statements == 1


def test_a_plain_block_can_state_shapes_too():
    class Stated(networks.Imperative):
        def infer_shape(self, x):
            self.weight.shape = (4, x.shape[1])
            self.basis.shape = (4, 3)

        def forward(self, x):
            self.known = self.weight.data().shape
            return super().forward(x)

    block = pending(Stated())
    block(batch(2, 5))
    assert block.known == (4, 5)


def test_a_forward_pass_that_draws_draws_once():
    class Noisy(networks.Untraceable):
        def hybrid_forward(self, F, x, weight, basis):
            noise = F.random.normal(shape=(1, 5))
            return super().hybrid_forward(F, F.broadcast_add(x, noise), weight, basis)

    outputs = []
    for block in (pending(Noisy()), pending(Noisy(in_units=5, hidden=4))):
        mx.random.seed(3)
        block.collect_params().initialize(mx.init.One(), force_reinit=True)
        outputs.append([block(batch(2, 5)).asnumpy() for _ in range(2)])
    np.testing.assert_array_equal(*outputs)


# -- bodies that no trace can follow --------------------------------------------------------------------


class Body(HybridBlock):
    """A weight of four columns that waits for its rows, and a body given by a function."""

    def __init__(self, body, **kwargs):
        super().__init__(**kwargs)
        self.body = body
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(0, 4), allow_deferred_init=True)

    def hybrid_forward(self, F, x, weight):
        return self.body(F, x, weight)


class Fetching(HybridBlock):
    """A hybrid block with an imperative body, which fetches its parameter itself."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(0, 5), allow_deferred_init=True)

    def forward(self, x):
        return mx.nd.dot(x, self.weight.data())


BODIES = {
    "reads the shape": lambda F, x, w: F.dot(x.reshape((x.shape[0], -1)), w),
    "reads the content": lambda F, x, w: F.dot(x * float(x.max().asscalar()), w),
    "branches on the content": lambda F, x, w: F.dot(x if (x.sum() > 0).asscalar() else -x, w),
    "adds an array": lambda F, x, w: F.dot(x + mx.nd.ones((2, 5)), w),
    "gives an array to an operator": lambda F, x, w: F.dot(F.broadcast_add(x, mx.nd.ones((1, 5))), w),
    "asks for the context": lambda F, x, w: F.dot(x.as_in_context(x.context), w),
    "returns a dictionary": lambda F, x, w: {"out": F.dot(x, w)},
    "returns a number too": lambda F, x, w: (F.dot(x, w), 3),
    "calls a function of nd": lambda F, x, w: mx.nd.dot(x, w),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_needs_arrays_is_settled_by_its_one_run(body):
    block = pending(Body(body))
    block(batch(2, 5))
    assert block.weight.data().shape == (5, 4)


def test_a_child_that_cannot_be_traced_does_not_stop_its_parent():
    child = Fetching()
    block = Body(lambda F, x, w: F.dot(child(x), w))
    block.child = child
    pending(block)
    block(batch(2, 3))
    assert shapes(block) == {"weight": (5, 4), "child.weight": (3, 5)}


def test_layers_called_inside_another_forward_pass_complete_themselves():
    layer = pending(nn.Dense(3))
    block = pending(Body(lambda F, x, w: F.dot(layer(x), w)))
    assert block(batch(2, 7)).shape == (2, 4)
    assert (layer.weight.shape, block.weight.shape) == ((3, 7), (3, 4))


def test_parameters_called_like_inputs_are_told_apart_from_them():
    class Confusing(HybridBlock):
        def __init__(self):
            super().__init__(prefix="")
            self.weight = self.params.get("data0", shape=(0, 4), allow_deferred_init=True)

        def hybrid_forward(self, F, x, weight):
            return F.dot(x, weight)

    assert pending(Confusing())(batch(2, 5)).shape == (2, 4)


def test_two_parameters_of_one_name_are_told_apart():
    block = Body(lambda F, x, w: block.second(block.first(F.dot(x, w))))
    block.first, block.second = nn.Dense(3, prefix="fc_"), nn.Dense(6, prefix="fc_")
    for _, parameter in block.parameters_by_path():
        parameter.initialize()
    assert block(batch(2, 5)).shape == (2, 6)
    assert (block.first.weight.shape, block.second.weight.shape) == ((3, 4), (6, 3))


def test_nested_inputs_are_followed():
    block = pending(Body(lambda F, pair, w: F.dot(pair[0] + pair[1][0], w)))
    x = batch(2, 5)
    assert block([x, (x,)]).shape == (2, 4)


# -- hooks ----------------------------------------------------------------------------------------------


def test_hooks_are_silent_while_a_block_is_traced():
    seen = []
    block = Body(lambda F, x, w: block.child(F.dot(x, w)), prefix="outer_")
    block.child = nn.Dense(2, prefix="inner_")
    pending(block)
    block.apply(lambda each: each.register_forward_pre_hook(lambda b, x: seen.append((b.name, type(x[0])))))
    block.apply(lambda each: each.register_forward_hook(lambda b, _, y: seen.append((b.name, type(y)))))
    block(batch(2, 5))
    array = mx.nd.NDArray
    assert seen == [("outer", array), ("inner", array), ("inner", array), ("outer", array)]


# -- parameters that take no part -----------------------------------------------------------------------


class Optional(Counting, networks.Own):
    """Uses its basis only if it is asked to."""

    def hybrid_forward(self, F, x, use_basis=None, weight=None, basis=None):
        self.runs.append("symbols" if F is mx.sym else "arrays")
        y = F.FullyConnected(x, weight, no_bias=True, num_hidden=4)
        return y if use_basis is None else F.dot(y, basis)


def test_an_unused_parameter_stays_pending_and_the_body_is_not_traced_again():
    block = pending(Optional())
    for _ in range(3):
        assert block(batch(2, 5)).shape == (2, 4)
    assert block.runs == ["symbols", "arrays", "arrays", "arrays"]
    (left,) = block.collect_params().explain().pending
    assert left.name == block.basis.name
    assert left.called


def test_it_is_completed_once_it_is_used():
    block = pending(Optional())
    block(batch(2, 5))
    assert block(batch(2, 5), True).shape == (2, 3)
    assert block.basis.data().shape == (4, 3)


def test_a_layer_that_is_never_called_stays_pending_and_says_so():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3))
        net.idle = nn.Dense(2)
    pending(net)
    net[0](batch(2, 5))
    (left,) = net.collect_params().explain().pending
    assert (left.name, left.called) == ("net_dense1_weight", False)


# -- what fails -----------------------------------------------------------------------------------------


def assert_recovers(block, wrong, match, error=DeferredInitializationError):
    """Check that a wrong batch is an error, changes nothing, and a right one works afterwards."""
    before = shapes(block)
    with pytest.raises(error, match=match):
        block(wrong)
    assert shapes(block) == before
    for _, parameter in block.parameters_by_path():
        with pytest.raises(DeferredInitializationError):
            parameter.data()
    block(batch(2, 5))
    assert not block.collect_params().explain()


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (networks.Traced, ShapeMismatchError, "FullyConnected.*single number"),
        (networks.Untraceable, IndexError, "tuple index"),
        (networks.Imperative, DeferredInitializationError, "contradiction.*single number"),
    ],
)
def test_a_batch_that_does_not_fit_leaves_the_parameters_pending(make, error, match):
    assert_recovers(pending(make()), mx.nd.ones(()), match, error)


@every_way
def test_a_batch_of_another_dtype_is_refused_and_the_next_one_runs(make):
    block = pending(make())
    with pytest.raises(DTypeError, match=r"'FullyConnected'.*'weight'"):
        block(batch(2, 5).astype("int32"))
    assert block(batch(2, 5)).shape == (2, 3)


def test_shapes_that_were_stated_before_a_failure_are_taken_back():
    class Hasty(networks.Stated):
        def infer_shape(self, x):
            self.weight.shape = (4, x.size // len(x))
            self.basis.shape = (4, 3)
            x.shape[1]  # a batch of one axis fails here

    assert_recovers(pending(Hasty()), batch(2, 7)[0], "tuple index", IndexError)


def test_shapes_that_the_class_forgets_to_state_are_named():
    class Forgetful(networks.Stated):
        complete = False

        def infer_shape(self, x):
            self.weight.shape = (4, x.shape[1])
            if self.complete:
                self.basis.shape = (4, 3)

    block = pending(Forgetful(prefix="net_"))
    with pytest.raises(
        DeferredInitializationError, match=r"'net_basis' was left without a shape by infer_shape\(\)"
    ):
        block(batch(2, 7))
    assert shapes(block) == {"weight": (4, 0), "basis": (0, 3)}
    block.complete = True
    assert block(batch(2, 5)).shape == (2, 3)


def test_an_operator_that_cannot_settle_a_parameter_is_named():
    block = pending(Body(lambda F, x, w: F.dot(x, w * 2 if x.shape[0] > 2 else w), prefix="net_"))
    assert_recovers(
        block, batch(3, 7), r"'net_weight' is the input of operator '_mul_scalar', which cannot settle it"
    )


def test_a_contradiction_in_the_real_run_names_parameter_and_operator():
    block = pending(
        Body(lambda F, x, w: F.FullyConnected(x, w, no_bias=True, num_hidden=x.shape[0]), prefix="net_")
    )
    with pytest.raises(
        DeferredInitializationError,
        match=r"'net_weight' met a contradiction \(Operator 'FullyConnected': its argument 'weight'",
    ):
        block(batch(3, 5))
    assert shapes(block) == {"weight": (0, 4)}
    assert block(batch(3, 4)).shape == (3, 3)


def test_an_initializer_that_fails_leaves_the_parameters_pending():
    class Picky(mx.init.Initializer):
        def _init_weight(self, _, arr):
            if arr.shape[1] == 7:
                raise RuntimeError("no seven")
            arr[:] = 1

    block = networks.Traced()
    block.initialize(Picky())
    assert_recovers(block, batch(2, 7), "no seven", RuntimeError)


def test_a_body_that_fails_after_its_parameters_are_settled_leaves_them_as_they_are():
    def body(F, x, w):
        y = F.dot(x, w)
        if x.shape[0] == 3:
            raise RuntimeError("three")
        return y

    block = pending(Body(body))
    with pytest.raises(RuntimeError, match="three"):
        block(batch(3, 5))
    value = block.weight.data().asnumpy()
    block(batch(2, 5))
    np.testing.assert_array_equal(block.weight.data().asnumpy(), value)


def test_a_context_without_a_replica_is_an_error_and_leaves_a_plain_block_pending():
    block = networks.Imperative(prefix="net_")
    block.initialize(ctx=[mx.cpu(1)])
    with pytest.raises(ContextError, match=r"'net_weight' was not initialized on context cpu\(0\)"):
        block(batch(2, 5))
    assert shapes(block) == {"weight": (4, 0), "basis": (0, 3)}
    assert block(batch(2, 5, ctx=mx.cpu(1))).shape == (2, 3)


@pytest.mark.parametrize("make", [networks.Traced, networks.Stated, networks.Untraceable])
def test_an_input_on_another_context_settles_nothing(make):
    block = make(prefix="net_")
    block.initialize(ctx=mx.cpu(1))
    with pytest.raises(ContextError, match=r"'net_weight' was not initialized on context cpu\(0\)"):
        block(batch(2, 7))
    assert shapes(block) == {"weight": (4, 0), "basis": (0, 3)}
    assert block(batch(2, 5, ctx=mx.cpu(1))).shape == (2, 3)


def test_the_only_replica_is_found_without_naming_its_context():
    block = Fetching()
    block.initialize(ctx=mx.cpu(1))
    assert block(batch(2, 3, ctx=mx.cpu(1))).context == mx.cpu(1)


# -- asking a pending parameter -------------------------------------------------------------------------


def test_outside_of_its_own_forward_pass_a_pending_parameter_has_no_data():
    other = pending(nn.Dense(2, prefix="other_"))
    block = pending(Body(lambda F, x, w: F.dot(x, w) + other.weight.data().sum()))
    with pytest.raises(
        DeferredInitializationError, match=r"'other_weight' is needed here.*\n.*Dense 'other'"
    ):
        block(batch(2, 5))


@pytest.mark.parametrize(
    "ask", [lambda w: w.shape, lambda w: w.ndim, lambda w: w.size, lambda w: w.asnumpy()]
)
def test_inside_it_has_no_shape_and_no_content_yet(ask):
    block = pending(Body(lambda F, x, w: [ask(w), x.shape], prefix="net_"))
    with pytest.raises(DeferredInitializationError, match=r"'net_weight' is needed here as an array"):
        block(batch(2, 5))
    assert block.weight.shape == (0, 4)


def test_inside_it_has_its_type_and_its_context():
    seen = []

    def body(F, x, w):
        x.shape  # noqa: B018  no trace can follow
        seen.append((w.dtype, w.context, repr(w)))
        return F.dot(x, w)

    pending(Body(body, prefix="net_"))(batch(2, 5))
    assert seen == [(np.float32, mx.cpu(0), "<placeholder of <Parameter 'net_weight' (?, 4) Deferred>>")]


# -- life before the first batch ------------------------------------------------------------------------


def test_a_value_given_while_pending_is_the_first_value():
    layer = pending(nn.Dense(2))
    layer.weight.set_data(np.arange(10).reshape(2, 5))
    layer(batch(3, 5))
    np.testing.assert_array_equal(layer.weight.data().asnumpy(), np.arange(10).reshape(2, 5))


def test_a_batch_that_contradicts_a_value_given_while_pending_is_an_error():
    layer = pending(nn.Dense(2))
    layer.weight.set_data(np.ones((2, 5)))
    with pytest.raises(ShapeMismatchError, match=r"\(2, 5\) where the rest of the call needs \(2, 6\)"):
        layer(batch(3, 6))
    layer(batch(3, 5))


def test_a_pending_network_is_completed_where_it_was_moved_to(two):
    net = pending(networks.mlp())
    net.collect_params().reset_ctx(two)
    net(batch(2, 5, ctx=two[1]))
    assert net[0].weight.list_ctx() == two


def test_initializing_again_replaces_what_was_asked_for():
    layer = pending(nn.Dense(2, use_bias=False))
    layer.initialize(mx.init.Constant(3), ctx=mx.cpu(1))
    assert (layer(mx.nd.ones((1, 5), ctx=mx.cpu(1))).asnumpy() == 15).all()


def test_a_shape_set_by_hand_is_completed_by_the_next_batch():
    layer = pending(nn.Dense(2))
    layer.weight.shape = (2, 5)
    with pytest.raises(ShapeMismatchError, match="Axis 1: expected 6, received 5"):
        layer(batch(3, 6))
    assert layer(batch(3, 5)).shape == (3, 2)


def test_a_frozen_pending_parameter_is_completed_without_a_gradient():
    layer = pending(nn.Dense(2))
    layer.weight.grad_req = "null"
    layer(batch(3, 5))
    with pytest.raises(mx.errors.GradientError):
        layer.weight.grad()


def test_new_layers_of_a_network_that_ran_already_are_completed():
    net = nn.HybridSequential()
    net.add(nn.Dense(4))
    pending(net)
    net(batch(2, 5))
    net.add(nn.Dense(3))
    net[1].initialize()
    assert net(batch(2, 5)).shape == (2, 3)


def test_a_parameter_registered_after_the_first_call_is_completed():
    class Growing(networks.Traced):
        def grow(self):
            self.extra = self.params.get("extra", shape=(0, 2), allow_deferred_init=True)
            self.extra.initialize()

        def hybrid_forward(self, F, x, weight, basis, extra=None):
            y = super().hybrid_forward(F, x, weight, basis)
            return y if extra is None else F.dot(y, extra)

    block = pending(Growing())
    block(batch(2, 5))
    block.grow()
    assert block(batch(2, 5)).shape == (2, 2)
    assert block.extra.data().shape == (3, 2)


def test_of_threads_that_call_a_pending_block_at_once_one_traces_it():
    contexts = [mx.cpu(i) for i in range(4)]
    started, tracing, block = threading.Barrier(4), threading.Barrier(2), CountingTraced()
    block.initialize(ctx=contexts)
    body = block.hybrid_forward

    def met(F, *args, **kwargs):
        if F is mx.sym:
            with contextlib.suppress(threading.BrokenBarrierError):
                tracing.wait(timeout=0.1)  # a second thread in here would pass at once
        return body(F, *args, **kwargs)

    block.hybrid_forward = met

    def run(ctx):
        started.wait()
        block(batch(2, 5, ctx=ctx))

    threads = [threading.Thread(target=run, args=(ctx,)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(block.runs) == ["arrays"] * 4 + ["symbols"]


# -- tied layers, threads -------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["first", "second"])
def test_either_of_two_tied_layers_completes_both(first):
    net = pending(networks.Tied())
    getattr(net, first)(batch(2, 5))
    assert net.first.weight.data() is net.second.weight.data()
    assert net.first.weight.shape == (5, 5)


def test_tied_layers_that_need_different_shapes_are_an_error_that_names_the_parameter():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(4))
        net.add(nn.Dense(4, params=net[0].params))
    pending(net)
    with pytest.raises(
        ShapeMismatchError,
        match=r"'net_dense0_weight', has shape \(4, 5\) where the rest of the call needs \(4, 4\)",
    ):
        net(batch(2, 5))


@every_way
def test_threads_that_call_a_pending_block_at_once_complete_it_once(make):
    contexts = [mx.cpu(i) for i in range(4)]
    block, together = make(), threading.Barrier(4)
    block.initialize(mx.init.Normal(0.5), ctx=contexts)
    failures = []

    def run(ctx):
        try:
            together.wait()
            with mx.autograd.record():
                loss = block(batch(2, 5, ctx=ctx)).sum()
            loss.backward()
        except BaseException as error:  # noqa: BLE001  it is reported below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(ctx,)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    values = [array.asnumpy() for array in block.weight.list_data()]
    gradients = [array.asnumpy() for array in block.weight.list_grad()]
    for value, gradient in zip(values, gradients, strict=True):
        assert gradient.any()
        np.testing.assert_array_equal(value, values[0])
        np.testing.assert_array_equal(gradient, gradients[0])
