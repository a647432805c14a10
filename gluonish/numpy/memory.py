"""Whether arrays share memory."""

from __future__ import annotations

from typing import Any

from gluonish.numpy.arguments import as_array

__all__ = ["may_share_memory", "shares_memory"]


def shares_memory(a: Any, b: Any, max_work: int | None = None) -> bool:
    """Tell whether two arrays lie over the same memory.

    Example:
        >>> import gluonish as mx
        >>> x = mx.np.ones((2, 3))
        >>> mx.np.shares_memory(x, x[1]), mx.np.shares_memory(x, x.copy())
        (True, False)
    """
    return as_array(a, "shares_memory")._storage is as_array(b, "shares_memory")._storage


may_share_memory = shares_memory
