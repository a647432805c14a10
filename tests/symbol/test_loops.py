"""Loops and branches of mx.sym.contrib; those of mx.nd.contrib say what they compute."""

from __future__ import annotations

import json

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd, sym
from gluonish.errors import ArgumentError, ArgumentTypeError, FileFormatError, ShapeMismatchError
from gluonish.gluon import HybridBlock, SymbolBlock, nn, rnn
from gluonish.name import NameManager
from gluonish.testing import check_gradient

X, S, W = sym.var("x"), sym.var("s"), sym.var("w")
ROWS = nd.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 2.0]])
START, WEIGHT = nd.array([0.5, -1.5]), nd.array([2.0, 3.0])


def run(symbols, **arrays):
    """Compute symbols from arrays given by the names of variables."""
    group = sym.Group(symbols)
    names = group.list_arguments()
    outputs = SymbolBlock(group, [sym.var(name) for name in names])(*[arrays[name] for name in names])
    return outputs if isinstance(outputs, list) else [outputs]


def same(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-5)


# -- foreach ----------------------------------------------------------------------------------------------


def test_foreach_computes_what_it_does_on_arrays():
    def body(w):
        return lambda row, s: ([row * w + s, row], s - row)

    (a, b), last = sym.contrib.foreach(body(W), X, S)
    (c, d), state = nd.contrib.foreach(body(WEIGHT), ROWS, START)
    same(run([a, b, last], x=ROWS, s=START, w=WEIGHT), [c, d, state])


def test_foreach_keeps_the_nesting_of_outputs_and_states():
    (a, (b,)), (c, [d]) = sym.contrib.foreach(
        lambda rows, states: ([rows[0] + states[0], (rows[1] * 2,)], [states[0], [states[1][0] + 1]]),
        [X, W],
        [S, [sym.var("t")]],
    )
    found = run([a, b, c, d], x=ROWS, w=ROWS * 10, s=START, t=nd.zeros(1))
    same(found, [ROWS + START, ROWS * 20, START, nd.array([3.0])])


def test_foreach_without_states_or_without_outputs_returns_empty_lists():
    outputs, states = sym.contrib.foreach(lambda row, _: (row * 2, []), X, [])
    assert states == []
    same(run([outputs], x=ROWS), [ROWS * 2])
    outputs, state = sym.contrib.foreach(lambda row, s: ([], s + row), X, S)
    assert outputs == []
    same(run([state], x=ROWS, s=START), [START + ROWS.sum(axis=0)])


def test_foreach_over_no_rows_returns_the_first_states_and_outputs_without_rows():
    outputs, state = sym.contrib.foreach(lambda row, s: (row.sum() + s, s * row), X, S)
    found = run([outputs, state], x=nd.zeros((0, 2)), s=START)
    assert found[0].shape == (0, 2)
    same(found[1:], [START])


def test_what_a_body_takes_from_outside_is_an_input_computed_once():
    double = sym.relu(W, name="outer")
    outputs, _ = sym.contrib.foreach(lambda row, s: (row * double, s + row * double), X, S)
    assert outputs.list_arguments() == ["x", "s", "w"]
    (node,) = [each for each in json.loads(outputs.tojson())["nodes"] if each["op"] == "_foreach"]
    assert [each["op"] for each in node["subgraphs"][0]["nodes"]].count("relu") == 0
    assert node["attrs"]["remain_locs"] == "[1]"


def test_loops_may_stand_in_loops():
    def table(contrib, x, s, w):
        return contrib.foreach(lambda a, t: contrib.foreach(lambda b, q: (a * b + w, q + b), x, t), x, s)

    rows, last = table(sym.contrib, X, S, W)
    expected = table(nd.contrib, ROWS, START, WEIGHT)
    same(run([rows, last], x=ROWS, s=START, w=WEIGHT), expected)


def test_gradients_of_any_order_flow_through_loops():
    outputs, last = sym.contrib.foreach(lambda row, s: (sym.tanh(row * W + s), s * W), X, S)
    block = SymbolBlock(sym.Group([outputs, last]), [X, S, W])
    arrays = [x.astype("float64") for x in (ROWS, START, WEIGHT)]
    check_gradient(lambda x, s, w: sum(y.sum() for y in block(x, s, w)), arrays, order=2)


def test_shapes_are_found_through_loops_in_both_directions():
    y, last = sym.contrib.foreach(
        lambda row, s: (sym.FullyConnected(row, num_hidden=4, name="fc") * s, s), X, S
    )
    shapes, outputs, _ = sym.Group([y, last]).infer_shape(x=(5, 3, 2))
    named = dict(zip(y.list_arguments(), shapes, strict=True))
    assert named == {"x": (5, 3, 2), "fc_weight": (4, 2), "fc_bias": (4,), "s": (3, 4)}
    assert outputs == [(5, 3, 4), (3, 4)]


def test_a_state_of_another_shape_than_before_is_refused():
    y, _ = sym.contrib.foreach(lambda row, s: (row, sym.concat(s, row, dim=0)), X, S)
    with pytest.raises(ShapeMismatchError, match="_foreach"):
        y.infer_shape(x=(3, 2), s=(2,))


def test_dtypes_are_found_through_loops():
    y, last = sym.contrib.foreach(lambda row, s: (row + s, sym.cast(s, "float16")), X, S)
    arguments, outputs, _ = sym.Group([y, last]).infer_type(x="float16")
    assert arguments == [np.float16] * 2
    assert outputs == [np.float16] * 2


def test_arrays_of_different_lengths_are_refused():
    y, _ = sym.contrib.foreach(lambda rows, s: (rows[0] + rows[1], s), [X, W], [])
    with pytest.raises(ArgumentError, match=r"(?s)foreach\(\) do not have one number of rows.*\[2, 3\]"):
        run([y], x=ROWS, w=ROWS[:2])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sym.contrib.foreach(lambda x, s: (x, s), 3, S), ArgumentTypeError, "nested symbols"),
        (lambda: sym.contrib.foreach(lambda x, s: x, X, S), ArgumentTypeError, "must return two things"),
        (lambda: sym.contrib.foreach(lambda x, s: (x, [s, s]), X, S), ArgumentError, "nested otherwise"),
        (lambda: sym.contrib.foreach(lambda x, s: (s, s), X, S), ArgumentError, "does not use .*'x'"),
        (lambda: sym.contrib.while_loop(lambda i: i, lambda i: (i, i), X), ArgumentError, "max_iterations"),
        (lambda: sym.contrib.while_loop(lambda: X, lambda: ([], []), [], 2), ArgumentError, "at least one"),
        (
            lambda: sym.contrib.while_loop(lambda i: i, lambda i: (i, [i, i]), X, 2),
            ArgumentError,
            "nested otherwise",
        ),
        (
            lambda: sym.contrib.while_loop(lambda i: [i, i], lambda i: (i, i), X, 2),
            ArgumentError,
            "not one symbol",
        ),
        (lambda: sym.contrib.cond(3, lambda: X, lambda: S), ArgumentTypeError, "nested symbols"),
        (lambda: sym.contrib.cond(X, lambda: [X, S], lambda: S), ArgumentError, "2 and 1"),
    ],
)
def test_what_makes_no_loop_or_branch_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# -- while_loop ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0.0, 2.5, 9.0])
def test_while_loop_stops_where_the_condition_ends_or_at_the_limit(limit):
    y, (i, s) = sym.contrib.while_loop(
        lambda i, s: i < W, lambda i, s: (s + i, [i + 1, s * 2]), [X, S], max_iterations=4
    )
    found = run([y, i, s], x=nd.zeros(1), s=nd.array([3.0]), w=nd.array([limit]))
    steps = min(4, int(np.ceil(limit)))
    rows = [[3.0 * 2**k + k] if k < steps else [0.0] for k in range(4)]
    same(found, [nd.array(rows), nd.array([steps]), nd.array([3.0 * 2**steps])])


def test_while_loop_of_one_variable_hands_it_alone():
    y, i = sym.contrib.while_loop(lambda i: i < 3, lambda i: (None, i + 1), X, max_iterations=5)
    assert y == []
    same(run([i], x=nd.zeros(1)), [nd.array([3.0])])


def test_gradients_flow_through_the_steps_that_took_place():
    y, last = sym.contrib.while_loop(
        lambda i, s: i < 2, lambda i, s: (s * s, [i + 1, s * W]), [X, S], max_iterations=5
    )
    block = SymbolBlock(sym.Group([y, last[1]]), [X, S, W])
    s, w = nd.array([3.0]), nd.array([2.0])
    s.attach_grad()
    w.attach_grad()
    with autograd.record():
        total = sum(each.sum() for each in block(nd.zeros(1), s, w))  # s^2 + (s w)^2 + s w^2
    total.backward()
    assert s.grad.asscalar() == 2 * 3 + 2 * 3 * 4 + 4
    assert w.grad.asscalar() == 2 * 2 * 9 + 2 * 3 * 2


# -- cond -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-1.0, 2.0])
def test_cond_runs_one_of_two(x):
    y = sym.contrib.cond(X > 0, lambda: [X * W, W], lambda: [X - W, W + 1])
    chosen = [x * 5.0, 5.0] if x > 0 else [x - 5.0, 6.0]
    same(run(y, x=nd.array([x]), w=nd.array([5.0])), [nd.array([each]) for each in chosen])


def test_the_branch_that_is_not_taken_does_not_run():
    seen = []

    class Seen(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            seen.append(in_data[0].asscalar())
            self.assign(out_data[0], req[0], in_data[0])

    @mx.operator.register("test_seen")
    class SeenProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Seen()

    y = sym.contrib.cond(
        X > 0, lambda: sym.Custom(X, op_type="test_seen"), lambda: sym.Custom(X * 2, op_type="test_seen")
    )
    run([y], x=nd.array([-3.0]))
    assert seen == [-6.0]


# -- in files and blocks --------------------------------------------------------------------------------


def test_files_hold_loops_as_mxnet_writes_them():
    with NameManager():
        y, _ = sym.contrib.foreach(lambda row, s: (row * W + s, row + s), sym.var("a"), sym.var("b"))
    node = json.loads(y.tojson())["nodes"][-1]
    assert node["name"] == "_foreach0"
    assert node["attrs"] == {
        "in_data_locs": "[0]",
        "in_state_locs": "[2]",
        "num_args": "4",
        "num_out_data": "1",
        "num_outputs": "2",
        "remain_locs": "[1]",
    }
    graph = node["subgraphs"][0]
    assert [each["name"] for each in graph["nodes"]] == ["a-0", "w", "_mul0", "b-0", "_plus0", "_plus1"]
    assert graph["heads"] == [[4, 0, 0], [5, 0, 0]]


def test_what_was_written_is_read_again():
    y, last = sym.contrib.foreach(
        lambda row, s: (sym.contrib.cond(row.sum() > 0, lambda: row + W, lambda: row * s), s + row), X, S
    )
    z, i = sym.contrib.while_loop(
        lambda i: i < 3, lambda i: (sym.broadcast_mul(i, W), i + 1), y.sum(), max_iterations=3
    )
    group = sym.Group([y, last, z, i])
    again = sym.load_json(group.tojson())
    assert again.tojson() == group.tojson()
    arrays = {"x": ROWS, "s": START, "w": nd.array([2.0, 2.0])}
    same(run(list(again), **arrays), run(list(group), **arrays))


def _edited(**changes):
    y, _ = sym.contrib.foreach(lambda row, s: (row * W, s + row), X, S)
    graph = json.loads(y.tojson())
    node = graph["nodes"][-1]
    for key, value in changes.items():
        (node if key == "subgraphs" else node["attrs"])[key] = value
    return json.dumps(graph)


@pytest.mark.parametrize(
    "changes",
    [
        {"subgraphs": []},
        {"subgraphs": [3]},
        {"subgraphs": [{"nodes": []}]},
        {"in_data_locs": "[]"},
        {"in_data_locs": "[7]"},
        {"in_data_locs": "[-1]"},
        {"in_data_locs": "__import__('os')"},
        {"in_data_locs": "["},
        {"num_out_data": "5"},
    ],
    ids=str,
)
def test_files_of_loops_that_do_not_fit_are_refused(changes):
    with pytest.raises(FileFormatError, match=r"_foreach|graph"):
        sym.load_json(_edited(**changes))


class Net(HybridBlock):
    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.cell = rnn.GRUCell(4)
            self.norm = nn.BatchNorm()

    def hybrid_forward(self, F, x, state):
        def step(row, states):
            y, states = self.cell(row, states)
            return self.norm(y), states

        outputs, states = F.contrib.foreach(step, x, [state])
        return F.contrib.cond(F.sum(outputs) > 1e4, lambda: outputs * 0, lambda: outputs - 1), states


def trained(hybridize):
    """Return outputs, gradients and running statistics of a network after two passes."""
    mx.random.seed(3)
    net = Net()
    net.initialize(mx.init.Normal(0.7))
    if hybridize:
        net.hybridize()
    x, state = nd.random.normal(shape=(5, 3, 2)), nd.zeros((3, 4))
    for _ in range(2):
        with autograd.record():
            y, _ = net(x, state)
            loss = (y * y * y).sum()
        loss.backward()
    params = net.collect_params().values()
    return net, [x, state], [y, *(p.grad() if p.grad_req != "null" else p.data() for p in params)]


def test_a_hybridized_block_with_loops_trains_as_an_eager_one():
    same(trained(hybridize=True)[2], trained(hybridize=False)[2])


def test_a_block_with_loops_is_exported_and_imported(tmp_path):
    net, inputs, _ = trained(hybridize=True)
    expected = net(*inputs)
    net.export(tmp_path / "net")
    block = SymbolBlock.imports(
        tmp_path / "net-symbol.json", ["data0", "data1"], tmp_path / "net-0000.params"
    )
    same(block(*inputs)[:1], [expected[0]])


def test_arithmetic_that_broadcast_in_a_loop_is_exported_as_operators_that_broadcast(tmp_path):
    class Scaled(HybridBlock):
        def hybrid_forward(self, F, x, w):
            return F.contrib.foreach(lambda row, s: (row * w, s), x, [])[0]

    net = Scaled()
    net.hybridize()
    net(nd.ones((2, 3, 4)), nd.ones((1, 4)))
    net.export(tmp_path / "net")
    node = json.loads((tmp_path / "net-symbol.json").read_text())["nodes"][-1]
    assert node["subgraphs"][0]["nodes"][-1]["op"] == "broadcast_mul"
