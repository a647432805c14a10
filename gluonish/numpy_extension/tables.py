"""Which classic operators ``mx.npx`` has, under names in NumPy's style."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gluonish.engine.invoke import call_operator
from gluonish.engine.ndarray import NDArray
from gluonish.engine.operator import find_operator

__all__ = ["OPERATORS", "functions"]

OPERATORS = {
    "activation": "Activation",
    "arange_like": "_contrib_arange_like",
    "batch_dot": "batch_dot",
    "batch_flatten": "Flatten",
    "batch_norm": "BatchNorm",
    "cast": "Cast",
    "convolution": "Convolution",
    "deconvolution": "Deconvolution",
    "dropout": "Dropout",
    "embedding": "Embedding",
    "erf": "erf",
    "erfinv": "erfinv",
    "fully_connected": "FullyConnected",
    "gamma": "gamma",
    "gammaln": "gammaln",
    "gather_nd": "gather_nd",
    "group_norm": "GroupNorm",
    "instance_norm": "InstanceNorm",
    "l2_normalization": "L2Normalization",
    "layer_norm": "LayerNorm",
    "leaky_relu": "LeakyReLU",
    "log_softmax": "log_softmax",
    "one_hot": "one_hot",
    "pick": "pick",
    "pooling": "Pooling",
    "relu": "relu",
    "reshape_like": "reshape_like",
    "sequence_mask": "SequenceMask",
    "shape_array": "shape_array",
    "sigmoid": "sigmoid",
    "slice": "slice",
    "smooth_l1": "smooth_l1",
    "softmax": "softmax",
    "topk": "topk",
}
"""The operator of each function."""


def functions() -> dict[str, Callable[..., Any]]:
    """Return all of these functions by name."""
    return {name: _make(name, op_name) for name, op_name in OPERATORS.items()}


def _make(name: str, op_name: str) -> Callable[..., Any]:
    op = find_operator(op_name)

    def function(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:
        arrays = [_as_np(each) for each in args]
        named = {key: _as_np(each) for key, each in kwargs.items()}
        return call_operator(op, tuple(arrays), named, out)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "gluonish.numpy_extension"
    function.__doc__ = op.doc
    return function


def _as_np(value: Any) -> Any:
    return value.as_np_ndarray() if isinstance(value, NDArray) else value
