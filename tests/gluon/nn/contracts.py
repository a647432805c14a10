"""What every layer promises, as checks that fail on a layer that does not keep it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import numpy as np
from descriptors import BATCH, DETERMINISTIC, RANDOM, ROWS, Row

import gluonish as mx
from gluonish.errors import GradientError, ShapeMismatchError
from gluonish.gluon import Block, HybridBlock, Parameter, SymbolBlock, Trainer
from gluonish.gluon.utils import split_and_load
from gluonish.testing import check_gradient

Values = dict[str, list[np.ndarray[Any, Any]]]


# -- helpers --------------------------------------------------------------------------------------------


def started(row: Row, ctx: Any = None, *, explicit: bool = False) -> Block:
    """Return a layer with values: drawn from one seed, completed by one batch."""
    mx.random.seed(3)
    block = row.explicit() if explicit else row.deferred()
    block.initialize(mx.init.Normal(0.5), ctx=ctx)
    first = ctx[0] if isinstance(ctx, list) else ctx
    if not explicit:
        block(row.input(first))
    return block


def values(block: Block) -> Values:
    """Return copies of all replicas, by path."""
    return {path: [r.asnumpy() for r in p.list_data()] for path, p in block.parameters_by_path()}


def trained(block: Block) -> list[Parameter]:
    """Return the parameters with gradients, each once."""
    return [p for p in block.collect_params().values() if p.grad_req != "null"]


TRAINED = [row for row in ROWS if trained(row.explicit())]
"""The rows of layers that learn something."""

SPLITTABLE = [row for row in TRAINED if row.behaviour == DETERMINISTIC]
"""Those in which an example knows nothing of the others."""


def output(block: Block, x: Any) -> np.ndarray[Any, Any]:
    """Return what the layer gives while training; where chance plays a part, always the same one."""
    mx.random.seed(5)
    with mx.autograd.train_mode():
        return block(x).asnumpy()


def backward(block: Block, x: Any) -> None:
    """Compute the gradients of a function to which every example contributes on its own."""
    mx.random.seed(5)
    with mx.autograd.record():
        y = block(x)
        loss = (y * y).sum()
    loss.backward()


def gradients(block: Block) -> dict[str, np.ndarray[Any, Any]]:
    return {p.name: p.grad().asnumpy() for p in trained(block)}


def assert_close(first: dict[str, Any], second: dict[str, Any], rtol: float = 1e-4) -> None:
    """Compare arrays by name; each within ``rtol`` of its own largest element."""
    assert first.keys() == second.keys()
    for name, array in first.items():
        scale = float(np.abs(np.asarray(array, np.float64)).max(initial=0)) or 1
        np.testing.assert_allclose(second[name], array, atol=rtol * scale, rtol=0, err_msg=name)


def assert_same_bits(first: Values, second: Values) -> None:
    assert first.keys() == second.keys()
    for path, replicas in first.items():
        for a, b in zip(replicas, second[path], strict=True):
            np.testing.assert_array_equal(a, b, err_msg=path)


@contextmanager
def substituted(parameters: Sequence[Parameter], arrays: Sequence[Any]) -> Iterator[None]:
    """Inside, other arrays stand for the values of parameters."""
    before = [p.core.state for p in parameters]
    for parameter, array in zip(parameters, arrays, strict=True):
        place = array.context.place
        parameter.core.state = attrs.evolve(parameter.core.ready(), data={place: array})
    try:
        yield
    finally:
        for parameter, state in zip(parameters, before, strict=True):
            parameter.core.state = state


# -- initial values -------------------------------------------------------------------------------------


def check_deferral_changes_no_bit(row: Row, contexts: list[mx.Context]) -> None:
    """Sizes found in the first batch give the weights that sizes written down give."""
    assert_same_bits(values(started(row, contexts, explicit=True)), values(started(row, contexts)))


def check_replicas_are_equal(row: Row, contexts: list[mx.Context]) -> None:
    """All contexts start with the same values."""
    for path, replicas in values(started(row, contexts)).items():
        assert len(replicas) == len(contexts)
        for replica in replicas[1:]:
            np.testing.assert_array_equal(replica, replicas[0], err_msg=path)


def check_order_changes_no_bit(
    rows: Sequence[Row], building: Sequence[int], calling: Sequence[int], strangers: Sequence[int]
) -> None:
    """Neither the order in which layers are made or first called matters, nor what is made in between.

    Args:
        rows: the layers of a network, each the child of a number.
        building: the order in which they are made and registered.
        calling: the order in which they get their first batches.
        strangers: how many other networks are initialised before each of these calls.
    """
    plain = _children_in_order(rows, range(len(rows)), range(len(rows)), [0] * len(rows))
    assert_same_bits(plain, _children_in_order(rows, building, calling, strangers))


def _children_in_order(
    rows: Sequence[Row], building: Sequence[int], calling: Sequence[int], strangers: Sequence[int]
) -> Values:
    mx.random.seed(11)
    net = Block()
    for i in building:
        with net.name_scope():
            net.register_child(rows[i].create(prefix=f"part{i}_"), str(i))
    net.initialize(mx.init.Normal(0.5))
    for i, others in zip(calling, strangers, strict=True):
        for _ in range(others):
            other = mx.gluon.nn.Dense(2, in_units=3)
            other.initialize()
            mx.random.normal(shape=(3,))
        net._children[str(i)](rows[i].input())
    found = values(net)
    return {path: found[path] for path in sorted(found)}


# -- gradients ------------------------------------------------------------------------------------------


def check_write_replaces(row: Row) -> None:
    """After two backward passes the gradient is that of the second."""
    block = started(row)
    backward(block, row.input(seed=1))
    expected = gradients(block)
    backward(block, row.input(seed=2))
    backward(block, row.input(seed=1))
    assert_close(expected, gradients(block), rtol=1e-6)


def check_add_accumulates(row: Row, parts: int) -> None:
    """Micro-batches with ``add`` give the gradient of the whole batch."""
    block, x = started(row), row.input(seed=1)
    backward(block, x)
    whole = gradients(block)
    block.collect_params().setattr("grad_req", "add")
    block.collect_params().zero_grad()
    for part in mx.gluon.utils.split_data(x, parts):
        backward(block, part)
    assert_close(whole, gradients(block))


def check_null_has_no_gradient(row: Row) -> None:
    """A frozen parameter has no gradient, and the others get theirs all the same."""
    block, x = started(row), row.input(seed=1)
    backward(block, x)
    expected = gradients(block)
    frozen = trained(block)[0]
    frozen.grad_req = "null"
    x.attach_grad()
    backward(block, x)
    try:
        frozen.grad()
    except GradientError:
        pass
    else:
        raise AssertionError(f"{frozen.name} is frozen and has a gradient")
    del expected[frozen.name]
    assert_close(expected, gradients(block), rtol=1e-6)


def check_gradient_is_that_of_finite_differences(row: Row) -> None:
    """The gradients by the inputs and by the parameters are right, in double precision."""
    block = started(row)
    block.cast("float64")
    parameters = trained(block)
    x = row.input()
    inputs = [] if row.indices else [x.astype("float64")]

    def function(*arrays: Any) -> Any:
        mx.random.seed(5)
        first = x if row.indices else arrays[0]
        with substituted(parameters, arrays[len(inputs) :]):
            return block(first)

    check_gradient(function, [*inputs, *(p.data().copy() for p in parameters)], eps=1e-5, rtol=1e-6)


def check_split_batch_equals_whole(row: Row, contexts: list[mx.Context]) -> None:
    """Training on several contexts with the batch split is training on one with the whole batch."""
    assert_close(_after_steps(row, [mx.cpu(0)]), _after_steps(row, contexts))


def _after_steps(row: Row, contexts: list[mx.Context]) -> dict[str, Any]:
    block = started(row, contexts)
    rate = {"learning_rate": 0.1, "momentum": 0.9}
    trainer = Trainer(block.collect_params(), "sgd", rate)
    for seed in range(3):
        for part in split_and_load(row.input(seed=seed), contexts):
            backward(block, part)
        trainer.step(BATCH)
    found = values(block)
    for path, replicas in found.items():
        for replica in replicas[1:]:
            np.testing.assert_array_equal(replica, replicas[0], err_msg=path)
    return {path: replicas[0] for path, replicas in found.items()}


# -- names, shapes, texts -------------------------------------------------------------------------------


def check_names_and_shapes(row: Row) -> None:
    """Parameters have their golden names and shapes, made in either way."""
    for explicit in (False, True):
        found = {name: p.shape for name, p in started(row, explicit=explicit).collect_params().items()}
        assert list(found.items()) == list(row.parameters.items())


def check_trace_infers_what_a_run_has(row: Row) -> None:
    """Over the traced graph, the shapes of parameters and output follow from that of the input."""
    symbol = row.deferred()(mx.sym.var("data"))
    arguments, outputs, states = symbol.infer_shape(data=row.shape)
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    found = dict(zip(names, [*arguments, *states], strict=True))
    assert found == {"data": row.shape, **row.parameters}
    assert outputs == [started(row)(row.input()).shape]


def check_another_size_is_refused(row: Row) -> None:
    """A batch of another feature size is an error that names operator, argument and both sizes."""
    block = started(row)
    refusal = row.refusal
    assert refusal is not None
    expected = output(block, row.input())
    before = values(block)
    try:
        block(row.input(shape=refusal.shape))
    except ShapeMismatchError as error:
        text = str(error)
    else:
        raise AssertionError(f"{row.id} takes a batch of shape {refusal.shape}")
    for part in (f"'{refusal.operator}'", rf"\b{refusal.argument}\b", rf"\b{refusal.expected}\b"):
        assert re.search(part, text), (part, text)
    assert re.search(rf"\b{refusal.received}\b", text), text
    assert_same_bits(before, values(block))
    np.testing.assert_array_equal(output(block, row.input()), expected)


def check_repr_has_the_sizes(row: Row) -> None:
    """The text of a layer says what is unknown before the first batch, and the sizes after it."""
    block = row.deferred()
    before = repr(block)
    after, explicit = repr(started(row)), repr(row.explicit())
    assert after == explicit
    if row.sizes:
        assert before != after
        assert "None" in before


def check_selection(row: Row, pattern: str) -> None:
    """``collect_params(select)`` returns the parameters whose names the pattern matches."""
    wanted = [name for name in row.parameters if re.match(pattern, name)]
    assert list(row.deferred().collect_params(pattern)) == wanted


def check_kind(row: Row) -> None:
    """A layer is the kind of block that it is said to be."""
    block = row.deferred()
    assert isinstance(block, row.kind)
    if row.kind is HybridBlock:
        assert isinstance(block(mx.sym.var("data")), mx.symbol.Symbol)


# -- graphs -----------------------------------------------------------------------------------------------


def _twice(row: Row, x: Any) -> list[dict[str, Any]]:
    """Return output, gradients and values after a training pass: of the code, and of its graph."""
    found = []
    for hybridized in (False, True):
        block = started(row)
        block.hybridize(hybridized)
        x.attach_grad()
        for _ in range(2):  # the first call captures, the second only runs
            backward(block, x)
        found.append({"output": output(block, x), "by x": x.grad.asnumpy(), **gradients(block)})
        found[-1] |= {path: replicas[0] for path, replicas in values(block).items()}
        with mx.autograd.predict_mode():
            found[-1]["predicted"] = block(x).asnumpy()
    return found


def check_graph_computes_what_the_code_does(row: Row) -> None:
    """Hybridized, a layer has the same outputs, gradients and statistics, bit by bit."""
    code, graph = _twice(row, row.input())
    assert code.keys() == graph.keys()
    for name, array in code.items():
        np.testing.assert_array_equal(graph[name], array, err_msg=name)


def check_hybridizing_changes_no_initial_value(row: Row, contexts: list[mx.Context]) -> None:
    """Sizes that are found by capturing a graph give the weights that a plain first call gives."""
    mx.random.seed(3)
    block = row.deferred()
    block.initialize(mx.init.Normal(0.5), ctx=contexts)
    block.hybridize()
    block(row.input(contexts[0]))
    assert_same_bits(values(started(row, contexts)), values(block))


def check_export_is_imported(row: Row, folder: Any) -> None:
    """What is exported comes back as a SymbolBlock that computes the same, and has learned the same."""
    block, x = started(row), row.input()
    expected = output(started(row), x)
    block.hybridize()
    with mx.autograd.predict_mode():
        predicted = block(x).asnumpy()
    block.export(folder / "layer")
    imported = SymbolBlock.imports(
        folder / "layer-symbol.json", "data", folder / "layer-0000.params" if row.parameters else None
    )
    np.testing.assert_array_equal(imported(x).asnumpy(), predicted)
    np.testing.assert_array_equal(output(imported, x), expected)
    shapes = {name: p.shape for name, p in imported.collect_params().items()}
    assert shapes == dict(row.parameters)


# -- copies, files, dtypes ------------------------------------------------------------------------------


def check_file_restores(row: Row, path: Any) -> None:
    """What is saved comes back in a new layer that knows no sizes and was never initialised."""
    block = started(row)
    for parameter in block.collect_params().values():  # states too: all values are unlike fresh ones
        parameter.set_data(mx.nd.abs(parameter.data()) + 0.5)
    block.save_parameters(path)
    restored = row.deferred()
    restored.load_parameters(path)
    assert_same_bits(values(block), values(restored))
    np.testing.assert_array_equal(output(restored, row.input()), output(block, row.input()))


def check_copy_is_equal_and_independent(row: Row, copied: Callable[[Block], Block]) -> None:
    """A copy gives the same output, and is unmoved by what happens to the original."""
    block = started(row)
    expected = output(block, row.input())
    twin = copied(block)
    before = values(twin)
    for parameter in block.collect_params().values():
        parameter.set_data(mx.nd.zeros(parameter.shape))
    assert_same_bits(before, values(twin))
    np.testing.assert_array_equal(output(twin, row.input()), expected)


def check_copy_of_a_pending_layer_completes(row: Row, copied: Callable[[Block], Block]) -> None:
    """A copy of a layer that waits for its first batch gets the values that the layer would have got."""
    mx.random.seed(3)
    block = row.deferred()
    block.initialize(mx.init.Normal(0.5))
    twin = copied(block)
    twin(row.input())
    assert_same_bits(values(started(row)), values(twin))


def check_cast_runs(row: Row, dtype: str) -> None:
    """After ``cast`` the layer computes in that type, and much the same."""
    expected = output(started(row), row.input())
    block, pending = started(row), row.deferred()
    mx.random.seed(3)
    pending.initialize(mx.init.Normal(0.5))
    x = row.input() if row.indices else row.input().astype(dtype)
    for each in (block, pending):
        each.cast(dtype)
        found = output(each, x)
        assert found.dtype == np.dtype(dtype)
        tolerance = 2e-2 if dtype == "float16" else 1e-4
        if row.behaviour != RANDOM:
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
