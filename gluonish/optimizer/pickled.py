"""Reading pickled optimizer states, our own and MXNet's, without running what a pickle may contain.

A pickle can name any function to be called. This reader knows arrays, numbers, containers, and classes of
optimizers and schedulers that exist already; anything else is an error.
"""

from __future__ import annotations

import codecs
import io
import pickle
import sys
from typing import Any

import numpy as np

import gluonish.lr_scheduler
from gluonish.context import Context, cpu
from gluonish.engine.ndarray import NDArray
from gluonish.engine.ndarray import _rebuild as rebuild_array
from gluonish.engine.sparse import sparse_array
from gluonish.errors import FileFormatError
from gluonish.lr_scheduler import LRScheduler
from gluonish.optimizer.base import Optimizer
from gluonish.optimizer.registry import OPTIMIZERS
from gluonish.serialization.params import to_array
from gluonish.serialization.records import read_record

__all__ = ["read_states"]

SUBJECT = "The pickled states"


class _MXNetArray(NDArray):
    """An array as MXNet pickles it: made empty, then given a record of a ``.params`` file."""

    __slots__ = ()

    def __init__(self, handle: None = None) -> None:
        assert handle is None
        super().__init__(np.zeros(0, np.float32), cpu(0))

    def __setstate__(self, state: dict[str, Any]) -> None:
        read = to_array(read_record(bytes(state["handle"]), "A pickled array"))
        self._raw, self._storage = read._raw, read._storage
        object.__setattr__(self, "__class__", type(read))  # it has the same layout


ARRAYS: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): codecs.encode,
    ("builtins", "bytearray"): bytearray,
    ("collections", "OrderedDict"): dict,
    ("gluonish.context", "Context"): Context,
    ("gluonish.engine.ndarray", "_rebuild"): rebuild_array,
    ("gluonish.engine.sparse", "sparse_array"): sparse_array,
    ("mxnet.ndarray.ndarray", "NDArray"): _MXNetArray,
    ("mxnet.ndarray.sparse", "CSRNDArray"): _MXNetArray,
    ("mxnet.ndarray.sparse", "RowSparseNDArray"): _MXNetArray,
    ("mxnet.numpy.multiarray", "ndarray"): _MXNetArray,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
"""What pickled arrays name, besides what NumPy does by a name that changes with its version."""

NUMPY_HELPERS = ("_reconstruct", "scalar", "_frombuffer")
"""Functions by which NumPy makes arrays and numbers again; their module was renamed in NumPy 2."""


class _Reader(pickle.Unpickler):
    """Finds nothing but what optimizer states are made of."""

    def find_class(self, module: str, name: str) -> Any:
        found = ARRAYS.get((module, name)) or _of_numpy(module, name) or _kind(module, name)
        if found is None:
            raise FileFormatError(
                SUBJECT,
                f"name something that is not read from a pickle: {module}.{name}",
                expected="arrays, numbers, optimizers and schedulers",
                fix="If it is an optimizer of your own, import it first.",
            )
        return found


def _of_numpy(module: str, name: str) -> Any:
    """Return what NumPy pickles with arrays and numbers."""
    if module.startswith(("numpy.core.", "numpy._core.")) and name in NUMPY_HELPERS:
        home = np._core.numeric if name == "_frombuffer" else np._core.multiarray  # type: ignore[attr-defined]
        return getattr(home, name)
    if module in ("numpy", "ml_dtypes"):
        kind = getattr(sys.modules.get(module), name, None)
        return kind if isinstance(kind, type) and issubclass(kind, np.generic) else None
    return None


def _kind(module: str, name: str) -> type[Any] | None:
    """Return a class of optimizers or schedulers: MXNet's by our name for it, or one that is imported."""
    if module.startswith("mxnet.optimizer."):
        kind = Optimizer if name == "Optimizer" else OPTIMIZERS.classes.get(name.lower())
    elif module == "mxnet.lr_scheduler":
        kind = getattr(gluonish.lr_scheduler, name, None)
    else:
        kind = getattr(sys.modules.get(module), name, None)
    return kind if isinstance(kind, type) and issubclass(kind, (Optimizer, LRScheduler)) else None


def read_states(content: bytes) -> tuple[dict[Any, Any], Optimizer | None]:
    """Return states by index, and the optimizer if it was pickled with them.

    Args:
        content: what ``Updater.get_states`` returned, here or in MXNet 1.x.

    Raises:
        FileFormatError: it is something else, or names what is not read from a pickle.
    """
    try:
        found = _Reader(io.BytesIO(content)).load()
    except FileFormatError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise FileFormatError(
            SUBJECT, f"cannot be read: {error}", expected="what get_states() wrote"
        ) from error
    optimizer = None
    if isinstance(found, tuple) and len(found) == 2:  # noqa: PLR2004  states and optimizer
        found, optimizer = found
    if not isinstance(found, dict) or not isinstance(optimizer, (Optimizer, type(None))):
        raise FileFormatError(
            SUBJECT,
            "are something else",
            expected="a dictionary of states, or that and an optimizer",
            received=type(found).__name__,
        )
    return found, optimizer
