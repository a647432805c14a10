"""Array libraries by kind of device: NumPy for host memory, CuPy for CUDA.

Kernels are written against ``xp``, the module of the array they get. What differs beyond that (entering a
device, moving bytes, random generators) is a method of ``Backend``. A backend is loaded when an array is
first put on such a device, never on import.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import DEVICES, Context, gpu
from gluonish.engine.storage import ALIGNMENT
from gluonish.errors import DeviceUnavailableError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = [
    "Backend",
    "backend_of",
    "gpu_unavailable_reason",
    "num_gpus",
    "sparse_matrices",
    "special_functions",
]


class Backend:
    """Arrays in host memory, and the interface that other backends override.

    Attributes:
        kind: the kind of device, for kernel lookup.
        xp: the array module.
        enters_device: whether work must happen inside ``scope(ctx)``. False lets the dispatcher skip it.
    """

    kind = "cpu"
    xp: Any = np
    enters_device = False

    def scope(self, ctx: Context) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Return a scope in which ``ctx`` is the device that array calls work on."""
        return contextlib.nullcontext()

    def empty(self, shape: tuple[int, ...], dtype: Any, ctx: Context) -> Any:
        """Allocate an array without filling it."""
        with self.scope(ctx):
            return self.xp.empty(shape, dtype)

    def aligned(self, size: int, dtype: Any, ctx: Context) -> Any:  # noqa: ARG002
        """Allocate a flat, zero-filled buffer whose first byte is aligned to a cache line."""
        itemsize = np.dtype(dtype).itemsize
        padded = np.zeros(size * itemsize + ALIGNMENT, np.uint8)
        start = -padded.ctypes.data % ALIGNMENT
        return padded[start : start + size * itemsize].view(dtype)

    def from_host(self, array: np.ndarray[Any, Any], ctx: Context) -> Any:  # noqa: ARG002
        """Copy a NumPy array to the device."""
        return array.copy()

    def to_host(self, raw: Any) -> np.ndarray[Any, Any]:
        """Return the content as a NumPy array: the array itself where it is in host memory."""
        return raw

    def copy_within(self, raw: Any, ctx: Context) -> Any:  # noqa: ARG002
        """Copy an array of this backend to a device of this backend."""
        return raw.copy()

    def rebase(self, view: Any, old: Any, new: Any) -> Any:
        """Return the view of ``new`` that lies in it as ``view`` lies in ``old``.

        Both bases are contiguous and equal in shape and dtype.
        """
        if view is old:
            return new
        offset = view.__array_interface__["data"][0] - old.__array_interface__["data"][0]
        return np.ndarray(view.shape, view.dtype, new.reshape(-1).view(np.uint8), offset, view.strides)

    @property
    def special(self) -> Any:
        """The module of special functions (erf, gammaln ...), loaded when first needed."""
        import scipy.special  # noqa: PLC0415  half of it is not worth a slower import of gluonish

        return scipy.special

    @property
    def sparse(self) -> Any:
        """The module of sparse matrices, loaded when first needed."""
        import scipy.sparse  # noqa: PLC0415  as above

        return scipy.sparse

    def generator(self, key: int, ctx: Context) -> Any:  # noqa: ARG002
        """Return a random generator whose stream is a function of the 128-bit ``key``."""
        return np.random.Generator(np.random.Philox(key=key))

    def generator_state(self, generator: Any, ctx: Context) -> tuple[Any, Any]:  # noqa: ARG002
        """Return where a generator is, as something that JSON can hold, and the generator to go on with."""
        state = generator.bit_generator.state
        inner = {name: [int(word) for word in words] for name, words in state["state"].items()}
        rest = {name: int(state[name]) for name in ("buffer_pos", "has_uint32", "uinteger")}
        return {**inner, **rest, "buffer": [int(word) for word in state["buffer"]]}, generator

    def generator_at(self, state: Mapping[str, Any], ctx: Context) -> Any:
        """Return a generator that goes on where ``generator_state`` found one.

        Raises:
            ValueError, TypeError, KeyError: it is no such state.
        """
        generator = self.generator(0, ctx)
        words = {name: np.array(state[name], np.uint64) for name in ("counter", "key", "buffer")}
        if [len(each) for each in words.values()] != [4, 2, 4] or not 0 <= state["buffer_pos"] <= len(
            words["buffer"]
        ):
            raise ValueError("a Philox generator has 4 words of counter, 2 of key and 4 in its buffer")
        generator.bit_generator.state = {
            **{name: int(state[name]) for name in ("buffer_pos", "has_uint32", "uinteger")},
            "bit_generator": "Philox",
            "state": {"counter": words["counter"], "key": words["key"]},
            "buffer": words["buffer"],
        }
        return generator

    def device_count(self) -> int:
        """Return how many devices of this kind there are. Logical host devices are all one."""
        return 1

    def synchronize(self, ctx: Context) -> None:
        """Wait until everything queued on the device is done."""

    def release(self, ctx: Context) -> None:
        """Give cached free memory back to the device."""

    def memory(self, ctx: Context) -> tuple[int, int]:
        """Return the free and the total bytes of the device.

        Raises:
            DeviceUnavailableError: it is host memory, which no device owns.
        """
        raise DeviceUnavailableError(f"Context {ctx}", "has no memory of its own", expected="a gpu context")

    def capability(self, ctx: Context) -> int:
        """Return the compute capability of the device, 90 for 9.0.

        Raises:
            DeviceUnavailableError: it is no GPU.
        """
        raise DeviceUnavailableError(f"Context {ctx}", "is no GPU", expected="a gpu context")


_HOST = Backend()
_BACKENDS: dict[str, Backend] = {"cpu": _HOST, "cpu_pinned": _HOST, "cpu_shared": _HOST}
_GPU_ERROR: list[str] = []


def backend_of(ctx: Context) -> Backend:
    """Return the backend of a context, loading it on first use.

    Raises:
        DeviceUnavailableError: CuPy, the CUDA driver or this GPU is missing; the text says which.
    """
    backend = _BACKENDS.get(ctx.device_type)
    if backend is None:
        backend = _load_gpu_backend(ctx)
    return backend


def _load_gpu_backend(ctx: Context) -> Backend:
    if not _GPU_ERROR:
        try:
            from gluonish.engine.cupy_backend import CupyBackend  # noqa: PLC0415  loaded on first use
        except ImportError as error:
            _GPU_ERROR.append(f"CuPy cannot be imported ({error})")
        else:
            try:
                backend = CupyBackend()
            except RuntimeError as error:  # CuPy's CUDARuntimeError and DriverNotFound
                _GPU_ERROR.append(f"CUDA cannot be used ({error})")
            else:
                return _BACKENDS.setdefault("gpu", backend)
    raise DeviceUnavailableError(
        f"Context {ctx}",
        f"cannot hold arrays here: {_GPU_ERROR[0]}",
        fix="Install CuPy for your CUDA version, pip install 'gluonish[cuda12]' or 'gluonish[cuda13]', "
        "and check that nvidia-smi lists a GPU; or use mx.cpu().",
    )


def special_functions(xp: Any) -> Any:
    """Return the special functions for the arrays of module ``xp``: SciPy's, or CuPy's copy of them."""
    return _HOST.special if xp is np else _BACKENDS["gpu"].special


def sparse_matrices(xp: Any) -> Any:
    """Return the sparse matrices for the arrays of module ``xp``: SciPy's, or CuPy's copy of them."""
    return _HOST.sparse if xp is np else _BACKENDS["gpu"].sparse


def gpu_unavailable_reason() -> str | None:
    """Say why no GPU can be used, or return None where one can.

    Example:
        >>> reason = gpu_unavailable_reason()
        >>> reason is None or reason.startswith("Context gpu(0) cannot hold arrays here")
        True
    """
    try:
        backend_of(gpu(0))
    except DeviceUnavailableError as error:
        return str(error)
    return None


def num_gpus() -> int:
    """Return the number of CUDA devices that gluonish can use; 0 without CuPy."""
    return 0 if gpu_unavailable_reason() else backend_of(gpu(0)).device_count()


DEVICES.count = num_gpus
DEVICES.memory = lambda ctx: backend_of(ctx).memory(ctx)
DEVICES.release = lambda ctx: backend_of(ctx).release(ctx)
DEVICES.capability = lambda ctx: backend_of(ctx).capability(ctx)
