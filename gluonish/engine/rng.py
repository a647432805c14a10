"""Random streams: one per context for operators, one per parameter for initial values.

All streams come from counter-based generators (Philox) whose 128-bit keys are hashes of what the stream is
for. Nothing else enters a key, so a stream does not depend on what was drawn elsewhere before.
"""

from __future__ import annotations

import hashlib
import operator
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gluonish.context import Context, cpu
from gluonish.engine.backend import backend_of
from gluonish.errors import DeviceUnavailableError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["StreamScope", "initial_key", "restore", "seed", "seed_value", "state", "stream", "withdraw"]

DEFAULT_SEED = 0


class _Streams:
    """The process-wide state: the seed, the generators made from it, and the initialisations counted."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seed = DEFAULT_SEED
        self.generators: dict[Context, Any] = {}
        self.initialised: Counter[str] = Counter()


class _Override(threading.local):
    """What replaces the generators of all contexts in this thread, while an initializer runs."""

    generator: Any = None

    def __init__(self) -> None:
        self.outer: list[Any] = []


_STREAMS = _Streams()
_OVERRIDE = _Override()


def _key(*parts: object) -> int:
    # Each part is preceded by its length: ("ab", "c") and ("a", "bc") must not give one key.
    text = "".join(f"{len(str(part))}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")


def seed(value: int, ctx: Context | None = None) -> None:
    """Restart the streams: of one context, or of all contexts and all initial values."""
    with _STREAMS.lock:
        if ctx is None:
            _STREAMS.seed = value
            _STREAMS.generators.clear()
            _STREAMS.initialised.clear()
        else:
            _STREAMS.generators[ctx] = _generator(value, ctx)


def seed_value() -> int:
    """Return the seed that the streams were last restarted from."""
    return _STREAMS.seed


def _generator(value: int, ctx: Context) -> Any:
    return backend_of(ctx).generator(_key("context", value, ctx.device_type, ctx.device_id), ctx)


def state() -> dict[str, Any]:
    """Return where all streams are, as something that JSON can hold."""
    with _STREAMS.lock:
        streams = []
        for ctx, generator in list(_STREAMS.generators.items()):
            position, _STREAMS.generators[ctx] = backend_of(ctx).generator_state(generator, ctx)
            streams.append({"device": ctx.device_type, "number": ctx.device_id, "state": position})
        initialised = {path: count for path, count in _STREAMS.initialised.items() if count}
        return {"seed": _STREAMS.seed, "initialised": initialised, "streams": streams}


def restore(saved: Mapping[str, Any]) -> list[Context]:
    """Continue all streams where ``state`` found them.

    Args:
        saved: what ``state`` returned.

    Returns:
        The contexts that cannot hold arrays here, whose streams are left out.

    Raises:
        ValueError, TypeError, KeyError: it is something else. Nothing is changed then.
    """
    generators, absent = {}, []
    for each in saved["streams"]:
        ctx = Context(each["device"], each["number"])
        try:
            generators[ctx] = backend_of(ctx).generator_at(each["state"], ctx)
        except DeviceUnavailableError:
            absent.append(ctx)
    seed_of_all = operator.index(saved["seed"])
    initialised = Counter({str(path): operator.index(n) for path, n in saved["initialised"].items()})
    with _STREAMS.lock:
        _STREAMS.seed, _STREAMS.generators, _STREAMS.initialised = seed_of_all, generators, initialised
    return absent


class _HostStream:
    """A host generator for the kernels of a device: what it draws on the host is copied to the device."""

    def __init__(self, generator: Any, ctx: Context) -> None:
        self._generator = generator
        self._ctx = ctx

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._generator, name)
        backend = backend_of(self._ctx)

        def draw(*args: Any, **kwargs: Any) -> Any:
            on_host = [backend.to_host(a) if isinstance(a, backend.xp.ndarray) else a for a in args]
            return backend.from_host(np.asarray(method(*on_host, **kwargs)), self._ctx)

        return draw


def stream(ctx: Context) -> Any:
    """Return the generator of a context: NumPy's ``Generator``, or CuPy's on a GPU."""
    if _OVERRIDE.generator is not None:
        if backend_of(ctx).enters_device:
            return _HostStream(_OVERRIDE.generator, ctx)
        return _OVERRIDE.generator
    generator = _STREAMS.generators.get(ctx)
    if generator is None:
        with _STREAMS.lock:
            generator = _STREAMS.generators.setdefault(ctx, _generator(_STREAMS.seed, ctx))
    return generator


def initial_key(path: str) -> int:
    """Return the key for the initial value of the parameter at ``path``, and count the request.

    The same path asked for again since the last ``seed`` gets another key: two networks of one structure
    start from different weights.
    """
    with _STREAMS.lock:
        occurrence = _STREAMS.initialised[path]
        _STREAMS.initialised[path] += 1
        return _key("initial", _STREAMS.seed, path, occurrence)


def withdraw(paths: Iterable[str]) -> None:
    """Undo the counting of ``initial_key``, for initialisations that failed."""
    with _STREAMS.lock:
        _STREAMS.initialised.subtract(paths)


class StreamScope:
    """Inside the scope, every random draw of this thread comes from the stream of ``key``.

    The stream is drawn on the host, so what an initializer draws does not depend on any device. Entering the
    scope starts the stream at its beginning, also when it is entered again inside itself.
    """

    __slots__ = ("_key",)

    def __init__(self, key: int) -> None:
        self._key = key

    def __enter__(self) -> None:
        _OVERRIDE.outer.append(_OVERRIDE.generator)
        _OVERRIDE.generator = backend_of(cpu(0)).generator(self._key, cpu(0))

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _OVERRIDE.generator = _OVERRIDE.outer.pop()
