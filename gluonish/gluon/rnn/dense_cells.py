"""Cells of fully connected gates: the plain one, the long short-term memory, the gated recurrent unit."""

from __future__ import annotations

from typing import Any

from gluonish.engine.operator import find_operator
from gluonish.gluon.nn.arguments import as_count
from gluonish.gluon.rnn.recurrent_cell import GatedCell
from gluonish.shape import shape_size

__all__ = ["DenseCell", "GRUCell", "LSTMCell", "RNNCell"]


class DenseCell(GatedCell):
    """A cell whose gates are weighted sums of the input and of the state.

    Args:
        hidden_size: the number of hidden units.
        i2h_weight_initializer: of the weight of the input, (gates * hidden_size, input_size).
        h2h_weight_initializer: of the weight of the state, (gates * hidden_size, hidden_size).
        i2h_bias_initializer: of the bias beside the first, (gates * hidden_size,).
        h2h_bias_initializer: of the bias beside the second.
        input_size: the number of inputs; found in the first step if 0.
        projection_size: the size of a projection of the hidden units that is the state in their place; None
            for none.
        h2r_weight_initializer: of the weight of that, (projection_size, hidden_size).
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size.
    """

    gates = 1
    settled_by = {"i2h_weight": "input_size"}  # noqa: RUF012

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        input_size: int,
        *,
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind = type(self).__name__
        self._hidden_size = hidden = as_count(kind, "hidden_size", hidden_size, 1)
        self._input_size = as_count(kind, "input_size", input_size, 0)
        rows, width = self.gates * hidden, hidden
        if projection_size is not None:
            width = as_count(kind, "projection_size", projection_size, 1)
        self.i2h_weight = self._parameter("i2h_weight", (rows, self._input_size), i2h_weight_initializer)
        self.h2h_weight = self._parameter("h2h_weight", (rows, width), h2h_weight_initializer)
        if projection_size is not None:
            self.h2r_weight = self._parameter("h2r_weight", (width, hidden), h2r_weight_initializer)
        self.i2h_bias = self._parameter("i2h_bias", (rows,), i2h_bias_initializer)
        self.h2h_bias = self._parameter("h2h_bias", (rows,), h2h_bias_initializer)

    def _parameter(self, name: str, shape: tuple[int, ...], init: Any) -> Any:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def infer_shape(self, inputs: Any, *states: Any) -> None:  # noqa: ARG002  they say nothing new
        """Set the shape of the input's weight."""
        self.i2h_weight.shape = (self.gates * self._hidden_size, shape_size(inputs.shape[1:]))

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: one, (batch, hidden_size)."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"}]

    def _sums(self, F: Any, inputs: Any, state: Any, parameters: dict[str, Any]) -> tuple[Any, Any]:
        """Return the weighted sums of the input and of the state, for all gates."""
        rows = self.gates * self._hidden_size
        return (
            F.FullyConnected(
                inputs,
                parameters["i2h_weight"],
                parameters["i2h_bias"],
                num_hidden=rows,
                name=self._step_name("i2h"),
            ),
            F.FullyConnected(
                state,
                parameters["h2h_weight"],
                parameters["h2h_bias"],
                num_hidden=rows,
                name=self._step_name("h2h"),
            ),
        )

    def _mapping(self) -> str:
        shape = self.i2h_weight.shape
        return f"{shape[1] or None} -> {shape[0]}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()})"


class RNNCell(DenseCell):
    """The plain recurrent cell, ``h = act(W x + b + U h + c)``: Elman, Finding structure in time (1990).

    Input (batch, input_size), state and output (batch, hidden_size).

    Args:
        hidden_size: the number of hidden units.
        activation: the name of an activation (see ``nn.Activation``), a block, or a function.
        i2h_weight_initializer: of the weight W, (hidden_size, input_size); the global one if None.
        h2h_weight_initializer: of the weight U, (hidden_size, hidden_size).
        i2h_bias_initializer: of the bias b, (hidden_size,).
        h2h_bias_initializer: of the bias c.
        input_size: the number of inputs; found in the first step if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, or an unknown activation.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.gluon.rnn.RNNCell(4)
        >>> cell.initialize()
        >>> output, states = cell(mx.nd.ones((2, 3)), cell.begin_state(batch_size=2))
        >>> output.shape, cell
        ((2, 4), RNNCell(3 -> 4, tanh))
    """

    def __init__(
        self,
        hidden_size: int,
        activation: Any = "tanh",
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(
            hidden_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            input_size,
            prefix=prefix,
            params=params,
        )
        self._activation = check_activation(activation)

    def _alias(self) -> str:
        return "rnn"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        i2h, h2h = self._sums(F, inputs, states[0], parameters)
        total = F.elemwise_add(i2h, h2h, name=self._step_name("plus0"))
        output = self._get_activation(F, total, self._activation, name=self._step_name("out"))
        return output, [output]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()}, {self._activation})"


class LSTMCell(DenseCell):
    """The long short-term memory of Hochreiter and Schmidhuber (1997), with forget gates.

    Of input, forget, new and output gate: ``c = f c + i n``, ``h = o tanh(c)``. Input (batch, input_size);
    output and the two states, h and c, are (batch, hidden_size).

    Args:
        hidden_size: the number of hidden units.
        i2h_weight_initializer: of the weight of the input, (4 * hidden_size, input_size).
        h2h_weight_initializer: of the weight of the state, (4 * hidden_size, hidden_size).
        i2h_bias_initializer: of the bias beside the first, (4 * hidden_size,).
        h2h_bias_initializer: of the bias beside the second.
        input_size: the number of inputs; found in the first step if 0.
        prefix: as of Block.
        params: as of Block.
        activation: of the new gate and of the cell state; a name, a block, or a function.
        recurrent_activation: of the other gates.

    Raises:
        ArgumentError: an impossible size, or an unknown activation.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.gluon.rnn.LSTMCell(4)
        >>> cell.initialize()
        >>> output, (h, c) = cell(mx.nd.ones((2, 3)), cell.begin_state(batch_size=2))
        >>> output.shape, c.shape
        ((2, 4), (2, 4))
    """

    gates = 4

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
    ) -> None:
        super().__init__(
            hidden_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            input_size,
            prefix=prefix,
            params=params,
        )
        self._activation = check_activation(activation)
        self._recurrent_activation = check_activation(recurrent_activation)

    def _alias(self) -> str:
        return "lstm"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: two, h and c, each (batch, hidden_size)."""
        return super().state_info(batch_size) * 2

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        name, act = self._step_name, self._get_activation
        i2h, h2h = self._sums(F, inputs, states[0], parameters)
        sums = F.elemwise_add(i2h, h2h, name=name("plus0"))
        parts = F.SliceChannel(sums, num_outputs=4, name=name("slice"))
        enter = act(F, parts[0], self._recurrent_activation, name=name("i"))
        forget = act(F, parts[1], self._recurrent_activation, name=name("f"))
        new = act(F, parts[2], self._activation, name=name("c"))
        leave = act(F, parts[3], self._recurrent_activation, name=name("o"))
        cell = F.elemwise_add(
            F.elemwise_mul(forget, states[1], name=name("mul0")),
            F.elemwise_mul(enter, new, name=name("mul1")),
            name=name("state"),
        )
        squashed = act(F, cell, self._activation, name=name("activation0"))
        output = F.elemwise_mul(leave, squashed, name=name("out"))
        return output, [output, cell]


class GRUCell(DenseCell):
    """The gated recurrent unit of Cho et al., Learning phrase representations (2014).

    Of reset gate r, update gate z and new gate ``n = tanh(W x + b + r (U h + c))``: ``h = (1 - z) n + z h``.
    As in cuDNN the reset gate comes behind the product. Input (batch, input_size); output and state are
    (batch, hidden_size).

    Args:
        hidden_size: the number of hidden units.
        i2h_weight_initializer: of the weight of the input, (3 * hidden_size, input_size).
        h2h_weight_initializer: of the weight of the state, (3 * hidden_size, hidden_size).
        i2h_bias_initializer: of the bias beside the first, (3 * hidden_size,).
        h2h_bias_initializer: of the bias beside the second.
        input_size: the number of inputs; found in the first step if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.gluon.rnn.GRUCell(4, input_size=3)
        >>> cell
        GRUCell(3 -> 12)
    """

    gates = 3

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(
            hidden_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            input_size,
            prefix=prefix,
            params=params,
        )

    def _alias(self) -> str:
        return "gru"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        name, state = self._step_name, states[0]
        i2h, h2h = self._sums(F, inputs, state, parameters)
        i2h_r, i2h_z, i2h_n = F.SliceChannel(i2h, num_outputs=3, name=name("i2h_slice"))
        h2h_r, h2h_z, h2h_n = F.SliceChannel(h2h, num_outputs=3, name=name("h2h_slice"))
        reset = F.Activation(
            F.elemwise_add(i2h_r, h2h_r, name=name("plus0")), act_type="sigmoid", name=name("r_act")
        )
        update = F.Activation(
            F.elemwise_add(i2h_z, h2h_z, name=name("plus1")), act_type="sigmoid", name=name("z_act")
        )
        inner = F.elemwise_mul(reset, h2h_n, name=name("mul0"))
        new = F.Activation(
            F.elemwise_add(i2h_n, inner, name=name("plus2")), act_type="tanh", name=name("h_act")
        )
        ones = F.ones_like(update, name=name("ones_like0"))
        rest = F.elemwise_sub(ones, update, name=name("minus0"))
        output = F.elemwise_add(
            F.elemwise_mul(rest, new, name=name("mul1")),
            F.elemwise_mul(update, state, name=name("mul20")),
            name=name("out"),
        )
        return output, [output]


def check_activation(activation: Any) -> Any:
    """Return an activation; refuse a name that none has.

    Raises:
        ArgumentError: the name is unknown.
    """
    if isinstance(activation, str):
        find_operator("Activation").fill({"act_type": activation})
    return activation
