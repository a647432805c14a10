"""trainer.reset_ctx and trainer.cast: everything moves as one, or nothing does."""

from __future__ import annotations

import networks
import numpy as np
import pytest

import gluonish as mx
from gluonish import gluon
from gluonish.errors import DeviceUnavailableError, DTypeError, NotInitializedError

OPTIMIZERS = [
    ("sgd", {"momentum": 0.9}),
    ("adam", {}),
    ("rmsprop", {"centered": True}),
    ("sgd", {"momentum": 0.9, "multi_precision": True}),
]

every_optimizer = pytest.mark.parametrize(("optimizer", "arguments"), OPTIMIZERS)


class Run:
    """A network in training."""

    def __init__(self, contexts, optimizer, arguments, dtype="float32"):
        mx.random.seed(5)
        self.net = networks.mlp(prefix="net_", in_units=5, hidden=4)
        self.net.initialize(mx.init.Normal(0.5), ctx=contexts)
        self.net.cast(dtype)
        self.trainer = gluon.Trainer(self.net.collect_params(), optimizer, {"wd": 0.01, **arguments})

    def train(self, steps):
        contexts, dtype = self.net[0].weight.list_ctx(), self.net[0].weight.dtype
        batch = mx.nd.array(np.linspace(-1, 1, 12 * 5).reshape(12, 5)).astype(dtype)
        for _ in range(steps):
            with mx.autograd.record():
                losses = [self.net(x).square().sum() for x in gluon.utils.split_and_load(batch, contexts)]
            mx.autograd.backward(losses)
            self.trainer.step(12)
        return self

    def everything(self):
        """Return values, gradients, contexts and what the optimizer keeps, by name."""
        found = {}
        for name, p in self.net.collect_params().items():
            found[name] = [
                p.list_ctx(),
                *[a.asnumpy() for a in p.list_data()],
                *[a.asnumpy() for a in p.list_grad()],
            ]
            state = p.core.ready()
            for slots in state.group.slots.values():
                for slot, places in sorted(slots.arrays.items()):
                    kept = [state.group.piece(flat, state.index, p.shape) for flat in places.values()]
                    found[name] += [slot, *[np.array(piece) for piece in kept]]
        return found


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, parts in expected.items():
        assert len(found[name]) == len(parts)
        for a, b in zip(found[name], parts, strict=True):
            np.testing.assert_array_equal(a, b)


@every_optimizer
@pytest.mark.parametrize("route", [[1, 2], [2, 1], [2, 3, 1, 4]])
def test_training_goes_on_as_if_it_had_always_been_there(optimizer, arguments, route):
    # Gradients are sums over contexts, in another order of additions on other numbers of contexts.
    run = Run([mx.cpu(i) for i in range(route[0])], optimizer, arguments).train(2)
    stayed = Run([mx.cpu(0)], optimizer, arguments).train(2 * len(route))
    for count in route[1:]:
        run.trainer.reset_ctx([mx.cpu(i) for i in range(count)])
        run.train(2)
    for name, p in run.net.collect_params().items():
        expected = stayed.net.collect_params()[name].data().asnumpy()
        for array in p.list_data():
            np.testing.assert_allclose(array.asnumpy(), expected, rtol=2e-5, atol=1e-6)


@every_optimizer
def test_moving_the_parameters_by_themselves_does_the_same(optimizer, arguments):
    contexts = [mx.cpu(0), mx.cpu(1)]
    by_trainer = Run(contexts, optimizer, arguments).train(2)
    by_params = Run(contexts, optimizer, arguments).train(2)
    by_trainer.trainer.reset_ctx(mx.cpu(3))
    by_params.net.collect_params().reset_ctx(mx.cpu(3))
    assert_same(by_trainer.train(1).everything(), by_params.train(1).everything())


@every_optimizer
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_cast_takes_the_state_along(contexts, optimizer, arguments, dtype):
    run = Run(contexts, optimizer, arguments).train(3)
    stayed = Run(contexts, optimizer, arguments).train(4)
    run.trainer.cast(dtype)
    run.train(1)
    tolerance = 5e-3 if dtype == "float16" else 1e-5
    for name, p in run.net.collect_params().items():
        assert p.data(contexts[0]).dtype == np.dtype(dtype)
        expected = stayed.net.collect_params()[name].data(contexts[0]).asnumpy()
        np.testing.assert_allclose(p.data(contexts[0]).asnumpy(), expected, rtol=tolerance, atol=tolerance)


@every_optimizer
@pytest.mark.parametrize(
    ("move", "error", "match"),
    [
        (lambda t: t.reset_ctx([mx.cpu(1), mx.gpu(99)]), DeviceUnavailableError, r"gpu\(99\)"),
        (lambda t: t.cast("float1"), DTypeError, "float1"),
    ],
    ids=["context", "dtype"],
)
def test_a_move_that_fails_changes_nothing(two, optimizer, arguments, move, error, match):
    run = Run(two, optimizer, arguments).train(2)
    before = run.everything()
    with pytest.raises(error, match=match):
        move(run.trainer)
    assert_same(run.everything(), before)


def test_memory_that_ends_in_the_middle_changes_nothing(two, monkeypatch):
    from gluonish.parameter import flat  # noqa: PLC0415  only this test meddles with it

    run = Run(two, "sgd", {"momentum": 0.9}).train(2)
    run.net[1].cast("float64")  # a second group, so that the first is made before the second fails
    run.net.collect_params().zero_grad()
    before, made = run.everything(), []

    class Failing(flat.FlatGroup):
        def __init__(self, *args, **kwargs):
            if made:
                raise MemoryError("no room")
            made.append(self)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr("gluonish.parameter.lifecycle.moving.FlatGroup", Failing)
    with pytest.raises(MemoryError, match="no room"):
        run.trainer.reset_ctx([mx.cpu(0), mx.cpu(1), mx.cpu(2)])
    assert len(made) == 1
    assert_same(run.everything(), before)


def test_a_trainer_of_parameters_that_were_never_initialised_cannot_move():
    net = networks.mlp(prefix="net_")
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    net[0].weight._core.state = type(networks.mlp()[0].weight._core.state)()
    with pytest.raises(NotInitializedError, match="'net_dense0_weight' has not been initialized"):
        trainer.reset_ctx(mx.cpu(1))
    assert net[1].weight.list_ctx() == [mx.cpu(0)]
