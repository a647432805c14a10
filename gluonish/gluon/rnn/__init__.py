"""Recurrent cells, which compute one step, and layers, which run over whole sequences.

``recurrent_cell`` what all cells have in common
``dense_cells``    cells of fully connected gates; ``projected_cell``: with a projection
``modifier_cells`` cells that change another one
``stacked_cells``  several, one after the other; ``bidirectional_cell``: from both ends
``rnn_cell``       all of these, where MXNet has them; ``old_names``: its helpers
``base_layer``     what all layers share
``rnn_layer``      RNN, LSTM and GRU
``steps``          sequences as lists of steps, or as one array
"""

from __future__ import annotations

from gluonish.gluon.rnn import rnn_cell, rnn_layer
from gluonish.gluon.rnn.rnn_cell import (
    BidirectionalCell,
    DropoutCell,
    GRUCell,
    HybridRecurrentCell,
    HybridSequentialRNNCell,
    LSTMCell,
    ModifierCell,
    RecurrentCell,
    ResidualCell,
    RNNCell,
    SequentialRNNCell,
    ZoneoutCell,
)
from gluonish.gluon.rnn.rnn_layer import GRU, LSTM, RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
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
    "rnn_cell",
    "rnn_layer",
]
