"""Recurrent cells whose gates are convolutions.

The cells for one, two and three dimensions differ in their defaults only; ``_ConvRNNCell``, ``_ConvLSTMCell``
and ``_ConvGRUCell`` are the cells.

Shi et al., Convolutional LSTM network: a machine learning approach for precipitation nowcasting (2015).
"""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.gluon.nn.arguments import as_count, as_sizes
from gluonish.gluon.rnn.dense_cells import check_activation
from gluonish.gluon.rnn.recurrent_cell import GatedCell

__all__ = [
    "Conv1DGRUCell",
    "Conv1DLSTMCell",
    "Conv1DRNNCell",
    "Conv2DGRUCell",
    "Conv2DLSTMCell",
    "Conv2DRNNCell",
    "Conv3DGRUCell",
    "Conv3DLSTMCell",
    "Conv3DRNNCell",
]

LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


class _ConvCell(GatedCell):
    """A cell whose gates are convolutions of the input and of the state.

    Args:
        input_shape: the shape of the input without the batch, such as (channels, height, width).
        hidden_channels: the number of channels of state and output.
        i2h_kernel: the size of the kernel over the input, one number or one per dimension; likewise the
            others.
        h2h_kernel: the size of the kernel over the state: odd, since the state keeps its size.
        i2h_pad: zeros added around the input.
        i2h_dilate: the distance between points of the first kernel.
        h2h_dilate: the distance between points of the second.
        i2h_weight_initializer: of the kernel over the input, (gates * hidden_channels, channels, *kernel);
            where the channels are last, (gates * hidden_channels, *kernel, channels).
        h2h_weight_initializer: of the kernel over the state, likewise.
        i2h_bias_initializer: of the bias beside the first, (gates * hidden_channels,).
        h2h_bias_initializer: of the bias beside the second.
        conv_layout: the order of the axes of input and state.
        activation: the name of an activation, a block, or a function.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, an even kernel over the state, an unknown layout or activation.
    """

    ndim = 0
    gates = 1

    def __init__(
        self,
        input_shape: Any,
        hidden_channels: int,
        i2h_kernel: Any,
        h2h_kernel: Any,
        i2h_pad: Any = 0,
        i2h_dilate: Any = 1,
        h2h_dilate: Any = 1,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        conv_layout: str | None = None,
        activation: Any = "tanh",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        kind, ndim = type(self).__name__, self.ndim
        self._conv_layout = _checked_layout(kind, conv_layout or LAYOUTS[ndim][0], ndim)
        self._channel_axis = self._conv_layout.index("C")
        self._hidden_channels = as_count(kind, "number of hidden channels", hidden_channels, 1)
        self._input_shape = as_sizes(kind, "input_shape", input_shape, ndim + 1, 1)
        self._activation = check_activation(activation)
        kernels = as_sizes(kind, "i2h_kernel", i2h_kernel, ndim, 1), _odd(kind, h2h_kernel, ndim)
        dilations = (
            as_sizes(kind, "i2h_dilate", i2h_dilate, ndim, 1),
            as_sizes(kind, "h2h_dilate", h2h_dilate, ndim, 1),
        )
        pads = (
            as_sizes(kind, "i2h_pad", i2h_pad, ndim, 0),
            tuple(d * (k - 1) // 2 for k, d in zip(kernels[1], dilations[1], strict=True)),
        )
        self._i2h, self._h2h = (
            {"kernel": k, "pad": p, "dilate": d} for k, p, d in zip(kernels, pads, dilations, strict=True)
        )
        self._state_shape = self._size_of_state(kind)
        at = self._channel_axis - 1
        self.i2h_weight = self._weight("i2h", self._input_shape[at], kernels[0], i2h_weight_initializer)
        self.h2h_weight = self._weight("h2h", self._hidden_channels, kernels[1], h2h_weight_initializer)
        rows = (self.gates * self._hidden_channels,)
        self.i2h_bias = self.params.get("i2h_bias", shape=rows, init=i2h_bias_initializer)
        self.h2h_bias = self.params.get("h2h_bias", shape=rows, init=h2h_bias_initializer)

    def _weight(self, name: str, channels: int, kernel: tuple[int, ...], init: Any) -> Any:
        rest = (channels, *kernel) if self._channel_axis == 1 else (*kernel, channels)
        shape = (self.gates * self._hidden_channels, *rest)
        return self.params.get(f"{name}_weight", shape=shape, init=init)

    def _size_of_state(self, kind: str) -> tuple[int, ...]:
        """Return the shape of the state without the batch: the input's after the first convolution."""
        at = self._channel_axis - 1
        sizes = (*self._input_shape[:at], *self._input_shape[at + 1 :])
        window = zip(sizes, *self._i2h.values(), strict=True)
        result = tuple(size + 2 * p - d * (k - 1) for size, k, p, d in window)
        if min(result) < 1:
            raise ArgumentError(
                kind,
                "has a kernel over its input that covers more than that",
                expected=f"at most the padded {sizes}",
                received=f"i2h_kernel={self._i2h['kernel']}, i2h_dilate={self._i2h['dilate']}",
            )
        return (*result[:at], self._hidden_channels, *result[at:])

    def __repr__(self) -> str:
        channels = self._input_shape[self._channel_axis - 1]
        mapping = f"{channels} -> {self.gates * self._hidden_channels}"
        return f"{type(self).__name__}({mapping}, {self._activation}, {self._conv_layout})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: one, shaped like the output."""
        return [{"shape": (batch_size, *self._state_shape), "__layout__": self._conv_layout}]

    def _sums(self, F: Any, inputs: Any, state: Any, parameters: dict[str, Any]) -> tuple[Any, Any]:
        """Return the convolutions of the input and of the state, for all gates."""
        common = {
            "num_filter": self.gates * self._hidden_channels,
            "stride": (1,) * self.ndim,
            "layout": self._conv_layout,
        }
        i2h, h2h = (
            F.Convolution(
                array,
                parameters[f"{name}_weight"],
                parameters[f"{name}_bias"],
                name=self._step_name(name),
                **common,
                **window,
            )
            for array, name, window in ((inputs, "i2h", self._i2h), (state, "h2h", self._h2h))
        )
        return i2h, h2h

    def _cut(self, F: Any, array: Any, name: str) -> Any:
        """Return the gates one by one."""
        return F.SliceChannel(
            array, num_outputs=self.gates, axis=self._channel_axis, name=self._step_name(name)
        )


class _ConvRNNCell(_ConvCell):
    """A plain recurrent cell of convolutions. Arguments: see Conv2DLSTMCell."""

    def _alias(self) -> str:
        return "conv_rnn"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        i2h, h2h = self._sums(F, inputs, states[0], parameters)
        output = self._get_activation(F, i2h + h2h, self._activation, name=self._step_name("out"))
        return output, [output]


class _ConvLSTMCell(_ConvCell):
    """A long short-term memory of convolutions. Arguments: see Conv2DLSTMCell."""

    gates = 4

    def _alias(self) -> str:
        return "conv_lstm"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Describe the states: two, shaped like the output."""
        return super().state_info(batch_size) * 2

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        name = self._step_name
        i2h, h2h = self._sums(F, inputs, states[0], parameters)
        parts = self._cut(F, i2h + h2h, "slice")
        enter = F.Activation(parts[0], act_type="sigmoid", name=name("i"))
        forget = F.Activation(parts[1], act_type="sigmoid", name=name("f"))
        new = self._get_activation(F, parts[2], self._activation, name=name("c"))
        leave = F.Activation(parts[3], act_type="sigmoid", name=name("o"))
        cell = F.elemwise_add(forget * states[1], enter * new, name=name("state"))
        squashed = self._get_activation(F, cell, self._activation)
        output = F.elemwise_mul(leave, squashed, name=name("out"))
        return output, [output, cell]


class _ConvGRUCell(_ConvCell):
    """A gated recurrent unit of convolutions. Arguments: see Conv2DLSTMCell."""

    gates = 3

    def _alias(self) -> str:
        return "conv_gru"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> tuple[Any, list[Any]]:
        """Compute one step."""
        name, state = self._step_name, states[0]
        i2h, h2h = self._sums(F, inputs, state, parameters)
        i2h_r, i2h_z, i2h_n = self._cut(F, i2h, "i2h_slice")
        h2h_r, h2h_z, h2h_n = self._cut(F, h2h, "h2h_slice")
        reset = F.Activation(i2h_r + h2h_r, act_type="sigmoid", name=name("r_act"))
        update = F.Activation(i2h_z + h2h_z, act_type="sigmoid", name=name("z_act"))
        new = self._get_activation(F, i2h_n + reset * h2h_n, self._activation, name=name("h_act"))
        output = F.elemwise_add((1.0 - update) * new, update * state, name=name("out"))
        return output, [output]


def _checked_layout(kind: str, layout: str, ndim: int) -> str:
    if layout not in LAYOUTS[ndim]:
        raise ArgumentError(
            kind,
            "has an unknown layout",
            expected=" or ".join(map(repr, LAYOUTS[ndim])),
            received=repr(layout),
        )
    return layout


def _odd(kind: str, kernel: Any, ndim: int) -> tuple[int, ...]:
    """Return the sizes of a kernel over the state, which must be odd to keep the state's size."""
    sizes = as_sizes(kind, "h2h_kernel", kernel, ndim, 1)
    if any(size % 2 == 0 for size in sizes):
        raise ArgumentError(kind, "keeps the size of its state", expected="odd h2h_kernel", received=sizes)
    return sizes


class Conv1DRNNCell(_ConvRNNCell):
    """A plain recurrent cell of convolutions over one dimension. Arguments: see Conv2DLSTMCell."""

    ndim = 1


class Conv2DRNNCell(_ConvRNNCell):
    """A plain recurrent cell of convolutions over two dimensions. Arguments: see Conv2DLSTMCell."""

    ndim = 2


class Conv3DRNNCell(_ConvRNNCell):
    """A plain recurrent cell of convolutions over three dimensions. Arguments: see Conv2DLSTMCell."""

    ndim = 3


class Conv1DLSTMCell(_ConvLSTMCell):
    """A long short-term memory of convolutions over one dimension. Arguments: see Conv2DLSTMCell."""

    ndim = 1


class Conv2DLSTMCell(_ConvLSTMCell):
    """A long short-term memory of convolutions over two dimensions: Shi et al. (2015).

    Args:
        input_shape: the shape of the input without the batch, (channels, height, width); in layout "NHWC"
            (height, width, channels).
        hidden_channels: the number of channels of states and output.
        i2h_kernel: the size of the kernel over the input, one number or one per dimension; likewise the
            others.
        h2h_kernel: the size of the kernel over the state: odd, since the state keeps its size.
        i2h_pad: zeros added around the input; none if not given.
        i2h_dilate: the distance between points of the first kernel; 1 if not given.
        h2h_dilate: the distance between points of the second; 1 if not given.
        i2h_weight_initializer: of the kernel over the input, (4 * hidden_channels, channels, *kernel).
        h2h_weight_initializer: of the kernel over the state, (4 * hidden_channels, hidden_channels, *kernel).
        i2h_bias_initializer: of the bias beside the first, (4 * hidden_channels,).
        h2h_bias_initializer: of the bias beside the second.
        conv_layout: the order of the axes of input and states.
        activation: of the new gate and of the cell state; a name, a block, or a function.
        prefix: as of Block.
        params: as of Block.

    Raises:
        ArgumentError: an impossible size, an even kernel over the state, an unknown layout or activation.

    Example:
        >>> import gluonish as mx
        >>> cell = mx.gluon.contrib.rnn.Conv2DLSTMCell((3, 8, 8), 4, i2h_kernel=3, h2h_kernel=3, i2h_pad=1)
        >>> cell.initialize()
        >>> output, states = cell(mx.nd.ones((2, 3, 8, 8)), cell.begin_state(batch_size=2))
        >>> output.shape, cell
        ((2, 4, 8, 8), Conv2DLSTMCell(3 -> 16, tanh, NCHW))
    """

    ndim = 2


class Conv3DLSTMCell(_ConvLSTMCell):
    """A long short-term memory of convolutions over three dimensions. Arguments: see Conv2DLSTMCell."""

    ndim = 3


class Conv1DGRUCell(_ConvGRUCell):
    """A gated recurrent unit of convolutions over one dimension. Arguments: see Conv2DLSTMCell."""

    ndim = 1


class Conv2DGRUCell(_ConvGRUCell):
    """A gated recurrent unit of convolutions over two dimensions. Arguments: see Conv2DLSTMCell."""

    ndim = 2


class Conv3DGRUCell(_ConvGRUCell):
    """A gated recurrent unit of convolutions over three dimensions. Arguments: see Conv2DLSTMCell."""

    ndim = 3
