"""Contexts: the devices that hold arrays, as immutable values.

A context names a device, it does not open one: ``gpu(3)`` can be built, compared, stored and pickled on a
machine without any GPU. Allocating there is what may fail, with an error that says what is missing.

``cpu(0)``, ``cpu(1)`` ... are *logical* devices in host memory. Each holds arrays of its own, so a program
for several devices can be written and tested on a laptop.
"""

from __future__ import annotations

import operator
import re
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from gluonish.base import ClassPropertyType, classproperty
from gluonish.errors import ArgumentTypeError, ContextError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = [
    "DEVICES",
    "Context",
    "as_context",
    "cpu",
    "cpu_pinned",
    "cpu_shared",
    "current_context",
    "gpu",
    "gpu_memory_info",
    "num_gpus",
]

# MXNet's numbers for device types, as they stand in files and in ``Context.device_typeid``.
DEVICE_TYPE_IDS = {"cpu": 1, "gpu": 2, "cpu_pinned": 3, "cpu_shared": 5}

_ORDINARY_HOST = "cpu"

_WRITTEN = re.compile(r"(\w+)(?:\(([0-9]+)\))?")


class Context(metaclass=ClassPropertyType):
    """A device: its type and its number.

    Contexts are values: equal ones are the same object, they hash, pickle and never change. A context is
    also a scope, ``with mx.cpu(1): ...``, in which it is the current context of this thread. Scopes nest,
    the same context may be entered again inside itself, and leaving by an exception restores the outer
    one.

    Args:
        device_type: ``"cpu"``, ``"gpu"``, ``"cpu_pinned"``, ``"cpu_shared"``, or a Context to take over.
        device_id: the number of the device, 0 or more. For host memory a negative number means 0, as in
            MXNet.

    Attributes:
        device_type: the kind of device, as given.
        device_id: its number.
        place: the context whose memory this one shares. Pinned and shared host memory of one number is
            the same place as ``cpu`` of that number, so their arrays may meet in one operator.

    Raises:
        ContextError: an unknown device type or a negative GPU number.

    Example:
        >>> ctx = Context("gpu", 1)
        >>> ctx, ctx == gpu(1), ctx is gpu(1)
        (gpu(1), True, True)
        >>> with cpu(1):
        ...     current_context()
        cpu(1)
    """

    __slots__ = ("device_id", "device_type", "place")

    devstr2type = DEVICE_TYPE_IDS
    devtype2str = {number: name for name, number in DEVICE_TYPE_IDS.items()}  # noqa: RUF012  never written

    device_type: str
    device_id: int
    place: Context

    _instances: dict[tuple[str, int], Context] = {}  # noqa: RUF012  the interning table, not a default

    def __new__(cls, device_type: str | Context, device_id: int = 0) -> Context:
        """Return the one object of this value."""
        if isinstance(device_type, Context):
            return device_type
        key = (device_type, _device_number(device_type, device_id))
        found = cls._instances.get(key)
        return found if found is not None else cls._intern(*key)

    @classmethod
    def _intern(cls, device_type: str, device_id: int) -> Context:
        self = object.__new__(cls)
        shares_host = device_type not in ("gpu", _ORDINARY_HOST)
        place = cls(_ORDINARY_HOST, device_id) if shares_host else self
        for name, value in (
            ("device_type", device_type),
            ("device_id", device_id),
            ("place", place),
        ):
            object.__setattr__(self, name, value)
        # setdefault is atomic: two threads that race here still end with one object.
        return cls._instances.setdefault((device_type, device_id), self)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Context {self} is an immutable value; {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Context {self} is an immutable value; {name!r} cannot be deleted")

    def _innermost(cls) -> Context:  # noqa: N805  of the class
        """The current context of this thread. Assigning puts another one into its place."""
        return current_context()

    def _replace_innermost(cls, ctx: Context) -> None:  # noqa: N805
        _CURRENT.value = ctx

    default_ctx: Any = classproperty(_innermost, _replace_innermost)

    _default_ctx: ClassVar[Any]
    """Its attribute ``value`` is the current context too, as in MXNet."""

    def empty_cache(self) -> None:
        """Give memory of the device that is free and kept for reuse back to it."""
        DEVICES.release(self)

    @property
    def device_typeid(self) -> int:
        """MXNet's number for the device type: 1 cpu, 2 gpu, 3 cpu_pinned, 5 cpu_shared."""
        return DEVICE_TYPE_IDS[self.device_type]

    def __reduce__(self) -> tuple[Any, ...]:
        return Context, (self.device_type, self.device_id)

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __enter__(self) -> Context:
        _CURRENT.stack.append(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _CURRENT.stack.pop()


def _device_number(device_type: object, device_id: object) -> int:
    """Check both parts of a context and return the number it will carry."""
    if not isinstance(device_type, str) or device_type not in DEVICE_TYPE_IDS:
        raise ContextError(
            f"Context type {device_type!r}",
            "is unknown",
            expected="one of " + ", ".join(map(repr, DEVICE_TYPE_IDS)),
            fix="Write mx.cpu(i) or mx.gpu(i).",
        )
    try:
        number = operator.index(device_id)  # type: ignore[arg-type]
    except TypeError:
        raise ContextError(
            f"Context {device_type}",
            "needs a device number",
            expected="an integer",
            received=repr(device_id),
        ) from None
    if number < 0 and device_type == "gpu":
        raise ContextError(f"Context gpu({number})", "has a negative device number", expected="0 or more")
    return max(number, 0)


class _Current(threading.local):
    """The scopes this thread is in; the innermost is last."""

    def __init__(self) -> None:
        self.stack = [cpu(0)]

    @property
    def value(self) -> Context:
        """The innermost context. Assigning puts another one into its place."""
        return self.stack[-1]

    @value.setter
    def value(self, ctx: Context) -> None:
        self.stack[-1] = as_context(ctx)


def cpu(device_id: int = 0) -> Context:
    """Return the logical host device of this number."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return the CUDA device of this number. It need not exist until an array is put there."""
    return Context("gpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Return page-locked host memory, in the place of ``cpu(device_id)``."""
    return Context("cpu_pinned", device_id)


def cpu_shared(device_id: int = 0) -> Context:
    """Return host memory shared between processes, in the place of ``cpu(device_id)``."""
    return Context("cpu_shared", device_id)


_CURRENT = _Current()
Context._default_ctx = _CURRENT  # noqa: SLF001  its own


def current_context() -> Context:
    """Return the context of the innermost scope of this thread; ``cpu(0)`` outside of any.

    Example:
        >>> current_context()
        cpu(0)
    """
    return _CURRENT.stack[-1]


class _Devices:
    """What is known about the machine's devices. The engine, which uses them, plugs itself in.

    Attributes:
        count: returns the number of GPUs.
        memory: returns the free and the total bytes of a GPU.
        release: gives cached memory back to a device.
        capability: returns the compute capability of a GPU, 90 for 9.0.
    """

    count: Callable[[], int]
    memory: Callable[[Context], tuple[int, int]]
    release: Callable[[Context], None]
    capability: Callable[[Context], int]


DEVICES = _Devices()


def num_gpus() -> int:
    """Return the number of GPUs that arrays can be put on; 0 without CuPy."""
    return DEVICES.count()


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Return the free and the total memory of a GPU, in bytes.

    Raises:
        DeviceUnavailableError: there is no such GPU, or it cannot be used here; the text says why.
    """
    return DEVICES.memory(gpu(device_id))


def as_context(value: Context | str | None) -> Context:
    """Return ``value`` as a Context: None is the current one, ``"gpu(1)"`` or ``"gpu"`` is parsed.

    Raises:
        ContextError: a string that names no context.
        ArgumentTypeError: neither a context, nor a string, nor None.

    Example:
        >>> as_context("gpu(1)"), as_context("cpu"), as_context(None)
        (gpu(1), cpu(0), cpu(0))
    """
    if isinstance(value, Context):
        return value
    if value is None:
        return current_context()
    if not isinstance(value, str):
        raise ArgumentTypeError(
            "The context",
            "is not a Context",
            expected="a Context such as mx.cpu(0)",
            received=f"{type(value).__name__} {value!r}",
        )
    written = _WRITTEN.fullmatch(value)
    if written is None:
        raise ContextError(f"Context {value!r}", "cannot be read", expected="a form like 'gpu(0)' or 'cpu'")
    name, number = written.groups(default="0")
    return Context(name, int(number))
