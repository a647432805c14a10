"""Dropout."""

from __future__ import annotations

from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn import functional as F
from gluonish.nn.layers.common import FunctionLayer
from gluonish.tensors import Tensor

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(FunctionLayer):
    """Drops elements or channels while training.

    Args:
        p: the probability that one is dropped.
        inplace: accepted; the result is a tensor of its own.

    Raises:
        ArgumentError: p is no probability.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ArgumentError(
                type(self).__name__, "needs a probability", expected="p from 0 to 1", received=p
            )
        super().__init__(p=p, inplace=inplace)

    def forward(self, input: Any) -> Tensor:
        """Drop, while training."""
        return type(self).function(input, self.p, self.acts_as_training)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets elements to 0 with probability p while training, and divides the others by 1 - p.

    Args:
        p: the probability.
        inplace: accepted; the result is a tensor of its own.

    Raises:
        ArgumentError: p is no probability.

    Example:
        >>> from gluonish import Tensor, nn
        >>> nn.Dropout(0.2).eval()(Tensor([1.0, 2.0]))
        Tensor([1.0, 2.0], grad=None)
    """

    function = staticmethod(F.dropout)


class Dropout1d(_Dropout):
    """Sets whole channels of (batch, channels, length) to 0 while training; as Dropout."""

    function = staticmethod(F.dropout1d)


class Dropout2d(_Dropout):
    """Sets whole channels of (batch, channels, height, width) to 0 while training; as Dropout."""

    function = staticmethod(F.dropout2d)


class Dropout3d(_Dropout):
    """Sets whole channels of (batch, channels, depth, height, width) to 0 while training; as Dropout."""

    function = staticmethod(F.dropout3d)


class AlphaDropout(_Dropout):
    """Drops elements while training so that mean and variance stay 0 and 1 behind a SELU."""

    function = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """Drops whole channels while training as AlphaDropout drops elements."""

    function = staticmethod(F.feature_alpha_dropout)
