"""Dropout."""

from __future__ import annotations

import math
from typing import Any

from gluonish.errors import ArgumentError
from gluonish.nn.functional.arguments import run, tensor_of
from gluonish.tensors import Tensor

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

SELU_FLOOR = -1.7580993408473766
"""What the self-normalising unit tends to far below 0: minus the product of its two scales."""


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to 0 with probability p, and divide the others by 1 - p: Srivastava et al. (2014).

    Args:
        input: the tensor.
        p: the probability.
        training: False leaves the tensor as it is.
        inplace: accepted; the result is a tensor of its own.

    Raises:
        ArgumentError: p is no probability.
    """
    return _dropped(tensor_of(input, "dropout"), p, training, (), "dropout")


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (batch, channels, length) to 0; arguments as of ``dropout``."""
    return _channels_dropped(input, p, training, 1)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (batch, channels, height, width) to 0: Tompson et al. (2015)."""
    return _channels_dropped(input, p, training, 2)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (batch, channels, depth, height, width) to 0; arguments as of ``dropout``."""
    return _channels_dropped(input, p, training, 3)


def _channels_dropped(input: Any, p: float, training: bool, axes: int) -> Tensor:
    x = tensor_of(input, f"dropout{axes}d")
    return _dropped(x, p, training, tuple(range(x.ndim - axes, x.ndim)), f"dropout{axes}d")


def _dropped(x: Tensor, p: float, training: bool, shared: tuple[int, ...], function: str) -> Tensor:
    """Drop elements; along the shared axes all have one fate."""
    _check_probability(p, function)
    if not training or p == 0:
        return x
    return run("Dropout", x, p=p, mode="always", axes=shared)


def _check_probability(p: float, function: str) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(f"{function}()", "needs a probability", expected="p from 0 to 1", received=p)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Drop elements so that mean and variance stay 0 and 1 behind a SELU: Klambauer et al. (2017).

    Args:
        input: the tensor.
        p: the probability.
        training: False leaves the tensor as it is.
        inplace: accepted; the result is a tensor of its own.

    Raises:
        ArgumentError: p is no probability.
    """
    return _floored(tensor_of(input, "alpha_dropout"), p, training, (), "alpha_dropout")


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Drop whole channels as ``alpha_dropout`` drops elements."""
    x = tensor_of(input, "feature_alpha_dropout")
    return _floored(x, p, training, tuple(range(2, x.ndim)), "feature_alpha_dropout")


def _floored(x: Tensor, p: float, training: bool, shared: tuple[int, ...], function: str) -> Tensor:
    _check_probability(p, function)
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0
    ones = run("ones_like", x.detach())
    kept = run("Dropout", ones, p=p, mode="always", axes=shared) * (1 - p)
    scale = 1 / math.sqrt((1 - p) * (1 + p * SELU_FLOOR**2))
    return (x * kept + (1 - kept) * SELU_FLOOR) * scale - scale * p * SELU_FLOOR
