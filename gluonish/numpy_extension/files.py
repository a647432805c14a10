"""Files of ``mx.np`` arrays: those of ``mx.nd``, read as arrays of the other kind."""

from __future__ import annotations

import os
from typing import Any

from gluonish import serialization

__all__ = ["load", "save"]


def save(file: str | os.PathLike[str], arr: Any) -> None:
    """Save arrays to a file; see ``nd.save``.

    Args:
        file: a path.
        arr: an array, a list of them, or a dictionary from names to them.
    """
    serialization.save(file, arr)


def load(file: str | os.PathLike[str]) -> Any:
    """Load arrays from a file; see ``nd.load``.

    Returns:
        A dictionary if the file has names, else a list.

    Example:
        >>> import gluonish as mx
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "w.params")
        >>> mx.npx.save(path, {"w": mx.np.ones((2,))})
        >>> mx.npx.load(path)["w"]
        array([1., 1.])
    """
    found = serialization.load(file)
    if isinstance(found, dict):
        return {name: array.as_np_ndarray() for name, array in found.items()}
    return [array.as_np_ndarray() for array in found]
