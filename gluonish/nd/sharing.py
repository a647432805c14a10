"""Sharing memory with NumPy and, by way of DLPack, with other libraries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from gluonish.context import cpu, gpu
from gluonish.dtype import as_dtype
from gluonish.engine.backend import backend_of
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError

__all__ = ["from_dlpack", "from_numpy", "to_dlpack_for_read", "to_dlpack_for_write"]

# DLPack's numbers for kinds of devices.
_DLPACK_HOST, _DLPACK_CUDA = 1, 2


def from_numpy(ndarray: np.ndarray[Any, Any], zero_copy: bool = True) -> NDArray:
    """Return an array on ``cpu(0)`` with the content of a NumPy array.

    Args:
        ndarray: the NumPy array.
        zero_copy: share its memory; the NumPy array is made read-only, as the other one now owns it.

    Raises:
        ArgumentTypeError: not a NumPy array.
        ArgumentError: memory that cannot be shared: read-only, or not contiguous.
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentTypeError("from_numpy()", "takes NumPy arrays", received=type(ndarray).__name__)
    as_dtype(ndarray.dtype)
    if not zero_copy:
        return NDArray(ndarray.copy(order="C"), cpu(0))
    if not (ndarray.flags.c_contiguous and ndarray.flags.writeable):
        raise ArgumentError(
            "from_numpy()",
            "cannot share this memory",
            expected="a writeable array in C order",
            fix="Pass zero_copy=False, or np.ascontiguousarray() of it.",
        )
    shared = ndarray.view()
    ndarray.flags.writeable = False
    return NDArray(shared, cpu(0))


def to_dlpack_for_read(data: NDArray) -> Any:
    """Return a DLPack capsule over the memory of an array, for another library to read."""
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """Return a DLPack capsule over the memory of an array, for another library to write.

    Such writes are not counted: do not make them while a recorded graph still needs the array.
    """
    return data.to_dlpack_for_write()


def from_dlpack(dlpack: Any) -> NDArray:
    """Return an array over the memory of another library's tensor.

    Args:
        dlpack: a tensor that speaks DLPack (of PyTorch, CuPy, JAX ...), or a capsule.

    Raises:
        ArgumentTypeError: neither of them, or memory that cannot be shared.

    Example:
        >>> import gluonish as mx
        >>> mx.nd.from_dlpack(mx.nd.to_dlpack_for_read(mx.nd.ones((2,)))).asnumpy()
        array([1., 1.], dtype=float32)
    """
    if type(dlpack).__name__ == "PyCapsule":
        return _from_capsule(dlpack)
    if not hasattr(dlpack, "__dlpack_device__"):
        raise _no_dlpack(dlpack)
    on_host = int(dlpack.__dlpack_device__()[0]) == _DLPACK_HOST
    return _import_tensor(dlpack, on_host=on_host)


class _Capsule:
    """A capsule as the tensor that NumPy and CuPy want to see."""

    def __init__(self, capsule: Any, device: int) -> None:
        self._capsule = capsule
        self._device = device

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._device, 0


def _from_capsule(capsule: Any) -> NDArray:
    """Import a capsule, which does not say where its memory is: NumPy refuses it if not on the host."""
    if '"used_' in repr(capsule):
        raise _no_dlpack(capsule, "a capsule can be used once only")
    try:
        host = np.from_dlpack(_Capsule(capsule, _DLPACK_HOST))
    except (BufferError, RuntimeError):
        return _import_tensor(_Capsule(capsule, _DLPACK_CUDA), on_host=False)
    return NDArray(_writeable(host), cpu(0))


def _import_tensor(tensor: Any, *, on_host: bool) -> NDArray:
    ctx = cpu(0) if on_host else gpu(0)
    try:
        raw = backend_of(ctx).xp.from_dlpack(tensor)
        as_dtype(raw.dtype)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise _no_dlpack(tensor, str(error)) from error
    return NDArray(raw, ctx if on_host else gpu(raw.device.id))


def _writeable(host: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the same memory, writeable. Old capsules do not tell, and NumPy assumes that they are not."""
    if host.flags.writeable:
        return host
    interface = {**host.__array_interface__, "data": (host.ctypes.data, False)}
    return np.asarray(SimpleNamespace(__array_interface__=interface, owner=host))


def _no_dlpack(value: Any, reason: str | None = None) -> ArgumentTypeError:
    return ArgumentTypeError(
        "from_dlpack()",
        f"cannot share this memory{f': {reason}' if reason else ''}",
        expected="a tensor with __dlpack__, or an unused DLPack capsule",
        received=type(value).__name__,
    )
