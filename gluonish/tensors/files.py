"""Saving and loading dictionaries of tensors."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from gluonish import serialization
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentTypeError
from gluonish.serialization.torch_files import is_torch_file, read_torch
from gluonish.tensors.tensor import Tensor

__all__ = ["load", "save"]


def save(obj: Any, f: str | os.PathLike[str]) -> None:
    """Save a dictionary of tensors, such as a ``state_dict``. No pickle is written.

    Args:
        obj: the dictionary; or what has a ``state_dict()``.
        f: a path, whose end says the format: ``.safetensors``, ``.npz``, or MXNet's for ``.params``.

    Raises:
        ArgumentTypeError: it is no dictionary of tensors.
        MissingFileError: the folder does not exist.

    Example:
        >>> import gluonish as torch
        >>> torch.save({"weight": torch.ones(2)}, "net.params")  # doctest: +SKIP
        >>> torch.load("net.params")  # doctest: +SKIP
        {'weight': Tensor([1.0, 1.0], grad=None)}
    """
    state = obj.state_dict() if hasattr(obj, "state_dict") else obj
    if not isinstance(state, Mapping) or not all(isinstance(each, str) for each in state):
        raise ArgumentTypeError(
            "save()", "saves dictionaries of tensors", expected="a state_dict", received=type(obj).__name__
        )
    serialization.save(f, {name: _as_array(value, name) for name, value in state.items()})


def _as_array(value: Any, name: str) -> NDArray:
    if hasattr(value, "stand_in"):
        value = value.stand_in(None)
    if not isinstance(value, (NDArray, np.ndarray)):
        raise ArgumentTypeError(
            f"The entry {name!r} of what is saved",
            "is no tensor",
            expected="a Tensor",
            received=type(value).__name__,
        )
    return value.detach() if isinstance(value, NDArray) else Tensor(value)


def load(f: str | os.PathLike[str], map_location: Any = None) -> Any:
    """Load what ``save`` wrote, or a file of PyTorch (``.pt``, ``.pth``), whose pickle is not run.

    Args:
        f: a path; the content of the file says its format.
        map_location: the device of the tensors; host memory if None.

    Returns:
        What was saved, with Tensors. Of a file of PyTorch that may be any structure of dictionaries, lists,
        numbers and tensors.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is of no known format, damaged, or names what tensors have no need of.
    """
    found = read_torch(f) if os.path.isfile(f) and is_torch_file(f) else _read(f)  # noqa: PTH113
    return _with_tensors(found, "cpu" if map_location is None else map_location)


def _read(f: str | os.PathLike[str]) -> Any:
    if serialization.format_of(f) == "params":
        return serialization.load(f)
    return serialization.open_arrays(f).fetched(may_be_complex=True)


def _with_tensors(value: Any, device: Any) -> Any:
    """Return a structure with Tensors on a device in the places of arrays."""
    if isinstance(value, (np.ndarray, NDArray)):
        return Tensor(value, device=device)
    if isinstance(value, dict):
        made: dict[str, Any] = OrderedDict() if isinstance(value, OrderedDict) else {}
        made.update((name, _with_tensors(each, device)) for name, each in value.items())
        if hasattr(value, "_metadata"):
            made._metadata = value._metadata  # type: ignore[attr-defined]  # as torch keeps it
        return made
    if type(value) in (list, tuple):
        return type(value)(_with_tensors(each, device) for each in value)
    return value
