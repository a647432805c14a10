"""Gluon: parameters, blocks, and what trains them.

Parameters, as faces and services of ``gluonish.parameter``:

``parameter``        Parameter and Constant
``parameter_dict``   ParameterDict: parameters by name
``named_parameters`` what both kinds of such tables can do: choose, tune, describe
``selection``        choosing by name; ``tuning``: rules on names; ``agreement``: asking for one again
``parameter_files``  loading them; ``memory``: what they take; ``tables``: showing them

Blocks:

``block``        Block; ``hooks``, ``naming``, ``summary`` and ``files`` belong to it
``hybrid_block`` HybridBlock: written once for arrays and symbols; ``tracing`` calls it with the latter
``completion``   finding the shapes of parameters
``cached_graph`` what ``hybridize`` captures
``structure``    nested inputs and outputs as flat lists
``symbol_block`` SymbolBlock; ``model_files``: blocks with their graphs in files

Training:

``trainer``        Trainer; ``single_updates``: optimizers that work parameter by parameter
``trainer_store``  a Trainer with a store
``trainer_states`` files of states; ``state_header``, ``state_forms``, ``state_matching`` and ``mxnet_states``
``checkpoint``     sets of files that count as a whole
``utils``          batches in parts, clipping, downloads

``views`` has what MXNet's programs read under private names. Layers are in ``nn``, ``rnn`` and ``contrib``,
the rest in ``loss``, ``data`` and ``model_zoo``.
"""

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
