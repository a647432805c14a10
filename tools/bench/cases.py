"""The cases that ``run.py`` times.

``CASES`` maps names to functions of a context that set a case up. A case states what it moves or computes at
the least, where that can be said; ``run.py`` turns it into a floor.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import attrs
import numpy as np

import gluonish as mx
from gluonish import autograd, gluon
from gluonish.gluon import nn

FLOAT = 4


@attrs.frozen
class Case:
    """One thing to time.

    Attributes:
        run: does it once.
        unit: what the printed time is of.
        per: how many of these one run contains.
        bytes: memory that one run has to read and write.
        flops: multiplications and additions that one run has to make.
    """

    run: Callable[[], object]
    unit: str = "run"
    per: int = 1
    bytes: float = 0
    flops: float = 0


CASES: dict[str, Callable[[mx.Context], Case]] = {}


def case(name: str) -> Callable[[Callable[[mx.Context], Case]], Callable[[mx.Context], Case]]:
    """Register a function that sets up the case ``name``."""

    def register(setup: Callable[[mx.Context], Case]) -> Callable[[mx.Context], Case]:
        CASES[name] = setup
        return setup

    return register


# -- one operator -----------------------------------------------------------------------------------------


@case("small_operator")
def small_operator(ctx: mx.Context) -> Case:
    """A chain of 300 scalar operations on 16 floats, recorded, and its backward pass."""
    x = mx.nd.ones((16,), ctx=ctx)
    x.attach_grad()

    def run() -> None:
        with autograd.record():
            y = x
            for _ in range(100):
                y = y * 1.01
                y = y + 0.5
                y = y / 1.01
        y.backward()

    return Case(run, "recorded operator, forward and backward", per=300)


# -- training steps ---------------------------------------------------------------------------------------


def _step(net: nn.HybridSequential, images: mx.nd.NDArray, labels: mx.nd.NDArray) -> Callable[[], None]:
    net.initialize(mx.init.Xavier(), ctx=images.context)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 0.9})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()

    def run() -> None:
        with autograd.record():
            out = loss(net(images), labels)
        out.backward()
        trainer.step(len(images))

    return run


@case("mlp_step")
def mlp_step(ctx: mx.Context) -> Case:
    """One SGD step of 784-512-512-10 on a batch of 128."""
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Dense(512, activation="relu"), nn.Dense(512, activation="relu"), nn.Dense(10))
    images = mx.nd.random.normal(shape=(128, 784), ctx=ctx)
    labels = mx.nd.array(np.arange(128) % 10, ctx=ctx)
    # Forward and both gradients of every layer, but for the gradient of the input.
    weights = [784 * 512, 512 * 512, 512 * 10]
    flops = 2 * 128 * (2 * weights[0] + 3 * weights[1] + 3 * weights[2])
    return Case(_step(net, images, labels), "step", flops=flops)


@case("lenet_step")
def lenet_step(ctx: mx.Context) -> Case:
    """One SGD step of LeNet on a batch of 64 images of 28 x 28."""
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Conv2D(20, kernel_size=5, activation="tanh"), nn.MaxPool2D(2, 2))
        net.add(nn.Conv2D(50, kernel_size=5, activation="tanh"), nn.MaxPool2D(2, 2))
        net.add(nn.Dense(500, activation="tanh"), nn.Dense(10))
    images = mx.nd.random.normal(shape=(64, 1, 28, 28), ctx=ctx)
    labels = mx.nd.array(np.arange(64) % 10, ctx=ctx)
    first, second = 20 * 25 * 24 * 24, 50 * 20 * 25 * 8 * 8
    dense = 800 * 500 + 500 * 10
    flops = 2 * 64 * (2 * first + 3 * second + 3 * dense)
    return Case(_step(net, images, labels), "step", flops=flops)


def _recurrent_case(make: Callable[[], gluon.Block]) -> Callable[[mx.Context], Case]:
    """Return a case: forward and backward of 35 steps of 20 sequences, 200 units, by ``make``."""
    steps, batch, size = 35, 20, 200

    def setup(ctx: mx.Context) -> Case:
        net = make()
        net.initialize(mx.init.Xavier(), ctx=ctx)
        x = mx.nd.random.normal(shape=(steps, batch, size), ctx=ctx)

        def run() -> None:
            with autograd.record():
                if isinstance(net, gluon.rnn.RecurrentCell):
                    out = net.unroll(steps, x, layout="TNC", merge_outputs=True)[0]
                else:
                    out = net(x)
            out.backward()

        gates = 4 * size
        # Forward, and the gradients of weights and states; that of the first input is not needed.
        return Case(run, "forward and backward", flops=2 * steps * batch * gates * size * 5)

    return setup


case("lstm_layer")(_recurrent_case(lambda: gluon.rnn.LSTM(200)))
case("lstm_cell")(_recurrent_case(lambda: gluon.rnn.LSTMCell(200)))

# -- many parameters --------------------------------------------------------------------------------------


def _contexts(ctx: mx.Context, number: int) -> list[mx.Context]:
    return [mx.Context(ctx.device_type, i) for i in range(number)]


def _parameters(number: int, shape: tuple[int, ...], contexts: list[mx.Context]) -> gluon.ParameterDict:
    params = gluon.ParameterDict()
    for i in range(number):
        params.get(f"p{i:04d}", shape=shape)
    params.initialize(mx.init.Uniform(0.1), ctx=contexts)
    return params


def _refresh(params: gluon.ParameterDict) -> Callable[[], None]:
    """Return what makes all gradients count as new: what a backward pass would do."""
    slabs = {slab for p in params.values() for slab in p.core.ready().group.grad.values()}

    def refresh() -> None:
        for slab in slabs:
            slab.fresh[:] = True

    return refresh


def _trainer_case(
    number: int, shape: tuple[int, ...], optimizer: str, contexts: int
) -> Callable[[mx.Context], Case]:
    def setup(ctx: mx.Context) -> Case:
        params = _parameters(number, shape, _contexts(ctx, contexts))
        arguments = {"learning_rate": 1e-3, **({"momentum": 0.9} if optimizer == "sgd" else {})}
        trainer = gluon.Trainer(params, optimizer, arguments)
        trainer.step(1, ignore_stale_grad=True)
        refresh = _refresh(params)
        slots = 1 if optimizer == "sgd" else 2
        # Gradients of all replicas are read; values and slots of the first are read and written; the others
        # are written.
        elements = number * int(np.prod(shape))
        moved = FLOAT * elements * (contexts + 2 * (1 + slots) + (contexts - 1))

        def run() -> None:
            refresh()
            trainer.step(1)

        return Case(run, "step", bytes=moved)

    return setup


for _optimizer in ("sgd", "adam"):
    for _contexts_used in (1, 2):
        for _number, _shape in ((1000, (64,)), (1, (64000,)), (300, (256, 256))):
            _name = f"trainer_{_optimizer}_{_number}x{'x'.join(map(str, _shape))}_{_contexts_used}ctx"
            CASES[_name] = _trainer_case(_number, _shape, _optimizer, _contexts_used)


def _flat_case(name: str, number: int, shape: tuple[int, ...]) -> Callable[[mx.Context], Case]:
    """What touches all gradients, or all values, of a network."""

    def setup(ctx: mx.Context) -> Case:
        contexts = _contexts(ctx, 2 if name == "allreduce" else 1)
        params = _parameters(number, shape, contexts)
        moved = FLOAT * number * int(np.prod(shape))
        if name == "zero_grad":
            return Case(params.zero_grad, "call", bytes=moved)
        if name == "allreduce":
            trainer = gluon.Trainer(params, "sgd", update_on_kvstore=False)
            return Case(trainer.allreduce_grads, "call", bytes=4 * moved)
        gradients = [p.grad() for p in params.values()]

        def clip() -> None:
            params_grad = gradients[0]
            params_grad[:1] = 1e6
            gluon.utils.clip_global_norm(gradients, 1.0)

        return Case(clip, "call", bytes=3 * moved)

    return setup


for _name in ("zero_grad", "clip_global_norm", "allreduce"):
    for _number, _shape in ((1000, (64,)), (1, (64000,))):
        CASES[f"{_name}_{_number}x{_shape[0]}"] = _flat_case(_name, _number, _shape)


# -- the life of parameters -------------------------------------------------------------------------------

MANY = 300
SQUARE = (256, 256)
MOVED = FLOAT * MANY * 256 * 256


@case("initialize")
def initialize(ctx: mx.Context) -> Case:
    """Draw 300 parameters of 256 x 256."""
    params = _parameters(MANY, SQUARE, [ctx])
    return Case(lambda: params.initialize(mx.init.Xavier(), ctx=ctx, force_reinit=True), bytes=MOVED)


@case("set_data")
def set_data(ctx: mx.Context) -> Case:
    """Write 300 parameters of 256 x 256."""
    params = _parameters(MANY, SQUARE, [ctx])
    value = mx.nd.ones(SQUARE, ctx=ctx)

    def run() -> None:
        for parameter in params.values():
            parameter.set_data(value)

    return Case(run, bytes=2 * MOVED)


@case("cast_and_back")
def cast_and_back(ctx: mx.Context) -> Case:
    """Cast 300 parameters of 256 x 256 to half precision and back."""
    params = _parameters(MANY, SQUARE, [ctx])

    def run() -> None:
        params.cast("float16")
        params.cast("float32")

    return Case(run, bytes=3 * MOVED)


@case("reset_ctx_and_back")
def reset_ctx_and_back(ctx: mx.Context) -> Case:
    """Move 300 parameters of 256 x 256 to another logical device and back."""
    params = _parameters(MANY, SQUARE, [ctx])
    other = mx.cpu(1) if ctx.device_type == "cpu" else mx.cpu(0)

    def run() -> None:
        params.reset_ctx(other)
        params.reset_ctx(ctx)

    return Case(run, bytes=4 * MOVED)


# -- sparse gradients -------------------------------------------------------------------------------------


def _table_case(rows: int, *, sparse: bool) -> Callable[[mx.Context], Case]:
    def setup(ctx: mx.Context) -> Case:
        ids, width = 4096, 32
        layer = nn.Embedding(rows, width, sparse_grad=sparse)
        layer.initialize(mx.init.Zero(), ctx=ctx)
        trainer = gluon.Trainer(layer.collect_params(), "adam")
        at = mx.nd.array(np.random.default_rng(0).integers(0, rows, ids), dtype="int64", ctx=ctx)

        def run() -> None:
            with autograd.record():
                total = (layer(at) - 1).square().sum()
            total.backward()
            trainer.step(ids)

        run()
        touched = ids if sparse else rows
        # A lookup, its gradient, and a step that reads and writes weight and two moments.
        return Case(run, "step", bytes=FLOAT * width * (4 * ids + 7 * touched))

    kind = "row-sparse" if sparse else "dense"
    setup.__doc__ = f"A step of Adam on 4,096 ids of a table of {rows:,} x 32 with a {kind} gradient."
    return setup


for _rows in (10_000, 100_000, 1_000_000):
    case(f"sparse_table_{_rows}")(_table_case(_rows, sparse=True))
    case(f"dense_table_{_rows}")(_table_case(_rows, sparse=False))


@case("import")
def import_gluonish(ctx: mx.Context) -> Case:  # noqa: ARG001  the same on every context
    """Start Python and import the package."""

    def run() -> None:
        subprocess.run([sys.executable, "-c", "import gluonish"], check=True)

    return Case(run, "process, interpreter's start included")
