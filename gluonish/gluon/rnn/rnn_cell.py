"""All recurrent cells in one place, where MXNet has them, and the helpers that programs import from there."""

from __future__ import annotations

from gluonish.gluon.rnn import old_names
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

# As MXNet calls them. Programs import them in spite of the underscore.
_format_sequence, _get_begin_state = old_names.format_sequence, old_names.get_begin_state
_mask_sequence_variable_length = old_names.mask_sequence
_cells_state_info, _cells_begin_state = old_names.cells_state_info, old_names.cells_begin_state
