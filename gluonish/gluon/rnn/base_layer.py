"""What all layers of ``rnn_layer`` share: parameters, states, running, and the same as a stack of cells."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from gluonish import nd, sym
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.nn.arguments import as_count, check_number
from gluonish.gluon.parameter import Parameter, tensor_types
from gluonish.gluon.rnn.bidirectional_cell import BidirectionalCell
from gluonish.gluon.rnn.dense_cells import GRUCell, LSTMCell, RNNCell
from gluonish.gluon.rnn.modifier_cells import DropoutCell
from gluonish.gluon.rnn.projected_cell import LSTMPCell
from gluonish.gluon.rnn.recurrent_cell import make_states
from gluonish.gluon.rnn.stacked_cells import HybridSequentialRNNCell
from gluonish.ops.nn.recurrent_layout import GATES, Network
from gluonish.symbol import Symbol

__all__ = ["_RNNLayer"]

SIDES = ("l", "r")
"""How names call the direction from the first step and the one from the last."""


class _RNNLayer(HybridBlock):
    """A recurrent network of several layers, in one direction or both.

    Args:
        hidden_size: the number of hidden units.
        num_layers: the number of layers.
        layout: ``"TNC"`` or ``"NTC"``: where the steps T and the batch N are.
        dropout: the probability of dropout between layers.
        bidirectional: whether it reads sequences from both ends.
        input_size: the number of inputs; found in the first forward pass if 0.
        i2h_weight_initializer: of the weights of the inputs, (gates * hidden_size, inputs).
        h2h_weight_initializer: of the weights of the states, (gates * hidden_size, hidden_size).
        i2h_bias_initializer: of the biases beside the first, (gates * hidden_size,).
        h2h_bias_initializer: of the biases beside the second.
        mode: as of the operator ``RNN``.
        projection_size: what an LSTM projects its hidden units to; None if it does not.
        h2r_weight_initializer: of that projection, (projection_size, hidden_size).
        state_clip_min: a lower bound of an LSTM's cell states, or None.
        state_clip_max: an upper bound, likewise.
        state_clip_nan: whether the bounds stop NaN too.
        dtype: element type of the parameters.
        use_sequence_length: whether it is called with the length of each sequence.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size or layout.
    """

    settled_by = {"l0_i2h_weight": "input_size", "r0_i2h_weight": "input_size"}  # noqa: RUF012

    def __init__(
        self,
        hidden_size: int,
        num_layers: int,
        layout: str,
        dropout: float,
        bidirectional: bool,
        input_size: int,
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        mode: str,
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        use_sequence_length: bool = False,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind = type(self).__name__
        if layout not in ("TNC", "NTC"):
            raise ArgumentError(
                kind, "has an unknown layout", expected="'TNC' or 'NTC'", received=repr(layout)
            )
        check_number(kind, "dropout", dropout, 0, 1)
        self._hidden_size = as_count(kind, "hidden_size", hidden_size, 1)
        self._num_layers = as_count(kind, "num_layers", num_layers, 1)
        self._input_size = as_count(kind, "input_size", input_size, 0)
        self._projection_size = (
            None if projection_size is None else as_count(kind, "projection_size", projection_size, 1)
        )
        self._mode = mode
        self._layout = layout
        self._dropout = dropout
        self._dir = 2 if bidirectional else 1
        self._gates = GATES[mode]
        self._use_sequence_length = use_sequence_length
        self._clip = {
            "lstm_state_clip_min": state_clip_min,
            "lstm_state_clip_max": state_clip_max,
            "lstm_state_clip_nan": state_clip_nan,
        }
        self._initializers = {
            "i2h_weight": i2h_weight_initializer,
            "h2h_weight": h2h_weight_initializer,
            "i2h_bias": i2h_bias_initializer,
            "h2h_bias": h2h_bias_initializer,
            "h2r_weight": h2r_weight_initializer,
        }
        self._make_parameters(dtype)

    def _make_parameters(self, dtype: Any) -> None:
        for place in self._network.places:
            for name, shape in self._shapes(place[0]).items():
                full = _name(place, name)
                parameter = self.params.get(
                    full, shape=shape, init=self._initializers[name], dtype=dtype, allow_deferred_init=True
                )
                setattr(self, full, parameter)

    @property
    def _network(self) -> Network:
        return Network(self._mode, self._hidden_size, self._num_layers, self._dir, self._projection_size)

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the parameters of one direction of a layer; 0 for an unknown axis."""
        shapes = self._network.shapes(layer, self._input_size)
        order = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias", "h2r_weight")
        return {name: shapes[name] for name in order if name in shapes}

    def __repr__(self) -> str:
        rows, inputs = self._reg_params["l0_i2h_weight"].shape or (0, 0)
        parts = [f"{inputs or None} -> {rows // self._gates}", self._layout]
        if self._num_layers != 1:
            parts.append(f"num_layers={self._num_layers}")
        if self._dropout != 0:
            parts.append(f"dropout={self._dropout}")
        if self._dir == 2:  # noqa: PLR2004
            parts.append("bidirectional")
        return f"{type(self).__name__}({', '.join(parts)})"

    # -- parameters -----------------------------------------------------------------------------------------

    def own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters, at the paths that MXNet's files have: those in a stack of cells."""
        paths = {
            id(self._reg_params[_name((layer, direction), name)]): _path(layer, direction, name, self._dir)
            for layer, direction in self._network.places
            for name in self._shapes(layer)
        }
        for path, parameter in super().own_parameters():
            yield paths.get(id(parameter), path), parameter

    @property
    def _dtype(self) -> Any:
        """The element type of parameters and states."""
        return next(iter(self._reg_params.values())).dtype

    # -- states ---------------------------------------------------------------------------------------------

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: (layers * directions, batch, size) each.

        Args:
            batch_size: the number of sequences; 0 leaves it open.
        """
        network = self._network
        sizes = (network.width, network.hidden) if network.is_lstm else (network.width,)
        states = self._num_layers * self._dir
        return [
            {"shape": (states, batch_size, size), "__layout__": "LNC", "dtype": self._dtype} for size in sizes
        ]

    def begin_state(
        self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any
    ) -> list[Any]:
        """Return the states before the first step.

        Args:
            batch_size: the number of sequences; 0 leaves it open, which only symbols can do.
            func: makes a state: ``nd.zeros``, ``sym.zeros``, ``nd.random.uniform``, ``sym.var`` ...
            kwargs: further arguments of ``func``, ``ctx`` or ``dtype`` for instance.

        Raises:
            ArgumentError: arrays are to be made without a batch size.
        """
        infos = self.state_info(batch_size)
        names = [f"{self.prefix}h0_{i}" for i in range(len(infos))]
        return make_states(infos, names, func, **kwargs)

    def _states_for(self, inputs: Any, states: Any) -> list[Any]:
        """Return the states to begin with, as a list.

        Raises:
            ShapeMismatchError: a given state has another shape.
        """
        if isinstance(inputs, Symbol):
            if states is None:
                return self.begin_state(func=sym.zeros)
            return [states] if isinstance(states, Symbol) else list(states)
        batch = inputs.shape[self._layout.index("N")]
        if states is None:
            return self.begin_state(batch, ctx=inputs.context, dtype=inputs.dtype)
        states = [states] if isinstance(states, tensor_types) else list(states)
        expected = [info["shape"] for info in self.state_info(batch)]
        received = [getattr(state, "shape", None) for state in states]
        if received != expected:
            raise ShapeMismatchError(
                f"{type(self).__name__} {self.name!r}",
                "got states of other shapes than it needs",
                expected=", ".join(map(str, expected)),
                received=", ".join(map(str, received)) or "none",
                fix="begin_state(batch_size) makes such as fit.",
            )
        return states

    # -- running --------------------------------------------------------------------------------------------

    def __call__(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        """Run over sequences.

        Args:
            inputs: (steps, batch, inputs), or (batch, steps, inputs) in layout "NTC".
            states: the first states, one or a list; zeros if None.
            sequence_length: (batch,), the length of each sequence, for a layer made with
                ``use_sequence_length``. Behind its end outputs are 0, and the states are those at its end.

        Returns:
            The output (steps, batch, outputs) in the layout of the inputs; with ``states`` given, a pair of
            this and the list of the last states.

        Raises:
            ShapeMismatchError: a state has another shape than it needs.
        """
        begin = self._states_for(inputs, states) if isinstance(inputs, tensor_types) else states
        if sequence_length is not None and not self._use_sequence_length:
            warnings.warn(
                f"{type(self).__name__} {self.name!r} ignores the lengths of sequences: make it with "
                "use_sequence_length=True",
                stacklevel=2,
            )
            sequence_length = None
        args = (inputs, begin) if sequence_length is None else (inputs, begin, sequence_length)
        output, following = super().__call__(*args)
        return output if states is None else (output, following)

    def hybrid_forward(
        self, F: Any, inputs: Any, states: Any, sequence_length: Any = None, **parameters: Any
    ) -> tuple[Any, list[Any]]:
        """Run the operator."""
        if self._layout == "NTC":
            inputs = F.swapaxes(inputs, dim1=0, dim2=1)
        pieces = self._network.pieces(self._input_size)
        flat = [F.reshape(parameters[_name(place, name)], shape=(-1,)) for place, name, _ in pieces]
        named = dict(zip(("state", "state_cell"), states, strict=False))
        if sequence_length is not None:
            named["sequence_length"] = sequence_length
        output, *following = F.RNN(
            inputs,
            F._internal._rnn_param_concat(*flat, dim=0),
            **named,
            state_size=self._hidden_size,
            num_layers=self._num_layers,
            bidirectional=self._dir == 2,  # noqa: PLR2004
            p=self._dropout,
            state_outputs=True,
            mode=self._mode,
            projection_size=self._projection_size,
            use_sequence_length=self._use_sequence_length,
            **self._clip,
        )
        if self._layout == "NTC":
            output = F.swapaxes(output, dim1=0, dim2=1)
        return output, following

    # -- the same as cells ----------------------------------------------------------------------------------

    def unfuse(self) -> HybridSequentialRNNCell:
        """Return a stack of cells that computes the same, with the same parameters.

        Raises:
            ArgumentError: the layer clips its cell states, which no cell does.

        Example:
            >>> import gluonish as mx
            >>> mx.gluon.rnn.GRU(4, num_layers=2, input_size=3).unfuse()
            HybridSequentialRNNCell(
            (0): GRUCell(3 -> 12)
            (1): GRUCell(4 -> 12)
            )
        """
        if self._clip["lstm_state_clip_min"] is not None or self._clip["lstm_state_clip_max"] is not None:
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r}", "has no cells: they do not clip their states"
            )
        stack = HybridSequentialRNNCell(prefix=self.prefix, params=self.params)
        with stack.name_scope():
            for layer in range(self._num_layers):
                cells = [self._make_cell(layer, side) for side in SIDES[: self._dir]]
                stack.add(cells[0] if len(cells) == 1 else BidirectionalCell(*cells))
                if self._dropout > 0 and layer < self._num_layers - 1:
                    stack.add(DropoutCell(self._dropout))
        return stack

    _unfuse = unfuse

    def _make_cell(self, layer: int, side: str) -> Any:
        columns = (self._reg_params[f"{side}{layer}_i2h_weight"].shape or (0, 0))[1]
        given = {
            f"{name}_initializer": init for name, init in self._initializers.items() if name != "h2r_weight"
        }
        given |= {"input_size": columns, "prefix": f"{side}{layer}_"}
        if self._mode == "gru":
            return GRUCell(self._hidden_size, **given)
        if self._mode != "lstm":
            return RNNCell(self._hidden_size, activation=self._mode.removeprefix("rnn_"), **given)
        if self._projection_size is None:
            return LSTMCell(self._hidden_size, **given)
        projection = {"h2r_weight_initializer": self._initializers["h2r_weight"], **given}
        return LSTMPCell(self._hidden_size, self._projection_size, **projection)


def _name(place: tuple[int, int], name: str) -> str:
    """Return the name of a parameter: ``l0_i2h_weight``."""
    layer, direction = place
    return f"{SIDES[direction]}{layer}_{name}"


def _path(layer: int, direction: int, name: str, directions: int) -> str:
    """Return the path of a parameter in the stack of cells: ``_unfused.0.l_cell.i2h_weight``."""
    cell = f"{SIDES[direction]}_cell." if directions > 1 else ""
    return f"_unfused.{layer}.{cell}{name}"
