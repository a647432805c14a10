"""Compression of gradients on their way to a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["TwoBitCompression", "as_compression"]


class TwoBitCompression:
    """Sends elements as ``-threshold``, 0 or ``threshold``, and keeps the rest for the next time.

    What is not sent, the residual, is added to the next gradient from the same place, so that small gradients
    are sent when they have added up. See Seide et al., 1-bit stochastic gradient descent and its application
    to data-parallel distributed training of speech DNNs (2014), and Strom, Scalable distributed DNN training
    using commodity GPU cloud computing (2015), algorithm 1, whose threshold this is.

    Args:
        threshold: what is sent; greater than 0.

    Example:
        >>> import gluonish as mx
        >>> compression = TwoBitCompression(0.5)
        >>> [compression("w", 0, mx.nd.array([0.3, -0.6])).tolist() for _ in range(2)]
        [[0.0, -0.5], [0.5, -0.5]]
    """

    def __init__(self, threshold: float = 0.5) -> None:
        if not threshold > 0:
            raise ArgumentError(
                "Gradient compression", "needs a positive threshold", expected="> 0", received=threshold
            )
        self.threshold = float(threshold)
        self._residuals: dict[tuple[Any, int], NDArray] = {}

    def __call__(self, key: Any, source: int, gradient: NDArray) -> NDArray:
        """Return what is sent of a gradient.

        Args:
            key: whose gradient it is.
            source: which replica it comes from.
            gradient: the gradient. It is left as it is.
        """
        total = gradient.detach().as_nd_ndarray()
        before = self._residuals.get((key, source))
        if before is not None:
            total = total + before.as_in_context(gradient.context).astype(gradient.dtype, copy=False)
        sent = self.threshold * ((total >= self.threshold) - (total <= -self.threshold))
        self._residuals[key, source] = total - sent
        return sent

    def forget(self, key: Any) -> None:
        """Drop what was not sent of a key."""
        for each in [each for each in self._residuals if each[0] == key]:
            del self._residuals[each]


def as_compression(params: Any) -> TwoBitCompression:
    """Return the compression that ``{"type": "2bit", "threshold": 0.5}`` asks for.

    Raises:
        ArgumentTypeError: it is no dictionary.
        ArgumentError: its type is missing or unknown, or its threshold is not positive.
    """
    if not isinstance(params, Mapping):
        raise ArgumentTypeError(
            "Gradient compression",
            "is asked for by a dictionary",
            expected="{'type': '2bit', 'threshold': 0.5}",
            received=repr(params),
        )
    if params.get("type") != "2bit":
        raise ArgumentError(
            "Gradient compression", "has no such type", expected="'2bit'", received=repr(params.get("type"))
        )
    return TwoBitCompression(float(params.get("threshold", 0.5)))
