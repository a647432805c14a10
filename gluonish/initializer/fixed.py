"""Initializers that draw nothing: constants, and patterns for certain layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.initializer.base import Initializer, alias, bilinear_kernel, register

__all__ = ["Bilinear", "Constant", "LSTMBias", "One", "Zero"]


@alias("zeros")
@register
class Zero(Initializer):
    """Fill with 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr.write(0)


@alias("ones")
@register
class One(Initializer):
    """Fill with 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr.write(1)


@register
class Constant(Initializer):
    """Fill with a number, or with an array that broadcasts to the parameter.

    Args:
        value: a number, an NDArray, a NumPy array or a list.
    """

    def __init__(self, value: Any = 0.0) -> None:
        super().__init__(value=_plain(value))
        self.value = value

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr.write(self.value)


def _plain(value: Any) -> Any:
    """Return numbers and arrays as what JSON can hold."""
    return value.tolist() if hasattr(value, "tolist") else value


@register
class Bilinear(Initializer):
    """Fill a 4-axis kernel with the weights of bilinear upsampling."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr.write(bilinear_kernel(arr.shape))


@register
class LSTMBias(Initializer):
    """Fill the bias of an LSTM: 0, and ``forget_bias`` for the forget gate, its second quarter.

    Jozefowicz et al., An empirical exploration of recurrent network architectures (2015).

    Args:
        forget_bias: the value for the forget gate.
    """

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, _: str, arr: NDArray) -> None:
        hidden = arr.shape[0] // 4
        values = np.zeros(arr.shape)
        values[hidden : 2 * hidden] = self.forget_bias
        arr.write(values)
