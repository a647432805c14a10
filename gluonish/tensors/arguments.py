"""What tensors' functions do with their arguments: sizes, axes and their two names."""

from __future__ import annotations

from typing import Any

from gluonish.errors import SignatureError

__all__ = ["axes_of", "keeps_of", "sizes_of"]


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Return a shape that was given as one list or tuple, or as several integers."""
    if len(sizes) == 1 and not hasattr(sizes[0], "__index__"):
        return tuple(sizes[0])
    return tuple(sizes)


def axes_of(function: str, dim: Any, axis: Any) -> Any:
    """Return the axes that are meant, by torch's or by NumPy's name of the argument.

    Raises:
        SignatureError: both are given.
    """
    if dim is not None and axis is not None:
        raise SignatureError(f"{function}()", "takes dim or axis, which mean the same", received="both")
    found = axis if dim is None else dim
    return tuple(found) if isinstance(found, list) else found


def keeps_of(keepdim: bool, keepdims: bool) -> bool:
    """Return whether reduced axes stay, by torch's or by NumPy's name of the argument."""
    return keepdim or keepdims
