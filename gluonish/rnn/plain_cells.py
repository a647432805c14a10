"""Cells with weights of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish import sym
from gluonish.initializer import LSTMBias
from gluonish.rnn.rnn_cell import BaseRNNCell, RNNParams, activated
from gluonish.symbol import Symbol

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "gru_step", "lstm_step"]


def lstm_step(
    i2h: Symbol, h2h: Symbol, states: Sequence[Symbol], name: str, activation: Any
) -> tuple[Symbol, list[Any]]:
    """Return output and states of an LSTM, from what its gates get from input and state."""
    gates = sym.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice")
    entry = sym.Activation(gates[0], act_type="sigmoid", name=f"{name}i")
    forget = sym.Activation(gates[1], act_type="sigmoid", name=f"{name}f")
    new = activated(gates[2], activation, name=f"{name}c")
    exit_ = sym.Activation(gates[3], act_type="sigmoid", name=f"{name}o")
    cell = sym.elemwise_add(forget * states[1], entry * new, name=f"{name}state")
    output = sym.elemwise_mul(exit_, activated(cell, activation), name=f"{name}out")
    return output, [output, cell]


def gru_step(
    i2h: Symbol, h2h: Symbol, states: Sequence[Symbol], name: str, activation: Any
) -> tuple[Symbol, list[Any]]:
    """Return output and state of a GRU, from what its gates get from input and state."""
    of_input = sym.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice")
    of_state = sym.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice")
    reset = sym.Activation(of_input[0] + of_state[0], act_type="sigmoid", name=f"{name}_r_act")
    update = sym.Activation(of_input[1] + of_state[1], act_type="sigmoid", name=f"{name}_z_act")
    new = activated(of_input[2] + reset * of_state[2], activation, name=f"{name}_h_act")
    output = sym.elemwise_add((1.0 - update) * new, update * states[0], name=f"{name}out")
    return output, [output]


class _DenseCell(BaseRNNCell):
    """A cell with two dense layers, of the input and of the state, as wide as its gates together."""

    _states = 1

    def __init__(
        self, num_hidden: int, prefix: str, params: RNNParams | None, i2h_bias_init: Any = None
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._num_hidden = num_hidden
        self._iW = self.params.get("i2h_weight")
        self._iB = self.params.get("i2h_bias", init=i2h_bias_init)
        self._hW = self.params.get("h2h_weight")
        self._hB = self.params.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of every state."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def _dense(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        width = self._num_hidden * len(self._gate_names)
        i2h = sym.FullyConnected(inputs, self._iW, self._iB, num_hidden=width, name=f"{name}i2h")
        h2h = sym.FullyConnected(state, self._hW, self._hB, num_hidden=width, name=f"{name}h2h")
        return i2h, h2h

    def _next_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


class RNNCell(_DenseCell):
    """Elman's cell: ``h' = act(W x + b + V h + c)``.

    Args:
        num_hidden: the size of state and output.
        activation: the name of an activation, or a function of a symbol.
        prefix: what the names of its variables and outputs begin with.
        params: the variables, if they are shared with another cell.

    Example:
        >>> import gluonish as mx
        >>> outputs, states = mx.rnn.RNNCell(4).unroll(2, mx.sym.var("data"), merge_outputs=True)
        >>> outputs.infer_shape(data=(8, 2, 3))[1]
        [(8, 2, 4)]
    """

    def __init__(
        self,
        num_hidden: int,
        activation: Any = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step; see ``BaseRNNCell``."""
        name = self._next_name()
        i2h, h2h = self._dense(inputs, states[0], name)
        output = activated(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class LSTMCell(_DenseCell):
    """Hochreiter's and Schmidhuber's cell, with a forget gate.

    Hochreiter and Schmidhuber, Long short-term memory (1997); Gers et al., Learning to forget (2000).

    Args:
        num_hidden: the size of states and output.
        prefix: what the names of its variables and outputs begin with.
        params: the variables, if they are shared with another cell.
        forget_bias: what the bias of the forget gate begins with.
    """

    _states = 2

    def __init__(
        self,
        num_hidden: int,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__(num_hidden, prefix, params, LSTMBias(forget_bias=forget_bias))

    @property
    def _gate_names(self) -> Sequence[str]:
        return ["_i", "_f", "_c", "_o"]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step; see ``BaseRNNCell``."""
        name = self._next_name()
        i2h, h2h = self._dense(inputs, states[0], name)
        return lstm_step(i2h, h2h, states, name, "tanh")


class GRUCell(_DenseCell):
    """Cho's cell, in the form that cuDNN computes.

    Cho et al., Learning phrase representations using RNN encoder-decoder (2014); the reset gate acts on the
    product of state and weight.

    Args:
        num_hidden: the size of state and output.
        prefix: what the names of its variables and outputs begin with.
        params: the variables, if they are shared with another cell.
    """

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, prefix, params)

    @property
    def _gate_names(self) -> Sequence[str]:
        return ["_r", "_z", "_o"]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step; see ``BaseRNNCell``."""
        name = self._next_name()
        i2h, h2h = self._dense(inputs, states[0], f"{name}_")
        return gru_step(i2h, h2h, states, name, "tanh")
