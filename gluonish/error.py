"""``mx.error``: error classes that programs may add to. gluonish's own are in ``gluonish.errors``."""

from __future__ import annotations

from gluonish.base import MXNetError, register_error

__all__ = ["InternalError", "MXNetError", "register"]

register = register_error


@register
class InternalError(MXNetError):
    """Something that should not happen has happened."""
