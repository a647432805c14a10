"""Files that ``torch.save`` wrote, read without PyTorch and without running what they name.

Such a file is a zip archive. ``<root>/data.pkl`` is a pickle of what was saved, in which a tensor is a call
``torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...)`` and a storage is a persistent id
``("storage", class, key, device, number of elements)``; ``<root>/data/<key>`` holds the storage's bytes, and
``<root>/byteorder`` says which end comes first. The pickle may name nothing but what is in ``_ALLOWED``; what
stands there are objects of this module, which it cannot change.
"""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from gluonish.dtype import as_dtype
from gluonish.errors import FileFormatError, MissingFileError

__all__ = ["is_torch_file", "read_torch"]

_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "UntypedStorage": "uint8",
}
"""Element types of torch's classes of storages."""

_DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")

_FAILURES = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, AttributeError, EOFError, IndexError, KeyError),
    *(NotImplementedError, OverflowError, TypeError, UnicodeDecodeError, ValueError, MemoryError),
)


def is_torch_file(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file is a zip archive as ``torch.save`` writes it."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return _root(archive) is not None


def read_torch(path: str | os.PathLike[str]) -> Any:
    """Return what ``torch.save`` wrote, with NumPy arrays in the places of tensors.

    Args:
        path: the file.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it is no such file, is damaged, or names what a file of tensors has no need of.

    Example:
        >>> read_torch("net.pt")  # doctest: +SKIP
        OrderedDict([('weight', array([[1., 2.]], dtype=float32))])
    """
    subject = f"File {path}"
    if not Path(path).is_file():
        raise MissingFileError(subject, "does not exist")
    try:
        with zipfile.ZipFile(path) as archive:
            root = _root(archive)
            if root is None:
                raise _refused(subject, "has no data.pkl in it")
            return _finished(_Reader(archive, root, subject).load())
    except FileFormatError:
        raise
    except _FAILURES as error:
        raise _refused(subject, f"cannot be read: {error}") from error


def _refused(subject: str, problem: str) -> FileFormatError:
    return FileFormatError(subject, problem, expected="a zip file of tensors, as torch.save writes it")


def _root(archive: zipfile.ZipFile) -> str | None:
    """Return the folder in an archive that holds ``data.pkl``."""
    for name in archive.namelist():
        folder, _, last = name.rpartition("/")
        if last == "data.pkl":
            return folder
    return None


@attrs.frozen
class _Storage:
    """A storage's bytes, as elements."""

    elements: np.ndarray[Any, Any]


class _Fixed:
    """What a pickle may name and must not change, which it would do by giving it a state."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError(f"it gives a state to {self!r}")


@attrs.frozen(getstate_setstate=False)
class _Kind(_Fixed):
    """An element type; NumPy's own objects could be changed by a pickle."""

    dtype: np.dtype[Any]


@attrs.frozen(getstate_setstate=False)
class _Call(_Fixed):
    """What a pickle may call."""

    function: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


class _Reader(pickle.Unpickler):
    """Reads the pickle of one archive.

    Args:
        archive: the archive.
        root: the folder in it.
        subject: the subject of errors.
    """

    def __init__(self, archive: zipfile.ZipFile, root: str, subject: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")), encoding="utf-8")
        self._archive = archive
        self._root = root
        self._subject = subject
        self._storages: dict[tuple[str, str], _Storage] = {}
        order = f"{root}/byteorder"
        self._big = order in archive.namelist() and archive.read(order) == b"big"

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name, of those that are allowed."""
        found = _ALLOWED.get((module, name))
        if found is None:
            raise _refused(
                self._subject, f"names {module}.{name}, which is not needed for tensors and was not run"
            )
        return found

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that a persistent id means."""
        kind, of, key, _, count = pid
        if kind != "storage" or not isinstance(of, _Kind):
            raise pickle.UnpicklingError(f"unknown persistent id {pid!r:.60}")
        dtype = of.dtype
        place = str(key), dtype.name
        if place not in self._storages:
            info = self._archive.getinfo(f"{self._root}/data/{key}")
            if info.compress_type != zipfile.ZIP_STORED or info.file_size < int(count) * dtype.itemsize:
                raise pickle.UnpicklingError(f"storage {key} holds {info.file_size} bytes")
            elements = np.frombuffer(self._archive.read(info), dtype, int(count))
            self._storages[place] = _Storage(elements.byteswap() if self._big else elements)
        return self._storages[place]


def _tensor(storage: _Storage, offset: int, size: Any, stride: Any, *_: Any) -> np.ndarray[Any, Any]:
    """Return a tensor's elements, in memory of its own."""
    flat = storage.elements
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    if len(size) != len(stride) or offset < 0 or min((*size, *stride), default=0) < 0:
        raise ValueError(f"a tensor of size {size} and stride {stride} at {offset}")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 in size:
        return np.zeros(size, flat.dtype)
    if last >= len(flat):
        raise ValueError(f"a tensor reaches element {last} of a storage of {len(flat)}")
    steps = tuple(step * flat.itemsize for step in stride)
    return np.array(np.lib.stride_tricks.as_strided(flat[offset:], size, steps, writeable=False))


def _typed_tensor(
    storage: _Storage, offset: int, size: Any, stride: Any, _grad: Any, _hooks: Any, kind: _Kind, *_: Any
) -> np.ndarray[Any, Any]:
    """Return the elements of a tensor over a storage of bytes."""
    return _tensor(_Storage(storage.elements.view(kind.dtype)), offset, size, stride)


def _finished(value: Any) -> Any:
    """Return a structure with NumPy's element types in the places of this module's."""
    if isinstance(value, _Kind):
        return value.dtype
    if isinstance(value, dict):
        for name, each in value.items():
            value[name] = _finished(each)
    elif isinstance(value, list):
        value[:] = [_finished(each) for each in value]
    elif type(value) is tuple:
        return tuple(_finished(each) for each in value)
    return value


def _first(value: Any, *_: Any) -> Any:
    return value


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _Call(_tensor),
    ("torch._utils", "_rebuild_tensor_v2"): _Call(_tensor),
    ("torch._utils", "_rebuild_tensor_v3"): _Call(_typed_tensor),
    ("torch._utils", "_rebuild_parameter"): _Call(_first),
    ("torch._utils", "_rebuild_parameter_with_state"): _Call(_first),
    ("torch", "Size"): tuple,
    ("torch", "device"): _Call(lambda *parts: ":".join(map(str, parts))),
    ("torch.storage", "UntypedStorage"): _Kind(as_dtype("uint8")),
    **{("torch", name): _Kind(as_dtype(dtype)) for name, dtype in _STORAGES.items()},
    **{("torch", name): _Kind(as_dtype(name)) for name in _DTYPES},
}
"""What a file may name, and what that is here."""
