"""FusedRNNCell: layers over a whole sequence as one operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gluonish import nd, sym
from gluonish.errors import NotSteppableError, ShapeMismatchError, UnknownNameError
from gluonish.initializer import FusedRNN
from gluonish.rnn.plain_cells import GRUCell, LSTMCell, RNNCell
from gluonish.rnn.rnn_cell import BaseRNNCell, RNNParams, as_sequence
from gluonish.rnn.stacked_cells import BidirectionalCell, SequentialRNNCell
from gluonish.symbol import Symbol

__all__ = ["FusedRNNCell"]

GATES = {"rnn_relu": [""], "rnn_tanh": [""], "lstm": ["_i", "_f", "_c", "_o"], "gru": ["_r", "_z", "_o"]}


class FusedRNNCell(BaseRNNCell):
    """Layers of recurrent cells over a whole sequence, with all weights in one vector.

    Args:
        num_hidden: the size of states, and of outputs in one direction.
        num_layers: how many layers.
        mode: ``"rnn_relu"``, ``"rnn_tanh"``, ``"lstm"`` or ``"gru"``.
        bidirectional: whether every layer reads in both directions.
        dropout: the part of the outputs between layers that is dropped.
        get_next_state: whether ``unroll`` returns the states after the last step.
        forget_bias: what the bias of an LSTM's forget gate begins with.
        prefix: what names begin with; the mode and ``_`` if None.
        params: the variables, if they are shared with another cell.

    Raises:
        UnknownNameError: there is no such mode.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.rnn.FusedRNNCell(4, num_layers=2, mode="gru", bidirectional=True)
        >>> outputs, _ = cell.unroll(5, mx.sym.var("data"), merge_outputs=True)
        >>> outputs.infer_shape(data=(8, 5, 3))[1]
        [(8, 5, 8)]
    """

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        if mode not in GATES:
            raise UnknownNameError(f"Mode {mode!r}", "does not exist", expected="one of " + ", ".join(GATES))
        super().__init__(prefix=f"{mode}_" if prefix is None else prefix, params=params)
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode: Any = mode
        self._bidirectional = bidirectional
        self._dropout = dropout
        self._get_next_state = get_next_state
        self._forget_bias = forget_bias
        self._directions = ["l", "r"] if bidirectional else ["l"]
        initializer = FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter = self.params.get("parameters", init=initializer)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of the states: one, or two of an LSTM."""
        shape = (self._num_layers * len(self._directions), 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(1 + (self._mode == "lstm"))]

    @property
    def _gate_names(self) -> Sequence[str]:
        return GATES[self._mode]

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    # -- weights ------------------------------------------------------------------------------------------

    def _pieces(self, num_input: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield names and shapes of weights, then of biases, in their order in the vector."""
        hidden = self._num_hidden
        for end in ("weight", "bias"):
            for layer in range(self._num_layers):
                width = hidden * len(self._directions) if layer else num_input
                for direction in self._directions:
                    for kind, size in (("i2h", width), ("h2h", hidden)):
                        shape = (hidden, size) if end == "weight" else (hidden,)
                        for gate in self._gate_names:
                            yield f"{self._prefix}{direction}{layer}_{kind}{gate}_{end}", shape

    def _input_size(self, total: int) -> int:
        """Return the size of the input that a vector of parameters of some length is for.

        Raises:
            ShapeMismatchError: there is none.
        """
        per_unit = len(self._directions) * self._num_hidden * self._num_gates
        rest = sum(_size(shape) for _, shape in self._pieces(0))
        size, left = divmod(total - rest, per_unit)
        if left or size < 0:
            raise ShapeMismatchError(
                f"Parameter '{self._prefix}parameters'",
                "has a length that fits no input",
                expected=f"{rest} and a multiple of {per_unit}",
                received=total,
            )
        return size

    def unpack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with the vector cut into the weights of every gate of every layer.

        Raises:
            ShapeMismatchError: the vector has a length that fits no input.
        """
        found = dict(args)
        vector = found.pop(f"{self._prefix}parameters")
        start = 0
        for name, shape in self._pieces(self._input_size(vector.size)):
            stop = start + _size(shape)
            found[name] = vector[start:stop].reshape(shape).copy()
            start = stop
        return found

    def pack_weights(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with all weights in one vector: the reverse of ``unpack_weights``."""
        found = dict(args)
        num_input = found[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"].shape[1]
        parts = [found.pop(name).reshape((-1,)) for name, _ in self._pieces(num_input)]
        found[f"{self._prefix}parameters"] = nd.concat(*parts, dim=0)
        return found

    # -- sequences ----------------------------------------------------------------------------------------

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Raise an error: there is no single step.

        Raises:
            NotSteppableError: always.
        """
        raise NotSteppableError("FusedRNNCell", "cannot be stepped", fix="Call unroll(), or unfuse() it.")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Run over a whole sequence; see ``BaseRNNCell.unroll``.

        Returns:
            The outputs, and the states after the last step: none without ``get_next_state``.
        """
        self.reset()
        sequence, axis = as_sequence(length, inputs, layout, merge=True)
        if axis == 1:
            sequence = sym.swapaxes(sequence, dim1=0, dim2=1)
        states = self.begin_state() if begin_state is None else begin_state
        found = sym.RNN(
            sequence,
            self._parameter,
            *states,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
        )
        outputs: Any
        outputs, after = (found[0], list(found)[1:]) if self._get_next_state else (found, [])
        if axis == 1:
            outputs = sym.swapaxes(outputs, dim1=0, dim2=1)
        return as_sequence(length, outputs, layout, merge=merge_outputs)[0], after

    def unfuse(self) -> SequentialRNNCell:
        """Return cells, one for each layer and direction, with the weights of ``unpack_weights``."""
        from gluonish.rnn.modifier_cells import DropoutCell  # noqa: PLC0415  it needs this module

        make: Callable[[str], BaseRNNCell] = {
            "rnn_relu": lambda prefix: RNNCell(self._num_hidden, activation="relu", prefix=prefix),
            "rnn_tanh": lambda prefix: RNNCell(self._num_hidden, activation="tanh", prefix=prefix),
            "lstm": lambda prefix: LSTMCell(self._num_hidden, prefix=prefix),
            "gru": lambda prefix: GRUCell(self._num_hidden, prefix=prefix),
        }[self._mode]
        stack = SequentialRNNCell()
        for i in range(self._num_layers):
            cell = make(f"{self._prefix}l{i}_")
            if self._bidirectional:
                backwards = make(f"{self._prefix}r{i}_")
                cell = BidirectionalCell(cell, backwards, output_prefix=f"{self._prefix}bi_l{i}_")
            stack.add(cell)
            if self._dropout > 0 and i != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{i}_"))
        return stack


def _size(shape: tuple[int, ...]) -> int:
    return shape[0] * (shape[1] if len(shape) > 1 else 1)
