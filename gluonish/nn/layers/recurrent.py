"""Recurrent networks over whole sequences."""

from __future__ import annotations

import math
import warnings
from typing import Any

from gluonish.engine.mode import ModeScope
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.nn import init
from gluonish.nn.functional.arguments import beside, check_choice, constant, run, tensor_of
from gluonish.nn.layers.common import Layer, new_parameter, require_positive
from gluonish.ops.nn.recurrent_layout import Network
from gluonish.shape import shape_size
from gluonish.tensors import Tensor, functions

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "RNNBase",
]

STATES_PER_LAYER = {
    "i2h_weight": "weight_ih",
    "h2h_weight": "weight_hh",
    "i2h_bias": "bias_ih",
    "h2h_bias": "bias_hh",
    "h2r_weight": "weight_hr",
}
"""What torch calls the pieces of a network's parameters, in its order."""

BATCHED = 3
"""How many axes a batch of sequences has."""


def reset_uniformly(layer: Layer, hidden_size: int) -> None:
    """Draw all parameters of a layer uniformly up to 1 / sqrt(hidden_size)."""
    bound = 1 / math.sqrt(hidden_size)
    for _, parameter in layer.named_parameters(recurse=False):
        init.uniform_(parameter, -bound, bound)


class RNNBase(Layer):
    """A recurrent network of several layers, in one direction or both.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
        input_size: the size of each step of the input.
        hidden_size: the number of hidden units of each direction.
        num_layers: the number of layers.
        bias: whether there are biases.
        batch_first: whether sequences are (batch, steps, size), not (steps, batch, size).
        dropout: the probability of dropout between layers, while training.
        bidirectional: whether it reads the sequence from its end too.
        proj_size: what an LSTM projects its hidden units to; 0 for no projection.
        device: as of Linear.
        dtype: as of Linear.

    Attributes:
        weight_ih_l0: (gates * hidden_size, input_size), of layer 0; and so on, with ``_reverse`` for the
            other direction. All are drawn uniformly up to 1 / sqrt(hidden_size).
        weight_hh_l0: (gates * hidden_size, proj_size or hidden_size).
        bias_ih_l0: (gates * hidden_size,).
        bias_hh_l0: (gates * hidden_size,).
        weight_hr_l0: (proj_size, hidden_size), of a projection.

    Raises:
        ArgumentError: an impossible argument.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        check_choice(mode, ("RNN_TANH", "RNN_RELU", "LSTM", "GRU"), "mode", name)
        require_positive(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if not 0 <= dropout <= 1:
            raise ArgumentError(name, "needs a probability", expected="dropout from 0 to 1", received=dropout)
        if proj_size and (mode != "LSTM" or not 0 < proj_size < hidden_size):
            raise ArgumentError(
                name,
                "cannot project its hidden units",
                expected="an LSTM, and a proj_size below hidden_size",
                received=proj_size,
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"{name} with one layer drops nothing: dropout={dropout} acts between layers", stacklevel=3
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        network = self._network
        for place in network.places:
            shapes = network.shapes(place[0], input_size)
            for piece in STATES_PER_LAYER:
                if piece in shapes and (bias or not piece.endswith("bias")):
                    setattr(self, _attribute(place, piece), new_parameter(shapes[piece], device, dtype))
        self.reset_parameters()

    @property
    def _network(self) -> Network:
        directions = 2 if self.bidirectional else 1
        return Network(
            self.mode.lower(), self.hidden_size, self.num_layers, directions, self.proj_size or None
        )

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each direction of each layer."""
        return [
            [
                self._reg_params[name]
                for piece in STATES_PER_LAYER
                if (name := _attribute(place, piece)) in self._reg_params
            ]
            for place in self._network.places
        ]

    def flatten_parameters(self) -> None:
        """Do nothing: parameters lie in one piece of memory anyway."""

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        reset_uniformly(self, self.hidden_size)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Any]:
        """Run over sequences.

        Args:
            input: (steps, batch, input_size), with ``batch_first`` (batch, steps, input_size); or one
                sequence, (steps, input_size).
            hx: the first states, (num_layers * directions, batch, hidden_size), of an LSTM a pair of hidden
                and cell states; zeros if None.

        Returns:
            The output of the last layer at each step, with the directions side by side, and the last states.

        Raises:
            ShapeMismatchError: input or states have another shape.
        """
        x = tensor_of(input, type(self).__name__)
        if x.ndim not in (2, BATCHED) or x.shape[-1] != self.input_size:
            raise ShapeMismatchError(
                type(self).__name__,
                "got sequences of another shape",
                expected=f"two or three axes, the last of {self.input_size}",
                received=x.shape,
            )
        had_batch = x.ndim == BATCHED
        swapped = had_batch and self.batch_first
        if not had_batch:
            x = functions.unsqueeze(x, 1)
        elif swapped:
            x = functions.transpose(x, 0, 1)
        output, *states = self._run_network(x, self._first_states(x, hx, had_batch))
        if swapped:
            output = functions.transpose(output, 0, 1)
        if not had_batch:
            output, *states = (functions.squeeze(each, 1) for each in (output, *states))
        return output, tuple(states) if self.mode == "LSTM" else states[0]

    def _first_states(self, x: Tensor, hx: Any, had_batch: bool) -> list[Tensor]:
        network = self._network
        widths = (network.width, network.hidden) if network.is_lstm else (network.width,)
        shapes = [(network.layers * network.directions, x.shape[1], width) for width in widths]
        if hx is None:
            return [constant(0.0, shape, x) for shape in shapes]
        given = [beside(each, x, type(self).__name__) for each in (hx if network.is_lstm else (hx,))]
        given = given if had_batch else [functions.unsqueeze(each, 1) for each in given]
        received = [each.shape for each in given]
        if received != shapes:
            raise ShapeMismatchError(
                type(self).__name__,
                "got states of other shapes than it needs",
                expected=shapes,
                received=received,
            )
        return given

    def _run_network(self, x: Tensor, states: list[Tensor]) -> Any:
        network = self._network
        pieces = [
            self._piece(x, _attribute(place, piece), shape)
            for place, piece, shape in network.pieces(self.input_size)
        ]
        with ModeScope(training=self.acts_as_training):
            return run(
                "RNN",
                x,
                run("_rnn_param_concat", *pieces, dim=0),
                *states,
                state_size=network.hidden,
                num_layers=network.layers,
                bidirectional=self.bidirectional,
                p=self.dropout,
                state_outputs=True,
                mode=network.mode,
                projection_size=network.projection,
            )

    def _piece(self, x: Tensor, attribute: str, shape: tuple[int, ...]) -> Tensor:
        """Return a parameter as a part of the operator's vector; zeros for a bias that there is not."""
        parameter = self._reg_params.get(attribute)
        if parameter is None:
            return constant(0.0, (shape_size(shape),), x)
        return functions.reshape(beside(parameter, x, type(self).__name__), (-1,))

    def extra_repr(self) -> str:
        """Return the arguments, as far as they are not the defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        parts += [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return ", ".join(parts)


def _attribute(place: tuple[int, int], piece: str) -> str:
    layer, direction = place
    return f"{STATES_PER_LAYER[piece]}_l{layer}{'_reverse' if direction else ''}"


class RNN(RNNBase):
    """A plain recurrent network, ``h = act(W x + b + U h + c)``: Elman, Finding structure in time (1990).

    Args:
        input_size: the size of each step of the input.
        hidden_size: the number of hidden units.
        num_layers: the number of layers.
        nonlinearity: "tanh" or "relu".
        bias: as of RNNBase; and so are the others.
        batch_first: as of RNNBase.
        dropout: as of RNNBase.
        bidirectional: as of RNNBase.
        device: as of RNNBase.
        dtype: as of RNNBase.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_choice(nonlinearity, ("tanh", "relu"), "nonlinearity", "RNN")
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """A network of long short-term memory: Hochreiter and Schmidhuber (1997), with forget gates.

    Called with the input, and a pair of first states if they are not zero, it returns the output and a pair
    of the last states. Arguments are those of RNNBase without ``mode``.

    Example:
        >>> import gluonish as torch
        >>> from gluonish import nn
        >>> output, (h, c) = nn.LSTM(10, 20, num_layers=2)(torch.randn(5, 3, 10))
        >>> output.shape, h.shape, c.shape
        ((5, 3, 20), (2, 3, 20), (2, 3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )


class GRU(RNNBase):
    """A network of gated recurrent units: Cho et al. (2014).

    Arguments are those of RNNBase without ``mode``.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )
