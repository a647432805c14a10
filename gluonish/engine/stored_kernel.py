"""Kernels of an operator for combinations of storage types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

__all__ = ["StoredKernel"]


@attrs.frozen(eq=False)
class StoredKernel:
    """A kernel for arrays of certain storage types.

    Attributes:
        storages: the storage type of each input; ``...`` behind one stands for any number of further ones.
        function: called like the generic kernel, with sparse values (``engine.stored``) for sparse arrays. It
            returns sparse values, or raw arrays.
        when: called with the arrays and the parameters; the kernel is for those for which it is true.
        updates: whether it writes arrays, and takes ``out=``; see ``invoke``'s ``_update_stored``.
    """

    storages: tuple[Any, ...]
    function: Callable[..., Any]
    when: Callable[[Sequence[Any], Mapping[str, Any]], bool] | None
    updates: bool

    def takes(self, storages: tuple[str, ...], arrays: Sequence[Any], params: Mapping[str, Any]) -> bool:
        """Tell whether the kernel is for these arrays."""
        own = self.storages
        if own and own[-1] is ...:
            *own_first, repeated, _ = own
            own = (*own_first, *[repeated] * (len(storages) - len(own_first)))
        return own == storages and (self.when is None or self.when(arrays, params))
