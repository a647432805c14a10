"""Writing optimizer states as MXNet 1.x pickles them, without MXNet.

What is written is a dictionary from positions to states, in MXNet's form, or a tuple of it and the optimizer.
An array is an empty one of MXNet that is given a record of a ``.params`` file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer.base import Optimizer
from gluonish.serialization.params import to_value
from gluonish.serialization.pickles import Inert, inert, write_pickle
from gluonish.serialization.records import write_record

__all__ = ["write_states", "write_updater"]

NDARRAY = {
    "default": ("mxnet.ndarray.ndarray", "NDArray"),
    "row_sparse": ("mxnet.ndarray.sparse", "RowSparseNDArray"),
    "csr": ("mxnet.ndarray.sparse", "CSRNDArray"),
}
"""MXNet's classes of arrays, by storage type."""

COMPUTED: dict[str, dict[str, Any]] = {
    "DCASGD": {"weight_previous": {}},
    "LARS": {"skip": 0},
    "LBSGD": {"lbmult": 1, "adaptive": False, "admult": 1},
}
"""Attributes that MXNet's optimizers have besides ours, as they are before the first step."""

PROPERTIES = ("m_schedule", "warmup_final_lr", "base_lr_orig", "max_steps")
"""What is an attribute in MXNet, and computed here."""

LEFT_OUT = ("param_dict", "_counted_elsewhere", "_device_id", "_seen", "_warmup_final_lr")
"""What is an attribute here only, or belongs to no file."""


def write_updater(states: Mapping[Any, Any], optimizer: Optimizer | None) -> bytes:
    """Return what ``Updater.get_states`` of MXNet would return.

    Args:
        states: by index, in MXNet's form.
        optimizer: the optimizer if it is to go along; one that MXNet has.

    Raises:
        ArgumentError: as of ``write_states``.
    """
    written = _written(states)
    return write_pickle(written if optimizer is None else (written, _object(optimizer)))


def write_states(states: Mapping[int, Any], counts: Mapping[int, int], optimizer: Optimizer) -> bytes:
    """Return what ``Trainer.save_states`` of MXNet would write.

    Args:
        states: by position, in MXNet's form.
        counts: how often each parameter was updated, by position.
        optimizer: the optimizer; one that MXNet has.

    Raises:
        ArgumentError: MXNet knows no such optimizer or schedule, or there is something in a state that is no
            array and no number.
    """
    written = _object(optimizer)
    by_position = dict(counts)
    written.state |= {"_all_index_update_counts": {0: by_position}, "_index_update_count": by_position}
    return write_pickle((_written(states), written))


def _written(value: Any) -> Any:
    """Return a value as a pickle is to have it."""
    if isinstance(value, NDArray):
        return _array(value)
    if isinstance(value, (Optimizer, LRScheduler)):
        return _object(value)
    if isinstance(value, Mapping):
        return {_written(key): _written(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_written(each) for each in value)
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    raise ArgumentError(
        "A file of MXNet", "cannot hold this", expected="arrays, numbers, texts", received=repr(value)[:80]
    )


def _array(array: NDArray) -> Inert:
    stream = io.BytesIO()
    write_record(stream, to_value(array))
    handle = inert("builtins", "bytearray", stream.getvalue())
    return inert(*NDARRAY[array.stype], None, state={"handle": handle})


def _object(owner: Optimizer | LRScheduler) -> Inert:
    kind = type(owner)
    if not kind.__module__.startswith("gluonish."):
        raise ArgumentError(
            f"{kind.__name__}",
            "is not known to MXNet",
            fix="Save the states as safetensors: save_states() does so by default.",
        )
    kept = {name: value for name, value in vars(owner).items() if name not in LEFT_OUT}
    kept |= {name: getattr(owner, name) for name in PROPERTIES if hasattr(owner, name)}
    kept |= {name: value for name, value in COMPUTED.get(kind.__name__, {}).items() if name not in kept}
    module = "mxnet.optimizer.optimizer" if isinstance(owner, Optimizer) else "mxnet.lr_scheduler"
    return inert(module, kind.__name__, state=_written(kept))
