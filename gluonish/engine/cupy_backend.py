"""CuPy: arrays on CUDA devices. The only module that imports cupy.

Every allocation, copy and kernel runs inside the device it works on; nothing relies on CuPy's current
device or on peer access. CuPy's allocator is used as it is set up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import cupy
import numpy as np

from gluonish.engine.backend import Backend
from gluonish.errors import DeviceUnavailableError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gluonish.context import Context

__all__ = ["CupyBackend"]


class CupyBackend(Backend):
    """Arrays on CUDA devices.

    Raises:
        RuntimeError: the CUDA driver is missing or finds no device (CuPy's own error).
    """

    kind = "gpu"
    xp = cupy
    enters_device = True

    def __init__(self) -> None:
        self._devices = [cupy.cuda.Device(i) for i in range(cupy.cuda.runtime.getDeviceCount())]
        if not self._devices:
            raise RuntimeError("the driver lists no CUDA device")

    def device_count(self) -> int:
        """Return the number of devices the driver lists."""
        return len(self._devices)

    def scope(self, ctx: Context) -> AbstractContextManager[Any]:
        """Enter the CUDA device of a context.

        Raises:
            DeviceUnavailableError: the machine has no device of that number.
        """
        if ctx.device_id >= len(self._devices):
            raise DeviceUnavailableError(
                f"Context {ctx}",
                "cannot hold arrays here: there is no such device",
                expected=f"a number below {len(self._devices)}, the GPUs of this machine",
                received=ctx.device_id,
            )
        # A fresh Device object: CuPy keeps the previous device on the object that was entered, so one
        # object must not be entered twice at a time.
        return cupy.cuda.Device(ctx.device_id)

    def aligned(self, size: int, dtype: Any, ctx: Context) -> Any:
        """Allocate a flat zeroed buffer; CuPy aligns every allocation to 512 bytes."""
        with self.scope(ctx):
            return cupy.zeros(size, dtype)

    def from_host(self, array: np.ndarray[Any, Any], ctx: Context) -> Any:
        """Copy a NumPy array to the device."""
        with self.scope(ctx):
            return cupy.asarray(array)

    def to_host(self, raw: Any) -> np.ndarray[Any, Any]:
        """Copy to host memory, after what is queued before it."""
        with raw.device:
            return cupy.asnumpy(raw)

    def copy_within(self, raw: Any, ctx: Context) -> Any:
        """Copy to the same or another device; between devices by an explicit peer copy."""
        with raw.device:
            source = cupy.asarray(raw, order="C")
            source.device.synchronize()
        with self.scope(ctx):
            target = cupy.empty(source.shape, source.dtype)
            target.data.copy_from_device(source.data, source.nbytes)
            # The source may be freed on its own device's stream when this returns.
            cupy.cuda.get_current_stream().synchronize()
            return target

    def rebase(self, view: Any, old: Any, new: Any) -> Any:
        """Return the view of ``new`` that lies in it as ``view`` lies in ``old``."""
        if view is old:
            return new
        offset = view.data.ptr - old.data.ptr
        return cupy.ndarray(view.shape, view.dtype, new.data + offset, view.strides)

    @property
    def special(self) -> Any:
        """CuPy's special functions."""
        import cupyx.scipy.special  # noqa: PLC0415  compiled when first used

        return cupyx.scipy.special

    @property
    def sparse(self) -> Any:
        """CuPy's sparse matrices."""
        import cupyx.scipy.sparse  # noqa: PLC0415  compiled when first used

        return cupyx.scipy.sparse

    def generator(self, key: int, ctx: Context) -> Any:
        """Return a CuPy generator seeded from ``key``; its stream differs from the host's."""
        with self.scope(ctx):
            # CuPy seeds from 64 bits at most.
            return cupy.random.Generator(cupy.random.XORWOW(key & (2**63 - 1)))

    def generator_state(self, generator: Any, ctx: Context) -> tuple[Any, Any]:
        """Return a key, and the generator of that key to go on with.

        CuPy's generators do not tell where they are. So the stream goes on as another one, whose key is drawn
        from it, here and wherever it is restored.
        """
        with self.scope(ctx):
            key = int(generator.integers(0, 2**63 - 1, dtype=np.int64))
        return {"key": key}, self.generator(key, ctx)

    def generator_at(self, state: Mapping[str, Any], ctx: Context) -> Any:
        """Return the generator of a key that ``generator_state`` has drawn."""
        return self.generator(int(state["key"]), ctx)

    def synchronize(self, ctx: Context) -> None:
        """Wait for the device."""
        with self.scope(ctx):
            cupy.cuda.Device().synchronize()

    def release(self, ctx: Context) -> None:
        """Return cached blocks of CuPy's memory pool to the device."""
        with self.scope(ctx):
            cupy.get_default_memory_pool().free_all_blocks()

    def memory(self, ctx: Context) -> tuple[int, int]:
        """Return the free and the total bytes of the device, as its driver counts them."""
        with self.scope(ctx):
            free, total = cupy.cuda.runtime.memGetInfo()
            return int(free), int(total)

    def capability(self, ctx: Context) -> int:
        """Return the compute capability of the device."""
        with self.scope(ctx):
            return int(cupy.cuda.Device().compute_capability)
