"""Binding symbols for the helpers of this package."""

from __future__ import annotations

from collections.abc import Mapping

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.executor import Executor
from gluonish.symbol import Symbol

__all__ = ["bound"]


def bound(
    symbol: Symbol,
    ctx: Context,
    arguments: Mapping[str, NDArray],
    states: Mapping[str, NDArray] | None = None,
    grad_req: Mapping[str, str] | None = None,
    gradients: Mapping[str, NDArray] | None = None,
) -> Executor:
    """Return an executor.

    Args:
        symbol: the symbol.
        ctx: where the arrays are.
        arguments: arrays for its arguments, by name.
        states: arrays for its states, by name.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` by the names of arguments; ``"null"`` for the rest.
        gradients: what the buffers hold at first, by name; zeros for the rest.
    """
    wanted = [name for name, request in (grad_req or {}).items() if request != "null" and name in arguments]
    given = gradients or {}
    buffers = {
        name: given[name].copy() if name in given else nd.zeros_like(arguments[name]) for name in wanted
    }
    return symbol.bind(ctx, dict(arguments), buffers, dict(grad_req or {}), dict(states or {}))
