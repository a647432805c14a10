"""Gluon: parameters, blocks, and what trains them."""

from __future__ import annotations

from gluonish.gluon import contrib, data, loss, model_zoo, nn, rnn, utils
from gluonish.gluon.block import Block
from gluonish.gluon.checkpoint import Checkpoint
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.parameter import (
    Constant,
    DeferredInitializationError,
    Parameter,
    tensor_types,
)
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.gluon.selection import Glob
from gluonish.gluon.symbol_block import SymbolBlock
from gluonish.gluon.trainer import Trainer

__all__ = [
    "Block",
    "Checkpoint",
    "Constant",
    "DeferredInitializationError",
    "Glob",
    "HybridBlock",
    "Parameter",
    "ParameterDict",
    "SymbolBlock",
    "Trainer",
    "contrib",
    "data",
    "loss",
    "model_zoo",
    "nn",
    "rnn",
    "tensor_types",
    "utils",
]
