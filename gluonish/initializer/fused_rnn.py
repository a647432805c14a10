"""The initializer of fused recurrent networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.initializer.base import Initializer, create, no_such_choice, register

__all__ = ["FusedRNN"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


@register
class FusedRNN(Initializer):
    """Fill the one parameter vector of a fused RNN, each gate's matrices by another initializer.

    The vector holds all weights (by layer, direction, input then hidden), then all biases in the same order.
    Biases are 0, those of an LSTM's forget gate ``forget_bias``.

    Args:
        init: the initializer of the matrices (or what ``create`` takes); None takes the global one.
        num_hidden: the number of hidden units.
        num_layers: the number of layers.
        mode: ``"rnn_relu"``, ``"rnn_tanh"``, ``"lstm"`` or ``"gru"``.
        bidirectional: whether there are two directions.
        forget_bias: the bias of an LSTM's forget gate.
    """

    def __init__(
        self,
        init: Any,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        inner = None if init is None else create(init)
        super().__init__(
            init=None if inner is None else inner.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        if mode not in _GATES:
            raise no_such_choice(self, "mode", "one of " + ", ".join(_GATES), mode)
        self._init = inner
        self._hidden = num_hidden
        self._layers = num_layers
        self._mode = mode
        self._directions = 2 if bidirectional else 1
        self._forget_bias = forget_bias

    def _init_weight(self, name: str, arr: NDArray) -> None:
        inner = self._init or getattr(name, "global_init", None)
        if inner is None:
            raise ArgumentError(f"Initializer {self!r}", "has no initializer for the matrices")
        host = arr.asnumpy()
        position = 0
        for rows, columns in self._matrices(arr.size):
            piece = NDArray(np.zeros((rows, columns), host.dtype), arr.context)
            inner.fill(f"{name}_weight", piece)
            host[position : position + rows * columns] = piece.asnumpy().reshape(-1)
            position += rows * columns
        biases = host[position:].reshape(-1, _GATES[self._mode], self._hidden)
        biases[...] = 0
        if self._mode == "lstm":
            biases[:, 1] = self._forget_bias
        arr.write(host)

    def _matrices(self, size: int) -> list[tuple[int, int]]:
        """Return the shapes of every gate's matrices in their order; the input size follows from ``size``."""
        gates, hidden = _GATES[self._mode], self._hidden
        rows = gates * hidden
        per_layer = self._directions * rows
        biases = self._layers * self._directions * 2 * rows
        upper = (self._layers - 1) * per_layer * (hidden * self._directions + hidden)
        input_size, rest = divmod(size - biases - upper - per_layer * hidden, per_layer)
        if rest or input_size < 0:
            raise ShapeMismatchError(
                f"Initializer {self!r}", "cannot divide the parameter vector", received=f"{size} elements"
            )
        widths = [input_size] + [hidden * self._directions] * (self._layers - 1)
        return [
            (hidden, columns)
            for width in widths
            for _ in range(self._directions)
            for columns in (width, hidden)
            for _ in range(gates)
        ]
