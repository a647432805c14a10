"""``mx.rnn``: recurrent cells that put symbols together, and batches of sentences, as before Gluon.

``mx.gluon.rnn`` is what new programs use.

``rnn_cell``       what all cells share
``plain_cells``    cells with weights; ``conv_cells``: of convolutions
``fused_cell``     a whole sequence as one operator
``stacked_cells``  cells made of cells
``modifier_cells`` cells that change another one
``io``             batches of sentences
``rnn``            checkpoints
"""

from __future__ import annotations

from gluonish.rnn import io, rnn, rnn_cell
from gluonish.rnn.conv_cells import BaseConvRNNCell, ConvGRUCell, ConvLSTMCell, ConvRNNCell
from gluonish.rnn.fused_cell import FusedRNNCell
from gluonish.rnn.io import BucketSentenceIter, encode_sentences
from gluonish.rnn.modifier_cells import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from gluonish.rnn.plain_cells import GRUCell, LSTMCell, RNNCell
from gluonish.rnn.rnn import do_rnn_checkpoint, load_rnn_checkpoint, rnn_unroll, save_rnn_checkpoint
from gluonish.rnn.rnn_cell import BaseRNNCell, RNNParams
from gluonish.rnn.stacked_cells import BidirectionalCell, SequentialRNNCell

__all__ = [
    "BaseConvRNNCell",
    "BaseRNNCell",
    "BidirectionalCell",
    "BucketSentenceIter",
    "ConvGRUCell",
    "ConvLSTMCell",
    "ConvRNNCell",
    "DropoutCell",
    "FusedRNNCell",
    "GRUCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RNNParams",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
    "do_rnn_checkpoint",
    "encode_sentences",
    "io",
    "load_rnn_checkpoint",
    "rnn",
    "rnn_cell",
    "rnn_unroll",
    "save_rnn_checkpoint",
]
