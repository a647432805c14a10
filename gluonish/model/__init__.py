"""``mx.model``: what programs before Gluon call beside ``mx.mod``.

``checkpoint``   files of a symbol and its arrays
``stores``       the steps between parameters and a store
``feed_forward`` the oldest kind of model
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gluonish.model.checkpoint import BatchEndParam, load_checkpoint, load_params, save_checkpoint
from gluonish.model.stores import (
    _create_kvstore,
    _create_sparse_kvstore,
    _initialize_kvstore,
    _update_params,
    _update_params_on_kvstore,
)

if TYPE_CHECKING:
    from gluonish.model.feed_forward import FeedForward


def __getattr__(name: str) -> Any:
    if name != "FeedForward":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from gluonish.model.feed_forward import FeedForward  # noqa: PLC0415  it is a module, which needs this one

    return FeedForward


__all__ = ["BatchEndParam", "FeedForward", "load_checkpoint", "load_params", "save_checkpoint"]
