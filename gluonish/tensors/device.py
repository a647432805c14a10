"""Devices as torch's and Lucid's users spell them."""

from __future__ import annotations

from typing import Any

from gluonish.context import Context, as_context

__all__ = ["as_device", "device"]


def as_device(value: Any) -> Context:
    """Return the Context that a device names: a Context, ``"cpu"``, ``"gpu"``, ``"cuda"``, ``"cuda:1"``.

    Raises:
        ContextError: a string that names no device.
        ArgumentTypeError: neither a context, nor a string, nor None.

    Example:
        >>> as_device("cuda:1"), as_device("cpu"), as_device(None)
        (gpu(1), cpu(0), cpu(0))
    """
    if isinstance(value, str):
        kind, _, number = value.partition(":")
        kind = {"cuda": "gpu", "metal": "gpu"}.get(kind, kind)
        return as_context(f"{kind}({number})" if number else kind)
    return as_context(value)


def device(type: Any, index: int | None = None) -> Context:
    """Return the Context of a device: ``device("cuda", 1)`` is ``gpu(1)``; see ``as_device``."""
    return as_device(type if index is None else f"{type}:{index}")
