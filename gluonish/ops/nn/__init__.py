"""The operators of neural networks, one module per kind of layer.

What several of them share is in ``common``, ``normal`` (normalisations), ``windows`` (convolutions) and
``pools``. The layout, the steps and the gradient of ``recurrent`` are modules of their own.
"""

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
