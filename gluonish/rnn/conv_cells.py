"""Cells whose layers are convolutions: states are images.

Shi et al., Convolutional LSTM network: a machine learning approach for precipitation nowcasting (2015).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gluonish import sym
from gluonish.errors import ArgumentError
from gluonish.rnn.plain_cells import gru_step, lstm_step
from gluonish.rnn.rnn_cell import BaseRNNCell, RNNParams, activated
from gluonish.symbol import Symbol

__all__ = ["BaseConvRNNCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell"]

LEAKY = partial(sym.LeakyReLU, act_type="leaky", slope=0.2)

Pair = tuple[int, int]


class BaseConvRNNCell(BaseRNNCell):
    """What convolutional cells share: two convolutions, of the input and of the state.

    Args:
        input_shape: the shape of an input, with a batch.
        num_hidden: the channels of states and output.
        h2h_kernel: the kernel over the state, of odd sizes.
        h2h_dilate: its dilation.
        i2h_kernel: the kernel over the input.
        i2h_stride: its stride.
        i2h_pad: its padding.
        i2h_dilate: its dilation.
        i2h_weight_initializer: draws the weight over the input.
        h2h_weight_initializer: draws the weight over the state.
        i2h_bias_initializer: draws its bias.
        h2h_bias_initializer: draws its bias.
        activation: the name of an activation, or a function of a symbol.
        prefix: what the names of variables and outputs begin with.
        params: the variables, if they are shared with another cell.
        conv_layout: the axes of an image: ``"NCHW"`` or ``"NHWC"``.

    Raises:
        ArgumentError: a kernel over the state has an even size.
    """

    _states = 1
    _step: Callable[..., tuple[Symbol, list[Any]]]

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair,
        h2h_dilate: Pair,
        i2h_kernel: Pair,
        i2h_stride: Pair,
        i2h_pad: Pair,
        i2h_dilate: Pair,
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        activation: Any,
        prefix: str = "",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        if any(size % 2 == 0 for size in h2h_kernel):
            raise ArgumentError(
                type(self).__name__,
                "needs a kernel over the state of odd sizes",
                received=f"h2h_kernel={h2h_kernel}",
            )
        self._num_hidden = num_hidden
        self._activation = activation
        layout: Any = conv_layout
        self._layout = layout
        self._i2h: dict[str, Any] = {
            "kernel": i2h_kernel,
            "stride": i2h_stride,
            "pad": i2h_pad,
            "dilate": i2h_dilate,
        }
        pad = tuple(d * (k - 1) // 2 for k, d in zip(h2h_kernel, h2h_dilate, strict=True))
        self._h2h: dict[str, Any] = {"kernel": h2h_kernel, "stride": (1, 1), "pad": pad, "dilate": h2h_dilate}
        self._iW = self.params.get("i2h_weight", init=i2h_weight_initializer)
        self._hW = self.params.get("h2h_weight", init=h2h_weight_initializer)
        self._iB = self.params.get("i2h_bias", init=i2h_bias_initializer)
        self._hB = self.params.get("h2h_bias", init=h2h_bias_initializer)
        image = sym.Convolution(sym.var("data"), num_filter=num_hidden, layout=layout, **self._i2h)
        self._state_shape = (0, *image.infer_shape(data=tuple(input_shape))[1][0][1:])

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of every state."""
        return [{"shape": self._state_shape, "__layout__": self._layout} for _ in range(self._states)]

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Make one step; see ``BaseRNNCell``."""
        self._counter += 1
        name = f"{self._prefix}t{self._counter}_"
        options: dict[str, Any] = {"num_filter": self._num_hidden * self._num_gates, "layout": self._layout}
        i2h = sym.Convolution(inputs, self._iW, self._iB, name=f"{name}i2h", **self._i2h, **options)
        h2h = sym.Convolution(states[0], self._hW, self._hB, name=f"{name}h2h", **self._h2h, **options)
        return type(self)._step(i2h, h2h, states, name, self._activation)


def _rnn_step(
    i2h: Symbol, h2h: Symbol, _: Sequence[Symbol], name: str, activation: Any
) -> tuple[Symbol, list[Any]]:
    output = activated(i2h + h2h, activation, name=f"{name}out")
    return output, [output]


class ConvRNNCell(BaseConvRNNCell):
    """Elman's cell with convolutions; see ``BaseConvRNNCell`` for the arguments."""

    _states = 1
    _step = staticmethod(_rnn_step)

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair = (3, 3),
        h2h_dilate: Pair = (1, 1),
        i2h_kernel: Pair = (3, 3),
        i2h_stride: Pair = (1, 1),
        i2h_pad: Pair = (1, 1),
        i2h_dilate: Pair = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = LEAKY,
        prefix: str = "ConvRNN_",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(
            input_shape,
            num_hidden,
            h2h_kernel,
            h2h_dilate,
            i2h_kernel,
            i2h_stride,
            i2h_pad,
            i2h_dilate,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            activation,
            prefix,
            params,
            conv_layout,
        )

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)


class ConvLSTMCell(BaseConvRNNCell):
    """An LSTM with convolutions; see ``BaseConvRNNCell`` for the arguments."""

    _states = 2
    _step = staticmethod(lstm_step)

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair = (3, 3),
        h2h_dilate: Pair = (1, 1),
        i2h_kernel: Pair = (3, 3),
        i2h_stride: Pair = (1, 1),
        i2h_pad: Pair = (1, 1),
        i2h_dilate: Pair = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = LEAKY,
        prefix: str = "ConvLSTM_",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(
            input_shape,
            num_hidden,
            h2h_kernel,
            h2h_dilate,
            i2h_kernel,
            i2h_stride,
            i2h_pad,
            i2h_dilate,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            activation,
            prefix,
            params,
            conv_layout,
        )

    @property
    def _gate_names(self) -> Sequence[str]:
        return ["_i", "_f", "_c", "_o"]


class ConvGRUCell(BaseConvRNNCell):
    """A GRU with convolutions; see ``BaseConvRNNCell`` for the arguments."""

    _states = 1
    _step = staticmethod(gru_step)

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair = (3, 3),
        h2h_dilate: Pair = (1, 1),
        i2h_kernel: Pair = (3, 3),
        i2h_stride: Pair = (1, 1),
        i2h_pad: Pair = (1, 1),
        i2h_dilate: Pair = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = LEAKY,
        prefix: str = "ConvGRU_",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(
            input_shape,
            num_hidden,
            h2h_kernel,
            h2h_dilate,
            i2h_kernel,
            i2h_stride,
            i2h_pad,
            i2h_dilate,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            activation,
            prefix,
            params,
            conv_layout,
        )

    @property
    def _gate_names(self) -> Sequence[str]:
        return ["_r", "_z", "_o"]
