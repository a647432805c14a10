"""Recurrent cells and layers that run as graphs compute what they do otherwise."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.gluon import HybridBlock, SymbolBlock, contrib, nn, rnn

STEPS, BATCH, SIZE = 3, 2, 4


def stack():
    cell = rnn.HybridSequentialRNNCell()
    cell.add(rnn.LSTMCell(SIZE))
    cell.add(rnn.DropoutCell(0))
    cell.add(rnn.ResidualCell(rnn.GRUCell(SIZE)))
    return cell


CELLS = {
    "RNNCell": lambda: rnn.RNNCell(5),
    "LSTMCell": lambda: rnn.LSTMCell(5),
    "GRUCell": lambda: rnn.GRUCell(5),
    "LSTMPCell": lambda: contrib.rnn.LSTMPCell(5, 2),
    "ResidualCell": lambda: rnn.ResidualCell(rnn.GRUCell(SIZE)),
    "BidirectionalCell": lambda: rnn.BidirectionalCell(rnn.LSTMCell(5), rnn.GRUCell(3)),
    "HybridSequentialRNNCell": stack,
    "ZoneoutCell": lambda: rnn.ZoneoutCell(rnn.LSTMCell(5), 0.0, 0.0),
    "VariationalDropoutCell": lambda: contrib.rnn.VariationalDropoutCell(rnn.GRUCell(5)),
}


def sequences(batch=BATCH, steps=STEPS):
    x = mx.nd.array(np.random.default_rng(0).normal(size=(batch, steps, SIZE)))
    x.attach_grad()
    return x


def started(block):
    block.initialize(mx.init.Normal(0.5))
    return block


def outcome(block, compute, x):
    """Return the outputs, and the gradients of the input and of all parameters."""
    with autograd.record():
        outputs = compute(x)
        total = sum((each * each).sum() for each in outputs)
    total.backward()
    gradients = [p.grad().asnumpy() for p in block.collect_params().values()]
    return [each.asnumpy() for each in (*outputs, x.grad)], gradients


def assert_same(found, expected):
    for ours, theirs in zip([*found[0], *found[1]], [*expected[0], *expected[1]], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", CELLS)
def test_a_hybridized_cell_computes_what_it_did(kind):
    cell = started(CELLS[kind]())

    def unroll(x):
        outputs, states = cell.unroll(STEPS, x)
        return [*outputs, *states]

    expected = outcome(cell, unroll, sequences())
    cell.hybridize()
    for _ in range(2):
        assert_same(outcome(cell, unroll, sequences()), expected)


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_can_be_hybridized_before_its_sizes_are_known(kind):
    cell = started(CELLS[kind]())
    cell.hybridize()
    outputs, _ = cell.unroll(STEPS, sequences())
    again, _ = cell.unroll(STEPS, sequences())
    np.testing.assert_array_equal(outputs[-1].asnumpy(), again[-1].asnumpy())


class Unrolling(HybridBlock):
    """A cell, or a layer, that is run over sequences inside a block."""

    def __init__(self, make, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.inner = make()
            self.top = nn.Dense(2, flatten=False)

    def hybrid_forward(self, F, x, valid_length=None):
        if isinstance(self.inner, rnn.RecurrentCell):
            y = self.inner.unroll(STEPS, x, merge_outputs=True, valid_length=valid_length)[0]
        else:
            y = self.inner(x) if valid_length is None else self.inner(x, None, valid_length)
        return self.top(y)


LAYERS = {
    "RNN": lambda: rnn.RNN(5, layout="NTC", activation="tanh"),
    "LSTM": lambda: rnn.LSTM(5, 2, layout="NTC", bidirectional=True),
    "GRU": lambda: rnn.GRU(5, layout="NTC"),
}


@pytest.mark.parametrize("kind", [*CELLS, *LAYERS])
def test_a_hybridized_block_takes_batches_of_any_size(kind):
    net = started(Unrolling({**CELLS, **LAYERS}[kind]))
    net(sequences())
    expected = [outcome(net, lambda x: [net(x)], sequences(batch)) for batch in (2, 5, 3)]
    net.hybridize()
    for _ in range(2):
        for batch, wanted in zip((2, 5, 3), expected, strict=True):
            assert_same(outcome(net, lambda x: [net(x)], sequences(batch)), wanted)


@pytest.mark.parametrize("kind", [*CELLS, *LAYERS])
def test_a_hybridized_block_can_be_cast(kind):
    net = started(Unrolling({**CELLS, **LAYERS}[kind]))
    x = sequences()
    expected = net(x).asnumpy()
    net.cast("float64")
    net.hybridize()
    output = net(x.astype("float64"))
    assert output.dtype == np.float64
    np.testing.assert_allclose(output.asnumpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["LSTMCell", "BidirectionalCell", "GRU"])
def test_lengths_are_inputs_of_a_hybridized_block(kind):
    make = CELLS[kind] if kind in CELLS else lambda: rnn.GRU(5, layout="NTC", use_sequence_length=True)
    net = started(Unrolling(make))
    lengths = [mx.nd.array([1, 3]), mx.nd.array([2, 2])]
    expected = [net(sequences(), each).asnumpy() for each in lengths]
    net.hybridize()
    for each, wanted in zip(lengths, expected, strict=True):
        np.testing.assert_allclose(net(sequences(), each).asnumpy(), wanted, rtol=1e-5, atol=1e-6)


def test_a_hybridized_layer_is_called_with_and_without_states():
    layer = started(rnn.LSTM(5))
    x = sequences()
    output, states = layer(x, layer.begin_state(STEPS))
    layer.hybridize()
    for _ in range(2):
        again = layer(x)
        np.testing.assert_allclose(again.asnumpy(), output.asnumpy(), rtol=1e-5, atol=1e-6)
        again, last = layer(x, layer.begin_state(STEPS))
        np.testing.assert_allclose(last[1].asnumpy(), states[1].asnumpy(), rtol=1e-5, atol=1e-6)


def test_a_step_of_a_hybridized_cell_returns_what_it_did():
    cell = started(rnn.LSTMCell(5))
    plain = cell(sequences()[:, 0], cell.begin_state(BATCH))
    cell.hybridize()
    for _ in range(2):
        output, states = cell(sequences()[:, 0], cell.begin_state(BATCH))
        assert (type(states), len(states)) == (list, 2)
        np.testing.assert_allclose(output.asnumpy(), plain[0].asnumpy(), rtol=1e-5, atol=1e-6)


def test_the_graph_of_a_step_is_named_after_its_number(tmp_path):
    cell = started(rnn.RNNCell(5, prefix="rnn_"))
    cell.hybridize()
    cell(sequences()[:, 0], cell.begin_state(BATCH))
    cell.export(tmp_path / "cell")
    symbol = mx.sym.load(tmp_path / "cell-symbol.json")
    assert symbol.list_outputs() == ["rnn_t0_out_output"] * 2


class Counting(rnn.HybridRecurrentCell):
    """A cell whose new values are its inputs."""

    def state_info(self, batch_size=0):
        return [{"shape": (batch_size, 50), "__layout__": "NC"}]

    def hybrid_forward(self, F, inputs, states):
        return inputs, [inputs + states[0] * 0]


class Unrolled(HybridBlock):
    """The outputs of a cell over four steps."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def hybrid_forward(self, F, x):
        return self.cell.unroll(4, x, merge_outputs=True)[0]


@pytest.mark.parametrize("inside", [False, True])
def test_zoneout_remembers_the_step_before_when_hybridized(inside):
    cell = rnn.ZoneoutCell(Counting(), 0.4)
    x = mx.nd.array(np.broadcast_to(np.arange(1, 5)[None, :, None], (1, 4, 50)))
    net = Unrolled(cell)
    (net if inside else cell).hybridize()
    for _ in range(2):
        with autograd.train_mode():
            output = (net(x) if inside else cell.unroll(4, x, merge_outputs=True)[0]).asnumpy()[0]
        before = np.concatenate([np.zeros((1, 50)), output[:-1]])
        steps = np.arange(1, 5)[:, None]
        assert ((output == steps) | (output == before)).all()
        assert (output[1:] == before[1:]).any()


@pytest.mark.parametrize("inside", [False, True])
def test_variational_dropout_chooses_once_per_sequence_when_hybridized(inside):
    cell = contrib.rnn.VariationalDropoutCell(Counting(), 0.0, 0.5, 0.5)
    net = Unrolled(cell)
    (net if inside else cell).hybridize()
    seen = []
    for _ in range(2):
        x = mx.nd.ones((1, 4, 50))
        with autograd.train_mode():
            output = (net(x) if inside else cell.unroll(4, x, merge_outputs=True)[0]).asnumpy()[0]
        np.testing.assert_array_equal(output, np.broadcast_to(output[:1], output.shape))
        seen.append(output)
    assert (seen[0] != seen[1]).any()


@pytest.mark.parametrize("kind", ["LSTMCell", "BidirectionalCell", "LSTM"])
def test_an_exported_network_takes_batches_of_any_size(kind, tmp_path):
    net = started(Unrolling({**CELLS, **LAYERS}[kind]))
    net.hybridize()
    net(sequences())
    net.export(tmp_path / "net")
    imported = SymbolBlock.imports(tmp_path / "net-symbol.json", ["data"], tmp_path / "net-0000.params")
    for batch in (2, 5):
        np.testing.assert_allclose(
            imported(sequences(batch)).asnumpy(), net(sequences(batch)).asnumpy(), rtol=1e-5, atol=1e-6
        )
