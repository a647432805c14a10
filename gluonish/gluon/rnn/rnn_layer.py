"""Recurrent layers that run over whole sequences by one operator."""

from __future__ import annotations

from typing import Any

from gluonish.errors import UnknownNameError
from gluonish.gluon.rnn.base_layer import _RNNLayer

__all__ = ["GRU", "LSTM", "RNN"]


class RNN(_RNNLayer):
    """A plain recurrent network over whole sequences, ``h = act(W x + b + U h + c)``: Elman (1990).

    Input (steps, batch, input_size), output (steps, batch, directions * hidden_size). Called with
    states, (num_layers * directions, batch, hidden_size), it returns a pair: the output and a list of the
    last states.

    Args:
        hidden_size: the number of hidden units.
        num_layers: the number of layers.
        activation: ``"relu"`` or ``"tanh"``.
        layout: ``"TNC"``, or ``"NTC"`` for the batch first in input and output.
        dropout: the probability of dropout between layers, while training.
        bidirectional: whether it reads sequences from both ends.
        i2h_weight_initializer: of the weights W, (hidden_size, inputs); the global one if None.
        h2h_weight_initializer: of the weights U, (hidden_size, hidden_size).
        i2h_bias_initializer: of the biases b, (hidden_size,).
        h2h_bias_initializer: of the biases c.
        input_size: the number of inputs; found in the first forward pass if 0.
        dtype: element type of the parameters.
        use_sequence_length: whether it is called with the length of each sequence.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, layout or activation.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.rnn.RNN(4, bidirectional=True)
        >>> layer.initialize()
        >>> x = mx.nd.ones((5, 2, 3))
        >>> layer(x).shape
        (5, 2, 8)
        >>> output, states = layer(x, layer.begin_state(batch_size=2))
        >>> states[0].shape
        (2, 2, 4)
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        dtype: Any = "float32",
        *,
        use_sequence_length: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        if activation not in ("relu", "tanh"):
            raise UnknownNameError(
                "RNN", "has no such activation", expected="'relu' or 'tanh'", received=repr(activation)
            )
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            f"rnn_{activation}",
            dtype=dtype,
            use_sequence_length=use_sequence_length,
            prefix=prefix,
            params=params,
        )


class LSTM(_RNNLayer):
    """A long short-term memory over whole sequences; see ``LSTMCell`` for its gates.

    Input (steps, batch, input_size), output (steps, batch, directions * hidden_size). Called with
    two states, h and c, (num_layers * directions, batch, hidden_size) each, it returns a pair: the output and
    a list of the last states.

    Args:
        hidden_size: the number of hidden units.
        num_layers: the number of layers.
        layout: ``"TNC"``, or ``"NTC"`` for the batch first in input and output.
        dropout: the probability of dropout between layers, while training.
        bidirectional: whether it reads sequences from both ends.
        input_size: the number of inputs; found in the first forward pass if 0.
        i2h_weight_initializer: of the weights of the inputs, (4 * hidden_size, inputs).
        h2h_weight_initializer: of the weights of the states, (4 * hidden_size, hidden_size).
        i2h_bias_initializer: of the biases beside the first, (4 * hidden_size,).
        h2h_bias_initializer: of the biases beside the second.
        projection_size: the size of a projection of h that is handed on in its place (Sak et al., Long
            short-term memory based recurrent neural network architectures, 2014); None for none.
        h2r_weight_initializer: of that projection, (projection_size, hidden_size).
        state_clip_min: a lower bound of the cell states; None for none.
        state_clip_max: an upper bound, likewise.
        state_clip_nan: whether the bounds stop NaN too.
        dtype: element type of the parameters.
        use_sequence_length: whether it is called with the length of each sequence.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size or layout.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.rnn.LSTM(4, num_layers=2, dropout=0.5)
        >>> layer.initialize()
        >>> layer(mx.nd.ones((5, 2, 3))).shape, layer
        ((5, 2, 4), LSTM(3 -> 4, TNC, num_layers=2, dropout=0.5))
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        *,
        use_sequence_length: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            "lstm",
            projection_size,
            h2r_weight_initializer,
            state_clip_min,
            state_clip_max,
            state_clip_nan,
            dtype,
            use_sequence_length,
            prefix,
            params,
        )


class GRU(_RNNLayer):
    """Gated recurrent units over whole sequences; see ``GRUCell`` for their gates.

    Input (steps, batch, input_size), output (steps, batch, directions * hidden_size). Called with
    states, (num_layers * directions, batch, hidden_size), it returns a pair: the output and a list of the
    last states.

    Args:
        hidden_size: the number of hidden units.
        num_layers: the number of layers.
        layout: ``"TNC"``, or ``"NTC"`` for the batch first in input and output.
        dropout: the probability of dropout between layers, while training.
        bidirectional: whether it reads sequences from both ends.
        input_size: the number of inputs; found in the first forward pass if 0.
        i2h_weight_initializer: of the weights of the inputs, (3 * hidden_size, inputs).
        h2h_weight_initializer: of the weights of the states, (3 * hidden_size, hidden_size).
        i2h_bias_initializer: of the biases beside the first, (3 * hidden_size,).
        h2h_bias_initializer: of the biases beside the second.
        dtype: element type of the parameters.
        use_sequence_length: whether it is called with the length of each sequence.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size or layout.

    Example:
        >>> import gluonish as mx
        >>> layer = mx.gluon.rnn.GRU(4, layout="NTC", use_sequence_length=True)
        >>> layer.initialize()
        >>> output = layer(mx.nd.ones((2, 5, 3)), sequence_length=mx.nd.array([2, 5]))
        >>> output.shape, output[0, 2:].sum().asscalar()
        ((2, 5, 4), np.float32(0.0))
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        *,
        use_sequence_length: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            "gru",
            dtype=dtype,
            use_sequence_length=use_sequence_length,
            prefix=prefix,
            params=params,
        )
