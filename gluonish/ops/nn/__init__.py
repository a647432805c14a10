"""The operators of neural networks, one module per kind of layer."""

from gluonish.ops.nn import (
    activation,
    adaptive_pooling,
    batch_norm,
    convolution,
    ctc,
    dense,
    dropout,
    embedding,
    lrn,
    normalization,
    output,
    pooling,
    recurrent,
    resize,
    softmax,
)

__all__ = [
    "activation",
    "adaptive_pooling",
    "batch_norm",
    "convolution",
    "ctc",
    "dense",
    "dropout",
    "embedding",
    "lrn",
    "normalization",
    "output",
    "pooling",
    "recurrent",
    "resize",
    "softmax",
]
