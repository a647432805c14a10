"""The long short-term memory that hands on a projection of its hidden units."""

from __future__ import annotations

from typing import Any

from gluonish.gluon.rnn.dense_cells import DenseCell

__all__ = ["LSTMPCell"]


class LSTMPCell(DenseCell):
    """A long short-term memory that hands on a projection of its hidden units.

    Sak et al., Long short-term memory based recurrent neural network architectures for large vocabulary
    speech recognition (2014). Input (batch, input_size), output (batch, projection_size); states
    (batch, projection_size) and (batch, hidden_size).

    Args:
        hidden_size: the number of hidden units.
        projection_size: the size of their projection.
        i2h_weight_initializer: of the weight of the input, (4 * hidden_size, input_size).
        h2h_weight_initializer: of the weight of the state, (4 * hidden_size, projection_size).
        h2r_weight_initializer: of the projection, (projection_size, hidden_size).
        i2h_bias_initializer: of the bias beside the first, (4 * hidden_size,).
        h2h_bias_initializer: of the bias beside the second.
        input_size: the number of inputs; found in the first step if 0.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.gluon.contrib.rnn.LSTMPCell(5, 2)
        >>> cell.initialize()
        >>> output, states = cell(mx.nd.ones((3, 4)), cell.begin_state(batch_size=3))
        >>> output.shape, [state.shape for state in states], cell
        ((3, 2), [(3, 2), (3, 5)], LSTMPCell(4 -> 20 -> 2))
    """

    gates = 4

    def __init__(
        self,
        hidden_size: int,
        projection_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        h2r_weight_initializer: Any = None,
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
            projection_size=projection_size,
            h2r_weight_initializer=h2r_weight_initializer,
            prefix=prefix,
            params=params,
        )
        self._projection_size = projection_size

    def _alias(self) -> str:
        return "lstmp"

    def _mapping(self) -> str:
        return f"{super()._mapping()} -> {self._projection_size}"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: the projection, and the cell state."""
        sizes = (self._projection_size, self._hidden_size)
        return [{"shape": (batch_size, size), "__layout__": "NC"} for size in sizes]

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        name = self._step_name
        i2h, h2h = self._sums(F, inputs, states[0], parameters)
        parts = F.SliceChannel(i2h + h2h, num_outputs=4, name=name("slice"))
        enter = F.Activation(parts[0], act_type="sigmoid", name=name("i"))
        forget = F.Activation(parts[1], act_type="sigmoid", name=name("f"))
        new = F.Activation(parts[2], act_type="tanh", name=name("c"))
        leave = F.Activation(parts[3], act_type="sigmoid", name=name("o"))
        cell = F.elemwise_add(forget * states[1], enter * new, name=name("state"))
        hidden = F.elemwise_mul(leave, F.Activation(cell, act_type="tanh"), name=name("hidden"))
        output = F.FullyConnected(
            hidden,
            parameters["h2r_weight"],
            num_hidden=self._projection_size,
            no_bias=True,
            name=name("out"),
        )
        return output, [output, cell]
