"""Recurrent cells: one step of a network."""

from __future__ import annotations

from typing import Any, ClassVar

from gluonish.errors import ShapeMismatchError
from gluonish.nn import functional as F
from gluonish.nn.functional.arguments import beside, check_choice, constant, run, tensor_of
from gluonish.nn.layers.common import Layer, new_parameter, require_positive
from gluonish.nn.layers.recurrent import reset_uniformly
from gluonish.tensors import Tensor, functions

__all__ = [
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "RNNCellBase",
]


# -- cells ------------------------------------------------------------------------------------------------


class RNNCellBase(Layer):
    """One step of a recurrent network.

    Args:
        input_size: the size of the input.
        hidden_size: the number of hidden units.
        bias: whether there are biases.
        num_chunks: the number of gates.
        device: as of Linear.
        dtype: as of Linear.

    Attributes:
        weight_ih: (gates * hidden_size, input_size), drawn uniformly up to 1 / sqrt(hidden_size); so are all.
        weight_hh: (gates * hidden_size, hidden_size).
        bias_ih: (gates * hidden_size,), or None.
        bias_hh: (gates * hidden_size,), or None.
    """

    states: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        require_positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = new_parameter((rows, input_size), device, dtype)
        self.weight_hh = new_parameter((rows, hidden_size), device, dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, new_parameter((rows,), device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        reset_uniformly(self, self.hidden_size)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Take a step.

        Args:
            input: (batch, input_size), or without the batch.
            hx: the states before it, (batch, hidden_size), of an LSTM a pair; zeros if None.

        Returns:
            The states after it.

        Raises:
            ShapeMismatchError: the input has another shape.
        """
        x = tensor_of(input, type(self).__name__)
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ShapeMismatchError(
                type(self).__name__,
                "got an input of another shape",
                expected=f"one or two axes, the last of {self.input_size}",
                received=x.shape,
            )
        if hx is None:
            zeros = constant(0.0, (*x.shape[:-1], self.hidden_size), x)
            states = (zeros,) * self.states
        else:
            states = tuple(
                beside(each, x, type(self).__name__) for each in (hx if self.states > 1 else (hx,))
            )
        after = self._step(
            F.linear(x, self.weight_ih, self.bias_ih),
            F.linear(states[0], self.weight_hh, self.bias_hh),
            *states,
        )
        return after if self.states > 1 else after[0]

    def _step(self, from_input: Tensor, from_hidden: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        """Return the states after a step, given what the gates get from input and hidden state."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        """Return the sizes."""
        bias = "" if self.bias else f", bias={self.bias}"
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(RNNCellBase):
    """One step of a plain recurrent network, ``h = act(W x + b + U h + c)``.

    Args:
        input_size: as of RNNCellBase.
        hidden_size: as of RNNCellBase.
        bias: as of RNNCellBase.
        nonlinearity: "tanh" or "relu".
        device: as of RNNCellBase.
        dtype: as of RNNCellBase.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_choice(nonlinearity, ("tanh", "relu"), "nonlinearity", "RNNCell")
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def _step(self, from_input: Tensor, from_hidden: Tensor, *_: Tensor) -> tuple[Tensor, ...]:
        return (run(self.nonlinearity, from_input + from_hidden),)

    def extra_repr(self) -> str:
        """Return the sizes, and the nonlinearity if it is not the default."""
        kind = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + kind


class LSTMCell(RNNCellBase):
    """One step of long short-term memory; takes and returns a pair of hidden and cell states.

    Arguments are those of RNNCellBase without the number of gates, which are: input, forget, cell, output.
    """

    states = 2

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def _step(self, from_input: Tensor, from_hidden: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        put, forget, new, out = functions.chunk(from_input + from_hidden, 4, -1)
        cell = F.sigmoid(forget) * states[1] + F.sigmoid(put) * F.tanh(new)
        return F.sigmoid(out) * F.tanh(cell), cell


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit.

    Arguments are those of RNNCellBase without the number of gates, which are: reset, update, new.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def _step(self, from_input: Tensor, from_hidden: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        (reset, update, new), (reset_h, update_h, new_h) = (
            functions.chunk(each, 3, -1) for each in (from_input, from_hidden)
        )
        kept = F.sigmoid(update + update_h)
        proposed = F.tanh(new + F.sigmoid(reset + reset_h) * new_h)
        return ((1 - kept) * proposed + kept * states[0],)
