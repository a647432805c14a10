"""Recurrent networks for tests."""

from __future__ import annotations

from gluonish import gluon
from gluonish.gluon import contrib, rnn


class Unrolled(gluon.HybridBlock):
    """A cell that is unrolled over the steps of its input, (batch, steps, ...).

    Args:
        make: makes the cell, given ``prefix`` and the sizes.
        steps: how many steps there are.
    """

    def __init__(self, make, steps=3, prefix=None, params=None, **sizes):
        super().__init__(prefix=prefix, params=params)
        self.steps = steps
        with self.name_scope():
            self.cell = make(**sizes)

    def hybrid_forward(self, F, x):
        return self.cell.unroll(self.steps, x, merge_outputs=True)[0]


class Whole(gluon.HybridBlock):
    """A layer that runs over the steps of its input, (batch, steps, ...).

    Args:
        make: makes the layer, given ``prefix`` and the sizes.
    """

    def __init__(self, make, prefix=None, params=None, **sizes):
        super().__init__(prefix=prefix, params=params)
        with self.name_scope():
            self.layer = make(prefix="layer_", **sizes)

    def hybrid_forward(self, F, x):
        return self.layer(x)


def named(cell, *args, **kwargs):
    """Return a function that makes a cell with a prefix of its own."""

    def make(**sizes):
        return cell(*args, prefix="cell_", **kwargs, **sizes)

    return make


def modified(modifier, cell, *args, **kwargs):
    """Return a function that makes a cell of 4 units and modifies it."""

    def make(**sizes):
        return modifier(cell(4, prefix="cell_", **sizes), *args, **kwargs)

    return make


def bidirectional(input_size=0):
    return rnn.BidirectionalCell(
        rnn.LSTMCell(2, input_size=input_size, prefix="l_"),
        rnn.GRUCell(3, input_size=input_size, prefix="r_"),
    )


def stacked(input_size=0, hidden=0):
    cell = rnn.HybridSequentialRNNCell(prefix="stack_")
    with cell.name_scope():
        cell.add(rnn.LSTMCell(4, input_size=input_size))
        cell.add(rnn.DropoutCell(0))
        cell.add(rnn.ResidualCell(rnn.GRUCell(4, input_size=hidden)))
    return cell


def imperative_stack(input_size=0, hidden=0):
    cell = rnn.SequentialRNNCell(prefix="stack_")
    with cell.name_scope():
        cell.add(rnn.RNNCell(4, input_size=input_size))
        cell.add(contrib.rnn.LSTMPCell(3, 2, input_size=hidden))
    return cell


class ImperativeUnrolled(gluon.Block):
    """The same as ``Unrolled`` for a cell that is not hybrid."""

    def __init__(self, make, steps=3, prefix=None, params=None, **sizes):
        super().__init__(prefix=prefix, params=params)
        self.steps = steps
        with self.name_scope():
            self.cell = make(**sizes)

    def forward(self, x):
        return self.cell.unroll(self.steps, x, merge_outputs=True)[0]
