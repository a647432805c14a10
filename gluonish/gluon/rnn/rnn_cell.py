"""All recurrent cells in one place, where MXNet has them."""

from __future__ import annotations

from gluonish.gluon.rnn.bidirectional_cell import BidirectionalCell
from gluonish.gluon.rnn.dense_cells import GRUCell, LSTMCell, RNNCell
from gluonish.gluon.rnn.modifier_cells import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from gluonish.gluon.rnn.recurrent_cell import HybridRecurrentCell, RecurrentCell
from gluonish.gluon.rnn.stacked_cells import HybridSequentialRNNCell, SequentialRNNCell

__all__ = [
    "BidirectionalCell",
    "DropoutCell",
    "GRUCell",
    "HybridRecurrentCell",
    "HybridSequentialRNNCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RecurrentCell",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
]
